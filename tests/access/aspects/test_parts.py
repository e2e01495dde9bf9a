"""What a change of a policy takes away and adds: all of it, in one spelling, and nothing of others that stays."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops import AccountPrincipal, Repository, RepositorySpec, Role, pull, push
from ecrops.base.change import Kind
from ecrops.engine.plan import Plan
from ecrops.testing import Cloud
from support import registry_of

from ..world import populate
from .managed import MANAGED
from .support import DENY

ACCOUNTS = [f"{number}" * 12 for number in range(1, 8)]
ARN = f"arn:aws:iam::123456789012:policy/{MANAGED}"


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process, with two repositories and a role."""
    populate(memory_cloud, "ab", "cd")
    return memory_cloud


def parts(plan: Plan) -> frozenset[tuple[str, str]]:
    return frozenset(part for change in plan for part in change.parts)


def plan(cloud: Cloud, **fields: Any) -> Plan:
    return registry_of(cloud).plan(RepositorySpec("ab", **fields))


def granted(cloud: Cloud, accounts: list[str]) -> frozenset[tuple[str, str]]:
    return parts(plan(cloud, grants=[pull(AccountPrincipal(account)) for account in accounts]))


def test_a_sixth_account_is_a_part(cloud: Cloud) -> None:
    six, other = granted(cloud, ACCOUNTS[:6]), granted(cloud, [*ACCOUNTS[:5], ACCOUNTS[6]])
    assert six != other
    assert six == granted(cloud, ACCOUNTS[5::-1])
    assert six - other == {part for part in six if ACCOUNTS[5] in part[1]}


def test_one_action_is_a_part(cloud: Cloud) -> None:
    for attach in ("inline", "managed"):
        pulls, pushes = (parts(plan(cloud, grants=[allow(Role("nodes"), attach=attach)])) for allow in (pull, push))
        assert pulls != pushes
        assert all(sign == "+" for sign, _ in pulls | pushes)
        assert any('"ecr:putimage"' in part for _, part in pushes - pulls)


def test_a_condition_is_of_the_part_and_its_spelling_is_not(cloud: Cloud) -> None:
    def told(principal: AccountPrincipal) -> frozenset[tuple[str, str]]:
        return parts(plan(cloud, grants=[pull(principal)]))

    plain = told(AccountPrincipal(ACCOUNTS[0]))
    limited = told(AccountPrincipal(ACCOUNTS[0], conditions={"Bool": {"aws:SecureTransport": True}}))
    respelled = told(AccountPrincipal(ACCOUNTS[0], conditions={"Bool": {"aws:securetransport": ["true"]}}))
    assert plain.isdisjoint(limited)
    assert limited == respelled


@pytest.mark.parametrize("respelled", [True, False])
def test_the_spelling_of_a_document_makes_no_difference(cloud: Cloud, respelled: bool) -> None:
    deny: dict[str, Any] = {"Sid": "no", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": ["ecr:PutImage"]}
    allow = {"Effect": "Allow", "Principal": {"AWS": ACCOUNTS[:2]}, "Action": ["ecr:BatchGetImage", "ecr:ListImages"]}
    statements: list[dict[str, Any]] = [deny, allow]
    if respelled:
        roots = [f"arn:aws:iam::{account}:root" for account in ACCOUNTS[1::-1]]
        statements = [{**allow, "Principal": {"AWS": roots}, "Action": ["ecr:listimages", "ecr:batchgetimage"]}, DENY]
    cloud.client("ecr").set_repository_policy(
        repositoryName="cd", policyText=json.dumps({"Version": "2012-10-17", "Statement": [deny, allow]})
    )
    found = parts(plan(cloud, resource_policy={"Version": "2012-10-17", "Statement": statements}))
    assert len(found) == 2
    assert not registry_of(cloud).plan(
        RepositorySpec("cd", resource_policy={"Version": "2012-10-17", "Statement": statements})
    )
    gone = parts(registry_of(cloud).plan(RepositorySpec("cd", resource_policy={})))
    assert gone == {("-", part) for _, part in found}


def test_what_others_said_and_stays_is_in_no_part(cloud: Cloud) -> None:
    before = granted(cloud, ACCOUNTS[:1])
    cloud.client("ecr").set_repository_policy(
        repositoryName="ab", policyText=json.dumps({"Version": "2012-10-17", "Statement": [DENY]})
    )
    assert granted(cloud, ACCOUNTS[:1]) == before
    exact = parts(plan(cloud, resource_policy={}))
    assert [sign for sign, _ in exact] == ["-"]
    assert "ecr:putimage" in next(iter(exact))[1]


def test_a_statement_that_is_there_twice_counts_twice(cloud: Cloud) -> None:
    theirs = {key: value for key, value in DENY.items() if key != "Sid"}
    cloud.client("ecr").set_repository_policy(
        repositoryName="ab", policyText=json.dumps({"Version": "2012-10-17", "Statement": [theirs, theirs]})
    )
    assert len(parts(plan(cloud, resource_policy={}))) == 2


def test_a_managed_policy_in_force_is_told_from_one_that_is_not(cloud: Cloud) -> None:
    repo, iam = registry_of(cloud).repository("ab"), cloud.client("iam")

    def dry() -> Repository:
        return registry_of(cloud, dry_run=True).repository("ab")

    new = parts(dry().grant_pull(Role("nodes"), attach="managed"))
    repo.grant_pull(Role("nodes"), attach="managed")
    gone = parts(dry().revoke(Role("nodes"), attach="managed"))
    assert gone == {("-", part) for _, part in new}
    iam.detach_role_policy(RoleName="nodes", PolicyArn=ARN)
    attached = parts(dry().grant_pull(Role("nodes"), attach="managed"))
    assert attached == new, "the whole grant is approved, though the policy says it already"
    unused = parts(dry().revoke(Role("nodes"), attach="managed"))
    assert unused == {part for part in gone if not part[1].startswith("in force: ")}


def test_an_old_version_has_no_parts(cloud: Cloud) -> None:
    registry, iam = registry_of(cloud), cloud.client("iam")
    registry.repository("ab").grant_pull(Role("nodes"), attach="managed")
    document = json.dumps(cloud.emulator.policies()["managed"][ARN])
    for _ in range(4):
        iam.create_policy_version(PolicyArn=ARN, PolicyDocument=document, SetAsDefault=True)
    removal, version = registry_of(cloud, dry_run=True).repository("cd").grant_pull(Role("nodes"), attach="managed")
    assert (removal.operation, removal.parts) == ("DeletePolicyVersion", frozenset())
    assert version.parts
    assert all("repository/ab" not in part for _, part in version.parts)
    assert version.kind is Kind.UPDATE


def test_what_moves_from_one_managed_policy_to_another_is_no_part(cloud: Cloud) -> None:
    names = sorted(cloud.emulator.seed(250, prefix="r"))
    registry = registry_of(cloud)
    registry.ensure(*[RepositorySpec(name, grants=[pull(Role("nodes"), attach="managed")]) for name in names])
    grants = [push(Role("nodes"), attach="managed")]
    changes = registry.plan(*[RepositorySpec(name, grants=grants) for name in names[::3]])
    assert len(changes) > 1
    assert all(sign == "+" for sign, _ in parts(changes))
