"""What ECR accepts as a statement of a repository policy, or of a registry policy. Pure.

Called by ``policy_checks``, and by the checks of registry policies. It checks one statement by itself, and yields every
reason to refuse it.

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
from ecrops.base.plain_json import check_size, plain
from ecrops.base.problems import hint
from ecrops.errors import SpecError
from ecrops.iam.conditions import check_conditions
from ecrops.iam.statements import listed
from ecrops.repositories.values import ECR, PUBLIC

ELEMENTS = ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Condition")
REPOSITORY = "repository policy"
NOT_ALLOWED = ("Resource", "NotResource")
PRINCIPAL_TYPES = ("AWS", "Service", "Federated", "CanonicalUser")
_EXAMPLES = {ECR: "ecr:BatchGetImage", PUBLIC: "ecr-public:PutImage"}
_GROUP = re.compile(r"arn:[^:]+:iam::[0-9]{12}:group/.+")
# Everyone, an account, or the unique id that AWS shows for a principal that was deleted.
_NOT_ARN = re.compile(r"\*|[0-9]{12}|A[A-Z0-9]{15,127}")
# More than ServicePrincipal takes: also the names of services in other partitions, and those that AWS uses itself.
_SERVICE = re.compile(
    r"[a-z0-9-]+(\.[a-z0-9-]+)*\."
    r"(amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu|amazon\.com|aws\.internal|aws\.com|aws\.dev"
    r"|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)",
    re.IGNORECASE,
)


def check_statement(statement: object, service: str = ECR, kind: str = REPOSITORY) -> dict[str, Any]:
    """Return a copy of a statement, in plain JSON.

    Args:
        statement: The statement.
        service: The service that has the repository.
        kind: The kind of its policy, ``repository policy`` or ``registry policy``. ``Resource`` and ``NotResource`` of
            the latter are not checked.

    Raises:
        SpecError: ECR would refuse it; with every reason.
    """
    check_size(statement)
    if not isinstance(statement, Mapping):
        raise SpecError(f"expected a statement, a mapping with Effect, Principal and Action, got {statement!r}")
    sid = f"the statement {statement['Sid']!r}: " if statement.get("Sid") else ""
    try:
        copied: dict[str, Any] = plain(statement)
        reasons = tuple(_problems(copied, service, kind))
    except SpecError as error:
        reasons = error.reasons
    if reasons:
        raise SpecError(*(f"{sid}{reason}" for reason in reasons))
    return copied


def unknown(names: Iterable[str], known: tuple[str, ...], what: str) -> Iterator[str]:
    """Yield a reason for each name that is not known.

    Args:
        names: The names to check.
        known: The known names.
        what: What has the names, for messages.
    """
    for name in names:
        if name not in known:
            yield f"{what} has no {name!r}{hint(name, known)}"


def _problems(statement: Mapping[str, Any], service: str, kind: str) -> Iterator[str]:
    yield from unknown(statement, (*ELEMENTS, *NOT_ALLOWED), "a statement")
    for element in NOT_ALLOWED if kind == REPOSITORY else ():
        if element in statement:
            yield f"{element} is not allowed: the policy is about the repository that has it; leave it out"
    if not isinstance(statement.get("Sid", ""), str):
        yield f"its Sid is a string, got {statement['Sid']!r}"
    yield from _one_of(statement, "Action", f"say what may be done, such as {_EXAMPLES[service]!r}")
    yield from _one_of(statement, "Principal", 'say who may, such as {"AWS": "arn:aws:iam::111122223333:root"}')
    if statement.get("Effect") not in ("Allow", "Deny"):
        yield f"its Effect is 'Allow' or 'Deny', got {statement.get('Effect')!r}"
    for element in ("Action", "NotAction"):
        for action in listed(statement.get(element) or []):
            yield from _action_problems(element, action, service, kind)
    if "NotPrincipal" in statement and statement.get("Effect") == "Allow":
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
        yield (
            "NotPrincipal with the Effect 'Allow' lets in everybody else in the world, and AWS does not support it: "
            "name who may in Principal"
        )
    for element in ("Principal", "NotPrincipal"):
        yield from _principal_problems(element, statement.get(element) or {}, kind)
    if "Condition" in statement:
        reasons = _reasons(lambda: check_conditions(statement["Condition"]))
        yield from (f"Condition: {reason}" for reason in reasons)


def _one_of(statement: Mapping[str, Any], name: str, way_out: str) -> Iterator[str]:
    """Yield a reason unless the statement has either an element or its negation."""
    elements = [element for element in (name, f"Not{name}") if element in statement]
    if len(elements) > 1:
        yield f"it has both {name} and Not{name}: leave one of them out"
    elif not elements or not statement[elements[0]]:
        yield f"it has no {name}: {way_out}"


def _action_problems(element: str, action: object, service: str, kind: str) -> Iterator[str]:
    if not isinstance(action, str):
        yield f"an action is a string, got {action!r}"
    elif action.lower() == f"{service}:getauthorizationtoken" and element == "Action":
        yield (
            f"a {kind} cannot grant {service}:GetAuthorizationToken: leave it out here, and "
            "registry.authorization_token.grant_read(principal) grants it"
        )
    elif action != "*" and not re.fullmatch(rf"{service}:[\w*?]+", action, re.IGNORECASE | re.ASCII):
        whose = "ECR's" if service == ECR else "one of ECR Public"
        yield f"an action in a {kind} is {whose}, such as {_EXAMPLES[service]!r}, got {action!r}"
    elif action != "*":
        # The registry's own actions, such as ecr:PutRegistryPolicy, are in policies of registries alone
        checked_as = element if kind == REPOSITORY else "NotAction"
        yield from _reasons(lambda: actions.check_named(checked_as, action, service))


def _reasons(check: Callable[[], object]) -> Iterator[str]:
    """Yield the reasons of the error that a check raises."""
    try:
        check()
    except SpecError as error:
        yield from error.reasons


def _principal_problems(element: str, principal: object, kind_of_policy: str) -> Iterator[str]:
    if not isinstance(principal, Mapping):
        if principal != "*":
            yield f"its {element} is '*' or a mapping such as {{\"AWS\": ...}}, got {principal!r}"
        return
    yield from unknown(principal, PRINCIPAL_TYPES, f"a {element}")
    for kind, value in principal.items():
        names = listed(value)
        if not names:
            yield f"its {element} names nobody under {kind!r}: name somebody, or leave {kind!r} out"
        for name in names:
            yield from _name_problems(element, kind, name, kind_of_policy)


def _name_problems(element: str, kind: str, name: object, kind_of_policy: str) -> Iterator[str]:
    if not isinstance(name, str) or not name:
        yield f"a principal is a string that is not empty, got {name!r}"
    elif kind == "Service" and not _SERVICE.fullmatch(name):
        yield f"a service is like 'codebuild.amazonaws.com', got {name!r}"
    elif kind == "AWS" and _GROUP.fullmatch(name):
        yield f"a {kind_of_policy} cannot name a group, {name}: repo.grant(Group(...)) writes to the group"
    elif kind == "Federated":
        yield from _reasons(lambda: FederatedPrincipal(name))
    elif kind == "AWS" and name.startswith("arn:"):
        yield from _reasons(lambda: _check_arn(element, name))
    elif kind == "AWS" and not _NOT_ARN.fullmatch(name):
        yield f"a principal of AWS is an ARN, an account of 12 digits or '*', got {name!r}"


def _check_arn(element: str, text: str) -> None:
    # IAM wants a NotPrincipal to name the session too:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    arn = Arn.parse(text)
    if element == "NotPrincipal" and is_session(arn) and arn.is_of_account:
        return
    check_arn(text)
