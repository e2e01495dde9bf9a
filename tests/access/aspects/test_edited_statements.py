"""A statement of ecrops that somebody edited stays, and a grant that comes to stand beside it says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ecrops import AccountPrincipal, Plan, Role
from ecrops.testing import Cloud
from support import registry_of

from ..world import populate, repository_policy
from .managed import MANAGED

ACCOUNT, OTHER = AccountPrincipal("111122223333"), AccountPrincipal("444455556666")
ARN = f"arn:aws:iam::123456789012:policy/{MANAGED}"
TLS = {"Bool": {"aws:SecureTransport": "true"}}


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process, with a repository and principals."""
    populate(memory_cloud, "ab", "cd")
    return memory_cloud


def edit_policy(cloud: Cloud, edit: Callable[[dict[str, Any]], object]) -> None:
    """Let somebody edit the first statement of the repository's policy."""
    document: Any = repository_policy(cloud.client("ecr"), "ab")
    edit(document["Statement"][0])
    cloud.client("ecr").set_repository_policy(repositoryName="ab", policyText=json.dumps(document))


def narrow(statement: dict[str, Any]) -> None:
    statement["Condition"] = TLS


def fewer(statement: dict[str, Any]) -> None:
    statement["Action"] = statement["Action"][:1]


@pytest.mark.parametrize(
    ("edit", "limits"), [(narrow, ", which allows its actions only if aws:SecureTransport Bool true"), (fewer, "")]
)
def test_a_narrowed_statement_of_a_repository_is_said_when_it_is_widened_beside(
    cloud: Cloud, edit: Callable[[dict[str, Any]], object], limits: str
) -> None:
    repo = registry_of(cloud).repository("ab")
    said = (
        f"ab: somebody changed the statement 'EcropsPull' of ecrops{limits}: it stays as it is, and what is granted "
        "now stands beside it, without its limits"
    )
    repo.grant_pull(ACCOUNT)
    edit_policy(cloud, edit)
    assert said not in repo.grant_pull(OTHER).notes, "which that statement is not about"
    assert said in repo.grant_pull(ACCOUNT).notes
    assert said not in repo.grant_pull(ACCOUNT).notes, "once is enough"


def test_a_denial_in_its_place_is_in_force_and_not_said(cloud: Cloud) -> None:
    repo = registry_of(cloud).repository("ab")
    repo.grant_pull(ACCOUNT)
    edit_policy(cloud, lambda statement: statement.update(Effect="Deny"))
    assert not any("somebody changed" in note for note in repo.grant_pull(ACCOUNT).notes)


def narrowed(document: Any) -> str:
    """A document of IAM whose statement about the repository somebody narrowed."""
    for statement in document["Statement"]:
        if statement["Resource"] != "*":
            narrow(statement)
    return json.dumps(document)


@pytest.mark.parametrize("attach", ["inline", "managed"])
def test_a_narrowed_statement_of_a_role_is_said(cloud: Cloud, attach: Any) -> None:
    registry, iam = registry_of(cloud), cloud.client("iam")
    registry.repository("ab").grant_pull(Role("nodes"), attach=attach)
    if attach == "inline":
        text = narrowed(cloud.emulator.policies()["inline"]["role nodes"]["ecrops"])
        iam.put_role_policy(RoleName="nodes", PolicyName="ecrops", PolicyDocument=text)
    else:
        text = narrowed(cloud.emulator.policies()["managed"][ARN])
        iam.create_policy_version(PolicyArn=ARN, PolicyDocument=text, SetAsDefault=True)

    def said(plan: Plan) -> list[str]:
        assert plan
        policy = {"inline": "role nodes policy ecrops", "managed": "role nodes managed policy"}[attach]
        text = f"{policy}: somebody changed the statement 'EcropsPull' of ecrops"
        return [note for note in plan.notes if note.startswith(text)]

    assert said(registry.repository("cd").grant_pull(Role("nodes"), attach=attach)) == []
    assert len(said(registry.repository("ab").grant_pull(Role("nodes"), attach=attach))) == 1
    assert said(registry.repository("cd").grant_push(Role("nodes"), attach=attach)) == [], "it was beside it before"
