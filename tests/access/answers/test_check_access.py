"""The answer compared with IAM's own simulator, which answers here as its documentation says."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import Group, Registry, Role, SpecError, User
from ecrops.access.answers.checks.simulator import MAX_ACTIONS, MAX_RESOURCES, simulated
from ecrops.repository import Repository
from ecrops.testing import Cloud
from support import AT_ONCE
from tests.access.world import OTHER

from .support import ARN, GET, HERE, LAYER, LOGIN, NAME, NODES, OFFICE, PULL, TOKEN, Json, asked, give, let

Decide = Callable[[str], Json]


class Simulator:
    """What IAM's simulator answers: of each action what a test says, else that it is allowed."""

    def __init__(self, **verdicts: Json) -> None:
        self.verdicts = verdicts
        self.asked: list[Json] = []

    def note(self, params: Json, **_: object) -> None:
        self.asked.append(params)

    def answer(self, **_: object) -> tuple[Any, Json]:
        question = self.asked[-1]
        results = [self._result(action, question["ResourceArns"]) for action in question["ActionNames"]]
        return _Ok, {"EvaluationResults": results, "IsTruncated": False}

    def _result(self, action: str, resources: list[str]) -> Json:
        told = {"decision": "allowed", "missing": [], "organization": {}, **self.verdicts.get(action[4:], {})}
        missing = {"MissingContextValues": told["missing"]}
        result = {"EvalActionName": action, "EvalDecision": told["decision"], "EvalResourceName": "arn:${Partition}:…"}
        result |= {"OrganizationsDecisionDetail": told["organization"], **missing}
        if resources != ["*"]:
            result["ResourceSpecificResults"] = [
                {"EvalResourceName": name, "EvalResourceDecision": told["decision"], **missing} for name in resources
            ]
        return result


class _Ok:
    status_code = 200


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    return memory_cloud


@pytest.fixture
def repo(cloud: Cloud) -> Repository:
    return asked(cloud)


def beside(cloud: Cloud, simulator: Simulator) -> Repository:
    """The repository of a registry whose IAM has this simulator."""
    session = cloud.session(own=True)
    events: Any = session.events
    events.register("provide-client-params.iam.SimulatePrincipalPolicy", simulator.note)
    events.register("before-call.iam.SimulatePrincipalPolicy", simulator.answer)
    return Registry(session, retry=AT_ONCE).repository(NAME)


def test_both_agree(cloud: Cloud, repo: Repository) -> None:
    give(cloud, "role", "nodes", PULL, TOKEN)
    simulator = Simulator()
    check = beside(cloud, simulator).check_access(Role("nodes"))
    assert check
    assert check.differences == ()
    assert [comparison.action for comparison in check.comparisons] == [GET, LAYER, LOGIN]
    assert str(check).startswith(f"IAM's simulator agrees: whether role nodes can pull from {NAME}\n")
    assert check.notes[0].startswith("compared is what the policies of role nodes say")
    assert simulator.asked == [
        {"PolicySourceArn": NODES, "ActionNames": [GET, LAYER], "ResourceArns": [ARN]},
        {"PolicySourceArn": NODES, "ActionNames": [LOGIN], "ResourceArns": ["*"]},
    ]


def test_of_a_user_the_policy_of_the_repository_is_simulated_too(cloud: Cloud, repo: Repository) -> None:
    user = f"arn:aws:iam::{HERE}:user/ci"
    let(cloud, {"Effect": "Allow", "Principal": {"AWS": user}, "Action": [GET, LAYER]})
    simulator = Simulator(GetAuthorizationToken={"decision": "implicitDeny"})
    check = beside(cloud, simulator).check_access(User("ci"), "pull")
    assert check
    assert [comparison.ours for comparison in check.comparisons] == [True, True, False]
    question, of_token = simulator.asked
    policy = json.loads(question["ResourcePolicy"])
    assert [statement["Resource"] for statement in policy["Statement"]] == ["*"]
    assert (question["ResourceOwner"], question["CallerArn"]) == (f"arn:aws:iam::{HERE}:root", user)
    assert "ResourcePolicy" not in of_token


def test_a_policy_that_cannot_be_read_is_not_simulated(cloud: Cloud, repo: Repository) -> None:
    simulator = Simulator()
    session_repo = beside(cloud, simulator)
    cloud.faults.on("denied", operation="GetRepositoryPolicy", times=None)
    check = session_repo.check_access(User("ci"), GET)
    assert "ResourcePolicy" not in simulator.asked[0]
    assert check.notes == (
        "the policy of the repository cannot be read, and was not simulated",
        "the registry policy, session policies and VPC endpoint policies are in neither of the two",
    )
    assert len(repo.check_access(Role("nodes"), GET).notes) == 2


