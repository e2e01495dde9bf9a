"""Compare-and-swap, where AWS has it: what somebody else wrote since the reading is planned again, not written over."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ecrops import Registry, RepositorySpec
from ecrops.base.change import Change
from ecrops.events import on_image_deleted, on_image_pushed
from ecrops.events.targets import log_groups
from ecrops.events.targets.log_groups import LogGroups
from ecrops.events.targets.permissions import Allow, Step
from ecrops.testing import Cloud
from support import AT_ONCE, registry_of

from ..support import arn, make_function

FUNCTION, GROUP = arn("lambda", "function:work"), arn("logs", "log-group:/aws/events/ecr")
SPEC = RepositorySpec("team/api", events=[on_image_pushed("pushed", targets=[FUNCTION, GROUP])])


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process, with a function and a log group."""
    make_function(memory_cloud)
    memory_cloud.client("logs").create_log_group(logGroupName="/aws/events/ecr")
    memory_cloud.emulator.events.revise_log_policies()
    return memory_cloud


def meanwhile(cloud: Cloud, event: str, act: Callable[[], object]) -> Registry:
    """A registry right before whose first call of an operation somebody else does something."""
    session, acts = cloud.session(own=True), iter([act])

    def do(**_: Any) -> None:
        for each in acts:
            each()

    session.events.register(f"before-call.{event}", do)
    return Registry(session, retry=AT_ONCE)


def allow_theirs(cloud: Cloud, sid: str = "theirs") -> None:
    cloud.client("lambda").add_permission(
        FunctionName="work", StatementId=sid, Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
    )


def sids(cloud: Cloud) -> list[str]:
    policy = json.loads(cloud.client("lambda").get_policy(FunctionName="work")["Policy"])
    return sorted(statement["Sid"] for statement in policy["Statement"])


def revisions(cloud: Cloud, operation: str, member: str) -> list[str | None]:
    return [call.params.get(member) for call in cloud.calls.of(operation)]


@pytest.mark.parametrize("there", [False, True], ids=["no policy", "a policy"])
def test_a_permission_is_added_to_the_policy_that_was_read(cloud: Cloud, there: bool) -> None:
    if there:
        allow_theirs(cloud)
    cloud.calls.clear()
    registry = meanwhile(cloud, "lambda.AddPermission", lambda: allow_theirs(cloud, "since"))
    registry.ensure(SPEC)
    assert len(cloud.calls.of("AddPermission")) == (2 if there else 1), "a policy that is not there has no revision"
    assert len(sids(cloud)) == 2 + there
    assert not registry.ensure(SPEC)


def test_a_permission_that_somebody_replaced_since_is_not_removed(cloud: Cloud) -> None:
    registry_of(cloud).ensure(SPEC)
    [ours] = sids(cloud)

    def replace() -> None:
        cloud.client("lambda").remove_permission(FunctionName="work", StatementId=ours)
        allow_theirs(cloud, ours)

    meanwhile(cloud, "lambda.RemovePermission", replace).rule("pushed").remove()
    assert sids(cloud) == [ours], "theirs, under the same id"


def test_several_permissions_are_one_round(cloud: Cloud) -> None:
    allow_theirs(cloud)
    events = [on_image_pushed("a", target=FUNCTION), on_image_deleted("b", target=FUNCTION)]
    cloud.calls.clear()
    registry_of(cloud).ensure(RepositorySpec("team/api", events=events))
    assert revisions(cloud, "AddPermission", "RevisionId") == ["1", None]
    registry_of(cloud).ensure(RepositorySpec("team/api", events=[]))
    assert revisions(cloud, "RemovePermission", "RevisionId") == ["3", None]
    assert sids(cloud) == ["theirs"]


def put_theirs(cloud: Cloud) -> None:
    """Let somebody else add a log group to the policy that all of them share."""
    logs = cloud.client("logs")
    [policy] = logs.describe_resource_policies()["resourcePolicies"]
    document = json.loads(policy["policyDocument"])
    document["Statement"].append({**document["Statement"][0], "Sid": "theirs"})
    logs.put_resource_policy(policyName=policy["policyName"], policyDocument=json.dumps(document))


@pytest.mark.parametrize("operation", ["PutResourcePolicy", "DeleteResourcePolicy"])
def test_a_policy_of_log_groups_is_written_over_the_one_that_was_read(cloud: Cloud, operation: str) -> None:
    registry_of(cloud).ensure(SPEC)
    cloud.client("logs").create_log_group(logGroupName="/other")
    registry = meanwhile(cloud, f"cloudwatch-logs.{operation}", lambda: put_theirs(cloud))
    cloud.calls.clear()
    if operation == "PutResourcePolicy":
        registry.rule("pushed").add_target(arn("logs", "log-group:/other"))
    else:
        registry.rule("pushed").remove()
    [policy] = cloud.client("logs").describe_resource_policies()["resourcePolicies"]
    ours = [f"{name}:*" for name in (GROUP, arn("logs", "log-group:/other"))]
    found = {statement["Sid"]: statement["Resource"] for statement in json.loads(policy["policyDocument"])["Statement"]}
    assert found.pop("theirs")
    assert found == ({"EcropsEvents": ours} if operation == "PutResourcePolicy" else {})


@pytest.mark.parametrize(("revision", "is_taken", "sent"), [("1", True, "1"), ("", True, None), ("1", False, None)])
def test_a_revision_is_sent_if_there_is_one_and_botocore_takes_it(
    monkeypatch: pytest.MonkeyPatch, revision: str, is_taken: bool, sent: str | None
) -> None:
    monkeypatch.setattr(log_groups, "takes", lambda *_: is_taken)
    edit = Allow(arn("events", "rule/a"), "rule a", GROUP, Step.ALLOW)
    [change] = log_groups.changes("log groups", [edit], LogGroups({}, {}, revision))
    assert isinstance(change, Change)
    assert change.params.get("expectedRevisionId") == sent
