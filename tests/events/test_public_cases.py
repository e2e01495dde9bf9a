"""The public cases about quotas, kinds of events and delivery, and that no case is left out: see ``public``."""

from __future__ import annotations

import re

import pytest

from ecrops import RepositorySpec, SpecError
from ecrops.events import on_artifact_action, on_event, on_image_pushed
from ecrops.testing import Cloud
from support import registry_of

from ..emulation import test_public_events as emulation
from .patterns import test_public_cases as patterns
from .public import CASES
from .support import arn, bodies, make_queue, pushed, rule_names
from .targets import test_public_cases as targets


def test_every_case_is_a_test() -> None:
    assert {*patterns.COVERED, *targets.COVERED, *emulation.COVERED, *COVERED} == set(CASES)


def test_30_wildcard_rules_are_the_most(memory_cloud: Cloud) -> None:
    wild = {"detail-type": [{"wildcard": "ECR*"}]}
    specs = [RepositorySpec(f"r{number}", events=[on_event(event_pattern=wild)]) for number in range(31)]
    with pytest.raises(SpecError, match="at most 30 rules with wildcards, these are 31"):
        registry_of(memory_cloud).plan(*specs)


def test_quotas_that_aws_raises_are_notes(memory_cloud: Cloud) -> None:
    registry = registry_of(memory_cloud, dry_run=True)
    count, names = CASES["quota-301-rules"]["input"]["specs"], CASES["quota-70-repos"]["input"]["repositories"]
    specs = [RepositorySpec(f"r{number}", events=[on_image_pushed()]) for number in range(count)]
    assert re.match(r"the bus default would have 301 rules, and has at most 300", registry.plan(*specs).notes[0])
    repositories = [f"team/some-service-{number:03}-image" for number in range(names)]
    assert re.match(
        r"the pattern of .* has 2,\d+ characters", registry.on_image_pushed(repositories=repositories).notes[0]
    )


def test_an_artifact_action_has_a_verb(memory_cloud: Cloud) -> None:
    event = pushed() | {"detail-type": "ECR Artifact Action"}
    assert on_artifact_action(repositories="team/api").pattern().matches(event)
    assert not on_image_pushed(repositories="team/api").pattern().matches(event)
    make_queue(memory_cloud)
    registry_of(memory_cloud).repository("team/api").on_artifact_action(target=arn("sqs", "pushes"))
    memory_cloud.emulator.events.emit(event)
    assert len(bodies(memory_cloud)) == 1


def test_events_arrive_and_nothing_is_left_behind(memory_cloud: Cloud) -> None:
    make_queue(memory_cloud)
    registry = registry_of(memory_cloud)
    registry.on_image_pushed("pushes", target=arn("sqs", "pushes"))
    assert registry.rule("pushes").send_test_event()
    assert rule_names(memory_cloud.client("events")) == ["pushes"]
    registry.rule("pushes").remove()
    assert rule_names(memory_cloud.client("events")) == []


COVERED = ["quota-30-wildcards", "quota-301-rules", "quota-70-repos", "evt-artifact", "emus"]
