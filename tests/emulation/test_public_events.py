"""The public cases about how EventBridge fills templates, against the emulator: see ``tests/events/public``."""

from __future__ import annotations

import json

import pytest

from ecrops.testing import Cloud
from tests.events.public import CASES, ids
from tests.events.support import SAMPLE, arn, make_queue, received

DETAIL = {"o": {"a": "b"}, "l": ["HIGH"], "r": "team/api", "c": {"CRITICAL": 1}, "n": 5}
PATHS = {name: f"$.detail.{name}" for name in (*DETAIL, "miss")}


def filled(cloud: Cloud, template: str) -> list[str]:
    """What a queue gets of an event through an input template."""
    make_queue(cloud)
    sqs, events, queue = cloud.client("sqs"), cloud.client("events"), arn("sqs", "pushes")
    allow = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = json.dumps({"Statement": [{**allow, "Resource": queue}]})
    url = sqs.get_queue_url(QueueName="pushes")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    events.put_rule(Name="rule", EventPattern='{"source": ["aws.ecr"]}')
    transformer = {"InputPathsMap": PATHS, "InputTemplate": template}
    events.put_targets(Rule="rule", Targets=[{"Id": "a", "Arn": queue, "InputTransformer": transformer}])
    cloud.emulator.events.emit({**SAMPLE, "detail": DETAIL})
    return [each["Body"] for each in received(cloud)]


@pytest.mark.parametrize(
    "case", [case for case in ids("tests/emulator renders templates otherwise") if case != "emu-event"]
)
def test_templates_are_filled_as_aws_fills_them(memory_cloud: Cloud, case: str) -> None:
    [text] = filled(memory_cloud, CASES[case]["input"]["InputTemplate"])
    expected = CASES[case]["expect"]
    assert text == (expected if isinstance(expected, str) and expected[0] in '"{' else json.dumps(expected))


def test_the_event_without_its_detail_has_a_detail_type(memory_cloud: Cloud) -> None:
    [text] = filled(memory_cloud, CASES["emu-event"]["input"]["InputTemplate"])
    part = json.loads(text)["e"]
    assert part["detailType"] == SAMPLE["detail-type"]
    assert not {"detail", "detail-type"} & part.keys()


@pytest.mark.parametrize(
    "template, texts",
    [
        ('{"text":"found <c>"}', []),
        ('{"a":"<r>","b":"<l> in <r>"}', []),
        ('{"text":"found in <r>","counts":<c>}', ['{"text":"found in team/api","counts":{"CRITICAL": 1}}']),
        ('"found <c> in <r>"', ['"found {CRITICAL:1} in team/api"']),
        ('{"n":<n>,"t":"<n>"}', ['{"n":5,"t":"5"}']),
        (r'{"t":"\"<r>\""}', [r'{"t":"\"team/api\""}']),
    ],
)
def test_what_is_no_json_is_dropped(memory_cloud: Cloud, template: str, texts: list[str]) -> None:
    assert filled(memory_cloud, template) == texts


COVERED = ids("tests/emulator renders templates otherwise")
