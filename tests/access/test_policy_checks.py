"""What ECR would refuse is refused before any call, naming the statement and the way out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from ecrops import AccountPrincipal, Group, Registry, RepositorySpec, Role, SpecError, pull
from ecrops.testing import Cloud
from support import AT_ONCE, registry_of

from .world import FOREIGN, put_policy

GOOD = {"Sid": "good", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "ecr:BatchGetImage"}

SESSION = "arn:aws:sts::111122223333:assumed-role/nodes/i-1"

NOBODY = [
    ("arn:aws:iam::111122223333:*", "a principal has no wildcards"),
    ("arn:aws:iam::111122223333:role/*", "a principal has no wildcards, .* name the account"),
    ("arn:aws:iam::1111:role/x", "with an account of 12 digits"),
    ("arn:aws:s3:::bucket", "expected an ARN of IAM"),
    ("arn:aws:iam::111122223333:policy/x", "a principal is a user, a role or the root of an account"),
    ("arn:aws:iam::111122223333:instance-profile/x", "a principal is a user, a role or the root of an account"),
    ("arn:aws:iam::111122223333:saml-provider/x", "is an identity provider: .* in a statement 'Federated'"),
    ("arn:aws:iam::111122223333:group", "a principal is a user, a role or the root of an account"),
    ("arn:aws:iam::111122223333:user", "a principal is a user, a role or the root of an account"),
    ("arn:aws:iam::111122223333:role/", "the name of a role has 1 to 64 letters"),
    ("arn:aws:sts::111122223333:federated-user/bob", 'name the account 1.* {"aws:userid": "111122223333:bob"}'),
]
NO_ACTION = [
    ("ecr:BatchGetImages", "ECR has no action 'ecr:BatchGetImages'; did you mean ecr:BatchGetImage?"),
    ("ecr:Nope", "ECR has no action 'ecr:Nope'"),
    ("ecr:Pull", "ECR has no action 'ecr:Pull'"),
    ("ecr:Xyz*", r"ECR has no action 'ecr:Xyz\*'; if the action is new, update botocore"),
    ("ecr:GetAuthorizationTokens", "did you mean ecr:GetAuthorizationToken?"),
    ("ecr:DescribeRegistry", "ecr:DescribeRegistry is about the registry, not a repository"),
    ("ecr:GetAuth*", "means nothing that a repository has"),
]


def without(*names: str) -> dict[str, Any]:
    """A good statement, but for some of its elements."""
    return {key: value for key, value in GOOD.items() if key not in names}


WRONG: list[tuple[Any, str]] = [
    ({**GOOD, "Resource": "*"}, "Resource is not allowed"),
    ({**GOOD, "NotResource": "x"}, "NotResource is not allowed"),
    ({**GOOD, "Action": []}, "it has no Action"),
    (without("Action"), "it has no Action"),
    (without("Principal"), "it has no Principal"),
    ({**GOOD, "Effect": "allow"}, "its Effect is 'Allow' or 'Deny'"),
    ({**GOOD, "Action": "ecr:GetAuthorizationToken"}, "authorization_token.grant_read"),
    ({**GOOD, "Action": ["s3:GetObject"]}, "an action in a repository policy is ECR's"),
    ({**GOOD, "Action": [7]}, "an action is a string"),
    ({**GOOD, "Principal": {"AWS": "arn:aws:iam::111122223333:group/devs"}}, "cannot name a group"),
    ({**GOOD, "Principal": "111122223333"}, "its Principal is"),
    ({**GOOD, "Principal": {"AWS": [7]}}, "a principal is a string"),
    ("Allow", "expected a statement, a mapping"),
    ({**GOOD, "Actions": "ecr:PutImage"}, "a statement has no 'Actions'; did you mean Action?"),
    ({**GOOD, "sid": "x"}, "a statement has no 'sid'; did you mean Sid?"),
    ({**GOOD, "Sid": 7}, "its Sid is a string, got 7"),
    ({**GOOD, "NotAction": "ecr:PutImage"}, "it has both Action and NotAction"),
    ({**GOOD, "NotPrincipal": "*"}, "it has both Principal and NotPrincipal"),
    ({**GOOD, "Action": ""}, "it has no Action"),
    ({**GOOD, "Action": [""]}, "an action in a repository policy is ECR's, such as 'ecr:BatchGetImage', got ''"),
    ({**GOOD, "Action": "BatchGetImage"}, "an action in a repository policy is ECR's"),
    ({**GOOD, "Action": "ecr:"}, "an action in a repository policy is ECR's"),
    ({**without("Action"), "NotAction": []}, "it has no Action"),
    ({**without("Action"), "NotAction": "s3:GetObject"}, "an action in a repository policy is ECR's"),
    ({**GOOD, "Principal": {}}, "it has no Principal"),
    ({**GOOD, "Principal": ""}, "it has no Principal"),
    ({**GOOD, "Principal": {"AWS": []}}, "its Principal names nobody under 'AWS'"),
    ({**GOOD, "Principal": {"AWS": ""}}, "a principal is a string that is not empty"),
    ({**GOOD, "Principal": {"AWS": "*", "Service": [None]}}, "a principal is a string that is not empty, got None"),
    ({**GOOD, "Principal": {"Aws": "*"}}, "a Principal has no 'Aws'; did you mean AWS?"),
    (
        {**GOOD, "Principal": {"AWS": "nodes"}},
        "a principal of AWS is an ARN, an account of 12 digits or '\\*', got 'nodes'",
    ),
    ({**GOOD, "Principal": {"AWS": "arn:nodes"}}, "expected an ARN"),
    ({**GOOD, "Principal": {"Service": "lambda"}}, "a service is like 'codebuild.amazonaws.com', got 'lambda'"),
    ({**GOOD, "Principal": {"Service": "lambda.amazonaws.con"}}, "a service is like 'codebuild.amazonaws.com', got"),
    ({**GOOD, "Principal": {"Federated": "nobody"}}, "ARN of an identity provider, or its domain, got 'nobody'"),
    *(({**GOOD, "Principal": {"AWS": who}}, reason) for who, reason in NOBODY),
    *(({**without("Principal"), "NotPrincipal": {"AWS": who}}, reason) for who, reason in NOBODY[:-1]),
    *(({**GOOD, "Action": ["ecr:PutImage", action]}, reason) for action, reason in NO_ACTION),
    ({**without("Action"), "NotAction": "ecr:BatchGetImages"}, "no action .* did you mean ecr:BatchGetImage?"),
    ({**GOOD, "Principal": {"AWS": SESSION}}, "name the role, arn:aws:iam::111122223333:role/nodes,"),
    ({**without("Principal"), "NotPrincipal": {"AWS": []}}, "its NotPrincipal names nobody under 'AWS'"),
    ({**without("Principal"), "NotPrincipal": {"User": "x"}}, "a NotPrincipal has no 'User'"),
    ({**without("Principal"), "NotPrincipal": "ci"}, "its NotPrincipal is '\\*' or a mapping"),
    ({**GOOD, "Condition": ["x"]}, "Condition: expected {operator: {key: value}}"),
    ({**GOOD, "Condition": {"Bool": "true"}}, "got 'true' under 'Bool'"),
    ({**GOOD, "Condition": {"Bool": {}}}, "got {} under 'Bool'"),
    ({**GOOD, "Condition": {"Bool": {"aws:SecureTransport": None}}}, "at least one, as 'aws:SecureTransport'"),
    ({**GOOD, "Condition": {"Bool": {"aws:SecureTransport": []}}}, "at least one, as 'aws:SecureTransport'"),
    (
        {**GOOD, "Condition": {"StringLikes": {"a": "b"}}},
        "no condition operator 'StringLikes'; did you mean StringLike",
    ),
    ({**GOOD, "Condition": {"ForAnyValue:ArnLik": {"a": "b"}}}, "did you mean ForAnyValue:ArnLike?"),
    ({**GOOD, "Condition": {"NullIfExists": {"a": "b"}}}, "did you mean Null?"),
    ({**GOOD, "Condition": {"Bool": {"a": {1, 2}}}}, "expected JSON, got {1, 2}"),
    ({**GOOD, "Condition": {"Bool": {1: "x"}}}, "expected JSON"),
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


RIGHT: list[dict[str, Any]] = [
    {"Action": "*"},
    {"Action": ["ecr:Get*", "ECR:batch*", "ecr:?utImage", "ecr:ReplicateImage", "ecr:batchgetimage"]},
    {"Action": "ecr:*RepositoryPolicy"},
    {"Sid": "with blanks, and more"},
    {"Principal": "*"},
    {"Principal": {"AWS": ["*", "AROAEXAMPLEEXAMPLE12", "arn:aws:iam::111122223333:user/team/ci"]}},
    {"Principal": {"AWS": "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_x_0123"}},
    {"Principal": {"Service": ["a.b.amazonaws.com.cn", "x.aws.internal", "x.amazon.com", "config.c2s.ic.gov"]}},
    {"Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}},
    {"Principal": {"Service": "lambda.amazonaws.com", "Federated": "accounts.google.com", "CanonicalUser": "79a59d"}},
    {"Condition": {}},
    {"Condition": {"ForAllValues:StringLikeIfExists": {"aws:TagKeys": ["a", "b"]}, "Null": {"aws:TagKeys": False}}},
    {"Condition": {"NumericLessThanEqualsIfExists": {"aws:MultiFactorAuthAge": 3600}, "BinaryEquals": {"k": "QQ=="}}},
]


@pytest.mark.parametrize("elements", RIGHT)
def test_what_ecr_accepts_is_accepted(memory_cloud: Cloud, elements: dict[str, Any]) -> None:
    memory_cloud.client("ecr").create_repository(repositoryName="ab")
    statement = {**GOOD, **elements}
    assert registry_of(memory_cloud, dry_run=True).repository("ab").add_to_resource_policy(statement)
    assert RepositorySpec("ab", resource_policy={"Statement": statement})


def test_a_not_action_may_name_what_no_repository_has() -> None:
    for action in ("ecr:GetAuthorizationToken", "ecr:DescribeRegistry", "ecr:Batch*"):
        statement = {**without("Action"), "NotAction": action}
        assert RepositorySpec("ab", resource_policy={"Statement": statement})


@pytest.mark.parametrize("kind, arn", [("AWS", "user/ci"), ("AWS", "root"), ("Federated", "saml-provider/x")])
def test_a_principal_of_another_partition_than_the_registry_is_refused_before_any_call(
    memory_cloud: Cloud, kind: str, arn: str
) -> None:
    statement = {**GOOD, "Principal": {kind: ["*", f"arn:aws-cn:iam::111122223333:{arn}"][kind != "AWS" :]}}
    registry, document = registry_of(memory_cloud), {"Statement": [statement]}
    spec = RepositorySpec("ab", resource_policy=document)
    calls: list[tuple[Callable[[], object], str]] = [
        (lambda: registry.repository("ab").add_to_resource_policy(statement), ""),
        (lambda: registry.repository("ab").set_resource_policy(document), ""),
        (lambda: registry.ensure(spec), "ab: resource_policy: "),
    ]
    for call, path in calls:
        with pytest.raises(SpecError, match=f"^{path}arn:aws-cn:iam::.* another partition than the registry's, aws$"):
            call()
    assert memory_cloud.calls.operations() == []
    china = Registry(memory_cloud.session("cn-north-1"), dry_run=True, retry=AT_ONCE)
    assert china.plan(spec)


def test_a_not_principal_names_the_session_too_as_iam_asks_for() -> None:
    named = ["arn:aws:iam::111122223333:role/nodes", SESSION, "arn:aws:sts::111122223333:federated-user/bob"]
    statement = {"Effect": "Deny", "NotPrincipal": {"AWS": named}, "Action": "ecr:PutImage"}
    assert RepositorySpec("ab", resource_policy={"Statement": [statement]})


def test_every_reason_is_said_at_once() -> None:
    worst = {**GOOD, "Resource": "*", "Effect": "Maybe", "Action": [7], "Condition": {"Is": {"a": None}}}
    with pytest.raises(SpecError) as caught:
        RepositorySpec("ab", resource_policy={"Versions": 1, "Version": "2020", "Id": 7, "Statement": [GOOD, worst]})
    said = str(caught.value)
    for reason in ("'Versions'", "Version:", "Id:", "Resource", "Effect", "an action", "'Is'", "'a'"):
        assert reason in said


def test_a_document_is_not_changed_by_changing_what_it_was_made_from() -> None:
    given: dict[str, Any] = {
        "Statement": [{**GOOD, "Action": ["ecr:PutImage"], "Condition": {"Bool": {"a:b": "true"}}}]
    }
    spec = RepositorySpec("ab", resource_policy=given)
    given["Statement"][0]["Action"].append("ecr:DeleteRepository")
    given["Statement"][0]["Condition"]["Bool"]["a:b"] = "false"
    assert "DeleteRepository" not in str(spec.resource_policy)
    assert "false" not in str(spec.resource_policy)


@pytest.mark.parametrize("statement", [None, 7, "", {}, ["x"]])
def test_what_is_neither_a_statement_nor_a_sid_cannot_be_removed(memory_cloud: Cloud, statement: Any) -> None:
    with pytest.raises(SpecError, match="expected a statement, or the Sid of one"):
        registry_of(memory_cloud).repository("ab").remove_from_resource_policy(statement)
    assert memory_cloud.calls.operations() == []


def test_what_is_there_is_removed_by_what_it_says_whatever_that_is(memory_cloud: Cloud) -> None:
    strange = {**GOOD, "Condition": {"OperatorOfTomorrow": {"a": "b"}}}
    memory_cloud.client("ecr").create_repository(repositoryName="ab")
    put_policy(memory_cloud, "ab", strange)
    assert registry_of(memory_cloud, dry_run=True).repository("ab").remove_from_resource_policy(strange)


def test_a_reason_names_the_statement_by_its_sid() -> None:
    with pytest.raises(SpecError, match=r"resource_policy.Statement\[0\]: the statement 'good': Resource"):
        RepositorySpec("ab", resource_policy={"Statement": [{**GOOD, "Resource": "*"}]})


@pytest.mark.parametrize(
    "document, reason",
    [
        ("{}", "expected a policy document"),
        ({"Version": "2012-10-17"}, r"at least one statement; {} is no policy"),
        ({"Statement": "x"}, "expected a list of statements"),
        ({"statement": [GOOD]}, "a policy document has no 'statement'; did you mean Statement?"),
        ({"Version": "2012-10-18", "Statement": [GOOD]}, "Version: expected '2012-10-17', or the older '2008-10-17'"),
        ({"Id": 7, "Statement": [GOOD]}, "Id: expected a string, got 7"),
        (
            {"Statement": [{**GOOD, "Principal": {"AWS": [f"{n:012}" for n in range(1000)]}}]},
            "at most 10,240 characters, this one 15,",
        ),
    ],
)
def test_a_wrong_document_is_refused(document: Any, reason: str) -> None:
    with pytest.raises(SpecError, match=reason):
        RepositorySpec("ab", resource_policy=document)


@pytest.mark.parametrize(
    "sid, way_out", [(FOREIGN["Sid"], r"choose another; grant_lambda\(\)"), ("EcropsPull", "choose another$")]
)
def test_the_sid_of_anothers_statement_is_refused_before_any_call(memory_cloud: Cloud, sid: str, way_out: str) -> None:
    with pytest.raises(SpecError, match=way_out):
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
        (
            lambda: pull(Role("nodes"), attach="by-mail"),  # type: ignore[arg-type]
            "attach: expected 'inline' or 'managed', got 'by-mail'",
        ),
        (
            lambda: pull(Role("nodes"), attach=None),  # type: ignore[arg-type]
            "attach: expected 'inline' or 'managed', got None",
        ),
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
        registry_of(memory_cloud).repository("ab").grant_pull(Role("nodes"), colour="red")  # type: ignore[arg-type]


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


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("aws:SoureArn", "aws:SourceArn"),
        ("aws:SourceAcount", "aws:SourceAccount"),
        ("AWS:principalorgids", "aws:PrincipalOrgID"),
        ("aws:PrincipalTags/team", "aws:PrincipalTag/team"),
    ],
)
def test_a_misspelt_condition_key_is_refused_with_the_right_one(key: str, meant: str) -> None:
    conditions = {"StringEquals": {key: "x"}}
    reason = f"IAM has no condition key {key!r}; did you mean {meant}?"
    for make in (
        lambda: RepositorySpec("ab", resource_policy={"Statement": [{**ALLOWED, "Condition": conditions}]}),
        lambda: AccountPrincipal("111122223333", conditions=conditions),
    ):
        with pytest.raises(SpecError, match=re.escape(reason)):
            make()


@pytest.mark.parametrize(
    "key",
    [
        "aws:sourcearn",
        "aws:SourceVpce",
        "aws:PrincipalTag/SoureArn",
        "aws:BrandNew",
        "aws:SourceVpcAccount",
        "ecr:ResourceTag/a",
        "vendor:SoureArn",
    ],
)
def test_other_condition_keys_pass(key: str) -> None:
    conditions = {"StringEquals": {key: "x"}}
    assert AccountPrincipal("111122223333", conditions=conditions).conditions == conditions


ALLOWED = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "ecr:BatchGetImage"}
