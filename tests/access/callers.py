"""Callers, and what a repository policy says to them: judged from the JSON alone, and from the report of ecrops."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any, NamedTuple

from ecrops.access import Access
from ecrops.testing.emulator.wildcards import includes

from .world import listed

HERE, OTHER, THIRD = "123456789012", "111122223333", "444455556666"
ORGANIZATION = "o-1234567890"


class Caller(NamedTuple):
    """Somebody who calls: the principals that it is, the names of these in reports, and the keys of its requests."""

    principals: frozenset[str]
    names: frozenset[str]
    keys: Mapping[str, str]


def identity(account: str, kind: str, name: str, organization: str = "o-elsewhere00") -> Caller:
    """A user or role."""
    arn = f"arn:aws:iam::{account}:{kind}/{name}"
    keys = {"aws:principalarn": arn, "aws:principalaccount": account, "aws:principalorgid": organization}
    keys["aws:principalorgpaths"] = f"{organization}/r-1/ou-1/"
    own = f"{kind} {name}" if account == HERE else f"{kind} {name} of {account}"
    names = {"everyone", own, f"account {account}", f"organization {organization}"}
    return Caller(frozenset({"*", arn, account, f"arn:aws:iam::{account}:root"}), frozenset(names), keys)


def service(name: str, account: str, organization: str = "") -> Caller:
    """A service of AWS that works for a function of an account."""
    keys = {"aws:sourcearn": f"arn:aws:lambda:eu-west-1:{account}:function:x", "aws:sourceaccount": account}
    keys["aws:sourceorgid"], keys["aws:sourceorgpaths"] = organization, f"{organization}/r-1/ou-1/"
    return Caller(frozenset({"*", name}), frozenset({"everyone", name}), keys)


CALLERS = (
    identity(HERE, "user", "ci"),
    identity(OTHER, "role", "mirror", ORGANIZATION),
    identity(OTHER, "role", "sometestrole-1", "o-dummy12345"),
    identity(THIRD, "role", "x"),
    service("lambda.amazonaws.com", OTHER, ORGANIZATION),
    service("codebuild.amazonaws.com", HERE),
)


def meets(condition: Mapping[str, Any], caller: Caller) -> bool:
    """Whether the requests of a caller meet a condition, of the operators that the cases have."""
    return all(
        _test(operator, caller.keys.get(key.lower()), [str(value) for value in listed(values)])
        for operator, test in condition.items()
        for key, values in test.items()
    )


def _test(operator: str, value: str | None, patterns: list[str]) -> bool:
    if value is None:
        return operator.startswith("ForAllValues:")
    if operator.rpartition(":")[2] == "StringEquals":
        return value in patterns
    assert operator.rpartition(":")[2] in ("StringLike", "ArnLike"), operator
    return any(includes(pattern, value) for pattern in patterns)


def allowed_by_policy(document: Mapping[str, Any], caller: Caller, action: str) -> bool:
    """Whether a repository policy allows an action, as IAM evaluates it: a denial wins."""
    effects = {
        statement["Effect"]
        for statement in listed(document["Statement"])
        if _is_named(statement, caller)
        and any(includes(name.lower(), action.lower()) for name in listed(statement["Action"]))
        and meets(statement.get("Condition", {}), caller)
    }
    return effects == {"Allow"}


def _is_named(statement: Mapping[str, Any], caller: Caller) -> bool:
    part = statement.get("Principal", statement.get("NotPrincipal"))
    groups = part.values() if isinstance(part, dict) else [part]
    is_named = any(name in caller.principals for group in groups for name in listed(group))
    return is_named == ("Principal" in statement)


def allowed_by_report(access: Access, caller: Caller, action: str) -> bool:
    """Whether the entries of a report, read as a reader would, let a caller do something."""
    effects = {
        entry.denied
        for entry in access.entries
        if action in entry.actions and _is_who(entry.who, caller, bool(entry.condition)) and _reads(entry, caller)
    }
    return effects == {False}


def _is_who(who: str, caller: Caller, conditional: bool) -> bool:
    if who.startswith("everyone but "):
        return not set(who.removeprefix("everyone but ").split(", ")) & caller.names
    narrowed = conditional and who.startswith(("organization", "account"))  # the condition says it too
    return narrowed or bool(set(who.split(", ")) & caller.names)


def _reads(entry: Any, caller: Caller) -> bool:
    return not entry.condition or meets(ast.literal_eval(entry.condition), caller)


def allowed_by_rows(access: Access, caller: Caller, action: str) -> bool:
    """Whether one of the rows that are about a caller says that it can do something, or may."""
    return any(row.allowed(action) is not False for row in access if _is_row_of(row.who, caller))


def _is_row_of(who: str, caller: Caller) -> bool:
    path = who.removeprefix("organization path ")
    return who in caller.names or (path != who and includes(path, caller.keys.get("aws:principalorgpaths", "")))
