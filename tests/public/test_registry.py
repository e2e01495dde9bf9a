"""The public registry: one region, its aliases and URIs, and its repositories with few calls."""

from __future__ import annotations

import inspect
import json
import pickle
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ecrops import (
    CatalogData,
    ConflictError,
    DeadlineError,
    EcropsError,
    PublicRegistry,
    PublicRepository,
    PublicRepositorySpec,
    RepositorySpec,
    SpecError,
)
from ecrops.public import RegistryAlias
from ecrops.testing import Client, Cloud
from support import AT_ONCE, registry_of

from .support import DATA, HERE, POLICY, picture, public_registry_of

FULL = PublicRepositorySpec("tools", catalog_data=DATA, tags={"team": "web"})


@pytest.mark.parametrize("region", ["eu-west-1", "us-west-2", "us-east-1"])
def test_all_calls_go_to_us_east_1_whatever_the_sessions_region(cloud: Cloud, region: str) -> None:
    registry = PublicRegistry(cloud.session(region), retry=AT_ONCE)
    assert registry.region == "us-east-1"
    registry.ensure(FULL)
    registry.describe()
    assert {call.region for call in cloud.calls} == {"us-east-1"}
    assert {call.service for call in cloud.calls} == {"ecr-public"}


def test_a_session_needs_no_region_but_one_of_the_partition_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert PublicRegistry(boto3.Session()).region == "us-east-1"
    with pytest.raises(SpecError, match="the public gallery is in the partition aws, and cn-north-1 in aws-cn"):
        PublicRegistry(boto3.Session(region_name="cn-north-1"))
    with pytest.raises(TypeError, match="the public registry has one region, us-east-1"):
        PublicRegistry(region="eu-west-1")  # type: ignore[call-arg]


def test_a_create_with_catalog_data_and_tags_is_one_write(registry: PublicRegistry, cloud: Cloud) -> None:
    made = registry.ensure(FULL)
    assert cloud.calls.operations() == ["DescribeRepositories", "CreateRepository"]
    assert str(made) == (
        f"{HERE}+ tools repository: description 'Our tools', about text '# Tools', usage text 'Pull them', "
        "architectures ARM 64, x86-64, operating systems Linux, team=web\n1 created"
    )
    assert made.permissions == ("ecr-public:CreateRepository", "ecr-public:TagResource")
    assert picture(cloud)["tools"]["catalog"] == {
        "description": "Our tools",
        "aboutText": "# Tools",
        "usageText": "Pull them",
        "architectures": ["ARM 64", "x86-64"],
        "operatingSystems": ["Linux"],
        "marketplaceCertified": False,
    }


def test_a_policy_is_one_write_more(registry: PublicRegistry, cloud: Cloud) -> None:
    registry.ensure(PublicRepositorySpec("tools", tags={"team": "web"}, resource_policy=POLICY))
    assert cloud.calls.operations() == ["DescribeRepositories", "CreateRepository", "SetRepositoryPolicy"]


def test_nothing_to_do_is_one_read_for_each_part(registry: PublicRegistry, cloud: Cloud) -> None:
    full = PublicRepositorySpec("tools", catalog_data=DATA, tags={"team": "web"}, resource_policy=POLICY)
    registry.ensure(full)
    cloud.calls.clear()
    assert not registry.ensure(full)
    assert sorted(cloud.calls.operations()) == [
        "DescribeRepositories",
        "GetRepositoryCatalogData",
        "GetRepositoryPolicy",
        "ListTagsForResource",
    ]
    cloud.calls.clear()
    assert not registry.ensure(PublicRepositorySpec("tools"))
    assert cloud.calls.operations() == ["DescribeRepositories"]


