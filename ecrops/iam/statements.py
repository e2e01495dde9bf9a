"""What policy documents and their statements mean. Pure.

Called by everything that reads or compares a policy document. It compares meanings, and never the text: AWS spells
accounts, lists and conditions in several ways, and returns them otherwise than they were sent. It knows nothing of
ecrops's own statements: see ``sids`` and ``policy``.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from ecrops.iam.text import to_text

Document = dict[str, Any]
Statement = Mapping[str, Any]

VERSION = "2012-10-17"
OLD_VERSION = "2008-10-17"  # what a document without a version means


def statements(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the statements of a document. A single one need not be in a list."""
    part = document.get("Statement") or []
    return [dict(statement) for statement in ([part] if isinstance(part, Mapping) else part)]


def listed(value: Any) -> list[Any]:
    """Return a value, or a list of values, as a list."""
    return list(value) if isinstance(value, list | tuple | set | frozenset) else [value]


def allows(statement: Statement) -> bool:
    """Whether a statement allows something, in whichever case its effect is spelled."""
    return str(statement.get("Effect")).lower() == "allow"


def denies(statement: Statement) -> bool:
    """Whether a statement denies something, in whichever case its effect is spelled."""
    return str(statement.get("Effect")).lower() == "deny"


# Meaning


def same(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Whether two documents mean the same, however they are spelled and ordered."""
    return bool(canonical(first) == canonical(second))


def canonical(document: Mapping[str, Any]) -> Any:
    """Return the meaning of a document, comparable.

    Order, spelling and lists of one item make no difference; repetitions of a statement do. A document without
    statements means ``None``.
    """
    meanings = Counter(meaning(statement) for statement in statements(document))
    if not meanings:
        return None
    members = {key: value for key, value in document.items() if key not in ("Statement", "Version")}
    return document.get("Version") or OLD_VERSION, to_text(members), meanings


def meaning(statement: Statement) -> str:
    """Return the meaning of a statement, comparable. An empty ``Sid`` or ``Condition`` means the same as none."""
    elements = {key: value for key, value in statement.items() if value or key not in ("Sid", "Condition")}
    return json.dumps({key: _canonical(key, value) for key, value in elements.items()}, sort_keys=True)


def _canonical(element: str, value: Any) -> Any:
    if element in ("Action", "NotAction"):
        return _sorted(str(action).lower() for action in listed(value))
    if element in ("Resource", "NotResource"):
        return _sorted(listed(value))
    if element in ("Principal", "NotPrincipal"):
        return {kind: _sorted(map(plain_account, listed(names))) for kind, names in principals(value).items()}
    if element == "Condition":
        return _condition(value)
    return value.capitalize() if element == "Effect" and isinstance(value, str) else value


def _condition(value: Any) -> Any:
    """Return a condition with its keys in lower case, and its booleans and numbers as text: IAM does not tell them."""
    if not isinstance(value, Mapping) or not all(isinstance(test, Mapping) for test in value.values()):
        return value
    tests: dict[str, dict[str, list[Any]]] = {}
    for operator, test in value.items():
        keys: dict[str, list[Any]] = {}
        for key, values in test.items():  # two keys may differ in case alone
            keys.setdefault(key.lower(), []).extend(map(value_text, listed(values)))
        tests[operator] = {key: _sorted(values) for key, values in keys.items()}
    return tests


def value_text(value: object) -> str:
    """Return a value of a condition as the text that IAM compares: booleans are in lower case."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _sorted(values: Iterable[Any]) -> list[Any]:
    """Return the values in one order, without repetitions. They may be any JSON: a caller's mistake is compared too."""
    by_text = {value if isinstance(value, str) else json.dumps(value, sort_keys=True): value for value in values}
    return [by_text[text] for text in sorted(by_text)]


def principals(value: Any) -> dict[str, Any]:
    """Return a ``Principal`` element as a mapping: ``"*"`` means ``{"AWS": "*"}``."""
    return dict(value) if isinstance(value, Mapping) else {"AWS": value}


def plain_account(principal: str) -> str:
    """Return the id of an account for the ARN of its root: both are one principal, in every partition."""
    parts = str(principal).split(":")
    is_root = len(parts) == 6 and parts[2] == "iam" and parts[5] == "root"
    return parts[4] if is_root else str(principal)


# Conditions as text


def condition_text(condition: Any) -> str:
    """Return a condition as JSON with sorted keys; empty for none."""
    return json.dumps(condition, sort_keys=True) if condition else ""


@lru_cache(4096)
def canonical_condition(condition: str) -> str:
    """Return the meaning of a condition that is given as JSON, comparable; empty for none."""
    return json.dumps(_condition(json.loads(condition)), sort_keys=True) if condition else ""


def fingerprint(text: str) -> str:
    """Return eight characters that differ for different texts, and that a Sid may have."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]
