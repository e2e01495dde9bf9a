"""Whether a request is allowed, from the rules and examples of IAM's guide.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from typing import Any

import pytest

from .support import (
    ACCOUNT,
    LAMBDA,
    OTHER,
    PULL,
    ROLE,
    ROOT,
    SESSION,
    THEIR_ROOT,
    THEIRS,
    TOKEN,
    USER,
    World,
    allow,
    deny,
    excepts,
    names,
    policy,
)

ARN = f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/app"


def test_nothing_is_allowed_by_nothing_but_to_the_root_user() -> None:
    world = World()
    assert [world.allows(each) for each in (USER, ROLE, SESSION, LAMBDA, THEIRS)] == [False] * 5
    assert world.allows(ROOT) is True


@pytest.mark.parametrize("owner", ["user", "group"])
def test_a_user_may_what_its_policies_and_those_of_its_groups_allow(owner: str) -> None:
    world = World(**{owner: [allow(PULL)]})
    assert world.allows(USER) is True
    assert world.allows(USER, "ecr:PutImage") is False
    assert world.allows(ROLE) is False


def test_a_session_may_what_its_role_may() -> None:
    world = World(role=[allow(PULL)])
    assert world.allows(ROLE) is True
    assert world.allows(SESSION) is True


@pytest.mark.parametrize("owner", ["user", "group", "boundary"])
def test_a_deny_wins_wherever_it_is(owner: str) -> None:
    policies: dict[str, Any] = {"user": [allow()], "boundary": [allow()], "repository": [names("Allow", USER)]}
    assert World(**policies).allows(USER) is True
    policies[owner] = [*policies.get(owner, ()), deny(PULL)]
    assert World(**policies).allows(USER) is False


@pytest.mark.parametrize("owner", ["repository", "registry"])
@pytest.mark.parametrize("caller", [USER, ROLE, SESSION, ROOT])
def test_a_deny_to_the_account_is_to_all_in_it(owner: str, caller: str) -> None:
    statement = names("Deny", ACCOUNT, Resource="*")
    world = World(user=[allow()], role=[allow()], **{owner: [statement]})
    assert world.allows(caller) is False


@pytest.mark.parametrize(
    "elements, expected",
    [
        ({"Resource": ARN}, True),
        ({"Resource": "arn:aws:ecr:*:*:repository/a??"}, True),
        ({"Resource": ARN.upper()}, False),
        ({"Resource": f"{ARN}/*"}, False),
        ({"Action": "ECR:batchgetIMAGE"}, True),
        ({"Action": "ecr:Batch*"}, True),
        ({"Resource": "arn:aws:ecr:*:*:repository/${aws:PrincipalTag/none}"}, False),
        ({"Resource": "arn:aws:ecr:*:*:repository/${aws:PrincipalTag/none, 'app'}"}, True),
        ({"Resource": "arn:aws:ecr:*:*:repository/${aws:SourceIp}"}, None),
    ],
)
def test_actions_and_resources(elements: dict[str, Any], expected: bool | None) -> None:
    assert World(user=[{**allow(), **elements}]).allows(USER) is expected


def test_all_but_some_actions_and_resources() -> None:
    others = {"Effect": "Allow", "NotAction": "ecr:Put*", "NotResource": "arn:aws:s3:::*"}
    world = World(user=[others])
    assert world.allows(USER) is True
    assert world.allows(USER, "ecr:PutImage") is False


def test_a_token_is_of_no_repository() -> None:
    assert World(user=[allow(TOKEN)]).allows(USER, TOKEN) is True
    assert World(user=[allow(TOKEN, Resource=ARN)]).allows(USER, TOKEN) is False
    assert World(user=[allow(TOKEN, Resource="**")]).allows(USER, TOKEN) is True
    assert World(user=[{"Effect": "Allow", "Action": TOKEN, "NotResource": ARN}]).allows(USER, TOKEN) is True
    assert World(repository=[names("Allow", USER)]).allows(USER, TOKEN) is False
    assert World(user=[allow()], boundary=[allow(PULL)]).allows(USER, TOKEN) is False
    assert World(user=[allow()], repository=[names("Deny", USER)]).allows(USER, TOKEN) is True


@pytest.mark.parametrize("caller, named", [(USER, USER), (USER, "AIDACI"), (SESSION, SESSION)])
def test_a_repository_policy_that_names_the_user_or_the_session_is_not_limited(caller: str, named: str) -> None:
    assert World(repository=[names("Allow", named)], boundary=[]).allows(caller) is True


@pytest.mark.parametrize("caller", [ROLE, SESSION])
@pytest.mark.parametrize("named", [ROLE, "AROANODES"])
def test_a_repository_policy_that_names_the_role_is_limited_by_a_boundary(caller: str, named: str) -> None:
    statement = names("Allow", named)
    assert World(repository=[statement]).allows(caller) is True
    assert World(repository=[statement], boundary=[]).allows(caller) is False
    assert World(repository=[statement], boundary=[allow(PULL)]).allows(caller) is True


@pytest.mark.parametrize("named", [ACCOUNT, ROOT])
def test_naming_the_own_account_leaves_it_to_its_policies(named: str) -> None:
    statement = names("Allow", named)
    assert World(repository=[statement]).allows(USER) is False
    assert World(repository=[statement], user=[allow(PULL)]).allows(USER) is True


@pytest.mark.parametrize("named", ["*", {"AWS": "*"}, {"AWS": ["*"]}])
def test_everyone_is_everyone_of_the_account(named: Any) -> None:
    statement = {"Effect": "Allow", "Principal": named, "Action": PULL}
    for caller in (USER, ROLE, SESSION):
        assert World(repository=[statement]).allows(caller) is True
        assert World(repository=[statement], boundary=[]).allows(caller) is None
        assert World(repository=[statement], boundary=[allow(PULL)]).allows(caller) is True


def test_a_boundary_does_not_limit_everyone_of_a_certain_arn() -> None:
    condition = {"ArnEquals": {"aws:PrincipalArn": ROLE}}
    world = World(repository=[names("Allow", "*", Condition=condition)], boundary=[])
    assert world.allows(SESSION) is True
    assert world.allows(USER) is False
    assert World(repository=[names("Allow", "*", Condition=condition)], boundary=[deny()]).allows(SESSION) is False


def test_who_is_deleted_is_nobody() -> None:
    world = World(repository=[names("Allow", "AIDADELETED", "AROADELETED")])
    assert [world.allows(each) for each in (USER, ROLE, SESSION)] == [False] * 3


def test_the_path_of_a_role_is_part_of_its_name() -> None:
    world = World(repository=[names("Allow", f"arn:aws:iam::{ACCOUNT}:role/nodes")])
    assert [world.allows(each) for each in (ROLE, SESSION)] == [False] * 2


def test_a_session_of_a_role_is_not_every_session() -> None:
    world = World(repository=[names("Allow", SESSION)])
    assert world.allows(f"{SESSION}0") is False
    assert world.allows(ROLE) is None


def test_across_accounts_the_other_side_is_not_known() -> None:
    for named in (THEIRS, OTHER, THEIR_ROOT, "*"):
        assert World(repository=[names("Allow", named)]).allows(THEIRS) is None
        assert World(repository=[names("Allow", named), names("Deny", OTHER)]).allows(THEIRS) is False
    assert World(repository=[names("Allow", f"arn:aws:iam::{OTHER}:user/alice")]).allows(THEIRS) is False


def test_who_is_not_in_the_details_depends() -> None:
    gone = f"arn:aws:iam::{ACCOUNT}:user/gone"
    assert World(repository=[names("Allow", gone)]).allows(gone) is None
    assert World(repository=[names("Deny", "*")]).allows(gone) is False


def test_a_service_is_allowed_by_its_name() -> None:
    named = {"Effect": "Allow", "Principal": {"Service": [LAMBDA, "codebuild.amazonaws.com"]}, "Action": PULL}
    condition = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    assert World(repository=[named]).allows(LAMBDA) is True
    assert World(repository=[named]).allows("ec2.amazonaws.com") is False
    assert World(repository=[{**named, "Condition": condition}]).allows(LAMBDA) is None
    assert World(repository=[{**named, "Condition": condition}]).allows(LAMBDA, aws__SourceAccount=ACCOUNT) is True
    assert World(repository=[names("Allow", "*")]).allows(LAMBDA) is None
    assert World(repository=[named, names("Deny", "*")]).allows(LAMBDA) is False
    condition = {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}
    assert World(repository=[named, names("Deny", "*", Condition=condition)]).allows(LAMBDA) is True


@pytest.mark.parametrize(
    "caller, excepted, expected",
    [
        (USER, ["*"], True),
        (USER, [USER], False),
        (USER, [ROOT, USER], True),
        (USER, [ROOT, "AIDACI"], True),
        (USER, [ACCOUNT], True),
        (USER, [ROOT, ROLE], False),
        (USER, [ROOT, THEIRS], True),
        (SESSION, [ROOT, ROLE, SESSION], True),
        (SESSION, [ROOT, ROLE], None),
        (SESSION, [ROOT, SESSION], None),
        (SESSION, [ROOT, f"{SESSION}0"], False),
        (ROLE, [ROOT, ROLE], None),
        (ROLE, [ROOT, USER], False),
        (ROLE, [ROLE], False),
        (ROOT, [ROOT], True),
        (ROOT, [OTHER], False),
    ],
)
def test_a_deny_to_all_but_some(caller: str, excepted: list[str], expected: bool | None) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html"""
    world = World(user=[allow()], role=[allow()], repository=[excepts("Deny", *excepted)])
    assert world.allows(caller) is expected


