"""What the report and the notes of revokes say of policies of others: cases that people met in the field.

The names in the comments are those of ``tests/cases/public.json``, which has the source of each.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from ecrops import (
    AccountPrincipal,
    ArnPrincipal,
    Registry,
    Repository,
    Role,
    User,
)
from ecrops.access import PrincipalAccess
from ecrops.testing import Cloud

from ..callers import HERE, ORGANIZATION, OTHER, THIRD
from ..world import put_policy
from .support import CASES, GET, LAYER, NOBODY, OTHER_ROLE, PULL, PUT, store

# The report (R03, R04, R04b, R05, R13)


def others(rows: Iterable[PrincipalAccess]) -> list[str]:
    """Those whom the repository policy names; what it lets everyone do, the users and roles here can do too."""
    return [row.who for row in rows if row.who not in ("user ci", "role nodes")]


@pytest.mark.parametrize(
    "excepted, who",
    [
        ({"AWS": [OTHER, HERE]}, f"everyone but account {OTHER}, account {HERE}"),
        ({"AWS": OTHER_ROLE, "Service": "x.amazonaws.com"}, f"everyone but role nodes of {OTHER}, x.amazonaws.com"),
    ],
)
@pytest.mark.parametrize("effect", ["Deny", "Allow"])
def test_a_report_names_those_who_are_excepted(
    repo: Repository, excepted: dict[str, Any], who: str, effect: str
) -> None:
    store({"Statement": [{"Effect": effect, "NotPrincipal": excepted, "Action": "ecr:*"}]})
    access = repo.access()
    assert [entry.who for entry in access.entries] == [who]
    assert others(access.denied if effect == "Deny" else access.rows) == [who]
    assert (access.who_cannot if effect == "Deny" else access.who_can)("pull") == (who,)


ALL = {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "ecr:*"}


@pytest.mark.parametrize(
    "statements, can",
    [
        ([ALL, NOBODY], ()),
        ([{**ALL, "Principal": "*"}, {**NOBODY, "Principal": {"AWS": OTHER}}], ("everyone",)),
        ([ALL, {"Effect": "Deny", "Principal": "*", "NotAction": PUT}], ()),
        ([ALL, {**NOBODY, "Principal": {"AWS": OTHER_ROLE}}], (f"account {OTHER}",)),
        ([{**ALL, "Principal": {"AWS": OTHER_ROLE}}, {**NOBODY, "Principal": {"AWS": OTHER}}], ()),
        ([ALL, {**NOBODY, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}], (f"account {OTHER}",)),
        ([ALL, {**NOBODY, "Condition": {"StringNotEquals": {"aws:PrincipalAccount": THIRD}}}], ()),
        ([ALL, {**NOBODY, "Condition": {"StringNotEquals": {"aws:PrincipalAccount": OTHER}}}], (f"account {OTHER}",)),
    ],
)
def test_who_can_takes_off_what_is_denied_in_every_request(
    repo: Repository, statements: list[dict[str, Any]], can: tuple[str, ...]
) -> None:
    store({"Version": "2012-10-17", "Statement": statements})
    assert repo.access().who_can("pull") == can


def test_a_denial_in_the_policy_takes_off_what_iam_allows(cloud: Cloud, repo: Repository) -> None:
    repo.grant_pull(Role("nodes"))
    repo.grant_pull(User("ci"))
    put_policy(cloud, "ab", {**NOBODY, "Principal": {"AWS": f"arn:aws:iam::{HERE}:role/nodes"}})
    assert repo.access().who_can("pull") == ("user ci",)


def test_the_deleted_can_do_nothing(repo: Repository) -> None:
    store({"Statement": [{**ALL, "Principal": {"AWS": ["AROA" + "A" * 17, "AIDA" + "B" * 17, OTHER]}}]})
    access = repo.access()
    assert set(access.deleted) == {f"a deleted role (AROA{'A' * 17})", f"a deleted user (AIDA{'B' * 17})"}
    assert len(access.entries) == 3
    assert access.who_can("pull") == (f"account {OTHER}",)


@pytest.mark.parametrize("kind, who", [("user", User("ci")), ("role", Role("nodes"))])
def test_one_principal_has_one_name_whichever_policy_allows_it(
    registry: Registry, repo: Repository, kind: str, who: User | Role
) -> None:
    """It cannot pull without the token, which neither of the two grants has."""
    repo.grant(ArnPrincipal(f"arn:aws:iam::{HERE}:{kind}/{who.friendly_name}"), GET)
    repo.grant(who, LAYER)
    assert repo.access().who_can("pull") == ()
    registry.authorization_token.grant_read(who)
    assert repo.access().who_can("pull", certain=True) == (f"{kind} {who.friendly_name}",)


def test_a_role_with_a_path_has_one_name_too(cloud: Cloud, registry: Registry, repo: Repository) -> None:
    cloud.emulator.make_principals(role="team/deploy")
    repo.grant(ArnPrincipal(f"arn:aws:iam::{HERE}:role/team/deploy"), GET)
    repo.grant(Role("deploy"), LAYER)
    registry.authorization_token.grant_read(Role("deploy"))
    assert repo.access().who_can("pull", certain=True) == ("role deploy",)


@pytest.mark.parametrize(
    "condition, names",
    [
        ({"StringLike": {"aws:PrincipalOrgID": ORGANIZATION}}, [f"organization {ORGANIZATION}"]),
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/r-1/*"}}, ["organization path o-1/r-1/*"]),
        (
            {"StringEquals": {"AWS:PrincipalOrgID": "o-1"}, "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}},
            ["organization o-1"],
        ),
        ({"StringEquals": {"aws:PrincipalAccount": [OTHER, THIRD]}}, [f"account {OTHER}", f"account {THIRD}"]),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:role/*"}}, [f"arn:aws:iam::{OTHER}:role/*"]),
        ({"ArnEquals": {"aws:PrincipalArn": OTHER_ROLE}}, [f"role nodes of {OTHER}"]),
        ({"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-1"}}, ["everyone"]),
        ({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, ["everyone"]),
    ],
)
def test_everyone_under_a_condition_on_who_is_those_who_are_left(
    repo: Repository, condition: dict[str, Any], names: list[str]
) -> None:
    """R13: whom a condition names is decidable, and scanners that said "everyone" had false positives."""
    assert CASES["R13"]["verdict"] == "unclear"
    store({"Version": "2012-10-17", "Statement": [{**PULL, "Principal": "*", "Condition": condition}]})
    access = repo.access()
    (entry,) = access.entries
    assert entry.condition == str(condition)
    assert others(access) == names
    assert access.who_can("pull") == tuple(names)


def test_another_account_is_not_the_public(repo: Repository) -> None:
    assert CASES["R31"]["source"] == "turbot/steampipe-mod-aws-compliance#512"
    repo.grant_pull(OTHER)
    assert [row.who for row in repo.access()] == [f"account {OTHER}"]


# Notes of revokes (R09, R09b, R10)

SESSION = f"arn:aws:sts::{OTHER}:assumed-role/nodes/i-1"


@pytest.mark.parametrize(
    "principal, revoked, says",
    [
        ({"AWS": OTHER_ROLE}, OTHER, f"role nodes of {OTHER} may still "),
        ({"AWS": f"arn:aws:iam::{OTHER}:user/x"}, OTHER, f"user x of {OTHER} may still "),
        ({"AWS": SESSION}, OTHER, f"session i-1 of role nodes of {OTHER} may still "),
        ({"AWS": SESSION}, OTHER_ROLE, f"session i-1 of role nodes of {OTHER} may still "),
        ({"AWS": f"arn:aws:sts::{OTHER}:federated-user/bob"}, OTHER, f"federated user bob of {OTHER} may still "),
        ({"AWS": SESSION.replace("nodes", "others")}, OTHER_ROLE, ""),
        ({"AWS": OTHER_ROLE}, THIRD, ""),
    ],
)
def test_the_parts_of_a_principal_that_stay_are_noted(
    repo: Repository, principal: dict[str, str], revoked: str, says: str
) -> None:
    store({"Statement": [{"Sid": "t", **PULL, "Principal": principal}]})
    notes = repo.revoke(revoked).notes
    assert len(notes) == bool(says)
    assert all(says in note and "remove_from_resource_policy('t')" in note for note in notes)


def test_a_grant_to_a_role_stays_when_its_account_is_revoked(repo: Repository) -> None:
    repo.grant(OTHER_ROLE, GET)
    (note,) = repo.revoke(AccountPrincipal(OTHER)).notes
    assert f"role nodes of {OTHER} may still BatchGetImage: revoke(ArnPrincipal('{OTHER_ROLE}')) takes it away" in note


@pytest.mark.parametrize(
    "statement, said_of",
    [
        ({"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": OTHER}}}, {OTHER}),
        ({"Principal": "*", "Condition": {"StringNotEquals": {"aws:PrincipalAccount": OTHER}}}, {THIRD}),
        ({"Principal": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:role/*"}}}, {OTHER}),
        ({"Principal": "*", "Condition": {"StringLike": {"aws:PrincipalOrgID": "o-1"}}}, {OTHER, THIRD}),
        ({"NotPrincipal": {"AWS": THIRD}}, {OTHER}),
        ({"NotPrincipal": {"AWS": OTHER_ROLE}}, {OTHER, THIRD}),
    ],
)
def test_no_note_says_what_is_not_so(repo: Repository, statement: dict[str, Any], said_of: set[str]) -> None:
    store({"Version": "2012-10-17", "Statement": [{"Sid": "t", **PULL, **statement}]})
    for account in (OTHER, THIRD):
        notes = repo.revoke(account).notes
        assert [f"and so may account {account}" in note for note in notes] == [True] * (account in said_of)
