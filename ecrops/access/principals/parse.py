"""Which principal a string, or a mapping from JSON, stands for. Pure.

Called by every value and verb that takes a principal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecrops.access.principals.base import iam_arn
from ecrops.access.principals.identities import Identity
from ecrops.access.principals.named import (
    KINDS,
    SERVICE,
    AccountPrincipal,
    AnyPrincipal,
    ArnPrincipal,
    FederatedPrincipal,
    Grantee,
    OrganizationPrincipal,
    ServicePrincipal,
)
from ecrops.aws import account_of, is_account
from ecrops.base.plain_json import check_size
from ecrops.base.problems import Problems
from ecrops.errors import SpecError

BY_KEY: dict[str, type[Any]] = {kind.key: kind for kind in KINDS}


def principal_of(value: object) -> Grantee:
    """Return a principal as it is, or the one that a string, a mapping from JSON or the number of an account means.

    Raises:
        SpecError: It stands for none.
    """
    if isinstance(value, KINDS):
        return value
    check_size(value)
    value = account_of(value)
    if isinstance(value, Mapping):
        return _from_dict(value)
    if not isinstance(value, str):
        raise SpecError(
            "expected a principal, such as Role('nodes'), or a string that stands for one, "
            f"got {value!r}{_with_zeros(value)}"
        )
    if value.startswith("arn:"):
        return _of_arn(value)
    if is_account(value):
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


def _with_zeros(value: object) -> str:
    """Return how to write an account, for the end of a message about a number that may have lost its first zeros."""
    if isinstance(value, bool) or not isinstance(value, int) or not is_account(f"{value:012}"):
        return ""
    return f"; as a number, an account loses the zeros that it begins with: write it in quotes, '{value:012}'"


def _of_arn(text: str) -> Grantee:
    arn = iam_arn(text)
    resource_type = arn.resource.partition("/")[0]
    if arn.resource == "root":
        return _of_root(text)
    if resource_type.endswith("-provider"):
        return FederatedPrincipal(text)
    if resource_type in ("user", "role", "group"):
        identity: Identity = BY_KEY[resource_type](text)
        return identity
    return ArnPrincipal(text)


def _from_dict(data: Mapping[str, Any]) -> Grantee:
    problems = Problems()
    values = problems.known(data, [*BY_KEY, "conditions"], "a principal")
    problems.raise_any()
    keys = [key for key in values if key in BY_KEY]
    if len(keys) != 1:
        raise SpecError(f"expected one of {', '.join(BY_KEY)}, got {', '.join(keys) or 'none'}")
    key, value, conditions = keys[0], values[keys[0]], values.get("conditions")
    if key == AccountPrincipal.key:
        value = account_of(value)
        if isinstance(value, str) and value.startswith("arn:"):
            return _of_root(value, conditions)
        if way_out := _with_zeros(value):
            raise SpecError(f"account: expected 12 digits, got {value!r}{way_out}")
    principal: Grantee = BY_KEY[key](value, conditions=conditions)
    return principal


def _of_root(text: str, conditions: Any = None) -> AccountPrincipal:
    arn = iam_arn(text)
    if arn.resource != "root":
        raise SpecError(f"account: expected 12 digits, or the ARN of the root of an account, got {text!r}")
    return AccountPrincipal(arn.account, partition=arn.partition, conditions=conditions)
