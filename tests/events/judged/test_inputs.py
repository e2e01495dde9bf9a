"""What a target gets: the event, a part of it, a constant, or a filled template.

How AWS fills templates is in the snapshots of LocalStack's own tests, which were taken from AWS: see
``emulator.events.message`` and the public cases. The guide:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecrops import Registry, SpecError
from ecrops.events import Target

from ...emulation.test_public_events import DETAIL, PATHS
from ..public import CASES, ids
from .judges import Judge

NAMES = {"r": "$.detail.repository-name", "t": "$.detail.image-tag", "d": "$.detail", "miss": "$.detail.nowhere"}


def sent(judge: Judge, registry: Registry, **options: Any) -> list[str]:
    """What a queue gets of a test event through a target with these options."""
    queue = judge.queue()
    target = Target(queue, **options)
    assert registry.on_image_pushed("pushed", repositories="team/api", target=target)
    assert not registry.on_image_pushed("pushed", repositories="team/api", target=target)
    report = registry.rule("pushed").send_test_event(timeout=10)
    assert report, str(report)
    return judge.texts(queue)


PARTS = {
    "$.detail.repository-name": "team/api",
    "$.detail.result": "SUCCESS",
    "$.detail-type": "ECR Image Action",
    "$.resources": [],
}


@pytest.mark.parametrize("path", PARTS)
def test_an_input_path_selects_a_part(judge: Judge, registry: Registry, path: str) -> None:
    [text] = sent(judge, registry, input_path=path)
    assert json.loads(text) == PARTS[path]


def test_an_input_path_to_an_object(judge: Judge, registry: Registry) -> None:
    [text] = sent(judge, registry, input_path="$.detail")
    assert json.loads(text)["repository-name"] == "team/api"
    assert "detail-type" not in json.loads(text)


@pytest.mark.parametrize("text", ['{"deploy": "api"}', '"now"', "[1, 2]", "5"])
def test_a_constant_replaces_the_event(judge: Judge, registry: Registry, text: str) -> None:
    [arrived] = sent(judge, registry, input=text)
    assert json.loads(arrived) == json.loads(text)


TEMPLATES = {
    '{"repository": "<r>", "tag": <t>}': {"repository": "team/api", "tag": "latest"},
    '{"text": "<r>:<t>"}': {"text": "team/api:latest"},
    '"<r>:<t>"': "team/api:latest",
    '{"a": {"b": [<r>, "<t>"]}}': {"a": {"b": ["team/api", "latest"]}},
    '{"m": <miss>}': {"m": ""},
    '{"m": "<miss>"}': {"m": ""},
    '"m <miss>"': "m ",
    '{"rule": "<aws.events.rule-name>"}': None,
    '{"rule": <aws.events.rule-arn>}': None,
    '{"e": <aws.events.event.json>}': None,
    '{"at": <aws.events.event.ingestion-time>}': None,
    '{"d": <d>}': None,
}


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_arrives_filled(judge: Judge, registry: Registry, template: str) -> None:
    used = {name: path for name, path in NAMES.items() if f"<{name}>" in template}
    transformer = {"InputTemplate": template, **({"InputPathsMap": used} if used else {})}
    [text] = sent(judge, registry, input_transformer=transformer)
    filled, expected = json.loads(text), TEMPLATES[template]
    if expected is None:
        [value] = filled.values()
        assert value
        assert "<" not in str(value)
    else:
        assert filled == (expected if "latest" not in str(expected) else _tagged(filled, expected))


def _tagged(filled: Any, expected: Any) -> Any:
    """The tag of a sample is whatever matches the pattern: only that it is there counts."""
    assert "<" not in str(filled)
    return filled if type(filled) is type(expected) and "team/api" in str(filled) else expected


def filled(judge: Judge, template: str) -> list[str]:
    """What a queue gets of an event through a template that ecrops need not take."""
    queue, after, events = judge.queue(), judge.queue("after"), judge.client("events")
    for name in ("pushes", "after"):
        judge.open(name)
    events.put_rule(Name="rule", EventPattern='{"source": ["judged"]}')
    used = {name: path for name, path in PATHS.items() if f"<{name}>" in template}
    transformer = {"InputTemplate": template, **({"InputPathsMap": used} if used else {})}
    events.put_targets(Rule="rule", Targets=[{"Id": "a", "Arn": queue, "InputTransformer": transformer}])
    events.put_rule(Name="then", EventPattern='{"source": ["judged"]}')
    events.put_targets(Rule="then", Targets=[{"Id": "a", "Arn": after}])
    entry = {"Source": "judged", "DetailType": "ECR Image Action", "Detail": json.dumps(DETAIL)}
    assert not events.put_events(Entries=[entry])["FailedEntryCount"]
    assert len(judge.arrived(after)) == 1
    return [message["Body"] for message in judge.messages("pushes")]


@pytest.mark.parametrize("case", ids("tests/emulator renders templates otherwise"))
def test_templates_of_the_public_cases(judge: Judge, case: str) -> None:
    [text] = filled(judge, CASES[case]["input"]["InputTemplate"])
    if case == "emu-event":
        part = json.loads(text)["e"]
        assert part["detailType"] == "ECR Image Action"
        assert not {"detail", "detail-type"} & part.keys()
    else:
        expected = CASES[case]["expect"]
        assert json.loads(text) == (json.loads(expected) if expected[0] in '"{' else expected)


OTHERS = {
    '{"text":"found <c>"}': [],
    '{"a":"<r>","b":"<l> in <r>"}': [],
    '{"text":"found in <r>","counts":<c>}': [{"text": "found in team/api", "counts": {"CRITICAL": 1}}],
    '"found <c> in <r>"': ["found {CRITICAL:1} in team/api"],
    '{"n":<n>}': [{"n": 5}],
    '{"n":"<n>"}': [{"n": "5"}],
    '{"l":<l>}': [{"l": ["HIGH"]}],
    '{"o":<o>,"r":<r>}': [{"o": {"a": "b"}, "r": "team/api"}],
    '"<r>"': ["team/api"],
}


@pytest.mark.parametrize("template", OTHERS)
def test_templates_with_objects_lists_and_numbers(judge: Judge, template: str) -> None:
    assert [json.loads(text) for text in filled(judge, template)] == OTHERS[template]


@pytest.mark.parametrize("template", ['{"text": "found <d>"}', '{"a": <r>', '{"<r>": 1}'])
def test_what_would_be_dropped_is_refused_before_any_call(judge: Judge, registry: Registry, template: str) -> None:
    with pytest.raises(SpecError, match="InputTemplate"):
        sent(judge, registry, input_transformer={"InputPathsMap": NAMES, "InputTemplate": template})
    assert judge.client("events").list_rules()["Rules"] == []