def test_describe_is_what_ensure_has_nothing_to_do_for(registry: PublicRegistry, cloud: Cloud, ecr: Client) -> None:
    registry.ensure(
        PublicRepositorySpec("tools", catalog_data=DATA, tags={"team": "web"}, resource_policy=POLICY),
        PublicRepositorySpec("bare"),
    )
    bare, tools = registry.describe()
    assert bare == PublicRepositorySpec(
        "bare",
        catalog_data=CatalogData(description="", about_text="", usage_text="", architectures=(), operating_systems=()),
        tags={},
        resource_policy={},
    )
    assert (tools.catalog, tools.tags, tools.unread, tools.verbatim) == (DATA, {"team": "web"}, None, None)
    assert registry.repository("tools").describe() == tools == registry.describe("tools")[0]
    written = [PublicRepositorySpec.from_dict(json.loads(json.dumps(spec.to_dict()))) for spec in (bare, tools)]
    cloud.calls.clear()
    assert not registry.ensure(*written)
    assert cloud.calls.writes() == []
    with pytest.raises(ClientError, match="RepositoryNotFound") as caught:
        registry.describe("nothing")
    assert "there is no repository 'nothing': PublicRepository.ensure makes it" in caught.value.__notes__


def test_what_ecrops_would_not_write_is_described_and_kept(registry: PublicRegistry, cloud: Cloud) -> None:
    registry.ensure(FULL, PublicRepositorySpec("other"))
    odd = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ecr-public:New"}]}
    cloud.emulator.public.repositories["tools"].policy = json.dumps(odd)
    cloud.emulator.public.repositories["other"].policy = "no json"
    other, tools = registry.describe()
    assert (tools.verbatim, tools.resource_policy) == (("resource_policy",), odd)
    assert list(other.unread or ()) == ["resource_policy"]
    assert not registry.ensure(other, tools)
    with pytest.raises(ConflictError, match="ecrops compares it, and never writes it"):
        registry.ensure(PublicRepositorySpec("other"), PublicRepositorySpec("new", tags={}, verbatim=["tags"]))


