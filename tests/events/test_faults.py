"""For every call about events and every fault: it succeeds or it raises, and a clean run after it converges."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from ecrops import EcropsError, Registry, RepositorySpec
from ecrops.events import Target, on_image_finding
from ecrops.testing import FAULTS, Cloud, Fault
from support import first_of, registry_of, sampled

from .support import arn, make_function, make_queue

FUNCTION = arn("lambda", "function:work:live")
GROUP, TOPIC = arn("logs", "log-group:/g"), arn("sns", "news")
QUEUE = Target(arn("sqs", "pushes"), dead_letter_arn=arn("sqs", "dead"))
FLEET = RepositorySpec("team/api", events=[on_image_finding("findings", targets=[QUEUE, FUNCTION, GROUP, TOPIC])])


def ensure(registry: Registry) -> None:
    registry.ensure(FLEET)


def nothing(registry: Registry) -> None:
    registry.ensure(RepositorySpec("team/api", events=()))


def verbs(registry: Registry) -> None:
    repo, rule = registry.repository("team/api"), registry.rule("pushes")
    repo.on_image_pushed("pushes", target=arn("sqs", "pushes"), tags={"a": "1"})
    rule.add_target(FUNCTION)
    rule.remove_target(arn("sqs", "pushes"))
    rule.disable()
    registry.rules()


# In a run of the tests each fault meets every eleventh call, beginning at another one; with ECROPS_EXAMPLES every call
STEP = sampled(11)
RUNS: dict[str, Callable[[Registry], None]] = {"ensure": ensure, "verbs": verbs}


@pytest.mark.parametrize(("run", "fault"), [*(("ensure", fault) for fault in FAULTS), ("verbs", "denied")])
def test_after_a_fault_of_any_call_a_clean_run_converges(memory_cloud: Cloud, run: str, fault: Fault) -> None:
    """Making and removing take turns, and each is met by the fault: what one made is what the other finds."""
    cloud, registry = memory_cloud, registry_of(memory_cloud, workers=1)
    prepare(cloud)
    make, expected, counts = (RUNS[run], nothing), [], []
    for act in make:
        cloud.calls.clear()
        act(registry)
        expected.append(cloud.emulator.events.picture())
        counts.append(cloud.calls.operations())
    assert sum(map(len, counts)) >= 30
    for number in range(first_of(FAULTS.index(fault), len(FAULTS), STEP), max(map(len, counts)), STEP):
        for act, right, calls in zip(make, expected, counts, strict=True):
            cloud.faults.hits.clear()
            cloud.faults.at(number + 1, fault)
            outcome = attempt(act, registry)
            assert cloud.faults.hits or number >= len(calls) - 3, (number, calls)
            cloud.faults.clear()
            if fault == "denied":
                act(registry)
            else:
                assert outcome is None, (number, calls, outcome)
            assert cloud.emulator.events.picture() == right, (number, calls)


def prepare(cloud: Cloud) -> None:
    make_queue(cloud)
    make_queue(cloud, "dead")
    make_function(cloud)
    cloud.client("sns").create_topic(Name="news")
    cloud.client("logs").create_log_group(logGroupName="/g")


def attempt(run: Callable[[Registry], None], registry: Registry) -> Exception | None:
    try:
        run(registry)
    except (ClientError, BotoCoreError, ResponseParserError, EcropsError, ExceptionGroup) as error:
        return error
    return None
