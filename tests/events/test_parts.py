"""What a change of a rule, its targets and their permissions takes away and adds: all of it, in one spelling."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from ecrops.base.change import Change
from ecrops.events import Event, Target, aspect, on_image_pushed
from ecrops.events.edits import Absent, Exclude, Include, Wanted
from ecrops.events.targets import functions, log_groups, queues, topics
from ecrops.events.targets.permissions import Allow, Forbid, Step
from ecrops.events.value import RuleValue

from .support import arn

QUEUE, FUNCTION = arn("sqs", "pushes"), arn("lambda", "function:work")
KEY = "rule pushes"
Parts = frozenset[tuple[str, str]]


def parts(changes: Iterable[object]) -> Parts:
    return frozenset(part for change in changes if isinstance(change, Change) for part in change.parts)


def of_rule(edit: Any, current: RuleValue | None = None) -> Parts:
    return parts(aspect.changes(KEY, [edit], current or RuleValue()))


def made(*targets: Target | str, **more: Any) -> Event:
    return on_image_pushed("pushes", targets=targets, **more).of("ab")


def rule(*targets: Target | str, **more: Any) -> RuleValue:
    return Wanted(made(*targets, **more))(RuleValue())


@pytest.mark.parametrize(
    "other",
    [
        made(QUEUE, image_tags=["v2"]),
        made(QUEUE, image_tags=["v1"], description="x"),
        made(QUEUE, image_tags=["v1"], state="DISABLED"),
        made(QUEUE, image_tags=["v1"], tags={"team": "x"}),
        made(QUEUE, image_tags=["v1"]).of("ab"),
        made(Target(QUEUE, input={"a": 1}), image_tags=["v1"]),
        made(Target(QUEUE, id="mine"), image_tags=["v1"]),
        made(Target(QUEUE, maximum_retry_attempts=1), image_tags=["v1"]),
        made(Target(QUEUE, dead_letter_arn=arn("sqs", "dead")), image_tags=["v1"]),
        made(QUEUE, arn("sqs", "other"), image_tags=["v1"]),
    ],
    ids=str,
)
def test_rules_that_differ_in_one_place_have_different_parts(other: Event) -> None:
    one = made(QUEUE, image_tags=["v1"])
    assert (of_rule(Wanted(one)) == of_rule(Wanted(other))) == (one == other)


def test_order_and_spelling_make_no_difference() -> None:
    def told(description: str, pattern: dict[str, Any], *targets: Target) -> Parts:
        settings = {"EventPattern": json.dumps(pattern), "State": "ENABLED", "Description": description}
        by_id = {str(target.id): target.to_aws() for target in targets}
        return of_rule(Absent(), RuleValue(settings, {"ecrops:repository": "ab"}, by_id))

    first, second = Target(QUEUE, input='{"a": 1, "b": 2}'), Target(FUNCTION)
    same = Target(QUEUE, input='{"b":2,"a":1}')
    one = told("", {"source": ["aws.ecr"], "account": ["1", "2"]}, first, second)
    assert one == told("", {"account": ["2", "1"], "source": ["aws.ecr"]}, second, same)
    assert one != told("", {"account": ["2", "3"], "source": ["aws.ecr"]}, second, same)
    assert one != told("x", {"account": ["2", "1"], "source": ["aws.ecr"]}, second, same)


def test_a_removal_tells_all_that_goes() -> None:
    gone = of_rule(Absent(), rule(QUEUE, FUNCTION, description="x", tags={"team": "x"}))
    assert all(sign == "-" for sign, _ in gone)
    for text in (QUEUE, FUNCTION, '"x"', "team", "ecrops:repository", "PUSH", "ENABLED"):
        assert any(text in part for _, part in gone), text


def test_what_stays_is_in_no_part() -> None:
    theirs = {"theirs": {"Id": "theirs", "Arn": arn("sqs", "theirs")}}
    current = rule(QUEUE, description="theirs")
    current = RuleValue(current.settings, {**current.tags, "team": "theirs"}, {**current.targets, **theirs})
    for edit in (Wanted(made(FUNCTION, image_tags=["v1"])), Include([Target(FUNCTION)]), Exclude([QUEUE])):
        said = of_rule(edit, current)
        assert said
        assert not any("theirs" in part for _, part in said)
    assert of_rule(Include([Target(FUNCTION)]), current) == of_rule(Include([Target(FUNCTION)]), rule(QUEUE))


def test_a_member_of_a_target_that_changes_is_all_that_a_change_tells() -> None:
    said = of_rule(Include([Target(QUEUE, input={"a": 2})]), rule(Target(QUEUE, input={"a": 1})))
    assert sorted(sign for sign, _ in said) == ["+", "-"]
    assert all("Input" in part for _, part in said)


def test_one_fingerprint_more_is_one_part_more() -> None:
    current = rule(Target(QUEUE, id="one"))
    tags = {part for part in of_rule(Include([Target(FUNCTION, id="two")]), current) if "ecrops:targets" in part[1]}
    assert len(tags) == 1


TARGETS: dict[str, tuple[Any, Any]] = {
    arn("lambda", "function:work"): (functions, functions.FunctionPolicy({})),
    arn("sqs", "pushes"): (queues, queues.Queue("url", {})),
    arn("sns", "news"): (topics, {"Policy": '{"Statement": [{"Sid": "theirs", "Effect": "Allow"}]}'}),
    "log groups": (log_groups, log_groups.LogGroups({"Version": "2012-10-17", "Statement": []}, {})),
}


@pytest.mark.parametrize("key", TARGETS)
def test_a_permission_is_of_a_rule_and_a_resource(key: str) -> None:
    module, current = TARGETS[key]

    def allow(name: str, resource: str) -> Allow:
        return Allow(arn("events", f"rule/{name}"), f"rule {name}", resource, Step.ALLOW)

    groups = [arn("logs", f"log-group:/{name}") for name in "gh"]
    first, second = groups if key == "log groups" else (key, key)
    one, other = allow("a", first), allow("b", second)
    both = parts(module.changes(key, [one, other], current))
    assert both == parts(module.changes(key, [other, one], current))
    assert both == {("+", f"{edit.rule} may invoke {edit.resource}") for edit in (one, other)}
    assert parts(module.changes(key, [one], current)) < both


def test_a_permission_that_goes_is_a_part() -> None:
    rule_arn = arn("events", "rule/a")
    statement = queues._statement(QUEUE, [rule_arn])
    theirs = {"Sid": "theirs", "Effect": "Allow", "Principal": "*", "Action": "sqs:*"}
    for statements in ([statement], [statement, theirs]):
        queue = queues.Queue("url", {"Policy": json.dumps({"Statement": statements})})
        gone = parts(queues.changes(QUEUE, [Forbid(rule_arn, "rule a", QUEUE, Step.FORBID)], queue))
        assert gone == {("-", f"{rule_arn} may invoke {QUEUE}")}


@pytest.mark.parametrize(
    ("kept", "order"), [(4, ["PutTargets", "RemoveTargets"]), (5, ["RemoveTargets", "PutTargets"])]
)
def test_new_targets_come_before_others_go_if_five_are_enough_for_both(kept: int, order: list[str]) -> None:
    queues = [arn("sqs", f"q{number}") for number in range(kept + 1)]
    edits: list[Any] = [Exclude(queues[:1]), Include([Target(queues[-1])])]
    changes = aspect.changes(KEY, edits, rule(*queues[:-1]))
    operations = [change.operation for change in changes if isinstance(change, Change)]
    assert [name for name in operations if name.endswith("Targets")] == order