@pytest.mark.parametrize(
    "fields",
    [
        {"tags": {"odd!": "1"}},
        {"resource_policy": {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ecr-public:New"}]}},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_what_is_verbatim_is_never_written(registry: PublicRegistry, cloud: Cloud, fields: dict[str, Any]) -> None:
    registry.ensure(PublicRepositorySpec("tools", tags={"a": "1"}, resource_policy=POLICY))
    cloud.calls.clear()
    with pytest.raises(ConflictError, match="ecrops compares it, and never writes it"):
        registry.ensure(PublicRepositorySpec("tools", **fields, verbatim=list(fields)))
    assert cloud.calls.writes() == []


def test_the_uri_is_the_one_that_aws_says(registry: PublicRegistry, cloud: Cloud) -> None:
    repo = registry.repository("tools")
    assert registry.aliases == []
    with pytest.raises(EcropsError, match="has no alias yet, and so no URI: AWS gives it one when"):
        _ = repo.uri
    repo.ensure()
    (default,) = registry.aliases
    assert default == RegistryAlias(default.name, "ACTIVE", is_primary=True, is_default=True)
    assert registry.uri == repo.registry_uri == f"public.ecr.aws/{default.name}"
    cloud.emulator.public.add_alias("acme", "PENDING")
    assert registry.alias == default.name
    assert repo.uri == f"public.ecr.aws/{default.name}/tools"
    cloud.emulator.public.add_alias("acme-tools")
    assert registry.alias == "acme-tools"
    assert [(alias.name, alias.status, alias.is_primary) for alias in registry.aliases] == [
        (default.name, "ACTIVE", False),
        ("acme", "PENDING", False),
        ("acme-tools", "ACTIVE", True),
    ]
    again = registry.repository("tools")
    cloud.calls.clear()
    assert again.uri == "public.ecr.aws/acme-tools/tools"
    assert again.uri_for_tag("v1") == "public.ecr.aws/acme-tools/tools:v1"
    assert again.uri_for_tag_or_digest("sha256:ab") == "public.ecr.aws/acme-tools/tools@sha256:ab"
    assert cloud.calls.operations() == ["DescribeRepositories"]
    assert registry.repository("not-there").uri == "public.ecr.aws/acme-tools/not-there"
    assert again.arn == "arn:aws:ecr-public::123456789012:repository/tools"
    assert registry.host() == "public.ecr.aws"
    with pytest.raises(SpecError, match="all public registries have one host"):
        registry.host("111122223333")


def test_a_plan_is_approved_for_the_public_registry(registry: PublicRegistry, cloud: Cloud) -> None:
    plan = registry.plan(FULL)
    assert cloud.calls.writes() == []
    assert json.loads(json.dumps(plan.to_dict()))["changes"][0]["service"] == "ecr-public"
    assert registry.apply(plan)
    assert registry.plan(FULL).summary == "nothing to do"
    change = registry.plan(PublicRepositorySpec("tools", tags={"team": "api"}))
    registry.repository("tools").add_tags(team="other")
    with pytest.raises(ConflictError, match="the plan did not say this"):
        registry.apply(change)


def test_a_plan_is_pickled_for_another_process(registry: PublicRegistry, cloud: Cloud) -> None:
    full = PublicRepositorySpec("tools", catalog_data=DATA, tags={"team": "web"}, resource_policy=POLICY)
    plan = pickle.loads(pickle.dumps(registry.plan(full)))
    assert public_registry_of(cloud).apply(plan)
    assert not registry.ensure(full)


def test_ensure_takes_all_fields_of_a_spec() -> None:
    described = {"name", "verbatim", "unread"}
    fields = set(inspect.signature(PublicRepositorySpec).parameters) - described
    others = {"self", "on_change", "on_wait", "progress", "misspelt"}
    assert fields == set(inspect.signature(PublicRepository.ensure).parameters) - others


def test_tags_of_others_stay_and_those_of_aws_are_left_alone(registry: PublicRegistry, cloud: Cloud) -> None:
    repo = registry.repository("tools")
    repo.ensure(tags={"a": "1", "b": "2"})
    cloud.emulator.public.repositories["tools"].tags["aws:x"] = "y"
    assert repo.add_tags(c="3")
    assert repo.remove_tags("b")
    assert not repo.ensure(tags={"a": "1", "c": "3"})
    repo.ensure(tags={})
    assert picture(cloud)["tools"]["tags"] == {"aws:x": "y"}


def test_a_tag_without_a_value_is_an_empty_one(registry: PublicRegistry, cloud: Cloud) -> None:
    registry.repository("tools").ensure(tags={"a": "", "b": "2"})

    def without(parsed: dict[str, Any], **_: Any) -> None:
        for tag in parsed["tags"]:
            if not tag["Value"]:
                del tag["Value"]

    session = cloud.session(own=True)
    session.events.register("after-call.ecr-public.ListTagsForResource", without)
    assert not PublicRegistry(session).repository("tools").ensure(tags={"a": "", "b": "2"})


def test_a_repository_with_images_is_deleted_only_with_them(registry: PublicRegistry, ecr: Client) -> None:
    repo = registry.repository("tools")
    repo.ensure()
    ecr.put_image(repositoryName="tools", imageManifest='{"schemaVersion": 2}', imageTag="v1")
    with pytest.raises(ClientError, match="RepositoryNotEmpty") as caught:
        repo.delete()
    assert any("empty_on_delete=True deletes it with them" in note for note in caught.value.__notes__)
    assert str(repo.delete(empty_on_delete=True)) == (
        f"{HERE}- tools repository: with all its images, 1 now\n1 deleted"
    )
    assert not repo.exists()
    assert not registry.remove("tools", "nothing")
    with pytest.raises(SpecError, match="force: unknown key; write empty_on_delete=True"):
        repo.delete(force=True)  # type: ignore[arg-type]


def test_a_repository_that_was_made_anew_is_not_deleted(registry: PublicRegistry, ecr: Client, cloud: Cloud) -> None:
    registry.ensure(FULL)
    dry = public_registry_of(cloud, dry_run=True)
    plan = dry.remove("tools")
    ecr.delete_repository(repositoryName="tools")
    ecr.create_repository(repositoryName="tools")
    cloud.emulator.public.repositories["tools"].created_at += 60
    with pytest.raises(ConflictError):
        registry.apply(plan)
    assert registry.repository("tools").exists()


def test_a_new_repository_that_is_not_visible_yet_is_waited_for(registry: PublicRegistry, cloud: Cloud) -> None:
    cloud.emulator.public.appear_after = 2
    registry.ensure(PublicRepositorySpec("tools", tags={"a": "1"}, resource_policy=POLICY))
    assert cloud.calls.of("SetRepositoryPolicy", "ecr-public")[1:]
    assert picture(cloud)["tools"]["policy"]


def test_a_dry_run_remembers_what_it_would_have_made(cloud: Cloud) -> None:
    dry = public_registry_of(cloud, dry_run=True)
    repo = dry.repository("tools")
    assert repo.ensure(catalog_data=DATA, tags={"a": "1"}, resource_policy=POLICY)
    assert not repo.ensure(catalog_data=DATA, tags={"a": "1"}, resource_policy=POLICY)
    assert str(repo.ensure(catalog_data=CatalogData(description="x"))) == (
        f"{HERE}~ tools catalog data: description 'Our tools' -> description 'x'\n1 to update"
    )
    assert repo.set_logo(b"png")
    assert repo.delete()
    assert picture(cloud) == {}


def test_many_repositories_cost_one_call_for_each_hundred(cloud: Cloud, memory_cloud: Cloud) -> None:
    del cloud
    registry = public_registry_of(memory_cloud)
    specs = [PublicRepositorySpec(f"tools/{number:03}") for number in range(150)]
    registry.ensure(*specs)
    memory_cloud.calls.clear()
    assert not registry.ensure(*specs)
    assert len(memory_cloud.calls) <= 2


def test_login_goes_to_the_gallery(registry: PublicRegistry, cloud: Cloud, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    token = registry.docker_login(path)
    assert token.endpoint == "public.ecr.aws"
    assert list(json.loads(path.read_text())["auths"]) == ["public.ecr.aws"]
    assert list(json.loads(registry.docker_config())["auths"]) == ["public.ecr.aws"]
    assert registry.authorization_token.get().user == "AWS"
    assert {call.region for call in cloud.calls} == {"us-east-1"}
    registry_of(cloud).docker_login(path, public=True)


def test_what_is_no_spec_is_refused_with_the_way_out(registry: PublicRegistry, cloud: Cloud) -> None:
    for wrong, hint in [
        (RepositorySpec("tools"), "expected PublicRepositorySpecs, one argument each, got RepositorySpec"),
        ({"name": "tools"}, r"write PublicRepositorySpec\.from_dict"),
        ([FULL], r"write ensure\(\*specs\)"),
        ("tools", r"write PublicRepositorySpec\('tools'\)"),
    ]:
        with pytest.raises(SpecError, match=hint):
            registry.ensure(wrong)  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="two specs have the name 'tools'"):
        registry.plan(FULL, FULL)
    with pytest.raises(SpecError, match="name: a handle has one"):
        registry.repository("tools").ensure(name="x")  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="expected RepositorySpecs"):
        registry_of(cloud).ensure(FULL)  # type: ignore[arg-type]
    assert list(cloud.calls) == []


def test_a_deadline_holds_in_the_other_region_too(registry: PublicRegistry) -> None:
    with pytest.raises(DeadlineError):
        registry.within(0).ensure(FULL)


def test_private_and_public_repositories_of_one_name_are_two(cloud: Cloud, registry: PublicRegistry) -> None:
    registry.ensure(FULL)
    registry_of(cloud).ensure(RepositorySpec("tools", tags={"a": "1"}))
    assert registry.repository("tools") == registry.repository("tools") != registry.repository("other")
    registry_of(cloud).remove("tools")
    assert registry.repository("tools").exists()
    assert repr(registry.repository("tools")) == "PublicRepository('tools')"
    assert repr(registry) == "PublicRegistry(dry_run=False)"
