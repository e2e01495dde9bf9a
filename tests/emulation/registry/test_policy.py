"""The policy of a registry."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops.testing import REGION, Client, Cloud

from ..support import refused

OTHER = "210987654321"
ALL = f"arn:aws:ecr:{REGION}:{Cloud.account}:repository/*"


def statement(**changes: Any) -> dict[str, Any]:
    base = {
        "Sid": "Replicate",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"},
        "Action": ["ecr:CreateRepository", "ecr:ReplicateImage"],
        "Resource": ALL,
    }
    return {key: value for key, value in {**base, **changes}.items() if value is not None}


def put(ecr: Client, *statements: dict[str, Any]) -> Any:
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return json.loads(ecr.put_registry_policy(policyText=text)["policyText"])


def stored(ecr: Client) -> Any:
    return json.loads(ecr.get_registry_policy()["policyText"])


def test_none_is_an_error_to_read_and_to_delete(ecr: Client) -> None:
    with refused("RegistryPolicyNotFoundException"):
        ecr.get_registry_policy()
    with refused("RegistryPolicyNotFoundException"):
        ecr.delete_registry_policy()


def test_a_policy_is_replaced_and_deleted(cloud: Cloud, ecr: Client) -> None:
    put(ecr, statement(), statement(Sid="Other", Action="ecr:BatchImportUpstreamImage"))
    assert put(ecr, statement(Sid="Second")) == stored(ecr)
    assert [each["Sid"] for each in stored(ecr)["Statement"]] == ["Second"]
    answer = ecr.delete_registry_policy()
    assert answer["registryId"] == cloud.account
    assert json.loads(answer["policyText"])["Statement"][0]["Sid"] == "Second"
    with refused("RegistryPolicyNotFoundException"):
        ecr.get_registry_policy()


def test_the_text_is_written_anew_with_the_same_meaning(ecr: Client) -> None:
    turned = dict(reversed(statement(Condition={"StringEquals": {"aws:PrincipalOrgID": ["o-1"]}}).items()))
    text = json.dumps({"Version": "2012-10-17", "Statement": turned}, separators=(",", ":"))
    answer = ecr.put_registry_policy(policyText=text)["policyText"]
    assert answer != text
    assert json.loads(answer)["Statement"][0] == {
        **statement(), "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
    }  # fmt: skip


@pytest.mark.parametrize(
    "action",
    ["ecr:*", "ecr:CreatePullThroughCacheRule", "ecr:BatchImportUpstreamImage", "ecr:PutRegistryPolicy", "ecr:Batch*"],
)
def test_it_may_speak_of_every_action_of_ecr(ecr: Client, action: str) -> None:
    assert put(ecr, statement(Action=action))["Statement"][0]["Action"] == action


@pytest.mark.parametrize(
    "changes",
    [
        {"Action": "s3:GetObject"},
        {"Action": "ecr:Nonsense"},
        {"Action": None},
        {"Principal": None},
        {"Effect": "Maybe"},
        {"Resource": None},
        {"Resource": "arn:aws:s3:::bucket"},
        {"Resource": []},
        {"NotResource": ALL},
        {"Unknown": 1},
    ],
)
def test_a_statement_that_is_none_is_refused(ecr: Client, changes: dict[str, Any]) -> None:
    with refused("InvalidParameterException", "Invalid registry policy provided"):
        put(ecr, statement(), statement(**changes))
    with refused("RegistryPolicyNotFoundException"):
        ecr.get_registry_policy()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"Statement": []}', '{"Statement": ["a"]}', '{"Statement": 1}'])
def test_a_text_that_is_no_policy_is_refused(ecr: Client, text: str) -> None:
    with refused("InvalidParameterException", "Invalid registry policy provided"):
        ecr.put_registry_policy(policyText=text)


def test_a_text_has_at_most_10240_characters(ecr: Client) -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement()]})
    ecr.put_registry_policy(policyText=text.ljust(10_240))
    with refused("InvalidParameterException", "policyText", "less than or equal to 10240"):
        ecr.put_registry_policy(policyText=text.ljust(10_241))


def test_a_policy_that_denies_its_own_author_to_put_another_is_taken(ecr: Client) -> None:
    lock = statement(Effect="Deny", Principal="*", Action="ecr:PutRegistryPolicy", Resource="*")
    assert put(ecr, lock)["Statement"] == [lock]


def test_principals_must_be_there(cloud: Cloud, ecr: Client) -> None:
    role = {"AWS": f"arn:aws:iam::{cloud.account}:role/ci"}
    with refused("InvalidParameterException", "Principal not found"):
        put(ecr, statement(Principal=role))
    cloud.emulator.make_principals(role="ci")
    cloud.emulator.principals_unseen = 1
    with refused("InvalidParameterException", "Principal not found"):
        put(ecr, statement(Principal=role))
    assert put(ecr, statement(Principal=role))["Statement"][0]["Principal"] == role
    cloud.client("iam").delete_role(RoleName="ci")
    assert stored(ecr)["Statement"][0]["Principal"]["AWS"].startswith("AROA")


def test_a_policy_that_ecr_would_not_take_today_can_be_there(cloud: Cloud, ecr: Client) -> None:
    old = {"Version": "2008-10-17", "Statement": [statement(Sid=None, Action="ecr:Old", Later={"a": 1})]}
    cloud.emulator.settings.keep_policy(old)
    shown = stored(ecr)
    assert (shown["Version"], shown["Statement"][0]["Action"]) == ("2008-10-17", "ecr:Old")
    assert shown["Statement"][0]["Later"] == {"a": 1}
