"""Answers that botocore takes for a success, and that are errors or truncated. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from botocore.exceptions import ClientError


def check_entries(answer: Mapping[str, Any], operation: str) -> None:
    """Raise the error of an answer with failed entries. EventBridge sends HTTP 200 when a part of a call failed.

    Raises:
        ClientError: With the code of the first failed entry, and the messages of all.
    """
    if not answer.get("FailedEntryCount"):
        return
    entries = answer.get("FailedEntries") or answer.get("Entries", ())
    failed = [entry for entry in entries if entry.get("ErrorCode")]
    messages = "; ".join(f"{entry.get('TargetId', 'entry')}: {entry.get('ErrorMessage')}" for entry in failed)
    error = {
        "Code": failed[0]["ErrorCode"] if failed else "InternalException",
        "Message": f"{answer['FailedEntryCount']} failed: {messages}",
    }
    metadata = answer.get("ResponseMetadata", {})
    raise ClientError({"Error": error, "ResponseMetadata": metadata}, operation)  # type: ignore[typeddict-item]


def forget_attempts(parsed: dict[str, Any], **_: Any) -> None:
    """Remove "reached max retries: 0" from errors: ecrops retries itself, and botocore makes one attempt only."""
    parsed.get("ResponseMetadata", {}).pop("MaxAttemptsReached", None)


def is_truncated(answer: Mapping[str, Any], expected: Collection[str]) -> bool:
    """Whether an answer was truncated: botocore parses a JSON body that breaks off as an answer without members."""
    return bool(expected) and not any(member in answer for member in expected)


def account_in(answer: Mapping[str, Any]) -> str:
    """Return the account that an answer of ECR names, in itself or in a member of it; empty if it names none."""
    for value in (answer, *answer.values()):
        part = value[0] if isinstance(value, list) and value else value
        if isinstance(part, dict) and "registryId" in part:
            return str(part["registryId"])
    return ""
