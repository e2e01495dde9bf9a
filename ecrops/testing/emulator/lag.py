"""Readings that lag behind writes: some services answer with an older value for a while.

SQS says that a change of a queue's policy takes up to 60 seconds, IAM that it is eventually consistent, SNS that an
attribute takes a moment:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
"""

from __future__ import annotations

import json
from typing import Any

from .calls import Call


class Lag:
    """For each service, how many readings after a write of the code under test get the answer from before it."""

    def __init__(self) -> None:
        self.served: list[Call] = []
        """The readings that got an older answer."""
        self._readings: dict[str, int] = {}
        self._left: dict[str, int] = {}
        self._answers: dict[str, Any] = {}

    def of(self, service: str, readings: int) -> None:
        """From now on, so many readings after each write get the older answer."""
        self._readings[service] = readings

    def begin(self, call: Call) -> Any:
        """Return the older answer that a call gets; ``None`` if it gets the true one."""
        if call.service not in self._readings:
            return None
        if call.is_write:
            self._left = dict.fromkeys(self._answers, self._readings[call.service])
            return None
        key = _key(call)
        if not self._left.get(key):
            return None
        self._left[key] -= 1
        self.served.append(call)
        return self._answers[key]

    def end(self, call: Call, answer: Any) -> None:
        """Remember the answer to a reading."""
        if call.service in self._readings and not call.is_write and answer is not None:
            self._answers[_key(call)] = answer


def _key(call: Call) -> str:
    return json.dumps([call.service, call.operation, call.params], default=str, sort_keys=True)
