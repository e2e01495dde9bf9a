"""Grants that a policy of others denies, Lambda, and the rest: cases that people met in the field.

The names in the comments are those of ``tests/cases/public.json``, which has the source of each.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import (
    AccountPrincipal,
    ArnPrincipal,
    LifecycleRule,
    OrganizationPrincipal,
    Registry,
    Repository,
    RepositorySpec,
    Role,
    ServicePrincipal,
    SpecError,
    User,
    pull,
)
from ecrops.iam.statements import same
from ecrops.testing import Cloud

from ..callers import HERE, ORGANIZATION, OTHER, THIRD
from ..world import put_policy
from .support import CASES, NOBODY, OTHER_ROLE, PULL, PUT, policy_of

# Standing denials (R12)

ONLY_CI = {"StringNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{HERE}:user/ci"}}
LIMITS = f"policy if aws:PrincipalArn StringNotEquals arn:aws:iam::{HERE}:user/ci: remove_from"


@pytest.mark.parametrize(
    "denial, who, says",
    [
        (NOBODY, AccountPrincipal(OTHER), f"account {OTHER} may not "),
        (NOBODY, Role("nodes"), f"role nodes of {HERE} may not "),
        (NOBODY, OrganizationPrincipal(ORGANIZATION), f"organization {ORGANIZATION} may not "),
        ({**NOBODY, "Condition": ONLY_CI}, Role("nodes"), "may not BatchGetImage, GetDownloadUrlForLayer, whatever"),
        ({**NOBODY, "Condition": ONLY_CI}, User("ci"), ""),
        ({**NOBODY, "Principal": {"AWS": HERE}}, Role("nodes"), "may not "),
        ({**NOBODY, "Principal": {"AWS": HERE}}, ArnPrincipal(OTHER_ROLE), ""),
        ({"Effect": "Deny", "Principal": "*", "NotAction": "ecr:Describe*"}, Role("nodes"), "may not pull, whatever"),
        ({"Effect": "Deny", "Principal": "*", "NotAction": ["ecr:*"]}, Role("nodes"), ""),
        ({"Effect": "Deny", "Principal": "*", "Action": PUT}, Role("nodes"), ""),
        ({**NOBODY, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}, Role("nodes"), ""),
    ],
)
def test_a_grant_that_a_statement_denies_is_noted_with_the_statement(
    cloud: Cloud, repo: Repository, denial: dict[str, Any], who: Any, says: str
) -> None:
    put_policy(cloud, "ab", {"Sid": "DenyPull", **denial})
    plan = repo.grant_pull(who)
    assert plan
    notes = [note for note in plan.notes if "may not" in note]
    assert len(notes) == bool(says)
    for note in notes:
        assert says in note
        assert "by the statement 'DenyPull' of the repository's policy" in note
        assert (LIMITS in note) == ("Condition" in denial)
        assert "remove_from_resource_policy('DenyPull') takes the whole statement away" in note


def test_a_spec_notes_denials_where_the_policy_is_read_anyway(cloud: Cloud, registry: Registry) -> None:
    put_policy(cloud, "ab", {"Sid": "DenyPull", **NOBODY})
    alone = RepositorySpec("ab", grants=[{"allow": "pull", "principal": {"role": "nodes"}}])
    assert registry.plan(alone).notes == ()
    assert cloud.calls.of("GetRepositoryPolicy") == []
    both = RepositorySpec("ab", grants=[*(alone.grants or ()), {"allow": "pull", "principal": OTHER}])
    assert len([note for note in registry.plan(both).notes if "'DenyPull'" in note]) == 2


@pytest.mark.parametrize("who", [Role("nodes"), AccountPrincipal(OTHER)])
@pytest.mark.parametrize("attach", ["inline", "managed"])
def test_a_denial_is_noted_with_the_grant_that_it_denies_and_not_again(
    cloud: Cloud, registry: Registry, repo: Repository, who: Any, attach: Any
) -> None:
    put_policy(cloud, "ab", {"Sid": "DenyPull", **NOBODY})
    options = {"attach": attach} if isinstance(who, Role) else {}
    assert "'DenyPull'" in "".join(repo.grant_pull(who, **options).notes)
    again = repo.grant_pull(who, **options)
    assert not again
    assert again.notes == ()
    assert "'DenyPull'" in "".join(repo.grant_pull_push(who, **options).notes), "it denies a part of a new grant"
    assert repo.set_resource_policy({})
    both = {"Version": "2012-10-17", "Statement": [{"Sid": "Later", **NOBODY}]}
    spec = RepositorySpec("ab", grants=[pull(who, **options)], resource_policy=both)
    notes = [note for note in registry.ensure(spec).notes if "'Later'" in note]
    assert len(notes) == 1, "a denial that is new is noted, whatever was granted before"


@pytest.mark.parametrize("code", ["denied", "missing"])
def test_a_grant_in_iam_needs_no_repository_policy(cloud: Cloud, repo: Repository, code: str) -> None:
    if code == "denied":
        cloud.faults.on("denied", operation="GetRepositoryPolicy", times=None)
    else:
        cloud.client("ecr").delete_repository(repositoryName="ab")
    assert repo.grant_pull(Role("nodes"))
    assert repo.grant_pull(Role("nodes")).notes == ()


# Lambda (R07, f11, f12)

LAMBDA_SID = "LambdaECRImageRetrievalPolicy"
LAMBDA = {"Sid": LAMBDA_SID, **PULL, "Principal": {"Service": "lambda.amazonaws.com"}}


@pytest.mark.parametrize(
    "statement",
    [
        LAMBDA,
        CASES["f12"]["input"]["Statement"][0],
        {**LAMBDA, "Action": "ecr:batchgetimage", "Principal": {"Service": ["lambda.amazonaws.com"]}},
    ],
)
def test_the_statement_of_lambda_is_taken_under_its_sid(repo: Repository, statement: dict[str, Any]) -> None:
    assert repo.add_to_resource_policy(statement)
    assert not repo.add_to_resource_policy(statement)
    assert repo.remove_from_resource_policy(LAMBDA_SID)


@pytest.mark.parametrize(
    "change",
    [{"Principal": "*"}, {"Action": "ecr:*"}, {"Effect": "Deny"}, {"Principal": {"Service": "x.amazonaws.com"}}],
)
def test_another_statement_under_its_sid_is_refused(cloud: Cloud, repo: Repository, change: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=r"one that Lambda gives .*grant_lambda\(\)"):
        repo.add_to_resource_policy({**LAMBDA, **change})
    assert cloud.calls.operations() == []


def test_the_functions_of_an_organization_may_be_run(cloud: Cloud, repo: Repository) -> None:
    assert repo.grant_lambda(ORGANIZATION)
    first, second = policy_of(cloud)["Statement"]
    assert {str(first["Principal"]), str(second["Principal"])} == {
        "{'Service': 'lambda.amazonaws.com'}",
        "{'AWS': '*'}",
    }
    conditions = [statement["Condition"]["StringEquals"] for statement in (first, second)]
    assert {"aws:SourceOrgID": ORGANIZATION} in conditions
    assert {"aws:PrincipalOrgID": ORGANIZATION} in conditions
    assert not repo.grant_lambda(OrganizationPrincipal(ORGANIZATION))


def test_the_functions_of_a_list_of_accounts_are_those_of_each(cloud: Cloud, repo: Repository) -> None:
    assert repo.grant_lambda([OTHER, AccountPrincipal(THIRD), OTHER])
    before = policy_of(cloud)
    for account in (OTHER, THIRD):
        assert not repo.grant_lambda(account)
    assert same(policy_of(cloud), before)
    assert repo.grant_lambda([OTHER, THIRD], function_arn_pattern="arn:aws:lambda:*:*:function:web-*")
    assert f"arn:aws:lambda:*:{THIRD}:function:web-*" in json.dumps(policy_of(cloud))


@pytest.mark.parametrize(
    "account, pattern, reason",
    [
        ([], None, "account: expected at least one account or organization"),
        ([OTHER, "1"], None, r"account\[1\]: an account is 12 digits"),
        ([OTHER, None], None, r"account\[1\]: an account is 12 digits"),
        (
            OrganizationPrincipal(ORGANIZATION, conditions={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
            None,
            "without conditions",
        ),
        (
            ORGANIZATION,
            f"arn:aws:lambda:*:{OTHER}:function:x",
            f"expected functions of any account of the organization {ORGANIZATION}, arn:aws:lambda:eu-west-1:\\*",
        ),
        ([OTHER, THIRD], f"arn:aws:lambda:*:{OTHER}:function:x", f"expected functions of account {THIRD}"),
    ],
)
def test_owners_of_functions_that_there_are_not_are_refused(
    repo: Repository, account: Any, pattern: str | None, reason: str
) -> None:
    with pytest.raises(SpecError, match=reason):
        repo.grant_lambda(account, function_arn_pattern=pattern)


# The rest


def test_a_sid_with_blanks_is_taken_and_kept(cloud: Cloud, repo: Repository) -> None:
    assert CASES["R32"]["source"] == "awsdocs/amazon-ecr-user-guide#33"
    sid = "allow public pull"
    assert repo.add_to_resource_policy({"Sid": sid, **PULL, "Principal": "*"})
    repo.grant_pull(OTHER)
    assert sid in json.dumps(policy_of(cloud))


def test_the_tags_of_a_repository_that_a_cache_makes_are_granted(cloud: Cloud, repo: Repository) -> None:
    assert CASES["R35"]["source"] == "estahn/k8s-image-swapper#416"
    assert "ecr:TagResource" in json.dumps(dict(repo.grant_pull_through_cache(Role("nodes")).changes[0].params))


def test_a_policy_of_a_user_that_iam_has_no_room_for_is_refused_before_any_write(
    cloud: Cloud, registry: Registry
) -> None:
    assert CASES["R34"]["source"] == "alphagov/govuk-infrastructure#1349"
    names = [f"team/{'x' * 40}{number}" for number in range(60)]
    grants = [{"allow": "pull", "principal": {"user": "ci"}}]
    with pytest.raises(SpecError, match="2,048"):
        registry.plan(*(RepositorySpec(name, grants=grants) for name in names))
    assert cloud.calls.writes() == []


def test_a_document_with_a_resource_is_refused_with_the_way_out() -> None:
    """R15: the guide's examples have it, and ECR has refused it: https://github.com/aws/aws-cdk/issues/24314."""
    assert CASES["R15"]["verdict"] == "unclear"
    with pytest.raises(SpecError, match=r"Resource is not allowed: .*leave it out"):
        RepositorySpec("ab", resource_policy={"Statement": [{**PULL, "Principal": "*", "Resource": "*"}]})


