"""The checksum of a plan: made of the whole difference, and of nothing else."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ecrops import Change, LifecycleRule, Plan, RepositorySpec, Role, SpecError, pull
from ecrops.base.change import Call, Kind
from ecrops.events import on_image_pushed, on_image_scan_completed
from ecrops.testing import Cloud
from support import registry_of, sampled
from tests.access.world import populate
from tests.events.support import arn

PAIRS = 1_000_000 // sampled(50)
"""A sample of them in a run of the tests; a million in ``scripts/faults``."""
WORDS = [f"{kind} {number}" for kind in ("allow", "tag", "rule") for number in range(40)]
OPERATIONS = ("SetRepositoryPolicy", "PutLifecyclePolicy", "TagResource", "DeleteRepository")
PLACES = ("account", "region", "owner", "operation", "removed", "added", "identity", "changes")


def some_change(choose: random.Random) -> Change:
    removes = choose.random() < 0.1
    return Change(
        owner=f"team/app{choose.randrange(30)}",
        kind=Kind.DELETE if removes else choose.choice((Kind.CREATE, Kind.UPDATE)),
        what=choose.choice(("policy", "lifecycle", "")),
        before="before, in words that shorten",
        after="after, in words that shorten",
        call=Call("ecr", choose.choice(OPERATIONS), {"foreign": choose.random()}),
        removed=choose.sample(WORDS, choose.randrange(8)),
        added=choose.sample(WORDS, choose.randrange(8)),
        makes_owner=removes,
        identity=f"2026-11-{choose.randrange(10, 29)}" if removes else "",
        account=f"{choose.randrange(10**11, 10**12)}",
        region=choose.choice(("eu-west-1", "us-east-1")),
    )


def some_plan(choose: random.Random) -> Plan:
    changes = tuple(some_change(choose) for _ in range(choose.randrange(1, 4)))
    return Plan(changes, region=changes[0].region, account=changes[0].account)


def _with(change: Change, place: str, value: Any) -> Change:
    values: dict[str, Any] = {place: value}
    return replace(change, **values)


def another(choose: random.Random, plan: Plan) -> Plan:
    """A plan that differs in one place."""
    place, number = choose.choice(PLACES), choose.randrange(len(plan.changes))
    change = plan.changes[number]
    if place == "changes":
        return replace(plan, changes=(*plan.changes, some_change(choose)))
    if place in ("removed", "added"):
        parts = set(getattr(change, place))
        parts ^= {choose.choice(WORDS)}  # one part more, or one part less
        other = _with(change, place, sorted(parts))
    elif place == "operation":
        other = replace(change, call=Call("ecr", "Other", change.params))
    elif place == "identity":
        other = replace(change, makes_owner=True, identity=f"{change.identity}T12:00")
    else:
        other = _with(change, place, f"{getattr(change, place)}0")
    return replace(plan, changes=(*plan.changes[:number], other, *plan.changes[number + 1 :]))


def shuffled(choose: random.Random, plan: Plan) -> Plan:
    """The same plan, built in another order, with other foreign parts, words and notes."""
    changes = [
        replace(
            change,
            removed=choose.sample(list(change.removed or ()), len(change.removed or ())),
            added=choose.sample(list(change.added or ()), len(change.added or ())),
            before="other words",
            call=Call("ecr", change.operation, {"foreign": choose.random()}),
            images=choose.randrange(9),
        )
        for change in plan
    ]
    choose.shuffle(changes)
    return replace(plan, changes=tuple(changes), notes=("a note",))


def test_plans_that_differ_in_one_place_have_different_checksums() -> None:
    choose = random.Random(11)
    for _ in range(PAIRS // 10):
        plan = some_plan(choose)
        checksum = plan.checksum
        for other in (another(choose, plan) for _ in range(10)):
            assert checksum != other.checksum, (plan.changes, other.changes)


def test_the_same_plan_in_another_order_has_the_same_checksum() -> None:
    choose = random.Random(12)
    for _ in range(PAIRS // 20):
        plan = some_plan(choose)
        assert plan.checksum == shuffled(choose, plan).checksum


def test_the_order_of_specs_filters_rules_and_targets_makes_no_difference(memory_cloud: Cloud) -> None:
    populate(memory_cloud, "base")
    queue = memory_cloud.client("sqs").create_queue(QueueName="pushes")
    assert queue
    topic = memory_cloud.client("sns").create_topic(Name="pushes")["TopicArn"]
    choose = random.Random(13)

    def spec(name: str) -> RepositorySpec:
        filters, targets = ["latest", "dev-*", "pr-*"], [arn("sqs", "pushes"), topic]
        grants = [pull(Role("nodes")), pull("111122223333"), pull("222233334444")]
        events = [
            on_image_pushed("pushed-" + name, targets=choose.sample(targets, 2)),
            on_image_scan_completed("s" + name),
        ]
        return RepositorySpec(
            name,
            image_tag_mutability="IMMUTABLE_WITH_EXCLUSION",
            image_tag_mutability_exclusion_filters=choose.sample(filters, 3),
            tags=dict(choose.sample([("a", "1"), ("b", "2"), ("c", "3")], 3)),
            lifecycle_rules=[LifecycleRule(tag_prefix_list=choose.sample(["x", "y", "z"], 3), max_image_count=3)],
            grants=choose.sample(grants, 3),
            events=choose.sample(events, 2),
        )

    def checksum() -> str:
        return registry_of(memory_cloud).plan(*(spec(name) for name in choose.sample(["aa", "bb", "cc"], 3))).checksum

    assert len({checksum() for _ in range(8)}) == 1


@pytest.mark.parametrize("accounts", [6, 12])
def test_an_account_that_words_do_not_name_is_a_difference(memory_cloud: Cloud, accounts: int) -> None:
    populate(memory_cloud, "ab")
    names = [f"{number:012}" for number in range(111111111111, 111111111111 + accounts)]

    def plan(*given: str) -> Any:
        return registry_of(memory_cloud).plan(RepositorySpec("ab", grants=[pull(name) for name in given]))

    one, other = plan(*names), plan(*names[:-1], "999999999999")
    assert list(map(str, one)) == list(map(str, other)), "words name five"
    assert one.checksum != other.checksum


def written(plan: Plan) -> Any:
    return json.loads(json.dumps(plan.to_dict(), default=str))


def test_a_part_of_an_approved_plan_is_one_and_no_other_is() -> None:
    choose = random.Random(14)
    for _ in range(PAIRS // 50):
        plan = some_plan(choose)
        approved = written(plan)
        some = choose.sample(plan.changes, choose.randrange(len(plan.changes) + 1))
        assert shuffled(choose, replace(plan, changes=tuple(some))).is_part_of(approved)
        other = another(choose, plan)
        assert not other.is_part_of(approved)
        assert not replace(plan, changes=(*plan.changes, plan.changes[0])).is_part_of(approved), "each once"


def test_a_written_plan_is_checked_by_its_own_checksum() -> None:
    choose = random.Random(15)
    plan = some_plan(choose)
    changes: list[Callable[[Any], Any]] = [
        lambda data: data["changes"].append(some_change(choose).to_dict()),
        lambda data: data["changes"][0].update(checksum=some_change(choose).checksum),
        lambda data: data["changes"].pop(),
        lambda data: data.update(region="eu-north-1"),
        lambda data: data.update(account="111122223333"),
    ]
    for change in changes:
        changed = written(plan)
        change(changed)
        with pytest.raises(SpecError, match="its checksum does not fit its changes"):
            plan.is_part_of(changed)


@pytest.mark.parametrize(
    "given", [None, "plan.json", {}, {"checksum": "x"}, {"account": "", "region": "", "checksum": "", "changes": [{}]}]
)
def test_what_is_no_written_plan_is_refused(given: Any) -> None:
    with pytest.raises(SpecError, match=r"approved: expected what Plan.to_dict\(\) gives"):
        some_plan(random.Random(16)).is_part_of(given)


@pytest.mark.parametrize("place", ["account", "region"])
def test_a_written_plan_of_another_place_is_refused(place: str) -> None:
    plan = some_plan(random.Random(17))
    elsewhere: Any = {place: "elsewhere"}
    with pytest.raises(SpecError, match="plan in the same place"):
        plan.is_part_of(written(replace(plan, **elsewhere)))


@pytest.mark.parametrize("made", range(6))
def test_the_rest_of_a_plan_that_ended_halfway_is_a_part_of_it(memory_cloud: Cloud, made: int) -> None:
    def specs(rules: int) -> list[RepositorySpec]:
        rule = LifecycleRule(max_image_count=rules)
        grants = [pull(f"11112222333{rules}")]
        return [RepositorySpec(name, lifecycle_rules=[rule], grants=grants) for name in ("aa", "bb")]

    registry = registry_of(memory_cloud, workers=1)
    registry.ensure(*specs(1)[: made % 3])  # some are made anew, and others changed
    plan = registry.plan(*specs(2))
    approved, heard = written(plan), []

    def fail(change: Change) -> None:
        heard.append(change)
        if len(heard) > made % 4:
            raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        registry.apply(plan, on_change=fail)
    rest = registry_of(memory_cloud).plan(*specs(2))
    assert rest.checksum != plan.checksum
    assert rest.is_part_of(approved)
    assert not registry.plan(*specs(3)).is_part_of(approved)
    registry.apply(rest)
    assert not registry.plan(*specs(2))


def test_what_is_removed_and_what_is_added_are_told_apart() -> None:
    change = some_change(random.Random(18))
    one, other = replace(change, removed=["a"], added=["b"]), replace(change, removed=["b"], added=["a"])
    assert one.checksum != other.checksum
    assert not Plan((one,)).is_part_of(written(Plan((other,))))
