"""Rules, their tags and targets: converging, leaving others' things alone, and how many calls it takes."""

from __future__ import annotations

import json

import pytest

from ecrops import ConflictError, Registry, SpecError
from ecrops.events import Target, prefix
from ecrops.testing import Client, Cloud
from support import HERE, registry_of

from .support import arn, make_queue, queue_policy, rule_names

QUEUE = arn("sqs", "pushes")
THEIRS = {"Sid": "theirs", "Effect": "Allow", "Principal": "*", "Action": "sqs:ReceiveMessage", "Resource": QUEUE}


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process only: what goes over the wire is tested with the deliveries."""
    return memory_cloud


def let_others_in(cloud: Cloud) -> None:
    sqs = cloud.client("sqs")
    policy = json.dumps({"Version": "2012-10-17", "Id": "theirs", "Statement": THEIRS})
    sqs.set_queue_attributes(QueueUrl=sqs.get_queue_url(QueueName="pushes")["QueueUrl"], Attributes={"Policy": policy})


def test_a_rule_takes_four_writes_and_its_repetition_none(cloud: Cloud, registry: Registry) -> None:
    repo = registry.repository("team/api")
    plan = repo.on_image_pushed("pushes", target=QUEUE)
    assert str(plan).splitlines() == [
        HERE.strip(),
        "+ rule pushes rule: ECR Image Action of team/api (action-type PUSH), enabled",
        "+ rule pushes targets: sqs pushes",
        f"~ {QUEUE} policy: rule pushes",
        "2 created, 1 updated",
    ]
    assert cloud.calls.writes() == ["PutRule", "PutTargets", "SetQueueAttributes"]
    cloud.calls.clear()
    assert not repo.on_image_pushed("pushes", target=QUEUE)
    reads = ["DescribeRule", "ListTagsForResource", "ListTargetsByRule", "GetQueueUrl", "GetQueueAttributes"]
    assert cloud.calls.operations() == reads
    assert set(plan.permissions) >= {"events:PutRule", "events:TagResource", "events:PutTargets"}


def test_a_dry_run_plans_the_same_and_changes_nothing(cloud: Cloud, registry: Registry, events: Client) -> None:
    dry = registry_of(cloud, dry_run=True)
    plan = dry.repository("team/api").on_image_pushed("pushes", target=QUEUE)
    assert plan.summary == "2 to create, 1 to update"
    assert cloud.calls.writes() == []
    assert rule_names(events) == []
    made = registry.repository("team/api").on_image_pushed("pushes", target=QUEUE)
    assert sorted(map(str, plan)) == sorted(map(str, made))


def test_the_two_steps_of_the_cdk(registry: Registry, events: Client) -> None:
    registry.repository("team/api").on_image_scan_completed("ImageScanComplete")
    assert registry.rule("ImageScanComplete").add_target(QUEUE)
    assert not registry.rule("ImageScanComplete").add_target(QUEUE)
    assert [target["Arn"] for target in registry.rule("ImageScanComplete").targets()] == [QUEUE]
    assert registry.rule("ImageScanComplete").describe()["EventPattern"]["detail-type"] == ["ECR Image Scan"]
    assert rule_names(events) == ["ImageScanComplete"]


def test_the_statement_of_a_queue_is_least_and_others_survive(cloud: Cloud, registry: Registry) -> None:
    let_others_in(cloud)
    registry.repository("team/api").on_image_pushed("pushes", target=QUEUE)
    registry.repository("team/api").on_image_deleted("deletions", target=QUEUE)
    theirs, ours = queue_policy(cloud)
    assert theirs == THEIRS
    assert ours == {
        "Sid": "EcropsEvents",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": QUEUE,
        "Condition": {"ArnEquals": {"aws:SourceArn": [arn("events", "rule/pushes"), arn("events", "rule/deletions")]}},
    }
    registry.rule("pushes").remove()
    assert queue_policy(cloud)[1]["Condition"]["ArnEquals"]["aws:SourceArn"] == [arn("events", "rule/deletions")]
    registry.rule("deletions").remove()
    assert queue_policy(cloud) == [THEIRS]


def test_targets_of_others_stay(registry: Registry, events: Client) -> None:
    repo = registry.repository("team/api")
    repo.on_image_pushed("pushes", target=QUEUE)
    events.put_targets(Rule="pushes", Targets=[{"Id": "theirs", "Arn": arn("sqs", "theirs")}])
    assert not repo.on_image_pushed("pushes", target=QUEUE)
    assert registry.rule("pushes").remove_target(QUEUE)
    assert [target["Id"] for target in registry.rule("pushes").targets()] == ["theirs"]


def test_a_removed_target_takes_its_permission_along(cloud: Cloud, registry: Registry) -> None:
    rule = registry.rule("pushes")
    registry.repository("team/api").on_image_pushed("pushes", targets=[QUEUE, Target(QUEUE, id="second", input="{}")])
    rule.remove_target("second")
    assert queue_policy(cloud)
    rule.remove_target(Target(QUEUE))
    assert queue_policy(cloud) == []
    assert not rule.remove_target(QUEUE)
    assert rule.exists()


def test_an_id_with_another_arn_moves_the_permission(cloud: Cloud, registry: Registry) -> None:
    other = make_queue(cloud, "other")
    registry.repository("team/api").on_image_pushed("pushes", target=Target(QUEUE, id="mine"))
    registry.repository("team/api").on_image_pushed("pushes", target=Target(other, id="mine"))
    assert queue_policy(cloud) == []
    assert queue_policy(cloud, "other")


def test_a_changed_target_is_written_and_an_equal_one_is_not(cloud: Cloud, registry: Registry) -> None:
    repo = registry.repository("team/api")
    repo.on_image_pushed("pushes", target=Target(QUEUE, input={"a": 1}))
    assert not repo.on_image_pushed("pushes", target=Target(QUEUE, input='{"a":1}'))
    [change] = repo.on_image_pushed("pushes", target=Target(QUEUE, input={"a": 2}))
    assert change.operation == "PutTargets"
    assert change.difference == 'sqs pushes (Input {"a": 1}) -> sqs pushes (Input {"a": 2})'


def test_the_whole_rule_is_written_because_putrule_resets_what_it_omits(registry: Registry, events: Client) -> None:
    repo = registry.repository("team/api")
    repo.on_image_pushed("pushes", description="for the team", state="DISABLED", tags={"team": "web"})
    repo.on_image_pushed("pushes", image_tags=["v1"])
    rule = events.describe_rule(Name="pushes")
    assert (rule["Description"], rule["State"]) == ("for the team", "DISABLED")
    assert json.loads(rule["EventPattern"])["detail"]["image-tag"] == ["v1"]
    assert repo.on_image_pushed("pushes", image_tags=["v1"], state="ENABLED")
    assert events.describe_rule(Name="pushes")["State"] == "ENABLED"


def test_a_pattern_in_another_order_is_no_change(registry: Registry, events: Client) -> None:
    repo = registry.repository("team/api")
    repo.on_image_pushed("pushes", image_tags=["a", "b"])
    rule = events.describe_rule(Name="pushes")
    pattern = json.loads(rule["EventPattern"])
    pattern["detail"]["image-tag"] = ["b", "a"]
    events.put_rule(Name="pushes", EventPattern=json.dumps(dict(reversed(pattern.items())), indent=2))
    assert not repo.on_image_pushed("pushes", image_tags=["a", "b"])


def test_tags_converge_and_those_of_others_stay(registry: Registry, events: Client) -> None:
    repo = registry.repository("team/api")
    repo.on_image_pushed("pushes", tags={"team": "web"})
    events.tag_resource(ResourceARN=arn("events", "rule/pushes"), Tags=[{"Key": "theirs", "Value": "1"}])
    [change] = repo.on_image_pushed("pushes", tags={"team": "api"})
    assert change.operation == "TagResource"
    tags = events.list_tags_for_resource(ResourceARN=arn("events", "rule/pushes"))["Tags"]
    found = {tag["Key"]: tag["Value"] for tag in tags}
    assert found.pop("ecrops:rule"), "the fingerprint of the rule"
    assert found == {"team": "api", "theirs": "1", "ecrops:repository": "team/api"}


def test_five_targets_are_the_most_whoever_put_them(registry: Registry, events: Client) -> None:
    registry.repository("team/api").on_image_pushed("pushes")
    theirs = [{"Id": f"t{number}", "Arn": arn("sqs", f"q{number}")} for number in range(5)]
    events.put_targets(Rule="pushes", Targets=theirs)
    with pytest.raises(ConflictError, match=r"registry\.rule\(name\)\.remove_target") as caught:
        registry.rule("pushes").add_target(QUEUE)
    [change] = caught.value.conflicts
    assert str(change) == "! rule pushes targets: sqs q0, sqs q1, sqs q2, sqs q3, sqs q4 -> 6, of five at most"
    assert len(registry.rule("pushes").targets()) == 5


def test_rules_lists_what_ecrops_made_and_nothing_else(registry: Registry, events: Client) -> None:
    registry.repository("team/api").on_image_pushed("mine")
    registry.on_image_deleted("ours", repositories=prefix("team/"))
    events.put_rule(Name="theirs", EventPattern='{"source": ["aws.ecr"]}')
    events.put_rule(Name="scheduled", ScheduleExpression="rate(1 day)")
    assert sorted(rule.name for rule in registry.rules()) == ["mine", "ours"]
    assert repr(registry.rule("mine")) == "Rule('mine')"
    assert registry.rule("mine").arn == arn("events", "rule/mine")


def test_rules_are_listed_over_all_pages(memory_cloud: Cloud) -> None:
    registry = registry_of(memory_cloud)
    for number in range(103):
        name = f"r{number:03}"
        pattern = {"source": ["aws.ecr" if number % 50 == 2 else "theirs"]}
        memory_cloud.client("events").put_rule(Name=name, EventPattern=json.dumps(pattern), Tags=_marked())
    assert [rule.name for rule in registry.rules()] == ["r002", "r052", "r102"]
    assert len(memory_cloud.calls.of("ListRules")) > 1


def _marked() -> list[dict[str, str]]:
    return [{"Key": "ecrops:repository", "Value": "several"}]


def test_what_is_not_there_is_nothing_to_remove_and_nothing_to_switch(registry: Registry, cloud: Cloud) -> None:
    rule = registry.rule("missing")
    assert not rule.exists()
    assert not rule.remove()
    assert not rule.disable()
    assert not rule.remove_target(QUEUE)
    assert cloud.calls.writes() == []


def test_a_writer_who_overwrites_the_queues_policy_is_survived(cloud: Cloud, registry: Registry) -> None:
    raced: list[int] = []

    def race(seconds: float) -> None:
        if not raced:
            raced.append(1)
            let_others_in(cloud)

    from ecrops import RetryPolicy

    registry = registry_of(cloud, retry=RetryPolicy(sleep=race))
    registry.repository("team/api").on_image_pushed("pushes", target=QUEUE)
    assert [each["Sid"] for each in queue_policy(cloud)] == ["theirs", "EcropsEvents"]


def test_a_verb_of_a_repository_takes_no_other_repositories(registry: Registry) -> None:
    with pytest.raises(SpecError, match="these events are team/api's"):
        registry.repository("team/api").on_image_pushed(repositories=prefix("team/"))


def test_other_services_have_no_client_until_they_are_needed(cloud: Cloud) -> None:
    registry = registry_of(cloud)
    registry.rule("pushes")
    registry.repository("team/api").exists()
    assert set(registry.aws._clients.made) == {"ecr"}
    registry.repository("team/api").on_image_pushed("pushes")
    assert set(registry.aws._clients.made) == {"ecr", "sts", "events"}


def test_a_diff_says_the_filter_that_is_wanted_and_what_is_known_of_a_target(cloud: Cloud, registry: Registry) -> None:
    repo, dead = registry.repository("team/api"), make_queue(cloud, "dead")
    repo.on_image_pushed("pushes", image_tags=["prod"], target=Target(QUEUE, dead_letter_arn=dead))
    [change] = repo.on_image_pushed("pushes", image_tags=["dev"])
    before, after = change.difference.split(" -> ")
    assert before.replace("prod", "dev") == after
    other = Target(QUEUE, dead_letter_arn=make_queue(cloud, "other"))
    put = next(change for change in repo.on_image_pushed("pushes", image_tags=["dev"], target=other) if change.before)
    assert put.difference == "sqs pushes (dead letters to sqs dead) -> sqs pushes (dead letters to sqs other)"


def test_what_a_policy_loses_is_not_read_as_what_it_gains(registry: Registry) -> None:
    repo = registry.repository("team/api")
    repo.on_image_pushed("a", target=QUEUE)
    added = next(change for change in repo.on_image_deleted("b", target=QUEUE) if change.what == "policy")
    taken = next(change for change in registry.rule("b").remove() if change.what == "policy")
    assert (str(added), str(taken)) == (f"~ {QUEUE} policy: rule b", f"~ {QUEUE} policy: rule b -> nothing")
    last = next(change for change in registry.rule("a").remove() if change.what == "policy")
    assert str(last) == f"- {QUEUE} policy: rule a"


def test_a_change_of_a_rule_that_others_made_says_so(registry: Registry, events: Client) -> None:
    events.put_rule(Name="theirs", EventPattern='{"source": ["theirs"]}')
    assert registry.rule("theirs").disable().notes == ("rule theirs was not made by ecrops",)
    assert registry.rule("theirs").remove().notes == ("rule theirs was not made by ecrops",)
    registry.repository("team/api").on_image_pushed("ours")
    assert registry.rule("ours").remove().notes == ()


def test_a_plan_that_is_kept_says_nothing_of_what_was_not_there(registry: Registry) -> None:
    plan = registry.repository("team/api").on_image_pushed("pushes", target=QUEUE)
    assert {change.to_dict()["before"] for change in plan} == {""}


def test_a_dry_run_knows_what_it_would_have_tagged_and_removed(cloud: Cloud) -> None:
    make_queue(cloud)
    dry = registry_of(cloud, dry_run=True)
    repo = dry.repository("team/api")
    repo.on_image_pushed("pushes", target=QUEUE, tags={"team": "web"})
    assert repo.on_image_pushed("pushes", target=QUEUE, tags={"team": "api"})
    assert not repo.on_image_pushed("pushes", target=QUEUE, tags={"team": "api"})
    dry.rule("pushes").remove()
    again = repo.on_image_pushed("pushes", target=QUEUE)
    assert [change.operation for change in again] == ["PutRule", "PutTargets", "SetQueueAttributes"]
    assert "team" not in [tag["Key"] for tag in next(iter(again)).params["Tags"]]


def test_a_diff_speaks_of_events_not_of_json(registry: Registry) -> None:
    registry.on_image_pushed("pushes", repositories=prefix("team/"), image_tags=["v1", "v2"])
    [gone] = registry.rule("pushes").remove()
    assert gone.before == "ECR Image Action of team/* (action-type PUSH; image-tag v1 or v2), enabled"
    registry.on_event("all")
    [gone] = registry.rule("all").remove()
    assert gone.before == "aws.ecr, enabled"
