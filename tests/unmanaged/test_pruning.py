"""An ensure takes away what is in none of its specs: in one plan, and never more than half without being told."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from ecrops import (
    ApplyError,
    ConflictError,
    EcropsError,
    Registry,
    RegistrySpec,
    RepositorySpec,
    Role,
    SpecError,
    User,
    prefix,
    pull,
)
from ecrops.events import on_image_pushed
from ecrops.testing import FAULTS, Cloud, Fault
from support import first_of, registry_of, sampled
from tests.access.world import PULL

from .world import (
    API,
    BARE,
    FLEET,
    OLD_RULE,
    QUEUE,
    TEAM,
    TEMPLATES,
    WEB,
    add_grants,
    add_old,
    add_template,
    allowed,
    bare,
    before,
    fleet,
    permitted,
    rules,
)

NEW = RepositorySpec("team/new")
STEP = sampled(12)
"""Each fault meets every twelfth call, beginning at another one."""


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process only."""
    return memory_cloud


@pytest.fixture
def registry(cloud: Cloud) -> Registry:
    """The registry of the fleet."""
    return fleet(cloud)


def test_one_plan_makes_what_specs_want_and_takes_away_the_rest(http_cloud: Cloud) -> None:
    registry = fleet(http_cloud)
    add_old(registry)
    add_template(registry)
    specs = (*FLEET, NEW, TEMPLATES)
    plan = registry.plan(*specs, remove_unmanaged=TEAM)
    assert [(change.owner, str(change.kind)) for change in plan] == [
        ("creation templates", "delete"),
        ("team/old", "delete"),
        ("team/new", "create"),
        ("role nodes", "update"),
        (QUEUE, "update"),
        (f"rule {OLD_RULE}", "delete"),
        (f"rule {OLD_RULE}", "delete"),
    ]
    with pytest.raises(ConflictError, match="expected at most 3 deletions in the plan, it has 4"):
        plan.check(deletes=3)
    registry.apply(plan.check(deletes=4))
    assert not registry.plan(*specs, remove_unmanaged=TEAM)
    assert not registry.unmanaged(*specs, within=TEAM)
    assert (set(allowed(http_cloud, "team/api")), allowed(http_cloud)) == (PULL, [])
    assert http_cloud.emulator.exists("team/new")
    assert not http_cloud.emulator.exists("team/old")


def test_an_ensure_reads_what_it_needs_once(cloud: Cloud, registry: Registry) -> None:
    cloud.emulator.seed(["team/old"])
    cloud.calls.clear()
    assert registry.ensure(WEB, RepositorySpec("team/api"), remove_unmanaged=TEAM)
    assert cloud.calls.operations() == [
        "DescribeRepositories",  # all
        "ListImages",  # of the one in no spec
        "DescribeRepositories",  # those of the specs
        "DescribeRepositories",  # the one in no spec, right before it goes
        "DeleteRepository",
        "DescribeRepositories",  # it is gone
    ]
    cloud.calls.clear()
    assert not registry.ensure(*FLEET, remove_unmanaged=TEAM)
    both = sorted(cloud.calls.operations())
    cloud.calls.clear()
    assert not registry.ensure(*FLEET)
    alone = cloud.calls.operations()
    for operation in alone:
        both.remove(operation)
    assert both == ["DescribeRepositories", "GetAccountAuthorizationDetails", "GetRepositoryPolicy", "ListRules"]


def test_more_than_half_is_not_deleted_without_being_told(cloud: Cloud) -> None:
    registry = bare(cloud)
    cloud.emulator.seed(["team/a", "team/b"])
    half = (*BARE, NEW)
    assert registry.plan(*half, remove_unmanaged=TEAM).check(deletes=2), "2 of 4 are no more than half"
    cloud.emulator.seed(["team/c", "web/d"])
    plan = registry.plan(*half, remove_unmanaged=TEAM)
    line = "! team/* in no spec: 3 of 5 repositories and 3 of 5 things that are there would be deleted"
    assert [str(change) for change in plan.conflicts] == [line]
    cloud.calls.clear()
    with pytest.raises(ConflictError, match=r"3 of 5 repositories.*\n.*force=True deletes it all the same"):
        registry.ensure(*half, remove_unmanaged=TEAM)
    with pytest.raises(ConflictError, match="3 of 5 repositories"):
        registry.apply(plan)
    assert not cloud.calls.writes()
    made = registry.ensure(*half, remove_unmanaged=TEAM, force=True)
    assert made.summary == "1 created, 3 deleted"
    assert cloud.emulator.exists("web/d")


