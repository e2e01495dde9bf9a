"""Deciding on policies, pure: whatever is wanted in whatever order, ours is right and others' statements survive."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecrops.base.change import Change, Note
from ecrops.events.targets import functions, log_groups, queues, topics
from ecrops.events.targets.functions import FunctionPolicy
from ecrops.events.targets.log_groups import LogGroups
from ecrops.events.targets.permissions import Allow, Forbid, Step
from ecrops.events.targets.queues import Queue

from ..support import arn

QUEUE, TOPIC, GROUP = arn("sqs", "pushes"), arn("sns", "news"), arn("logs", "log-group:/g")
RULES = [arn("events", f"rule/{name}") for name in "abc"]

others = st.lists(
    st.fixed_dictionaries(
        {"Effect": st.sampled_from(["Allow", "Deny"]), "Principal": st.just("*"), "Action": st.just("sqs:*")},
        optional={"Sid": st.sampled_from(["theirs", "more"]), "Condition": st.just({"Bool": {"aws:x": "true"}})},
    ),
    max_size=3,
)
steps = st.lists(st.tuples(st.booleans(), st.sampled_from(RULES)), max_size=6)


def edit(resource: str, allowed: bool, rule: str) -> Allow | Forbid:
    owner = f"rule {rule[-1]}"
    return Allow(rule, owner, resource, Step.ALLOW) if allowed else Forbid(rule, owner, resource, Step.FORBID)


def wanted(done: list[tuple[bool, str]]) -> set[str]:
    state = {rule: allowed for allowed, rule in done}
    return {rule for rule, allowed in state.items() if allowed}


@settings(max_examples=100, deadline=None)
@given(theirs=others, done=steps, at_once=st.booleans())
def test_a_queue_lets_in_who_is_wanted_and_keeps_what_others_said(
    theirs: list[dict[str, Any]], done: list[tuple[bool, str]], at_once: bool
) -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": theirs}) if theirs else ""
    edits = [edit(QUEUE, *step) for step in done]
    for batch in [edits] if at_once else [[each] for each in edits]:
        for part in queues.changes(QUEUE, batch, Queue("url", {"Policy": text} if text else {})):
            assert isinstance(part, Change)
            text = part.params["Attributes"]["Policy"]
        assert not list(queues.changes(QUEUE, batch, Queue("url", {"Policy": text} if text else {})))
    statements = json.loads(text)["Statement"] if text else []
    assert [each for each in statements if each.get("Sid") != "EcropsEvents"] == theirs
    ours = [each for each in statements if each.get("Sid") == "EcropsEvents"]
    assert {source for each in ours for source in each["Condition"]["ArnEquals"]["aws:SourceArn"]} == wanted(done)


@settings(max_examples=100, deadline=None)
@given(theirs=others, done=steps)
def test_a_topic_lets_in_who_is_wanted_and_keeps_what_others_said(
    theirs: list[dict[str, Any]], done: list[tuple[bool, str]]
) -> None:
    theirs = [{"Sid": "owner", "Effect": "Allow"}, *theirs]
    text = json.dumps({"Version": "2008-10-17", "Statement": theirs})
    edits = [edit(TOPIC, *step) for step in done]
    for part in topics.changes(TOPIC, edits, {"Policy": text}):
        assert isinstance(part, Change)
        text = part.params["AttributeValue"]
    statements = json.loads(text)["Statement"]
    assert [each for each in statements if not str(each.get("Sid")).startswith("Ecrops")] == theirs
    assert len(statements) - len(theirs) == len(wanted(done))
    assert not list(topics.changes(TOPIC, edits, {"Policy": text}))


def test_the_last_statement_of_a_topic_stays_with_a_note() -> None:
    [change] = topics.changes(TOPIC, [edit(TOPIC, True, RULES[0])], {})
    assert isinstance(change, Change)
    have = {"Policy": change.params["AttributeValue"]}
    [note] = topics.changes(TOPIC, [edit(TOPIC, False, RULES[0])], have)
    assert "last statement cannot be removed" in str(note)


def changed(statement: dict[str, Any]) -> str:
    """A policy of which somebody has narrowed the statement of ecrops."""
    narrowed = {**statement, "Condition": {**statement.get("Condition", {}), "Bool": {"aws:SecureTransport": "true"}}}
    return json.dumps({"Version": "2012-10-17", "Statement": [narrowed]})


def made(parts: Iterable[Change | Note]) -> list[Change]:
    return [part for part in parts if isinstance(part, Change)]


def noted(name: str, sid: str) -> str:
    """What is said of a statement that somebody changed."""
    return (
        f"{name}: somebody changed the statement {sid!r} of ecrops in its policy: it stays as it is, and what is "
        "allowed now stands beside it, without its limits"
    )


def told(aspect: str, edit_: Allow | Forbid, text: str) -> list[Change | Note]:
    """The changes and notes of an edit of a policy."""
    if aspect == "queue":
        return list(queues.changes(QUEUE, [edit_], Queue("url", {"Policy": text})))
    if aspect == "topic":
        return list(topics.changes(TOPIC, [edit_], {"Policy": text}))
    return list(log_groups.changes("log groups", [edit_], LogGroups(json.loads(text or "{}"), {})))


def after(aspect: str, edit_: Allow | Forbid, text: str) -> list[dict[str, Any]]:
    """The statements of a policy after an edit."""
    for change in made(told(aspect, edit_, text)):
        params = change.params
        text = (
            params.get("policyDocument") or params.get("AttributeValue") or params.get("Attributes", {}).get("Policy")
        )
    statements: list[dict[str, Any]] = json.loads(text)["Statement"] if text else []
    return statements


@pytest.mark.parametrize(("aspect", "resource"), [("queue", QUEUE), ("topic", TOPIC), ("log group", GROUP)])
def test_a_statement_that_somebody_changed_is_theirs_and_ours_is_made_beside_it(aspect: str, resource: str) -> None:
    [ours] = after(aspect, edit(resource, True, RULES[0]), "")
    spoiled = changed(ours)
    [theirs] = json.loads(spoiled)["Statement"]
    notes = [str(part) for part in told(aspect, edit(resource, True, RULES[0]), spoiled) if isinstance(part, Note)]
    assert notes == [noted("log groups" if aspect == "log group" else resource, theirs["Sid"])]
    both = after(aspect, edit(resource, True, RULES[0]), spoiled)
    assert both == [theirs, {**ours, "Sid": f"{ours['Sid']}2"}]
    again = json.dumps({"Statement": both})
    assert after(aspect, edit(resource, True, RULES[0]), again) == both
    assert after(aspect, edit(resource, False, RULES[0]), again) == [theirs]
    assert after(aspect, edit(resource, False, RULES[0]), spoiled) == [theirs]


def test_a_permission_that_somebody_changed_is_theirs_and_ours_is_made_beside_it() -> None:
    allow, forbid = edit("f", True, RULES[0]), edit("f", False, RULES[0])
    [first] = made(functions.changes("f", [allow], FunctionPolicy({})))
    sid = first.params["StatementId"]
    theirs = {"Sid": sid, "Effect": "Allow", "Condition": {"ArnLike": {"AWS:SourceArn": "other"}}}
    parts = list(functions.changes("f", [allow], FunctionPolicy({"Statement": [theirs]})))
    [add] = made(parts)
    assert [str(part) for part in parts if isinstance(part, Note)] == [noted("f", sid)]
    assert (add.operation, add.params["StatementId"]) == ("AddPermission", f"{sid}2")
    assert not list(functions.changes("f", [forbid], FunctionPolicy({"Statement": [theirs]})))
    ours = {
        "Sid": f"{sid}2",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": "f",
        "Condition": {"ArnLike": {"AWS:SourceArn": RULES[0]}},
    }
    assert not list(functions.changes("f", [allow], FunctionPolicy({"Statement": [theirs, ours]})))
    [remove] = made(functions.changes("f", [forbid], FunctionPolicy({"Statement": [theirs, ours]})))
    assert (remove.operation, remove.params["StatementId"]) == ("RemovePermission", f"{sid}2")


def test_a_log_group_that_another_rule_writes_to_stays() -> None:
    [change] = made(log_groups.changes("log groups", [edit(GROUP, True, RULES[0])], LogGroups({}, {})))
    document = json.loads(change.params["policyDocument"])
    for users, operations in (("ab", []), ("a", ["DeleteResourcePolicy"]), ("", ["DeleteResourcePolicy"])):
        have = LogGroups(document, {GROUP: frozenset(f"default/{user}" for user in users)})
        parts = log_groups.changes("log groups", [edit(GROUP, False, RULES[0])], have)
        assert [part.operation for part in parts if isinstance(part, Change)] == operations
