"""What ECR accepts as a statement in the policy of a repository. Pure.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ecrops.access import actions
from ecrops.access.principals.base import is_session
from ecrops.access.principals.named import FederatedPrincipal, check_arn
from ecrops.aws import Arn
from ecrops.base.problems import hint
from ecrops.errors import SpecError
from ecrops.iam.conditions import check_conditions
from ecrops.iam.plain_json import plain
from ecrops.iam.statements import listed

ELEMENTS = ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Condition")
NOT_HERE = ("Resource", "NotResource")
KINDS = ("AWS", "Service", "Federated", "CanonicalUser")
_GROUP = re.compile(r"arn:[^:]+:iam::[0-9]{12}:group/.+")
# everyone, an account, and the unique id that AWS shows for a principal that was deleted
_NO_ARN = re.compile(r"\*|[0-9]{12}|A[A-Z0-9]{15,127}")
# More than ServicePrincipal takes: the names that services have in other partitions, and for themselves.
_SERVICE = re.compile(
    r"[a-z0-9-]+(\.[a-z0-9-]+)*\."
    r"(amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu|amazon\.com|aws\.internal|aws\.com|aws\.dev"
    r"|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)",
    re.IGNORECASE,
)


def check_statement(statement: object) -> dict[str, Any]:
    """A statement of a repository policy: a copy, in plain JSON.

    Raises:
        SpecError: ECR would refuse it; with every reason.
    """
    if not isinstance(statement, Mapping):
        raise SpecError(f"expected a statement, a mapping with Effect, Principal and Action, got {statement!r}")
    sid = f"the statement {statement['Sid']!r}: " if statement.get("Sid") else ""
    try:
        copied: dict[str, Any] = plain(statement)
        reasons = tuple(_problems(copied))
    except SpecError as error:
        reasons = error.reasons
    if reasons:
        raise SpecError(*(f"{sid}{reason}" for reason in reasons))
    return copied


def unknown(given: Iterable[str], known: tuple[str, ...], what: str) -> Iterator[str]:
    """What is wrong with names that are not known."""
    for name in given:
        if name not in known:
            yield f"{what} has no {name!r}{hint(name, known)}"


def _problems(statement: Mapping[str, Any]) -> Iterator[str]:
    yield from unknown(statement, (*ELEMENTS, *NOT_HERE), "a statement")
    for element in NOT_HERE:
        if element in statement:
            yield f"{element} is not allowed: the policy is about the repository that has it; leave it out"
    if not isinstance(statement.get("Sid", ""), str):
        yield f"its Sid is a string, got {statement['Sid']!r}"
    yield from _one_of(statement, "Action", "say what may be done, such as 'ecr:BatchGetImage'")
    yield from _one_of(statement, "Principal", 'say who may, such as {"AWS": "arn:aws:iam::111122223333:root"}')
    if statement.get("Effect") not in ("Allow", "Deny"):
        yield f"its Effect is 'Allow' or 'Deny', got {statement.get('Effect')!r}"
    for element in ("Action", "NotAction"):
        for action in listed(statement.get(element) or []):
            yield from _action_problems(element, action)
    for element in ("Principal", "NotPrincipal"):
        yield from _principal_problems(element, statement.get(element) or {})
    if "Condition" in statement:
        yield from (f"Condition: {each}" for each in _reasons(lambda: check_conditions(statement["Condition"])))


def _one_of(statement: Mapping[str, Any], name: str, way_out: str) -> Iterator[str]:
    """An element or its negation, and not both."""
    given = [each for each in (name, f"Not{name}") if each in statement]
    if len(given) > 1:
        yield f"it has both {name} and Not{name}: leave one of them out"
    elif not given or not statement[given[0]]:
        yield f"it has no {name}: {way_out}"


def _action_problems(element: str, action: object) -> Iterator[str]:
    if not isinstance(action, str):
        yield f"an action is a string, got {action!r}"
    elif action.lower() == "ecr:getauthorizationtoken" and element == "Action":
        yield (
            "a repository policy cannot grant ecr:GetAuthorizationToken: leave it out here, and "
            "registry.authorization_token.grant_read(principal) grants it"
        )
    elif action != "*" and not re.fullmatch(r"ecr:[\w*?]+", action, re.IGNORECASE | re.ASCII):
        yield f"an action in a repository policy is ECR's, such as 'ecr:BatchGetImage', got {action!r}"
    elif action != "*":
        yield from _reasons(lambda: actions.check_named(element, action))


def _reasons(check: Callable[[], object]) -> Iterator[str]:
    """What a check says against it."""
    try:
        check()
    except SpecError as error:
        yield from error.reasons


def _principal_problems(element: str, principal: object) -> Iterator[str]:
    if not isinstance(principal, Mapping):
        if principal != "*":
            yield f"its {element} is '*' or a mapping such as {{\"AWS\": ...}}, got {principal!r}"
        return
    yield from unknown(principal, KINDS, f"a {element}")
    for kind, value in principal.items():
        named = listed(value)
        if not named:
            yield f"its {element} names nobody under {kind!r}: name somebody, or leave {kind!r} out"
        for who in named:
            yield from _who_problems(element, kind, who)


def _who_problems(element: str, kind: str, who: object) -> Iterator[str]:
    if not isinstance(who, str) or not who:
        yield f"a principal is a string that is not empty, got {who!r}"
    elif kind == "Service" and not _SERVICE.fullmatch(who):
        yield f"a service is like 'codebuild.amazonaws.com', got {who!r}"
    elif kind == "AWS" and _GROUP.fullmatch(who):
        yield f"a repository policy cannot name a group, {who}: repo.grant(Group(...)) writes to the group"
    elif kind == "Federated":
        yield from _reasons(lambda: FederatedPrincipal(who))
    elif kind == "AWS" and who.startswith("arn:"):
        yield from _reasons(lambda: _check_arn(element, who))
    elif kind == "AWS" and not _NO_ARN.fullmatch(who):
        yield f"a principal of AWS is an ARN, an account of 12 digits or '*', got {who!r}"


def _check_arn(element: str, who: str) -> None:
    arn = Arn.parse(who)
    if element == "NotPrincipal" and is_session(arn):  # it has to name the session too, says IAM
        return
    check_arn(who)
