"""What can never work is refused before anything is written, with the way out."""

from __future__ import annotations

import inspect
import json
import re
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

import ecrops
from ecrops import (
    AccountPrincipal,
    AnyPrincipal,
    ArnPrincipal,
    FederatedPrincipal,
    Group,
    Registry,
    Repository,
    RepositorySpec,
    Role,
    SpecError,
    User,
    pull,
)
from ecrops.iam.statements import statements
from ecrops.testing import Cloud
from support import AT_ONCE, registry_of

from .world import OTHER, OTHER_ROLE, populate, repository_policy

FUNCTIONS = f"arn:aws:lambda:eu-west-1:{OTHER}:function"


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process only: what goes over the wire is the same as in the tests of grants."""
    return memory_cloud


@pytest.fixture
def repo(cloud: Cloud) -> Repository:
    """A repository that is not there: nothing gets so far."""
    return registry_of(cloud).repository("team/a")


@pytest.mark.parametrize(
    "options, reason",
    [
        ({"account": ""}, "account: an account is 12 digits in a string, got ''"),
        ({"account": 111122223333}, "account: an account is 12 digits"),
        ({"account": OTHER, "function_arn_pattern": 7}, "function_arn_pattern: expected the ARN of functions, such as"),
        ({"function_arn_pattern": "web-*"}, "function_arn_pattern: expected an ARN"),
        (
            {"account": OTHER, "function_arn_pattern": f"{FUNCTIONS}:"},
            "expected the ARN of functions, such as .*:function",
        ),
        ({"function_arn_pattern": f"arn:aws:lambda:eu-west-1:{OTHER}:layer:x"}, "expected the ARN of functions"),
        ({"function_arn_pattern": f"arn:aws-cn:lambda:eu-west-1:{OTHER}:function:x"}, "expected the ARN of functions"),
        (
            {"function_arn_pattern": f"arn:aws:lambda:us-east-1:{OTHER}:function:x"},
            "in us-east-1, the repository in",
        ),
        (
            {"account": "999988887777", "function_arn_pattern": f"{FUNCTIONS}:x"},
            "of account 999988887777, got",
        ),
        ({"function_arn_pattern": f"{FUNCTIONS}:x"}, "expected functions of account 123456789012, got"),
    ],
)
def test_functions_that_could_never_run_an_image_are_refused(
    repo: Repository, cloud: Cloud, options: dict[str, Any], reason: str
) -> None:
    with pytest.raises(SpecError, match=reason):
        repo.grant_lambda(**options)
    assert set(cloud.calls.operations()) <= {"GetCallerIdentity"}


def test_both_reasons_about_functions_are_said_at_once(repo: Repository) -> None:
    with pytest.raises(SpecError) as caught:
        repo.grant_lambda("1", function_arn_pattern="x")
    assert [reason.partition(":")[0] for reason in caught.value.reasons] == ["account", "function_arn_pattern"]


@pytest.mark.parametrize("region", ["eu-west-1", "eu-*", "*"])
def test_functions_of_this_region_among_others_are_granted(cloud: Cloud, region: str) -> None:
    populate(cloud, "ab")
    pattern = f"arn:aws:lambda:{region}:{OTHER}:function:web-*"
    assert registry_of(cloud).repository("ab").grant_lambda(OTHER, function_arn_pattern=pattern)
    assert pattern in str(statements(repository_policy(cloud.client("ecr"), "ab") or {}))


@pytest.mark.parametrize(
    "who",
    [
        f"arn:aws-cn:iam::{OTHER}:root",
        f"arn:aws-us-gov:iam::{OTHER}:role/nodes",
        ArnPrincipal(f"arn:aws-cn:iam::{OTHER}:user/ci"),
        FederatedPrincipal(f"arn:aws-cn:iam::{OTHER}:saml-provider/x"),
    ],
)
def test_nobody_of_another_partition_is_let_in(cloud: Cloud, repo: Repository, who: Any) -> None:
    for verb in (repo.grant_pull, repo.revoke):
        with pytest.raises(SpecError, match=r"is of another partition than the registry's, aws$"):
            verb(who)
    with pytest.raises(SpecError, match=r"team/a: grants\[0\]: .* of another partition"):
        registry_of(cloud).plan(RepositorySpec("team/a", grants=[pull(who)]))
    assert set(cloud.calls.operations()) <= {"GetCallerIdentity"}


@pytest.mark.parametrize("region, partition", [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_who_is_of_the_partition_of_the_registry_is_let_in(cloud: Cloud, region: str, partition: str) -> None:
    cloud.client("ecr", region).create_repository(repositoryName="ab")
    repo = Registry(cloud.session(region), retry=AT_ONCE).repository("ab")
    assert repo.grant_pull(f"arn:{partition}:iam::{OTHER}:root")
    assert not repo.grant_pull(AccountPrincipal(OTHER))
    assert repo.grant_lambda(function_arn_pattern=f"arn:{partition}:lambda:{region}:123456789012:function:*")


@pytest.mark.parametrize(
    "arn, reason",
    [
        (f"arn:aws:iam::{OTHER}:mfa/ci", "a principal is a user, a role or the root of an account"),
        (f"arn:aws:iam::{OTHER}:policy/x", "a principal is a user, a role or the root of an account"),
        (f"arn:aws:iam::{OTHER}:oidc-provider/x", "is an identity provider: use FederatedPrincipal"),
    ],
)
def test_an_arn_that_is_nobodys_is_refused(arn: str, reason: str) -> None:
    with pytest.raises(SpecError, match=reason):
        ArnPrincipal(arn)


@pytest.mark.parametrize(
    "on, reason",
    [("Team/*", "on: expected a wildcard"), (7, "on: expected a wildcard"), ("web/*", "on: 'web/[*]' does not match")],
)
def test_a_wildcard_that_is_wrong_is_refused_in_a_revoke_as_in_a_grant(
    repo: Repository, cloud: Cloud, on: Any, reason: str
) -> None:
    for verb in (repo.grant_pull, repo.revoke):
        with pytest.raises(SpecError, match=reason):
            verb(Role("nodes"), on=on)
    assert set(cloud.calls.operations()) <= {"GetCallerIdentity"}


def test_a_wildcard_that_misses_is_refused_before_any_call_and_in_a_spec_when_it_is_made(
    repo: Repository, cloud: Cloud
) -> None:
    with pytest.raises(SpecError, match=r"on: 'x/[*]' does not match the repository 'team/a'"):
        repo.grant_pull(User("ci"), on="x/*")
    assert cloud.calls.operations() == []
    with pytest.raises(SpecError, match=r"^grants\[0\].on: 'x/[*]' does not match the repository 'team/a'"):
        RepositorySpec("team/a", grants=[pull(User("ci"), on="x/*")])
    with pytest.raises(SpecError) as caught:
        RepositorySpec.from_dict({"grants": [{"allow": "pull", "principal": {"user": "ci"}, "on": "x/*"}]})
    assert caught.value.reasons == ("name: is missing",)


@pytest.mark.parametrize("verb", ["grant", "revoke"])
def test_actions_that_are_given_otherwise_are_refused_with_how_they_are(
    repo: Repository, cloud: Cloud, verb: str
) -> None:
    call = getattr(repo, verb)
    for listed in (["ecr:ListImages"], ("ecr:ListImages",), {"ecr:ListImages"}):
        with pytest.raises(SpecError, match=rf"give actions one by one, {verb}\(principal, \*actions\)"):
            call(Group("devs"), listed)
    with pytest.raises(SpecError) as caught:
        call(User("ci"), "ecr:ListImage")
    assert str(caught.value) == "actions: ECR has no action 'ecr:ListImage'; did you mean ecr:ListImages?"
    three = "'ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'$"
    with pytest.raises(SpecError, match=f"'pull' is a word of who_can: grant_pull grants its actions, {three}"):
        call(Role("nodes"), "pull")
    with pytest.raises(SpecError, match="grant_pull_push grants its actions"):
        call(Role("nodes"), "pull_push")
    assert cloud.calls.operations() == []


@pytest.mark.parametrize("thing", [ecrops.pull, ecrops.push, ecrops.read, ecrops.pull_push])
def test_help_lists_the_options_of_a_grant(thing: Any) -> None:
    for said in (thing.__doc__, getattr(Repository, f"grant_{thing.__name__}").__doc__):
        assert all(f"``{option}``" in said for option in ("on", "attach", "policy_name", "session"))


VERBS = [name for name in dir(Repository) if name.startswith("grant") and name != "grant_lambda"]


@pytest.mark.parametrize(
    "thing",
    [ecrops.pull, *(getattr(Repository, name) for name in (*VERBS, "revoke"))],
    ids=lambda thing: thing.__name__,
)
def test_the_signature_lists_the_options_of_a_grant(thing: Any) -> None:
    parameters = inspect.signature(thing).parameters
    assert {"on", "attach", "policy_name", "session"} <= parameters.keys()
    defaults = [parameters[name].default for name in ("on", "attach", "policy_name", "session")]
    assert defaults == [None, "inline", "ecrops", None]


def test_a_verb_does_not_take_none_for_its_default(repo: Repository, cloud: Cloud) -> None:
    for verb in (repo.grant_pull, repo.revoke):
        with pytest.raises(SpecError, match=r"^attach: expected 'inline' or 'managed', got None$"):
            verb(Role("nodes"), attach=None)  # type: ignore[arg-type]
    assert cloud.calls.operations() == []


def test_a_function_that_makes_a_grant_names_the_option_that_was_meant() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'polcy_name'; did you mean policy_name"):
        pull(Role("nodes"), polcy_name="x")  # type: ignore[arg-type]


SSO = "aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Dev_0123456789abcdef"
SERVICE_LINKED = "aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"


@pytest.mark.parametrize("role", [SSO, SERVICE_LINKED])
def test_a_role_that_aws_manages_is_granted_on_the_repository_alone(cloud: Cloud, role: str) -> None:
    cloud.emulator.make_principals(role=role)
    populate(cloud, "ab")
    registry, arn = registry_of(cloud), f"arn:aws:iam::123456789012:role/{role}"
    for who in (Role(role), Role(arn)):
        for grant in (registry.repository("ab").grant_pull, registry.authorization_token.grant_read):
            with pytest.raises(SpecError, match=r"a role that AWS manages.*ArnPrincipal"):
                grant(who)
    assert set(cloud.calls.operations()) <= {"GetCallerIdentity"}
    (note,) = registry.repository("ab").grant_pull(ArnPrincipal(arn)).notes
    assert "which no repository policy can grant: its permission set in IAM Identity Center" in note
    assert registry.repository("ab").grant_pull(f"arn:aws:iam::{OTHER}:role/team/nodes")
    other = f"arn:aws:iam::{OTHER}:role/{role}"
    cloud.emulator.at(account=OTHER).make_principals(role=role)
    assert registry.repository("ab").grant_pull(other), "in another account it is the repository that names it"
    with pytest.raises(SpecError, match="a role that AWS manages"):
        registry.repository("ab").grant_pull(other, session=cloud.session(account=OTHER))


@pytest.mark.parametrize("operation, attach", [("PutRolePolicy", "inline"), ("AttachRolePolicy", "managed")])
def test_a_role_whose_name_does_not_say_that_aws_manages_it_is_refused_with_the_way_out(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, operation: str, attach: Any
) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")

    def protected(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "UnmodifiableEntity", "Message": "protected"}}, operation)

    monkeypatch.setattr(repo.registry.aws.client("iam"), xform_name(operation), protected)
    with pytest.raises(ClientError, match="UnmodifiableEntity") as caught:
        repo.grant_pull(Role("nodes"), attach=attach)
    assert any(note.startswith("AWS manages the role nodes: ArnPrincipal(") for note in caught.value.__notes__)


@pytest.mark.parametrize(
    "action, only",
    [
        ("ecr:GetAuth*", "only GetAuthorizationToken"),
        ("ecr:*RegistryP*", "only DeleteRegistryPolicy, GetRegistryPolicy, PutRegistryPolicy"),
        ("ecr:*PullThrough*", "only CreatePullThroughCacheRule, "),
    ],
)
def test_a_wildcard_that_means_nothing_of_a_repository_is_refused(
    repo: Repository, cloud: Cloud, action: str, only: str
) -> None:
    with pytest.raises(SpecError, match=f"means nothing that a repository has, {only}"):
        repo.grant(User("ci"), action)
    assert cloud.calls.operations() == []


@pytest.mark.parametrize("session", ["x", "", {"region": "eu-west-1"}, 0])
def test_what_is_no_session_is_refused(repo: Repository, cloud: Cloud, session: Any) -> None:
    for verb in (repo.grant_pull, repo.revoke, registry_of(cloud).authorization_token.grant_read):
        with pytest.raises(SpecError, match=r"session: expected a boto3\.Session"):
            verb(Role(OTHER_ROLE), session=session)
    assert cloud.calls.operations() == []


@pytest.mark.parametrize("option", ["allow", "conditions", "polcy_name"])
def test_an_option_that_a_verb_has_not_is_named_with_those_it_has(repo: Repository, option: str) -> None:
    with pytest.raises(SpecError, match=f"{option}: unknown option; (expected one of on, |did you mean policy_name)"):
        repo.grant_pull(Role("nodes"), **{option: "x"})  # type: ignore[arg-type]
    with pytest.raises(SpecError, match=f"{option}: unknown option; "):
        repo.revoke(Role("nodes"), **{option: "x"})  # type: ignore[arg-type]


VARIABLE = {"StringNotLike": {"aws:PrincipalTag/team": "${aws:ResourceTag/blocked}"}}


@pytest.mark.parametrize("version", [{"Version": "2008-10-17"}, {}])
def test_a_variable_is_not_written_where_it_would_be_plain_text(cloud: Cloud, version: dict[str, str]) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    theirs = {"Effect": "Allow", "Action": "ecr:BatchGetImage"}
    here = {**version, "Statement": [{**theirs, "Principal": {"Service": "lambda.amazonaws.com"}}]}
    cloud.client("ecr").set_repository_policy(repositoryName="ab", policyText=json.dumps(here))
    there = json.dumps({**version, "Statement": [{**theirs, "Resource": "*"}]})
    cloud.emulator.keep_policy("ci", "ecrops", there)
    cloud.calls.clear()
    for who, path, way_out in (
        (AccountPrincipal(OTHER, conditions=VARIABLE), "ab: ", "set_resource_policy writes it"),
        (User("ci", conditions=VARIABLE), "user ci policy ecrops: ", "or give another policy_name="),
    ):
        said = f"^{path}the policy has the Version 2008-10-17, .* plain text.*{way_out}"
        with pytest.raises(SpecError, match=said):
            repo.grant_pull(who)
        assert not repo.revoke(who)
    assert cloud.calls.writes() == []
    assert repo.grant_pull(AccountPrincipal(OTHER))
    assert repo.set_resource_policy({**here, "Version": "2012-10-17"})
    assert repo.grant_pull(AccountPrincipal(OTHER, conditions=VARIABLE))
    assert repo.grant_pull(User("ci", conditions=VARIABLE), policy_name="other")


def test_a_statement_of_somebody_may_have_what_is_plain_text(cloud: Cloud) -> None:
    populate(cloud, "ab")
    theirs = {"Effect": "Deny", "Principal": "*", "Action": "ecr:PutImage", "Condition": VARIABLE}
    here = {"Version": "2008-10-17", "Statement": [theirs]}
    repo = registry_of(cloud).repository("ab")
    assert repo.set_resource_policy(here)
    assert repo.add_to_resource_policy({**theirs, "Action": "ecr:BatchDeleteImage"})
    spec = RepositorySpec("ab", resource_policy=here, grants=[pull(AccountPrincipal(OTHER, conditions=VARIABLE))])
    with pytest.raises(SpecError, match=r"^ab: the policy has the Version 2008-10-17"):
        registry_of(cloud).plan(spec)


@pytest.mark.parametrize("who", [User("nobody"), Role("nobody"), Group("nobody")])
def test_for_somebody_who_is_not_there_no_managed_policy_is_made(cloud: Cloud, who: User | Role | Group) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")
    with pytest.raises(
        ClientError, match=r"when calling the ListAttached(User|Role|Group)Policies operation"
    ) as caught:
        repo.grant_pull(who, attach="managed")
    assert caught.value.response["Error"]["Code"] == "NoSuchEntity"
    assert "pull ab" in caught.value.__notes__[0]
    assert (
        f"there is no {who} in the registry's account: make it first, or correct the name" in caught.value.__notes__[1]
    )
    assert cloud.calls.writes() == []
    assert not repo.revoke(who, attach="managed")


@pytest.mark.parametrize(
    "operation, says",
    [("CreatePolicy", "the account has as many"), ("AttachRolePolicy", "the role has as many .* 10 unless it was")],
)
def test_a_quota_of_managed_policies_is_said_with_the_way_out(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, operation: str, says: str
) -> None:
    populate(cloud, "ab")
    repo = registry_of(cloud).repository("ab")

    def full(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "LimitExceeded", "Message": "quota"}}, operation)

    monkeypatch.setattr(repo.registry.aws.client("iam"), xform_name(operation), full)
    with pytest.raises(ClientError, match="LimitExceeded") as caught:
        repo.grant_pull(Role("nodes"), attach="managed")
    assert any(re.search(says, note) and "on='team/*'" in note for note in caught.value.__notes__)


@pytest.mark.parametrize(
    "who",
    [OTHER, ArnPrincipal(OTHER_ROLE), "codebuild.amazonaws.com", "o-a1b2c3d4e5", AnyPrincipal(public=True)],
)
@pytest.mark.parametrize(
    "options", [{"on": "team/*"}, {"attach": "managed"}, {"policy_name": "x"}, {"session": boto3.Session()}]
)
def test_what_is_said_of_a_policy_of_iam_is_refused_for_who_has_none(
    repo: Repository, cloud: Cloud, who: Any, options: dict[str, Any]
) -> None:
    (option,) = options
    for verb in (repo.grant_pull, repo.revoke, lambda who, **options: pull(who, **options)):
        with pytest.raises(SpecError, match=f"{option}: this is about a policy of IAM, and .* has none"):
            verb(who, **options)
    assert cloud.calls.operations() == []


def test_every_option_that_would_do_nothing_is_said() -> None:
    with pytest.raises(SpecError) as caught:
        pull(OTHER, on="team/*", policy_name="x")
    assert [reason.partition(":")[0] for reason in caught.value.reasons] == ["on", "policy_name"]
