"""Specs of public repositories and catalog data: values that check themselves, all reasons at once."""

from __future__ import annotations

import base64
import json
import pickle
from typing import Any

import pytest

from ecrops import CatalogData, PublicRegistry, PublicRepositorySpec, SpecError

from .support import DATA, POLICY


def reasons(make: Any) -> tuple[str, ...]:
    with pytest.raises(SpecError) as caught:
        make()
    return caught.value.reasons


def test_every_reason_is_said_at_once() -> None:
    found = reasons(
        lambda: PublicRepositorySpec(
            "Tools",
            catalog_data={
                "description": "d" * 1025,
                "about_text": "a" * 25_601,
                "usage_text": 3,
                "architectures": ["", "a" * 51],
                "operating_systems": "Linux",
                "logo_image_blob": b"x" * 512_001,
            },
            resource_policy={"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ecr:PutImage"}]},
            tags={"aws:a": "1"},
        )
    )
    assert [reason.partition(": ")[0] for reason in found] == [
        "name",
        "catalog_data.description",
        "catalog_data.about_text",
        "catalog_data.usage_text",
        "catalog_data.architectures",
        "catalog_data.architectures",
        "catalog_data.operating_systems",
        "catalog_data.logo_image_blob",
        "resource_policy.Statement[0]",
        "tags",
    ]
    assert found[0].endswith("got 'Tools'; use 'tools'")
    assert found[1] == "catalog_data.description: expected at most 1,024 characters, got 1,025"
    assert "write ['Linux']" in found[6]
    assert found[7].endswith("a logo has at most 512,000 bytes, this one 512,001: scale it down")
    assert "such as 'ecr-public:PutImage', got 'ecr:PutImage'" in found[8]


def test_the_longest_of_all_is_right() -> None:
    data = CatalogData(
        description="d" * 1024,
        about_text="a" * 25_600,
        usage_text="u" * 25_600,
        architectures=["a" * 50, *(f"a{number}" for number in range(49))],
        logo_image_blob=b"x" * 512_000,
    )
    assert PublicRepositorySpec("a" * 205, catalog_data=data).catalog is data


@pytest.mark.parametrize("name", ["ab", "a/b", "a.b_c-d/e", "1/2"])
def test_names_that_ecr_public_takes(name: str) -> None:
    assert PublicRepositorySpec(name).name == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a", "has 2 to 205 characters, got 1"),
        ("a" * 206, "has 2 to 205 characters, got 206"),
        ("a__b", "joined by single"),  # which private repositories may have
        ("a--b", "joined by single"),
        ("public.ecr.aws/abc/tools", "is the URI of a repository, its name is 'tools'"),
        ("tools:v1", "is an image of a repository, its name is 'tools'"),
        ("arn:aws:ecr-public::123456789012:repository/tools", "what stands behind repository/"),
        (3, "expected the name of a public repository, got 3"),
    ],
)
def test_other_names_are_refused(name: Any, reason: str) -> None:
    assert reason in reasons(lambda: PublicRepositorySpec(name))[0]
    assert reason in reasons(lambda: PublicRegistry().repository(name))[0]


@pytest.mark.parametrize(
    ("field", "hint"),
    [
        ("lifecycle_rules", "only private repositories have it"),
        ("encryption", "only private repositories have it"),
        ("description", r"write catalog_data=CatalogData\(…\)"),
        ("repository_policy_text", r"did you mean resource_policy\?"),
        ("grants", r"PublicRepository\.grant_push"),
        ("tagz", r"did you mean tags\?"),
    ],
)
def test_a_field_of_another_tool_is_told_what_it_is_here(field: str, hint: str) -> None:
    options: dict[str, Any] = {field: "x"}
    with pytest.raises(TypeError, match=hint):
        PublicRepositorySpec("tools", **options)
    with pytest.raises(SpecError, match=hint):
        PublicRepositorySpec.from_dict({"name": "tools", field: "x"})


def test_catalog_data_of_cloudformation_is_told_what_it_is_here() -> None:
    with pytest.raises(SpecError, match=r"RepositoryDescription: unknown key; did you mean description\?"):
        CatalogData.from_dict({"RepositoryDescription": "x"})
    with pytest.raises(TypeError, match=r"did you mean logo_image_blob\?"):
        CatalogData(logo=b"x")  # type: ignore[call-arg]
    with pytest.raises(SpecError, match="'ARM' is there twice"):
        CatalogData(architectures=["ARM", "x86", "ARM"])


def test_a_spec_goes_through_json_and_back() -> None:
    logo = bytes(range(256))
    spec = PublicRepositorySpec(
        "tools",
        catalog_data=CatalogData(description="", architectures=(), logo_image_blob=logo),
        resource_policy=POLICY,
        tags={},
    )
    written = json.loads(json.dumps(spec.to_dict()))
    assert written == {
        "name": "tools",
        "catalog_data": {
            "description": "",
            "architectures": [],
            "logo_image_blob": base64.b64encode(logo).decode(),
        },
        "resource_policy": POLICY,
        "tags": {},
    }
    assert PublicRepositorySpec.from_dict(written) == spec
    assert pickle.loads(pickle.dumps(spec)) == spec
    assert PublicRepositorySpec.from_dict({"name": "tools"}).to_dict() == {"name": "tools"}


def test_a_logo_is_bytes_or_base64_and_is_not_printed() -> None:
    data = CatalogData(logo_image_blob=base64.b64encode(b"png").decode())
    assert data.logo == b"png"
    assert repr(CatalogData(description="d", logo_image_blob=b"x" * 2048)) == (
        "CatalogData(description='d', logo_image_blob=<2,048 bytes>)"
    )
    with pytest.raises(SpecError, match=r"logo_image_blob: expected the bytes of an image.*got a string of 8 char"):
        CatalogData(logo_image_blob="logo.png")
    with pytest.raises(SpecError, match="logo_image_blob: expected the bytes"):
        CatalogData(logo_image_blob=3)  # type: ignore[arg-type]


def test_what_ecrops_would_not_write_stands_under_verbatim() -> None:
    odd = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ecr-public:New"}]}
    spec = PublicRepositorySpec("tools", resource_policy=odd, verbatim=["resource_policy"])
    assert spec.to_dict() == {"name": "tools", "verbatim": {"resource_policy": odd}}
    assert PublicRepositorySpec.from_dict(spec.to_dict()) == spec
    with pytest.raises(SpecError, match="'catalog_data' is no field that can be"):
        PublicRepositorySpec("tools", verbatim=["catalog_data"])


def test_catalog_data_is_hashable_and_frozen() -> None:
    assert len({DATA, CatalogData(**DATA.managed)}) == 1
    with pytest.raises(AttributeError):
        DATA.description = "other"  # type: ignore[misc]
