"""Creating, converging and adopting repositories."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops import ApplyError, Registry, RepositorySpec, TagMutability, fleet_from_dict, fleet_to_dict
from ecrops.testing import Client, Cloud
from support import HERE, cases, registry_of, state

from .support import APP

CDK = [
    case
    for case in cases("cdk")
    if case["category"] in ("repository", "tag-mutability", "encryption")
    and ("create_repository" in case["expect"] or "unset" in case["expect"])
]


def created(cloud: Cloud) -> dict[str, Any]:
    [call] = cloud.calls.of("CreateRepository")
    return call.params


def spec_of(fields: dict[str, Any]) -> RepositorySpec:
    values = {key: value for key, value in fields.items() if key != "repository_name"}
    for entry in (filters := values.get("image_tag_mutability_exclusion_filters", [])):
        assert isinstance(entry, str | dict)
    if filters and isinstance(filters[0], dict):
        values["image_tag_mutability_exclusion_filters"] = [next(iter(entry.values())) for entry in filters]
    return RepositorySpec(fields["repository_name"], **values)


@pytest.mark.parametrize("case", CDK, ids=lambda case: case["id"])
def test_what_is_sent_is_what_the_cdk_renders(memory_cloud: Cloud, case: dict[str, Any]) -> None:
    spec = spec_of(case["input"]["repository"])
    [change] = registry_of(memory_cloud).plan(spec)
    params = dict(change.params)
    for key in case["expect"].get("unset", []):
        assert key not in params
    expected = case["expect"].get("create_repository")
    if expected:
        assert params == {"repositoryName": spec.name} | expected


def test_one_call_creates_with_everything_that_it_takes(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(
        RepositorySpec(
            "team/api",
            image_tag_mutability="MUTABLE_WITH_EXCLUSION",
            image_tag_mutability_exclusion_filters=["v*", "release-*"],
            image_scan_on_push=True,
            encryption="KMS",
            tags={"a": "1", "b": "2"},
        )
    )
    assert cloud.calls.operations() == ["DescribeRepositories", "CreateRepository"]
    [there] = state(cloud).values()
    assert there["imageTagMutability"] == "MUTABLE_WITH_EXCLUSION"
    assert [entry["filter"] for entry in there["imageTagMutabilityExclusionFilters"]] == ["v*", "release-*"]
    assert there["imageScanningConfiguration"] == {"scanOnPush": True}
    assert there["encryptionConfiguration"]["encryptionType"] == "KMS"
    assert there["tags"] == {"a": "1", "b": "2"}


def test_ensure_twice_changes_once(registry: Registry) -> None:
    assert registry.ensure(APP)
    assert not registry.ensure(APP)


def test_plan_only_reads(cloud: Cloud, registry: Registry) -> None:
    assert registry.plan(APP)
    assert cloud.calls.operations()
    assert cloud.calls.writes() == []


def test_a_dry_run_plans_and_changes_nothing(cloud: Cloud) -> None:
    registry = registry_of(cloud, dry_run=True)
    assert str(registry.ensure(APP)).startswith(f"{HERE}+ team/api repository: IMMUTABLE, scan on push, team=web")
    assert str(registry.repository("team/api").ensure(encryption="KMS"))
    assert cloud.calls.writes() == []
    assert state(cloud) == {}


def test_a_dry_run_goes_on_as_if_it_had_made_what_it_planned(cloud: Cloud) -> None:
    repo = registry_of(cloud, dry_run=True).repository("ab")
    assert repo.ensure(image_scan_on_push=True)
    assert str(repo.add_lifecycle_rule(max_image_count=5)) == f"{HERE}+ ab lifecycle: keep last 5\n1 to create"
    assert str(repo.add_tags(a="1")) == f"{HERE}~ ab tags: a=1\n1 to update"
    assert cloud.calls.writes() == []


def test_several_failures_are_told_one_by_one(cloud: Cloud) -> None:
    cloud.faults.on("denied", operation="CreateRepository", times=None)
    with pytest.raises(ApplyError) as caught:
        registry_of(cloud).ensure(*(RepositorySpec(f"app{n:02}") for n in range(12)))
    said = str(caught.value)
    assert said.startswith("12 could not be finished; 0 changes were made")
    assert "the caller needs the IAM action ecr:CreateRepository" in said
    assert said.endswith("and 2 more, in .exceptions")


def test_something_newer_than_ecrops_is_described_as_it_is(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(RepositorySpec("ab", lifecycle_rules=[]))

    def newer(parsed: Any, **_: Any) -> None:
        for item in parsed.get("repositories", []):
            item["imageTagMutability"] = "LOCKED"
            item["imageTagMutabilityExclusionFilters"] = [{"filterType": "REGEX", "pattern": "x"}]

    session = cloud.session(own=True)
    session.events.register("after-call.ecr.DescribeRepositories", newer)
    fresh = Registry(session)
    assert fresh.ensure(RepositorySpec("ab", image_scan_on_push=True))
    (spec,) = fresh.describe()
    assert spec.image_tag_mutability == "LOCKED"
    assert spec.verbatim == ("image_tag_mutability", "image_tag_mutability_exclusion_filters")
    assert not fresh.ensure(*fleet_from_dict(fleet_to_dict([spec])))
    plan = registry.plan(spec)
    assert [(change.kind, change.operation, change.permissions) for change in plan] == [("conflict", "", ())]


def test_what_was_not_asked_for_stays_as_somebody_else_made_it(cloud: Cloud, ecr: Client, registry: Registry) -> None:
    ecr.create_repository(
        repositoryName="theirs", imageTagMutability="IMMUTABLE", imageScanningConfiguration={"scanOnPush": True}
    )
    before = state(cloud)
    assert not registry.ensure(RepositorySpec("theirs"))
    assert registry.ensure(RepositorySpec("theirs", image_scan_on_push=False))
    assert cloud.calls.writes() == ["PutImageScanningConfiguration"]
    assert state(cloud)["theirs"] == before["theirs"] | {"imageScanningConfiguration": {"scanOnPush": False}}


@pytest.mark.parametrize(
    ("fields", "line", "operation"),
    [
        (
            {"image_tag_mutability": "IMMUTABLE"},
            "~ ab tag mutability: MUTABLE -> IMMUTABLE",
            "PutImageTagMutability",
        ),
        (
            {
                "image_tag_mutability": "IMMUTABLE_WITH_EXCLUSION",
                "image_tag_mutability_exclusion_filters": ["dev-*", "latest"],
            },
            "~ ab tag mutability: MUTABLE -> IMMUTABLE except dev-*, latest",
            "PutImageTagMutability",
        ),
        ({"image_scan_on_push": True}, "~ ab scan on push: off -> on", "PutImageScanningConfiguration"),
    ],
)
def test_a_setting_converges_with_one_call(
    cloud: Cloud, registry: Registry, fields: dict[str, Any], line: str, operation: str
) -> None:
    registry.ensure(RepositorySpec("ab"))
    cloud.calls.clear()
    plan = registry.ensure(RepositorySpec("ab", **fields))
    assert str(plan) == f"{HERE}{line}\n1 updated"
    assert cloud.calls.operations() == ["DescribeRepositories", operation]
    assert not registry.ensure(RepositorySpec("ab", **fields))


def test_going_back_to_a_plain_mode_sends_no_filters(cloud: Cloud, registry: Registry) -> None:
    repo = registry.repository("ab")
    repo.ensure(image_tag_mutability="IMMUTABLE_WITH_EXCLUSION", image_tag_mutability_exclusion_filters=["a", "b"])
    assert repo.ensure(image_tag_mutability="MUTABLE")
    assert "imageTagMutabilityExclusionFilters" not in cloud.calls.of("PutImageTagMutability")[0].params


def test_filters_in_another_order_are_no_change_and_other_filters_are(cloud: Cloud, registry: Registry) -> None:
    repo = registry.repository("ab")
    mode = TagMutability.IMMUTABLE_WITH_EXCLUSION
    repo.ensure(image_tag_mutability=mode, image_tag_mutability_exclusion_filters=["a", "b"])
    assert not repo.ensure(image_tag_mutability=mode, image_tag_mutability_exclusion_filters=["b", "a"])
    other: dict[str, Any] = {"image_tag_mutability": mode, "image_tag_mutability_exclusion_filters": ["a", "c"]}
    dry = registry_of(cloud, dry_run=True).repository("ab")
    [change] = dry.ensure(**other)
    assert change.difference == "IMMUTABLE except a, b -> IMMUTABLE except a, c"
    assert not dry.ensure(**other)
    assert repo.ensure(**other)
