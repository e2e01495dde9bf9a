"""Grants: where each is written, what it says besides, and how it is taken away. See ``test_cdk`` too."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import (
    AccountPrincipal,
    AnyPrincipal,
    ArnPrincipal,
    FederatedPrincipal,
    Group,
    OrganizationPrincipal,
    Registry,
    RepositorySpec,
    Role,
    ServicePrincipal,
    SpecError,
    User,
    pull,
    push,
    read,
)
from ecrops.iam.statements import statements
from ecrops.testing import Call, Cloud
from support import AT_ONCE, registry_of

from .world import FOREIGN, LOG_IN, OTHER, PULL, inline, populate, put_policy, repository_policy

ORGANIZATION = "o-1234567890"
PROVIDER = "arn:aws:iam::123456789012:saml-provider/office"
OFFICE = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}


@pytest.mark.parametrize("kind, who", [("user", User("ci")), ("role", Role("nodes")), ("group", Group("devs"))])
def test_a_principal_of_the_account_is_granted_in_its_own_policy_and_revoked(
    cloud: Cloud, kind: str, who: User | Role | Group
) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    assert repo.grant_pull(who)
    assert inline(cloud, kind, who.friendly_name) == {"ab": PULL, "*": LOG_IN}
    assert repository_policy(cloud.client("ecr"), "ab") is None
    cloud.calls.clear()
    assert not repo.grant_pull(who)
    # the repository policy is read for notes on what it denies
    assert sorted(cloud.calls.operations()) == sorted([f"Get{kind.title()}Policy", "GetRepositoryPolicy"])
    assert repo.revoke(who)
    assert inline(cloud, kind, who.friendly_name) == {}
    assert not repo.revoke(who)


def test_a_role_by_its_arn_with_a_path_is_the_role_by_its_name(cloud: Cloud) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    assert repo.grant_pull("arn:aws:iam::123456789012:role/team/nodes")
    assert not repo.grant_pull(Role("nodes"))
    assert not repo.grant_pull(Role("team/nodes"))


class Nodes(Role):
    """A role of a kind that somebody made."""


def test_a_kind_of_role_is_a_role(cloud: Cloud) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    assert repo.grant_pull(Nodes("nodes"))
    assert not repo.grant_pull(Role("nodes"))
    assert repo.revoke(Nodes("nodes"))


@pytest.mark.parametrize(
    "who, named, says",
    [
        (
            ArnPrincipal("arn:aws:iam::123456789012:user/ci"),
            {"AWS": "arn:aws:iam::123456789012:user/ci"},
            "registry.authorization_token.grant_read",
        ),
        (AccountPrincipal(OTHER), {"AWS": f"arn:aws:iam::{OTHER}:root"}, f"account {OTHER} allows"),
        (OrganizationPrincipal(ORGANIZATION), {"AWS": "*"}, "the accounts of the organization allow"),
        (
            ServicePrincipal("codebuild.amazonaws.com"),
            {"Service": "codebuild.amazonaws.com"},
            "lets in codebuild.amazonaws.com for whomever it works, in any account: a condition on aws:SourceArn",
        ),
        (
            AnyPrincipal(public=True),
            {"AWS": "*"},
            "everyone of other accounts can pull only if their account allows it",
        ),
        (FederatedPrincipal(PROVIDER), {"Federated": PROVIDER}, f"users of {PROVIDER} of this account need the token"),
    ],
)
def test_who_has_no_policy_is_named_by_the_repository_and_a_note_says_what_is_missing(
    cloud: Cloud, who: Any, named: dict[str, str], says: str
) -> None:
    populate(cloud, "ab")
    put_policy(cloud, "ab", FOREIGN)
    repo = registry_of(cloud).repository("ab")
    plan = repo.grant_pull(who)
    theirs, ours = statements(repository_policy(cloud.client("ecr"), "ab") or {})
    assert theirs == FOREIGN
    assert ours["Principal"] == named
    assert set(ours["Action"]) == PULL
    assert says in " ".join(plan.notes)
    assert bool(says) == bool(plan.notes)
    assert not repo.grant_pull(who)
    assert repo.revoke(who)
    assert statements(repository_policy(cloud.client("ecr"), "ab") or {}) == [FOREIGN]
    assert [each.split("(")[0] for each in cloud.calls.writes()] == ["SetRepositoryPolicy", "SetRepositoryPolicy"]


@pytest.mark.parametrize(
    "who", [AnyPrincipal(public=True), AnyPrincipal(conditions=OFFICE), FederatedPrincipal("accounts.google.com")]
)
def test_who_may_be_of_any_account_is_said_to_need_more(cloud: Cloud, who: Any) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    elsewhere, here = repo.grant_pull(who).notes
    document = json.loads(elsewhere[elsewhere.index("{") :])
    assert [each["Resource"].rpartition("/")[2] for each in document["Statement"]] == ["ab", "*"]
    assert all(each.get("Condition", {}) == (who.conditions or {}) for each in document["Statement"])
    assert "registry.authorization_token.grant_read" in here
    (only,) = repo.grant_read(who).notes
    assert "of other accounts can read only if" in only


def test_a_dry_run_grants_on_what_it_would_have_made(cloud: Cloud) -> None:
    populate(cloud)
    repo = registry_of(cloud, dry_run=True).repository("new")
    assert repo.ensure()
    assert [change.operation for change in repo.grant_pull(OTHER)] == ["SetRepositoryPolicy"]
    assert [change.operation for change in repo.grant_pull(Role("nodes"))] == ["PutRolePolicy"]
    assert cloud.calls.writes() == []


def test_conditions_stand_on_the_side_where_the_grant_is_written(cloud: Cloud) -> None:
    populate(cloud, "ab")
    repo, limits = registry_of(cloud).repository("ab"), {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    repo.grant_read(Role("nodes", conditions=limits))
    repo.grant_read(AccountPrincipal(OTHER, conditions=limits))
    document = cloud.client("iam").get_role_policy(RoleName="nodes", PolicyName="ecrops")["PolicyDocument"]
    for each in (*document["Statement"], *statements(repository_policy(cloud.client("ecr"), "ab") or {})):
        assert each["Condition"] == limits
    left = repo.revoke(AccountPrincipal(OTHER))
    assert not left
    assert "may still read" in left.notes[0]
    assert repo.revoke(AccountPrincipal(OTHER, conditions=limits))


def test_a_condition_that_aws_spells_otherwise_is_the_same_grant(cloud: Cloud) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    who = AccountPrincipal(OTHER, conditions={"StringLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/x-*"]}})
    assert repo.grant_pull(who)
    assert not repo.grant_pull(who)
    assert repo.revoke(who)
    assert repository_policy(cloud.client("ecr"), "ab") is None


def test_who_needs_no_arn_costs_no_question_for_the_account(cloud: Cloud) -> None:
    populate(cloud, "ab")
    registry_of(cloud).repository("ab").grant_pull("codebuild.amazonaws.com")
    assert cloud.calls.operations() == ["GetRepositoryPolicy", "SetRepositoryPolicy", "GetRepositoryPolicy"]


def test_a_token_for_a_name_costs_no_question_for_the_account(cloud: Cloud) -> None:
    populate(cloud)
    assert registry_of(cloud).authorization_token.grant_read(User("ci"))
    assert cloud.calls.operations() == ["GetUserPolicy", "PutUserPolicy", "GetUserPolicy"]
    cloud.calls.clear()
    assert not registry_of(cloud).authorization_token.grant_read(User("ci"))
    assert cloud.calls.operations() == ["GetUserPolicy"]


def test_a_plan_for_a_token_is_for_one_account(cloud: Cloud) -> None:
    populate(cloud)
    plan = registry_of(cloud, dry_run=True).authorization_token.grant_read(User("ci"))
    with pytest.raises(SpecError, match="the plan is for the account 123456789012"):
        Registry(cloud.session(account=OTHER), retry=AT_ONCE).apply(plan)


def test_some_of_the_actions_can_be_revoked(cloud: Cloud) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    repo.grant_pull_push(Role("nodes"))
    repo.revoke(Role("nodes"), "ecr:PutImage")
    assert "ecr:PutImage" not in inline(cloud, "role", "nodes")["ab"]
    assert "ecr:BatchGetImage" in inline(cloud, "role", "nodes")["ab"]


def test_lambda_of_this_account_needs_one_statement_and_of_another_two(cloud: Cloud) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    assert repo.grant_lambda()
    (own,) = statements(repository_policy(cloud.client("ecr"), "ab") or {})
    assert own["Condition"] == {"ArnLike": {"aws:SourceArn": "arn:aws:lambda:eu-west-1:123456789012:function:*"}}
    assert set(own["Action"]) == {"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}
    pattern = f"arn:aws:lambda:eu-west-1:{OTHER}:function:web-*"
    assert repo.grant_lambda(OTHER, function_arn_pattern=pattern)
    found = statements(repository_policy(cloud.client("ecr"), "ab") or {})
    assert {json.dumps(each["Principal"]) for each in found} == {
        '{"Service": "lambda.amazonaws.com"}',
        f'{{"AWS": "arn:aws:iam::{OTHER}:root"}}',
    }
    assert pattern in json.dumps(found)
    assert not repo.grant_lambda(OTHER, function_arn_pattern=pattern)
    with pytest.raises(SpecError, match="function_arn_pattern: expected the ARN of functions"):
        repo.grant_lambda(function_arn_pattern="arn:aws:s3:::bucket")


def test_the_verbs_that_no_peer_has(cloud: Cloud) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    wanted = {
        "pull_through_cache": {"ecr:BatchImportUpstreamImage", "ecr:CreateRepository", "ecr:TagResource"},
        "scan_findings": {"ecr:DescribeImageScanFindings"},
        "delete_images": {"ecr:BatchDeleteImage"},
        "lifecycle": {"ecr:PutLifecyclePolicy", "ecr:StartLifecyclePolicyPreview"},
    }
    for verb, actions in wanted.items():
        assert getattr(repo, f"grant_{verb}")(Role("nodes"))
        assert actions <= inline(cloud, "role", "nodes")["ab"]
        repo.revoke(Role("nodes"))
    assert repo.grant_pull_through_cache(OTHER)
    (here,) = statements(repository_policy(cloud.client("ecr"), "ab") or {})
    assert "ecr:CreateRepository" not in here["Action"], "no policy of a repository can allow to make it"
    assert "ecr:BatchImportUpstreamImage" in here["Action"]
    for who in (OTHER, "codebuild.amazonaws.com"):
        for action in ("CreateRepository", "Create*"):
            plan = repo.grant(who, f"ecr:{action}")
            assert not plan
            assert f"is not allowed {action} by this" in " ".join(plan.notes)


def test_a_missing_user_is_botocores_error_with_the_grant_in_a_note(cloud: Cloud) -> None:
    populate(cloud, "ab")
    with pytest.raises(ClientError) as caught:
        registry_of(cloud).repository("ab").grant_pull(User("nobody"))
    assert caught.value.response["Error"]["Code"] == "NoSuchEntity"
    assert any("+ user nobody policy ecrops: pull ab" in note for note in caught.value.__notes__)


def test_grants_of_a_missing_repository_can_be_revoked_but_not_made(cloud: Cloud) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    repo.grant_pull(Role("nodes"))
    repo.delete()
    with pytest.raises(ClientError) as caught:
        repo.grant_pull(OTHER)
    assert caught.value.response["Error"]["Code"] == "RepositoryNotFoundException"
    assert repo.revoke(Role("nodes"))
    assert inline(cloud, "role", "nodes") == {}


@pytest.mark.parametrize("operation", ["DeleteRepositoryPolicy", "GetRepositoryPolicy"])
def test_a_repository_that_vanishes_while_a_grant_is_revoked_is_no_error(cloud: Cloud, operation: str) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    repo.grant_pull(User("ci"))
    repo.grant_pull(ArnPrincipal("arn:aws:iam::123456789012:user/ci"))

    def vanish(call: Call) -> bool:
        if call.operation == operation and cloud.emulator.exists("ab"):
            cloud.client("ecr").delete_repository(repositoryName="ab")
        return False

    cloud.faults.on("denied", where=vanish)
    plan = repo.revoke(User("ci"))
    assert [change.operation for change in plan] == ["DeleteUserPolicy"]
    assert plan.applied == plan.changes
    assert inline(cloud, "user", "ci") == {}
    assert not repo.revoke(OTHER)


def test_a_spec_makes_a_repository_with_its_policies_and_the_second_time_nothing(cloud: Cloud) -> None:
    populate(cloud)
    registry = registry_of(cloud)
    spec = RepositorySpec("ab", grants=[pull(Role("nodes")), push(OTHER), read(ORGANIZATION)])
    assert registry.ensure(spec)
    assert cloud.calls.writes()[0] in ("CreateRepository", "PutRolePolicy")
    assert sorted(cloud.calls.writes()) == ["CreateRepository", "PutRolePolicy", "SetRepositoryPolicy"]
    cloud.calls.clear()
    assert not registry.ensure(spec)
    assert sorted(cloud.calls.operations()) == ["DescribeRepositories", "GetRepositoryPolicy", "GetRolePolicy"]


def test_plans_need_the_permissions_that_applying_takes(cloud: Cloud) -> None:
    populate(cloud, "ab")
    plan = registry_of(cloud).plan(RepositorySpec("ab", grants=[pull(Role("nodes")), pull(OTHER)]))
    assert plan.permissions == ("ecr:SetRepositoryPolicy", "iam:PutRolePolicy")


@pytest.mark.parametrize("region, partition", [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_arns_are_of_the_partition(http_cloud: Cloud, region: str, partition: str) -> None:
    http_cloud.client("ecr", region).create_repository(repositoryName="ab")
    http_cloud.client("iam", region).create_role(RoleName="nodes", AssumeRolePolicyDocument="{}")
    registry = Registry(http_cloud.session(region), retry=AT_ONCE)
    registry.repository("ab").grant_pull(Role("nodes"))
    registry.repository("ab").grant_pull(OTHER)
    policy = http_cloud.client("iam", region).get_role_policy(RoleName="nodes", PolicyName="ecrops")["PolicyDocument"]
    assert f"arn:{partition}:ecr:{region}:123456789012:repository/ab" in json.dumps(policy)
    here = repository_policy(http_cloud.client("ecr", region), "ab")
    assert f"arn:{partition}:iam::{OTHER}:root" in json.dumps(here)
    assert not registry.repository("ab").grant_pull(Role(f"arn:{partition}:iam::123456789012:role/nodes"))