def test_a_deny_to_all_but_some_is_to_everybody_with_a_boundary() -> None:
    world = World(user=[allow()], boundary=[allow()], repository=[excepts("Deny", ROOT, USER)])
    assert world.allows(USER) is False


@pytest.mark.parametrize(
    "excepted, expected",
    [([THEIRS], True), ([OTHER], True), ([USER, ROOT], False), (["*"], False), ([USER], None), ([ACCOUNT], None)],
)
def test_an_allow_to_all_but_some(excepted: list[str], expected: bool | None) -> None:
    assert World(repository=[excepts("Allow", *excepted)]).allows(USER) is expected


def test_a_deny_to_all_but_a_service() -> None:
    statement = {"Effect": "Deny", "NotPrincipal": {"Service": LAMBDA}, "Action": "ecr:*"}
    services = [LAMBDA, "codebuild.amazonaws.com"]
    world = World(repository=[statement, names("Allow", {"Service": services})])
    assert [world.allows(each) for each in services] == [True, False]


def test_a_registry_policy_that_allows_may_be_enough() -> None:
    world = World(registry=[names("Allow", USER, Resource="*")])
    assert world.allows(USER) is None
    assert world.allows(ROLE) is False
    assert World(registry=[names("Deny", "*", Resource=f"{ARN}/*")], user=[allow()]).allows(USER) is True