def test_of_a_role_the_policy_of_the_repository_is_left_out_on_both_sides(cloud: Cloud, repo: Repository) -> None:
    let(cloud, {"Effect": "Allow", "Principal": {"AWS": NODES}, "Action": [GET, LAYER]})
    simulator = Simulator(BatchGetImage={"decision": "implicitDeny"})
    check = beside(cloud, simulator).check_access(Role("nodes"), GET)
    assert check
    assert check.comparisons[0].ours is False
    assert "ResourcePolicy" not in simulator.asked[0]


@pytest.mark.parametrize(
    "verdict, why",
    [
        ({"decision": "implicitDeny"}, "a service control policy may deny it, which the simulator sees"),
        (
            {"decision": "implicitDeny", "organization": {"AllowedByOrganizations": False}},
            "a service control policy does not allow it, which ecrops does not see",
        ),
        ({"decision": "explicitDeny", "missing": ["aws:SourceIp"]}, "a service control policy may deny it"),
    ],
)
def test_a_difference_is_named_with_its_likely_reason(cloud: Cloud, repo: Repository, verdict: Json, why: str) -> None:
    give(cloud, "role", "nodes", PULL, TOKEN)
    check = beside(cloud, Simulator(BatchGetImage=verdict)).check_access(Role("nodes"), "pull")
    assert not check
    (difference,) = check.differences
    assert (difference.action, difference.ours, difference.simulated) == (GET, True, False)
    assert difference.why.startswith(why)
    lines = str(check).split("\n")
    assert lines[0] == f"IAM's simulator differs in 1 action of 3: whether role nodes can pull from {NAME}"
    assert lines[1].startswith(f"  {GET}: allowed by ecrops, {verdict['decision']} by IAM's simulator: {why}")


def test_what_only_the_simulator_allows_is_a_difference(cloud: Cloud, repo: Repository) -> None:
    (difference,) = beside(cloud, Simulator()).check_access(Role("nodes"), GET).differences
    assert difference.why.endswith("one of both is wrong: a real call tells")


def test_what_depends_is_no_difference(cloud: Cloud, repo: Repository) -> None:
    give(cloud, "role", "nodes", {**PULL, "Condition": OFFICE}, TOKEN)
    verdict = {"decision": "implicitDeny", "missing": ["aws:SourceIp"]}
    of_token = Simulator(GetAuthorizationToken=verdict)
    assert beside(cloud, of_token).check_access(Role("nodes"), LOGIN).comparisons[0].simulated is None
    check = beside(cloud, Simulator(BatchGetImage=verdict)).check_access(Role("nodes"), GET)
    assert check
    assert check.comparisons[0].to_dict() == {
        "action": GET,
        "ours": None,
        "simulated": None,
        "verdict": "implicitDeny",
        "why": "it depends on aws:SourceIp",
        "differs": False,
    }


def test_both_are_told_the_same_of_the_request(cloud: Cloud, repo: Repository) -> None:
    condition = {"StringEquals": {"aws:PrincipalAccount": HERE}, "Bool": {"aws:SecureTransport": "true"}, **OFFICE}
    give(cloud, "role", "nodes", {**PULL, "Condition": condition})
    simulator = Simulator()
    beside(cloud, simulator).check_access(Role("nodes"), GET)
    assert simulator.asked[0]["ContextEntries"] == [
        {"ContextKeyName": "aws:principalaccount", "ContextKeyValues": [HERE], "ContextKeyType": "string"},
        {"ContextKeyName": "aws:securetransport", "ContextKeyValues": ["true"], "ContextKeyType": "boolean"},
    ]


def test_a_session_is_checked_as_its_role_and_a_group_as_itself(cloud: Cloud, repo: Repository) -> None:
    simulator = Simulator()
    beside(cloud, simulator).check_access(f"arn:aws:sts::{HERE}:assumed-role/nodes/i-0abc", GET)
    beside(cloud, simulator).check_access(Group("devs"), GET)
    sources = [question["PolicySourceArn"] for question in simulator.asked]
    assert sources == [NODES, f"arn:aws:iam::{HERE}:group/devs"]


@pytest.mark.parametrize(
    "principal, reason",
    [
        ("lambda.amazonaws.com", "IAM simulates users, roles and groups, and lambda.amazonaws.com is none"),
        (HERE, f"IAM simulates users, roles and groups, and account {HERE} is none"),
        (f"arn:aws:iam::{OTHER}:role/team/nodes", "is of another account, whose IAM alone simulates its policies"),
        ("nodes", "a name is given as User('nodes')"),
    ],
)
def test_who_cannot_be_simulated_is_refused(repo: Repository, principal: Any, reason: str) -> None:
    with pytest.raises(SpecError) as caught:
        repo.check_access(principal)
    assert reason in str(caught.value)


