"""Whose a rule and its targets are: what others made stays, and what ecrops made is known again."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from ecrops import ConflictError, Registry, RepositorySpec
from ecrops.events import RuleState, Target, on_cloud_trail_event, on_image_deleted, on_image_pushed, prefix
from ecrops.testing import Client, Cloud
from support import registry_of

from .support import arn, make_queue, queue_policy, rule_names

QUEUE = arn("sqs", "pushes")


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process only: what goes over the wire is tested with the deliveries."""
    return memory_cloud


def set_policy(cloud: Cloud, statement: dict[str, object]) -> None:
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName="pushes")["QueueUrl"]
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": text})


def pattern_of(events: Client, name: str) -> str:
    return str(events.describe_rule(Name=name)["EventPattern"])


# Rules


def test_a_rule_that_ecrops_did_not_make_is_a_conflict(cloud: Cloud, registry: Registry, events: Client) -> None:
    events.put_rule(Name="pushes", EventPattern='{"source": ["theirs"]}')
    with pytest.raises(ConflictError, match=r"not made by ecrops: choose another name, or remove it first"):
        registry.repository("team/api").on_image_pushed("pushes", target=QUEUE)
    with pytest.raises(ConflictError, match="not made by ecrops"):
        registry.on_image_pushed("pushes", target=QUEUE)
    assert cloud.calls.writes() == []
    assert registry.rule("pushes").remove()
    assert registry.repository("team/api").on_image_pushed("pushes", target=QUEUE)


def test_the_rule_of_another_repository_is_a_conflict(cloud: Cloud, registry: Registry, events: Client) -> None:
    registry.repository("team/api").on_image_pushed("pushes")
    before = pattern_of(events, "pushes")
    said = "rule pushes is the rule of team/api: choose another name"
    with pytest.raises(ConflictError, match=said):
        registry.repository("team/web").on_image_pushed("pushes")
    with pytest.raises(ConflictError, match=said):
        registry.ensure(RepositorySpec("team/web", events=[on_image_pushed("pushes")]))
    assert pattern_of(events, "pushes") == before
    assert not cloud.emulator.exists("team/web")


def test_a_rule_that_grows_to_a_fleet_says_so(registry: Registry, events: Client) -> None:
    registry.repository("team/api").on_image_pushed("pushes")
    plan = registry.on_image_pushed("pushes", repositories=prefix("team/"))
    assert plan.notes == ("rule pushes was on events of team/api, and is on those of team/* now",)
    assert not registry.on_image_pushed("pushes", repositories=["team/web", "team/api"]).notes
    assert "team/web" in pattern_of(events, "pushes")


def test_a_spec_takes_no_rule_of_a_fleet(cloud: Cloud, registry: Registry, events: Client) -> None:
    registry.on_image_pushed("pushes", repositories=["team/api", "team/web"], target=QUEUE)
    before = pattern_of(events, "pushes")
    cloud.calls.clear()
    with pytest.raises(ConflictError, match="is the rule of several repositories"):
        registry.ensure(RepositorySpec("team/api", events=[on_image_pushed("pushes")]))
    assert cloud.calls.writes() == []
    assert pattern_of(events, "pushes") == before
    assert registry.on_image_pushed("pushes", repositories="team/api").notes, "whose rule it is may narrow it down"


def test_numbers_and_booleans_that_python_takes_for_equal_are_not(registry: Registry, events: Client) -> None:
    for value in (1, True, 1.0):
        assert registry.on_event("r", event_pattern={"detail": {"x": [value]}}, target=Target(QUEUE, input=value))
        assert json.loads(pattern_of(events, "r"))["detail"]["x"] == [value]
        assert registry.rule("r").targets()[0]["Input"] == json.dumps(value)
        assert not registry.on_event("r", event_pattern={"detail": {"x": [value]}}, target=Target(QUEUE, input=value))


