"""EventBridge rules: made, repeated, updated, switched, tagged, split and removed."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import ConflictError, Registry, RepositorySpec
from ecrops.events import Pattern, Target, on_image_deleted, on_image_pushed, prefix

from .judges import Judge


@pytest.fixture
def queue(judge: Judge) -> str:
    """A queue to send to."""
    return judge.queue()


def rules(judge: Judge) -> list[str]:
    """The names of all rules of the default bus."""
    return sorted(rule["Name"] for rule in judge.client("events").list_rules()["Rules"])


def pattern_of(registry: Registry, name: str) -> Any:
    """The pattern of a rule, as it is stored."""
    return registry.rule(name).describe()["EventPattern"]


def test_a_rule_is_made_once_and_read_back(judge: Judge, registry: Registry, queue: str) -> None:
    target = Target(queue, input_path="$.detail", maximum_retry_attempts=3, maximum_event_age=120)
    options: dict[str, Any] = {"repositories": prefix("team/"), "description": "pushes of a team"}
    assert registry.on_image_pushed("pushed", target=target, **options)
    assert not registry.on_image_pushed("pushed", target=target, **options)
    [stored] = registry.rule("pushed").targets()
    assert Target.from_aws(stored) == target
    assert registry.rule("pushed").describe()["Description"] == "pushes of a team"
    assert rules(judge) == ["pushed"]
    assert [rule.name for rule in registry.rules()] == ["pushed"]


def test_a_dry_run_makes_nothing(judge: Judge, queue: str) -> None:
    assert judge.registry(dry_run=True).on_image_pushed("pushed", target=queue)
    assert rules(judge) == []


def test_a_pattern_is_updated_and_targets_are_added(registry: Registry, judge: Judge, queue: str) -> None:
    second = judge.queue("second")
    registry.on_image_pushed("pushed", repositories="team/api", target=queue)
    assert registry.on_image_pushed("pushed", repositories=["team/api", "team/web"], target=second)
    assert sorted(pattern_of(registry, "pushed")["detail"]["repository-name"]) == ["team/api", "team/web"]
    assert sorted(target["Arn"] for target in registry.rule("pushed").targets()) == [queue, second]
    assert not registry.on_image_pushed("pushed", repositories=["team/web", "team/api"], targets=[queue, second])


def test_a_target_is_changed_and_removed(registry: Registry, queue: str) -> None:
    registry.on_image_pushed("pushed", target=queue)
    assert registry.rule("pushed").add_target(Target(queue, input_path="$.detail"))
    [stored] = registry.rule("pushed").targets()
    assert stored["InputPath"] == "$.detail"
    assert registry.rule("pushed").remove_target(queue)
    assert not registry.rule("pushed").remove_target(queue)
    assert registry.rule("pushed").targets() == []


def test_five_targets_are_the_most(judge: Judge, registry: Registry) -> None:
    queues = [judge.queue(f"q{number}") for number in range(6)]
    registry.on_image_pushed("pushed", targets=queues[:5])
    assert len(registry.rule("pushed").targets()) == 5
    with pytest.raises(ConflictError, match="of five at most"):
        registry.rule("pushed").add_target(queues[5])


def test_a_rule_is_disabled_stays_so_and_is_enabled(registry: Registry, queue: str) -> None:
    registry.on_image_pushed("pushed", target=queue)
    assert registry.rule("pushed").disable()
    assert not registry.rule("pushed").disable()
    assert not registry.on_image_pushed("pushed", target=queue)
    assert registry.rule("pushed").describe()["State"] == "DISABLED"
    assert registry.rule("pushed").enable()
    assert registry.rule("pushed").describe()["State"] == "ENABLED"


def test_a_disabled_rule_sends_nothing(judge: Judge, registry: Registry, queue: str) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DisableRule.html."""
    events, probe = judge.client("events"), judge.queue("probe")
    for name in ("pushes", "probe"):
        judge.open(name)
    for rule, target in (("off", queue), ("on", probe)):
        events.put_rule(Name=rule, EventPattern='{"source": ["judged"]}')
        events.put_targets(Rule=rule, Targets=[{"Id": "a", "Arn": target}])
    events.disable_rule(Name="off")
    events.put_events(Entries=[{"Source": "judged", "DetailType": "x", "Detail": "{}"}])
    assert len(judge.arrived(probe)) == 1
    assert judge.messages("pushes") == []


