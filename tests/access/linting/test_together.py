"""What the policies of a registry decide together, and what of them cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops import Role, SpecError, prefix
from ecrops.access import AccessFinding
from ecrops.testing import Cloud
from ecrops.testing.emulator.ecr import backend
from support import registry_of

from ..policies import ACCOUNT, EVERYBODY, NODES, OTHER, PULL, allow, document, have_policy
from ..world import populate

PUT = "ecr:PutImage"
CI = f"arn:aws:iam::{ACCOUNT}:user/ci"
DENY = {"Sid": "no", "Effect": "Deny", "Principal": "*", "Action": PUT}


def found(cloud: Cloud, code: str, *names: Any) -> list[AccessFinding]:
    return [finding for finding in registry_of(cloud).lint_access(*names) if finding.code == code]


def to(who: str, *actions: str, sid: str = "yes", **elements: Any) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Principal": {"AWS": who}, "Action": list(actions), **elements}


def void(cloud: Cloud, policies: list[tuple[dict[str, Any], ...]]) -> list[bool]:
    """Whether a grant of each policy is void."""
    names = [f"r{number:03}" for number in range(len(policies))]
    populate(cloud, *names)
    for name, statements in zip(names, policies, strict=True):
        have_policy(name, *statements)
    repositories = {finding.repository for finding in found(cloud, "denied-grant")}
    return [name in repositories for name in names]


# Grants that a denial makes void


def test_a_grant_that_a_denial_takes_off_in_every_request_is_void(memory_cloud: Cloud) -> None:
    populate(memory_cloud, "ab")
    have_policy("ab", to(NODES, PUT, "ecr:ListImages"), DENY)
    (finding,) = found(memory_cloud, "denied-grant")
    assert (finding.repository, finding.where) == ("ab", "repository policy, statement yes")
    assert "PutImage, and that is denied in every request by repository policy, statement no of ab" in finding.message


def test_a_denial_counts_if_it_is_about_every_request_of_the_principal(memory_cloud: Cloud) -> None:
    denials: list[tuple[dict[str, Any], bool]] = [
        (DENY, True),
        ({**DENY, "Principal": {"AWS": NODES}}, True),
        ({**DENY, "Principal": {"AWS": ACCOUNT}}, True),
        ({**DENY, "Principal": {"AWS": CI}}, False),
        ({**DENY, "Action": "ecr:ListImages"}, False),
        ({**DENY, "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}, False),
        ({**DENY, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}, False),
        ({**DENY, "Condition": {"ArnNotEquals": {"aws:PrincipalArn": CI}}}, True),
        ({**DENY, "Condition": {"ArnNotEquals": {"aws:PrincipalArn": NODES}}}, False),
        ({"Sid": "no", "Effect": "Deny", "NotPrincipal": {"AWS": [CI, ACCOUNT]}, "Action": PUT}, True),
    ]
    assert void(memory_cloud, [(to(NODES, PUT), denial) for denial, _ in denials]) == [
        is_void for _, is_void in denials
    ]


def test_everybody_who_is_named_is_looked_at(memory_cloud: Cloud) -> None:
    denial = {**DENY, "Condition": {"Bool": {"aws:PrincipalIsAWSService": "false"}}}
    statements: list[tuple[dict[str, Any], bool]] = [
        (to(OTHER, PUT), True),
        ({**EVERYBODY, "Action": PUT}, True),
        (to(ACCOUNT, PUT), False),  # it grants nothing by itself
        ({"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": PUT}, False),
    ]
    assert void(memory_cloud, [(statement, denial) for statement, _ in statements]) == [
        is_void for _, is_void in statements
    ]


def test_a_denial_of_all_but_some_is_none_of_everyone(memory_cloud: Cloud) -> None:
    populate(memory_cloud, "ab")
    denial = {"Effect": "Deny", "NotPrincipal": {"AWS": OTHER}, "Action": PUT}
    have_policy("ab", {**EVERYBODY, "Action": PUT}, denial)
    assert not found(memory_cloud, "denied-grant")


def test_a_grant_in_iam_is_void_if_it_is_denied_on_each_repository_that_it_is_about(memory_cloud: Cloud) -> None:
    populate(memory_cloud, "team/a", "team/b", "other")
    allow(memory_cloud, "user", "ci", PUT, "ecr:ListImages", on="team/*")
    have_policy("team/a", DENY)
    assert not found(memory_cloud, "denied-grant")
    have_policy("team/b", DENY)
    (finding,) = found(memory_cloud, "denied-grant")
    assert (finding.repository, finding.where) == ("", "user ci: inline policy Allow, statement 1")
    assert "lets user ci PutImage, and that is denied in every request by" in finding.message
    assert not found(memory_cloud, "denied-grant", "other")


def test_a_denial_in_iam_makes_a_grant_of_the_repository_void_and_one_of_a_group_is_said_once(
    memory_cloud: Cloud,
) -> None:
    populate(memory_cloud, "ab")
    iam = memory_cloud.client("iam")
    iam.add_user_to_group(GroupName="devs", UserName="ci")
    allow(memory_cloud, "group", "devs", PUT)
    allow(memory_cloud, "group", "devs", "ecr:Put*", effect="Deny")
    have_policy("ab", to(CI, PUT))
    assert [finding.where for finding in found(memory_cloud, "denied-grant")] == [
        "group devs: group devs: inline policy Allow, statement 1",
        "repository policy, statement yes",
    ]


# Pulls without the token


def test_who_may_pull_and_cannot_log_in_is_said_once_with_the_call(memory_cloud: Cloud) -> None:
    populate(memory_cloud, "team/a", "team/b", "other")
    for name in ("team/a", "other"):
        have_policy(name, to(NODES, *PULL))
    allow(memory_cloud, "user", "ci", *PULL, on="team/*")
    ci, nodes = found(memory_cloud, "no-login-token")
    assert (ci.repository, ci.where) == ("", "user ci")
    assert ci.message.startswith("may pull team/a, team/b, and no policy lets it log in")
    assert nodes.message.startswith("may pull other, team/a, ")
    registry_of(memory_cloud).authorization_token.grant_read(Role("nodes"))
    assert "grant_read(Role('nodes'))" in nodes.way_out
    assert [finding.where for finding in found(memory_cloud, "no-login-token")] == ["user ci"]
    assert found(memory_cloud, "no-login-token", prefix("other")) == []


def test_only_who_is_allowed_to_pull_for_certain_and_by_name_needs_the_token(memory_cloud: Cloud) -> None:
    statements = {
        "one-action": to(CI, PULL[0]),
        "condition": to(CI, *PULL, Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
        "everyone": to("*", *PULL),
        "own-account": to(ACCOUNT, *PULL),
        "named": to(CI, *PULL),
    }
    populate(memory_cloud, *statements)
    for name, statement in statements.items():
        have_policy(name, statement)
    (finding,) = found(memory_cloud, "no-login-token")
    assert finding.message.startswith("may pull named, and no policy lets it log in")


# The whole registry


def test_the_registry_policy_is_linted_too_and_once(memory_cloud: Cloud) -> None:
    populate(memory_cloud, "ab", "cd")
    statement = {
        "Sid": "replicate",
        "Effect": "Allow",
        "Principal": {"AWS": [f"arn:aws:iam::{OTHER}:root", f"arn:aws:iam::{ACCOUNT}:root"]},
        "Action": "ecr:ReplicateImage",
        "Resource": f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/*",
    }
    memory_cloud.client("ecr").put_registry_policy(policyText=document(statement))
    assert [
        (finding.repository, finding.where, finding.code) for finding in registry_of(memory_cloud).lint_access()
    ] == [("", "registry policy, statement replicate", "other-account")]


def test_all_repositories_or_some_are_linted_and_the_gravest_findings_come_first(memory_cloud: Cloud) -> None:
    populate(memory_cloud, "team/b", "team/a", "other")
    have_policy("team/a", to(ACCOUNT, PUT))
    have_policy("team/b", EVERYBODY)
    have_policy("other", EVERYBODY)
    registry = registry_of(memory_cloud)

    def names(*selected: Any, **options: Any) -> list[str]:
        return [finding.repository for finding in registry.lint_access(*selected, **options)]

    assert names() == ["other", "team/b", "team/a"]
    assert names(prefix("team/")) == ["team/b", "team/a"]
    assert names("team/a") == ["team/a"]
    assert names(ignore=["everyone"]) == ["team/a"]
    assert not registry.lint_access("team/a", ignore=["own-account"])
    assert "3 access findings" in registry.lint_access()._repr_html_()


def test_what_cannot_be_read_is_a_finding_and_hides_nothing(memory_cloud: Cloud) -> None:
    populate(memory_cloud, "ab", "cd", "ef")
    have_policy("ab", EVERYBODY)
    have_policy("ef", EVERYBODY)
    backend(ACCOUNT, "eu-west-1").repositories["ef"].policy = '{"Statement": [{"Effect": "Allow", "Principal": 7}]}'
    for operation in ("GetAccountAuthorizationDetails", "GetRegistryPolicy"):
        memory_cloud.faults.on("denied", operation=operation, times=None)
    findings = registry_of(memory_cloud).lint_access()
    assert [(finding.code, finding.repository, finding.where) for finding in findings] == [
        ("everyone", "ab", "repository policy, statement 1"),
        ("unreadable-policy", "ef", "repository policy"),
        ("unread", "", "users, roles and groups of the account"),
        ("unread", "", "registry policy"),
    ]
    assert findings[2].way_out == "allow the caller iam:GetAccountAuthorizationDetails"


def test_the_calls_are_one_listing_and_one_policy_a_repository(memory_cloud: Cloud) -> None:
    populate(memory_cloud, "ab", "cd")
    have_policy("ab", {**EVERYBODY, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}})
    memory_cloud.calls.clear()
    registry_of(memory_cloud).lint_access()
    assert sorted(memory_cloud.calls.operations()) == [
        "DescribeOrganization",
        "DescribeRepositories",
        "GetAccountAuthorizationDetails",
        "GetRegistryPolicy",
        "GetRepositoryPolicy",
        "GetRepositoryPolicy",
    ]


@pytest.mark.parametrize(
    ("names", "options", "reason"),
    [
        ((), {"ignore": ["everione"]}, "'everione' is no code of a finding; did you mean everyone?"),
        ((), {"ignore": "everyone"}, "write ['everyone']"),
        ((), {"accounts": OTHER}, f"accounts: expected a list of accounts, got '{OTHER}'; write ['{OTHER}']"),
        ((), {"accounts": ["1234"]}, "accounts[0]: expected an account of 12 digits, the ARN"),
        ((), {"accounts": [f"arn:aws:iam::{OTHER}:role/x"]}, "accounts[0]: expected an account of 12 digits, the ARN"),
        (("team/*",), {}, "write prefix('team/') for all of these"),
        ((["ab"],), {}, "one argument each: write lint_access(*names)"),
    ],
)
def test_bad_input_is_refused_before_any_call(
    memory_cloud: Cloud, names: tuple[Any, ...], options: dict[str, Any], reason: str
) -> None:
    with pytest.raises(SpecError) as caught:
        registry_of(memory_cloud).lint_access(*names, **options)
    assert reason in str(caught.value)
    assert not memory_cloud.calls
