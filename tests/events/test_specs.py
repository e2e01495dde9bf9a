"""The events of specs: exactly these rules for a repository, whatever ecrops made for it before."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import Registry, RepositorySpec, SpecError
from ecrops.events import Target, on_event, on_image_deleted, on_image_finding, on_image_pushed, prefix
from ecrops.testing import Cloud
from support import registry_of

from .support import arn, bodies, make_queue, pushed, queue_policy, rule_names

QUEUE = arn("sqs", "pushes")


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process only: what goes over the wire is tested with the deliveries."""
    return memory_cloud


def spec(*events: Any, name: str = "team/api") -> RepositorySpec:
    return RepositorySpec(name, events=events)


def test_a_spec_with_an_event_takes_six_reads_when_nothing_is_to_do(cloud: Cloud, registry: Registry) -> None:
    assert registry.ensure(spec(on_image_pushed(target=QUEUE)))
    cloud.calls.clear()
    assert not registry.ensure(spec(on_image_pushed(target=QUEUE)))
    rules = ["ListRules", "ListTagsForResource", "ListTargetsByRule"]
    assert cloud.calls.operations()[:3] == rules
    assert sorted(cloud.calls.operations()[3:]) == ["DescribeRepositories", "GetQueueAttributes", "GetQueueUrl"]
    cloud.emulator.events.emit(pushed())
    assert len(bodies(cloud)) == 1


def test_plan_only_reads(cloud: Cloud, registry: Registry) -> None:
    assert registry.plan(spec(on_image_pushed(target=QUEUE)))
    assert cloud.calls.writes() == []


