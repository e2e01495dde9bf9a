"""Whether a registry policy keeps its author from putting another one. Pure.

ECR enforces the registry policy in all requests, and ``PutRegistryPolicy`` has no ``force``: nobody whom it denies that
can take it back. Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-permissions.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ecrops.access import words
from ecrops.iam.statements import Statement, denies, listed, principals, statements
from ecrops.iam.wildcards import covers

PUT = "ecr:PutRegistryPolicy"
ADVICE = (
    f"it denies {PUT} to who writes it, and nobody whom a registry policy denies that can take it back: name in "
    "Principal whom it is about, or leave out in NotPrincipal, or in a Condition, who is to write it, or deny actions "
    "without this one"
)
_SESSION = re.compile(r"arn:[^:]+:sts::([0-9]{12}):assumed-role/([^/]+)/.+")
_ROLE = re.compile(r"arn:[^:]+:iam::([0-9]{12}):role/(?:.+/)?([^/]+)")
_ACCOUNT = re.compile(r"arn:[^:]+:iam::([0-9]{12}):root|([0-9]{12})")


def denials(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the statements that deny to put another policy, to whomever."""
    return [statement for statement in statements(document) if denies(statement) and _is_about_putting(statement)]


def _is_about_putting(statement: Statement) -> bool:
    is_negated = "NotAction" in statement
    patterns = map(str, listed(statement.get("NotAction" if is_negated else "Action", [])))
    if any(covers(pattern.lower(), PUT.lower()) for pattern in patterns) == is_negated:
        return False
    if "NotResource" in statement:
        return "*" not in listed(statement["NotResource"])
    # The policy is no repository: an ARN of repositories is not about it
    return any(":repository/" not in str(resource) for resource in listed(statement.get("Resource", "*")))


def covers_caller(statement: Statement, caller: str) -> bool:
    """Whether a statement is about a caller, as far as its principal says. ``caller`` is an ARN of STS."""
    is_negated = "NotPrincipal" in statement
    names = principals(statement.get("NotPrincipal" if is_negated else "Principal", "*")).get("AWS", [])
    return any(_is(str(name), caller) for name in listed(names)) != is_negated


def _is(name: str, caller: str) -> bool:
    if name in ("*", caller):
        return True
    if account := _ACCOUNT.fullmatch(name):
        return (account[1] or account[2]) in caller.split(":")[4:5]
    session, role = _SESSION.fullmatch(caller), _ROLE.fullmatch(name)
    return bool(session and role and session.groups() == role.groups())


def doubt(statement: Statement) -> str:
    """Return the note about a statement with a condition, of which ecrops does not know whether it is met."""
    limits = words.limits(statement["Condition"])
    return (
        f"it denies {PUT} to who writes it{limits}: where that is so, nobody whom a registry policy denies that can "
        "take it back"
    )
