"""Who lets EventBridge in: what ecrops writes, and what it leaves alone and says."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ecrops import Registry
from ecrops.events import Target
from ecrops.testing import Cloud
from support import registry_of

from ..support import arn, make_function, make_places, make_queue, make_role

QUEUE = arn("sqs", "pushes")


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process only: what goes over the wire is tested with the deliveries."""
    return memory_cloud


def test_a_target_of_another_account_is_noted_and_not_touched(cloud: Cloud, registry: Registry) -> None:
    far = "arn:aws:sqs:eu-west-1:111122223333:far"
    plan = registry.repository("team/api").on_image_pushed("pushes", target=far)
    assert any(far in note and "its own policy" in note for note in plan.notes)
    assert "SetQueueAttributes" not in cloud.calls.writes()
    plan = registry.repository("team/api").on_image_pushed("more", target=Target(far, authorize=False))
    assert not plan.notes


def test_what_is_not_to_be_authorised_and_what_has_a_role_is_left_alone(cloud: Cloud, registry: Registry) -> None:
    role = make_role(cloud)
    registry.repository("team/api").on_image_pushed(
        "pushes", targets=[Target(QUEUE, authorize=False), Target(QUEUE, id="role", role_arn=role)]
    )
    assert cloud.calls.writes() == ["PutRule", "PutTargets"]
    plan = registry_of(cloud, dry_run=True).rule("pushes").add_target(Target(QUEUE, id="x", role_arn=role))
    assert "iam:PassRole" in plan.permissions
    plan = registry_of(cloud, dry_run=True).rule("pushes").add_target(Target(QUEUE, id="y"))
    assert "events:PutTargets" in plan.permissions
    assert "iam:PassRole" not in plan.permissions


def encrypted(cloud: Cloud) -> str:
    return make_queue(cloud, "secret", KmsMasterKeyId="alias/mine")


def managed(cloud: Cloud) -> str:
    return make_queue(cloud, "secret", KmsMasterKeyId="alias/aws/sqs")


def plain_fifo(cloud: Cloud) -> str:
    return make_queue(cloud, "secret.fifo", FifoQueue="true")


def topic(cloud: Cloud) -> str:
    sns = cloud.client("sns")
    return str(sns.create_topic(Name="news", Attributes={"KmsMasterKeyId": "alias/mine"})["TopicArn"])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (encrypted, "must allow events.amazonaws.com kms:Decrypt and kms:GenerateDataKey"),
        (managed, "alias/aws/sqs, which EventBridge may not use"),
        (plain_fifo, "content-based deduplication is off"),
        (topic, "must allow events.amazonaws.com kms:Decrypt"),
    ],
)
def test_what_keeps_events_out_and_ecrops_cannot_change_is_noted(
    cloud: Cloud, registry: Registry, make: Callable[[Cloud], str], said: str
) -> None:
    made = make(cloud)
    group: dict[str, Any] = {"message_group_id": "g"} if made.endswith(".fifo") else {}
    plan = registry.repository("team/api").on_image_pushed("pushes", target=Target(made, **group))
    assert any(said in note for note in plan.notes)


def test_log_groups_share_one_policy_and_leave_it_with_their_last_rule(cloud: Cloud, registry: Registry) -> None:
    logs = cloud.client("logs")
    one, two = arn("logs", "log-group:/one"), arn("logs", "log-group:/two")
    make_places(cloud, one, two)
    repo = registry.repository("team/api")
    repo.on_image_pushed("a", targets=[one, two])
    repo.on_image_deleted("b", target=one)
    registry.rule("a").remove()
    [policy] = logs.describe_resource_policies()["resourcePolicies"]
    [statement] = json.loads(policy["policyDocument"])["Statement"]
    assert statement["Resource"] == [f"{one}:*"]
    registry.rule("b").remove()
    assert logs.describe_resource_policies()["resourcePolicies"] == []


def test_the_permission_of_a_function_names_the_rule_and_no_account(cloud: Cloud, registry: Registry) -> None:
    function = make_function(cloud)
    repo = registry.repository("team/api")
    repo.on_image_pushed("pushes", targets=[function, f"{function}:live"])
    [call] = [call for call in cloud.calls.of("AddPermission") if "Qualifier" in call.params]
    assert call.params["SourceArn"] == arn("events", "rule/pushes")
    assert call.params["Principal"] == "events.amazonaws.com"
    assert "SourceAccount" not in call.params
    assert not repo.on_image_pushed("pushes", targets=[function, f"{function}:live"])
