"""What is decided for many callers together is what is decided for each alone; and which resources a pattern fits."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecrops.iam.evaluation.caller import Caller
from ecrops.iam.evaluation.compiled import CompiledPolicy, compile_policy
from ecrops.iam.evaluation.decide import Policies, decide
from ecrops.iam.evaluation.distinction import Distinction
from ecrops.iam.evaluation.everybody import CHUNK, Everybody
from ecrops.iam.evaluation.facts import Facts
from ecrops.iam.evaluation.resource_policies import ResourcePolicies
from ecrops.iam.evaluation.universe import ANY, Universe

HERE, OTHER = "123456789012", "444455556666"
NAMES = ("a", "b/1", "b/2", "b/2/x", "c")
ARNS = tuple(f"arn:aws:ecr:eu-west-1:{HERE}:repository/{name}" for name in NAMES)
ACTIONS = ("ecr:BatchGetImage", "ecr:PutImage")


def role(name: str, account: str = HERE) -> str:
    return f"arn:aws:iam::{account}:role/{name}"


CALLERS = [
    Caller("user", f"arn:aws:iam::{HERE}:user/ci", HERE, "AIDA1234567890123456"),
    Caller("role", role("nodes"), HERE, "AROA1234567890123456"),
    Caller("role", role("team/x"), HERE, "AROA2234567890123456", has_boundary=True),
    Caller("role", role("y"), HERE, has_boundary=None),
    Caller("session", f"arn:aws:sts::{HERE}:assumed-role/nodes/i-1", HERE, "AROA1234567890123456", role("nodes")),
    Caller("session", f"arn:aws:sts::{HERE}:assumed-role/y/i-1", HERE, "AROA3234567890123456", role("y")),
    Caller("group", f"arn:aws:iam::{HERE}:group/devs", HERE),
    Caller("account", HERE, HERE),
    Caller("account", OTHER, OTHER),
    Caller("role", role("nodes", OTHER), OTHER, has_boundary=None),
    Caller("service", "codebuild.amazonaws.com"),
    Caller("service", "lambda.amazonaws.com"),
    Caller("federated", "cognito-identity.amazonaws.com"),
    Caller("everyone", "*"),
]
SOMEBODY = st.sampled_from(
    [
        *("*", HERE, OTHER, f"arn:aws:iam::{HERE}:root", "AROA1234567890123456"),
        *(caller.name for caller in CALLERS if caller.name.startswith("arn:") and caller.kind != "group"),
    ]
)
PRINCIPALS = st.one_of(
    st.just("*"),
    st.lists(SOMEBODY, min_size=1, max_size=4).map(lambda names: {"AWS": names}),
    st.just({"Service": "lambda.amazonaws.com"}),
    SOMEBODY.map(lambda name: {"AWS": name, "Service": "lambda.amazonaws.com"}),
)
CONDITIONS = st.sampled_from(
    [
        {},
        {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
        {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}},
        {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}},
        {"ArnEquals": {"aws:PrincipalArn": role("nodes")}},
        {"StringEquals": {"aws:PrincipalAccount": [HERE, OTHER]}},
        {"StringEquals": {"aws:PrincipalOrgID": ["o-1", "o-2"]}, "ArnLike": {"aws:PrincipalArn": role("*")}},
        {"StringNotLike": {"aws:PrincipalArn": [role("nodes"), "arn:aws:iam::*:role/team/*"]}},
        {"ArnNotEquals": {"aws:PrincipalArn": role("y")}},
        {"StringEqualsIgnoreCase": {"aws:PrincipalArn": role("NODES").upper()}},
        {"Null": {"aws:PrincipalArn": "true"}},
        {"StringEquals": {"aws:PrincipalArn": "${aws:userid}"}},
        {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
        {"NoSuchOperator": {"aws:SourceIp": "x"}},
    ]
)
EFFECTS = st.sampled_from(["Allow", "Allow", "Deny"])
SETS = st.sampled_from(["ecr:*", "ecr:BatchGetImage", "ecr:PutImage"])
RESOURCES = st.sampled_from(
    ["*", *ARNS, f"{ARNS[1][:-1]}*", "arn:aws:ecr:*:*:repository/*2*", f"{ARNS[1][:-1]}?", f"{ARNS[0]}/${{aws:userid}}"]
)


@st.composite
def statement(draw: st.DrawFn, *, names: bool, resources: bool) -> dict[str, Any]:
    """A statement of a resource policy, or of an identity policy."""
    made: dict[str, Any] = {"Effect": draw(EFFECTS), "Condition": draw(CONDITIONS)}
    made[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(SETS)
    if names:
        made[draw(st.sampled_from(["Principal", "Principal", "NotPrincipal"]))] = draw(PRINCIPALS)
    if resources:
        made[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = draw(RESOURCES)
    return made


def policies(kind: str, *, names: bool, resources: bool, most: int = 3) -> st.SearchStrategy[CompiledPolicy]:
    """A policy of some statements."""
    statements = st.lists(statement(names=names, resources=resources), max_size=most)
    return statements.map(lambda each: compile_policy({"Version": "2012-10-17", "Statement": each}, kind, "p"))


IDENTITY = policies("inline policy", names=False, resources=True)
REPOSITORY = policies("repository policy", names=True, resources=False)
REGISTRY = policies("registry policy", names=True, resources=True)
TAGS = ("aws:resourcetag/",)
FACTS = st.sampled_from(
    [
        Facts({"aws:principalorgid": ["o-1"], "aws:principaltag/team": ["web"]}),
        Facts({"aws:principalorgid": [], "aws:userid": [role("nodes")]}, ["aws:principaltag/"]),
        Facts({}),
    ]
)


@given(st.data())
def test_many_callers_are_decided_as_each_alone(data: st.DataObject) -> None:
    universe = Universe(ARNS, [Facts({f"{TAGS[0]}team": ["web"]}, TAGS), *[Facts({})] * (len(ARNS) - 1)], TAGS)
    resource = ResourcePolicies((1 << place, data.draw(REPOSITORY)) for place in range(len(ARNS)))
    registry = data.draw(st.none() | REGISTRY)
    held = data.draw(st.lists(IDENTITY, min_size=1, max_size=3))
    everybody = Everybody(resource, universe)
    for caller in CALLERS:
        who = {"aws:principalarn": [caller.name]} if caller.kind in ("user", "role") else {}
        who |= {"aws:principalaccount": [caller.account]} if caller.account else {}
        facts = Facts(who).over(data.draw(FACTS))
        identity = data.draw(st.sampled_from([None, [], held, held[:1]]))
        boundary = data.draw(st.sampled_from(held)) if caller.has_boundary else None
        judged = Policies(identity, boundary, resource, registry, caller.account == HERE)
        alone = decide(caller, ACTIONS, universe, facts, judged)
        together = decide(caller, ACTIONS, universe, facts, judged._replace(everybody=everybody))
        for action, ruling in alone.items():
            assert together[action][:4] == ruling[:4], (caller, action)


def test_a_name_among_hundreds_of_statements_about_everybody_counts() -> None:
    """One of many chunks excepts the role; the others are about it as about all."""
    places = range(3 * CHUNK)
    universe = Universe([f"{ARNS[0]}{place}" for place in places])
    excepted = {"AWS": [HERE, role("nodes"), f"arn:aws:sts::{HERE}:assumed-role/nodes/i-1"]}
    session = CALLERS[4]
    resource = ResourcePolicies(
        (1 << place, compile_policy({"Statement": denial}, "repository policy"))
        for place, denial in enumerate(
            {
                "Effect": "Deny",
                "Action": "ecr:*",
                "NotPrincipal": excepted if place == CHUNK else {"AWS": OTHER},
                "Condition": {"StringNotEquals": {"aws:SourceVpc": f"vpc-{place}"}},  # no two are one statement
            }
            for place in places
        )
    )
    everybody = Everybody(resource, universe)
    everything = compile_policy({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}, "inline policy")
    for caller, allowed in ((CALLERS[5], 0), (session, 1 << CHUNK), (CALLERS[5], 0), (session, 1 << CHUNK)):
        policies = Policies([everything], None, resource, everybody=everybody)
        rulings = decide(caller, ACTIONS, universe, Facts({"aws:sourcevpc": []}), policies)
        assert rulings[ACTIONS[0]].allowed.possible == allowed


def test_a_boundary_tells_callers_apart_who_are_alike_in_all_else() -> None:
    """A denial of all but some is about everyone with a boundary; one that is not known leaves it open."""
    universe = Universe(ARNS[:2])
    denial = {"Effect": "Deny", "Action": "ecr:PutImage", "NotPrincipal": {"AWS": HERE}}
    policy = compile_policy({"Statement": denial}, "repository policy")
    everything = compile_policy({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}, "inline policy")
    resource = ResourcePolicies([(0b01, policy)])
    everybody = Everybody(resource, universe)
    caller = CALLERS[1]
    for has_boundary, boundary, extents in (
        (False, None, [(0b11, 0b11), (0b11, 0b11)]),
        (None, None, [(0, 0b11), (0, 0b11)]),
        (True, everything, [(0b11, 0b11), (0b10, 0b10)]),
    ):
        asks = caller._replace(has_boundary=has_boundary)
        policies = Policies([everything], boundary, resource, everybody=everybody)
        rulings = decide(asks, ACTIONS, universe, Facts({}), policies)
        assert [ruling.allowed for ruling in rulings.values()] == extents


ARN = "aws:PrincipalArn"


@pytest.mark.parametrize(
    "condition, first, second, differ",
    [
        ({"StringEquals": {ARN: role("x")}}, [role("x")], [role("y")], True),
        ({"StringNotEquals": {ARN: [role("z"), role("x")]}}, [role("x")], [role("y")], True),
        ({"StringEquals": {ARN: role("x")}}, [role("y")], [role("z")], False),
        ({"ArnLike": {ARN: role("team/*")}}, [role("team/a")], [role("a")], True),
        ({"ArnLike": {ARN: role("team/*")}}, [role("team/a")], [role("team/b")], False),
        ({"StringNotLike": {ARN: [role("a?"), role("b?")]}}, [role("a1")], [role("b1")], True),
        ({"StringEqualsIgnoreCase": {ARN: role("x").upper()}}, [role("x")], [role("y")], True),
        ({"StringEquals": {"aws:userid": f"${{{ARN}}}"}}, [role("x")], [role("y")], True),
        ({"StringEquals": {ARN: "x"}, "StringLike": {"aws:userid": f"${{{ARN}}}"}}, [role("x")], [role("y")], True),
        ({"Null": {ARN: "true"}}, [role("x")], [], True),
        ({"Null": {ARN: "true"}}, [role("x")], [role("y")], False),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, [role("x")], [role("y")], False),
    ],
)
def test_requests_are_told_apart_by_what_conditions_ask(
    condition: dict[str, Any], first: list[str], second: list[str], differ: bool
) -> None:
    statement = {"Effect": "Deny", "Principal": "*", "Action": "*", "Condition": condition}
    policy = compile_policy({"Version": "2012-10-17", "Statement": statement}, "repository policy")
    distinction = Distinction(policy.statements)
    known = [distinction.of(Facts({ARN: texts})) for texts in (first, second)]
    assert (known[0] != known[1]) == differ


def test_patterns_fit_the_resources_that_begin_as_they_do() -> None:
    universe = Universe([ARNS[3], ARNS[0], ARNS[2], ARNS[1]])
    for pattern, fitting in {
        "*": 0b1111,
        f"{ARNS[1][:-1]}*": 0b1101,
        ARNS[2]: 0b0100,
        f"{ARNS[2]}*": 0b0101,
        f"{ARNS[1][:-1]}?": 0b1100,
        "arn:*/x": 0b0001,
        "*:repository/a": 0b0010,
        f"{ARNS[0]}b": 0,
        "": 0,
    }.items():
        policy = compile_policy({"Statement": {"Effect": "Allow", "Action": "*", "Resource": pattern}}, "inline policy")
        rulings = decide(CALLERS[0], ACTIONS, universe, Facts({}), Policies([policy]))
        assert rulings[ACTIONS[0]].allowed.certain == fitting, pattern
    assert Universe([ANY]).all == 1
