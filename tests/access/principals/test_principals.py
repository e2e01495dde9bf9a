"""Principals check themselves, and the strings that stand for them."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops import (
    AccountPrincipal,
    AnyPrincipal,
    ArnPrincipal,
    FederatedPrincipal,
    Grant,
    Group,
    OrganizationPrincipal,
    Role,
    ServicePrincipal,
    SpecError,
    User,
    pull,
)
from ecrops.access.principals.named import KINDS
from ecrops.access.principals.parse import principal_of
from ecrops.access.sides import WRITTEN_ON

ROLE = "arn:aws:iam::111122223333:role/team/nodes"


@pytest.mark.parametrize(
    "text, principal",
    [
        (ROLE, Role(ROLE)),
        ("arn:aws:iam::111122223333:user/ci", User("arn:aws:iam::111122223333:user/ci")),
        ("arn:aws:iam::111122223333:group/devs", Group("arn:aws:iam::111122223333:group/devs")),
        ("arn:aws-cn:iam::111122223333:root", AccountPrincipal("111122223333")),
        ("arn:aws:iam::111122223333:saml-provider/x", FederatedPrincipal("arn:aws:iam::111122223333:saml-provider/x")),
        ("111122223333", AccountPrincipal("111122223333")),
        ("codebuild.amazonaws.com", ServicePrincipal("codebuild.amazonaws.com")),
        ("o-a1b2c3d4e5", OrganizationPrincipal("o-a1b2c3d4e5")),
    ],
)
def test_a_string_stands_for_a_principal(text: str, principal: Any) -> None:
    assert principal_of(text) == principal
    assert pull(text) == pull(principal)


def test_a_number_of_twelve_digits_is_an_account() -> None:
    for value in (111122223333, {"account": 111122223333}):
        assert principal_of(value) == AccountPrincipal("111122223333")
    grant = Grant.from_dict({"allow": "pull", "principal": 111122223333})
    assert grant.to_dict()["principal"] == {"account": "111122223333"}


@pytest.mark.parametrize(
    "make, reason",
    [
        (lambda: principal_of("ci"), r"a name is given as User\('ci'\), Role\('ci'\) or Group\('ci'\)"),
        (lambda: principal_of(7), "expected a principal"),
        (
            lambda: principal_of("arn:aws:sts::111122223333:assumed-role/nodes/i-1"),
            "arn:aws:iam::111122223333:role/nodes",
        ),
        (lambda: Role("arn:aws:sts::111122223333:assumed-role/nodes/i-1"), "arn:aws:iam::111122223333:role/nodes"),
        (lambda: principal_of("arn:aws:s3:::bucket"), "expected an ARN of IAM"),
        (lambda: User(ROLE), "expected the name or the ARN of a user"),
        (lambda: Role("a b"), "the name of a role has 1 to 64"),
        (lambda: Role("r" * 65), "the name of a role has 1 to 64"),
        (lambda: Role(None), "expected the name or the ARN of a role"),  # type: ignore[arg-type]
        (lambda: ArnPrincipal("arn:aws:iam::111122223333:group/devs"), "a repository policy cannot name a group"),
        (lambda: ArnPrincipal("arn:aws:iam::111122223333:role/*"), "a principal has no wildcards"),
        (lambda: AccountPrincipal("1234"), "12 digits"),
        (lambda: AccountPrincipal("١" * 12), "12 digits"),
        (lambda: Role(f"arn:aws:iam::{'١' * 12}:role/x"), "with an account of 12 digits"),
        (lambda: principal_of({"account": ROLE}), "expected 12 digits, or the ARN of the root of an account"),
        (lambda: principal_of(1112222333), r"begins with: write it in quotes, '001112222333'"),
        (lambda: principal_of({"account": 7}), r"got 7; .* write it in quotes, '000000000007'"),
        (lambda: principal_of(True), "expected a principal.*got True$"),
        (lambda: principal_of(10**12), "expected a principal.*got 1000000000000$"),
        (lambda: principal_of({"role": 111122223333}), "expected the name or the ARN of a role"),
        (lambda: AccountPrincipal(111122223333), "12 digits"),  # type: ignore[arg-type]
        (lambda: ServicePrincipal("codebuild"), "a service is like"),
        (lambda: OrganizationPrincipal("o-1"), "an organization is"),
        *(
            (
                lambda operator=operator: OrganizationPrincipal(
                    "o-a1b2c3d4e5", conditions={operator: {"AWS:PrincipalOrgId": "o-b1b2c3d4e5"}}
                ),
                "conditions: aws:PrincipalOrgID is the organization itself: leave it out",
            )
            for operator in ("StringEquals", "stringequals")
        ),
        (lambda: FederatedPrincipal("x"), "identity provider"),
        (lambda: AnyPrincipal(), r"AnyPrincipal\(public=True\)"),
        (lambda: AnyPrincipal(conditions={}), r"AnyPrincipal\(public=True\)"),
        (lambda: principal_of("*"), r"AnyPrincipal\(public=True\)"),
        (lambda: User("ci", conditions={"StringEquals": "x"}), "conditions: expected"),  # type: ignore[dict-item]
        (
            lambda: User("ci", conditions={"StringIs": {"a": "b"}}),
            "conditions: IAM has no condition operator 'StringIs'",
        ),
        (lambda: User("ci", conditions={"Bool": {"a": []}}), "conditions: expected strings, numbers or booleans"),
        (lambda: Role("ci", conditions=["x"]), "conditions: expected {operator"),  # type: ignore[arg-type]
        (
            lambda: OrganizationPrincipal("o-a1b2c3d4e5", conditions={"StringEquals": {"aws:principalorgid": "o-x"}}),
            "conditions: aws:PrincipalOrgID is the organization itself",
        ),
        (lambda: principal_of({"role": "a", "user": "b"}), "expected one of"),
        (lambda: principal_of({"rol": "a"}), "did you mean role"),
    ],
)
def test_what_cannot_be_a_principal_is_refused_with_the_way_out(make: Any, reason: str) -> None:
    with pytest.raises(SpecError, match=reason):
        make()


@pytest.mark.parametrize(
    "principal",
    [
        User("ci"),
        Role(ROLE),
        Group("devs"),
        ArnPrincipal(ROLE),
        AccountPrincipal("111122223333", conditions={"StringEquals": {"aws:PrincipalTag/a": "b"}}),
        ServicePrincipal("codebuild.amazonaws.com"),
        OrganizationPrincipal("o-a1b2c3d4e5"),
        FederatedPrincipal("cognito-identity.amazonaws.com"),
        AnyPrincipal(public=True),
        AnyPrincipal(conditions={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
    ],
)
def test_a_principal_survives_json(principal: Any) -> None:
    again = principal_of(principal.to_dict())
    assert again.to_dict() == principal.to_dict()
    assert again == principal
    assert hash(again) == hash(principal)


@pytest.mark.parametrize("partition", ["aws", "aws-cn"])
def test_the_partition_of_a_root_survives_json(partition: str) -> None:
    root = f"arn:{partition}:iam::111122223333:root"
    principal = AccountPrincipal("111122223333", partition=partition, conditions={"Bool": {"a": "true"}})
    for each in (principal_of(root), principal):
        again = principal_of(each.to_dict())
        assert isinstance(again, AccountPrincipal)
        assert (again.to_dict(), again.own_partition, again.conditions) == (each.to_dict(), partition, each.conditions)
        assert again == each


def test_a_path_stays_in_the_arn_and_is_no_part_of_the_name() -> None:
    for role in (Role(ROLE), Role("team/nodes"), Role("/team/nodes")):
        assert role.friendly_name == "nodes"
        assert role.arn("aws", "111122223333") == ROLE


def test_the_table_of_sides_knows_every_principal() -> None:
    assert set(WRITTEN_ON) == set(KINDS)


def test_a_principal_is_not_changed_by_changing_what_it_was_made_from() -> None:
    limits: dict[str, Any] = {"StringEquals": {"aws:PrincipalTag/team": ["web"]}}
    role = Role("nodes", conditions=limits)
    limits["StringEquals"]["aws:PrincipalTag/team"].append("db")
    role.all_conditions["StringEquals"].clear()
    role.to_dict()["conditions"]["StringEquals"].clear()
    assert role.conditions == {"StringEquals": {"aws:PrincipalTag/team": ["web"]}}


def test_principals_and_grants_with_conditions_are_members_of_sets() -> None:
    def made() -> list[Role | User]:
        return [Role("nodes", conditions={"Bool": {"aws:SecureTransport": ["true"]}}), User("ci")]

    assert set(made()) == set(made())
    assert {pull(who) for who in made()} == {pull(who) for who in made()}
    assert Role("nodes") not in set(made())


def test_the_condition_of_an_organization_stands_with_those_that_were_given() -> None:
    given = {"stringequals": {"aws:PrincipalTag/team": "web"}}
    both = OrganizationPrincipal("o-a1b2c3d4e5", conditions=given).all_conditions
    assert both == {"stringequals": {"aws:PrincipalTag/team": "web", "aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
