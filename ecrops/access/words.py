"""Policies in words: a diff says who may do what. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ecrops.access.actions import words as action_words
from ecrops.iam.statements import OLD_VERSION, Statement, listed, meaning, plain_account, statements

_ROOT = re.compile(r"arn:[^:]+:iam::([0-9]{12}):root|([0-9]{12})")
_ARN = re.compile(r"arn:[^:]+:iam::([0-9]{12}):(user|role)/(.+)")
_DELETED = {"AROA": "a deleted role", "AIDA": "a deleted user"}
ORGANIZATION = "aws:principalorgid"
MOST_NAMED = 5
_UNSAID = {"Version": OLD_VERSION}


def deleted(principal: str) -> str:
    """What a principal was that AWS shows by its unique id; empty for one that is there."""
    kind = _DELETED.get(principal[:4], "")
    return f"{kind} ({principal})" if kind and re.fullmatch(r"[A-Z0-9]{16,}", principal) else ""


def who(principal: str, condition: Mapping[str, Any] | None = None) -> str:
    """A principal of a policy in words."""
    if principal == "*":
        return _organization(condition or {}) or "everyone"
    if root := _ROOT.fullmatch(principal):
        return f"account {root[1] or root[2]}"
    if arn := _ARN.fullmatch(principal):
        return f"{arn[2]} {arn[3]} of {arn[1]}"
    return deleted(principal) or principal


def _organization(condition: Mapping[str, Any]) -> str:
    """The organization that a condition narrows everyone down to, if it does that and nothing else."""
    test = condition.get("StringEquals")
    if len(condition) != 1 or not isinstance(test, Mapping) or [key.lower() for key in test] != [ORGANIZATION]:
        return ""
    return f"organization {', '.join(map(str, listed(*test.values())))}"


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, str]:
    """Two repository policies in words, as far as they differ."""
    old, new = ({meaning(each): each for each in statements(document)} for document in (before, after))
    gone = [each for key, each in old.items() if key not in new]
    come = [each for key, each in new.items() if key not in old]
    lost, gained = list(map(_statement, gone)), list(map(_statement, come))
    if old and new:
        for key in ("Version", "Id"):
            sides = [document.get(key, _UNSAID.get(key, "none")) for document in (before, after)]
            for said, side in zip((lost, gained), sides, strict=True):
                said += [f"{key} {side}"] if sides[0] != sides[1] else []
    if not (lost or gained):
        lost, gained = ([f"{len(statements(each))} statements, some twice"] for each in (before, after))
    return "; ".join(lost), "; ".join(gained)


def _statement(statement: Statement) -> str:
    condition = statement.get("Condition") or {}
    part = statement.get("Principal", statement.get("NotPrincipal", {}))
    named = [who(each, condition) for each in sorted(_named(part), key=plain_account)]
    acted = action_words(map(str, listed(statement.get("Action", statement.get("NotAction", [])))))
    whom = several(named) if "Principal" in statement else f"everyone but {several(named)}"
    what = acted if "Action" in statement else f"do anything but {acted}"
    may = "may not" if str(statement.get("Effect")).lower() == "deny" else "may"
    return f"{whom} {may} {what}{'' if whom.startswith('organization') else limits(condition)}"


def _named(part: Any) -> list[str]:
    return (
        [str(each) for value in part.values() for each in listed(value)] if isinstance(part, Mapping) else [str(part)]
    )


def limits(condition: Mapping[str, Any]) -> str:
    """Under which conditions something holds, such as `` if aws:SourceIp IpAddress 192.0.2.0/24``; empty for none."""
    said = [
        f"{key} {operator} {' or '.join(str(each).lower() if isinstance(each, bool) else str(each) for each in values)}"
        for operator, test in condition.items()
        if isinstance(test, Mapping)
        for key, values in ((key, listed(value)) for key, value in test.items())
    ]
    return f" if {' and '.join(said)}" if said else ""


def several(names: Iterable[str]) -> str:
    """Names in a row, or how many there are."""
    given = list(names)
    more = len(given) - MOST_NAMED
    return ", ".join(given) if more <= 0 else f"{', '.join(given[:MOST_NAMED])} and {more} more"