def test_a_rule_that_others_have_given_a_target_stays_and_says_so(registry: Registry, events: Client) -> None:
    registry.repository("team/api").on_image_pushed("pushes", target=QUEUE)
    events.put_targets(Rule="pushes", Targets=[{"Id": "x", "Arn": arn("sqs", "theirs")}])
    for _ in range(2):
        plan = registry.ensure(RepositorySpec("team/api", events=[]))
        assert plan.notes == ("rule pushes stays: others put targets on it, sqs theirs",)
    assert [each["Id"] for each in registry.rule("pushes").targets()] == ["x"]


def test_a_target_with_an_empty_configuration_can_be_removed(registry: Registry, events: Client) -> None:
    registry.on_image_pushed("pushes", target=QUEUE)
    events.put_targets(Rule="pushes", Targets=[{"Id": "x", "Arn": QUEUE, "DeadLetterConfig": {}}])
    registry.rule("pushes").remove()
    assert rule_names(events) == []


def test_the_rules_of_fleets_are_not_those_of_any_repository(registry: Registry, events: Client) -> None:
    registry.on_image_pushed("fleet", target=QUEUE, repositories=["several", "all"])
    registry.ensure(*[RepositorySpec(name, events=[]) for name in ("several", "all")])
    assert rule_names(events) == ["fleet"]


