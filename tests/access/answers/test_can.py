"""Whether somebody can do something with a repository: yes, no, or it depends; and why."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import AccountPrincipal, ArnPrincipal, Group, Role, ServicePrincipal, SpecError, User
from ecrops.repository import Repository
from ecrops.testing import Cloud
from support import cases, registry_of
from tests.access.world import OTHER

from .support import (
    ARN,
    GET,
    HERE,
    LAYER,
    LOGIN,
    NAME,
    NODES,
    NODES_THERE,
    OFFICE,
    PULL,
    TOKEN,
    Json,
    asked,
    document,
    give,
    keep,
    let,
)

DENY = {"Sid": "Closed", "Effect": "Deny", "Principal": "*", "Action": GET}
ROLE_PULLS = {"Effect": "Allow", "Principal": {"AWS": NODES}, "Action": [GET, LAYER]}
SESSION = f"arn:aws:sts::{HERE}:assumed-role/nodes/i-0abc"
THERE_PULLS = {"Effect": "Allow", "Principal": {"AWS": NODES_THERE}, "Action": [GET, LAYER]}


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process only: what goes over the wire is the same as in the tests of grants."""
    return memory_cloud


@pytest.fixture
def repo(cloud: Cloud) -> Repository:
    return asked(cloud)


def bound(cloud: Cloud, *statements: Json) -> None:
    """Limit the role by a boundary."""
    iam = cloud.client("iam")
    arn = iam.create_policy(PolicyName="limit", PolicyDocument=document(*statements))["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="nodes", PermissionsBoundary=arn)


# Yes and no


def test_a_role_can_pull_by_whatever_policies_allow_it_together(cloud: Cloud, repo: Repository) -> None:
    give(cloud, "role", "nodes", TOKEN)
    let(cloud, {**ROLE_PULLS, "Sid": "Nodes"})
    answer = repo.can(Role("nodes"), "pull")
    assert answer.allowed is True
    assert answer
    assert (answer.missing, answer.denied_by, answer.depends_on) == ((), (), ())
    assert answer.because == (
        f"repository policy, statement Nodes allows role nodes {GET}, {LAYER}",
        f"role nodes: inline policy p, statement 1 allows {LOGIN}",
    )


def test_what_is_missing_is_told_with_a_statement_and_its_place(cloud: Cloud, repo: Repository) -> None:
    give(cloud, "role", "nodes", PULL)
    answer = repo.can(Role("nodes"), "pull")
    assert answer.allowed is False
    assert not answer
    (lack,) = answer.missing
    assert (lack.actions, lack.statement) == ((LOGIN,), TOKEN)
    assert lack.where == f"an identity policy of role nodes, in account {HERE}"
    assert answer.because == (
        f"role nodes: inline policy p, statement 1 allows {GET}, {LAYER}",
        f"missing: {LOGIN}, in {lack.where}",
    )


def test_what_denies_is_told(cloud: Cloud, repo: Repository) -> None:
    give(cloud, "role", "nodes", PULL, TOKEN)
    let(cloud, DENY)
    answer = repo.can(Role("nodes"), "pull")
    assert answer.allowed is False
    assert answer.denied_by == (f"repository policy, statement Closed denies role nodes {GET}",)
    assert answer.because[0] == answer.denied_by[0]
    assert answer.missing == ()
    assert repo.can(Role("nodes"), LAYER)


def added(cloud: Cloud, answer: Any, account: str | None, kind: str, name: str) -> None:
    """Add what is missing where it is said to be missing."""
    of_repository = [dict(lack.statement) for lack in answer.missing if "Principal" in lack.statement]
    of_caller = [dict(lack.statement) for lack in answer.missing if "Principal" not in lack.statement]
    for lack in answer.missing:
        assert (lack.where == f"the policy of repository {NAME}") == ("Principal" in lack.statement)
    if of_repository:
        let(cloud, *of_repository)
    if of_caller:
        give(cloud, kind, name, *of_caller, account=account)


PRINCIPALS: list[tuple[Any, str | None, str, str]] = [
    (Role("nodes"), None, "role", "nodes"),
    (User("ci"), None, "user", "ci"),
    (Group("devs"), None, "group", "devs"),
    (ServicePrincipal("lambda.amazonaws.com"), None, "", ""),
    (Role(NODES_THERE), OTHER, "role", "nodes"),
]


@pytest.mark.parametrize(
    "principal, account, kind, name, verb",
    [
        *((*principal, verb) for principal in PRINCIPALS for verb in ("pull", "ecr:*")),
        *((*PRINCIPALS[0], verb) for verb in ("read", "push", "pull_through_cache", "change_policies")),
    ],
)
def test_what_is_missing_makes_it_a_yes(
    cloud: Cloud, repo: Repository, principal: Any, account: str | None, kind: str, name: str, verb: str
) -> None:
    session = cloud.session(account=account) if account else None
    before = repo.can(principal, verb, session=session)
    assert before.allowed is False
    added(cloud, before, account, kind, name)
    after = repo.can(principal, verb, session=session)
    assert (after.allowed, after.missing) == (True, ()), str(after)


def test_a_boundary_limits_what_is_allowed_and_is_the_place_of_what_is_missing(cloud: Cloud, repo: Repository) -> None:
    give(cloud, "role", "nodes", PULL, TOKEN)
    bound(cloud, PULL)
    answer = repo.can(Role("nodes"), "pull")
    assert answer.allowed is False
    assert [(lack.where, lack.statement) for lack in answer.missing] == [
        ("the permissions boundary limit of role nodes", TOKEN)
    ]


def test_an_allowance_of_everyone_is_not_known_to_pass_a_boundary(cloud: Cloud, repo: Repository) -> None:
    give(cloud, "role", "nodes", TOKEN)
    bound(cloud, TOKEN)
    let(cloud, {"Effect": "Allow", "Principal": "*", "Action": [GET, LAYER]})
    answer = repo.can(Role("nodes"), "pull")
    assert answer.allowed is None
    assert answer.depends_on == (
        "whether a permissions boundary limits an allowance of everyone (AWS documents it nowhere)",
    )


def test_an_allowance_of_everyone_depends_on_its_condition_alone_where_no_boundary_can_limit_it(
    cloud: Cloud, repo: Repository
) -> None:
    everyone = {"Effect": "Allow", "Principal": "*", "Action": GET}
    let(cloud, {**everyone, "Condition": OFFICE})
    assert repo.can(User("ci"), GET).depends_on == ("aws:SourceIp",)
    bound(cloud, TOKEN)
    let(cloud, {**everyone, "Condition": {**OFFICE, "ArnLike": {"aws:PrincipalArn": NODES}}})
    assert repo.can(Role("nodes"), GET).depends_on == ("aws:SourceIp",)


def test_an_allowance_of_the_own_account_only_delegates(cloud: Cloud, repo: Repository) -> None:
    let(cloud, {"Sid": "Us", "Effect": "Allow", "Principal": {"AWS": HERE}, "Action": "ecr:*"})
    answer = repo.can(Role("nodes"), GET)
    assert answer.allowed is False
    assert answer.because[0] == (
        f"repository policy, statement Us allows role nodes {GET}; it names the account alone, so that an identity "
        "policy has to allow it too"
    )


def test_whether_an_allowance_of_the_registry_policy_is_enough_is_not_known(cloud: Cloud, repo: Repository) -> None:
    statement = {"Sid": "Cache", "Effect": "Allow", "Principal": {"AWS": NODES}, "Action": "ecr:*", "Resource": ARN}
    cloud.client("ecr").put_registry_policy(policyText=document(statement))
    answer = repo.can(Role("nodes"), GET)
    assert answer.allowed is None
    assert answer.depends_on == ("whether an allowance of the registry policy is enough (AWS documents it nowhere)",)
    cloud.client("ecr").put_registry_policy(policyText=document({**statement, "Effect": "Deny"}))
    give(cloud, "role", "nodes", PULL)
    assert repo.can(Role("nodes"), GET).denied_by == (f"registry policy, statement Cache denies role nodes {GET}",)


def test_the_wish_of_the_field_is_answered(cloud: Cloud, repo: Repository) -> None:
    """Case W6: both sides, foreign IAM policies, denies and boundaries, and by what."""
    (wish,) = [case for case in cases("public") if case["id"] == "W6"]
    assert wish["expect"] == "can(principal, action) -> allowed/denied and by what"
    iam = cloud.client("iam")
    arn = iam.create_policy(PolicyName="foreign", PolicyDocument=document(PULL, TOKEN))["Policy"]["Arn"]
    iam.attach_group_policy(GroupName="devs", PolicyArn=arn)
    assert repo.can(User("ci"), "pull").allowed is False
    iam.add_user_to_group(GroupName="devs", UserName="ci")
    answer = repo.can(User("ci"), "pull")
    assert answer.allowed is True
    assert answer.because[0].startswith("group devs: managed policy foreign, statement 1 allows ")


# Other accounts


def test_of_another_account_this_side_alone_may_say_no(cloud: Cloud, repo: Repository) -> None:
    answer = repo.can(Role(NODES_THERE), "pull")
    assert (answer.allowed, answer.principal) == (False, f"role nodes of {OTHER}")
    assert [lack.where for lack in answer.missing] == [
        f"the policy of repository {NAME}",
        *[f"an identity policy of role nodes, in account {OTHER}"] * 2,
    ]


def test_of_another_account_what_has_to_hold_there_is_told(cloud: Cloud, repo: Repository) -> None:
    let(cloud, THERE_PULLS)
    answer = repo.can(Role(NODES_THERE), "pull")
    assert answer.allowed is None
    assert answer.depends_on == (f"the policies of role nodes of {OTHER}, which were not read (session= reads them)",)
    assert [lack.statement for lack in answer.missing] == [PULL, TOKEN]
    assert not any(lack.is_known for lack in answer.missing)  # it may be allowed there already
    assert f"\n  needed: {GET}, {LAYER}, in an identity policy of role nodes, in account {OTHER}\n" in str(answer)
    assert "missing:" not in str(answer)
    let(cloud, THERE_PULLS, DENY)
    assert repo.can(Role(NODES_THERE), "pull").allowed is False


def test_with_a_session_both_sides_are_read(cloud: Cloud, repo: Repository) -> None:
    let(cloud, THERE_PULLS)
    there = cloud.session(account=OTHER)
    assert repo.can(Role(NODES_THERE), "pull", session=there).allowed is False
    give(cloud, "role", "nodes", PULL, account=OTHER)
    answer = repo.can(Role("nodes"), "pull", session=there)
    assert answer.because == (
        f"role nodes of {OTHER}: inline policy p, statement 1 allows {GET}, {LAYER}",
        f"repository policy, statement 1 allows role nodes of {OTHER} {GET}, {LAYER}",
        f"missing: {LOGIN}, in an identity policy of role nodes, in account {OTHER}",
    )
    give(cloud, "role", "nodes", PULL, TOKEN, account=OTHER)
    assert repo.can(Role("nodes"), "pull", session=there).allowed is True
    assert repo.can(f"arn:aws:sts::{OTHER}:assumed-role/nodes/i-0abc", "pull", session=there).allowed is True
    give(cloud, "role", "nodes", PULL, {**TOKEN, "Condition": OFFICE}, account=OTHER)
    answer = repo.can(Role("nodes"), "pull", session=there)
    assert (answer.depends_on, answer.missing) == (("aws:SourceIp",), ())


def test_only_the_side_that_is_not_certain_is_told(cloud: Cloud, repo: Repository) -> None:
    there = cloud.session(account=OTHER)
    by_agent = {"StringEquals": {"aws:UserAgent": "x"}}
    let(cloud, {**THERE_PULLS, "Condition": OFFICE})
    give(cloud, "role", "nodes", PULL, {**PULL, "Condition": by_agent}, account=OTHER)
    assert repo.can(Role("nodes"), GET, session=there).depends_on == ("aws:SourceIp",)
    let(cloud, THERE_PULLS, {**THERE_PULLS, "Condition": OFFICE})
    give(cloud, "role", "nodes", {**PULL, "Condition": by_agent}, account=OTHER)
    assert repo.can(Role("nodes"), GET, session=there).depends_on == ("aws:UserAgent",)


def test_a_session_of_the_wrong_account_is_refused(cloud: Cloud, repo: Repository) -> None:
    there = cloud.session(account=OTHER)
    with pytest.raises(SpecError, match=f"session: expected one for account {HERE}, got one for {OTHER}"):
        repo.can(Role(NODES), "pull", session=there)
    with pytest.raises(SpecError, match=r"lambda\.amazonaws\.com is none; ask about one of them"):
        repo.can("lambda.amazonaws.com", "pull", session=there)
    with pytest.raises(SpecError, match=r"expected a boto3\.Session, got 'there'"):
        repo.can(Role("nodes"), "pull", session="there")  # type: ignore[arg-type]


def test_tags_and_organizations_are_read_for_the_policies_of_another_account(cloud: Cloud, repo: Repository) -> None:
    repo.add_tags(team="red")
    let(cloud, THERE_PULLS)
    tagged = {"StringEquals": {"aws:ResourceTag/team": "red"}}
    give(cloud, "role", "nodes", {**PULL, "Condition": tagged}, TOKEN, account=OTHER)
    assert repo.can(Role(NODES_THERE), "pull", session=cloud.session(account=OTHER)).allowed is True
    repo.add_tags(team="blue")
    assert repo.can(Role(NODES_THERE), "pull", session=cloud.session(account=OTHER)).allowed is False
    made = cloud.client("organizations", account=OTHER).create_organization(FeatureSet="ALL")["Organization"]
    give(cloud, "role", "nodes", PULL, TOKEN, account=OTHER)
    for organization, allowed in ((made["Id"], True), ("o-9999999999", False)):
        let(cloud, {**THERE_PULLS, "Condition": {"StringEquals": {"aws:PrincipalOrgID": organization}}})
        assert repo.can(Role(NODES_THERE), "pull", session=cloud.session(account=OTHER)).allowed is allowed


# It depends


def test_a_condition_on_what_is_not_known_makes_it_depend(cloud: Cloud, repo: Repository) -> None:
    give(cloud, "role", "nodes", {**PULL, "Condition": OFFICE}, TOKEN)
    answer = repo.can(Role("nodes"), "pull")
    assert (answer.allowed, bool(answer), answer.depends_on) == (None, False, ("aws:SourceIp",))
    assert str(answer).startswith(f"it depends: whether role nodes can pull from {NAME} depends on aws:SourceIp\n")
    assert answer.because[0].endswith(f"allows {GET}, {LAYER} if aws:SourceIp IpAddress 192.0.2.0/24")


@pytest.mark.parametrize(
    "context, allowed",
    [
        ({"AWS:sourceip": "192.0.2.7"}, True),
        ({"aws:SourceIp": ["203.0.113.1", "192.0.2.7"]}, True),
        ({"aws:SourceIp": "203.0.113.1"}, False),
        ({"aws:SourceIp": None}, False),
    ],
)
def test_what_is_known_of_a_request_decides(cloud: Cloud, repo: Repository, context: Json, allowed: bool) -> None:
    give(cloud, "role", "nodes", {**PULL, "Condition": OFFICE}, TOKEN)
    answer = repo.can(Role("nodes"), "pull", context=context)
    assert answer.allowed is allowed
    if not allowed:
        assert "would allow ecr:BatchGetImage, ecr:GetDownloadUrlForLayer, but its condition is not met" in str(answer)


def test_a_variable_of_a_resource_is_known_by_the_context_too(cloud: Cloud, repo: Repository) -> None:
    give(cloud, "role", "nodes", {**PULL, "Resource": ARN.replace("team", "${aws:SourceVpc}")})
    assert repo.can(Role("nodes"), GET).depends_on == ("aws:sourcevpc",)
    assert repo.can(Role("nodes"), GET, context={"aws:SourceVpc": "team"}).allowed is True
    assert repo.can(Role("nodes"), GET, context={"aws:SourceVpc": "other"}).allowed is False


@pytest.mark.parametrize(
    "key, operator, wanted, value",
    [
        ("aws:MultiFactorAuthPresent", "Bool", "true", True),
        ("aws:MultiFactorAuthAge", "NumericLessThan", "3600", 60),
        ("aws:MultiFactorAuthAge", "NumericEquals", "1.5", 1.5),
        ("aws:TokenIssueTime", "DateGreaterThan", "2026-01-01T00:00:00Z", datetime(2026, 1, 2, tzinfo=UTC)),
        ("aws:PrincipalOrgPaths", "ForAnyValue:StringLike", "o-1234567890/*", ["o-x/r-1/", "o-1234567890/r-1/"]),
    ],
)
def test_what_is_known_may_be_of_any_type(
    cloud: Cloud, repo: Repository, key: str, operator: str, wanted: str, value: Any
) -> None:
    give(cloud, "role", "nodes", {**PULL, "Condition": {operator: {key: wanted}}})
    assert repo.can(Role("nodes"), GET, context={key.lower(): value}).allowed is True
    assert repo.can(Role("nodes"), GET, context={key.lower(): None}).allowed is False


@pytest.mark.parametrize(
    "context, reason",
    [
        ({"aws:SourceIP": "192.0.2.7", "aws:SourceVpc": "vpc-1"}, "did you mean aws:SourceIp?"),
        ({"ecr:Nothing": 1}, "no condition of the policies that decide asks for it; expected one of aws:SourceIp"),
        ({"SourceIp": "192.0.2.7"}, "expected keys such as 'aws:SourceIp', got 'SourceIp'"),
        ({1: "x"}, "expected keys such as 'aws:SourceIp', got 1"),
        ({"aws:SourceIp": "a", "aws:sourceip": "b"}, "the same key is there twice"),
        ({"aws:SourceIp": []}, "expected at least one value; None says"),
        ({"aws:SourceIp": object}, "expected a text, a truth value, a number, a time, a list of these or None"),
        ({"aws:SourceIp": datetime(2026, 1, 2)}, "expected a time with its time zone"),
        ({"aws:SourceIp": float("nan")}, "expected a number that is finite"),
        ("aws:SourceIp", 'expected values by key, such as {"aws:SourceIp": "192.0.2.1"}, got \'aws:SourceIp\''),
    ],
)
def test_a_context_that_cannot_be_meant_is_refused(cloud: Cloud, repo: Repository, context: Any, reason: str) -> None:
    give(cloud, "role", "nodes", {**PULL, "Condition": OFFICE}, TOKEN)
    with pytest.raises(SpecError) as caught:
        repo.can(Role("nodes"), "pull", context=context)
    assert reason in str(caught.value)


def test_what_may_not_be_read_makes_it_depend(cloud: Cloud, repo: Repository) -> None:
    give(cloud, "role", "nodes", PULL, TOKEN)
    cloud.faults.on("denied", operation="GetAccountAuthorizationDetails", times=None)
    assert repo.can(Role("nodes"), "pull").allowed is True, "the role alone may still be read"
    cloud.faults.on("denied", operation="GetRole", times=None)
    answer = repo.can(Role("nodes"), "pull")
    assert answer.allowed is None
    assert answer.depends_on[0].startswith("the policies of role nodes, which could not be read (the caller may not ")
    let(cloud, DENY)
    assert repo.can(Role("nodes"), "pull").allowed is False
    cloud.faults.on("denied", operation="GetRepositoryPolicy", times=None)
    assert len(repo.can(Role("nodes"), "pull").depends_on) == 2
    cloud.faults.on("denied", operation="GetRegistryPolicy", times=None)
    answer = repo.can("lambda.amazonaws.com", "pull")
    assert answer.depends_on == tuple(
        f"{kind} policy, which cannot be read (the caller may not call ecr:Get{kind.title()}Policy)"
        for kind in ("repository", "registry")
    )


def test_a_policy_that_nobody_has_read_may_deny_what_others_allow(cloud: Cloud, repo: Repository) -> None:
    give(cloud, "role", "nodes", PULL, TOKEN)
    let(cloud, ROLE_PULLS)
    for operation in ("GetAccountAuthorizationDetails", "GetRole"):
        cloud.faults.on("denied", operation=operation, times=None)
    answer = repo.can(Role("nodes"), GET)
    assert answer.allowed is None
    (reason,) = answer.depends_on
    assert reason.startswith("the policies of role nodes, which could not be read (")
    cloud.faults.on("denied", operation="GetUser", times=None)
    let(cloud, {**DENY, "Principal": {"AWS": f"arn:aws:iam::{HERE}:user/ci"}})
    assert repo.can(User("ci"), GET).denied_by == (f"repository policy, statement Closed denies user ci {GET}",)


@pytest.mark.parametrize(
    "principal, statement, reason",
    [
        (
            "lambda.amazonaws.com",
            {"Principal": "*"},
            "whether an allowance of everyone is about services (AWS documents",
        ),
        (Role("nodes"), {"Principal": {"AWS": SESSION}}, "the name of the session (repository policy, statement 1)"),
        (
            Role("nodes"),
            {"NotPrincipal": {"AWS": HERE}},
            "whether repository policy, statement 1, which names all but some, is about role nodes",
        ),
        (OTHER, {"Principal": {"AWS": NODES_THERE}}, "which user or role calls (repository policy, statement 1)"),
    ],
)
def test_whom_a_statement_names_may_not_be_certain(
    repo: Repository, principal: Any, statement: Json, reason: str
) -> None:
    keep({"Effect": "Allow", "Action": GET, **statement})
    answer = repo.can(principal, GET)
    assert answer.allowed is None
    assert any(known.startswith(reason) for known in answer.depends_on)


def test_a_policy_that_cannot_be_parsed_makes_it_depend(cloud: Cloud, repo: Repository) -> None:
    cloud.emulator.keep_policy("ci", "old", '{"Statement": "x"}')
    answer = repo.can(User("ci"), GET)
    assert answer.allowed is None
    assert answer.depends_on[0].startswith("user ci: inline policy old, which cannot be read (Statement: expected a ")
    assert answer.because[0].startswith(
        "user ci: inline policy old cannot be read, so that it may allow or deny anything"
    )


# Who


def test_who_is_not_there_was_deleted_or_never_made(cloud: Cloud, repo: Repository) -> None:
    iam = cloud.client("iam")
    iam.create_role(RoleName="old", AssumeRolePolicyDocument="{}")
    repo.add_to_resource_policy(
        {"Sid": "Old", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{HERE}:role/old"}, "Action": [GET, LAYER]}
    )
    iam.delete_role(RoleName="old")
    answer = repo.can(Role("old"), "pull")
    assert (answer.allowed, answer.because) == (
        False,
        (f"there is no role old in account {HERE}: deleted, or never made",),
    )
    answer = repo.can(Role(NODES.replace("team/", "")), "pull")
    assert answer.because[0].endswith(f"is {NODES}, and the path is a part of an ARN")


def test_a_statement_about_a_deleted_role_is_told(cloud: Cloud, repo: Repository) -> None:
    keep({**ROLE_PULLS, "Sid": "Old", "Principal": {"AWS": "AROAJQABLZS4A3QDU576Q"}})
    for answer in (repo.can(Role("nodes"), "pull"), repo.can(Role("gone"), "pull")):
        assert any("statement Old names a deleted role (AROAJQABLZS4A3QDU576Q)" in note for note in answer.notes)
    assert not any("deleted" in note for note in repo.can(User("ci"), "pull").notes)


@pytest.mark.parametrize(
    "principal, who",
    [
        (f"arn:aws:sts::{HERE}:assumed-role/nodes/i-0abc", "session i-0abc of role nodes"),
        (f"arn:aws:sts::{HERE}:assumed-role/nodes", "role nodes"),
        (ArnPrincipal(NODES), "role nodes"),
        (NODES, "role nodes"),
    ],
)
def test_a_role_and_its_sessions_can_be_asked_about(cloud: Cloud, repo: Repository, principal: Any, who: str) -> None:
    give(cloud, "role", "nodes", PULL, TOKEN)
    answer = repo.can(principal, "pull")
    assert (answer.allowed, answer.principal) == (True, who)
    assert answer.because[0].startswith("role nodes: ")


def test_a_statement_may_name_one_session_of_a_role(cloud: Cloud, repo: Repository) -> None:
    keep({"Effect": "Allow", "Principal": {"AWS": SESSION}, "Action": GET})
    assert repo.can(SESSION, GET).allowed is True
    assert repo.can(f"{SESSION}d", GET).allowed is False
    assert repo.can(Role("nodes"), GET).allowed is None


def test_the_own_account_is_its_root_user(cloud: Cloud, repo: Repository) -> None:
    answer = repo.can(AccountPrincipal(HERE), "push")
    assert answer.allowed is True
    assert answer.because[0].startswith("the root user of the account is allowed everything")
    assert answer.notes[0].startswith(f"this is about the root user of account {HERE}: ask about its users and roles")
    let(cloud, DENY)
    assert repo.can(HERE, GET).allowed is False


def test_everyone_and_accounts_depend_on_the_policies_of_whoever_calls(cloud: Cloud, repo: Repository) -> None:
    assert repo.can("*", "pull").allowed is False
    let(cloud, {"Effect": "Allow", "Principal": "*", "Action": [GET, LAYER]})
    answer = repo.can("*", "pull")
    assert answer.depends_on == ("the policies of whoever calls",)
    assert {lack.where for lack in answer.missing} == {"an identity policy of whoever calls"}
    assert repo.can(OTHER, "pull").depends_on == (f"the policies of the users and roles of account {OTHER}",)


def test_lambda_needs_no_token(cloud: Cloud, repo: Repository) -> None:
    answer = repo.can("lambda.amazonaws.com", "pull")
    assert any(note.startswith("Lambda adds the statement itself where ") for note in answer.notes)
    assert any("its account has to be allowed the same actions" in note for note in answer.notes)
    repo.grant_lambda()
    assert repo.can("lambda.amazonaws.com", "pull").depends_on == ("aws:SourceArn",)
    function = f"arn:aws:lambda:eu-west-1:{HERE}:function:f"
    assert repo.can("lambda.amazonaws.com", "pull", context={"aws:SourceArn": function}).allowed is True


@pytest.mark.parametrize(
    "principal, reason",
    [
        ("o-1234567890", "organization o-1234567890 makes no requests, its accounts do"),
        ("cognito-identity.amazonaws.com/x", "principal: expected an ARN, an account of 12 digits, a service"),
        (f"arn:aws:iam::{HERE}:saml-provider/x", "ask about that role"),
        (f"arn:aws:sts::{HERE}:federated-user/bob", "ask about that user"),
        ("arn:aws:sts:::assumed-role/nodes/i", "is a session of a role: name the role"),
        (f"arn:aws-cn:iam::{HERE}:role/x", "is of another partition than the registry's, aws"),
        (Role("nodes", conditions={"Bool": {"aws:SecureTransport": "true"}}), "a question has none"),
        ("nodes", "a name is given as User('nodes'), Role('nodes') or Group('nodes')"),
        (None, "expected a principal, such as Role('nodes')"),
    ],
)
def test_who_makes_no_requests_is_refused(repo: Repository, principal: Any, reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        repo.can(principal, "pull")
    assert reason in str(caught.value)


def test_all_wrong_arguments_are_told_at_once(cloud: Cloud, repo: Repository) -> None:
    with pytest.raises(SpecError) as caught:
        repo.can("nodes", "pul", context=3)  # type: ignore[arg-type]
    assert len(caught.value.reasons) == 3
    assert not cloud.calls


# Notes


def test_a_group_is_a_member_with_its_policies_alone(cloud: Cloud, repo: Repository) -> None:
    give(cloud, "group", "devs", PULL, TOKEN)
    answer = repo.can(Group("devs"), "pull")
    assert answer.allowed is True
    assert answer.because[0].startswith("group devs: inline policy p, statement 1 allows ")
    assert answer.notes[0].startswith("this is about a member of group devs with the policies of the group alone")


def test_a_key_of_kms_is_told_to_be_no_matter_where_images_move(cloud: Cloud, repo: Repository) -> None:
    key = cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    registry_of(cloud).repository("secret").ensure(encryption="KMS", encryption_key=key)
    secret = registry_of(cloud).repository("secret")
    (note, _) = secret.can(User("ci"), "pull").notes
    assert note.startswith(
        f"the images are encrypted with the key {key}: who pulls or pushes needs no permission of KMS"
    )
    cloud.faults.on("denied", operation="DescribeRepositories")
    assert len(secret.can(User("ci"), "pull").notes) == 1
    assert len(secret.can(User("ci"), "read").notes) == len(repo.can(User("ci"), "pull").notes) == 1


def test_what_nobody_can_see_is_the_last_line(repo: Repository) -> None:
    answer = repo.can(User("ci"), "pull")
    assert answer.notes[-1].startswith(
        "not seen: service control policies, resource control policies, session policies"
    )
    assert str(answer).endswith(answer.notes[-1])


def test_a_token_that_is_allowed_on_a_repository_alone_is_told(cloud: Cloud, repo: Repository) -> None:
    give(cloud, "role", "nodes", {**PULL, "Action": "ecr:*", "Sid": "All"})
    note = repo.can(Role("nodes"), "pull").notes[0]
    assert note == (
        f"role nodes: inline policy p, statement All would allow {LOGIN}, but only on {ARN}, and a token has no "
        "resource: it has to be '*'"
    )
    let(cloud, {"Sid": "All", "Effect": "Allow", "Principal": {"AWS": NODES}, "Action": "ecr:*"})
    assert "no policy of a repository can allow a token" in str(repo.can(Role("nodes"), "pull"))


def test_what_some_clients_need_beside_is_told(cloud: Cloud, repo: Repository) -> None:
    assert "containerd" not in str(repo.can(User("ci"), "push"))
    repo.grant_push(User("ci"))
    assert "such as containerd and crane, need ecr:BatchGetImage too" in str(repo.can(User("ci"), "push"))
    repo.grant_pull(User("ci"))
    assert "containerd" not in str(repo.can(User("ci"), "push"))
    first = "whose repository is not there yet needs ecr:CreateRepository"
    assert first in str(repo.can(User("ci"), "pull_through_cache"))  # or who adds what is missing fails again
    repo.grant(User("ci"), "ecr:BatchImportUpstreamImage")
    assert first in str(repo.can(User("ci"), "pull_through_cache"))
    assert "whose repository" not in str(repo.can(User("ci"), "pull"))
    repo.grant_pull_through_cache(User("ci"))
    assert "whose repository" not in str(repo.can(User("ci"), "pull_through_cache"))


# Calls and forms


@pytest.mark.parametrize(
    "ask, operations",
    [
        (lambda repo: repo.can(Role("nodes"), "read"), ["GetAccountAuthorizationDetails"]),
        (lambda repo: repo.can(Role("nodes"), "pull"), ["DescribeRepositories", "GetAccountAuthorizationDetails"]),
        (lambda repo: repo.can("codebuild.amazonaws.com", "read"), []),
        (lambda repo: repo.can(HERE, "read"), []),
    ],
)
def test_few_calls_answer(
    cloud: Cloud, repo: Repository, ask: Callable[[Repository], Any], operations: list[str]
) -> None:
    ask(repo)
    made = sorted(operation for operation in cloud.calls.operations() if operation != "GetCallerIdentity")
    assert made == sorted([*operations, "GetRegistryPolicy", "GetRepositoryPolicy"])


def test_an_answer_is_a_value(cloud: Cloud, repo: Repository) -> None:
    give(cloud, "role", "nodes", PULL)
    answer = repo.can(Role("nodes"), "pull")
    assert pickle.loads(pickle.dumps(answer)) == answer
    assert answer.to_dict() == {
        "allowed": False,
        "principal": "role nodes",
        "what": "pull",
        "repository": NAME,
        "because": list(answer.because),
        "missing": [{"actions": [LOGIN], "where": answer.missing[0].where, "statement": TOKEN, "is_known": True}],
        "denied_by": [],
        "depends_on": [],
        "notes": list(answer.notes),
    }
    lines = str(answer).split("\n")
    assert lines[0] == f"no: role nodes cannot pull from {NAME}"
    assert lines[2:4] == [
        f"  missing: {LOGIN}, in an identity policy of role nodes, in account {HERE}",
        '    {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}',
    ]
    html = answer._repr_html_()
    assert f"<b>no: role nodes cannot pull from {NAME}</b>" in html
    assert html.count("<tr>") == 1 + len(answer.because) + len(answer.notes)


def test_a_long_answer_is_printed_in_part(cloud: Cloud, repo: Repository) -> None:
    give(cloud, "role", "nodes", *({**PULL, "Sid": f"S{number}"} for number in range(15)), TOKEN)
    answer = repo.can(Role("nodes"), "pull")
    assert len(answer.because) == 16
    assert str(answer).count("allows") == 12
    assert "\n  and 4 more, in .because\n" in str(answer)
    everything = repo.can(Role("nodes"), "ecr:*")
    assert " and 25 more, in an identity policy of role nodes" in str(everything)
    assert len(everything.missing[0].actions) == 32


def test_texts_of_others_are_escaped(cloud: Cloud, repo: Repository) -> None:
    give(cloud, "role", "nodes", {**PULL, "Condition": {"StringEquals": {"aws:x\x1b[2J<b>": "\x1b[0m\n<i>"}}})
    answer = repo.can(Role("nodes"), GET)
    assert answer.allowed is None
    assert "\x1b" not in str(answer)
    assert "<b>\\x1b" not in answer._repr_html_()
    assert "<i>" not in answer._repr_html_()


def test_a_repository_that_is_not_there_is_an_error(cloud: Cloud, repo: Repository) -> None:
    with pytest.raises(ClientError, match="RepositoryNotFoundException"):
        registry_of(cloud).repository("none").can(Role("nodes"), "pull")
    with pytest.raises(SpecError, match="is of another account than this registry's"):
        registry_of(cloud).repository(ARN.replace(HERE, OTHER)).can(Role("nodes"), "pull")


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEquals", "Null"])
def test_what_a_group_may_do_by_tags_depends_on_the_member(
    cloud: Cloud, repo: Repository, effect: str, operator: str
) -> None:
    value = "true" if operator == "Null" else "web"
    by_tag = {**PULL, "Effect": effect, "Condition": {operator: {"aws:PrincipalTag/team": value}}}
    give(cloud, "group", "devs", by_tag, TOKEN, *([PULL] if effect == "Deny" else []))
    assert repo.can(Group("devs"), "pull").depends_on == ("aws:PrincipalTag/team",)
    assert repo.access().who_can("pull") == ("group devs",)
    assert registry_of(cloud).access().who_can("pull", NAME, certain=True) == ()


def test_no_policy_can_allow_a_service_the_token(cloud: Cloud, repo: Repository) -> None:
    let(cloud, {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "ecr:*"})
    answer = repo.can("lambda.amazonaws.com", LOGIN)
    assert answer.allowed is False
    assert answer.missing == ()
    assert answer.notes[0] == "a service of AWS does not log in: no policy can allow it the token, and it needs none"
    assert repo.access().who_can(LOGIN) == registry_of(cloud).access().who_can(LOGIN, NAME) == ()
    assert repo.can("lambda.amazonaws.com", "pull").allowed is True


def test_no_policy_of_a_repository_can_allow_a_service_to_make_it(cloud: Cloud, repo: Repository) -> None:
    answer = repo.can("lambda.amazonaws.com", "ecr:CreateRepository")
    assert (answer.allowed, answer.missing) == (False, ())
    assert answer.notes[0] == "no policy of a repository can allow that: the repository is not there yet"


def test_what_is_too_deep_to_be_shown_is_refused_before_any_call(cloud: Cloud, repo: Repository) -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    before, registry = len(cloud.calls), registry_of(cloud)
    questions: list[Callable[[], object]] = [
        lambda: repo.can(Role("nodes"), "pull", context={"aws:SourceIp": deep}),
        lambda: repo.can(Role("nodes"), "pull", context=deep),
        lambda: registry.access(deep),
        lambda: registry.lint_access(deep),
        lambda: registry.access_changes(deep),
    ]
    for question in questions:
        with pytest.raises(SpecError, match="more than 100 levels deep"):
            question()
    assert len(cloud.calls) == before
    with pytest.raises(SpecError, match="more than 100 levels deep"):
        registry.access().who_can("pull", deep)
