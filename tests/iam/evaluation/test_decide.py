"""Rulings, by the guide's pages on one account, on two, on boundaries, and on ``NotPrincipal``."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops.iam.evaluation.caller import Caller
from ecrops.iam.evaluation.compiled import compile_policy
from ecrops.iam.evaluation.decide import Policies, decide
from ecrops.iam.evaluation.facts import Facts
from ecrops.iam.evaluation.resource_policies import ResourcePolicies
from ecrops.iam.evaluation.universe import ANY, Universe

HERE, OTHER = "123456789012", "444455556666"
ARN = f"arn:aws:ecr:eu-west-1:{HERE}:repository/team/api"
GET = "ecr:BatchGetImage"
USER = Caller("user", f"arn:aws:iam::{HERE}:user/ci", HERE, "AIDA1234567890123456")
ROLE = Caller("role", f"arn:aws:iam::{HERE}:role/team/nodes", HERE, "AROA1234567890123456")
SESSION = Caller("session", f"arn:aws:sts::{HERE}:assumed-role/nodes/i-1", HERE, ROLE.unique_id, ROLE.name)
ELSEWHERE = Caller("role", f"arn:aws:iam::{OTHER}:role/nodes", OTHER)
LAMBDA = Caller("service", "lambda.amazonaws.com")
ALLOW = {"Effect": "Allow", "Action": GET, "Resource": ARN}
OTHER_SESSION = SESSION.name.replace("i-1", "i-2")


def bounded(caller: Caller) -> Caller:
    return caller._replace(has_boundary=True)


def verdict(
    caller: Caller,
    *,
    identity: list[dict[str, Any]] | None = None,
    boundary: list[dict[str, Any]] | None = None,
    resource: list[dict[str, Any]] | None = None,
    registry: list[dict[str, Any]] | None = None,
    known: bool = True,
    arn: str = ARN,
) -> bool | None:
    """What becomes of a request, by statements of each kind of policy."""
    identities = [compile_policy({"Version": "2012-10-17", "Statement": identity or []}, "inline policy", "p")]
    policies = Policies(
        identities if known else None,
        None if boundary is None else compile_policy({"Statement": boundary}, "boundary", "b"),
        ResourcePolicies([(1, compile_policy({"Statement": resource or []}, "repository policy"))]),
        None if registry is None else compile_policy({"Statement": registry}, "registry policy"),
        caller.account == HERE,
    )
    facts = Facts({"aws:username": ["ci"], "aws:principalarn": [caller.name]})
    return decide(caller, (GET,), Universe([arn]), facts, policies)[GET].allowed.at(0)


def allow(names: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": names, "Action": GET, **more}


def deny(names: Any, **more: Any) -> dict[str, Any]:
    return {**allow(names, **more), "Effect": "Deny"}


@pytest.mark.parametrize(
    "statement, expected",
    [
        (ALLOW, True),
        ({**ALLOW, "Action": "ECR:batch*image"}, True),
        ({**ALLOW, "Action": "ecr:Put*"}, False),
        ({**ALLOW, "Resource": ["arn:aws:ecr:*:*:repository/t?am/*"]}, True),
        ({**ALLOW, "Resource": ARN.replace("team", "Team")}, False),
        ({**ALLOW, "Resource": ARN.replace("team/api", "${aws:username}")}, False),
        ({"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::*"}, True),
        ({"Effect": "Allow", "NotAction": "ecr:*", "Resource": "*"}, False),
        ({"Effect": "Allow", "Action": "*", "NotResource": ARN}, False),
        ({"Effect": "Allow", "Action": [], "Resource": "*"}, None),
        ({"Effect": "Permit", "Action": GET, "Resource": "*"}, None),
        ({**ALLOW, "Condition": {"StringIs": {"aws:username": "ci"}}}, None),
        ({**ALLOW, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}, None),
    ],
)
def test_an_identity_policy_decides_within_the_account(statement: dict[str, Any], expected: bool | None) -> None:
    assert verdict(USER, identity=[statement]) is expected


def test_a_denial_wins_in_whichever_policy_it_is() -> None:
    denial = {"Effect": "Deny", "Action": "ecr:*", "Resource": "*"}
    assert verdict(USER, identity=[ALLOW, denial]) is False
    assert verdict(USER, identity=[ALLOW], resource=[deny("*")]) is False
    assert verdict(USER, identity=[ALLOW], registry=[deny("*", Resource="*")]) is False
    assert verdict(bounded(USER), identity=[ALLOW], boundary=[ALLOW, denial]) is False
    unsure = {**denial, "Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}
    assert verdict(USER, identity=[ALLOW, unsure]) is None
    assert verdict(USER, identity=[unsure]) is False


@pytest.mark.parametrize(
    "caller, names, expected",
    [
        (USER, {"AWS": USER.name}, True),
        (USER, {"AWS": USER.unique_id}, True),
        (USER, {"AWS": f"arn:aws:iam::{HERE}:user/dev"}, False),
        (USER, {"AWS": "AIDA0000000000000000"}, False),
        (USER, {"AWS": HERE}, False),  # it delegates to identity policies
        (USER, {"AWS": f"arn:aws:iam::{HERE}:root"}, False),
        (USER, "*", True),
        (USER, {"Service": "*"}, False),
        (ROLE, {"AWS": [ROLE.name]}, True),
        (ROLE, {"AWS": SESSION.name}, None),
        (SESSION, {"AWS": ROLE.name}, True),
        (SESSION, {"AWS": SESSION.name}, True),
        (SESSION, {"AWS": OTHER_SESSION}, False),
        (SESSION, {"AWS": ROLE.unique_id}, True),
        (SESSION._replace(role="", unique_id=""), {"AWS": ROLE.name}, True),
        (LAMBDA, {"Service": ["lambda.amazonaws.com"]}, True),
        (LAMBDA, "*", None),  # no document says whether everyone includes services
        (LAMBDA, {"Service": "ecs.amazonaws.com"}, False),
    ],
)
def test_a_repository_policy_grants_to_whom_it_names(caller: Caller, names: Any, expected: bool | None) -> None:
    assert verdict(caller, resource=[allow(names)]) is expected


def test_a_boundary_limits_identity_policies_and_roles_that_a_repository_policy_names() -> None:
    nothing: list[dict[str, Any]] = []
    assert verdict(bounded(ROLE), identity=[ALLOW], boundary=[ALLOW]) is True
    assert verdict(bounded(ROLE), identity=[ALLOW], boundary=nothing) is False
    assert verdict(bounded(ROLE), resource=[allow({"AWS": ROLE.name})], boundary=nothing) is False
    assert verdict(bounded(ROLE), resource=[allow({"AWS": ROLE.name})], boundary=[ALLOW]) is True
    assert verdict(bounded(SESSION), resource=[allow({"AWS": SESSION.name})], boundary=nothing) is True
    assert verdict(bounded(USER), resource=[allow({"AWS": USER.name})], boundary=nothing) is True
    assert verdict(bounded(USER), resource=[allow("*")], boundary=nothing) is None
    assert verdict(bounded(USER), resource=[allow("*")], boundary=[ALLOW]) is True
    by_arn = {"Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:*"}}}
    assert verdict(bounded(USER), resource=[allow("*", **by_arn)], boundary=nothing) is True
    others = {"Effect": "Allow", "NotPrincipal": {"AWS": OTHER}, "Action": GET, **by_arn}
    assert verdict(bounded(USER), resource=[others], boundary=nothing) is None


@pytest.mark.parametrize(
    "condition, expected",
    [
        ({"ArnEquals": {"aws:PrincipalArn": USER.name}}, True),
        ({"ForAnyValue:StringLike": {"aws:PrincipalArn": USER.name}}, True),
        ({"ArnNotEquals": {"aws:PrincipalArn": f"{USER.name}-other"}}, None),
        ({"ArnLikeIfExists": {"aws:PrincipalArn": USER.name}}, None),
        ({"ForAllValues:ArnLike": {"aws:PrincipalArn": USER.name}}, None),
        ({"Null": {"aws:PrincipalArn": "false"}}, None),
    ],
)
def test_a_condition_names_arns_that_no_boundary_limits_only_if_it_says_which(
    condition: dict[str, Any], expected: bool | None
) -> None:
    assert verdict(bounded(USER), resource=[allow("*", Condition=condition)], boundary=[]) is expected


@pytest.mark.parametrize("versions", [("2008-10-17", "2012-10-17"), ("2012-10-17", "2008-10-17"), ("", "2012-10-17")])
def test_a_statement_means_what_the_version_of_its_own_policy_says(versions: tuple[str, str]) -> None:
    named = {"StringEquals": {"aws:username": "${aws:username}"}}
    documents = [{"Version": version, "Statement": [allow("*", Condition=named)]} for version in versions]
    documents = [{key: value for key, value in document.items() if value} for document in documents]
    policies = [compile_policy(document, "repository policy") for document in documents]
    resource = ResourcePolicies((1 << index, policy) for index, policy in enumerate(policies))
    universe, facts = Universe([ARN, f"{ARN}-2"]), Facts({"aws:username": ["ci"]})
    (ruling,) = decide(USER, (GET,), universe, facts, Policies([], resource=resource)).values()
    assert [ruling.allowed.at(index) for index in (0, 1)] == [version == "2012-10-17" for version in versions]


def test_a_federated_user_is_no_role_of_its_name() -> None:
    federated = Caller("session", f"arn:aws:sts::{HERE}:federated-user/nodes", HERE)
    nodes = [{"AWS": f"arn:aws:iam::{HERE}:role/nodes"}, {"AWS": f"arn:aws:sts::{HERE}:assumed-role/nodes/x"}]
    for names in (*nodes, {"AWS": "AROAEXAMPLE"}):
        assert verdict(federated, identity=[ALLOW], resource=[deny(names)]) is True
    assert verdict(federated, resource=[allow({"AWS": federated.name})]) is True


def test_a_denial_of_everyone_is_about_services_too() -> None:
    service = {"Service": LAMBDA.name}
    assert verdict(LAMBDA, resource=[allow(service), deny("*")]) is False
    assert verdict(LAMBDA, resource=[allow(service), deny({"AWS": HERE})]) is True
    others = {"Effect": "Allow", "NotPrincipal": {"AWS": HERE}, "Action": GET}
    assert verdict(LAMBDA, resource=[others]) is None


def test_across_accounts_both_sides_have_to_allow() -> None:
    here = [allow({"AWS": OTHER})]
    assert verdict(ELSEWHERE, identity=[ALLOW], resource=here) is True
    assert verdict(ELSEWHERE, identity=[ALLOW]) is False
    assert verdict(ELSEWHERE, resource=here) is False
    assert verdict(ELSEWHERE, resource=here, known=False) is None
    assert verdict(ELSEWHERE, known=False) is False
    assert verdict(bounded(ELSEWHERE), identity=[ALLOW], resource=here, boundary=[]) is False


def test_the_registry_policy_denies_and_nobody_says_whether_it_allows() -> None:
    assert verdict(USER, registry=[allow(USER_NAMES := {"AWS": USER.name}, Resource="*")]) is None
    assert verdict(USER, registry=[allow(USER_NAMES, Resource=ARN + "x")]) is False
    assert verdict(USER, identity=[ALLOW], registry=[deny(USER_NAMES, Resource=ARN + "x")]) is True


@pytest.mark.parametrize(
    "caller, names, expected",
    [
        (USER, [USER.name, HERE], True),
        (USER, [USER.name], False),  # its account is denied
        (USER, [HERE], True),
        (USER, [HERE, f"arn:aws:iam::{HERE}:user/dev"], False),
        (USER, [OTHER], False),
        (ROLE, [ROLE.name, HERE], None),  # its session is not named
        (ROLE, [SESSION.name, HERE], None),
        (SESSION, [ROLE.name, SESSION.name, HERE], True),
        (bounded(USER), [USER.name, HERE], False),
        (bounded(USER), ["*"], False),
        (USER, ["*"], True),
    ],
)
def test_a_denial_of_all_but_some_is_about_accounts_too(
    caller: Caller, names: list[str], expected: bool | None
) -> None:
    statement = {"Effect": "Deny", "NotPrincipal": {"AWS": names}, "Action": GET}
    assert verdict(caller, identity=[ALLOW], boundary=[ALLOW], resource=[statement]) is expected


def test_the_root_user_is_limited_by_denials_alone() -> None:
    root = Caller("root", HERE, HERE)
    assert verdict(root, known=False) is True
    assert verdict(root, known=False, resource=[deny({"AWS": HERE})]) is False
    assert verdict(root, known=False, resource=[deny({"AWS": USER.name})]) is True


def test_somebody_in_an_account_is_whom_a_statement_may_name() -> None:
    somebody = Caller("account", OTHER, OTHER)
    assert verdict(somebody, identity=[ALLOW], resource=[allow({"AWS": OTHER})]) is True
    assert verdict(somebody, identity=[ALLOW], resource=[allow({"AWS": ELSEWHERE.name})]) is None
    assert verdict(somebody, known=False, resource=[allow({"AWS": OTHER})]) is None
    assert verdict(somebody, known=False, resource=[allow({"AWS": HERE})]) is False
    others = {"Effect": "Allow", "NotPrincipal": {"AWS": OTHER}, "Action": GET}
    assert verdict(somebody, identity=[ALLOW], resource=[others]) is None


def test_policies_that_nobody_has_read_may_deny() -> None:
    assert verdict(USER, known=False, resource=[allow({"AWS": USER.name})]) is None
    assert verdict(LAMBDA, known=False, resource=[allow({"Service": LAMBDA.name})]) is True


def test_what_has_no_resource_is_allowed_on_all_alone() -> None:
    assert verdict(USER, identity=[{**ALLOW, "Resource": "**"}], arn=ANY) is True
    assert verdict(USER, identity=[{**ALLOW, "Resource": "?"}], arn=ANY) is False
    assert verdict(USER, identity=[{**ALLOW, "Resource": "arn:*"}], arn=ANY) is False
    assert verdict(USER, identity=[{"Effect": "Allow", "Action": GET, "NotResource": ARN}], arn=ANY) is True
    assert verdict(USER, registry=[allow({"AWS": USER.name}, Resource="*")], arn=ANY) is False


@pytest.mark.parametrize("document", [None, [], {}, {"Statement": 1}, {"Statement": [{"Action": 1}]}, "no"])
def test_a_policy_that_cannot_be_read_decides_nothing(document: object) -> None:
    policy = compile_policy(document, "repository policy")
    assert policy.unreadable
    policies = Policies([], resource=ResourcePolicies([(1, policy)]))
    (ruling,) = decide(USER, (GET,), Universe([ARN]), Facts({}), policies).values()
    assert ruling.allowed.at(0) is None
    assert ruling.votes[0].keys == ("repository policy (unreadable)",)


def test_one_statement_is_asked_about_all_resources_at_once() -> None:
    arns = [f"arn:aws:ecr:eu-west-1:{HERE}:repository/team-{number}/api" for number in range(100)]
    tags = [Facts({"aws:resourcetag/stage": ["prod" if number < 10 else "test"]}) for number in range(100)]
    statement = {
        **ALLOW,
        "Resource": "arn:aws:ecr:*:*:repository/team-?/*",
        "Condition": {"StringEquals": {"aws:ResourceTag/stage": "prod"}},
    }
    policy = compile_policy({"Statement": [statement, {**ALLOW, "Resource": arns[50]}]}, "inline policy", "p")
    universe = Universe(arns, tags, ["aws:resourcetag/"])
    ruling = decide(USER, (GET,), universe, Facts({}), Policies([policy]))[GET]
    assert list(universe.indexes(ruling.allowed.certain)) == [*range(10), 50]
    assert ruling.allowed.possible == ruling.allowed.certain


def test_a_member_of_a_group_is_a_user_and_no_role() -> None:
    group = Caller("group", f"arn:aws:iam::{HERE}:group/devs", HERE)
    assert verdict(group, resource=[allow({"AWS": USER.name})]) is None
    assert verdict(group, resource=[allow({"AWS": [ROLE.name, SESSION.name]})]) is False
