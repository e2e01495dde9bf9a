"""Catalog data: replaced whole in AWS, and edited member by member. A logo can be written and not be read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import CatalogData, ConflictError, PublicRegistry, PublicRepository, PublicRepositorySpec, SpecError
from ecrops.testing import Client, Cloud

from .support import DATA, HERE, before, picture, public_registry_of

GET, PUT = "GetRepositoryCatalogData", "PutRepositoryCatalogData"


@pytest.fixture
def repo(registry: PublicRegistry, cloud: Cloud) -> PublicRepository:
    repository = registry.repository("tools")
    repository.ensure(catalog_data=DATA)
    cloud.calls.clear()
    return repository


def catalog(cloud: Cloud) -> dict[str, Any]:
    found: dict[str, Any] = picture(cloud)["tools"]["catalog"]
    return {key: value for key, value in found.items() if key != "marketplaceCertified"}


def test_a_member_that_is_not_named_stays(repo: PublicRepository, cloud: Cloud) -> None:
    made = repo.ensure(catalog_data=CatalogData(description="New", operating_systems=["Linux", "Windows"]))
    assert str(made) == (
        f"{HERE}~ tools catalog data: description 'Our tools', operating systems Linux -> "
        "description 'New', operating systems Linux, Windows\n1 updated"
    )
    assert cloud.calls.operations() == ["DescribeRepositories", GET, PUT, GET]
    assert catalog(cloud) == {
        "description": "New",
        "aboutText": "# Tools",
        "usageText": "Pull them",
        "architectures": ["ARM 64", "x86-64"],
        "operatingSystems": ["Linux", "Windows"],
    }
    assert not repo.ensure(catalog_data=CatalogData(description="New"))


def test_the_order_of_a_list_is_no_change_and_another_item_is(repo: PublicRepository) -> None:
    assert not repo.ensure(catalog_data={"architectures": ["x86-64", "ARM 64"]})
    made = repo.ensure(catalog_data={"architectures": ["x86-64"]})
    assert made.changes[0].parts == {("-", '["architectures", "ARM 64"]')}


def test_an_empty_member_is_none_and_no_member_manages_nothing(repo: PublicRepository, cloud: Cloud) -> None:
    assert not repo.ensure(catalog_data=CatalogData())
    assert GET not in cloud.calls.operations()
    assert repo.ensure(catalog_data=CatalogData(about_text="", architectures=()))
    assert catalog(cloud) == {"description": "Our tools", "usageText": "Pull them", "operatingSystems": ["Linux"]}
    sent = cloud.calls.of(PUT)[0].params["catalogData"]
    assert (sent["aboutText"], sent["architectures"]) == ("", [])
    assert not repo.ensure(catalog_data=CatalogData(about_text="", architectures=()))


def test_a_repository_without_catalog_data_gets_it(registry: PublicRegistry, ecr: Client, cloud: Cloud) -> None:
    ecr.create_repository(repositoryName="tools")
    assert not registry.ensure(PublicRepositorySpec("tools", catalog_data={"description": "", "architectures": []}))
    assert registry.ensure(PublicRepositorySpec("tools", catalog_data=DATA))
    assert catalog(cloud)["description"] == "Our tools"


def test_a_value_without_a_badge_is_kept_and_said_once(repo: PublicRepository) -> None:
    made = repo.ensure(catalog_data={"architectures": ["arm64", "x86-64"], "operating_systems": ["Plan 9"]})
    assert list(made.notes) == [
        "tools: the gallery shows no badge for 'arm64' in architectures: did you mean 'ARM 64'?",
        "tools: the gallery shows no badge for 'Plan 9' in operating_systems: it has badges for Linux, Windows",
    ]
    assert not repo.ensure(catalog_data={"architectures": ["arm64", "x86-64"], "operating_systems": ["Plan 9"]}).notes


# Logos


def test_a_logo_is_written_if_there_is_none(repo: PublicRepository, cloud: Cloud) -> None:
    data = CatalogData(logo_image_blob=b"png")
    assert str(repo.ensure(catalog_data=data)) == f"{HERE}~ tools catalog data: a logo\n1 updated"
    assert picture(cloud)["tools"]["has logo"]
    assert catalog(cloud)["aboutText"] == "# Tools"
    assert not repo.ensure(catalog_data=data)
    assert not repo.ensure(catalog_data=CatalogData(logo_image_blob=b"another one, which cannot be told apart"))


def test_a_logo_comes_with_a_new_repository(registry: PublicRegistry, cloud: Cloud) -> None:
    plan = registry.plan(PublicRepositorySpec("tools", catalog_data=CatalogData(logo_image_blob=b"png")))
    assert plan.to_dict()["changes"][0]["params"]["catalogData"] == {"logoImageBlob": "cG5n"}
    assert registry.apply(plan)
    assert picture(cloud)["tools"]["has logo"]


def test_two_logos_are_two_plans(registry: PublicRegistry) -> None:
    one, other = (
        registry.plan(PublicRepositorySpec("tools", catalog_data=CatalogData(logo_image_blob=logo)))
        for logo in (b"one", b"two")
    )
    assert one.checksum != other.checksum


def test_the_catalog_data_of_a_repository_that_is_not_visible_yet_is_waited_for(
    cloud: Cloud, registry: PublicRegistry
) -> None:
    cloud.emulator.public.appear_after = 2
    repo = registry.repository("new")
    repo.ensure()
    assert repo.set_logo(b"png")
    assert picture(cloud)["new"]["has logo"]


def test_set_logo_writes_over_the_one_that_is_there(repo: PublicRepository, cloud: Cloud) -> None:
    assert repo.set_logo(b"png")
    shown = cloud.emulator.public.repositories["tools"].catalog or {}
    again = repo.set_logo(b"png")
    assert str(again) == f"{HERE}~ tools catalog data: a logo -> a logo\n1 updated"
    assert ("-", json.dumps(["logo", shown["logoUrl"]])) in again.changes[0].parts
    assert (cloud.emulator.public.repositories["tools"].catalog or {})["logoUrl"] != shown["logoUrl"]
    assert catalog(cloud)["description"] == "Our tools"
    assert repo.set_logo(b"")
    assert not picture(cloud)["tools"]["has logo"]
    assert not repo.set_logo(b"")
    with pytest.raises(SpecError, match="a logo has at most 512,000 bytes"):
        repo.set_logo(b"x" * 512_001)


def test_a_write_that_would_take_a_logo_away_is_a_conflict(repo: PublicRepository, cloud: Cloud) -> None:
    repo.set_logo(b"png")
    with pytest.raises(ConflictError, match="the repository has a logo, which cannot be read back"):
        repo.ensure(catalog_data=CatalogData(description="New"))
    assert catalog(cloud)["description"] == "Our tools"
    assert not repo.ensure(catalog_data=DATA)
    made = repo.ensure(catalog_data=CatalogData(description="New", logo_image_blob=b"png"))
    assert made.changes[0].before == "description 'Our tools', a logo"
    assert picture(cloud)["tools"]["has logo"]
    assert repo.ensure(catalog_data=CatalogData(description="Newer", logo_image_blob=b""))
    assert not picture(cloud)["tools"]["has logo"]


def test_a_logo_that_aws_does_not_show_is_no_endless_loop(repo: PublicRepository, cloud: Cloud) -> None:
    cloud.emulator.public.drops_logos = True
    assert repo.ensure(catalog_data=CatalogData(logo_image_blob=b"png"))
    assert cloud.calls.writes() == [PUT]


# Others


@pytest.mark.parametrize("at", [GET, PUT])
def test_what_others_wrote_in_between_stays(cloud: Cloud, repo: PublicRepository, ecr: Client, at: str) -> None:
    """Of two writers of different members none loses anything, whoever reads first."""

    def theirs() -> None:
        data = ecr.get_repository_catalog_data(repositoryName="tools")["catalogData"]
        data.pop("marketplaceCertified")
        ecr.put_repository_catalog_data(repositoryName="tools", catalogData={**data, "usageText": "theirs"})

    before(cloud, at, theirs)
    if at == GET:
        assert repo.ensure(catalog_data=CatalogData(description="ours"))
        assert catalog(cloud)["usageText"] == "theirs"
    else:  # in the moment between our reading and our write: AWS has no compare-and-swap
        assert repo.ensure(catalog_data=CatalogData(description="ours"))
    assert catalog(cloud)["description"] == "ours"


def test_an_edit_that_a_stale_writer_undid_is_made_again(cloud: Cloud, repo: PublicRepository, ecr: Client) -> None:
    stale = {"description": "theirs", "usageText": "theirs"}
    seen: list[str] = []

    def meddle(call: Any) -> bool:
        seen.append(call.operation)
        if seen == ["DescribeRepositories", GET, PUT, GET]:
            ecr.put_repository_catalog_data(repositoryName="tools", catalogData=stale)
        return False

    cloud.faults.on("throttle", where=meddle, times=None)
    repo.ensure(catalog_data=CatalogData(description="ours"))
    assert catalog(cloud) == {"description": "ours", "usageText": "theirs"}


def test_after_a_wait_it_is_derived_from_a_fresh_reading(cloud: Cloud, repo: PublicRepository, ecr: Client) -> None:
    def theirs() -> None:
        ecr.put_repository_catalog_data(
            repositoryName="tools", catalogData={"description": "theirs", "aboutText": "theirs"}
        )

    cloud.faults.on("throttle", operation=PUT)
    before(cloud, PUT, theirs)
    repo.ensure(catalog_data=CatalogData(description="ours"))
    assert catalog(cloud) == {"description": "ours", "aboutText": "theirs"}


def test_an_approved_plan_overwrites_nothing_that_it_did_not_show(
    cloud: Cloud, repo: PublicRepository, registry: PublicRegistry, ecr: Client
) -> None:
    ours = PublicRepositorySpec("tools", catalog_data=CatalogData(description="ours"))
    plan = registry.plan(ours)
    foreign = {"description": "theirs", "aboutText": "theirs"}
    ecr.put_repository_catalog_data(repositoryName="tools", catalogData=foreign)
    with pytest.raises(ConflictError, match="the plan did not say this"):
        registry.apply(plan)
    assert catalog(cloud) == foreign
    again = registry.plan(ours)
    ecr.put_repository_catalog_data(repositoryName="tools", catalogData={**foreign, "usageText": "theirs"})
    assert registry.apply(again)
    assert catalog(cloud) == {"description": "ours", "aboutText": "theirs", "usageText": "theirs"}


@pytest.mark.parametrize("fault", ["reset_after", "truncated"])
def test_a_lost_answer_does_not_overwrite_what_came_after(
    cloud: Cloud, repo: PublicRepository, ecr: Client, fault: Any
) -> None:
    seen: list[str] = []

    def meddle(call: Any) -> bool:
        seen.append(call.operation)
        if seen[-2:] == [PUT, GET]:  # the reading after the lost answer
            data = ecr.get_repository_catalog_data(repositoryName="tools")["catalogData"]
            data.pop("marketplaceCertified")
            ecr.put_repository_catalog_data(repositoryName="tools", catalogData={**data, "aboutText": "theirs"})
        return False

    cloud.faults.on(fault, operation=PUT)
    cloud.faults.on("throttle", where=meddle, times=None)
    repo.ensure(catalog_data=CatalogData(description="ours"))
    assert catalog(cloud)["description"] == "ours"
    assert catalog(cloud)["aboutText"] == "theirs"
    assert cloud.calls.writes() == [PUT]


def test_a_member_that_botocore_does_not_know_is_not_written_over(repo: PublicRepository, cloud: Cloud) -> None:
    kept = cloud.emulator.public.repositories["tools"].catalog or {}
    kept["brandNew"] = {"a": 1}
    assert not repo.ensure(catalog_data=DATA)
    with pytest.raises(ConflictError, match=r"catalogData\.brandNew, which the installed botocore .* drops"):
        repo.ensure(catalog_data=CatalogData(description="New"))
    assert cloud.calls.writes() == []


def test_what_may_not_be_read_is_an_error_and_hides_no_other(cloud: Cloud, repo: PublicRepository) -> None:
    registry = public_registry_of(cloud)
    registry.ensure(PublicRepositorySpec("other"))
    cloud.faults.on("denied", operation=GET, where=lambda call: call.params["repositoryName"] == "tools", times=None)
    with pytest.raises(ClientError, match="AccessDenied"):
        repo.ensure(catalog_data=CatalogData(description="New"))
    other, tools = registry.describe()
    assert other.unread is None
    assert list(tools.unread or ()) == ["catalog_data"]
    assert tools.catalog_data is None
    cloud.faults.on("denied", operation=GET, times=None)
    with pytest.raises(ClientError, match="AccessDenied"):
        registry.describe()
