"""What a job logs: one line of JSON for each change, each failure, and each invocation.

The lines are those of the logger ``ecrops.aws_lambda``. It is the only one that is set up, and only if the user has
not: a level or a handler that it has stays. The members are named as in Lambda's own lines of JSON, which CloudWatch
Logs Insights can select by: ``timestamp``, ``level``, ``message``, ``logger``, ``requestId``.
https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ecrops.aws_lambda.failures import clean

NAME = "ecrops.aws_lambda"
_MEMBER = "ecrops"


class JsonLines(logging.Formatter):
    """Makes one line of JSON of a record."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            **getattr(record, _MEMBER, {}),
        }
        if record.exc_info:
            line["stackTrace"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class _Stdout(logging.StreamHandler[Any]):
    """Writes to the standard output of the moment: Lambda puts another one in its place."""

    def __init__(self) -> None:
        super().__init__(sys.stdout)
        self.setFormatter(JsonLines())

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        self.stream = sys.stdout
        super().emit(record)


def logger() -> logging.Logger:
    """Return the logger of jobs, set up unless it is."""
    log = logging.getLogger(NAME)
    if log.level == logging.NOTSET:
        level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
        log.setLevel(level if level in logging.getLevelNamesMapping() else logging.INFO)
    if not log.handlers:
        log.addHandler(_Stdout())
        log.propagate = False  # Lambda's own handler, which the root has, would write each line again
    return log


class Journal:
    """The lines of one invocation.

    Args:
        request_id: The id of the invocation.
    """

    def __init__(self, request_id: str) -> None:
        self._log, self._request_id = logger(), request_id

    def write(
        self, message: str, members: Mapping[str, Any], level: int = logging.INFO, error: BaseException | None = None
    ) -> None:
        """Write a line.

        Args:
            message: What happened, in words.
            members: What happened, for a program.
            level: How important it is.
            error: An error whose traceback belongs to it.
        """
        extra = {_MEMBER: {"requestId": self._request_id, **members}}
        self._log.log(level, "%s", clean(message, ()), extra=extra, exc_info=error)
