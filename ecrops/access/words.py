"""Repository policies in words: the two sides of a diff. Pure.

Called by the aspects of access and by the report. It describes statements, and never judges them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ecrops.access.actions import words as action_words
from ecrops.base.render import several
from ecrops.iam.statements import (
    OLD_VERSION,
    Statement,
    denies,
    listed,
    meaning,
    plain_account,
    principals,
    statements,
    value_text,
)

_ROOT = re.compile(r"arn:[^:]+:iam::([0-9]{12}):root|([0-9]{12})")
_ARN = re.compile(r"arn:[^:]+:iam::([0-9]{12}):(user|role)/(.+)")
_SESSION = re.compile(r"arn:[^:]+:sts::([0-9]{12}):assumed-role/([^/]+)/(.+)")
_FEDERATED = re.compile(r"arn:[^:]+:sts::([0-9]{12}):federated-user/(.+)")
_DELETED = {"AROA": "a deleted role", "AIDA": "a deleted user"}
ORGANIZATION = "aws:principalorgid"
_DEFAULTS = {"Version": OLD_VERSION}


def deleted(principal: str) -> str:
    """Return a deleted user or role in words; empty for any other principal.

    AWS shows a deleted one by its unique id.
    """
    kind = _DELETED.get(principal[:4], "")
    return f"{kind} ({principal})" if kind and re.fullmatch(r"[A-Z0-9]{16,}", principal) else ""


def who(principal: str, condition: Mapping[str, Any] | None = None) -> str:
    """Return a principal of a policy in words.

    Args:
        principal: An account, an ARN, a unique id, a service or ``*``.
        condition: The condition of its statement. Everyone under a condition may be an organization.
    """
    if principal == "*":
        return organization(condition or {}) or "everyone"
    if root := _ROOT.fullmatch(principal):
        return f"account {root[1] or root[2]}"
    if arn := _ARN.fullmatch(principal):
        return f"{arn[2]} {arn[3]} of {arn[1]}"
    if session := _SESSION.fullmatch(principal):
        return f"session {session[3]} of role {session[2]} of {session[1]}"
    if federated := _FEDERATED.fullmatch(principal):
        return f"federated user {federated[2]} of {federated[1]}"
    return deleted(principal) or principal


def organization(condition: Mapping[str, Any]) -> str:
    """Return the organization in words, if the condition tests nothing but the organization; else empty."""
    test = condition.get("StringEquals")
    if len(condition) != 1 or not isinstance(test, Mapping) or [key.lower() for key in test] != [ORGANIZATION]:
        return ""
    return f"organization {', '.join(map(str, listed(*test.values())))}"


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, str]:
    """Return what differs between two repository policies: what the first says in words, and what the second says."""
    old, new = ({meaning(statement): statement for statement in statements(document)} for document in (before, after))
    removed = [_statement(statement) for key, statement in old.items() if key not in new]
    added = [_statement(statement) for key, statement in new.items() if key not in old]
    if old and new:
        for key in ("Version", "Id"):
            old_value, new_value = (document.get(key, _DEFAULTS.get(key, "none")) for document in (before, after))
            if old_value != new_value:
                removed.append(f"{key} {old_value}")
                added.append(f"{key} {new_value}")
    if not (removed or added):
        removed, added = ([f"{len(statements(document))} statements, some twice"] for document in (before, after))
    return "; ".join(removed), "; ".join(added)


def _statement(statement: Statement) -> str:
    condition = statement.get("Condition") or {}
    if "Principal" in statement:
        subject = several(who(name, condition) for name in _names(statement["Principal"]))
    else:
        subject = all_but(statement.get("NotPrincipal", {}))
    acts = action_words(map(str, listed(statement.get("Action", statement.get("NotAction", [])))))
    what = acts if "Action" in statement else f"do anything but {acts}"
    may = "may not" if denies(statement) else "may"
    return f"{subject} {may} {what}{'' if subject.startswith('organization') else limits(condition)}"


def _names(element: Any) -> list[str]:
    names = [str(name) for values in principals(element).values() for name in listed(values)]
    return sorted(names, key=plain_account)


def all_but(element: Any) -> str:
    """Return everyone but those whom a ``NotPrincipal`` names, in words."""
    return f"everyone but {several(map(who, _names(element)))}"


def limits(condition: Mapping[str, Any]) -> str:
    """Return a condition in words, such as `` if aws:SourceIp IpAddress 192.0.2.0/24``; empty for none."""
    tests = [
        f"{key} {operator} {' or '.join(map(value_text, listed(values)))}"
        for operator, test in condition.items()
        if isinstance(test, Mapping)
        for key, values in test.items()
    ]
    return f" if {' and '.join(tests)}" if tests else ""
