"""Trying a rule end to end: a sample event through a copy of it, and what arrived."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from ecrops.aws import Aws
from ecrops.base.problems import Problems
from ecrops.engine.account import Account, without_deadline
from ecrops.engine.planning import make_plan
from ecrops.errors import SpecError
from ecrops.events import aspect, reading
from ecrops.events.edits import Absent, Include, Rule
from ecrops.events.event import RuleState
from ecrops.events.patterns.checks import check_pattern, text_of
from ecrops.events.patterns.samples import envelope, sample_for
from ecrops.events.targets.target import Target, check_reach
from ecrops.events.wants import all_wants, edit_rules

Message = Mapping[str, Any]


@dataclass(frozen=True)
class TestReport:
    """What became of a test event.

    Args:
        event: What was tried.
        matched: Whether EventBridge says that it matches the rule's pattern.
        missing: What lacks for the rule to reach its targets, as changes that ``add_target`` would make.
        sent_to: The ARNs of the targets that the event was sent to.
        arrived: The event as it came through EventBridge; ``None`` if it did not.
        sent: Whether it was sent; a dry run sends nothing.
        failed: The targets that could not be invoked, by ARN, with EventBridge's reason.
        untried: The ARNs of the targets that a copy of the rule cannot reach: ecrops does not authorise them, or
            does not know their kind.
    """

    __test__ = False  # not a test of pytest's

    event: Message
    matched: bool
    missing: Sequence[str] = ()
    sent_to: Sequence[str] = ()
    arrived: Message | None = None
    sent: bool = False
    failed: Mapping[str, str] = field(default_factory=dict)
    untried: Sequence[str] = ()

    def __bool__(self) -> bool:
        return self.matched and not self.missing and self.arrived is not None and not self.failed

    def __str__(self) -> str:
        lines = [f"the event {'matches' if self.matched else 'does not match'} the pattern of the rule"]
        lines += [f"missing: {change}" for change in self.missing]
        if self.sent:
            lines.append(f"it {'came' if self.arrived else 'did not come'} through EventBridge")
        elif self.matched:
            lines.append("it was not sent: this was a dry run")
        lines += [f"{arn}: {self.failed.get(arn, 'invoked')}" for arn in self.sent_to if self.arrived]
        lines += [f"{arn}: not tried, for ecrops does not authorise a copy of the rule there" for arn in self.untried]
        return "\n".join(lines)


@dataclass(frozen=True)
class _Copy:
    """An edit: a rule with this pattern and these targets."""

    pattern: Mapping[str, Any]
    targets: Sequence[Target]

    def __post_init__(self) -> None:
        check_pattern(self.pattern, "the pattern of the copy")

    def __call__(self, have: Rule) -> Rule:
        settings = {"EventPattern": text_of(self.pattern), "State": "ENABLED"}
        return replace(have, settings=settings, targets={str(each.id): each.to_aws() for each in self.targets})


def send_test_event(registry: Account, key: str, event: Message | None, timeout: float) -> TestReport:
    """See ``Rule.send_test_event``."""
    _check(event, timeout)
    aws = registry.aws
    pattern = reading.describe(aws, key).get("EventPattern")
    if pattern is None:
        raise SpecError(f"{key} has a schedule, and no pattern that an event could match")
    place = reading.place_of(aws)
    event = {**envelope(place, event["detail-type"]), **event} if event else sample_for(pattern, place)
    texts = {"EventPattern": text_of(pattern), "Event": json.dumps(event)}
    if not aws.get("events", "TestEventPattern", "Result", **texts):
        return TestReport(event, matched=False)
    have = reading.read(aws, key, lambda: "BASIC")
    targets = list(_known(aws, have))
    missing = _missing(aws, key, targets, have)
    untried = sorted({each["Arn"] for each in have.targets.values()} - {target.arn for target in targets})
    if registry.dry_run:
        return TestReport(event, matched=True, missing=missing, untried=untried)
    with _stage(registry, reading.name_and_bus(key)[1], pattern, targets) as stage:
        stage.wait_until_it_works(event, timeout)
        arrived = stage.send(event, timeout)
    sent_to = [target.arn for target in targets]
    return TestReport(event, True, missing, sent_to, arrived, True, dict(stage.failed), untried)


def _check(event: object, timeout: object) -> None:
    problems = Problems()
    texts = isinstance(event, Mapping) and isinstance(event.get("detail-type"), str)
    right = event is None or (texts and isinstance(event.get("detail"), Mapping))  # type: ignore[attr-defined]
    problems.check(right, "event", f"expected an event, a mapping with detail-type and detail, got {event!r}")
    right = isinstance(timeout, int | float) and not isinstance(timeout, bool) and timeout >= 0
    problems.check(right, "timeout", f"expected seconds, got {timeout!r}")
    problems.raise_any()


def _known(aws: Aws, rule: Rule) -> Iterator[Target]:
    """The targets that a copy of the rule can be let in to."""
    for document in rule.authorized:
        try:
            target = Target.from_aws(document)
            check_reach(target, aws.partition.name, aws.region)
        except SpecError:
            continue
        yield target


def _missing(aws: Aws, key: str, targets: Sequence[Target], have: Rule) -> list[str]:
    """What the rule itself lacks, which its copy would not show: that is enabled, and given permissions of its own."""
    wanted, known = all_wants(aws, {key: [Include(targets)]}, {key: have})
    permissions = [want for want in wanted if want.aspect is not aspect]
    lacks = [str(change) for change in make_plan(aws, permissions, known=known)]
    if (have.settings or {}).get("State") == RuleState.DISABLED:
        lacks.append(f"{key} is disabled: registry.rule(name).enable()")
    return lacks


class _Stage:
    """A queue, a rule that shows what passes, and a copy of the rule with its targets."""

    def __init__(self, aws: Aws, bus: str, url: str, name: str) -> None:
        self._aws = aws
        self._bus = bus
        self._url = url
        self._name = name
        self._seen: list[Message] = []
        self.failed: dict[str, str] = {}

    def wait_until_it_works(self, event: Message, timeout: float) -> None:
        """New rules take a moment: probes that only the queue sees are sent until one arrives."""
        for _ in range(max(1, int(timeout / 2))):
            self._put(event, f"{self._name}.probe")
            if self._look(f"{self._name}.probe"):
                return
            self._aws.pause(2, "a test event could arrive")

    def send(self, event: Message, timeout: float) -> Message | None:
        """Send the event once, and look until it arrived, and for what failed a little longer."""
        self._put(event, self._name)
        arrived: Message | None = None
        for _ in range(max(2, int(timeout / 2))):
            last = arrived is not None
            arrived = arrived or self._look(self._name)
            if last:
                break
            self._aws.pause(2, "a test event could arrive")
        self._look(self._name)
        return arrived

    def _put(self, event: Message, source: str) -> None:
        entry = {
            "Source": source,
            "DetailType": event["detail-type"],
            "Detail": json.dumps(event["detail"]),
            "Resources": list(event.get("resources", ())),
            "EventBusName": self._bus,
        }
        self._aws.call("events", "PutEvents", {"Entries": [entry]}, needs="Entries")

    def _look(self, source: str) -> Message | None:
        asked = {"QueueUrl": self._url, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
        # An empty queue is answered without a member: `ResponseMetadata` is in every answer
        answer = self._aws.call("sqs", "ReceiveMessage", asked, needs="ResponseMetadata")
        for message in answer.get("Messages", ()):
            said = {name: value.get("StringValue", "") for name, value in message.get("MessageAttributes", {}).items()}
            if "TARGET_ARN" in said:
                self.failed[said["TARGET_ARN"]] = said.get("ERROR_CODE", "")
            else:
                self._seen.append(json.loads(message["Body"]))
            receipt = {"QueueUrl": self._url, "ReceiptHandle": message["ReceiptHandle"]}
            self._aws.call("sqs", "DeleteMessage", receipt)
        return next((each for each in self._seen if each.get("source") == source), None)


@contextmanager
def _stage(registry: Account, bus: str, pattern: Mapping[str, Any], targets: Sequence[Target]) -> Iterator[_Stage]:
    """Everything that the test needs, and nothing of it afterwards, even if the time is over then."""
    aws, leisurely = registry.aws, without_deadline(registry)
    name = f"ecrops-test-{uuid.uuid4().hex[:12]}"
    queue = reading.place_of(aws).arn("sqs", name)
    shown = [replace(target, dead_letter_arn=queue) for target in targets]
    copies: dict[str, Any] = {
        reading.key_of(name, bus): [_Copy({**pattern, "source": [{"prefix": name}]}, [Target(queue)])],
        reading.key_of(f"{name}-targets", bus): [_Copy({**pattern, "source": [name]}, shown)],
    }
    attributes = {"MessageRetentionPeriod": "3600"}
    url = aws.get("sqs", "CreateQueue", "QueueUrl", QueueName=name, Attributes=attributes)
    aws.remember(queue)
    try:
        edit_rules(registry, copies)
        yield _Stage(aws, bus, url, name)
    finally:
        try:
            edit_rules(leisurely, {key: [Absent()] for key in copies})
        finally:
            leisurely.aws.call("sqs", "DeleteQueue", {"QueueUrl": url})
