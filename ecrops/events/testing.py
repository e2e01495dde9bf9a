"""Testing a rule end to end: a sample event is sent through a copy of the rule, and what arrived is reported.

Called by ``Rule.send_test_event``. EventBridge accepts events of ``aws.ecr`` from ECR only, so the rule itself cannot
be invoked: the copy has a source of its own. It leaves nothing behind, and never changes the rule.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from ecrops.aws import Aws
from ecrops.base.plain_json import check_size, plain
from ecrops.base.problems import Problems, is_number
from ecrops.base.render import page
from ecrops.base.shown import ShownText
from ecrops.base.waits import Waited
from ecrops.engine.account import Account, without_deadline
from ecrops.engine.planning import make_plan
from ecrops.engine.reading import Readings
from ecrops.errors import SpecError
from ecrops.events import aspect, reading
from ecrops.events.edits import Absent, Include
from ecrops.events.event import RuleState
from ecrops.events.patterns.checks import check_pattern
from ecrops.events.patterns.limits import text_of
from ecrops.events.patterns.samples import envelope, sample_for
from ecrops.events.targets import presence
from ecrops.events.targets.target import Target, check_reach
from ecrops.events.targets.transformers import doubts
from ecrops.events.value import RuleValue, to_aws
from ecrops.events.wants import all_wants, edit_rules

Message = Mapping[str, Any]


@dataclass(frozen=True)
class TestReport(ShownText):
    """The result of a test event. It is true if the event came through EventBridge to a target, and nothing is missing.

    EventBridge tells of targets that it could not invoke, and not of those that it did: a target without an entry in
    ``failed`` is one of which no failure was seen. Look there for what arrived.

    Args:
        event: The event that was tested.
        matched: Whether it matches the pattern of the rule, as EventBridge says.
        missing: The changes that the rule needs to reach its targets, as ``add_target`` would make them.
        sent_to: The ARNs of the targets that the event was sent to.
        arrived: The event as it came through EventBridge; ``None`` if it did not.
        sent: Whether the event was sent; a dry run sends nothing.
        failed: The reasons by the ARN of the target: EventBridge's, for targets that could not be invoked; and those of
            targets that it would drop the event for, to which it was not sent.
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
        came = self.matched and self.arrived is not None
        return came and bool(self.sent_to) and not self.missing and not self.failed

    def __str__(self) -> str:
        lines = [f"the event {'matches' if self.matched else 'does not match'} the pattern of the rule"]
        lines += [f"missing: {change}" for change in self.missing]
        if self.sent:
            lines.append(f"it {'came' if self.arrived else 'did not come'} through EventBridge")
        elif self.matched:
            lines.append("it was not sent: this was a dry run")
        lines += [f"{arn}: {self.failed.get(arn, 'no failure seen')}" for arn in self.sent_to if self.arrived]
        lines += [f"{arn}: not sent, for {reason}" for arn, reason in self.failed.items() if arn not in self.sent_to]
        if self.sent and not (self.sent_to or self.untried or self.failed):
            lines.append("the rule has no target: nothing gets the event")
        lines += [f"{arn}: not tried, for ecrops does not authorise a copy of the rule there" for arn in self.untried]
        return page(lines)


@dataclass(frozen=True)
class _Copy:
    """An edit: the copy of a rule, with this pattern and these targets."""

    pattern: Mapping[str, Any]
    targets: Sequence[Target]

    def __post_init__(self) -> None:
        check_pattern(self.pattern, "the pattern of the copy")

    def __call__(self, current: RuleValue) -> RuleValue:
        """Return the rule after the edit."""
        settings = {"EventPattern": text_of(self.pattern), "State": "ENABLED"}
        return replace(current, settings=settings, targets=to_aws(self.targets))


def send_test_event(registry: Account, key: str, event: Message | None, timeout: float) -> TestReport:
    """Send an event through a copy of a rule, and report what arrived: see ``Rule.send_test_event``."""
    _check(event, timeout)
    aws = registry.aws
    pattern = reading.describe(aws, key).get("EventPattern")
    if pattern is None:
        raise SpecError(f"{key} has a schedule, and no pattern that an event could match")
    check_size(pattern)
    location = reading.location_of(aws)
    event = {**envelope(location, event["detail-type"]), **event} if event else sample_for(pattern, location)
    texts = {"EventPattern": text_of(pattern), "Event": json.dumps(event)}
    if not aws.get("events", "TestEventPattern", "Result", **texts):
        return TestReport(event, matched=False)
    rule = reading.read(aws, key, lambda: "BASIC")
    dropped = _dropped(rule, event)
    targets = [target for target in _reachable_targets(aws, rule) if target.arn not in dropped]
    missing = _missing(aws, key, targets, rule)
    tried = {target.arn for target in targets} | dropped.keys()
    untried = sorted({target["Arn"] for target in rule.targets.values()} - tried)
    if registry.dry_run:
        return TestReport(event, matched=True, missing=missing, failed=dropped, untried=untried)
    with _stage(registry, reading.name_and_bus(key)[1], pattern, targets) as stage:
        stage.wait_until_it_works(event, timeout)
        arrived = stage.send(event, timeout)
    return TestReport(
        event,
        matched=True,
        missing=missing,
        sent_to=[target.arn for target in targets],
        arrived=arrived,
        sent=True,
        failed={**dropped, **stage.failed},
        untried=untried,
    )


def _check(event: object, timeout: object) -> None:
    problems = Problems()
    problems.take("event", lambda: plain(event))
    problems.raise_any()
    is_event = event is None or (
        isinstance(event, Mapping)
        and isinstance(event.get("detail-type"), str)
        and isinstance(event.get("detail"), Mapping)
    )
    problems.check(is_event, "event", f"expected an event, a mapping with detail-type and detail, got {event!r}")
    problems.check(is_number(timeout) and timeout >= 0, "timeout", f"expected seconds, got {timeout!r}")
    problems.raise_any()


