"""Conditions against requests, by the pages of IAM's guide on operators, on several values, and on variables."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops.iam.evaluation.conditions import compile_tests, met
from ecrops.iam.evaluation.facts import Facts
from ecrops.iam.statements import VERSION

REQUEST = {
    "aws:username": ["ci"],
    "aws:PrincipalTag/Team": ["data*"],
    "aws:SourceIp": ["192.0.2.9"],
    "aws:TagKeys": ["team", "stage"],
    "aws:PrincipalArn": ["arn:aws:iam::123456789012:role/team/nodes"],
    "aws:SecureTransport": ["true"],
    "aws:MultiFactorAuthAge": ["3600"],
    "aws:CurrentTime": ["2026-11-29T12:00:00+00:00"],
    "aws:EpochTime": ["1795953600"],
    "aws:SourceVpc": [],
    "aws:FederatedProvider": ["Y2k="],
}


def truth(condition: dict[str, Any], version: str = VERSION) -> tuple[bool | None, tuple[str, ...]]:
    return tuple(met(compile_tests(condition, version), Facts(REQUEST, ["aws:principaltag/"])))  # type: ignore[return-value]


@pytest.mark.parametrize(
    "operator, key, value, expected",
    [
        ("StringEquals", "aws:UserName", "ci", True),
        ("StringEquals", "aws:username", ["dev", "ci"], True),
        ("StringEquals", "aws:username", "CI", False),
        ("stringequalsignorecase", "aws:username", "CI", True),
        ("StringNotEquals", "aws:username", ["dev", "ci"], False),
        ("StringNotEquals", "aws:username", ["dev", "ops"], True),
        ("StringNotEqualsIgnoreCase", "aws:username", "CI", False),
        ("StringLike", "aws:username", "c?", True),
        ("StringLike", "aws:username", "c??", False),
        ("StringNotLike", "aws:username", "c*", False),
        ("StringEquals", "aws:PrincipalTag/team", "data*", True),
        ("StringEquals", "aws:PrincipalTag/Stage", "prod", False),
        ("StringNotEquals", "aws:PrincipalTag/Stage", "prod", True),
        ("StringEqualsIfExists", "aws:PrincipalTag/Stage", "prod", True),
        ("StringEqualsIfExists", "aws:username", "dev", False),
        ("StringEquals", "aws:SourceVpc", "vpc-1", False),
        ("StringNotLike", "aws:SourceVpc", "vpc-1", True),
        ("NumericLessThan", "aws:MultiFactorAuthAge", "3601", True),
        ("NumericLessThan", "aws:MultiFactorAuthAge", 3600, False),
        ("NumericLessThanEquals", "aws:MultiFactorAuthAge", "3600.0", True),
        ("NumericGreaterThan", "aws:MultiFactorAuthAge", "abc", False),
        ("NumericNotEquals", "aws:MultiFactorAuthAge", "1", True),
        ("NumericEquals", "aws:username", "1", False),
        ("DateGreaterThan", "aws:CurrentTime", "2026-11-29T13:00:00+02:00", True),
        ("DateLessThan", "aws:CurrentTime", "2026-11-29", False),
        ("DateGreaterThanEquals", "aws:EpochTime", "1795953600", True),
        ("DateNotEquals", "aws:EpochTime", "2026-01-01T00:00:00Z", True),
        ("DateLessThan", "aws:EpochTime", "99999999999999999999", False),
        ("Bool", "aws:SecureTransport", "True", True),
        ("Bool", "aws:SecureTransport", False, False),
        ("Bool", "aws:username", "ci", False),
        ("DateGreaterThan", "aws:CurrentTime", "2026-11", True),
        ("IpAddress", "aws:SourceIp", ["10.0.0.0/8", "192.0.2.0/24"], True),
        ("IpAddress", "aws:SourceIp", "2001:db8::/32", False),
        ("NotIpAddress", "aws:SourceIp", "192.0.2.0/24", False),
        ("NotIpAddress", "aws:SourceIp", "not a network", True),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*", True),
        ("ArnEquals", "aws:PrincipalArn", "arn:aws:iam::123456789012:role/*", True),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:*:role/team/nodes", False),
        ("ArnLike", "aws:PrincipalArn", "*", True),
        ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::123456789012:role/team/*", False),
        ("BinaryEquals", "aws:username", "ci", False),  # no base 64
        ("BinaryEquals", "aws:FederatedProvider", "Y2k=", True),
        ("Null", "aws:SourceVpc", "true", True),
        ("Null", "aws:SourceVpc", False, False),
        ("Null", "aws:username", "false", True),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["team", "stage", "cost"], True),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["team"], False),
        ("ForAllValues:StringEquals", "aws:SourceVpc", "vpc-1", True),
        ("ForAnyValue:StringEquals", "aws:TagKeys", ["team"], True),
        ("ForAnyValue:StringEquals", "aws:SourceVpc", "vpc-1", False),
        ("ForAnyValue:StringNotEquals", "aws:TagKeys", ["team"], True),
        ("ForAnyValue:StringNotEquals", "aws:TagKeys", ["team", "stage"], False),
        ("ForAllValues:StringNotEquals", "aws:TagKeys", ["team"], False),
        ("ForAnyValue:StringEqualsIfExists", "aws:SourceVpc", "vpc-1", True),
        ("StringLike", "aws:username", "${aws:username}", True),
        ("StringEquals", "aws:PrincipalTag/Team", "${aws:PrincipalTag/team}", True),
        ("StringEquals", "aws:username", "${aws:PrincipalTag/none, 'ci'}", True),
        ("StringEquals", "aws:username", "${aws:PrincipalTag/none}", False),
        ("StringNotEquals", "aws:username", "${aws:PrincipalTag/none}", True),
        ("StringEquals", "aws:username", "${aws:TagKeys}", False),
        ("StringEquals", "aws:PrincipalTag/Team", "data${*}", True),
        ("StringLike", "aws:username", "c${*}", False),
        ("StringLike", "aws:PrincipalTag/Team", "data${*}", True),
    ],
)
def test_an_operator_decides_as_the_guide_says(operator: str, key: str, value: Any, expected: bool) -> None:
    assert truth({operator: {key: value}}) == (expected, ())


@pytest.mark.parametrize(
    "operator, value",
    [
        ("IpAddress", "10.0.0.0/8"),
        ("StringNotEquals", "x"),
        ("StringEqualsIfExists", "x"),
        ("ForAllValues:StringLike", "*"),
        ("Null", "true"),
    ],
)
def test_a_key_that_is_not_known_decides_nothing(operator: str, value: str) -> None:
    assert truth({operator: {"aws:SourceVpce": value}}) == (None, ("aws:sourcevpce",))


def test_a_test_that_fails_decides_whatever_is_not_known() -> None:
    unknown = {"aws:SourceVpce": "vpce-1"}
    assert truth({"StringEquals": {**unknown, "aws:username": "dev"}}) == (False, ())
    assert truth({"StringEquals": {**unknown, "aws:username": "ci"}}) == (None, ("aws:sourcevpce",))
    assert truth({"StringEquals": {"aws:username": ["ci", "${aws:SourceVpce}"]}}) == (True, ())
    assert truth({"StringEquals": {"aws:username": ["dev", "${aws:SourceVpce}"]}}) == (None, ("aws:sourcevpce",))


def test_an_older_policy_has_no_variables() -> None:
    assert truth({"StringEquals": {"aws:username": "${aws:username}"}}, "2008-10-17") == (False, ())


@pytest.mark.parametrize(
    "operator", ["StringSame", "NumericNotLessThan", "BinaryNotEquals", "NullIfExists", "ForSome:StringEquals", ""]
)
def test_an_operator_that_iam_has_not_cannot_be_read(operator: str) -> None:
    with pytest.raises(ValueError, match="condition operator"):
        compile_tests({operator: {"aws:username": "ci"}}, VERSION)