def test_grants_and_rules_count_too(registry: Registry) -> None:
    add_grants(registry)
    with pytest.raises(ConflictError, match=r"! team/\* in no spec: 4 of 7 things that are there would be deleted"):
        registry.ensure(RepositorySpec("team/api", grants=[pull(Role("nodes"))]), WEB, remove_unmanaged=TEAM)
    rule = on_image_pushed(target=QUEUE)
    registry.ensure(
        *(RepositorySpec(f"team/{name}", events=[rule], grants=[pull(Role("nodes"))]) for name in "abc"),
        *FLEET,
        remove_unmanaged=TEAM,
    )
    assert not registry.unmanaged(API, WEB, *map(RepositorySpec, ("team/a", "team/b", "team/c")), within=TEAM)


def test_a_repository_with_images_stays_with_its_rule_and_its_grants(cloud: Cloud, registry: Registry) -> None:
    add_old(registry)
    registry.repository("team/old").grant_pull(User("ci"), on="team/o*")
    cloud.push_image("team/old", tag="a")
    specs = (API, RepositorySpec("team/web", grants=[]))
    plan = registry.ensure(*specs, remove_unmanaged=TEAM)
    assert not plan
    note = "team/old: it is in no spec, holds 1 image, and stays with its rules and grants: "
    assert plan.notes == (f"{note}empty_on_delete=True deletes it with them",)
    assert set(allowed(cloud)) == PULL
    assert OLD_RULE in rules(cloud)
    plan = registry.ensure(*specs, remove_unmanaged=TEAM, empty_on_delete=True)
    assert "- team/old repository: with all its images, 1 now" in str(plan)
    assert not registry.unmanaged(*specs, within=TEAM)
    assert (allowed(cloud), OLD_RULE in rules(cloud), OLD_RULE in permitted(cloud)) == ([], False, False)