def test_tags_converge_and_those_of_others_stay(judge: Judge, registry: Registry, queue: str) -> None:
    events = judge.client("events")
    registry.on_image_pushed("pushed", target=queue, tags={"team": "a"})
    arn = registry.rule("pushed").arn
    events.tag_resource(ResourceARN=arn, Tags=[{"Key": "theirs", "Value": "x"}])
    assert registry.on_image_pushed("pushed", target=queue, tags={"team": "b"})
    assert not registry.on_image_pushed("pushed", target=queue, tags={"team": "b"})
    tags = {tag["Key"]: tag["Value"] for tag in events.list_tags_for_resource(ResourceARN=arn)["Tags"]}
    assert tags.items() >= {("team", "b"), ("theirs", "x")}
    assert any(key.startswith("ecrops:") for key in tags)


def test_a_rule_of_others_is_a_conflict_and_stays(judge: Judge, registry: Registry, queue: str) -> None:
    judge.client("events").put_rule(Name="theirs", EventPattern='{"source": ["aws.s3"]}')
    with pytest.raises(ConflictError):
        registry.on_image_pushed("theirs", target=queue)
    assert pattern_of(registry, "theirs") == {"source": ["aws.s3"]}
    assert registry.rule("theirs").targets() == []


def test_targets_of_others_stay(judge: Judge, registry: Registry, queue: str) -> None:
    theirs = {"Id": "theirs", "Arn": judge.queue("elsewhere")}
    registry.on_image_pushed("pushed", target=queue)
    judge.client("events").put_targets(Rule="pushed", Targets=[theirs])
    registry.rule("pushed").remove_target(queue)
    assert registry.rule("pushed").targets() == [theirs]


def test_a_removed_rule_takes_its_targets_and_permissions_along(judge: Judge, registry: Registry, queue: str) -> None:
    registry.on_image_pushed("pushed", target=queue)
    assert registry.rule("pushed").remove()
    assert not registry.rule("pushed").remove()
    assert not registry.rule("pushed").exists()
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        registry.rule("pushed").describe()
    assert registry.on_image_pushed("pushed", target=queue), "a rule of the same name is made anew"


def test_a_list_that_is_too_long_for_a_pattern_is_split(judge: Judge, registry: Registry, queue: str) -> None:
    names = [f"team/some-service-{number:03}-image" for number in range(130)]
    assert registry.on_image_pushed("pushed", repositories=names, target=queue, split=True)
    assert not registry.on_image_pushed("pushed", repositories=names, target=queue, split=True)
    parts = rules(judge)
    assert len(parts) > 1
    served = [pattern_of(registry, part)["detail"]["repository-name"] for part in parts]
    assert sorted(name for part in served for name in part) == names
    assert all(registry.rule(part).send_test_event(timeout=10) for part in parts)
    registry.on_image_pushed("pushed", repositories=names[:5], target=queue, split=True)
    assert rules(judge) == parts[:1]


def test_a_rule_on_another_bus(judge: Judge, registry: Registry, queue: str) -> None:
    judge.client("events").create_event_bus(Name="other")
    assert registry.on_image_pushed("pushed", bus="other", target=queue)
    assert not registry.on_image_pushed("pushed", bus="other", target=queue)
    assert rules(judge) == []
    assert registry.rule("pushed", "other").send_test_event(timeout=10)
    assert len(judge.arrived(queue)) == 1
    assert registry.rule("pushed", "other").remove()
    assert judge.client("events").list_rules(EventBusName="other")["Rules"] == []


def test_the_events_of_a_spec_are_its_whole_set(judge: Judge, registry: Registry, queue: str) -> None:
    registry.ensure(RepositorySpec("team/api", events=[on_image_pushed("a", target=queue), on_image_deleted("b")]))
    spec = RepositorySpec("team/api", events=[on_image_pushed("a", target=queue)])
    assert registry.ensure(spec)
    assert not registry.ensure(spec)
    assert rules(judge) == ["a"]
    registry.ensure(RepositorySpec("team/api", events=[]))
    assert rules(judge) == []


def test_the_stored_pattern_is_the_one_of_the_verb(registry: Registry) -> None:
    further = {"detail": {"image-tag": [{"anything-but": {"wildcard": "*-dev"}}, {"exists": False}]}}
    registry.on_image_pushed("pushed", repositories=prefix("team/"), event_pattern=further)
    stored = pattern_of(registry, "pushed")
    assert stored["detail"]["repository-name"] == [{"prefix": "team/"}]
    assert Pattern(stored).matches(
        {"source": "aws.ecr", "detail-type": "ECR Image Action", "detail": {
            "action-type": "PUSH", "result": "SUCCESS", "repository-name": "team/api", "image-tag": "v1"}}
    )  # fmt: skip
