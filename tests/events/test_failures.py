"""Rules when something fails: missing targets, momentary failures, and lost answers."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError

from ecrops import ApplyError, ConflictError, EcropsError, Registry, RepositorySpec, RetryPolicy
from ecrops.events import Target, on_image_pushed
from ecrops.testing import Call, Client, Cloud
from support import AT_ONCE, registry_of

from .support import arn, make_queue, rule_names

QUEUE = arn("sqs", "pushes")


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process only: what goes over the wire is tested with the deliveries."""
    return memory_cloud


MISSING: dict[str, tuple[str, str]] = {
    "queue": (arn("sqs", "missing"), "AWS.SimpleQueueService.NonExistentQueue"),
    "topic": (arn("sns", "missing"), "NotFound"),
    "function": (arn("lambda", "function:missing"), "ResourceNotFoundException"),
}


@pytest.mark.parametrize("kind", MISSING)
def test_a_missing_target_is_its_own_services_error_with_a_note(
    cloud: Cloud, registry: Registry, events: Client, kind: str
) -> None:
    target, code = MISSING[kind]
    with pytest.raises(ClientError) as caught:
        registry.repository("team/api").on_image_pushed("pushes", target=target)
    assert caught.value.response["Error"]["Code"] == code
    assert any(target in note for note in caught.value.__notes__)
    assert rule_names(events) == []


def test_a_rule_whose_queue_is_gone_can_still_be_removed(cloud: Cloud, registry: Registry, events: Client) -> None:
    registry.repository("team/api").on_image_pushed("pushes", target=Target(QUEUE, dead_letter_arn=QUEUE))
    sqs = cloud.client("sqs")
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="pushes")["QueueUrl"])
    assert registry.rule("pushes").remove()
    assert rule_names(events) == []


def test_a_target_that_fails_is_an_error_that_names_it(cloud: Cloud, registry: Registry) -> None:
    cloud.emulator.events.refuse("mine", "LimitExceededException")
    with pytest.raises(ClientError, match="1 failed: mine: mine was refused") as caught:
        registry.repository("team/api").on_image_pushed("pushes", targets=[QUEUE, Target(QUEUE, id="mine")])
    assert caught.value.response["Error"]["Code"] == "LimitExceededException"
    assert any("while making this change: + rule pushes targets" in note for note in caught.value.__notes__)
    cloud.emulator.events.refuse("mine", times=0)
    assert registry.repository("team/api").on_image_pushed("pushes", targets=[QUEUE, Target(QUEUE, id="mine")])


def test_a_momentary_failure_of_one_target_is_tried_again(cloud: Cloud, registry: Registry) -> None:
    cloud.emulator.events.refuse("mine", "ConcurrentModificationException", times=2)
    registry.repository("team/api").on_image_pushed("pushes", target=Target(QUEUE, id="mine"))
    assert len(cloud.calls.of("PutTargets")) == 3
    cloud.emulator.events.refuse("mine", "ConcurrentModificationException", times=1)
    registry.rule("pushes").remove()
    assert len(cloud.calls.of("RemoveTargets")) == 2


def test_a_rule_that_was_made_a_moment_ago_is_waited_for(cloud: Cloud, registry: Registry) -> None:
    cloud.emulator.events.appear_after = 2
    registry.repository("team/api").on_image_pushed("pushes", target=QUEUE)
    assert cloud.calls.writes() == ["PutRule", *["PutTargets"] * 3, "SetQueueAttributes"]


def test_a_lost_answer_to_putrule_makes_no_second_rule(cloud: Cloud, registry: Registry) -> None:
    cloud.faults.on("reset_after", operation="PutRule")
    registry.repository("team/api").on_image_pushed("pushes", target=QUEUE)
    assert len(cloud.calls.of("PutRule")) == 1
    assert rule_names(cloud.client("events")) == ["pushes"]


def test_a_lost_answer_to_deleterule_is_a_rule_that_was_deleted(cloud: Cloud, registry: Registry) -> None:
    registry.on_image_pushed("pushes")
    cloud.faults.on("reset_after", operation="DeleteRule")
    plan = registry.rule("pushes").remove()
    assert [change.operation for change in plan.applied] == ["DeleteRule"]
    assert cloud.calls.operations().count("DeleteRule") == 1


def test_a_fleet_that_fails_is_one_error(cloud: Cloud, registry: Registry) -> None:
    from ecrops import RepositorySpec
    from ecrops.events import on_image_pushed

    cloud.emulator.events.refuse("mine")
    specs = [RepositorySpec(name, events=[on_image_pushed(target=Target(QUEUE, id="mine"))]) for name in ("a1", "a2")]
    with pytest.raises(ApplyError) as caught:
        registry.ensure(*specs)
    assert len(caught.value.exceptions) == 2


def test_a_target_that_somebody_puts_while_a_rule_is_removed_is_removed_too(cloud: Cloud, registry: Registry) -> None:
    registry.on_image_pushed("pushes", target=QUEUE)
    events, put = cloud.client("events"), [{"Id": "theirs", "Arn": arn("sqs", "theirs")}]

    def come(call: Call) -> bool:
        if call.operation == "DeleteRule" and put:
            events.put_targets(Rule="pushes", Targets=[put.pop()])
        return False

    cloud.faults.on("throttle", where=come, times=None)
    done = registry.rule("pushes").remove()
    assert not put
    assert rule_names(events) == []
    assert [change.operation for change in done.applied if change.service == "events"] == [
        "RemoveTargets", "RemoveTargets", "DeleteRule"
    ]  # fmt: skip