def test_events_that_are_not_managed_are_not_read(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(RepositorySpec("team/api"))
    assert {call.service for call in cloud.calls} == {"ecr"}


def test_what_a_spec_says_no_more_is_removed_with_its_permission(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(spec(on_image_pushed(target=QUEUE), on_image_deleted("deletions", target=QUEUE)))
    registry.ensure(spec(on_image_pushed(target=QUEUE)))
    assert [name[:20] for name in rule_names(cloud.client("events"))] == ["ecrops-image-pushed-"]
    assert len(queue_policy(cloud)[0]["Condition"]["ArnEquals"]["aws:SourceArn"]) == 1
    assert registry.ensure(spec())
    assert rule_names(cloud.client("events")) == []
    assert queue_policy(cloud) == []
    assert not registry.ensure(spec())


def test_a_verbs_rule_of_the_repository_is_the_specs_to_keep_or_remove(cloud: Cloud, registry: Registry) -> None:
    registry.repository("team/api").on_image_pushed(target=QUEUE)
    assert not [change for change in registry.ensure(spec(on_image_pushed(target=QUEUE))) if "rule" in change.owner]
    registry.ensure(spec())
    assert rule_names(cloud.client("events")) == []


def test_rules_of_others_of_other_repositories_and_of_fleets_stay(cloud: Cloud, registry: Registry) -> None:
    events = cloud.client("events")
    events.put_rule(Name="theirs", EventPattern='{"source": ["aws.ecr"], "detail": {"repository-name": ["team/api"]}}')
    registry.repository("team/web").on_image_pushed("web", target=QUEUE)
    registry.on_image_pushed("fleet", target=QUEUE, repositories=["team/api", "team/web"])
    registry.ensure(spec())
    assert sorted(rule_names(events)) == ["fleet", "theirs", "web"]


def test_a_target_that_a_spec_says_no_more_goes_and_that_of_others_stays(cloud: Cloud, registry: Registry) -> None:
    other = make_queue(cloud, "other")
    registry.ensure(spec(on_image_pushed("pushes", targets=[QUEUE, other])))
    theirs = [{"Id": "theirs", "Arn": arn("sqs", "theirs")}]
    cloud.client("events").put_targets(Rule="pushes", Targets=theirs)
    registry.ensure(spec(on_image_pushed("pushes", target=other)))
    assert {target["Arn"] for target in registry.rule("pushes").targets()} == {other, arn("sqs", "theirs")}
    assert queue_policy(cloud) == []
    assert queue_policy(cloud, "other")
    registry.ensure(spec())
    assert [target["Id"] for target in registry.rule("pushes").targets()] == ["theirs"]
    assert queue_policy(cloud, "other") == []


def test_two_rules_that_swap_their_queues_end_up_right(cloud: Cloud, registry: Registry) -> None:
    other = make_queue(cloud, "other")
    registry.ensure(spec(on_image_pushed("a", target=QUEUE), on_image_deleted("b", target=other)))
    registry.ensure(spec(on_image_pushed("a", target=other), on_image_deleted("b", target=QUEUE)))
    sources = [queue_policy(cloud, name)[0]["Condition"]["ArnEquals"]["aws:SourceArn"] for name in ("pushes", "other")]
    assert sources == [[arn("events", "rule/b")], [arn("events", "rule/a")]]


def test_a_fleet_with_one_queue_reads_and_writes_its_policy_once(memory_cloud: Cloud) -> None:
    make_queue(memory_cloud)
    registry = registry_of(memory_cloud)
    fleet = [spec(on_image_pushed(target=QUEUE), name=f"team/r{number}") for number in range(25)]
    registry.ensure(*fleet)
    assert len(memory_cloud.calls.of("SetQueueAttributes")) == 1
    assert len(memory_cloud.calls.of("GetQueueAttributes")) == 3  # to plan, right before the write, and to verify
    assert len(memory_cloud.calls.of("PutRule")) == 25
    memory_cloud.calls.clear()
    assert not registry.ensure(*fleet)
    assert len(memory_cloud.calls.of("GetQueueAttributes")) == 1
    assert len(memory_cloud.calls.of("DescribeRule")) == 0
    registry.ensure(*[spec(name=f"team/r{number}") for number in range(25)])
    assert queue_policy(memory_cloud) == []
    assert rule_names(memory_cloud.client("events")) == []


def test_two_specs_cannot_want_one_rule(memory_cloud: Cloud) -> None:
    one, two = spec(on_image_pushed("x"), name="a1"), spec(on_image_pushed("x"), name="a2")
    with pytest.raises(SpecError, match="rule x is wanted twice"):
        registry_of(memory_cloud).plan(one, two)
    assert not memory_cloud.calls


def test_more_than_a_bus_can_ever_hold_is_refused_before_any_call(memory_cloud: Cloud) -> None:
    registry = registry_of(memory_cloud)
    wild = {"detail-type": [{"wildcard": "ECR*"}]}
    with pytest.raises(SpecError, match="at most 30 rules with wildcards, these are 31"):
        registry.plan(*[spec(on_event(event_pattern=wild), name=f"r{number}") for number in range(31)])
    assert not memory_cloud.calls


def test_more_rules_than_a_bus_has_by_default_are_noted_once_and_aws_decides(memory_cloud: Cloud) -> None:
    memory_cloud.client("events").put_rule(Name="standing", EventPattern='{"source": ["mine"]}')
    registry, raised = registry_of(memory_cloud), registry_of(memory_cloud, quotas={"rules": 301})
    specs = [spec(on_image_pushed(), name=f"r{number}") for number in range(300)]
    [note] = registry.plan(*specs).notes
    assert note.startswith("the bus default would have 301 rules, and has at most 300 unless AWS has raised the quota")
    assert "L-244521F2" in note  # Rules, in Service Quotas
    assert 'Registry(quotas={"rules": 301})' in note
    assert 'repositories=prefix("team/")' in note
    assert raised.plan(*specs).notes == ()
    assert registry.plan(*specs[:-1]).notes == ()
    memory_cloud.emulator.events.raise_quotas(rules=301)
    raised.ensure(*specs)
    changed = [spec(on_image_pushed(description="x"), name=f"r{number}") for number in range(300)]
    assert registry.plan(*changed)
    assert registry.plan(*changed).notes == (), "no rule more"
    assert len(list(memory_cloud.client("events").list_rules(Limit=100)["Rules"])) == 100


@pytest.mark.parametrize(("region", "most"), [("af-south-1", 100), ("eu-south-1", 100), ("eu-south-2", 300)])
def test_the_default_quota_of_rules_is_that_of_the_region(memory_cloud: Cloud, region: str, most: int) -> None:
    registry = Registry(memory_cloud.session(region=region))
    specs = [spec(on_image_pushed(), name=f"r{number}") for number in range(most + 1)]
    assert registry.plan(*specs[:-1]).notes == ()
    [note] = registry.plan(*specs).notes
    assert f"would have {most + 1} rules, and has at most {most} unless" in note


def test_a_pattern_longer_than_the_default_quota_is_noted_and_aws_decides(memory_cloud: Cloud) -> None:
    names = [f"team/repository-number-{number:03}" for number in range(70)]
    registry = registry_of(memory_cloud)
    with pytest.raises(ClientError) as caught:
        registry.on_image_pushed("pushes", repositories=names)
    assert any("L-664C5505" in note for note in caught.value.__notes__)
    memory_cloud.emulator.events.raise_quotas(pattern_characters=4096)
    plan = registry.on_image_pushed("pushes", repositories=names)
    [note] = plan.notes
    length = len(memory_cloud.client("events").describe_rule(Name="pushes")["EventPattern"])
    assert note.startswith(f"the pattern of rule pushes has {length:,} characters, and at most 2,048 unless AWS has")
    assert "L-664C5505" in note  # Event pattern size, in Service Quotas
    assert f'Registry(quotas={{"pattern_characters": {length}}})' in note
    assert "split=True" in note
    assert not registry.on_image_pushed("pushes", repositories=names).notes
    raised = registry_of(memory_cloud, quotas={"pattern_characters": length})
    assert raised.on_image_pushed("others", repositories=names).notes == ()


@pytest.mark.parametrize(
    "quotas, reason",
    [
        (5, "quotas: expected a mapping such as"),
        ({"rule": 5}, "rule: unknown key; did you mean rules?"),
        ({"rules": 0}, "quotas.rules: expected a whole number above 0, got 0"),
        ({"pattern_characters": "4096"}, "quotas.pattern_characters: expected a whole number above 0, got '4096'"),
    ],
)
def test_quotas_that_are_none_are_refused(memory_cloud: Cloud, quotas: Any, reason: str) -> None:
    with pytest.raises(SpecError, match=re.escape(reason)):
        registry_of(memory_cloud, quotas=quotas)


def test_rules_on_a_bus_of_its_own_are_read_there(cloud: Cloud, registry: Registry) -> None:
    cloud.client("events").create_event_bus(Name="other")
    assert registry.ensure(spec(on_image_pushed("x", target=QUEUE, bus="other")))
    assert not registry.ensure(spec(on_image_pushed("x", target=QUEUE, bus="other")))


def test_the_scan_type_is_asked_for_once_for_a_fleet(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(*[spec(on_image_finding(target=QUEUE), name=f"r{number}") for number in range(3)])
    assert len(cloud.calls.of("GetRegistryScanningConfiguration")) == 2, "for the plan, and for the writes"


def test_a_spec_of_a_repository_and_its_verbs_agree_on_the_target(cloud: Cloud, registry: Registry) -> None:
    target = Target(QUEUE, input={"a": 1})
    registry.on_image_pushed(target=target, repositories="team/api")
    registry.ensure(RepositorySpec("team/api"))
    assert not registry.ensure(spec(on_image_pushed(target=target)))
    assert registry.on_image_pushed(target=target, repositories=prefix("team/"))
