"""The form of a policy document: which types stand where, by the grammar of IAM. Pure.

Called by everything that takes a document that it does not write, from AWS or from a user: what it lets pass can be
read and compared by all others. It does not ask whether AWS would accept a document today: elements that are missing,
unknown, or say what AWS does not know pass.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ecrops.errors import SpecError

_TEXTS = ("Sid", "Effect")
_NAMES = ("Action", "NotAction", "Resource", "NotResource")
_PRINCIPALS = ("Principal", "NotPrincipal")
MAX_SHOWN = 200


def check_form(document: object) -> dict[str, Any]:
    """Return a document, if each of its parts is of a type that the part of a policy has.

    Args:
        document: The document, of JSON.

    Raises:
        SpecError: One is not; with every reason.
    """
    if not isinstance(document, dict):
        raise SpecError(f"expected a policy document, {{'Statement': [...]}}, got {_shown(document)}")
    reasons = list(_problems(document))
    if reasons:
        raise SpecError(*reasons)
    return document


def _problems(document: Mapping[str, Any]) -> Iterator[str]:
    part = document.get("Statement", [])
    if not isinstance(part, dict | list):
        yield f"Statement: expected a list of statements, got {_shown(part)}"
        return
    for index, statement in enumerate([part] if isinstance(part, dict) else part):
        path = "Statement" if isinstance(part, dict) else f"Statement[{index}]"
        if not isinstance(statement, dict):
            yield f"{path}: expected a statement, an object, got {_shown(statement)}"
            continue
        for element, value in statement.items():
            if expected := _misfit(element, value):
                yield f"{path}.{element}: expected {expected}, got {_shown(value)}"


def _misfit(element: str, value: object) -> str:
    """Return what an element of a statement should be; empty if it is, or if the element is not known."""
    if element in _TEXTS:
        return "" if isinstance(value, str) else "a string"
    if element in _NAMES:
        return "" if _is_names(value) else "a string, or a list of strings"
    if element in _PRINCIPALS:
        right = isinstance(value, str) or (isinstance(value, dict) and all(map(_is_names, value.values())))
        return "" if right else "'*', or an object such as {\"AWS\": ...}"
    if element == "Condition":
        right = isinstance(value, dict) and all(map(_is_test, value.values()))
        return "" if right else 'an object such as {"Bool": {"aws:SecureTransport": "true"}}'
    return ""


def _is_names(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(name, str) for name in value))


def _is_test(test: object) -> bool:
    """Whether a part of a condition is a mapping from keys to values, each a scalar or a list of them."""
    values = test.values() if isinstance(test, dict) else [None]
    return all(
        isinstance(item, str | bool | int | float)
        for value in values
        for item in (value if isinstance(value, list) else [value])
    )


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