def test_who_may_not_ask_is_told_the_permission(cloud: Cloud, repo: Repository) -> None:
    cloud.faults.on("denied", operation="SimulatePrincipalPolicy", times=None)
    with pytest.raises(ClientError) as caught:
        repo.check_access(Role("nodes"))
    assert caught.value.__notes__[-1] == (
        f"check_access asks IAM's simulator, which needs iam:SimulatePrincipalPolicy on {NODES}; can() does without"
    )


def test_a_comparison_is_a_value(cloud: Cloud, repo: Repository) -> None:
    check = beside(cloud, Simulator()).check_access(Role("nodes"), "pull")
    assert pickle.loads(pickle.dumps(check)) == check
    data = check.to_dict()
    assert (data["agrees"], data["what"], len(data["comparisons"])) == (False, "pull", 3)
    assert check._repr_html_().count("<tr>") == 4


def test_many_actions_and_resources_are_asked_in_parts(cloud: Cloud) -> None:
    simulator = Simulator()
    aws = beside(cloud, simulator).registry.aws
    actions = [f"ecr:A{number}" for number in range(MAX_ACTIONS + 1)]
    resources = [f"{ARN}{number}" for number in range(MAX_RESOURCES + 1)]
    decisions = list(simulated(aws, NODES, actions, resources))
    assert len(simulator.asked) == 4
    assert len(decisions) == len(actions) * len(resources)
    assert next(simulated(aws, NODES, [LOGIN], ["*"])).resource == "*"


@pytest.mark.parametrize("denied", ["GetRole", "ListRolePolicies", "ListAttachedRolePolicies"])
def test_a_role_whose_path_cannot_be_read_is_not_said_to_be_deleted(
    cloud: Cloud, repo: Repository, denied: str
) -> None:
    for operation in ("GetAccountAuthorizationDetails", denied):
        cloud.faults.on("denied", operation=operation, times=None)
    with pytest.raises(ClientError, match="NoSuchEntity") as caught:
        repo.check_access(Role("nodes"))
    (note,) = [note for note in caught.value.__notes__ if "role nodes" in note]
    assert note.startswith("the policies of role nodes could not be read, and so not its path")


@pytest.mark.parametrize("principal", [Role("nodes"), User("ci"), Group("devs")])
def test_the_emulated_simulator_agrees(cloud: Cloud, repo: Repository, principal: Any) -> None:
    """It asks the evaluator of the emulator, which was written apart."""
    kind, name = principal.kind, principal.friendly_name
    let(
        cloud,
        {"Effect": "Allow", "Principal": "*", "Action": GET},
        {"Effect": "Deny", "Principal": "*", "Action": LAYER},
    )
    denied: Json = {**PULL, "Effect": "Deny", "Action": GET}
    for statement, allowed in ((TOKEN, True), ({**TOKEN, "Condition": OFFICE}, True), (denied, False)):
        give(cloud, kind, name, PULL, statement)
        check = repo.check_access(principal, "pull_push")
        assert check, str(check)
        answers = {comparison.action: comparison.simulated for comparison in check.comparisons}
        assert (answers[GET], answers[LAYER]) == (allowed, kind != "user")
    lines = str(check).split("\n")
    assert any(line.endswith("not allowed by ecrops, explicitDeny by IAM's simulator") for line in lines[1:4])
    assert len(lines) < 8


def test_who_is_not_there_is_told(repo: Repository) -> None:
    with pytest.raises(ClientError, match="NoSuchEntity") as caught:
        repo.check_access(Role("gone"))
    assert caught.value.__notes__ == ["there is no role gone: deleted, or never made"]


def test_the_simulator_gets_the_context_too(cloud: Cloud, repo: Repository) -> None:
    give(cloud, "role", "nodes", {**PULL, "Condition": OFFICE}, TOKEN)
    inside, outside = {"aws:SourceIp": "192.0.2.1"}, {"aws:SourceIp": "198.51.100.1"}
    for context, allowed in ((inside, True), (outside, False)):
        check = repo.check_access(Role("nodes"), context=context)
        assert check, str(check)
        assert {one.simulated for one in check.comparisons if one.action == GET} == {allowed}
    with pytest.raises(SpecError, match="no condition of the policies"):
        repo.check_access(Role("nodes"), context={"aws:SourceVpc": "vpc-1"})
