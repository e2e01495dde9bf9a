"""Answers that the emulator does not give of itself."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any


def refuse(session: Any, operation: str, code: str, times: int | None = None) -> None:
    """Let calls of a session fail with an error, so many times or always; they do not reach the emulator."""
    left = itertools.count() if times is None else iter(range(times))
    told = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": 400}}

    def answer(**_: Any) -> Any:
        return None if next(left, None) is None else (SimpleNamespace(status_code=400), told)

    session.events.register(f"before-call.ecr.{operation}", answer)
