"""The public cases about targets, their inputs, permissions and keys: see ``public``."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ecrops import ConflictError, Registry, RepositorySpec, SpecError
from ecrops.events import Target, on_image_deleted, on_image_pushed
from ecrops.testing import Cloud
from support import registry_of

from ..public import CASES, ids
from ..support import arn, make_function, make_places, make_queue, queue_policy
from .support import GROUP, QUEUE, ROLE


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    return memory_cloud


@pytest.mark.parametrize("case", ids("target kind refused"))
def test_a_kind_of_target_that_eventbridge_documents_is_taken_with_a_role(cloud: Cloud, case: str) -> None:
    target = Target(**CASES[case]["input"]["target"])
    make_places(cloud, ROLE)
    registry = registry_of(cloud)
    assert registry.on_image_pushed("pushes", target=target)
    assert not registry.on_image_pushed("pushes", target=target)
    [stored] = registry.rule("pushes").targets()
    assert Target.from_aws(stored) == target
    with pytest.raises(SpecError, match="only with a role"):
        Target(target.arn)


COUNTS, TAGS, NAME = "$.detail.finding-severity-counts", "$.detail.image-tags", "$.detail.repository-name"
PATHS = {"c": COUNTS, "t": TAGS, "r": NAME}


def shaped(template: str, paths: dict[str, str] | None = None) -> Target:
    return Target(QUEUE, input_transformer={"InputPathsMap": paths or PATHS, "InputTemplate": template})


LOST = {
    **{case: CASES[case]["input"]["input_transformer"]["InputTemplate"] for case in ("xf-objq", "xf-both")},
    "the whole event": '{"text": "got <aws.events.event.json>"}',
    "in a list": '["found <c>"]',
    "in an escaped quote": r'{"text": "found \"<c>\""}',
}


@pytest.mark.parametrize("case", LOST)
def test_an_object_or_list_in_quotes_is_refused_before_any_call(cloud: Cloud, case: str) -> None:
    with pytest.raises(SpecError, match=r"in quotes, and .* is an object or a list"):
        registry_of(cloud).on_image_scan_completed(target=shaped(LOST[case]))
    assert not cloud.calls


@pytest.mark.parametrize(
    "path", ["$", "$.detail", "$.resources", "$.detail.resources[0].details", "$.detail.repositories"]
)
def test_what_is_never_a_scalar_is_told_by_the_documented_events(path: str) -> None:
    with pytest.raises(SpecError, match="is an object or a list"):
        shaped('{"text": "<x>"}', {"x": path})
    for scalar in (
        "$.id",
        "$.detail.repository-name",
        "$.detail.unheard-of",
        "$.detail.repositories[0].scan-frequency",
    ):
        shaped('{"text": "<x>"}', {"x": scalar})


MALFORMED = {
    "xf-malformed": '{"a": <r>',
    "a key": '{"<r>": 1}',
    "a key without quotes": "{<r>: 1}",
    "a comma": '{"a": <r>,}',
    "no comma": '{"a": <r> "b": 1}',
    "an open quote": '"found <r>',
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_template_that_can_never_be_json_is_refused(case: str) -> None:
    """``xf-malformed`` is unclear: whatever PutTargets says, nothing can arrive."""
    with pytest.raises(SpecError, match=r"input_transformer\.InputTemplate: "):
        shaped(MALFORMED[case])


RIGHT = {
    "xf-ok": CASES["xf-ok"]["input"]["InputTemplate"],
    "xf-str": CASES["xf-str"]["input"]["InputTemplate"],
    "lines": '"found <c>"\n"in <r>"',
    "a line break in quotes": '{"text": "found\n<r>"}',
    "a value": "<c>",
    "braces in quotes": '{"text": "{<r>}"}',
    "an escaped placeholder": r'{"text": "\<r> <r>"}',
    "a text without quotes, as in botocore's model": "<r> was scanned",
}


@pytest.mark.parametrize("case", RIGHT)
def test_a_template_that_makes_json_or_a_text_is_taken(case: str) -> None:
    shaped(RIGHT[case])


def test_a_test_event_is_tried_once(cloud: Cloud) -> None:
    given = CASES["test-retry"]["input"]["target"]
    make_queue(cloud)
    registry = registry_of(cloud)
    registry.on_image_pushed("pushes", targets=[Target(QUEUE, **given), Target(QUEUE, id="plain")])
    cloud.calls.clear()
    assert registry.rule("pushes").send_test_event()
    tried = [target for call in cloud.calls.of("PutTargets") for target in call.params["Targets"]]
    copies = [target["RetryPolicy"]["MaximumRetryAttempts"] for target in tried if "DeadLetterConfig" in target]
    assert copies == [0, 0]


def test_a_target_of_which_nothing_is_heard_is_no_failure_seen(cloud: Cloud) -> None:
    """``test-logs-ministack`` is unclear: nobody tells of targets that were invoked, so the report claims less."""
    make_places(cloud, GROUP)
    registry = registry_of(cloud)
    registry.on_image_pushed("pushes", target=GROUP)
    report = registry.rule("pushes").send_test_event()
    assert str(report).endswith(f"{GROUP}: no failure seen")
    assert "invoked" not in str(report)


@pytest.mark.parametrize(
    "template, reason",
    [
        ('{"text": "found <c>"}', "is an object or a list"),
        ('{"a": <c>', "makes no JSON"),
        ('{"a": <c>, "b": NaN}', "no JSON"),
        ("[" * 5000, "no JSON"),
        ("<r> x", "without quotes"),
    ],
)
def test_a_report_is_not_true_if_a_standing_target_would_get_nothing(cloud: Cloud, template: str, reason: str) -> None:
    make_queue(cloud)
    registry, events = registry_of(cloud), cloud.client("events")
    registry.on_image_scan_completed("scans", scan_type="BASIC", target=QUEUE)
    [target] = registry.rule("scans").targets()
    transformer = {"InputPathsMap": PATHS, "InputTemplate": template}
    events.put_targets(Rule="scans", Targets=[{**target, "InputTransformer": transformer}])
    report = registry.rule("scans").send_test_event()
    assert not report
    assert reason in report.failed[QUEUE]
    assert f"{QUEUE}: not sent, for" in str(report)


def test_a_value_of_this_event_that_is_an_object_is_seen_too(cloud: Cloud) -> None:
    make_queue(cloud)
    registry = registry_of(cloud)
    target = shaped('{"text": "<x>"}', {"x": "$.detail.custom"})
    registry.on_image_pushed("pushes", target=target)
    event: dict[str, Any] = {"detail-type": "ECR Image Action", "source": "aws.ecr", "detail": {"action-type": "PUSH"}}
    good = registry.rule("pushes").send_test_event({**event, "detail": {**event["detail"], "custom": "a"}})
    bad = registry.rule("pushes").send_test_event({**event, "detail": {**event["detail"], "custom": ["a"]}})
    assert good
    assert not bad
    assert "<x> in quotes" in bad.failed[QUEUE]


def test_a_rule_without_a_target_reaches_nobody(cloud: Cloud) -> None:
    registry = registry_of(cloud)
    registry.on_image_pushed("pushes")
    report = registry.rule("pushes").send_test_event()
    assert not report
    assert "the rule has no target" in str(report)


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "logs-template": (
        lambda: Target(GROUP, input_transformer={"InputTemplate": '"cusId"'}),
        "the template of a log group is",
    ),
    "text-input": (lambda: Target(QUEUE, input="hello"), 'a text is JSON in quotes: "hello"'),
    "name-65": (lambda: on_image_pushed("x" * 65), "name: a rule's name has 1 to 64"),
    "logs-role": (lambda: Target(GROUP, role_arn=ROLE), "role_arn: a log group takes none: leave it out"),
    "dlq-fifo": (lambda: Target(QUEUE, dead_letter_arn=f"{QUEUE}.fifo"), "expected the ARN of a standard SQS queue"),
    "five": (lambda: on_image_pushed(targets=[arn("sqs", f"q{n}") for n in range(6)]), "a rule has at most 5"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_eventbridge_refuses_is_refused_with_the_way_out(case: str) -> None:
    make, reason = REFUSED[case]
    with pytest.raises(SpecError) as caught:
        make()
    assert reason in str(caught.value)


def test_a_sixth_target_on_a_rule_is_a_conflict(cloud: Cloud) -> None:
    for number in range(6):
        make_queue(cloud, f"q{number}")
    registry = registry_of(cloud)
    registry.on_image_pushed("pushes", targets=[arn("sqs", f"q{number}") for number in range(5)])
    with pytest.raises(ConflictError, match="of five at most"):
        registry.rule("pushes").add_target(arn("sqs", "q5"))


def functions_of(cloud: Cloud, name: str = "work") -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = json.loads(cloud.client("lambda").get_policy(FunctionName=name)["Policy"])[
        "Statement"
    ]
    return statements


def test_every_function_is_permitted_under_a_short_statement_id(cloud: Cloud) -> None:
    one, two = make_function(cloud, "one"), make_function(cloud, "two")
    registry_of(cloud).on_image_pushed(repositories=["x" * 200], targets=[one, two])
    for name in ("one", "two"):
        [statement] = functions_of(cloud, name)
        assert len(statement["Sid"]) < 100, CASES["sid-100"]["source"]
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}, CASES["two-fns"]["source"]


def test_log_groups_share_one_policy_for_both_services(cloud: Cloud) -> None:
    groups = [arn("logs", f"log-group:/aws/events/g{number}") for number in range(11)]
    make_places(cloud, *groups)
    registry = registry_of(cloud)
    for number, group in enumerate(groups):
        registry.on_image_pushed(f"rule{number}", target=f"{group}:*")
    [policy] = cloud.client("logs").describe_resource_policies()["resourcePolicies"]
    [statement] = json.loads(policy["policyDocument"])["Statement"]
    services = ["events.amazonaws.com", "delivery.logs.amazonaws.com"]
    assert statement["Principal"] == {"Service": services}, CASES["logs-principal"]["source"]
    assert statement["Resource"] == [f"{group}:*" for group in groups], CASES["logs-star"]["source"]


def test_what_a_key_must_allow_is_told(cloud: Cloud) -> None:
    make_queue(cloud, "secret", KmsMasterKeyId="alias/mine")
    make_queue(cloud, "dead", KmsMasterKeyId="alias/mine")
    make_queue(cloud)
    topic = cloud.client("sns").create_topic(Name="news", Attributes={"KmsMasterKeyId": "alias/mine"})["TopicArn"]
    for case, target in {
        "kms-queue": Target(arn("sqs", "secret")),
        "kms-dlq": Target(QUEUE, dead_letter_arn=arn("sqs", "dead")),
        "kms-topic": Target(topic),
    }.items():
        plan = registry_of(cloud, dry_run=True).on_image_pushed(target=target)
        assert any("kms:GenerateDataKey" in note for note in plan.notes), CASES[case]["source"]


def test_dead_letters_are_let_in(cloud: Cloud) -> None:
    make_queue(cloud)
    make_queue(cloud, "dead")
    registry_of(cloud).on_image_pushed("pushes", target=Target(QUEUE, dead_letter_arn=arn("sqs", "dead")))
    [statement] = queue_policy(cloud, "dead")
    assert statement["Condition"]["ArnEquals"]["aws:SourceArn"] == [arn("events", "rule/pushes")]


def test_the_bus_of_another_account_takes_no_input_and_a_bus_of_its_own_is_told(cloud: Cloud) -> None:
    far = Target("arn:aws:events:eu-west-1:111122223333:event-bus/b", role_arn=ROLE, input="{}")
    with pytest.raises(SpecError, match="it gets whole events only"):
        registry_of(cloud).on_image_pushed(target=far)
    make_places(cloud, arn("events", "event-bus/other"))
    plan = registry_of(cloud, dry_run=True).on_image_pushed("x", bus="other")
    assert any("AWS's own events come on the default bus only" in note for note in plan.notes)


def test_a_bus_or_log_group_that_is_missing_is_seen_by_the_plan(cloud: Cloud) -> None:
    """Both are unclear: a queue that is missing is refused, so these are too."""
    registry = registry_of(cloud, dry_run=True)
    for options in ({"bus": "nobus"}, {"target": arn("logs", "log-group:nothere")}):
        with pytest.raises(ClientError) as caught:
            registry.on_image_pushed("x", **options)  # type: ignore[arg-type]
        assert "make it first, or correct the ARN" in str(caught.value.__notes__)


def many(registry: Registry, count: int, target: str | Target, length: int = 5) -> Any:
    return registry.plan(
        *(RepositorySpec(f"b/{n:0{length}}", events=[on_image_pushed(target=target)]) for n in range(count))
    )


def test_a_function_without_room_for_the_permissions_is_refused_before_anything_is_written(cloud: Cloud) -> None:
    function = make_function(cloud)
    registry = registry_of(cloud)
    with pytest.raises(SpecError, match="its policy has at most 20,480 bytes, with these rules it would have"):
        many(registry, 90, function)
    assert cloud.calls.writes() == []
    assert many(registry, 40, function)


def test_a_function_whose_standing_policy_is_nearly_full_is_refused_too(cloud: Cloud) -> None:
    function, functions = make_function(cloud), cloud.client("lambda")
    for number in range(58):
        functions.add_permission(
            FunctionName="work",
            StatementId=f"theirs-{number:03}",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=arn("events", f"rule/theirs-{number:080}"),
        )
    registry = registry_of(cloud)
    with pytest.raises(SpecError, match="its policy has at most 20,480 bytes"):
        registry.on_image_pushed("one", targets=[function])
    assert registry.on_image_deleted("two", target=Target(function, authorize=False))


def test_a_queue_without_room_is_refused(cloud: Cloud) -> None:
    make_queue(cloud)
    with pytest.raises(SpecError, match="its policy has at most 8,192 bytes"):
        many(registry_of(cloud), 150, QUEUE)


def test_log_groups_beyond_the_limit_of_the_guide_are_noted(cloud: Cloud) -> None:
    """``perm-logs-70`` is unclear: the guide says 5,120 characters, botocore's model 51,200. AWS decides."""
    groups = [arn("logs", f"log-group:/aws/events/a-group-of-a-long-name/{number:03}") for number in range(70)]
    make_places(cloud, *groups)
    specs = [RepositorySpec(f"r{n}", events=[on_image_deleted(target=group)]) for n, group in enumerate(groups)]
    [note] = registry_of(cloud).plan(*specs).notes
    assert "name a limit of 5,120" in note
    assert registry_of(cloud).plan(*specs[:20]).notes == ()


COVERED = [
    *ids("target kind refused", "test report says invoked, nothing arrives", "transformer"),
    *REFUSED,
    *("sid-100", "two-fns", "logs-principal", "logs-star", "logs-10", "kms-topic", "kms-dlq", "kms-queue", "dlq-perm"),
    *("bus-cross", "custom-bus", "there-bus", "there-logs", "perm-lambda-90", "perm-logs-70", "perm-queue-150"),
]
