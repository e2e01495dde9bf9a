"""The state of EventBridge in one account and region: moto's, with what was invoked, and partial failures on demand."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from typing import Any, cast

from moto.core.exceptions import JsonRESTError
from moto.core.utils import unix_time_millis
from moto.events import models as moto_models
from moto.events import urls
from moto.events.exceptions import InvalidEventPatternException, ResourceNotFoundException, ValidationException
from moto.events.models import EventBus, Rule, events_backends
from moto.moto_api._internal import mock_random

from .complexity import is_too_complex
from .delivery import deliver
from .message import Event

OPERATORS = {
    "prefix", "suffix", "anything-but", "equals-ignore-case", "wildcard", "numeric", "exists", "cidr",
}  # fmt: skip
ROLES = re.compile(
    r":(states|kinesis|firehose|ecs|codepipeline|codebuild|batch|glue|sagemaker|appsync):|:events:[^:]*:[^:]*:(event-bus|api-destination)/"
)


class EventsBackend(moto_models.EventsBackend):
    """moto's EventBridge of one account and region, with what it lacks."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.lock = threading.RLock()
        self.invoked: list[tuple[str, str]] = []
        self.lost: list[Event] = []
        self.appear_after = 0
        self.unseen: dict[tuple[str, str], int] = {}
        self.refusals: dict[str, tuple[str, int]] = {}
        self.quotas = {"rules": 300, "pattern_characters": 2048}

    @property
    def _url_module(self) -> Any:
        return urls

    def now(self) -> int:
        """In milliseconds."""
        return int(unix_time_millis())

    def put_rule(self, name: str, *args: Any, **settings: Any) -> Rule:
        """Tags count for a new rule only; a pattern has operators that there are."""
        if pattern := settings.get("event_pattern"):
            check_pattern(pattern, self.quotas["pattern_characters"])
        bus = self._bus(settings.get("event_bus_arn"))
        if name in bus.rules:
            settings["tags"] = None
        elif len(bus.rules) >= self.quotas["rules"]:
            raise JsonRESTError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
        else:
            self.unseen[bus.name, name] = self.appear_after
        return super().put_rule(name, *args, **settings)

    def put_targets(self, name: str, event_bus_arn: str | None, targets: list[dict[str, Any]]) -> None:
        """At most five, of one input each, and with a role where there must be one."""
        rule = self.describe_rule(name, event_bus_arn)
        key = self._bus(event_bus_arn).name, name
        if self.unseen.get(key):
            self.unseen[key] -= 1
            raise ResourceNotFoundException(f"Rule {name} does not exist.")
        for target in targets:
            _check_target(target)
        if len({each["Id"] for each in [*rule.targets, *targets]}) > 5:
            raise JsonRESTError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
        super().put_targets(name, event_bus_arn, targets)

    def delete_rule(self, name: str, event_bus_arn: str | None) -> None:
        """A rule that is not there is no error, a bus is."""
        self._bus(event_bus_arn)
        super().delete_rule(name, event_bus_arn)

    def _bus(self, name: str | None) -> EventBus:
        """A bus by its name or ARN, the default one without."""
        return self._get_event_bus(self._normalize_event_bus_arn(name))

    def list_tags_for_resource(self, arn: str) -> dict[str, list[dict[str, str]]]:
        """moto looks for a rule of the name on any bus; an ARN says which bus is meant."""
        tags: dict[str, list[dict[str, str]]] = self.tagger.list_tags_for_resource(self._there(arn))
        return tags

    def tag_resource(self, arn: str, tags: dict[str, str]) -> None:
        """See ``list_tags_for_resource``."""
        self.tagger.tag_resource(self._there(arn), self.tagger.convert_dict_to_tags_input(tags))

    def untag_resource(self, arn: str, tag_keys: list[str]) -> None:
        """See ``list_tags_for_resource``."""
        self.tagger.untag_resource_using_names(self._there(arn), tag_keys)

    def _there(self, arn: str) -> str:
        """The ARN of a rule or bus, if that is there."""
        buses = self.event_buses.values()
        if arn not in {bus.arn for bus in buses} | {rule.arn for bus in buses for rule in bus.rules.values()}:
            raise ResourceNotFoundException(f"Rule {arn.split('/')[-1]} does not exist on EventBus default.")
        return arn

    def put_events(self, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Nobody but AWS sends events of AWS."""
        entries: list[dict[str, Any]] = []
        for event in events:
            if str(event.get("Source", "")).startswith("aws."):
                code = "NotAuthorizedForSourceException"
                entries.append({"ErrorCode": code, "ErrorMessage": f"Not authorized for the source: {event['Source']}"})
            else:
                entries.append({"EventId": self.emit(self._event(event), event.get("EventBusName"))})
        return entries

    def _event(self, entry: Mapping[str, Any]) -> Event:
        named = {"source": entry["Source"], "detail-type": entry["DetailType"], "resources": entry.get("Resources", [])}
        return {**named, "detail": json.loads(entry["Detail"])}

    def emit(self, event: Mapping[str, Any], bus: str | None = None) -> str:
        """Send an event from whatever source to a bus; returns its id."""
        envelope = {
            "version": "0",
            "account": self.account_id,
            "region": self.region_name,
            "time": "2026-01-01T00:00:00Z",
        }
        whole = {**envelope, "resources": [], **event, "id": str(mock_random.uuid4())}
        deliver(self, self._normalize_event_bus_arn(bus), whole)
        return str(whole["id"])

    def receive(self, bus: str, event: Event) -> None:
        """An event that a rule of another bus forwards."""
        _, _, _, region, account, _ = bus.split(":")
        other = backend(account, region)
        if bus.split("/")[-1] in other.event_buses:
            deliver(other, bus.split("/")[-1], event)

    def refused(self, ids: list[str]) -> list[dict[str, str]]:
        """The entries of a request that fail, as often as they shall."""
        failed = []
        for each in ids:
            code, times = self.refusals.get(each, ("", 0))
            if times:
                self.refusals[each] = (code, times - 1)
                failed.append({"TargetId": each, "ErrorCode": code, "ErrorMessage": f"{each} was refused"})
        return failed


def backend(account: str, region: str) -> EventsBackend:
    """The extended EventBridge of an account and region."""
    return cast(EventsBackend, events_backends[account][region])


def _check_target(target: Mapping[str, Any]) -> None:
    if len({"Input", "InputPath", "InputTransformer"} & set(target)) > 1:
        raise ValidationException(
            f"Only one of Input, InputPath, or InputTransformer must be provided for {target['Id']}."
        )
    if ROLES.search(target["Arn"]) and "RoleArn" not in target:
        raise ValidationException(f"RoleArn is required for target {target['Arn']}.")
    if ":logs:" in target["Arn"] and "RoleArn" in target:
        raise ValidationException(f"RoleArn is not supported for target {target['Arn']}.")


def check_pattern(text: str, characters: int) -> None:
    """Refuse a pattern that EventBridge would refuse."""
    if len(text) > characters:
        raise InvalidEventPatternException("Event pattern is too long")
    pattern = json.loads(text)
    _check_object(pattern)
    if is_too_complex(pattern):
        raise InvalidEventPatternException("Rule is too complex")


def _check_object(pattern: Mapping[str, Any]) -> None:
    for key, value in pattern.items():
        if key == "$or":
            for each in value:
                _check_object(each)
        elif isinstance(value, dict):
            _check_object(value)
        elif not isinstance(value, list) or not value:
            raise InvalidEventPatternException(f'"{key}" must be an object or a non-empty array')
        else:
            for each in value:
                if isinstance(each, dict) and (len(each) != 1 or not set(each) <= OPERATORS):
                    raise InvalidEventPatternException(f"Unrecognized match type {next(iter(each), '')}")
