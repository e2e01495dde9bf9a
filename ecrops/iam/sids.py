"""Which statements ecrops wrote: the one place that decides it. Pure.

Called by ``policy`` (grants), ``access/leftovers`` (a statement that is to be removed) and ``events/targets`` (rules
that may invoke a target). A statement is ecrops's own if it has a Sid that ecrops gives, and says what ecrops writes
under that Sid. A statement that somebody edited by hand is foreign, whatever its Sid: ecrops never changes it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import chain
from typing import TypeVar

from ecrops.iam.statements import Statement, canonical_condition, condition_text, fingerprint, listed, meaning

S = TypeVar("S", bound=Statement)
Namer = Callable[[frozenset[str]], str]
"""Names a set of actions in Sids."""
ReservedSids = Mapping[str, Collection[str]]
"""Sids that belong to one set of actions each, and those actions."""

PREFIX = "Ecrops"
MAX_SIDS = 99


def is_reserved(statement: Statement) -> bool:
    """Whether a statement has a Sid of the kind that only ecrops gives, whatever the statement says."""
    return str(statement.get("Sid", "")).startswith(PREFIX)


def is_sid(sid: object, base: str) -> bool:
    """Whether a Sid is ``base``, or ``base`` with a number after it: see ``free_sid``."""
    text = str(sid)
    number = text[len(base) :]
    return text.startswith(base) and (not number or (len(number) <= 2 and number.isdecimal()))


def free_sid(base: str, used: Collection[str]) -> str:
    """Return ``base``, with the first number from 2 on that makes it unused."""
    numbered = (f"{base}{number}" for number in range(2, MAX_SIDS + 1))
    return next(sid for sid in chain([base], numbered) if sid not in used)


def used_sids(statements: Iterable[Statement]) -> set[str]:
    """Return the Sids of some statements."""
    return {str(statement.get("Sid")) for statement in statements}


def sid_for(base: str, condition: str) -> str:
    """Return the Sid of statements with a condition, which is given as JSON: it ends in the condition's fingerprint."""
    return base + (fingerprint(canonical_condition(condition)) if condition else "")


def says(statement: Statement, written: Statement) -> bool:
    """Whether a statement means what ``written`` means, if both had the same Sid."""
    return meaning(statement) == meaning({**written, "Sid": statement.get("Sid")})


def find(statements: Iterable[S], base: str, rewrite: Callable[[S], Statement]) -> S | None:
    """Return the first statement that ecrops wrote under a Sid, or ``None``.

    Args:
        statements: The statements of a policy.
        base: The Sid, without a number.
        rewrite: Returns what ecrops writes about the subjects of a statement, such as its resources.
    """
    candidates = (statement for statement in statements if is_sid(statement.get("Sid"), base))
    return next((statement for statement in candidates if says(statement, rewrite(statement))), None)


def sid_of_ours(statement: Statement, element: str, namer: Namer, reserved: ReservedSids) -> str | None:
    """Return the reserved Sid of a statement that holds grants of ecrops.

    The Sid is empty if several sets of actions share its kind, and ``None`` if the statement is foreign: ecrops did not
    write it, or somebody edited it by hand.

    Args:
        statement: The statement.
        element: The name of the element that has the subjects, ``Principal`` or ``Resource``.
        namer: Names a set of actions in Sids.
        reserved: The reserved Sids.
    """
    needed = {"Sid", "Effect", "Action", element}
    if not needed <= set(statement) <= {*needed, "Condition"} or statement["Effect"] != "Allow":
        return None
    actions, condition = listed(statement["Action"]), condition_text(statement.get("Condition"))
    if not all(isinstance(action, str) for action in actions):
        return None
    bases = {"": PREFIX + namer(frozenset(actions))}
    bases |= {sid: sid for sid, reserved_actions in reserved.items() if set(reserved_actions) == set(actions)}
    return next((sid for sid, base in bases.items() if is_sid(statement["Sid"], sid_for(base, condition))), None)