@pytest.mark.parametrize("operation", ["PutLifecyclePolicy", "SetRepositoryPolicy"])
def test_a_denial_is_raised_at_once_and_the_next_run_goes_on(cloud: Cloud, registry: Registry, operation: str) -> None:
    """R14: that IAM may not know a new tag yet is no reason to repeat what was denied: most denials last."""
    assert CASES["R14"]["verdict"] == "unclear"
    rules = [LifecycleRule(max_image_count=30)]
    policy = {"Statement": [{**PULL, "Principal": {"AWS": OTHER}}]}
    spec = RepositorySpec("new", tags={"team": "a"}, lifecycle_rules=rules, resource_policy=policy)
    cloud.faults.on("denied", operation=operation)
    with pytest.raises(ClientError, match="AccessDenied"):
        registry.ensure(spec)
    assert registry.ensure(spec)
    assert not registry.ensure(spec)


@pytest.mark.parametrize("owner, named", [(OTHER, OTHER), (ORGANIZATION, "aws:SourceOrgID")])
def test_a_revoke_of_an_owner_of_functions_names_what_lambda_may_still_do(
    registry: Registry, repo: Repository, owner: str, named: str
) -> None:
    repo.grant_lambda([owner, THIRD])
    plan = repo.revoke(owner)
    [note] = [note for note in plan.notes if "ServicePrincipal" in note]
    assert named in note
    call = note.partition(": revoke(")[2].rpartition(") takes")[0]
    assert repo.revoke(eval(call, {"ServicePrincipal": ServicePrincipal}))
    left = json.dumps(repo.describe().resource_policy)
    assert owner not in left
    assert THIRD in left


def test_a_revoke_of_who_owns_no_function_says_nothing_of_lambda(registry: Registry, repo: Repository) -> None:
    repo.grant_lambda([OTHER])
    repo.grant_pull(AccountPrincipal(THIRD))
    assert not [note for note in repo.revoke(THIRD).notes if "ServicePrincipal" in note]