def _dropped(rule: RuleValue, event: Message) -> dict[str, str]:
    """Return the targets that EventBridge would drop this event for without a word, by ARN, with the reason."""
    transformers = {target["Arn"]: target.get("InputTransformer") for target in rule.authorized}
    reasons = {arn: doubts(transformer, event) for arn, transformer in transformers.items() if transformer}
    return {arn: reason for arn, reason in reasons.items() if reason}


def _reachable_targets(aws: Aws, rule: RuleValue) -> Iterator[Target]:
    """Yield the targets that a copy of the rule can be authorised to invoke."""
    for document in rule.authorized:
        try:
            target = Target.from_aws(document)
            check_reach(target, aws.partition.name, aws.region)
        except SpecError:
            continue
        if target.role_arn or not target.unchecked:
            yield target


def _missing(aws: Aws, key: str, targets: Sequence[Target], rule: RuleValue) -> list[str]:
    """Return what the rule itself lacks. Its copy does not show that: it is enabled, and has its own permissions."""
    wants, known = all_wants(aws, {key: [Include(targets)]}, Readings({(aspect, key): rule}))
    permissions = [want for want in wants if want.aspect not in (aspect, presence)]
    missing = [str(change) for change in make_plan(aws, permissions, known=known)]
    if (rule.settings or {}).get("State") == RuleState.DISABLED:
        missing.append(f"{key} is disabled: registry.rule(name).enable()")
    return missing


class _Stage:
    """A queue, a rule that sends what arrives to the queue, and a copy of the tested rule with its targets.

    Attributes:
        failed: EventBridge's reasons by the ARN of the target, for targets that could not be invoked.
    """

    def __init__(self, aws: Aws, bus: str, url: str, name: str) -> None:
        self._aws = aws
        self._bus = bus
        self._url = url
        self._name = name
        self._messages: list[Message] = []
        self._waited = Waited(name)
        self.failed: dict[str, str] = {}

    def wait_until_it_works(self, event: Message, timeout: float) -> None:
        """Send probes, which only the queue gets, until one arrives: new rules take a moment."""
        for _ in range(max(1, int(timeout / 2))):
            self._put(event, f"{self._name}.probe")
            if self._receive(f"{self._name}.probe"):
                return
            self._pause("a probe has not arrived yet: a new rule takes a moment")

    def send(self, event: Message, timeout: float) -> Message | None:
        """Send the event once. Wait until it has arrived, and a little longer for targets that fail."""
        self._put(event, self._name)
        arrived: Message | None = None
        for _ in range(max(2, int(timeout / 2))):
            has_arrived = arrived is not None
            arrived = arrived or self._receive(self._name)
            if has_arrived:
                break
            self._pause("the test event has not arrived at all targets yet")
        self._receive(self._name)
        return arrived

    def _pause(self, reason: str) -> None:
        self._aws.pause(2, "a test event could arrive", reason, self._waited)

    def _put(self, event: Message, source: str) -> None:
        entry = {
            "Source": source,
            "DetailType": event["detail-type"],
            "Detail": json.dumps(event["detail"]),
            "Resources": list(event.get("resources", ())),
            "EventBusName": self._bus,
        }
        self._aws.call("events", "PutEvents", {"Entries": [entry]}, needs="Entries")

    def _receive(self, source: str) -> Message | None:
        """Take messages from the queue. Return the event with this source, if it has arrived by now."""
        params = {"QueueUrl": self._url, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
        # An empty queue is answered without a member: `ResponseMetadata` is in every answer
        answer = self._aws.call("sqs", "ReceiveMessage", params, needs="ResponseMetadata")
        for message in answer.get("Messages", ()):
            attributes = message.get("MessageAttributes", {}).items()
            texts = {name: value.get("StringValue", "") for name, value in attributes}
            if "TARGET_ARN" in texts:
                self.failed[texts["TARGET_ARN"]] = texts.get("ERROR_CODE", "")
            else:
                self._messages.append(json.loads(message["Body"]))
            receipt = {"QueueUrl": self._url, "ReceiptHandle": message["ReceiptHandle"]}
            self._aws.call("sqs", "DeleteMessage", receipt)
        return next((event for event in self._messages if event.get("source") == source), None)


@contextmanager
def _stage(registry: Account, bus: str, pattern: Mapping[str, Any], targets: Sequence[Target]) -> Iterator[_Stage]:
    """Make the rules and the queue of a test, and remove them afterwards, even after the deadline."""
    aws, unlimited = registry.aws, without_deadline(registry)
    name = f"ecrops-test-{uuid.uuid4().hex[:12]}"
    queue = reading.location_of(aws).arn("sqs", name)
    # One attempt: a failure that EventBridge tries again for hours would not be seen
    observed = [replace(target, dead_letter_arn=queue, maximum_retry_attempts=0) for target in targets]
    copies: dict[str, Any] = {
        reading.key_of(name, bus): [_Copy({**pattern, "source": [{"prefix": name}]}, [Target(queue)])],
        reading.key_of(f"{name}-targets", bus): [_Copy({**pattern, "source": [name]}, observed)],
    }
    attributes = {"MessageRetentionPeriod": "3600"}
    url = aws.get("sqs", "CreateQueue", "QueueUrl", QueueName=name, Attributes=attributes)
    aws.made.add(queue)
    try:
        edit_rules(registry, copies, looks=False)
        yield _Stage(aws, bus, url, name)
    finally:
        try:
            edit_rules(unlimited, {key: [Absent()] for key in copies})
        finally:
            unlimited.aws.call("sqs", "DeleteQueue", {"QueueUrl": url})
