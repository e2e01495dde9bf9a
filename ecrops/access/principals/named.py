"""Who is granted something, as values that check themselves.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, ClassVar

from ecrops.access.principals.base import ACCOUNT, Principal, iam_arn, is_of_aws
from ecrops.access.principals.identities import Group, Role, User
from ecrops.aws import Arn
from ecrops.base.problems import Problems
from ecrops.errors import SpecError

__all__ = [
    "AccountPrincipal",
    "AnyOne",
    "AnyPrincipal",
    "ArnPrincipal",
    "FederatedPrincipal",
    "Group",
    "Identity",
    "Named",
    "OrganizationPrincipal",
    "Role",
    "ServicePrincipal",
    "User",
]

_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")
SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu)")


@dataclass(frozen=True, repr=False)
class _Named(Principal):
    """A principal that only a repository policy can name."""

    element: ClassVar[str] = "AWS"

    @property
    def own_partition(self) -> str:
        """The partition, if an ARN was given."""
        return Arn.parse(self.value).partition if str(self.value).startswith("arn:") else ""

    def subject(self, partition: str) -> str:
        """How a policy names it, after the kind and a colon."""
        return f"{self.element}:{self.value}"


@dataclass(frozen=True, repr=False)
class ArnPrincipal(_Named):
    """Whatever has this ARN, in the repository policy even if it is of the registry's account."""

    principal_arn: str
    key = "arn"

    def _check(self, problems: Problems) -> None:
        problems.take("", lambda: check_arn(self.principal_arn))

    @property
    def is_of_aws(self) -> bool:
        """Whether it is a role that AWS manages, as far as its path says so."""
        return is_of_aws(Arn.parse(self.principal_arn).resource)

    def __str__(self) -> str:
        return self.principal_arn


@dataclass(frozen=True, repr=False)
class AccountPrincipal(_Named):
    """Everybody in an account whom that account itself allows it, by the 12 digits of its id."""

    account: str
    _: KW_ONLY
    partition: str = field(default="", repr=False, compare=False)  # of the ARN of the root that it was given as
    key = "account"

    @property
    def own_partition(self) -> str:
        """The partition, if an ARN was given."""
        return self.partition

    def _check(self, problems: Problems) -> None:
        right = isinstance(self.account, str) and ACCOUNT.fullmatch(self.account)
        problems.check(bool(right), "", f"an account is 12 digits in a string, got {self.account!r}")

    def to_dict(self) -> dict[str, Any]:
        """The account, ready for JSON; by its root if that says of which partition it is."""
        root = {self.key: str(Arn(self.partition, "iam", "", self.account, "root"))} if self.partition else {}
        return super().to_dict() | root

    def subject(self, partition: str) -> str:
        """The ARN of the account's root, which stands for the account."""
        return f"AWS:{Arn(partition, 'iam', '', self.account, 'root')}"

    def __str__(self) -> str:
        return f"account {self.account}"


@dataclass(frozen=True, repr=False)
class ServicePrincipal(_Named):
    """A service of AWS, such as ``codebuild.amazonaws.com``."""

    service: str
    element = "Service"
    key = "service"

    def _check(self, problems: Problems) -> None:
        right = isinstance(self.service, str) and SERVICE.fullmatch(self.service)
        problems.check(bool(right), "", f"a service is like 'codebuild.amazonaws.com', got {self.service!r}")

    def __str__(self) -> str:
        return self.service


@dataclass(frozen=True, repr=False)
class OrganizationPrincipal(_Named):
    """Everybody in every account of an organization, by its id, ``o-…``."""

    organization: str
    key = "organization"

    def _check(self, problems: Problems) -> None:
        right = isinstance(self.organization, str) and _ORGANIZATION.fullmatch(self.organization)
        problems.check(
            bool(right), "", f"an organization is 'o-' and 10 to 32 letters and digits, got {self.organization!r}"
        )
        tests = self.conditions.items() if isinstance(self.conditions, Mapping) else ()
        equals = [test for operator, test in tests if _is_equals(operator) and isinstance(test, Mapping)]
        named = any(str(key).lower() == "aws:principalorgid" for test in equals for key in test)
        problems.check(not named, "conditions", "aws:PrincipalOrgID is the organization itself: leave it out")

    @property
    def all_conditions(self) -> dict[str, Any]:
        """Its conditions, with the one that makes it the organization."""
        equals = {"aws:PrincipalOrgID": self.organization}
        given = super().all_conditions
        operator = next(filter(_is_equals, given), "StringEquals")
        return {**given, operator: {**given.get(operator, {}), **equals}}

    def subject(self, partition: str) -> str:
        """Everybody, whom the condition narrows down."""
        return "AWS:*"

    def __str__(self) -> str:
        return f"organization {self.organization}"


@dataclass(frozen=True, repr=False)
class FederatedPrincipal(_Named):
    """Users whom an identity provider vouches for: its ARN, or a domain such as ``cognito-identity.amazonaws.com``."""

    provider: str
    element = "Federated"
    key = "federated"

    def _check(self, problems: Problems) -> None:
        right = isinstance(self.provider, str) and re.fullmatch(
            r"arn:[^:]+:iam::[0-9]{12}:(saml|oidc)-provider/\S+|[a-z0-9-]+(\.[a-z0-9-]+)+", self.provider
        )
        problems.check(
            bool(right), "", f"expected the ARN of an identity provider, or its domain, got {self.provider!r}"
        )

    def __str__(self) -> str:
        return f"users of {self.provider}"


@dataclass(frozen=True, repr=False)
class AnyPrincipal(_Named):
    """Everybody with an AWS account, unless conditions say whom.

    Args:
        public: Must be said where there are no conditions: nobody opens a registry by accident.
    """

    public: bool = False
    key = "everyone"

    def _check(self, problems: Problems) -> None:
        problems.check(
            bool(self.conditions) or self.public is True,
            "public",
            "this is everyone: narrow it down with conditions, or say AnyPrincipal(public=True)",
        )

    def subject(self, partition: str) -> str:
        """Everybody."""
        return "AWS:*"

    def __str__(self) -> str:
        return "everyone"


Identity = User | Role | Group
Named = ArnPrincipal | AccountPrincipal | ServicePrincipal | OrganizationPrincipal | FederatedPrincipal | AnyPrincipal
AnyOne = Identity | Named


def _is_equals(operator: object) -> bool:
    """Whether it is the operator ``StringEquals``: IAM does not see the case of one."""
    return str(operator).lower() == "stringequals"


def check_arn(text: object) -> None:
    """Refuse what is not the ARN of somebody whom a repository policy can name.

    Raises:
        SpecError: It is not; with the way out.
    """
    if not isinstance(text, str):
        raise SpecError(f"expected an ARN, got {text!r}")
    resource = iam_arn(text).resource
    if resource.partition("/")[0].endswith("-provider"):
        raise SpecError(f"{text} is an identity provider: use FederatedPrincipal, in a statement 'Federated'")
    if resource.startswith("group/"):
        raise SpecError(f"a repository policy cannot name a group, {text}: use Group, or name its users")
    if "*" in text or "?" in text:
        raise SpecError(
            f"a principal has no wildcards, got {text!r}: name the account, and narrow it down with the condition "
            '{"ArnLike": {"aws:PrincipalArn": ...}}'
        )
    kinds: dict[str, type[User | Role]] = {"user": User, "role": Role}
    kind, slash, _ = resource.partition("/")
    if slash and kind in kinds:
        kinds[kind](text)
    elif resource != "root":
        raise SpecError(f"a principal is a user, a role or the root of an account, got {text!r}")
