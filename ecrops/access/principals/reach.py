"""Reach: how much of a principal a statement of a repository policy is about. Pure.

Called by leftovers, by the notes on denials and by the report. It weighs the names of a statement, and those of its
conditions that are about who calls. It never looks at what the statement allows or denies.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from enum import IntEnum

from ecrops.iam.narrowing import Test, tests
from ecrops.iam.policy import PRINCIPAL, Subject
from ecrops.iam.statements import Statement, denies, plain_account
from ecrops.iam.wildcards import matches

EVERYONE = "AWS:*"
_IDENTITY = re.compile(r"arn:[^:]+:iam::([0-9]{12}):(user|role)/(?:.*/)?([^/]+)")
_SESSION = re.compile(r"arn:[^:]+:sts::([0-9]{12}):assumed-role/([^/]+)/.+")
_ACCOUNT = re.compile(r"arn:[^:]+:(?:iam|sts)::([0-9]{12}):.+|([0-9]{12})")
_EQUALS = ("stringequals", "arnequals")
_TEXTS = ("stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike")
Facts = Mapping[str, tuple[str, ...] | None]
"""What requests of a principal say under some keys: one of these values, or ``None`` if they have no such key."""


class Reach(IntEnum):
    """How much of a principal a statement is about: nothing, a part or some requests, or all of it in any request."""

    NONE = 0
    PART = 1
    WHOLE = 2


def reach(statement: Statement, principal: Subject) -> Reach:
    """Return how much of a principal a statement is about.

    Args:
        statement: The statement.
        principal: The principal, with the conditions that its requests are known to meet.
    """
    return min(_of_names(statement, principal.name), met(statement.get("Condition"), principal))


def met(condition: object, principal: Subject) -> Reach:
    """Return whether the requests of a principal meet a condition: none, some, or all of them."""
    facts = _facts(principal)
    return min((_of_test(test, facts) for test in tests(condition)), default=Reach.WHOLE)


def plain(principal: str) -> str:
    """Return a principal without the path of a user or role, and an account by its id: these tell no two apart."""
    kind, _, name = principal.partition(":")
    if identity := _IDENTITY.fullmatch(name):
        return f"AWS:{identity[1]}:{identity[2]}/{identity[3]}"
    return f"AWS:{plain_account(name)}" if kind == "AWS" else principal


def is_part(principal: str, whole: str) -> bool:
    """Whether a principal is a part of another one: a user, role or session of an account, or a session of a role."""
    return _of_name(principal, whole) is Reach.PART


def account_of(principal: str) -> str:
    """Return the account of a principal of IAM or STS, or an account itself; empty for any other."""
    found = _ACCOUNT.fullmatch(principal.removeprefix("AWS:"))
    return (found[1] or found[2]) if found else ""


# Names


def _of_names(statement: Statement, principal: str) -> Reach:
    if "NotPrincipal" not in statement:
        return _of_any(PRINCIPAL.read(statement.get("Principal", {})), principal)
    excepted = PRINCIPAL.read(statement["NotPrincipal"])
    if denies(statement) and unexcepted_account(statement, principal):
        return Reach.WHOLE
    if any(plain(name) in (plain(principal), EVERYONE) for name in excepted):
        return Reach.NONE
    # IAM tests the user or role and its account apart: that one of the two is excepted decides nothing
    return Reach.WHOLE if _of_any(excepted, principal) is Reach.NONE else Reach.PART


def unexcepted_account(statement: Statement, principal: str) -> str:
    """Return the account of a user or role that ``NotPrincipal`` names without that account; empty if it names both.

    A denial is about such a user or role too, because it is about its account.
    """
    excepted = {plain(name) for name in PRINCIPAL.read(statement.get("NotPrincipal", {}))}
    account = account_of(principal)
    is_named = plain(principal) in excepted and plain(principal) != f"AWS:{account}"
    return account if is_named and account and not {f"AWS:{account}", EVERYONE} & excepted else ""


def _of_any(names: Iterable[str], principal: str) -> Reach:
    return max((_of_name(name, principal) for name in names), default=Reach.NONE)


def _of_name(name: str, principal: str) -> Reach:
    account = account_of(principal)
    if name == EVERYONE or plain(name) in (plain(principal), f"AWS:{account}"):
        return Reach.WHOLE
    is_account = plain(principal) == f"AWS:{account}"
    if is_account and account_of(name) == account:
        return Reach.PART
    session = _SESSION.fullmatch(name.removeprefix("AWS:"))
    is_of_role = session and plain(principal) == f"AWS:{session[1]}:role/{session[2]}"
    return Reach.PART if is_of_role else Reach.NONE


# Conditions


def _facts(principal: Subject) -> Facts:
    facts: dict[str, tuple[str, ...] | None] = {}
    kind, _, name = principal.name.partition(":")
    if kind == "Service":
        facts = dict.fromkeys(f"aws:principal{name}" for name in ("arn", "account", "orgid", "orgpaths"))
        facts |= {"aws:principalservicename": (name,), "aws:principalisawsservice": ("true",)}
    elif account := account_of(name):
        facts = {"aws:principalaccount": (account,), "aws:principalisawsservice": ("false",)}
        facts["aws:principalservicename"] = None
        facts["aws:principalarn"] = (name if _IDENTITY.fullmatch(name) else f"arn:*:*::{account}:*",)
    for test in tests(json.loads(principal.condition or "{}")):
        if test.operator in _EQUALS and not test.quantifier and not test.if_exists and not _has_wildcard(test.values):
            facts[test.key] = test.values
    return facts


def _of_test(test: Test, facts: Facts) -> Reach:
    """Return whether a test is met by all, some or none of the requests that the facts are about."""
    if test.key not in facts:
        return Reach.PART
    values = facts[test.key]
    if test.operator == "null":
        is_missing = "true" if values is None else "false"
        return Reach.WHOLE if is_missing in test.values else Reach.NONE
    operator, is_negated = test.operator.replace("not", "", 1), "not" in test.operator
    if values is None:
        is_met = test.if_exists or test.quantifier == "forallvalues:" or (is_negated and not test.quantifier)
        return Reach.WHOLE if is_met else Reach.NONE
    if operator not in (*_TEXTS, "bool"):
        return Reach.PART
    found = {_of_value(operator, test.values, value) for value in values}
    result = found.pop() if len(found) == 1 else Reach.PART
    return Reach(Reach.WHOLE - result) if is_negated else result


def _of_value(operator: str, patterns: Iterable[str], value: str) -> Reach:
    """Return whether one of some patterns fits a value. A value with wildcards stands for all that it matches."""
    return max((_of_pattern(operator, pattern, value) for pattern in patterns), default=Reach.NONE)


def _of_pattern(operator: str, pattern: str, value: str) -> Reach:
    if "ignorecase" in operator or operator == "bool":
        pattern, value = pattern.lower(), value.lower()
    has_wildcards = "like" in operator or "arn" in operator
    if "${" in pattern:
        return Reach.PART
    if _has_wildcard((value,)):  # the ARNs of an account
        parts = pattern.split(":")
        account = parts[4] if len(parts) > 5 else ""
        fits = matches(account, value.split(":")[4]) if has_wildcards else account == value.split(":")[4]
        return Reach.WHOLE if has_wildcards and pattern == "*" else Reach.PART if fits else Reach.NONE
    if matches(pattern, value) if has_wildcards else pattern == value:
        return Reach.WHOLE
    # A role may have been given by its name alone: then its path is not known
    return Reach.PART if _IDENTITY.fullmatch(value) and _fits_otherwise(pattern, value) else Reach.NONE


def _fits_otherwise(pattern: str, value: str) -> bool:
    """Whether a pattern could fit the ARN of the same user or role under another path."""
    head, _, name = value.partition("/")
    if "/" in name:
        return False
    pattern_head, _, path = pattern.partition("/")
    return matches(pattern_head, head) and "/" in path and matches(path.rpartition("/")[2], name)


def _has_wildcard(values: Iterable[str]) -> bool:
    return any({"*", "?"} & set(value) or "${" in value for value in values)
