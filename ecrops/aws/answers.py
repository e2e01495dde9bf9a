"""Answers that botocore believes, and that are errors or broken all the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from botocore.exceptions import ClientError


def check_entries(answer: Mapping[str, Any], operation: str) -> None:
    """EventBridge answers a call of which a part failed with HTTP 200: it is an error like any other.

    Raises:
        ClientError: With the code of the first entry that failed, naming all of them.
    """
    if not answer.get("FailedEntryCount"):
        return
    entries = answer.get("FailedEntries") or answer.get("Entries", ())
    failed = [entry for entry in entries if entry.get("ErrorCode")]
    said = "; ".join(f"{entry.get('TargetId', 'entry')}: {entry.get('ErrorMessage')}" for entry in failed)
    error = {
        "Code": failed[0]["ErrorCode"] if failed else "InternalException",
        "Message": f"{answer['FailedEntryCount']} failed: {said}",
    }
    metadata = answer.get("ResponseMetadata", {})
    raise ClientError({"Error": error, "ResponseMetadata": metadata}, operation)  # type: ignore[typeddict-item]


def forget_attempts(parsed: dict[str, Any], **_: Any) -> None:
    """One attempt is all that botocore is allowed: "reached max retries: 0" in each error would mislead."""
    parsed.get("ResponseMetadata", {}).pop("MaxAttemptsReached", None)


def is_truncated(answer: Mapping[str, Any], expected: Collection[str]) -> bool:
    """A JSON body that breaks off is parsed by botocore as an answer without members, and without an error."""
    return bool(expected) and not any(member in answer for member in expected)
