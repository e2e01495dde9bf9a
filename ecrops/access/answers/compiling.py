"""Policies of one reading, each compiled once: thousands of roles may have the same. Called by ``identities``."""

from __future__ import annotations

import json
from typing import Any

from ecrops.iam.evaluation.compiled import CompiledPolicy, compile_policy


class Compiler:
    """Compiles policies, and keeps each text once: policies name the same actions again and again."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str, str], CompiledPolicy] = {}
        self._texts: dict[str, str] = {}

    def compiled(self, document: object, kind: str, name: str) -> CompiledPolicy:
        """Return a policy by its document as JSON; the same object for the same document, kind and name.

        Args:
            document: The document.
            kind: What kind of policy it is, in words.
            name: The name of the policy.
        """
        key = kind, name, text_of(document)
        if key not in self._compiled:
            self._compiled[key] = compile_policy(self._shared(document), kind, name)
        return self._compiled[key]

    def compiled_text(self, text: str, kind: str, name: str) -> CompiledPolicy:
        """Return a policy by the text of its document: see ``compiled``."""
        key = kind, name, text
        return self._compiled[key] if key in self._compiled else self.compiled(json.loads(text), kind, name)

    def _shared(self, value: Any) -> Any:
        """Return JSON whose texts are there once in memory, in whichever policies they are."""
        if isinstance(value, str):
            return self._texts.setdefault(value, value)
        if isinstance(value, dict):
            return {self._texts.setdefault(key, key): self._shared(item) for key, item in value.items()}
        return [self._shared(item) for item in value] if isinstance(value, list) else value


def text_of(document: object) -> str:
    """Return a document as JSON, which takes a tenth of the memory that its parts take."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)