def test_a_target_for_a_rule_that_is_gone_is_a_conflict_with_the_way_out(cloud: Cloud, registry: Registry) -> None:
    registry.on_image_pushed("pushes")
    dry = registry_of(cloud, dry_run=True)
    dry.rule("pushes").remove()
    plan = dry.rule("pushes").add_target(QUEUE)
    assert [str(conflict) for conflict in plan.conflicts] == ["! rule pushes rule: there is no such rule any more"]
    with pytest.raises(ConflictError, match=r"make it first, such as with repository\.on_image_pushed"):
        registry.apply(plan)


def test_several_errors_of_one_rule_are_one_with_the_others_in_its_notes(cloud: Cloud, registry: Registry) -> None:
    make_queue(cloud, "other")
    both = threading.Barrier(2, timeout=10)  # what fails first keeps what has not begun from beginning

    def deny(**_: object) -> Any:
        both.wait()
        error = {"Code": "AccessDenied", "Message": "no"}
        return AWSResponse("", 403, HTTPHeaders(), None), {
            "Error": error,
            "ResponseMetadata": {"HTTPStatusCode": 403},
        }

    session = cloud.session(own=True)
    session.events.register("before-call.sqs.SetQueueAttributes", deny)
    with pytest.raises(ClientError) as caught:
        Registry(session, retry=AT_ONCE).on_image_pushed("pushes", targets=[QUEUE, arn("sqs", "other")])
    assert sum(note.startswith("failed too: ") for note in caught.value.__notes__) == 1


@pytest.mark.parametrize("operation", ["ListTargetsByRule", "ListTagsForResource"])
def test_what_comes_while_a_reading_of_a_rule_waits_stays(cloud: Cloud, events: Client, operation: str) -> None:
    """``PutRule`` writes the whole rule: a state is not changed from a description that is older than the wait."""
    registry_of(cloud).on_image_pushed("pushes", description="ours")
    pattern, waits = events.describe_rule(Name="pushes")["EventPattern"], list[float]()

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        events.put_rule(Name="pushes", EventPattern=pattern, Description="theirs")

    cloud.faults.on("throttle", operation=operation, service="events")
    assert registry_of(cloud, workers=1, retry=RetryPolicy(sleep=sleep)).rule("pushes").disable()
    assert len([seconds for seconds in waits if seconds >= 0.5]) == 1
    rule = events.describe_rule(Name="pushes")
    assert (rule["State"], rule["Description"]) == ("DISABLED", "theirs")


def test_a_rule_of_a_repository_that_is_not_made_is_not_made(cloud: Cloud, registry: Registry, events: Client) -> None:
    spec = RepositorySpec("team/api", events=[on_image_pushed("pushes", target=QUEUE)])
    cloud.faults.on("denied", operation="CreateRepository")
    with pytest.raises(ApplyError) as caught:
        registry.ensure(spec)
    [error] = caught.value.exceptions
    assert "AccessDenied" in str(error)
    assert caught.value.applied == ()
    assert rule_names(events) == []


def test_a_rule_of_a_repository_that_another_makes_otherwise_is_not_made(
    cloud: Cloud, registry: Registry, events: Client
) -> None:
    spec = RepositorySpec("team/api", encryption="AES256", events=[on_image_pushed("pushes", target=QUEUE)])
    plan = registry.plan(spec)
    cloud.client("ecr").create_repository(repositoryName="team/api", encryptionConfiguration={"encryptionType": "KMS"})
    with pytest.raises(ApplyError) as caught:
        registry.apply(plan)
    [error] = caught.value.exceptions
    assert "team/api encryption" in str(error)
    assert caught.value.applied == ()
    assert rule_names(events) == []


def test_a_rule_that_is_there_after_all_when_its_removal_is_looked_at_is_said(
    cloud: Cloud, registry: Registry, events: Client
) -> None:
    """The answer to its deletion is lost on the way there, and one server does not know the rule for a moment."""
    registry.repository("team/api").on_image_pushed("pushes")
    session, deletions = cloud.session(own=True), list[Call]()

    def is_deletion(call: Call) -> bool:
        deletions.extend([call] if call.operation == "DeleteRule" else [])
        return call.operation == "DeleteRule"

    def unknown(**_: Any) -> Any:
        if not deletions:
            return None
        deletions.clear()
        error = {"Code": "ResourceNotFoundException", "Message": "Rule pushes does not exist on EventBus default."}
        return AWSResponse("", 400, HTTPHeaders(), None), {"Error": error}

    cloud.faults.on("reset_before", where=is_deletion, times=1)
    session.events.register("before-call.events.DescribeRule", unknown)
    with pytest.raises(EcropsError, match="rule pushes was deleted, and is there still or again"):
        Registry(session, retry=AT_ONCE).rule("pushes").remove()
    assert rule_names(events) == ["pushes"]
