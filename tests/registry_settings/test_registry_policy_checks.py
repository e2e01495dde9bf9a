"""What a policy of a registry may not say: what ECR refuses, and what keeps its author from the next one."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops import ConflictError, Registry, SpecError
from ecrops.registry_settings import RegistrySpec
from ecrops.registry_settings.registry_policy.lock_out import covers_caller
from ecrops.testing import Client, Cloud

from .registry_policies import DENIAL, MINE, OTHER, OWN, REPOSITORIES, put


@pytest.fixture
def ecr(cloud: Cloud) -> Client:
    return cloud.client("ecr")


@pytest.mark.parametrize(
    "denial",
    [
        DENIAL,
        {**DENIAL, "Principal": {"AWS": OWN}, "Action": "*"},
        {**DENIAL, "Principal": {"AWS": ["arn:aws:iam::444455556666:root", f"arn:aws:iam::{OWN}:root"]}},
        {**{k: v for k, v in DENIAL.items() if k != "Action"}, "NotAction": "ecr:BatchGetImage"},
        {**DENIAL, "Resource": [f"{REPOSITORIES}/a", f"arn:aws:ecr:eu-west-1:{OWN}:*"]},
    ],
)
def test_a_denial_of_ones_own_next_write_is_a_conflict(
    registry: Registry, cloud: Cloud, ecr: Client, denial: dict[str, Any]
) -> None:
    with pytest.raises(ConflictError, match=r"nobody whom a registry policy denies that can take it back"):
        registry.registry_policy.add(denial)
    assert registry.plan(RegistrySpec(registry_policy={"Statement": [denial]})).conflicts
    assert cloud.calls.writes() == []


@pytest.mark.parametrize(
    "denial",
    [
        {**DENIAL, "Principal": {"AWS": OTHER}},
        {**DENIAL, "Action": "ecr:PutImage"},
        {**DENIAL, "Resource": f"{REPOSITORIES}/*"},
        {**{k: v for k, v in DENIAL.items() if k != "Action"}, "NotAction": ["ecr:*RegistryPolicy"]},
    ],
)
def test_a_denial_to_others_is_written(registry: Registry, ecr: Client, denial: dict[str, Any]) -> None:
    made = registry.registry_policy.add(denial)
    assert made
    assert made.notes == ()
    assert not registry.registry_policy.add(denial)


def without_principal(name: str) -> dict[str, Any]:
    """A denial to all but somebody."""
    return {**{key: value for key, value in DENIAL.items() if key != "Principal"}, "NotPrincipal": {"AWS": name}}


@pytest.mark.parametrize(("name", "is_conflict"), [(OWN, False), (OTHER, True)])
def test_a_denial_to_all_but_some_is_about_the_rest(registry: Registry, name: str, is_conflict: bool) -> None:
    plan = registry.plan(RegistrySpec(registry_policy={"Statement": [without_principal(name)]}))
    assert bool(plan.conflicts) == is_conflict


def test_a_session_of_a_role_is_that_role() -> None:
    session = f"arn:aws:sts::{OWN}:assumed-role/admin/me"
    for name, is_about in (
        (f"arn:aws:iam::{OWN}:role/path/admin", True),
        (f"arn:aws:iam::{OWN}:role/other", False),
        (f"arn:aws:iam::{OTHER}:role/admin", False),
        (session, True),
    ):
        assert covers_caller({**DENIAL, "Principal": {"AWS": name}}, session) == is_about


def test_a_denial_under_a_condition_is_a_note(registry: Registry, ecr: Client) -> None:
    condition = {"ArnNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/admin"}}
    made = registry.registry_policy.add({**DENIAL, "Condition": condition})
    assert any("denies ecr:PutRegistryPolicy to who writes it if aws:PrincipalArn" in note for note in made.notes)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ({**MINE, "Resource": "arn:aws:s3:::bucket"}, "a Resource is an ARN of ECR"),
        ({key: value for key, value in MINE.items() if key != "Resource"}, "it has no Resource"),
        ({**MINE, "NotResource": "*"}, "both Resource and NotResource"),
        ({**MINE, "Action": "s3:GetObject"}, "an action in a registry policy is ECR's"),
        ({**MINE, "Action": "ecr:GetAuthorizationToken"}, "a registry policy cannot grant"),
        ({**MINE, "Effect": "Perhaps"}, "'Allow' or 'Deny'"),
        ({**MINE, "Principal": {"AWS": f"arn:aws:iam::{OWN}:group/a"}}, "a registry policy cannot name a group"),
        ({**MINE, "Resource": f"arn:aws-cn:ecr:cn-north-1:{OWN}:repository/a"}, "of another partition"),
        ({**MINE, "Principal": {"AWS": f"arn:aws-cn:iam::{OWN}:root"}}, "of another partition"),
    ],
)
def test_what_ecr_refuses_is_refused_before_any_call(
    registry: Registry, cloud: Cloud, statement: dict[str, Any], reason: str
) -> None:
    with pytest.raises(SpecError, match=reason):
        registry.registry_policy.add(statement)
    with pytest.raises(SpecError, match=reason):
        registry.registry_policy.set({"Statement": [statement]})
    with pytest.raises(SpecError, match=reason):
        registry.plan(RegistrySpec(registry_policy={"Statement": [statement]}))
    assert not cloud.calls


def test_other_arguments_are_checked_too(registry: Registry, cloud: Cloud, ecr: Client) -> None:
    with pytest.raises(SpecError, match="the Sid 'EcropsReplication1' is one that statements of ecrops have"):
        registry.registry_policy.add({**MINE, "Sid": "EcropsReplication1"})
    with pytest.raises(SpecError, match="from_account: expected an account of 12 digits, got '1111'"):
        registry.registry_policy.allow_replication("1111")
    with pytest.raises(SpecError, match="prefix: expected what the names of repositories begin with"):
        registry.registry_policy.allow_pull_through_cache(OTHER, prefix="a*")
    with pytest.raises(SpecError, match="expected a statement, or the Sid of one"):
        registry.registry_policy.remove("")
    with pytest.raises(SpecError, match="own account"):
        registry.registry_policy.allow_replication(OWN)
    long = [{**MINE, "Sid": f"S{number}", "Resource": f"{REPOSITORIES}/{'a' * 200}"} for number in range(30)]
    with pytest.raises(SpecError, match="a registry policy has at most 10,240 characters"):
        registry.registry_policy.set({"Statement": long})
    put(ecr, *long[:24])
    with pytest.raises(SpecError, match="a registry policy has at most 10,240 characters"):
        registry.registry_policy.add(
            {**MINE, "Resource": [f"{REPOSITORIES}/{'a' * 200}{number}" for number in range(20)]}
        )
