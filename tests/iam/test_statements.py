"""The algebra of policy documents: pure, and nothing in it knows ECR."""

from __future__ import annotations

import copy
import json
from itertools import chain
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecrops.iam.policy import PRINCIPAL, RESOURCE, Element, Policy, Subject
from ecrops.iam.splitting import in_order, spread
from ecrops.iam.statements import same
from ecrops.iam.text import size
from support import CASES

BASE: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "a",
            "Effect": "Allow",
            "Principal": {"AWS": ["arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/x"]},
            "Action": ["ecr:BatchGetImage", "ecr:PutImage"],
            "Condition": {"Bool": {"aws:SecureTransport": "true"}, "NumericLessThan": {"x": ["1", "2"]}},
        },
        {"Sid": "b", "Effect": "Deny", "Principal": "*", "NotAction": "ecr:PutImage"},
    ],
}


def changed(**elements: Any) -> dict[str, Any]:
    document = copy.deepcopy(BASE)
    document["Statement"][0].update(elements)
    return document


@pytest.mark.parametrize(
    "other",
    [
        {**BASE, "Statement": BASE["Statement"][::-1]},
        changed(Action=["ecr:putimage", "ecr:BatchGetImage", "ecr:PutImage"]),
        changed(Principal={"AWS": ["arn:aws:iam::111122223333:role/x", "111122223333"]}),
        changed(Condition={"NumericLessThan": {"X": [2, 1]}, "Bool": {"aws:securetransport": True}}),
        changed(Effect="allow"),
        {**BASE, "Statement": [BASE["Statement"][0], {**BASE["Statement"][1], "Condition": {}}]},
        {**BASE, "Statement": [BASE["Statement"][0], {**BASE["Statement"][1], "Principal": {"AWS": ["*"]}}]},
    ],
)
def test_the_same_policy_spelled_otherwise_is_the_same(other: dict[str, Any]) -> None:
    assert same(BASE, other)


@pytest.mark.parametrize(
    "other",
    [
        {**BASE, "Version": "2008-10-17"},
        {**BASE, "Id": "x"},
        {**BASE, "Statement": [*BASE["Statement"], BASE["Statement"][0]]},
        changed(Sid="c"),
        changed(Sid=""),
        changed(Effect="Deny"),
        changed(Action="ecr:PutImage"),
        changed(Principal="*"),
        changed(Principal={"Service": "111122223333"}),
        changed(Condition={"Bool": {"aws:SecureTransport": "false"}}),
        changed(New="element"),
        {},
    ],
)
def test_a_difference_is_a_difference(other: dict[str, Any]) -> None:
    assert not same(BASE, other)


def test_two_bare_principals_that_differ_are_different() -> None:
    one, other = ({"Statement": [{"Effect": "Allow", "Principal": who, "Action": "x:y"}]} for who in ("*", "+"))
    assert not same(one, other)


@pytest.mark.parametrize("empty", [{}, {"Version": "2012-10-17"}, {"Version": "2012-10-17", "Statement": []}])
def test_a_policy_without_statements_is_none(empty: dict[str, Any]) -> None:
    assert same(empty, {})


def test_policies_are_equal_where_the_peers_say_so() -> None:
    found = json.loads((CASES / "peers.json").read_text())["cases"]
    for case in (case for case in found if case["area"] == "policy_equality"):
        equal = case["expect"]["equal"]
        assert same(case["given"]["document_a"], case["steps"][0]["config"]) == equal, case["id"]


def name(actions: frozenset[str]) -> str:
    return "".join(sorted(action.partition(":")[2] for action in actions))


def written(document: dict[str, Any], element: Element = RESOURCE) -> Policy:
    return Policy.parse(document, element, name)


def test_subjects_with_the_same_actions_share_a_statement() -> None:
    policy = Policy(RESOURCE, name)
    for resource, actions in {"r1": "ab", "r2": "ab", "r3": "a"}.items():
        policy = policy.allowing(Subject(resource), [f"s:{action}" for action in actions])
    assert policy.document["Statement"] == [
        {"Sid": "Ecropsa", "Effect": "Allow", "Resource": "r3", "Action": "s:a"},
        {"Sid": "Ecropsab", "Effect": "Allow", "Resource": ["r1", "r2"], "Action": ["s:a", "s:b"]},
    ]


