"""The principals whose pulls leave no pull time, as ARNs. Pure.

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_RegisterPullTimeUpdateExclusion.html
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from ecrops.aws import Arn
from ecrops.base.problems import Problems
from ecrops.errors import SpecError

if TYPE_CHECKING:
    from ecrops.access.principals.identities import Role, User

PRINCIPAL = re.compile(r"arn:aws(-[a-z]+)*:iam::[0-9]{12}:(role|user)/[\w+=,.@-]+(/[\w+=,.@-]+)*", re.ASCII)
MAX_LENGTH = 200
MAX_EXCLUSIONS = 100


class Accepted(tuple[str, ...]):
    """Principals as AWS has them: it has accepted them, so nobody checks them."""

    __slots__ = ()


def check(value: object) -> tuple[str, ...]:
    """Return the ARNs of principals, sorted, without repetitions.

    Raises:
        SpecError: They are none, or too many.
    """
    if isinstance(value, Accepted):
        return value
    if isinstance(value, str):
        raise SpecError(f"expected a list of ARNs of roles and users, got {value!r}; write [{value!r}]")
    if not isinstance(value, Collection) or isinstance(value, bytes | Mapping):
        raise SpecError(f"expected a list of ARNs of roles and users, got {value!r}")
    problems = Problems()
    arns = sorted(set(problems.each("", value, arn_of)))
    reason = f"ECR takes {MAX_EXCLUSIONS} pull-time exclusions at most, got {len(arns)}"
    problems.check(len(arns) <= MAX_EXCLUSIONS, "", reason)
    problems.raise_any()
    return tuple(arns)


def arn_of(principal: object, partition: str = "", account: str = "") -> str:
    """Return the ARN of a role or a user.

    Args:
        principal: An ARN, or a ``Role`` or ``User``.
        partition: The partition of one that is given by name; without it, a name is refused.
        account: The account of one that is given by name.

    Raises:
        SpecError: It is none.
    """
    from ecrops.access.principals.identities import Identity, Role, User
    from ecrops.access.principals.named import ArnPrincipal

    if isinstance(principal, ArnPrincipal):
        principal = principal.principal_arn
    if isinstance(principal, Role | User):
        return _of_identity(principal, partition, account)
    if isinstance(principal, Identity):
        raise SpecError(f"a pull-time exclusion is of a role or a user, got {principal!r}: name the users")
    if not isinstance(principal, str) or not principal.startswith("arn:"):
        way_out = f"; a name is given as Role({principal!r}) or User({principal!r})" if _is_name(principal) else ""
        raise SpecError(f"expected the ARN of a role or a user, or a Role or a User, got {principal!r}{way_out}")
    arn = Arn.parse(principal)
    if arn.service == "iam" and arn.resource.startswith(("role/", "user/")):
        return _checked(principal)
    from ecrops.access.principals.base import refuse_session

    refuse_session(arn)
    raise SpecError(f"a pull-time exclusion is of a role or a user, got {principal!r}")


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value.replace("-", "").replace("_", "").isalnum()


def _of_identity(identity: Role | User, partition: str, account: str) -> str:
    if identity.conditions:
        raise SpecError(f"{identity}: a pull-time exclusion has no conditions: leave them out")
    if not partition and not identity.account:
        kind = type(identity).__name__
        raise SpecError(
            f"{identity!r}: a spec does not know the account of a name: write the ARN of the {kind.lower()}"
        )
    return _checked(identity.arn(identity.partition or partition, identity.account or account))


def _checked(arn: str) -> str:
    if not PRINCIPAL.fullmatch(arn) or len(arn) > MAX_LENGTH:
        raise SpecError(
            f"expected an ARN such as 'arn:aws:iam::111122223333:role/scanner', at most {MAX_LENGTH} characters of "
            f"letters, digits and '+=,.@_-' in its path and name, got {arn!r}"
        )
    return arn


def check_here(arns: Sequence[str], partition: str, region: str) -> None:
    """Refuse principals of another partition than the registry's.

    Raises:
        SpecError: With each such principal.
    """
    if isinstance(arns, Accepted):
        return
    problems = Problems()
    for arn in arns:
        reason = f"the registry in {region} is of the partition {partition}, got {arn!r}"
        problems.check(arn.split(":")[1] == partition, "", reason)
    problems.raise_any()
