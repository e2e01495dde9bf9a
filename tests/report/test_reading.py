"""What a report reads: each thing once, and what cannot be read hides nothing else."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import LifecycleRule, Registry, RegistrySpec, RepositorySpec, Role, SpecError, prefix, pull
from ecrops.events import on_image_pushed
from ecrops.images import InUse
from ecrops.lifecycle import Guard
from ecrops.report import Unread
from ecrops.testing import Cloud
from ecrops.testing.emulator.calls import Call
from support import registry_of
from tests.report.made import NOW

SETTINGS = 10
"""So many calls read the settings of the registry."""


def image(number: int, days: int) -> dict[str, Any]:
    return {
        "imageDigest": f"sha256:{number:064x}",
        "imageTags": [f"v{number}"],
        "imagePushedAt": NOW - timedelta(days=days),
        "imageSizeInBytes": 1_000_000_000,
    }


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """Three repositories; one has a policy and ten images."""
    memory_cloud.emulator.seed(["team/api", "team/db", "team/web"])
    registry_of(memory_cloud).repository("team/api").ensure(
        lifecycle_rules=[LifecycleRule(max_image_count=4)], tags={"team": "web"}
    )
    memory_cloud.emulator.seed_images("team/api", [image(number, number) for number in range(10)])
    memory_cloud.calls.clear()
    return memory_cloud


@pytest.fixture
def registry(cloud: Cloud) -> Registry:
    return registry_of(cloud)


def counts(cloud: Cloud) -> Counter[str]:
    return Counter(call.operation for call in cloud.calls)


def of(name: str) -> Callable[[Call], bool]:
    return lambda call: call.params.get("repositoryName") == name


def names(registry: Registry, *specs_or_names: Any, **options: Any) -> list[str]:
    return [repo.name for repo in registry.report(*specs_or_names, now=NOW, **options).repositories]


# What is read, and how often


def test_without_arguments_it_is_about_all_repositories(registry: Registry) -> None:
    assert names(registry) == ["team/api", "team/db", "team/web"]
    assert registry.report().plan is None


def test_all_repositories_are_listed_once_and_each_part_is_read_once(cloud: Cloud, registry: Registry) -> None:
    registry.report(now=NOW)
    calls = counts(cloud)
    assert calls["DescribeRepositories"] == 1
    parts = ("ListTagsForResource", "GetLifecyclePolicy", "GetRepositoryPolicy", "DescribeImages")
    assert [calls[part] for part in parts] == [3, 3, 3, 3]
    assert sum(calls.values()) == 13 + SETTINGS
    assert not cloud.calls.writes()


def test_without_images_none_are_listed(cloud: Cloud, registry: Registry) -> None:
    report = registry.report(images=False)
    assert counts(cloud)["DescribeImages"] == 0
    assert report.forecast is None
    assert report.days == 0


def test_a_plan_makes_no_call_more(cloud: Cloud, registry: Registry) -> None:
    rules = [LifecycleRule(max_image_count=2)]
    specs = [RepositorySpec(name, lifecycle_rules=rules, tags={}) for name in ("team/api", "team/db", "team/web")]
    report = registry.report(*specs, images=False)
    calls = counts(cloud)
    assert calls["DescribeRepositories"] == 1
    assert (calls["ListTagsForResource"], calls["GetLifecyclePolicy"], calls["GetRepositoryPolicy"]) == (3, 3, 3)
    assert report.plan is not None
    assert str(report.plan) == str(registry.plan(*specs))
    assert report.plan.checksum == registry.plan(*specs).checksum


def test_the_settings_of_the_registry_are_read_once_also_if_a_spec_wants_them(cloud: Cloud, registry: Registry) -> None:
    report = registry.report(RegistrySpec(scanning={"scan_on_push": ["team/*"]}), images=False)
    assert counts(cloud)["GetRegistryScanningConfiguration"] == 1
    assert report.settings == registry.describe_settings()
    assert report.plan is not None
    assert report.plan.summary == "1 to create"


def test_a_plan_of_a_report_can_be_applied(registry: Registry) -> None:
    plan = registry.report(RepositorySpec("team/new"), images=False).plan
    assert plan
    assert registry.apply(plan).summary == "1 created"


# What it says


def test_it_says_what_would_expire_and_what_it_costs(registry: Registry) -> None:
    report = registry.report("team/api", now=NOW)
    [repo] = report.repositories
    assert repo.outlook
    assert (repo.outlook.expired, repo.outlook.expired_bytes) == (6, 6_000_000_000)
    assert repo.outlook.stored.images == 10
    lines = str(report).split("\n")
    assert lines[0] == "1 repository in account 123456789012, region eu-west-1, 2026-05-01 12:00 UTC"
    assert lines[2:4] == ["stored: 10 images, 10.0 GB, $1.00 a month", "would expire now: 6 images, 6.0 GB"]
    assert registry.report("team/api", now=NOW, price_per_gb_month=0.2, currency="€").to_dict()["stored"] == {
        "images": 10,
        "bytes": 10_000_000_000,
        "archived_bytes": 0,
        "cost_per_month": 2.0,
    }


def test_it_says_how_fast_repositories_grow(registry: Registry) -> None:
    report = registry.report(now=NOW)
    assert report.inventory is not None
    assert (report.inventory.growth, report.inventory.growth_bytes) == (10, 10_000_000_000)
    assert "pushed in the last 30 days: 10 images, 10.0 GB" in str(report).split("\n")
    assert report.to_dict()["inventory"]["growth"] == {"images": 10, "bytes": 10_000_000_000}
    assert "in_use" not in report.to_dict()["inventory"]
    assert not report.says_what_runs


def test_it_says_what_runs_and_what_of_that_a_policy_would_remove(cloud: Cloud, registry: Registry) -> None:
    running = InUse([f"team/api@sha256:{number:064x}" for number in (0, 9)])
    report = registry.report(now=NOW, in_use=running)
    assert report.inventory is not None
    assert (report.inventory.in_use, report.inventory.unused_bytes, report.running) == (2, 8_000_000_000, 1)
    lines = str(report).split("\n")
    assert "1 image that lifecycle policies would remove now is in use" in lines
    assert any("nobody uses 8.0 GB, as far as it was looked for" in line for line in lines)
    facts = {facts["name"]: facts for facts in report.to_dict()["repositories"]}
    assert facts["team/api"]["would_go_in_use"] == {"images": 1}
    assert facts["team/db"]["inventory"]["in_use"] == {"images": 0, "bytes": 0}
    assert cloud.calls.operations().count("DescribeImages") == 3


def test_it_says_who_can_use_which_repositories_if_that_is_asked(cloud: Cloud, registry: Registry) -> None:
    cloud.emulator.make_principals(role="nodes")
    registry.repository("team/api").grant_pull(Role("nodes"))
    cloud.calls.clear()
    assert registry.report(images=False).access is None
    assert counts(cloud)["GetAccountAuthorizationDetails"] == 0
    report = registry.report(RepositorySpec("team/new"), "team/api", "team/db", images=False, access=True)
    assert report.access is not None
    assert report.unread == ()  # a repository that is to be made has no policy
    (nodes,) = report.access.principals
    assert (nodes.who, nodes.verbs["pull"], nodes.verbs["push"]) == ("role nodes", "team/api", "none")
    assert report.to_dict()["access"]["principals"] == [{"who": "role nodes", **nodes.verbs}]
    assert "access: 1 principal can do something with a repository, or may be able to" in str(report)
    assert counts(cloud)["GetAccountAuthorizationDetails"] == 1
    assert pickle.loads(pickle.dumps(report)).access == report.access


def test_access_that_may_not_be_read_is_said(cloud: Cloud, registry: Registry) -> None:
    cloud.faults.on("denied", operation="GetAccountAuthorizationDetails", times=None)
    report = registry.report("team/db", images=False, access=True)
    assert [(part.part, "iam:GetAccountAuthorizationDetails" in part.reason) for part in report.unread] == [
        ("access", True)
    ]
    with pytest.raises(SpecError, match="access: expected True or False"):
        registry.report(access="yes")  # type: ignore[arg-type]


def test_the_parts_of_an_index_that_runs_are_in_use(cloud: Cloud, registry: Registry) -> None:
    parts = [cloud.push_image("team/db", platform=platform) for platform in ("linux/amd64", "linux/arm64")]
    index = cloud.push_index("team/db", parts, tags=["v1"])
    cloud.calls.clear()
    assert registry.report("team/db").inventory
    assert "BatchGetImage" not in cloud.calls.operations(), "ECR counts a reading as a pull"
    inventory = registry.report("team/db", in_use=InUse([f"team/db@{index}"])).inventory
    assert inventory is not None
    assert (inventory.images, inventory.in_use) == (3, 3)
    assert cloud.calls.operations().count("BatchGetImage") == 1


def test_the_policy_of_a_spec_is_simulated_and_not_the_one_that_is_there(registry: Registry) -> None:
    spec = RepositorySpec("team/api", lifecycle_rules=[LifecycleRule(max_image_count=9)])
    [repo] = registry.report(spec, now=NOW).repositories
    assert repo.is_planned
    assert repo.policy == "keep last 9"
    assert repo.outlook
    assert repo.outlook.expired == 1
    assert [change.what for change in repo.changes] == ["lifecycle"]


def test_a_spec_that_manages_no_policy_leaves_the_one_that_is_there(registry: Registry) -> None:
    [repo] = registry.report(RepositorySpec("team/api"), now=NOW).repositories
    assert (repo.is_planned, repo.policy) == (False, "keep last 4")


def test_a_guard_is_asked_as_in_a_plan(cloud: Cloud) -> None:
    registry = registry_of(cloud, guard=Guard(max_expired=1))
    spec = RepositorySpec("team/api", lifecycle_rules=[LifecycleRule(max_image_count=2)])
    report = registry.report(spec)
    assert report.plan
    assert report.plan.summary == "1 conflict"
    assert str(report.plan) == str(registry.plan(spec))


def test_what_does_not_exist_yet_is_there_as_it_is_wanted(registry: Registry) -> None:
    report = registry.report(RepositorySpec("team/new", image_scan_on_push=True), now=NOW)
    [repo] = report.repositories
    assert (repo.exists, repo.spec.image_scan_on_push, repo.outlook) == (False, True, None)
    assert "to create" in report.html()


def test_a_name_that_is_none_is_said_and_hides_nothing(registry: Registry) -> None:
    report = registry.report("team/api", "team/nothing", now=NOW)
    assert [repo.name for repo in report.repositories] == ["team/api"]
    assert report.unread == (Unread("team/nothing", "all of it", "there is no such repository"),)


def test_an_empty_registry_has_a_report(memory_cloud: Cloud) -> None:
    report = registry_of(memory_cloud).report()
    assert report.repositories == ()
    assert report.forecast is None
    assert "There are no repositories." in report.html()


def test_a_dry_run_knows_what_it_would_have_made(cloud: Cloud) -> None:
    registry = registry_of(cloud, dry_run=True)
    registry.ensure(RepositorySpec("team/new"))
    report = registry.report(RepositorySpec("team/new"), images=False)
    assert report.plan is not None
    assert not report.plan


# What cannot be read


@pytest.mark.parametrize(
    ("operation", "part", "field"),
    [
        ("ListTagsForResource", "tags", "tags"),
        ("GetLifecyclePolicy", "lifecycle", "lifecycle_rules"),
        ("GetRepositoryPolicy", "repository policy", "resource_policy"),
    ],
)
def test_a_part_that_nobody_may_read_is_said_and_hides_nothing(
    cloud: Cloud, registry: Registry, operation: str, part: str, field: str
) -> None:
    cloud.faults.on("denied", operation=operation, times=None)
    report = registry.report(now=NOW)
    assert [repo.name for repo in report.repositories] == ["team/api", "team/db", "team/web"]
    assert {(unread.owner, unread.part) for unread in report.unread} == {
        (name, part) for name in ("team/api", "team/db", "team/web")
    }
    assert all(set(repo.spec.unread or {}) == {field} for repo in report.repositories)
    assert all(repo.outlook for repo in report.repositories)
    assert "What could not be read</h2>" in report.html()


def test_images_that_cannot_be_read_are_said_and_hide_no_other(cloud: Cloud, registry: Registry) -> None:
    cloud.faults.on("denied", operation="DescribeImages", where=of("team/db"), times=None)
    report = registry.report(now=NOW)
    assert [bool(repo.outlook) for repo in report.repositories] == [True, False, True]
    [unread] = report.unread
    assert (unread.owner, unread.part) == ("team/db", "images")


def test_what_cannot_be_read_is_not_compared_and_all_else_is(cloud: Cloud, registry: Registry) -> None:
    cloud.faults.on("denied", operation="GetLifecyclePolicy", where=of("team/db"), times=None)
    rules = [LifecycleRule(max_image_count=2)]
    report = registry.report(
        *(RepositorySpec(name, lifecycle_rules=rules, image_scan_on_push=True) for name in ("team/api", "team/db")),
        images=False,
    )
    assert report.plan is not None
    assert [(change.owner, change.what) for change in report.plan] == [
        ("team/api", "scan on push"),
        ("team/api", "lifecycle"),
        ("team/db", "scan on push"),
    ]
    assert [(unread.owner, unread.part) for unread in report.unread] == [("team/db", "lifecycle")]
    assert counts(cloud)["GetLifecyclePolicy"] == 2, "what was refused is not asked again"


def test_a_setting_of_the_registry_that_cannot_be_read_is_said(cloud: Cloud, registry: Registry) -> None:
    cloud.faults.on("denied", operation="GetRegistryScanningConfiguration", times=None)
    report = registry.report(images=False)
    assert [(unread.owner, unread.part) for unread in report.unread] == [("scanning configuration", "scanning")]
    assert report.settings is not None
    assert report.settings.scanning is None
    assert report.settings.replication == ()


def test_a_policy_that_is_newer_than_ecrops_hides_nothing(cloud: Cloud, registry: Registry) -> None:
    rule = {
        "rulePriority": 1,
        "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 9},
        "action": {"type": "quarantine"},
    }
    cloud.emulator.keep_lifecycle_policy("team/db", {"rules": [rule]})
    report = registry.report(now=NOW)
    assert [(unread.owner, unread.part) for unread in report.unread] == [("team/db", "what its lifecycle policy does")]
    assert all(repo.outlook for repo in report.repositories)


def test_events_that_may_not_be_read_leave_the_rest_of_the_plan(cloud: Cloud, registry: Registry) -> None:
    cloud.faults.on("denied", operation="DescribeRule", times=None)
    cloud.faults.on("denied", operation="ListRules", times=None)
    target = "arn:aws:sqs:eu-west-1:123456789012:pushes"
    spec = RepositorySpec("team/new", events=[on_image_pushed(target=target)])
    several = RegistrySpec(events=[on_image_pushed(target=target, repositories=prefix("team/"))])
    report = registry.report(spec, several, images=False)
    assert report.plan
    assert "+ team/new repository" in str(report.plan)
    assert report.unread


def test_an_identity_that_may_not_be_read_leaves_the_rest_of_the_plan(cloud: Cloud, registry: Registry) -> None:
    cloud.emulator.make_principals(role="nodes")
    cloud.faults.on("denied", operation="GetRolePolicy", times=None)
    spec = RepositorySpec("team/new", grants=[pull(Role("nodes"))])
    report = registry.report(spec, images=False)
    assert "+ team/new repository" in str(report.plan)
    assert report.unread


def test_a_listing_that_is_refused_is_an_error(cloud: Cloud, registry: Registry) -> None:
    cloud.faults.on("denied", operation="DescribeRepositories", times=None)
    with pytest.raises(ClientError, match="AccessDenied"):
        registry.report()


def test_credentials_that_expired_are_an_error(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    def expired(*_: object) -> None:
        raise ClientError({"Error": {"Code": "ExpiredTokenException", "Message": ""}}, "DescribeImages")

    monkeypatch.setattr("ecrops.report.reading.images_of", expired)
    with pytest.raises(ClientError, match="Expired"):
        registry.report()


# What is refused before any call


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((["team/api"],), {}, r"one argument each: write report\(\*specs\)"),
        (("Team",), {}, "Team"),
        ((RepositorySpec("aa"), RepositorySpec("aa")), {}, "two specs have the name 'aa'"),
        ((), {"days": 0}, "expected 1 to 3,650 days, got 0"),
        ((), {"images": "no"}, "images: expected True or False, got 'no'"),
        ((), {"in_use": 3}, "in_use: expected"),
        ((), {"in_use": [], "images": False}, "in_use: expected none with images=False"),
        ((), {"price_per_gb_month": -1}, "storage: expected a price of at least 0"),
        ((), {"now": NOW.replace(tzinfo=None)}, "time zone"),
    ],
)
def test_bad_input_is_refused(
    cloud: Cloud, registry: Registry, arguments: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(SpecError, match=message):
        registry.report(*arguments, **options)
    assert not cloud.calls.operations()
