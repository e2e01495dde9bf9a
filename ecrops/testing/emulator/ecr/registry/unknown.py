"""Members of answers that the installed botocore does not know, as a newer ECR has them.

botocore drops them without a word. Whoever reads a setting, and puts it back whole, loses them: so do they here.
"""

from __future__ import annotations

import json
from typing import Any

_DOCUMENTS = {
    "DescribeRegistry": ("replicationConfiguration", ("PutReplicationConfiguration",)),
    "GetRegistryScanningConfiguration": ("scanningConfiguration", ("PutRegistryScanningConfiguration",)),
    "GetRegistryPolicy": ("policyText", ("PutRegistryPolicy", "DeleteRegistryPolicy")),
    "GetSigningConfiguration": ("signingConfiguration", ("PutSigningConfiguration", "DeleteSigningConfiguration")),
}
"""For each reading of a setting that is replaced whole, the member that has it, and the operations that replace it."""


class UnknownMembers:
    """What is added to the answers of operations, until somebody replaces the setting that it is a part of."""

    def __init__(self) -> None:
        self._added: dict[str, list[tuple[str, Any]]] = {}

    def add(self, operation: str, path: str, value: Any) -> None:
        """Add a member to the answers of an operation, at a path such as ``replicationConfiguration.rules.0.new``."""
        self._added.setdefault(operation, []).append((path, value))

    def of(self, operation: str) -> dict[str, Any]:
        """The members that are still there, by path."""
        return dict(self._added.get(operation, []))

    def replaced_by(self, operation: str) -> None:
        """An operation went well: what it replaced is gone."""
        for reading, (document, writes) in _DOCUMENTS.items():
            if operation in writes:
                kept = [(path, value) for path, value in self._added.get(reading, []) if _top(path) != document]
                self._added[reading] = kept

    def into(self, operation: str, body: str | bytes) -> str | bytes:
        """The body of an answer with the members in it."""
        if not self._added.get(operation):
            return body
        answer = json.loads(body)
        for path, value in self._added[operation]:
            _put(answer, path, value)
        return json.dumps(answer)


def _top(path: str) -> str:
    return path.partition(".")[0]


def _put(answer: Any, path: str, value: Any) -> None:
    *parents, name = path.split(".")
    for parent in parents:
        answer = answer[int(parent) if isinstance(answer, list) else parent]
    answer[name] = value
