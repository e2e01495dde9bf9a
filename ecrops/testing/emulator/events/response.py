"""How EventBridge answers requests: checked against the model first, with parts that can fail."""

from __future__ import annotations

import json
from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from moto.core.exceptions import JsonRESTError
from moto.events.exceptions import ValidationException
from moto.events.responses import EventsHandler

from ..ecr import model
from .backend import EventsBackend, backend, check_pattern
from .matching import matches

MANDATORY = ("id", "account", "source", "time", "region", "resources", "detail-type")
Answer = tuple[str, dict[str, Any]]


class EventsResponse(EventsHandler):
    """One request to EventBridge."""

    @property
    def events_backend(self) -> EventsBackend:
        return backend(self.current_account, self.region)

    def call_action(self) -> TYPE_RESPONSE:
        """One request at a time: moto has no locks of its own."""
        with self.events_backend.lock:
            request = json.loads(self.body or "{}")
            for path, constraint in model.violations("events", self._get_action(), request):
                message = f"Value at '{path}' failed to satisfy constraint: {constraint}"
                refusal = JsonRESTError("ValidationException", f"1 validation error detected: {message}")
                return refusal.code, dict(refusal.get_headers()), refusal.get_body()
            return super().call_action()

    def put_targets(self) -> Answer:
        """Those that are refused are named; the others are there."""
        targets = self._get_param("Targets")
        failed = self.events_backend.refused([each["Id"] for each in targets])
        refused = {each["TargetId"] for each in failed}
        accepted = [each for each in targets if each["Id"] not in refused]
        self.events_backend.put_targets(self._get_param("Rule"), self._get_param("EventBusName"), accepted)
        return self._create_response({"FailedEntryCount": len(failed), "FailedEntries": failed})

    def remove_targets(self) -> Answer:
        """Those that are refused are named; the others are gone."""
        ids = self._get_param("Ids")
        failed = self.events_backend.refused(ids)
        refused = {each["TargetId"] for each in failed}
        rule, bus = self._get_param("Rule"), self._get_param("EventBusName")
        self.events_backend.remove_targets(rule, bus, [each for each in ids if each not in refused])
        return self._create_response({"FailedEntryCount": len(failed), "FailedEntries": failed})

    def test_event_pattern(self) -> Any:
        """Whether a pattern matches an event. An event is a whole one: botocore's model says so."""
        check_pattern(self._get_param("EventPattern"), self.events_backend.quotas["pattern_characters"])
        event = json.loads(self._get_param("Event"))
        if lacking := [name for name in MANDATORY if name not in event]:
            raise ValidationException(f"Parameter Event is not valid. Reason: it lacks {', '.join(lacking)}")
        return self._create_response({"Result": matches(self._get_param("EventPattern"), event)})
