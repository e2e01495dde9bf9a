"""Statements that say something else than they seem to: cases that people met in the field.

The names in the comments are those of ``tests/cases/public.json``, which has the source of each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ecrops import (
    AnyPrincipal,
    ArnPrincipal,
    Registry,
    Repository,
    RepositorySpec,
    ServicePrincipal,
    SpecError,
)
from ecrops.testing import Cloud

from ..callers import HERE, ORGANIZATION, OTHER, THIRD
from .support import CASES, OTHER_ROLE, PULL, PUT

# Conditions that narrow nobody (R06: bridgecrewio/checkov#1582)

WIDE: list[dict[str, Any]] = [
    {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}},
    {"Bool": {"aws:SecureTransport": "true"}},
    {"StringEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION}},
    {"StringNotEquals": {"aws:PrincipalAccount": THIRD}},
    {"StringLike": {"aws:PrincipalOrgID": "*"}},
    {"StringLike": {"aws:PrincipalOrgID": "o-*"}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/nodes"}},
    {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "0.0.0.0/0"]}},
    {"StringEquals": {"aws:PrincipalTag/team": "a"}},
    {"Null": {"aws:PrincipalOrgID": "false"}},
    {"StringLike": {"aws:PrincipalOrgID": "${aws:PrincipalOrgID}"}},
    {"NumericLessThan": {"aws:MultiFactorAuthAge": "60"}},
]
NARROW: list[dict[str, Any]] = [
    {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}},
    {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-1"}, "Null": {"aws:PrincipalOrgID": "false"}},
    {"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}},
    {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1234567890/*"}},
    {"Bool": {"aws:SecureTransport": "true"}, "IpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
    {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:role/*"}},
    {"StringEquals": {"aws:SourceVpce": "vpce-1"}},
    {"StringEquals": {"saml:aud": "https://signin.aws.amazon.com/saml"}},
]


@pytest.mark.parametrize("conditions", WIDE, ids=str)
def test_everyone_under_conditions_that_narrow_nobody_is_public(
    repo: Repository, cloud: Cloud, conditions: dict[str, Any]
) -> None:
    (key,) = next(iter(conditions.values()))
    with pytest.raises(SpecError, match=f"(?i)everyone, in spite of the conditions .*{key}.* AnyPrincipal"):
        AnyPrincipal(conditions=conditions)
    everyone = AnyPrincipal(conditions=conditions, public=True)
    assert repo.grant_pull(everyone)
    (note,) = (note for note in repo.revoke(AnyPrincipal(public=True)).notes if "may still" in note)
    assert "public=True)" in note
    assert repo.revoke(everyone)
    (note,) = repo.add_to_resource_policy({"Sid": "t", **PULL, "Principal": "*", "Condition": conditions}).notes
    assert "ab: the statement 't' lets in everybody with an AWS account, in spite of its condition: " in note


@pytest.mark.parametrize("conditions", NARROW, ids=str)
def test_conditions_that_narrow_need_no_public(repo: Repository, conditions: dict[str, Any]) -> None:
    assert repo.grant_pull(AnyPrincipal(conditions=conditions))
    statement = {"Sid": "t", **PULL, "Principal": "*", "Condition": conditions}
    assert repo.add_to_resource_policy(statement).notes == ()


def test_a_service_that_works_for_anybody_is_noted(repo: Repository) -> None:
    assert CASES["W11"]["verdict"] == "want"
    says = "lets in codebuild.amazonaws.com for whomever it works"
    assert says in " ".join(repo.grant_pull("codebuild.amazonaws.com").notes)
    statement = {"Sid": "t", **PULL, "Principal": {"Service": "codebuild.amazonaws.com"}}
    (note,) = repo.add_to_resource_policy(statement).notes
    assert note.startswith(f"ab: the statement 't' {says}")
    for key, value in (("aws:SourceAccount", HERE), ("aws:SourceArn", f"arn:aws:codebuild:*:{HERE}:project/*")):
        conditions = {"StringLike": {key: value}}
        (note,) = repo.grant_pull(ServicePrincipal("codebuild.amazonaws.com", conditions=conditions)).notes
        assert "may pull already, by the statement 'EcropsPull' and the statement 't'" in note
    wide = {"StringLike": {"aws:SourceArn": "arn:aws:codebuild:*:*:project/*"}}
    assert repo.grant_pull(ServicePrincipal("codebuild.amazonaws.com", conditions=wide)).notes


@pytest.mark.parametrize(
    "value, is_said",
    [
        ("arn:aws:eu-west-1:123456789012:function:x", True),
        ("arn:aws:lambda:eu-west-1:function", True),
        ("arn:aws:lambda:*:123456789012:function:*", False),
        ("*", False),
    ],
)
def test_an_arn_that_no_request_has_is_noted(repo: Repository, value: str, is_said: bool) -> None:
    assert CASES["W9"]["source"] == "containers-roadmap#2675"
    condition = {"ArnLike": {"aws:SourceArn": value}, "StringEquals": {"aws:SourceAccount": HERE}}
    statement = {"Sid": "t", **PULL, "Principal": {"Service": "lambda.amazonaws.com"}, "Condition": condition}
    notes = repo.add_to_resource_policy(statement).notes
    assert ["which no ARN equals" in note for note in notes] == [True] * is_said


# NotPrincipal (R11)


def test_a_not_principal_that_allows_is_refused(registry: Registry, repo: Repository, cloud: Cloud) -> None:
    statement = {**PULL, "NotPrincipal": {"AWS": OTHER}}
    writes: list[Callable[[], object]] = [
        lambda: repo.add_to_resource_policy(statement),
        lambda: repo.set_resource_policy({"Statement": [statement]}),
        lambda: registry.plan(RepositorySpec("ab", resource_policy={"Statement": [statement]})),
    ]
    for write in writes:
        with pytest.raises(SpecError, match="NotPrincipal with the Effect 'Allow' lets in everybody else"):
            write()
    assert cloud.calls.operations() == []


@pytest.mark.parametrize(
    "excepted, who",
    [
        ([OTHER_ROLE], f"role nodes of {OTHER}"),
        ([OTHER_ROLE, HERE], f"role nodes of {OTHER}"),
        ([OTHER_ROLE, OTHER], ""),
        ([OTHER_ROLE, f"arn:aws:iam::{OTHER}:root"], ""),
        ([OTHER], ""),
    ],
)
def test_a_not_principal_without_the_account_is_noted(repo: Repository, excepted: list[str], who: str) -> None:
    statement = {"Sid": "t", "Effect": "Deny", "NotPrincipal": {"AWS": excepted}, "Action": PUT}
    notes = repo.add_to_resource_policy(statement).notes
    assert len(notes) == bool(who)
    assert all(f"excepts {who}, and not its account {OTHER}, so it is about {who} too" in note for note in notes)
    assert bool(repo.grant_push(ArnPrincipal(OTHER_ROLE)).notes[1:]) == bool(who), "and it denies what it is granted"


@pytest.mark.parametrize(
    "operator, key, value",
    [
        ("StringLike", "aws:PrincipalArn", "arn:*"),
        ("StringLike", "aws:PrincipalArn", "*:role/nodes"),
        ("StringLike", "aws:PrincipalOrgID", "o*"),
        ("StringLike", "aws:PrincipalOrgID", ["o-abcdefghij", "?-*"]),
        ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-*/r-*/*"),
        ("StringLike", "aws:SourceVpce", "vpce-*"),
        ("StringLike", "aws:PrincipalAccount", "1*"),
        ("IpAddress", "aws:SourceIp", ["0.0.0.0/1", "128.0.0.0/1"]),
    ],
)
def test_a_wildcard_that_callers_of_every_account_can_meet_needs_public(operator: str, key: str, value: Any) -> None:
    with pytest.raises(SpecError, match="public=True"):
        AnyPrincipal(conditions={operator: {key: value}})
    assert AnyPrincipal(conditions={operator: {key: value}}, public=True)


@pytest.mark.parametrize(
    "key, value",
    [
        ("aws:PrincipalArn", "arn:aws:iam::111122223333:role/*"),
        ("aws:PrincipalArn", "*:111122223333:role/nodes"),
        ("aws:PrincipalOrgID", "o-abc*"),
        ("aws:PrincipalOrgPaths", "o-abcdefghij/*"),
        ("aws:SourceVpce", "vpce-0a1b*"),
        ("aws:userid", "AROA0123456789ABCDEF0:*"),
    ],
)
def test_a_wildcard_within_what_one_owner_has_keeps_others_out(key: str, value: str) -> None:
    assert AnyPrincipal(conditions={"StringLike": {key: value}})
