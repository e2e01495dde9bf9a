"""The statements of a policy, and whether one applies to a request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .callers import Caller
from .conditions import Unreadable, holds, listed, tests
from .patterns import STAR, Facts, NoText, NotKnown, Pattern, filled, matches, plain
from .principals import DIRECT, EVERYONE, Ways, excepted, named, principals
from .truth import Truth, all_of, any_of, at_most_unknown, opposite

TOKEN = "ecr:GetAuthorizationToken"
VARIABLES = "2012-10-17"
UNLOCATED = ("repository",)
"""The kinds of policies whose statements may be without ``Resource``: they are about what they belong to."""
OF_RESOURCES = ("repository", "registry")
"""The kinds of policies that name principals."""
UNNAMED = "identity"
"""The way of an identity policy, which names nobody: it is of whom it belongs to."""


@dataclass(frozen=True)
class Request:
    """What is to be decided: who does what with which resource, and what else is known of it."""

    caller: Caller
    action: str
    resource: str
    facts: Facts

    @property
    def is_token(self) -> bool:
        """Whether it asks for a token, which no repository gives: its resource is the star."""
        return is_token(self.action)


def is_token(action: str) -> bool:
    """Return whether an action is that of the token."""
    return action.lower() == TOKEN.lower()


@dataclass(frozen=True)
class Vote:
    """What a statement says of a request.

    Attributes:
        effect: ``Allow`` or ``Deny``.
        ways: How it names the caller, each with whether the statement applies so.
        statement: The statement; a policy without form, as it is.
    """

    effect: str
    ways: Ways
    statement: Any

    @property
    def applies(self) -> Truth:
        """Whether the statement applies in one of the ways."""
        return any_of(self.ways.values())


def votes(document: Any, kind: str, request: Request) -> Iterator[Vote]:
    """Yield what each statement of a policy says: what cannot be read may allow, and may deny.

    Args:
        document: The policy as parsed JSON.
        kind: ``identity``, ``boundary``, ``repository`` or ``registry``.
        request: What is to be decided.
    """
    try:
        statements = _statements(document)
    except Unreadable:
        yield from _unreadable(document)
        return
    variables = document.get("Version") == VARIABLES
    for statement in statements:
        try:
            yield _vote(statement, kind, request, variables)
        except Unreadable:
            yield from _unreadable(statement)


def _statements(document: Any) -> list[dict[str, Any]]:
    if not isinstance(document, dict) or "Statement" not in document:
        raise Unreadable(document)
    found = document["Statement"]
    statements = found if isinstance(found, list) else [found]
    if not all(isinstance(statement, dict) for statement in statements):
        raise Unreadable(document)
    return statements


def _unreadable(part: Any) -> Iterator[Vote]:
    for effect in ("Allow", "Deny"):
        yield Vote(effect, {"direct": None, UNNAMED: None}, part)


def _vote(statement: dict[str, Any], kind: str, request: Request, variables: bool) -> Vote:
    _check(statement, kind)
    applies = all_of(
        [
            _has_action(statement, request),
            _has_resource(statement, request, variables),
            holds(statement.get("Condition", {}), request.facts, variables=variables),
        ]
    )
    ways = _ways(statement, kind, request.caller)
    return Vote(statement["Effect"], {way: all_of([applies, value]) for way, value in ways.items()}, statement)


def _check(statement: dict[str, Any], kind: str) -> None:
    """Refuse a statement that IAM's grammar does not have, before anything in it decides.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    """
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise Unreadable(statement)
    _only(statement, "Action", "NotAction")
    if kind not in UNLOCATED or "Resource" in statement or "NotResource" in statement:
        _only(statement, "Resource", "NotResource")
    if kind in OF_RESOURCES:
        principals(_only(statement, "Principal", "NotPrincipal"))
    list(tests(statement.get("Condition", {})))


def _only(statement: dict[str, Any], name: str, opposite_name: str) -> Any:
    """Return the one of two elements that is there."""
    found = [statement[each] for each in (name, opposite_name) if each in statement]
    if len(found) != 1:
        raise Unreadable(statement)
    return found[0]


def _has_action(statement: dict[str, Any], request: Request) -> Truth:
    """Return whether the action is meant: in any case, with wildcards.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html
    """
    action = request.action.lower()
    patterns = listed(_only(statement, "Action", "NotAction"))
    found = any(matches(plain(pattern.lower()), action) for pattern in patterns)
    return found if "Action" in statement else not found


def _has_resource(statement: dict[str, Any], request: Request, variables: bool) -> Truth:
    """Return whether the resource is meant: the case counts, the whole ARN is one text.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notresource.html
    """
    if "Resource" in statement:
        return any_of([_is_resource(each, request, variables, every=True) for each in listed(statement["Resource"])])
    if "NotResource" in statement:
        patterns = listed(statement["NotResource"])
        return opposite(any_of([_is_resource(each, request, variables, every=False) for each in patterns]))
    return True


def _is_resource(text: str, request: Request, variables: bool, *, every: bool) -> Truth:
    """Return whether a pattern is of the resource; ``every``: of the token's star it has to be every resource."""
    try:
        pattern = filled(text, request.facts) if variables else plain(text)
    except NotKnown:
        return None
    except NoText:
        return False
    return _is_star(pattern) if request.is_token and every else matches(pattern, request.resource)


def _is_star(pattern: Pattern) -> bool:
    return bool(pattern) and all(token is STAR for token in pattern)


def _ways(statement: dict[str, Any], kind: str, caller: Caller) -> Ways:
    """Return how a statement names the caller.

    A boundary does not limit what everyone is allowed who has a certain ``aws:PrincipalArn``, as if that were named:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html (IAM role principals)
    A Deny with ``NotPrincipal`` always applies to who has a permissions boundary:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
    """
    if kind not in OF_RESOURCES:
        return {UNNAMED: True}
    denies = statement["Effect"] == "Deny"
    if "Principal" in statement:
        ways = named(statement["Principal"], caller, denies=denies)
        if EVERYONE in ways and _is_about_arns(statement):
            ways[DIRECT] = any_of([ways.pop(EVERYONE), ways.get(DIRECT, False)])
        return ways
    if denies and caller.boundary is not None:
        return {EVERYONE: True}
    applies = opposite(excepted(statement["NotPrincipal"], caller, denies=denies))
    return {EVERYONE: applies if denies or caller.kind != "service" else at_most_unknown(applies)}


def _is_about_arns(statement: dict[str, Any]) -> bool:
    """Return whether a statement names ARNs of who calls: not all but some, and not those that have none."""
    return any(
        key == "aws:principalarn"
        and not (operator.negated or operator.if_exists or operator.name == "Null" or operator.over == "ForAllValues")
        for operator, key, _ in tests(statement.get("Condition", {}))
    )