def test_all_images_that_go_are_counted_though_not_all_were_when_they_were_found(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = bare(cloud)
    monkeypatch.setattr("ecrops.unmanaged.repositories.MOST_COUNTED", 1)
    monkeypatch.setattr("ecrops.repositories.deletion.MOST_COUNTED", 1)
    for tag in "ab":
        cloud.push_image("team/full", tag=tag)
    note = registry.ensure(*BARE, remove_unmanaged=TEAM).notes[0]
    assert "team/full: it is in no spec, holds 1 images or more, and stays" in note
    plan = registry.ensure(*BARE, remove_unmanaged=TEAM, empty_on_delete=True)
    assert "- team/full repository: with all its images, 2 now" in str(plan)


@pytest.mark.parametrize("operation", ["DescribeRepositories", "ListImages"])
def test_what_is_not_known_to_be_empty_stays_with_its_rule_and_its_grants(
    cloud: Cloud, registry: Registry, operation: str
) -> None:
    add_old(registry)
    registry.repository("team/api").grant_push(Role("nodes"))
    listing = {"maxResults": 1000} if operation == "DescribeRepositories" else {}
    cloud.faults.on(
        "denied",
        where=lambda call: call.operation == operation and call.params.items() >= listing.items(),
        times=None,
    )
    plan = registry.ensure(*FLEET, remove_unmanaged=TEAM, force=True, empty_on_delete=True)
    assert [change.owner for change in plan] == ["role nodes"]
    assert "not known" in plan.notes[0]
    assert (set(allowed(cloud)), OLD_RULE in permitted(cloud)) == (PULL, True)
    assert set(allowed(cloud, "team/api")) == PULL


@pytest.mark.parametrize("at", ["GetRolePolicy", "DeleteRepository"], ids=["planned", "at last"])
def test_an_image_that_is_pushed_meanwhile_keeps_its_repository(cloud: Cloud, registry: Registry, at: str) -> None:
    add_old(registry)
    before(cloud, at, lambda: cloud.push_image("team/old", tag="a"))
    with pytest.raises(ApplyError) as caught:
        registry.ensure(*FLEET, NEW, remove_unmanaged=TEAM, empty_on_delete=True)
    assert {type(error).__name__ for error in caught.value.exceptions} == {"RepositoryNotEmptyException"}
    assert [change.owner for change in caught.value.applied] == ["team/new"]
    assert cloud.emulator.exists("team/old")
    assert (set(allowed(cloud)), OLD_RULE in permitted(cloud)) == (PULL, True)


def test_a_repository_that_somebody_makes_meanwhile_is_not_deleted(cloud: Cloud, registry: Registry) -> None:
    add_old(registry)
    plan = registry.plan(*FLEET, remove_unmanaged=TEAM)
    cloud.emulator.seed(["team/theirs"])
    registry.apply(plan)
    assert cloud.emulator.exists("team/theirs")
    assert not cloud.emulator.exists("team/old")


def test_a_plan_of_a_dry_run_goes_on_from_the_one_before(cloud: Cloud, registry: Registry) -> None:
    add_old(registry)
    cloud.push_image("team/full", tag="a")
    dry = registry_of(cloud, dry_run=True)
    assert dry.ensure(*FLEET, remove_unmanaged=TEAM, empty_on_delete=True).check(deletes=4)
    plan = dry.ensure(*FLEET, remove_unmanaged=TEAM)
    assert (len(plan), plan.notes) == (0, ()), "it does not say of what would be gone that it stays"
    assert not cloud.calls.of("DeleteRepository")


def test_what_was_read_before_a_wait_is_read_again_before_it_is_written(cloud: Cloud) -> None:
    registry, readings = registry_of(cloud), []
    spec = RepositorySpec("team/api", grants=[pull("222233334444")])
    registry.ensure(spec)
    for fault in (False, True):
        registry.repository("team/api").grant_pull("111122223333")
        cloud.calls.clear()
        if fault:
            cloud.faults.on("throttle", operation="GetAccountAuthorizationDetails")
        assert registry.ensure(spec, remove_unmanaged=TEAM).summary == "1 updated"
        readings.append(len(cloud.calls.of("GetRepositoryPolicy")))
    assert readings == [2, 3], "the first reading and the verifying one, and one after the wait"


def test_rules_of_several_and_templates_go_once(registry: Registry) -> None:
    registry.on_image_pushed("several", target=QUEUE, repositories=prefix("team/x/"))
    add_template(registry)
    spec = RegistrySpec(events=[], creation_templates=[])
    made = registry.ensure(*FLEET, spec, remove_unmanaged=TEAM)
    assert [change.what for change in made] == ["team/made", "policy", "targets", "rule"]
    assert not registry.ensure(*FLEET, spec, remove_unmanaged=TEAM)


def test_a_prefix_that_nothing_has_takes_nothing(registry: Registry) -> None:
    add_old(registry)
    assert not registry.ensure(*FLEET, remove_unmanaged=prefix("other/"))


BAD: dict[str, tuple[str, dict[str, Any]]] = {
    "text": (
        "remove_unmanaged: expected a prefix, such as prefix(\"team/\"), got 'team/': write prefix('team/')",
        {"remove_unmanaged": "team/"},
    ),
    "wildcard": ("got 'team/*': write prefix('team/')", {"remove_unmanaged": "team/*"}),
    "truth": ('remove_unmanaged: expected a prefix, such as prefix("team/"), got True', {"remove_unmanaged": True}),
    "others": (
        "is the beginning of names such as 'team2/api' too, which may be those of others: write prefix('team/')",
        {"remove_unmanaged": prefix("team")},
    ),
    "force": ("force: expected True or False, got 'yes'", {"remove_unmanaged": TEAM, "force": "yes"}),
    "alone": ("force: it is about what is in no spec: say remove_unmanaged=prefix('team/') too", {"force": True}),
    "images": ("empty_on_delete: it is about what is in no spec", {"empty_on_delete": True}),
}


@pytest.mark.parametrize("case", BAD)
def test_a_wrong_removal_is_refused_before_any_call(cloud: Cloud, case: str) -> None:
    message, options = BAD[case]
    for verb in ("ensure", "plan"):
        with pytest.raises(SpecError) as caught:
            getattr(registry_of(cloud), verb)(*FLEET, **options)
        assert message in str(caught.value)
    assert not cloud.calls.operations()


def test_specs_without_a_repository_are_refused_before_any_call(cloud: Cloud) -> None:
    registry = registry_of(cloud)
    for specs, got in (((), "none"), ((TEMPLATES,), "that of the registry alone")):
        message = f"with a RepositorySpec at least, got {got}: every repository would be in no spec"
        with pytest.raises(SpecError, match=message):
            registry.ensure(*specs, remove_unmanaged=TEAM)
        with pytest.raises(SpecError, match=message):
            registry.unmanaged(*specs, within=TEAM)
    with pytest.raises(SpecError, match="two specs have the name 'team/web'"):
        registry.unmanaged(WEB, WEB, within=TEAM)
    assert not cloud.calls.operations()


def test_what_is_looked_at_is_said(cloud: Cloud) -> None:
    registry = registry_of(cloud)
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("within: expected a prefix, such as within=prefix", {}),
        ("within: expected a prefix, such as prefix", {"within": "team/"}),
        ("within: 'team' is the beginning of names", {"within": prefix("team")}),
        ("everything: it is the whole registry: leave within= out", {"within": TEAM, "everything": True}),
        ("everything: expected True or False, got 1", {"everything": 1}),
    ]
    for message, options in wrong:
        with pytest.raises(SpecError, match=message):
            registry.unmanaged(*FLEET, **options)
    with pytest.raises(SpecError, match="expected the beginning of the names"):
        prefix("")
    assert not cloud.calls.operations()


