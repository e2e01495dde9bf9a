"""What a server answers to a lifecycle policy: other rules than were sent are told, the same in other words are not."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from ecrops import LifecycleRule, Registry
from ecrops.testing import Cloud
from support import AT_ONCE

UNTAGGED = LifecycleRule(tag_status="untagged", max_image_age=7)
NOT_KEPT = "^ab lifecycle: the service answered with success, and did not"


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process, with a repository."""
    memory_cloud.emulator.seed(["ab"])
    return memory_cloud


def answering(cloud: Cloud, put: Callable[[str], str | None], get: Callable[[str], str | None]) -> Registry:
    """A registry whose server answers with other rules than it was sent."""
    session = cloud.session(own=True)

    def changed(change: Callable[[str], str | None], parsed: dict[str, Any], **_: Any) -> None:
        if (text := parsed.pop("lifecyclePolicyText", None)) and (other := change(text)):
            parsed["lifecyclePolicyText"] = other

    for operation, change in (("PutLifecyclePolicy", put), ("GetLifecyclePolicy", get)):
        session.events.register(f"after-call.ecr.{operation}", partial(changed, change))
    return Registry(session, retry=AT_ONCE)


def with_other_count(text: str) -> str:
    document = json.loads(text)
    document["rules"][0]["selection"]["countNumber"] += 1
    return json.dumps(document)


@pytest.mark.parametrize("answer", [with_other_count, lambda text: '{"rules": []}', lambda text: '{"rules": 5}'])
def test_rules_that_a_server_does_not_keep_are_told(cloud: Cloud, answer: Callable[[str], str]) -> None:
    repo = answering(cloud, answer, with_other_count).repository("ab")
    with pytest.raises(Exception, match=NOT_KEPT):
        repo.set_lifecycle_rules(UNTAGGED)
    assert cloud.calls.writes() == ["PutLifecyclePolicy"], "it is not sent again"


def reordered(text: str) -> str:
    rule, *_ = json.loads(text)["rules"]
    return json.dumps({"rules": [dict(reversed(rule.items()))]}, indent=2)


@pytest.mark.parametrize("answer", [reordered, lambda text: text, lambda text: None])
def test_rules_that_a_server_writes_otherwise_are_kept(cloud: Cloud, answer: Callable[[str], str | None]) -> None:
    """An answer without rules, as of a server that only says that it was done, is believed."""
    repo = answering(cloud, answer, lambda text: text).repository("ab")
    assert repo.set_lifecycle_rules(UNTAGGED)
    assert cloud.calls.operations() == ["GetLifecyclePolicy", "PutLifecyclePolicy"], "it is not read again"
    cloud.calls.clear()
    assert repo.set_lifecycle_rules()
    assert cloud.calls.operations() == ["GetLifecyclePolicy", "DeleteLifecyclePolicy"]
