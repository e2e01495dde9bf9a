"""The base class of all principals, and the checks of ARNs that they share. Pure.

Used by the classes of principals in this folder, and by ``statement_checks``.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, fields
from typing import Any, ClassVar

from ecrops.aws import Arn
from ecrops.base.problems import Problems, compact
from ecrops.base.shown import Shown
from ecrops.errors import SpecError
from ecrops.iam.conditions import check_conditions

_ROLES_OF_AWS = ("role/aws-service-role/", "role/aws-reserved/")
ASSUMED, FEDERATED = "assumed-role/", "federated-user/"

Conditions = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, repr=False)
class Principal(Shown):
    """The base class of principals. A subclass has one field more, which comes first: its value.

    Args:
        conditions: The conditions of the grant, as in a policy:
            ``{"ArnLike": {"aws:SourceArn": "arn:aws:codebuild:*:111122223333:project/*"}}``. Conditions on the tags or
            the owner of a resource, such as ``aws:ResourceTag/team``, are left out of the grant of the token to log in:
            a token has no resource.
    """

    _: KW_ONLY
    conditions: Conditions | None = field(default=None, hash=False)
    key: ClassVar[str] = ""  # of the value in JSON

    def __post_init__(self) -> None:
        problems = Problems()
        self._check(problems)
        if self.conditions is not None:
            checked = problems.take("conditions", lambda: check_conditions(self.conditions))
            object.__setattr__(self, "conditions", checked)
        problems.raise_any()

    def __repr__(self) -> str:
        return compact(self)

    def _check(self, problems: Problems) -> None:
        """Add what is wrong with the value."""

    @property
    def value(self) -> Any:
        """The value, such as the name of a role or the id of an account."""
        return getattr(self, fields(self)[1].name)

    @property
    def all_conditions(self) -> dict[str, Any]:
        """The conditions, with those that the kind of principal implies."""
        return copy.deepcopy(dict(self.conditions or {}))

    def to_dict(self) -> dict[str, Any]:
        """Return the principal, ready for JSON."""
        data = {self.key: self.value}
        return data | ({"conditions": copy.deepcopy(dict(self.conditions))} if self.conditions else {})


def iam_arn(text: str) -> Arn:
    """Parse an ARN of IAM.

    Raises:
        SpecError: It is no ARN of IAM; for a session, with what to name instead.
    """
    arn = Arn.parse(text)
    refuse_session(arn)
    if arn.service != "iam" or arn.region or not arn.is_of_account:
        raise SpecError(f"expected an ARN of IAM, such as arn:aws:iam::111122223333:role/nodes, got {text!r}")
    return arn


def is_of_aws(resource: str) -> bool:
    """Whether ``role/path/name`` is a role of a service or of IAM Identity Center: only AWS changes those."""
    return resource.startswith(_ROLES_OF_AWS)


def is_session(arn: Arn) -> bool:
    """Whether an ARN is the session of a role or of a federated user."""
    return arn.service == "sts" and arn.resource.startswith((ASSUMED, FEDERATED))


def refuse_session(arn: Arn) -> None:
    """Refuse the ARN of a session: a session ends after hours, a grant does not.

    Raises:
        SpecError: It is one; with what to name instead.
    """
    if is_session(arn) and arn.resource.startswith(FEDERATED):
        user_id = f"{arn.account}:{arn.resource.removeprefix(FEDERATED)}"
        raise SpecError(
            f"{arn} is a session of a federated user: name the account {arn.account}, and narrow it down with the "
            f'condition {{"StringEquals": {{"aws:userid": "{user_id}"}}}}'
        )
    if is_session(arn):
        role = Arn(arn.partition, "iam", "", arn.account, f"role/{arn.resource.split('/')[1]}")
        raise SpecError(f"{arn} is a session of a role: name the role, {role}, with its path if it has one")
