"""How a ``Principal`` or ``NotPrincipal`` names a caller. Pure.

IAM weighs an allowance of a resource policy by the name that it has for the caller: see ``Way``.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

from ecrops.iam.evaluation.caller import Caller
from ecrops.iam.statements import listed, plain_account, principals

_IDENTITY = re.compile(r"arn:[^:]+:iam::([0-9]{12}):(user|role)/(.+)")
_SESSION = re.compile(r"arn:[^:]+:sts::([0-9]{12}):(?:assumed-role|federated-user)/(.+)")


class Way(Enum):
    """The name by which a resource policy knows a caller."""

    DIRECT = "the user, the session or the service"
    ROLE = "the role"
    EVERYONE = "everyone"
    ACCOUNT = "the account"


Names = Mapping[str, tuple[str, ...]]
Ways = dict[Way, bool]
"""The ways in which a caller is named, and whether that is certain."""


def names_of(element: Any) -> Names:
    """Return the names of a ``Principal`` element by their kind, accounts by their ids."""
    return {
        kind: tuple(plain_account(str(name)) for name in listed(names)) for kind, names in principals(element).items()
    }


def named(names: Names, caller: Caller) -> Ways:
    """Return the ways in which a ``Principal`` names a caller."""
    if caller.kind in ("service", "federated"):
        kind = "Service" if caller.kind == "service" else "Federated"
        if caller.name in names.get(kind, ()):
            return {Way.DIRECT: True}
        return {Way.EVERYONE: False} if "*" in names.get("AWS", ()) else {}
    ways: Ways = {}
    for name in names.get("AWS", ()):
        way, certain = _way(name, caller)
        if way is not None:
            ways[way] = ways.get(way, False) or certain
    return ways


def _way(name: str, caller: Caller) -> tuple[Way | None, bool]:
    """Return the way in which one name is of a caller, and whether that is certain."""
    if name == "*":
        return Way.EVERYONE, True
    if caller.account and name == caller.account:
        return Way.ACCOUNT, True
    if caller.kind == "user" and name in (caller.name, caller.unique_id or None):
        return Way.DIRECT, True
    if caller.kind in ("role", "session"):
        if _is_role(name, caller):
            return Way.ROLE, True
        return _session_way(name, caller)
    if caller.kind in ("account", "group") and account_of(name) == caller.account:
        is_possible = caller.kind == "account" or ":user/" in name
        return Way.DIRECT if is_possible else None, False  # one of its users or roles; members are users
    return None, False


def _is_role(name: str, caller: Caller) -> bool:
    if caller.unique_id and name == caller.unique_id:
        return True
    arn = caller.name if caller.kind == "role" else caller.role
    if arn:
        return name == arn
    # Names of roles are unique in an account, whatever their paths
    found = _IDENTITY.fullmatch(name)
    is_of_account = found is not None and found[1] == caller.account and found[2] == "role"
    return bool(found and is_of_account and found[3].rpartition("/")[2] == caller.role_name)


def _session_way(name: str, caller: Caller) -> tuple[Way | None, bool]:
    if caller.kind == "session":
        return (Way.DIRECT, True) if name == caller.name else (None, False)
    session = _SESSION.fullmatch(name)
    is_of_role = session and session[1] == caller.account and session[2].partition("/")[0] == caller.role_name
    return (Way.DIRECT, False) if is_of_role else (None, False)


def account_of(name: str) -> str:
    """Return the account of a user, a role or a session by its ARN; empty for other names."""
    found = _IDENTITY.fullmatch(name) or _SESSION.fullmatch(name)
    return found[1] if found else ""


def unnamed(names: Names, caller: Caller, *, denies: bool) -> bool | None:
    """Return whether a ``NotPrincipal`` is about a caller: it is about all that it does not name.

    Args:
        names: The names.
        caller: The caller.
        denies: Whether the statement denies. A denial looks at the user or role and at its account apart, and is about
            everyone who has a boundary.
    """
    if caller.kind in ("service", "federated"):
        return not named(names, caller)  # all but everyone is nobody
    if denies and caller.has_boundary:
        return True
    aws = names.get("AWS", ())
    verdict: bool | None = False
    if "*" not in aws:
        verdict = _undenied(aws, caller) if denies else _unallowed(aws, caller)
    return None if denies and caller.has_boundary is None and verdict is False else verdict


def _undenied(names: Iterable[str], caller: Caller) -> bool | None:
    """Return whether a denial of all but some is about a caller."""
    ways = named({"AWS": tuple(names)}, caller)
    if Way.ACCOUNT not in ways:
        return True
    if caller.kind == "root":
        return False
    has_others = any(account_of(name) == caller.account for name in names)
    if caller.kind in ("account", "group"):
        return None if has_others else False
    if ways.get(Way.DIRECT):
        return False if caller.kind == "user" or Way.ROLE in ways else None
    if Way.ROLE in ways or Way.DIRECT in ways:
        return None  # the role and its session have to be named both
    return has_others


def _unallowed(names: Iterable[str], caller: Caller) -> bool | None:
    """Return whether an allowance of all but some is about a caller."""
    ways = named({"AWS": tuple(names)}, caller)
    if not ways:
        return True
    is_whole = Way.ACCOUNT in ways and (len(ways) > 1 or caller.kind == "root")
    return False if is_whole and all(ways.values()) else None