def test_a_condition_makes_a_statement_of_its_own() -> None:
    policy = Policy(PRINCIPAL, name)
    policy = policy.allowing(Subject("AWS:*", '{"Bool": {"k": "v"}}'), ["s:a"])
    policy = policy.allowing(Subject("AWS:1"), ["s:a"])
    first, second = policy.document["Statement"]
    assert first["Principal"] == {"AWS": "1"}
    assert "Condition" not in first
    assert second["Condition"] == {"Bool": {"k": "v"}}
    assert first["Sid"] != second["Sid"]


def test_a_statement_of_ours_that_somebody_changed_is_somebodys() -> None:
    theirs = {"Sid": "Ecropsa", "Effect": "Deny", "Resource": "r", "Action": "s:a"}
    policy = written({"Statement": [theirs]})
    assert list(policy.foreign) == [theirs]
    assert not policy.allowed


SUBJECTS = st.builds(Subject, st.sampled_from(["r1", "r2", "r3"]), st.sampled_from(["", '{"Bool": {"k": "v"}}']))
ALLOWED = st.dictionaries(SUBJECTS, st.frozensets(st.sampled_from(["s:a", "s:b", "s:c"]), min_size=1))


@given(ALLOWED, st.sampled_from([[], [{"Sid": "x", "Effect": "Deny", "Resource": "*", "NotAction": "s:a"}]]))
def test_what_is_written_is_read_again(allowed: dict[Subject, frozenset[str]], others: list[dict[str, Any]]) -> None:
    policy = Policy(RESOURCE, name, dict(allowed), list(others))
    again = written(policy.document)
    assert again.allowed == allowed
    assert list(again.foreign) == others


@given(ALLOWED, SUBJECTS, st.sampled_from([None, ["s:a"], ["s:a", "s:b", "s:c"]]))
def test_what_is_forbidden_is_gone_and_nothing_else(
    allowed: dict[Subject, frozenset[str]], subject: Subject, actions: list[str] | None
) -> None:
    policy = Policy(RESOURCE, name, dict(allowed))
    policy = policy.forbidding(subject, actions)
    left = allowed.get(subject, frozenset()) - (allowed.get(subject, frozenset()) if actions is None else set(actions))
    expected = {**allowed, subject: left}
    assert policy.allowed == {each: actions_ for each, actions_ in expected.items() if actions_}


def test_an_account_is_the_same_subject_by_id_and_by_root() -> None:
    document = {"Statement": {"Sid": "Ecropsa", "Effect": "Allow", "Principal": {"AWS": "1" * 12}, "Action": "s:a"}}
    policy = written(document, PRINCIPAL)
    policy = policy.forbidding(Subject(f"AWS:arn:aws:iam::{'1' * 12}:root"))
    assert not policy.allowed


def test_an_edit_leaves_the_policy_that_it_is_called_on_as_it_was() -> None:
    foreign = {"Sid": "x", "Effect": "Deny", "Resource": "*", "NotAction": "s:a"}
    policy = Policy(RESOURCE, name, resources(1), [foreign])
    before = copy.deepcopy(policy.document)
    policy.allowing(Subject("r"), ["s:c"])
    policy.allowing(next(iter(policy.allowed)), ["s:c"])
    policy.forbidding(next(iter(policy.allowed)), ["s:a"])
    policy.with_foreign(())
    assert policy == Policy(RESOURCE, name, resources(1), [foreign])
    assert policy.document == before


def test_white_space_is_not_counted() -> None:
    assert size({"a": "b c"}) == len('{"a":"bc"}')


def test_condition_keys_that_differ_in_case_do_not_hide_each_other() -> None:
    both = {"StringEquals": {"aws:PrincipalTag/a": "x", "AWS:principaltag/a": "y"}}
    assert same(changed(Condition=both), changed(Condition={"StringEquals": {"aws:PrincipalTag/a": ["y", "x"]}}))
    assert not same(changed(Condition=both), changed(Condition={"StringEquals": {"aws:PrincipalTag/a": "y"}}))
    assert not same(changed(Condition=both), changed(Condition={"StringEquals": {"aws:PrincipalTag/a": "x"}}))


