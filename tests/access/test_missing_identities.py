"""A plan says if whom it grants to does not exist, as IAM answers the reading of the policy. It asks nothing more."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops import Group, Registry, RepositorySpec, Role, User, pull
from ecrops.testing import Cloud
from support import registry_of

WHO = [User("nobody"), Role("nobody"), Group("nobody")]


def make(cloud: Cloud, kind: str) -> None:
    """Make an identity with a policy of somebody else."""
    iam = cloud.client("iam")
    more = {"AssumeRolePolicyDocument": "{}"} if kind == "role" else {}
    create: Any = getattr(iam, f"create_{kind}")
    create(**{f"{kind.title()}Name": "nobody"}, **more)


@pytest.mark.parametrize("principal", WHO)
def test_a_plan_notes_that_whom_it_grants_to_does_not_exist(memory_cloud: Cloud, principal: Any) -> None:
    kind = type(principal).__name__.lower()
    registry = registry_of(memory_cloud)
    specs = [RepositorySpec(name, grants=[pull(principal)]) for name in ("aa", "bb")]
    memory_cloud.calls.clear()
    plan = registry.plan(*specs)
    said = f"{kind} nobody: there is no such {kind}, as IAM says: make it first, or apply fails"
    assert plan.notes == (said,)
    assert len(memory_cloud.calls.of(f"Get{kind.title()}Policy")) == 1
    assert {call.operation for call in memory_cloud.calls if call.service == "iam"} == {f"Get{kind.title()}Policy"}
    make(memory_cloud, kind)
    assert registry_of(memory_cloud).plan(*specs).notes == (), "the policy is missing, and the identity is there"


def test_many_that_do_not_exist_are_one_note(memory_cloud: Cloud) -> None:
    grants = [pull(Role(f"no{number}")) for number in range(3)]
    plan = registry_of(memory_cloud).plan(RepositorySpec("aa", grants=grants))
    assert plan.notes == (
        "role no0, role no1, role no2: there is no such role, as IAM says: make it first, or apply fails",
    )


def test_what_takes_a_grant_away_has_no_such_note(memory_cloud: Cloud) -> None:
    registry = registry_of(memory_cloud, dry_run=True)
    memory_cloud.client("ecr").create_repository(repositoryName="aa")
    assert registry.repository("aa").revoke(Role("nobody")).notes == ()


@pytest.mark.parametrize(
    "message",
    [
        "The role policy with name ecrops cannot be found.",
        "The role with name nobody2 cannot be found.",
        "Not here",
        "",
    ],
)
def test_another_message_of_iam_is_no_reason_for_a_note(memory_cloud: Cloud, message: str) -> None:
    session = memory_cloud.session(own=True)

    def answer(parsed: dict[str, Any], **_: object) -> None:
        parsed["Error"]["Message"] = message

    session.events.register("after-call.iam.GetRolePolicy", answer)
    plan = Registry(session).plan(RepositorySpec("aa", grants=[pull(Role("nobody"))]))
    assert len(plan) == 2
    assert plan.notes == ()
