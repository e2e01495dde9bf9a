"""What ECR would refuse is refused before any call, naming the statement and the way out."""

from __future__ import annotations

from typing import Any

import pytest

from access.world import FOREIGN
from ecrops import Group, RepositorySpec, Role, SpecError, pull
from emulator import Cloud
from support import registry_of

GOOD = {"Sid": "good", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "ecr:BatchGetImage"}

WRONG: list[tuple[Any, str]] = [
    ({**GOOD, "Resource": "*"}, "Resource is not allowed"),
    ({**GOOD, "NotResource": "x"}, "NotResource is not allowed"),
    ({**GOOD, "Action": []}, "it has no Action"),
    ({key: GOOD[key] for key in ("Sid", "Effect", "Principal")}, "it has no Action"),
    ({key: GOOD[key] for key in ("Sid", "Effect", "Action")}, "it has no Principal"),
    ({**GOOD, "Effect": "allow"}, "its Effect is 'Allow' or 'Deny'"),
    ({**GOOD, "Action": "ecr:GetAuthorizationToken"}, "authorization_token.grant_read"),
    ({**GOOD, "Action": ["s3:GetObject"]}, "an action in a repository policy is ECR's"),
    ({**GOOD, "Action": [7]}, "an action is a string"),
    ({**GOOD, "Principal": {"AWS": "arn:aws:iam::111122223333:group/devs"}}, "cannot name a group"),
    ({**GOOD, "Principal": "111122223333"}, "its Principal is"),
    ({**GOOD, "Principal": {"AWS": [7]}}, "a principal is a string"),
    ("Allow", "expected a statement, a mapping"),
]


@pytest.mark.parametrize("statement, reason", WRONG)
def test_a_wrong_statement_is_refused_before_any_call(memory_cloud: Cloud, statement: Any, reason: str) -> None:
    registry = registry_of(memory_cloud)
    with pytest.raises(SpecError, match=reason) as caught:
        RepositorySpec("ab", resource_policy={"Statement": [GOOD, statement]})
    assert caught.value.reasons[0].startswith("resource_policy.Statement[1]")
    with pytest.raises(SpecError, match=reason):
        registry.repository("ab").add_to_resource_policy(statement)
    with pytest.raises(SpecError, match=reason):
        registry.repository("ab").set_resource_policy({"Statement": statement if isinstance(statement, dict) else [7]})
    assert memory_cloud.calls.operations() == []


def test_a_reason_names_the_statement_by_its_sid() -> None:
    with pytest.raises(SpecError, match=r"resource_policy.Statement\[0\]: the statement 'good': Resource"):
        RepositorySpec("ab", resource_policy={"Statement": [{**GOOD, "Resource": "*"}]})


@pytest.mark.parametrize(
    "document, reason",
    [
        ("{}", "expected a policy document"),
        ({"Version": "2012-10-17"}, r"at least one statement; {} is no policy"),
        ({"Statement": "x"}, "expected a list of statements"),
        ({"Statement": [GOOD, GOOD]}, "2 statements have the Sid 'good'"),
        (
            {"Statement": [{**GOOD, "Principal": {"AWS": [f"{n:012}" for n in range(1000)]}}]},
            "at most 10,240 characters, this one 15,",
        ),
    ],
)
def test_a_wrong_document_is_refused(document: Any, reason: str) -> None:
    with pytest.raises(SpecError, match=reason):
        RepositorySpec("ab", resource_policy=document)


@pytest.mark.parametrize("sid", [FOREIGN["Sid"], "EcropsPull"])
def test_the_sid_of_anothers_statement_is_refused_before_any_call(memory_cloud: Cloud, sid: str) -> None:
    with pytest.raises(SpecError, match="choose another"):
        registry_of(memory_cloud).repository("ab").add_to_resource_policy({**GOOD, "Sid": sid})
    assert memory_cloud.calls.operations() == []


