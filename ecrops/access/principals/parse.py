"""Which principal a string, or a mapping from JSON, stands for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecrops.access.principals.base import ACCOUNT, iam_arn
from ecrops.access.principals.named import (
    SERVICE,
    AccountPrincipal,
    AnyOne,
    AnyPrincipal,
    ArnPrincipal,
    FederatedPrincipal,
    Group,
    OrganizationPrincipal,
    Role,
    ServicePrincipal,
    User,
)
from ecrops.base.problems import Problems
from ecrops.errors import SpecError

KINDS: dict[str, type[Any]] = {
    kind.key: kind
    for kind in (
        User,
        Role,
        Group,
        ArnPrincipal,
        AccountPrincipal,
        ServicePrincipal,
        OrganizationPrincipal,
        FederatedPrincipal,
        AnyPrincipal,
    )
}


def principal_of(value: object) -> AnyOne:
    """A principal, or the one that a string or a mapping from JSON stands for.

    Raises:
        SpecError: It stands for none.
    """
    if isinstance(value, tuple(KINDS.values())):
        return value  # type: ignore[return-value]
    if isinstance(value, Mapping):
        return _from_dict(value)
    if not isinstance(value, str):
        raise SpecError(f"expected a principal, such as Role('nodes'), or a string that stands for one, got {value!r}")
    if value.startswith("arn:"):
        return _of_arn(value)
    if ACCOUNT.fullmatch(value):
        return AccountPrincipal(value)
    if value.startswith("o-"):
        return OrganizationPrincipal(value)
    if SERVICE.fullmatch(value):
        return ServicePrincipal(value)
    if value == "*":
        return AnyPrincipal()
    raise SpecError(
        f"expected an ARN, an account of 12 digits, a service such as 'codebuild.amazonaws.com' or an organization "
        f"'o-…', got {value!r}; a name is given as User({value!r}), Role({value!r}) or Group({value!r})"
    )


def _of_arn(text: str) -> AnyOne:
    arn = iam_arn(text)
    kind = arn.resource.partition("/")[0]
    if arn.resource == "root":
        return _of_root(text)
    if kind.endswith("-provider"):
        return FederatedPrincipal(text)
    if kind in ("user", "role", "group"):
        made: AnyOne = KINDS[kind](text)
        return made
    return ArnPrincipal(text)


def _from_dict(data: Mapping[str, Any]) -> AnyOne:
    problems = Problems()
    given = problems.known(data, [*KINDS, "conditions"], "a principal")
    problems.raise_any()
    kinds = [key for key in given if key in KINDS]
    if len(kinds) != 1:
        raise SpecError(f"expected one of {', '.join(KINDS)}, got {', '.join(kinds) or 'none'}")
    kind, value, conditions = kinds[0], given[kinds[0]], given.get("conditions")
    if kind == AccountPrincipal.key and isinstance(value, str) and value.startswith("arn:"):
        return _of_root(value, conditions)
    made: AnyOne = KINDS[kind](value, conditions=conditions)
    return made


def _of_root(text: str, conditions: Any = None) -> AccountPrincipal:
    arn = iam_arn(text)
    if arn.resource != "root":
        raise SpecError(f"account: expected 12 digits, or the ARN of the root of an account, got {text!r}")
    return AccountPrincipal(arn.account, partition=arn.partition, conditions=conditions)
