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
        options = {"ResourcePolicy": policy(statement), "ResourceOwner": "123456789012", "CallerArn": arn(who)}
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
