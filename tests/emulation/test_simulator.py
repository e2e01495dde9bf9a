"""The emulated IAM simulates policies as the reference of SimulatePrincipalPolicy says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops.testing import Client, Cloud

from .support import refused

PULL, PUSH, DELETE = "ecr:BatchGetImage", "ecr:PutImage", "ecr:BatchDeleteImage"
API = "arn:aws:ecr:eu-west-1:123456789012:repository/team/api"
WEB = API.replace("api", "web")


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def let(action: str, resource: str = "*", effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


@pytest.fixture
def iam(memory_cloud: Cloud) -> Client:
    """IAM of an account with a user in a group, and a role with a boundary: all three may pull team/api."""
    iam = memory_cloud.client("iam")
    iam.create_user(UserName="ci")
    iam.create_group(GroupName="devs")
    iam.add_user_to_group(UserName="ci", GroupName="devs")
    limit = iam.create_policy(PolicyName="limit", PolicyDocument=policy(let("ecr:Batch*")))
    iam.create_role(RoleName="nodes", AssumeRolePolicyDocument="{}", PermissionsBoundary=limit["Policy"]["Arn"])
    iam.put_group_policy(GroupName="devs", PolicyName="own", PolicyDocument=policy(let(PULL, API)))
    iam.put_role_policy(RoleName="nodes", PolicyName="own", PolicyDocument=policy(let(PULL, API), let(PUSH, API)))
    return iam


def arn(name: str) -> str:
    return f"arn:aws:iam::123456789012:{name}"


def decided(iam: Client, who: str, actions: list[str], resource: str = API, **more: Any) -> list[str]:
    answer = iam.simulate_principal_policy(
        PolicySourceArn=arn(who), ActionNames=actions, ResourceArns=[resource], **more
    )
    assert [result["EvalActionName"] for result in answer["EvaluationResults"]] == actions
    return [result["EvalDecision"] for result in answer["EvaluationResults"]]


def test_users_groups_and_roles_are_simulated_with_groups_and_boundaries(iam: Client) -> None:
    for who in ("user/ci", "group/devs", "role/nodes"):
        assert decided(iam, who, [PULL, PUSH]) == ["allowed", "implicitDeny"], who
        assert decided(iam, who, [PULL], WEB) == ["implicitDeny"]
    iam.put_user_policy(UserName="ci", PolicyName="own", PolicyDocument=policy(let(PULL, effect="Deny")))
    assert decided(iam, "user/ci", [PULL]) == ["explicitDeny"]


def test_a_resource_policy_is_simulated_for_users_alone(iam: Client) -> None:
    for who in ("user/ci", "role/nodes"):
        statement = let(DELETE, Principal={"AWS": arn(who)})
        options = {"ResourcePolicy": policy(statement), "ResourceOwner": arn("root"), "CallerArn": arn(who)}
        assert decided(iam, who, [DELETE], **options) == ["allowed" if who == "user/ci" else "implicitDeny"]


def test_each_resource_has_a_decision_of_its_own(iam: Client) -> None:
    answer = iam.simulate_principal_policy(PolicySourceArn=arn("user/ci"), ActionNames=[PULL], ResourceArns=[API, WEB])
    (result,) = answer["EvaluationResults"]
    specific = {each["EvalResourceName"]: each["EvalResourceDecision"] for each in result["ResourceSpecificResults"]}
    assert specific == {API: "allowed", WEB: "implicitDeny"}
    assert result["EvalDecision"] == "implicitDeny"


def test_a_key_that_nobody_told_is_named_and_counts_as_missing(iam: Client) -> None:
    inside = let(PUSH, Condition={"StringEquals": {"aws:SourceVpce": "vpce-1"}})
    iam.put_user_policy(UserName="ci", PolicyName="own", PolicyDocument=policy(inside))
    assert decided(iam, "user/ci", [PUSH]) == ["implicitDeny"]
    entries = [{"ContextKeyName": "aws:sourcevpce", "ContextKeyValues": ["vpce-1"], "ContextKeyType": "string"}]
    for told, missing, decision in (([], ["aws:SourceVpce"], "implicitDeny"), (entries, [], "allowed")):
        answer = iam.simulate_principal_policy(
            PolicySourceArn=arn("user/ci"), ActionNames=[PUSH, PULL], ContextEntries=told
        )
        push, pull = answer["EvaluationResults"]
        assert (push["EvalDecision"], push["MissingContextValues"]) == (decision, missing)
        assert pull["MissingContextValues"] == []  # nothing asks for it there


def test_who_is_not_there_is_not_simulated(iam: Client) -> None:
    with refused("NoSuchEntity", "user/no", status=404):
        iam.simulate_principal_policy(PolicySourceArn=arn("user/no"), ActionNames=[PULL])


def test_a_decision_names_the_policies_whose_statements_decide(iam: Client) -> None:
    def matched(action: str, **more: Any) -> list[tuple[str, str]]:
        answer = iam.simulate_principal_policy(
            PolicySourceArn=arn("user/ci"), ActionNames=[action], ResourceArns=[API], **more
        )
        (result,) = answer["EvaluationResults"]
        assert result["ResourceSpecificResults"][0]["MatchedStatements"] == result["MatchedStatements"]
        return [(each["SourcePolicyId"], each["SourcePolicyType"]) for each in result["MatchedStatements"]]

    assert matched(PULL) == [("own", "group")]
    assert matched(PUSH) == []
    assert matched(PUSH, PolicyInputList=[policy(let(PUSH))]) == [("PolicyInputList.1", "none")]
    with_denial = matched(PULL, PolicyInputList=[policy(let(PULL, effect="Deny"))])
    assert with_denial == [("PolicyInputList.1", "none")], "the denial is all that counts"
    statement = policy(let(PULL, Principal={"AWS": arn("user/ci")}))
    assert matched(PULL, ResourcePolicy=statement) == [("own", "group"), ("ResourcePolicy", "resource")]


def test_a_boundary_is_told_apart_and_can_be_another_one(iam: Client) -> None:
    def told(**more: Any) -> list[bool]:
        answer = iam.simulate_principal_policy(
            PolicySourceArn=arn("role/nodes"), ActionNames=[PULL, PUSH], ResourceArns=[API], **more
        )
        details = [result["PermissionsBoundaryDecisionDetail"] for result in answer["EvaluationResults"]]
        return [each["AllowedByPermissionsBoundary"] for each in details]

    assert told() == [True, False]
    other: dict[str, Any] = {"PermissionsBoundaryPolicyInputList": [policy(let("ecr:Put*"))]}
    assert told(**other) == [False, True]
    assert decided(iam, "role/nodes", [PULL, PUSH], **other) == ["implicitDeny", "allowed"]
    answer = iam.simulate_principal_policy(PolicySourceArn=arn("user/ci"), ActionNames=[PULL])
    assert "PermissionsBoundaryDecisionDetail" not in answer["EvaluationResults"][0]


def test_across_accounts_both_sides_have_to_allow(iam: Client) -> None:
    theirs = API.replace("123456789012", "444455556666")
    statement = let("ecr:*", Principal={"AWS": arn("user/ci")})
    options: dict[str, Any] = {"ResourcePolicy": policy(statement), "PolicyInputList": [policy(let(PULL))]}
    assert decided(iam, "user/ci", [PULL, DELETE], theirs, **options) == ["allowed", "implicitDeny"]
    del options["ResourcePolicy"]
    assert decided(iam, "user/ci", [PULL], theirs, **options) == ["implicitDeny"]
    owner = {"ResourceOwner": "arn:aws:iam::444455556666:root"}
    assert decided(iam, "user/ci", [PULL], "*", **options, **owner) == ["implicitDeny"]


def test_the_policies_of_one_are_simulated_for_another_caller(iam: Client) -> None:
    iam.create_user(UserName="dev")
    options = {"ResourcePolicy": policy(let(DELETE, Principal={"AWS": arn("user/dev")})), "CallerArn": arn("user/dev")}
    assert decided(iam, "role/nodes", [PULL, DELETE], **options) == ["allowed", "allowed"]


def test_the_results_come_in_pages(iam: Client) -> None:
    pages = iam.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=arn("user/ci"), ActionNames=[PULL, PUSH, DELETE], PaginationConfig={"PageSize": 2}
    )
    assert [[result["EvalActionName"] for result in page["EvaluationResults"]] for page in pages] == [
        [PULL, PUSH],
        [DELETE],
    ]


@pytest.mark.parametrize(
    "options, words",
    [
        ({"ResourceOwner": "123456789012"}, "'123456789012' is not a valid as a Resource Owner."),
        ({"PolicySourceArn": "arn:aws:sts::123456789012:assumed-role/nodes/i-1"}, "Invalid Entity Arn"),
        ({"CallerArn": "lambda.amazonaws.com.arn.aws"}, "Invalid Entity Arn"),
        ({"PolicySourceArn": arn("group/devs"), "ResourcePolicy": "{}"}, "CallerArn is required"),
        ({"PolicyInputList": ["{"]}, "JSON"),
    ],
)
def test_what_the_simulator_does_not_take(iam: Client, options: dict[str, Any], words: str) -> None:
    with refused("InvalidInput", words, status=400):
        iam.simulate_principal_policy(**{"PolicySourceArn": arn("user/ci"), "ActionNames": [PULL], **options})