def test_an_error_of_one_repository_stops_no_other(cloud: Cloud) -> None:
    registry = bare(cloud)
    cloud.emulator.seed(["team/a", "team/b"])
    cloud.faults.on(
        "denied",
        where=lambda call: call.operation == "DeleteRepository" and call.params["repositoryName"] == "team/a",
        times=None,
    )
    with pytest.raises(ApplyError) as caught:
        registry.ensure(*BARE, remove_unmanaged=TEAM)
    assert [type(error) for error in caught.value.exceptions] == [type(next(iter(caught.value.exceptions)))]
    assert isinstance(caught.value.exceptions[0], ClientError)
    assert (cloud.emulator.exists("team/a"), cloud.emulator.exists("team/b")) == (True, False)


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_call_fails_a_clean_run_takes_away_the_same(cloud: Cloud, registry: Registry, fault: Fault) -> None:
    add_old(registry)
    cloud.calls.clear()
    registry.ensure(*FLEET, remove_unmanaged=TEAM)
    calls = len(cloud.calls)
    for number in range(1 + first_of(FAULTS.index(fault), len(FAULTS), STEP), calls + 1, STEP):
        add_old(registry)
        cloud.faults.at(number, fault)
        with suppress(ClientError, EcropsError, BotoCoreError):
            registry_of(cloud, workers=1).ensure(*FLEET, remove_unmanaged=TEAM)
        cloud.faults.clear()
        registry_of(cloud).ensure(*FLEET, remove_unmanaged=TEAM)
        assert not registry.unmanaged(*FLEET, within=TEAM), number
        assert (set(allowed(cloud, "team/api")), allowed(cloud)) == (PULL, []), number
        assert len(permitted(cloud)) == 1, number