def test_a_rule_that_is_deleted_while_rules_are_read_is_not_there(
    cloud: Cloud, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.repository("team/api").on_image_pushed("pushes")
    stale = cloud.client("events").list_rules()["Rules"]
    cloud.client("events").delete_rule(Name="pushes")
    monkeypatch.setattr("ecrops.events.reading.every", lambda aws, bus="default": iter(stale))
    assert registry.rules() == []
    assert registry.plan(RepositorySpec("team/api", events=[])).summary == "1 to create"
    assert registry.ensure(RepositorySpec("team/api", events=[on_image_pushed("pushes", target=QUEUE)]))
    assert rule_names(cloud.client("events")) == ["pushes"]


# What needs a rule


def test_a_target_for_a_missing_rule_is_eventbridges_error_before_anything_is_written(
    cloud: Cloud, registry: Registry
) -> None:
    with pytest.raises(ClientError) as caught:
        registry.rule("missing").add_target(QUEUE)
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    assert any("rule missing: there is no such rule: make it first" in note for note in caught.value.__notes__)
    with pytest.raises(ClientError):
        registry.rule("missing").enable()
    assert cloud.calls.writes() == []


def test_a_dry_run_knows_the_rules_that_it_would_have_made(cloud: Cloud, registry: Registry) -> None:
    dry = registry_of(cloud, dry_run=True)
    dry.repository("team/api").on_image_pushed("pushes")
    plan = dry.rule("pushes").add_target(QUEUE)
    assert [change.operation for change in plan] == ["PutTargets", "SetQueueAttributes"]
    assert cloud.calls.writes() == []


# Targets


def spec(*targets: Target | str) -> RepositorySpec:
    return RepositorySpec("team/api", events=[on_image_pushed("pushes", targets=targets)])


def test_a_target_with_an_id_of_the_users_is_a_specs_to_remove(cloud: Cloud, registry: Registry) -> None:
    other = make_queue(cloud, "other")
    mine, second = Target(QUEUE, id="mine"), Target(other, id="second")
    registry.ensure(spec(mine))
    assert "TagResource" not in cloud.calls.writes()
    assert not registry.ensure(spec(mine))
    theirs = {"Id": "theirs", "Arn": arn("sqs", "theirs")}
    cloud.client("events").put_targets(Rule="pushes", Targets=[theirs])
    registry.rule("pushes").add_target(second)
    assert not registry.ensure(spec(mine, second))
    registry.ensure(spec())
    assert registry.rule("pushes").targets() == [theirs]
    assert queue_policy(cloud) == queue_policy(cloud, "other") == []
    assert not registry.ensure(spec())
    registry.ensure(RepositorySpec("team/api", events=[]))
    assert registry.rule("pushes").targets() == [theirs]


def test_a_rule_whose_targets_all_are_ours_goes_whatever_their_ids(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(spec(Target(QUEUE, id="mine"), QUEUE))
    registry.ensure(RepositorySpec("team/api", events=[on_image_deleted("other")]))
    assert rule_names(cloud.client("events")) == ["other"]
    assert queue_policy(cloud) == []


def test_many_ids_one_after_the_other_fit_into_a_tag(cloud: Cloud, registry: Registry) -> None:
    for number in range(40):
        registry.ensure(spec(Target(QUEUE, id=f"a-rather-long-id-that-changes-{number}")))
    tags = cloud.client("events").list_tags_for_resource(ResourceARN=arn("events", "rule/pushes"))["Tags"]
    assert all(len(tag["Value"]) <= 256 for tag in tags)
    assert len(registry.rule("pushes").targets()) == 1


def test_what_was_not_to_be_authorised_is_not_looked_at_when_it_goes(cloud: Cloud, registry: Registry) -> None:
    set_policy(cloud, {"Sid": "mine", "Effect": "Allow", "Principal": "*"})
    cloud.faults.on("denied", service="sqs", times=None)
    alone = Target(QUEUE, authorize=False)
    assert registry.ensure(spec(alone))
    assert not registry.ensure(spec(alone))
    assert registry.ensure(spec())
    assert registry.rule("pushes").targets() == []
    registry.ensure(spec(alone))
    assert registry.rule("pushes").remove()
    assert [each["Sid"] for each in queue_policy(cloud)] == ["mine"]


def test_what_was_authorised_once_is_taken_back_though_it_is_not_to_be_any_longer(
    cloud: Cloud, registry: Registry
) -> None:
    registry.ensure(spec(QUEUE))
    assert not registry.ensure(spec(Target(QUEUE, authorize=False)))
    registry.ensure(spec())
    assert queue_policy(cloud) == []


def test_what_is_to_be_authorised_after_all_is(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(spec(Target(QUEUE, authorize=False)))
    assert registry.ensure(spec(QUEUE))
    assert len(queue_policy(cloud)) == 1
    registry.rule("pushes").remove()
    assert queue_policy(cloud) == []


def theirs(queue: str, rule: str, **more: object) -> dict[str, object]:
    """What others, such as the CDK, let a rule in with."""
    statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    condition = {"ArnEquals": {"aws:SourceArn": arn("events", f"rule/{rule}")}}
    return {**statement, "Sid": "theirs", "Resource": queue, "Condition": condition, **more}


def test_who_is_let_in_by_others_needs_no_permission_of_ours(cloud: Cloud, registry: Registry) -> None:
    set_policy(cloud, theirs(QUEUE, "pushes"))
    registry.repository("team/api").on_image_pushed("pushes", target=QUEUE)
    assert cloud.calls.writes() == ["PutRule", "PutTargets"]
    assert registry.rule("pushes").send_test_event()
    registry.rule("pushes").remove()
    assert [each["Sid"] for each in queue_policy(cloud)] == ["theirs"]


@pytest.mark.parametrize(
    "almost",
    [
        {"Condition": {"ArnEquals": {"aws:SourceArn": arn("events", "rule/other")}}},
        {"Condition": {"ArnEquals": {"aws:SourceArn": arn("events", "rule/pushes"), "aws:PrincipalOrgID": "o-a"}}},
        {"Condition": {"ArnNotEquals": {"aws:SourceArn": arn("events", "rule/pushes")}}},
        {"Principal": {"Service": "sns.amazonaws.com"}},
        {"Action": "sqs:ReceiveMessage"},
        {"Resource": arn("sqs", "other")},
        {"Effect": "Deny"},
    ],
    ids=str,
)
def test_who_is_almost_let_in_by_others_is_let_in_by_ecrops(
    cloud: Cloud, registry: Registry, almost: dict[str, object]
) -> None:
    set_policy(cloud, theirs(QUEUE, "pushes", **almost))
    registry.repository("team/api").on_image_pushed("pushes", target=QUEUE)
    assert [each["Sid"] for each in queue_policy(cloud)] == ["theirs", "EcropsEvents"]


def test_a_target_that_has_taken_an_id_since_is_not_removed(cloud: Cloud, registry: Registry) -> None:
    registry.repository("team/api").on_image_pushed("pushes", target=Target(QUEUE, id="mine"))
    plan = registry_of(cloud, dry_run=True).rule("pushes").remove_target(QUEUE)
    other = {"Id": "mine", "Arn": arn("sqs", "theirs")}
    cloud.client("events").put_targets(Rule="pushes", Targets=[other])
    registry.apply(plan)
    assert registry.rule("pushes").targets() == [other]


# States


def test_a_rule_on_reading_calls_is_so_again_after_it_was_disabled(registry: Registry, events: Client) -> None:
    pulls = {"detail": {"eventName": ["BatchGetImage"]}}
    registry.repository("team/api").on_cloud_trail_event("pulls", event_pattern=pulls)
    rule = registry.rule("pulls")
    assert rule.disable()
    assert not rule.disable()
    assert events.describe_rule(Name="pulls")["State"] == "DISABLED"
    assert rule.enable()
    assert events.describe_rule(Name="pulls")["State"] == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
    assert not registry.repository("team/api").on_cloud_trail_event("pulls", event_pattern=pulls)
    registry.repository("team/api").on_cloud_trail_event("pulls", event_pattern=pulls, state="ENABLED")
    rule.disable()
    rule.enable()
    assert events.describe_rule(Name="pulls")["State"] == "ENABLED"


def test_a_rule_that_is_changed_to_reading_calls_fires_on_them(registry: Registry, events: Client) -> None:
    def of(call: str) -> RepositorySpec:
        pattern = {"detail": {"eventName": [call]}}
        return RepositorySpec("team/api", events=[on_cloud_trail_event("calls", event_pattern=pattern)])

    registry.ensure(of("PutImage"))
    assert registry.rule("calls").describe()["State"] == "ENABLED"
    registry.ensure(of("BatchGetImage"))
    assert registry.rule("calls").describe()["State"] == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
    events.enable_rule(Name="calls")
    assert not registry.ensure(of("BatchGetImage")), "what somebody has set it to since stays"


def test_a_rule_that_is_disabled_and_changed_at_once_fires_on_reading_calls_later(registry: Registry) -> None:
    repo = registry.repository("team/api")
    for call, state in (("PutImage", RuleState.ENABLED), ("BatchGetImage", RuleState.DISABLED)):
        repo.on_cloud_trail_event("calls", event_pattern={"detail": {"eventName": [call]}}, state=state)
    registry.rule("calls").enable()
    assert registry.rule("calls").describe()["State"] == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


def test_a_disabled_rule_that_is_changed_to_reading_calls_fires_on_them_later(registry: Registry) -> None:
    def on(call: str) -> None:
        pattern = {"detail": {"eventName": [call]}}
        registry.repository("team/api").on_cloud_trail_event("calls", event_pattern=pattern)

    states = []
    for call in ("PutImage", "BatchGetImage", "PutImage"):
        on(call)
        registry.rule("calls").disable()
    for call in ("BatchGetImage", "PutImage"):
        on(call)
        registry.rule("calls").enable()
        states.append(registry.rule("calls").describe()["State"])
        registry.rule("calls").disable()
    assert states == ["ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", "ENABLED"]


def test_a_rule_on_reading_calls_that_begins_disabled_fires_on_them_when_it_is_enabled(
    registry: Registry, events: Client
) -> None:
    pulls = {"detail": {"eventName": ["BatchGetImage"]}}
    registry.repository("team/api").on_cloud_trail_event("pulls", event_pattern=pulls, state="DISABLED")
    registry.rule("pulls").enable()
    assert events.describe_rule(Name="pulls")["State"] == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