@pytest.mark.parametrize(
    "unreadable",
    [
        "no JSON",
        {"Version": "2012-10-17"},
        policy(allow(Effect="Maybe")),
        policy(allow(Condition={"Like": {"a": "b"}})),
    ],
)
def test_what_cannot_be_read_may_allow_and_may_deny(unreadable: Any) -> None:
    assert World(user=unreadable).allows(USER) is None
    assert World(user=[allow()], repository=unreadable).allows(USER) is None
    assert World(user=unreadable, repository=[names("Deny", USER)]).allows(USER) is False


def test_a_policy_that_nobody_read_depends() -> None:
    world = World()
    attached = [{"PolicyName": "x", "PolicyArn": "arn:aws:iam::aws:policy/x"}]
    world.details["UserDetailList"][0]["AttachedManagedPolicies"] = attached
    assert world.allows(USER) is None


@pytest.mark.parametrize(
    "caller, key, value",
    [
        (USER, "aws:PrincipalArn", USER),
        (SESSION, "aws:PrincipalArn", ROLE),
        (USER, "aws:PrincipalType", "User"),
        (SESSION, "aws:PrincipalType", "AssumedRole"),
        (USER, "aws:username", "ci"),
        (USER, "aws:userid", "AIDACI"),
        (SESSION, "aws:userid", "AROANODES:i-1"),
        (SESSION, "aws:PrincipalTag/team", "data"),
        (USER, "ecr:ResourceTag/ENV", "prod"),
        (USER, "aws:ResourceAccount", ACCOUNT),
        (USER, "aws:RequestedRegion", "eu-west-1"),
        (USER, "aws:PrincipalIsAWSService", "false"),
    ],
)
def test_what_is_known_of_a_request(caller: str, key: str, value: str) -> None:
    for tested, expected in ((value, True), (f"{value}-", False)):
        statement = allow(Condition={"StringEquals": {key: tested}})
        assert World(user=[statement], role=[statement]).allows(caller) is expected


@pytest.mark.parametrize("key", ["aws:SourceArn", "aws:CalledVia", "aws:PrincipalTag/none", "ecr:ResourceTag/none"])
def test_what_no_request_of_a_user_has(key: str) -> None:
    assert World(user=[allow(Condition={"Null": {key: "true"}})]).allows(USER) is True


@pytest.mark.parametrize("key", ["aws:SourceIp", "aws:MultiFactorAuthPresent", "aws:PrincipalOrgID"])
def test_what_nobody_knows_unless_it_is_told(key: str) -> None:
    world = World(user=[allow(Condition={"StringEquals": {key: "a"}})])
    assert world.allows(USER) is None
    assert world.allows(USER, PULL, (), **{key: "a"}) is True
    assert world.allows(USER, missing=(key,)) is False