@pytest.mark.parametrize(
    "actions, reason",
    [
        (["s3:GetObject"], "expected an action of ECR"),
        (["ecr:GetImage"], "ECR has no action 'ecr:GetImage'"),
        (["ecr:BatchGetImages"], "did you mean ecr:BatchGetImage"),
        (["ecr:GetAuthorizationToken"], "registry.authorization_token.grant_read"),
        (["ecr:ListImageReferrers"], "ecr:BatchGetImage allows that call"),
        (["ecr:PutRegistryPolicy"], "about the registry, not a repository"),
        ([], "at least one action"),
    ],
)
def test_an_action_that_cannot_be_granted_is_refused_before_any_call(
    memory_cloud: Cloud, actions: list[str], reason: str
) -> None:
    with pytest.raises(SpecError, match=reason):
        registry_of(memory_cloud).repository("ab").grant(Role("nodes"), *actions)
    assert memory_cloud.calls.operations() == []


def test_actions_that_only_permissions_have_and_wildcards_can_be_granted(memory_cloud: Cloud) -> None:
    memory_cloud.client("iam").create_role(RoleName="nodes", AssumeRolePolicyDocument="{}")
    assert registry_of(memory_cloud).repository("ab").grant(Role("nodes"), "ecr:ReplicateImage", "ecr:batch*")


@pytest.mark.parametrize(
    "make, reason",
    [
        (lambda: pull(Role("nodes"), attach="by-mail"), "attach: expected 'inline' or 'managed'"),
        (lambda: pull(Role("nodes"), policy_name="a b"), "policy_name: expected"),
        (lambda: pull(Role("nodes"), on="Team/*"), "on: expected a wildcard"),
        (lambda: RepositorySpec("ab", grants=pull(Role("nodes"))), "grants: expected a list"),  # type: ignore[arg-type]
        (lambda: RepositorySpec("ab", grants=["ci"]), r"grants\[0\]: expected a grant"),  # type: ignore[list-item]
        (lambda: RepositorySpec("ab", grants=[{"allow": "pul", "principal": "111122223333"}]), r"grants\[0\].allow: "),
        (lambda: RepositorySpec("ab", grants=[{"allow": "pull"}]), r"grants\[0\].principal: expected a value"),
        (lambda: RepositorySpec("ab", grants=[{"alow": "pull"}]), r"grants\[0\].alow: unknown key; did you mean allow"),
        (lambda: RepositorySpec("ab", grants=[{"allow": "pull", "principal": "x"}]), r"grants\[0\].principal: "),
    ],
)
def test_a_wrong_grant_is_refused_with_its_path(make: Any, reason: str) -> None:
    with pytest.raises(SpecError, match=reason):
        make()


def test_a_verb_refuses_options_that_there_are_not(memory_cloud: Cloud) -> None:
    with pytest.raises(SpecError, match="colour: unknown option"):
        registry_of(memory_cloud).repository("ab").grant_pull(Role("nodes"), colour="red")


def test_a_group_of_another_account_and_a_wildcard_that_misses_are_refused_at_planning(memory_cloud: Cloud) -> None:
    registry = registry_of(memory_cloud)
    away = pull(Group("arn:aws:iam::111122223333:group/devs"))
    with pytest.raises(SpecError, match=r"ab: grants\[0\]: .*AccountPrincipal\('111122223333'\)"):
        registry.plan(RepositorySpec("ab", grants=[away]))
    with pytest.raises(SpecError, match=r"on: 'team/\*' does not match the repository 'ab'"):
        registry.plan(RepositorySpec("ab", grants=[pull(Role("nodes"), on="team/*")]))
    with pytest.raises(SpecError, match="of another partition"):
        registry.repository("ab").grant_pull(Role("arn:aws-cn:iam::111122223333:role/nodes"))
    assert set(memory_cloud.calls.operations()) <= {"GetCallerIdentity"}


def test_a_spec_with_policy_and_grants_survives_json() -> None:
    spec = RepositorySpec(
        "team/a",
        resource_policy={"Version": "2012-10-17", "Statement": [GOOD]},
        grants=[
            pull(Role("nodes"), on="team/*", attach="managed"),
            {"allow": ["ecr:ListImages"], "principal": "1" * 12},
        ],
    )
    assert RepositorySpec.from_dict(spec.to_dict()) == spec
    assert spec.to_dict()["grants"][0] == {
        "allow": "pull",
        "principal": {"role": "nodes"},
        "on": "team/*",
        "attach": "managed",
    }
