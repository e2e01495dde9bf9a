"""Whom the ``Principal`` and the ``NotPrincipal`` element of a statement name.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .callers import ARN, Caller
from .conditions import Unreadable, listed
from .truth import Truth, any_of

TYPES = ("AWS", "Service", "Federated", "CanonicalUser")
DIRECT, ROLE, ACCOUNT, EVERYONE = "direct", "role", "account", "everyone"
"""How a statement names a caller: by the ARN of the user or session, by that of the role, by the account, by ``*``."""
Ways = dict[str, Truth]


def principals(element: Any) -> list[tuple[str, str]]:
    """Return the principals of an element, each with its type: the star alone is everyone of AWS.

    Raises:
        Unreadable: It is no such element.
    """
    if element == "*":
        return [("AWS", "*")]
    if not isinstance(element, dict) or not element or not all(kind in TYPES for kind in element):
        raise Unreadable(element)
    return [(kind, _root(name)) for kind, names in element.items() for name in listed(names)]


def _root(name: str) -> str:
    """Return an account's id as the ARN of its root user, which says the same; the partition is not compared."""
    found = ARN.fullmatch(name)
    return found["account"] if found and found["resource"] == "root" else name


def named(element: Any, caller: Caller, *, denies: bool) -> Ways:
    """Return the ways in which a ``Principal`` names a caller, each with whether it does.

    Args:
        element: The principals.
        caller: Who calls.
        denies: Whether the statement is a Deny. One for everyone is about services too, as the exception of services in
            https://github.com/aws-samples/resource-control-policy-examples shows; of an Allow, no document says it.
    """
    ways: dict[str, list[Truth]] = {}
    for kind, name in principals(element):
        for way, value in _ways(kind, name, caller, denies):
            ways.setdefault(way, []).append(value)
    return {way: any_of(values) for way, values in ways.items()}


def _ways(kind: str, name: str, caller: Caller, denies: bool) -> Iterator[tuple[str, Truth]]:
    """Yield how one principal names a caller."""
    if caller.kind == "service":
        if kind == "Service" and name == caller.name:
            yield DIRECT, True
        if (kind, name) == ("AWS", "*"):
            yield EVERYONE, denies or None
        return
    if kind != "AWS":
        return
    if name == "*":
        yield EVERYONE, True
    elif name == caller.account:
        yield ACCOUNT, True
    elif caller.kind == "user" and _is_identity(name, caller):
        yield DIRECT, True
    elif caller.kind in ("role", "session") and _is_identity(name, caller):
        yield ROLE, True
    elif caller.kind == "session" and name == caller.name:
        yield DIRECT, True
    elif _may_be(name, caller):
        yield DIRECT, None


def _is_identity(name: str, caller: Caller) -> bool:
    """Return whether a name is the ARN or the unique id of the caller's user or role.

    A role of another account has the path that the policy says: no account has two roles of one name.
    """
    if name == caller.arn or (caller.id and name == caller.id):
        return True
    found = ARN.fullmatch(name)
    return (
        caller.kind == "session"
        and not caller.known
        and found is not None
        and (found["kind"], found["account"]) == ("role", caller.account)
        and found["path"].rpartition("/")[2] == caller.role
    )


def _may_be(name: str, caller: Caller) -> bool:
    """Return whether a name may be the caller's: it is a session of the role, or somebody of the account, that asks."""
    if caller.kind == "account":
        return not caller.known and _is_of_account(name, caller)
    return caller.kind == "role" and _is_session_of(name, caller)


def _is_session_of(name: str, caller: Caller) -> bool:
    """Return whether a name is the ARN of a session of a role."""
    found = ARN.fullmatch(name)
    return (
        found is not None
        and (found["kind"], found["account"]) == ("assumed-role", caller.account)
        and found["path"].partition("/")[0] == caller.role
    )


def excepted(element: Any, caller: Caller, *, denies: bool) -> Truth:
    """Return whether a ``NotPrincipal`` excepts a caller, so that the statement does not apply to it.

    Args:
        element: The principals that are excepted.
        caller: Who calls.
        denies: Whether the statement is a Deny; with Allow it says much less: U2 of the rules.
    """
    listing = principals(element)
    if ("AWS", "*") in listing:
        return True
    if caller.kind == "service":
        return ("Service", caller.name) in listing
    names = [name for kind, name in listing if kind == "AWS"]
    account = caller.account in names
    if caller.kind == "account" and caller.known:
        return account
    own = any(_is_identity(name, caller) or name == caller.name for name in names)
    maybe = any(_may_be(name, caller) for name in names)
    if not denies:
        if maybe and not own:
            return None
        return None if own != account else own
    if not account:
        return False
    if own or maybe:
        return _excepted_with_account(names, caller)
    return not any(_is_of_account(name, caller) for name in names)


def _excepted_with_account(names: list[str], caller: Caller) -> Truth:
    """Return whether a Deny excepts a caller that is listed beside its account.

    The guide wants the user, or the session and its role; asked about a role, it depends on the session.
    """
    if caller.kind == "user":
        return True
    if caller.kind == "session" and caller.name in names and any(_is_identity(name, caller) for name in names):
        return True
    return None


def _is_of_account(name: str, caller: Caller) -> bool:
    """Return whether a name is a user, a role or a session of the caller's account."""
    found = ARN.fullmatch(name)
    return found is not None and found["account"] == caller.account