# Spread over several policies


def resources(*numbers: int) -> dict[Subject, frozenset[str]]:
    """Subjects with the same actions."""
    arn = "arn:aws:ecr:eu-west-1:123456789012:repository/r{}"
    return {Subject(arn.format(number)): frozenset(["s:a", "s:b"]) for number in numbers}


def longest(parts: dict[int, Policy]) -> int:
    return max(size(part.document) for part in parts.values())


@given(st.integers(1, 60), st.integers(250, 900))
def test_a_policy_is_spread_so_that_every_part_fits_and_nothing_is_lost(count: int, most: int) -> None:
    want = Policy(RESOURCE, name, resources(*range(count)))
    parts = spread(want, {}, most)
    assert longest(parts) <= most
    again = [written(part.document).allowed for part in parts.values()]
    assert {subject: actions for part in again for subject, actions in part.items()} == want.allowed
    assert sum(map(len, again)) == count
    assert list(parts) == list(range(len(parts)))


NUMBERS = st.sets(st.integers(0, 40))


@given(st.lists(NUMBERS, max_size=4), NUMBERS, NUMBERS, st.integers(300, 900))
def test_what_is_there_stays_where_it_is_while_it_is_wanted(
    there: list[set[int]], more: set[int], less: set[int], most: int
) -> None:
    fit = [sorted(part)[: (most - 180) // 60] for part in there]
    own = [[each for each in part if each not in chain(*fit[:number])] for number, part in enumerate(fit)]
    have = {number: Policy(RESOURCE, name, resources(*part)) for number, part in enumerate(own)}
    want = Policy(RESOURCE, name, resources(*(({*chain(*own)} - less) | more)))
    parts = spread(want, have, most)
    assert longest({**parts, -1: Policy(RESOURCE, name)}) <= most
    said = [subject for part in parts.values() for subject in part.allowed]
    assert len(said) == len(set(said))
    assert set(said) == want.allowed.keys()
    last = max(have, default=0)
    for number, policy in have.items():
        stayed = {each for each in policy.allowed if each in want.allowed}
        assert not stayed or number not in parts or number == last or stayed <= parts[number].allowed.keys()


def test_what_a_policy_has_no_room_for_is_said_by_another_before_it_says_it_no_more() -> None:
    have = {0: Policy(RESOURCE, name, resources(*range(8))), 1: Policy(RESOURCE, name, resources(8))}
    most = size(have[0].document)
    grown = {subject: actions | {"s:c"} for subject, actions in resources(1, 3).items()}
    parts = spread(Policy(RESOURCE, name, {**resources(*range(9)), **grown}), have, most)
    assert longest(parts) <= most
    assert in_order(parts, have) == [1, 0]
    assert parts[0].allowed.keys() < have[0].allowed.keys()
    assert parts[1].allowed.keys() > have[1].allowed.keys()


def test_the_last_policy_takes_the_place_of_one_that_nothing_is_left_of() -> None:
    have = {number: Policy(RESOURCE, name, resources(number)) for number in range(3)}
    parts = spread(Policy(RESOURCE, name, resources(0, 2)), have, 900)
    assert {number: part.allowed for number, part in parts.items()} == {0: resources(0), 1: resources(2)}
    assert spread(Policy(RESOURCE, name), have, 900) == {}


def test_what_two_policies_have_no_room_for_goes_to_a_third() -> None:
    def named(length: int, count: int) -> dict[Subject, frozenset[str]]:
        return {Subject(f"{number}".rjust(length, "r")): frozenset(["s:a", "s:b"]) for number in range(count)}

    have = {0: Policy(RESOURCE, name, named(150, 5)), 1: Policy(RESOURCE, name, named(20, 33))}
    grown = {
        subject: actions | {"s:c"} for each in have.values() for subject, actions in list(each.allowed.items())[:1]
    }
    want = Policy(RESOURCE, name, {**have[0].allowed, **have[1].allowed, **grown})
    parts = spread(want, have, 900)
    assert longest(have) <= 900
    assert longest(parts) <= 900
    assert all(parts[number].allowed.keys() < policy.allowed.keys() for number, policy in have.items())
    assert in_order(parts, have) == [2, 0, 1]
