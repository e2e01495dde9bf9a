"""The algebra of policy documents: pure, and nothing in it knows ECR."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecrops.access.splitting import split
from ecrops.access.statements import PRINCIPAL, RESOURCE, Element, Policy, Subject, same, size
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
    policy = Policy(RESOURCE)
    for resource, actions in {"r1": "ab", "r2": "ab", "r3": "a"}.items():
        policy.allow(Subject(resource), [f"s:{action}" for action in actions])
    assert policy.document(name)["Statement"] == [
        {"Sid": "Ecropsa", "Effect": "Allow", "Resource": "r3", "Action": "s:a"},
        {"Sid": "Ecropsab", "Effect": "Allow", "Resource": ["r1", "r2"], "Action": ["s:a", "s:b"]},
    ]


def test_a_condition_makes_a_statement_of_its_own() -> None:
    policy = Policy(PRINCIPAL)
    policy.allow(Subject("AWS:*", '{"Bool": {"k": "v"}}'), ["s:a"])
    policy.allow(Subject("AWS:1"), ["s:a"])
    first, second = policy.document(name)["Statement"]
    assert first["Principal"] == {"AWS": "1"}
    assert "Condition" not in first
    assert second["Condition"] == {"Bool": {"k": "v"}}
    assert first["Sid"] != second["Sid"]


def test_a_statement_of_ours_that_somebody_changed_is_somebodys() -> None:
    theirs = {"Sid": "Ecropsa", "Effect": "Deny", "Resource": "r", "Action": "s:a"}
    policy = written({"Statement": [theirs]})
    assert policy.others == [theirs]
    assert not policy.allowed


SUBJECTS = st.builds(Subject, st.sampled_from(["r1", "r2", "r3"]), st.sampled_from(["", '{"Bool": {"k": "v"}}']))
ALLOWED = st.dictionaries(SUBJECTS, st.frozensets(st.sampled_from(["s:a", "s:b", "s:c"]), min_size=1))


@given(ALLOWED, st.sampled_from([[], [{"Sid": "x", "Effect": "Deny", "Resource": "*", "NotAction": "s:a"}]]))
def test_what_is_written_is_read_again(allowed: dict[Subject, frozenset[str]], others: list[dict[str, Any]]) -> None:
    policy = Policy(RESOURCE, dict(allowed), list(others))
    again = written(policy.document(name))
    assert again.allowed == allowed
    assert again.others == others


@given(ALLOWED, SUBJECTS, st.sampled_from([None, ["s:a"], ["s:a", "s:b", "s:c"]]))
def test_what_is_forbidden_is_gone_and_nothing_else(
    allowed: dict[Subject, frozenset[str]], subject: Subject, actions: list[str] | None
) -> None:
    policy = Policy(RESOURCE, dict(allowed))
    policy.forbid(subject, actions)
    left = allowed.get(subject, frozenset()) - (allowed.get(subject, frozenset()) if actions is None else set(actions))
    expected = {**allowed, subject: left}
    assert policy.allowed == {each: actions_ for each, actions_ in expected.items() if actions_}


def test_an_account_is_the_same_subject_by_id_and_by_root() -> None:
    document = {"Statement": {"Sid": "Ecropsa", "Effect": "Allow", "Principal": {"AWS": "1" * 12}, "Action": "s:a"}}
    policy = written(document, PRINCIPAL)
    policy.forbid(Subject(f"AWS:arn:aws:iam::{'1' * 12}:root"))
    assert not policy.allowed


def test_white_space_is_not_counted() -> None:
    assert size({"a": "b c"}) == len('{"a":"bc"}')


@given(st.integers(1, 60), st.integers(250, 900))
def test_a_policy_is_split_so_that_every_part_fits_and_nothing_is_lost(resources: int, most: int) -> None:
    policy = Policy(RESOURCE)
    for number in range(resources):
        policy.allow(Subject(f"arn:aws:ecr:eu-west-1:123456789012:repository/r{number}"), ["s:a", "s:b"])
    parts = split(policy.document(name), most)
    assert all(size(part) <= most for part in parts)
    again = [written(part).allowed for part in parts]
    assert {subject: actions for part in again for subject, actions in part.items()} == policy.allowed
    assert sum(map(len, again)) == resources


def test_a_policy_that_fits_is_not_split() -> None:
    assert split(BASE, size(BASE)) == [BASE]
    assert split({}, 100) == []
