"""What a test may do behind EventBridge's back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .backend import EventsBackend, backend
from .logs import revise
from .picture import picture


class Events:
    """Steers the emulated EventBridge of one account and region.

    Example:
        >>> events = Events("123456789012", "eu-west-1")
        >>> events.emit({"source": "aws.ecr", "detail-type": "ECR Image Action", "detail": {}})
        >>> events.refuse("mine", "ConcurrentModificationException", times=1)
    """

    def __init__(self, account: str, region: str) -> None:
        self._account, self._region = account, region

    def emit(self, event: Mapping[str, Any], bus: str = "default") -> None:
        """Let AWS send an event."""
        with self._backend.lock:
            self._backend.emit(event, bus)

    def refuse(self, target: str, code: str = "InternalException", times: int = 10**6) -> None:
        """Let the target with this id fail in requests that succeed otherwise."""
        self._backend.refusals[target] = (code, times)

    def revise_log_policies(self) -> None:
        """Let the resource policies of log groups have revisions."""
        revise(self._account, self._region)

    def raise_quotas(self, **quotas: int) -> None:
        """Let AWS have raised the quotas ``rules`` and ``pattern_characters``."""
        self._backend.quotas |= quotas

    @property
    def appear_after(self) -> int:
        """How many requests for targets of a new rule do not find it."""
        return self._backend.appear_after

    @appear_after.setter
    def appear_after(self, requests: int) -> None:
        self._backend.appear_after = requests

    def invoked(self, arn: str) -> list[Any]:
        """What a function, or a target that is invoked with a role, was sent."""
        return [json.loads(text) for each, text in self._backend.invoked if each == arn]

    def picture(self) -> dict[str, Any]:
        """All that rules are made of: they, their tags and targets, and the policies that could let EventBridge in."""
        return picture(self._account, self._region)

    @property
    def _backend(self) -> EventsBackend:
        return backend(self._account, self._region)
