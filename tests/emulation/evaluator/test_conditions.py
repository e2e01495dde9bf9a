"""Conditions, from the examples of IAM's guide.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from typing import Any

import pytest

from ecrops.testing.emulator.evaluator.conditions import Unreadable, holds
from ecrops.testing.emulator.evaluator.truth import Truth

KEYS: dict[str, tuple[str, ...]] = {
    "aws:principaltag/job-category": ("iamuser-admin",),
    "aws:username": ("David",),
    "aws:sourceip": ("203.0.113.17",),
    "aws:currenttime": ("2026-11-29T12:00:00Z",),
    "aws:securetransport": ("true",),
    "aws:tokenissuetime": (),
    "s3:prefix": ("home/David/",),
    "s3:max-keys": ("10",),
    "bytes": ("QmluYXJ5VmFsdWVJbkJhc2U2NA==",),
    "arn": ("arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt",),
    "star": ("*",),
    "attributes": ("PostDateTime", "UserName"),
    "absent": (),
}


def held(condition: Any, *, variables: bool = True) -> Truth:
    return holds(condition, KEYS.get, variables=variables)


@pytest.mark.parametrize(
    "operator, key, values, expected",
    [
        ("StringEquals", "aws:PrincipalTag/job-category", "iamuser-admin", True),
        ("StringEquals", "AWS:principaltag/JOB-category", "iamuser-admin", True),
        ("StringEquals", "aws:PrincipalTag/job-category", "IAMUSER-admin", False),
        ("StringEquals", "aws:PrincipalTag/job-category", "iamuser-*", False),
        ("StringEqualsIgnoreCase", "aws:PrincipalTag/job-category", "IAMUSER-admin", True),
        ("StringNotEquals", "aws:PrincipalTag/job-category", ["a", "iamuser-admin"], False),
        ("StringNotEquals", "aws:PrincipalTag/job-category", ["a", "b"], True),
        ("StringNotEqualsIgnoreCase", "aws:PrincipalTag/job-category", "IAMUSER-admin", False),
        ("StringLike", "s3:prefix", ["", "home/", "home/${aws:username}/"], True),
        ("StringLike", "s3:prefix", ["h?me/*"], True),
        ("StringNotLike", "s3:prefix", ["h?me/*"], False),
        ("NumericLessThanEquals", "s3:max-keys", "10", True),
        ("NumericLessThan", "s3:max-keys", "10", False),
        ("NumericEquals", "s3:max-keys", 10.0, True),
        ("NumericNotEquals", "s3:max-keys", "ten", True),
        ("NumericGreaterThan", "s3:max-keys", "9.5", True),
        ("NumericGreaterThanEquals", "s3:max-keys", "many", False),
        ("DateGreaterThan", "aws:CurrentTime", "2020-01-01T00:00:01Z", True),
        ("DateLessThan", "aws:CurrentTime", "2026-11-29T12:00:00+00:00", False),
        ("DateLessThanEquals", "aws:CurrentTime", "2026-11-29T13:00:00+01:00", True),
        ("DateEquals", "aws:CurrentTime", "1795953600", True),
        ("DateGreaterThanEquals", "aws:CurrentTime", "2026-11", True),
        ("DateNotEquals", "aws:CurrentTime", "2026-11-29", True),
        ("Bool", "aws:SecureTransport", "false", False),
        ("Bool", "aws:SecureTransport", True, True),
        ("Bool", "aws:SecureTransport", "TRUE", True),
        ("BinaryEquals", "bytes", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", True),
        ("BinaryEquals", "bytes", "QmluYXJ5", False),
        ("IpAddress", "aws:SourceIp", ["2001:DB8:1234:5678::/64", "203.0.113.0/24"], True),
        ("IpAddress", "aws:SourceIp", "203.0.113.18", False),
        ("NotIpAddress", "aws:SourceIp", "203.0.113.0/24", False),
        ("StringLike", "arn", "arn:aws:someservice:*:111122223333:finance/*", True),
        ("ArnLike", "arn", "arn:aws:someservice:*:111122223333:finance/*", False),
        ("ArnEquals", "arn", "arn:aws:someservice:*:9999999999??:store/*", True),
        ("ArnNotEquals", "arn", "arn:aws:*:*:*:*", False),
        ("ArnNotLike", "arn", "arn:aws:s3:*:*:*", True),
        ("ArnLike", "arn", "*", True),
        ("ArnLike", "arn", "arn:*", False),
        ("Null", "aws:TokenIssueTime", "true", True),
        ("Null", "aws:SourceIp", "true", False),
        ("Null", "aws:SourceIp", "false", True),
    ],
)
def test_the_operators_of_the_guide(operator: str, key: str, values: Any, expected: bool) -> None:
    assert held({operator: {key: values}}) is expected


@pytest.mark.parametrize(
    "operator, expected",
    [
        ("StringEquals", False),
        ("StringNotLike", True),
        ("ArnNotLike", True),
        ("StringEqualsIfExists", True),
        ("StringNotEqualsIfExists", True),
        ("ForAllValues:StringEquals", True),
        ("ForAnyValue:StringEquals", False),
        ("ForAnyValue:StringNotEquals", False),
        ("NumericEquals", False),
        ("DateLessThan", False),
        ("Bool", False),
        ("NotIpAddress", True),
    ],
)
def test_a_missing_key_passes_what_is_negated_and_what_lets_it_pass(operator: str, expected: bool) -> None:
    assert held({operator: {"absent": "a"}}) is expected
    assert held({operator: {"nobody-knows": "a"}}) is None


@pytest.mark.parametrize(
    "operator, values, expected",
    [
        ("ForAllValues:StringLike", ["PostDateTime", "Message", "Tags"], False),
        ("ForAllValues:StringLike", ["PostDateTime", "User*"], True),
        ("ForAnyValue:StringLike", ["ID", "PostDateTime"], True),
        ("ForAnyValue:StringLike", ["ID", "Message"], False),
        ("ForAnyValue:StringNotEquals", ["PostDateTime"], True),
        ("ForAllValues:StringNotEquals", ["PostDateTime"], False),
        ("ForAllValues:StringNotEquals", ["ID"], True),
        ("StringEquals", ["UserName"], True),
        ("StringNotEquals", ["UserName"], False),
    ],
)
def test_a_key_of_several_values(operator: str, values: list[str], expected: bool) -> None:
    assert held({operator: {"attributes": values}}) is expected


def test_all_tests_have_to_hold_and_one_that_fails_decides() -> None:
    passing, failing = {"Bool": {"aws:SecureTransport": "true"}}, {"StringEquals": {"aws:username": "Bob"}}
    assert held({}) is True
    assert held(passing | failing) is False
    assert held(passing | {"StringEquals": {"nobody-knows": "a"}}) is None
    assert held(failing | {"StringLike": {"nobody-knows": "a"}}) is False


@pytest.mark.parametrize(
    "value, expected",
    [
        ("home/${aws:username}/", True),
        ("home/${AWS:UserName}/", True),
        ("home/${absent}/", False),
        ("home/${absent, 'David'}/", True),
        ("home/${aws:username, 'Bob'}/", True),
        ("home/${attributes}/", False),
        ("home/${nobody-knows}/", None),
    ],
)
def test_variables(value: str, expected: Truth) -> None:
    assert held({"StringEquals": {"s3:prefix": value}}) is expected
    assert held({"StringNotEquals": {"s3:prefix": value}}) is (None if expected is None else not expected)
    assert held({"StringEquals": {"s3:prefix": value}}, variables=False) is False


def test_what_a_variable_stands_for_is_no_wildcard() -> None:
    assert held({"StringLike": {"aws:username": "${star}"}}) is False
    assert held({"StringLike": {"star": "${*}"}}) is True
    assert held({"StringLike": {"aws:username": "${*}"}}) is False
    assert held({"ArnLike": {"arn": "${arn}"}}) is True, "its colons separate the components"


def test_a_value_that_fits_decides_beside_one_that_is_not_known() -> None:
    assert held({"StringEquals": {"aws:username": ["${nobody-knows}", "David"]}}) is True
    assert held({"StringNotEquals": {"aws:username": ["${nobody-knows}", "David"]}}) is False
    assert held({"StringEquals": {"aws:username": ["${nobody-knows}", "Bob"]}}) is None


def test_other_operators_have_no_variables() -> None:
    assert held({"NumericEquals": {"s3:max-keys": "${s3:max-keys}"}}) is False
    assert held({"Bool": {"aws:SecureTransport": "${aws:SecureTransport}"}}) is False


@pytest.mark.parametrize(
    "condition",
    [
        [],
        {"StringEquals": "a"},
        {"StringEquals": {"aws:username": None}},
        {"StringEquals": {"aws:username": {}}},
        {"StringMatches": {"aws:username": "a"}},
        {"ForSomeValues:StringEquals": {"aws:username": "a"}},
        {"NullIfExists": {"aws:username": "true"}},
    ],
)
def test_what_is_no_condition_is_not_guessed(condition: Any) -> None:
    with pytest.raises(Unreadable):
        held(condition)
