"""The principals that only a repository policy can name, and the list of all kinds of principals. Pure.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, ClassVar

from ecrops.access.principals.base import Principal, iam_arn, is_of_aws
from ecrops.access.principals.identities import Group, Identity, Role, User
from ecrops.aws import Arn, is_account
from ecrops.base.problems import Problems
from ecrops.errors import SpecError
from ecrops.iam.narrowing import SOURCES, narrowing
from ecrops.iam.narrowing import reasons as why_not_narrowing

ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu)")


@dataclass(frozen=True, repr=False)
class PolicyPrincipal(Principal):
    """The base class of principals that only a repository policy can name: they have no IAM policy of their own."""

    element: ClassVar[str] = "AWS"

    @property
    def own_partition(self) -> str:
        """The partition of the ARN; empty if the value is no ARN."""
        return Arn.parse(self.value).partition if str(self.value).startswith("arn:") else ""

    def subject(self, partition: str) -> str:
        """Return the principal as a repository policy names it, after its type and a colon: ``Service:…``."""
        return f"{self.element}:{self.value}"


@dataclass(frozen=True, repr=False)
class ArnPrincipal(PolicyPrincipal):
    """A user, role or account by ARN, granted in the repository policy even if it is in the registry's account."""

    principal_arn: str
    key = "arn"

    def _check(self, problems: Problems) -> None:
        problems.take("", lambda: check_arn(self.principal_arn))

    @property
    def is_of_aws(self) -> bool:
        """Whether it is a role that AWS manages, as far as its path tells."""
        return is_of_aws(Arn.parse(self.principal_arn).resource)

    def __str__(self) -> str:
        return self.principal_arn


@dataclass(frozen=True, repr=False)
class AccountPrincipal(PolicyPrincipal):
    """An account, by the 12 digits of its id: its users and roles, as far as its own policies allow them the same.

    Args:
        account: The id.
        partition: The partition of the ARN of the account's root, if the account was given by that.
    """

    account: str
    _: KW_ONLY
    partition: str = field(default="", repr=False, compare=False)
    key = "account"

    @property
    def own_partition(self) -> str:
        """The partition of the ARN of the root, if the account was given by that."""
        return self.partition

    def _check(self, problems: Problems) -> None:
        problems.check(is_account(self.account), "", f"an account is 12 digits in a string, got {self.account!r}")

    def to_dict(self) -> dict[str, Any]:
        """Return the account, ready for JSON; as the ARN of its root if the partition is known."""
        root = {self.key: str(Arn(self.partition, "iam", "", self.account, "root"))} if self.partition else {}
        return super().to_dict() | root

    def subject(self, partition: str) -> str:
        """Return the ARN of the account's root, which stands for the account."""
        return f"AWS:{Arn(partition, 'iam', '', self.account, 'root')}"

    def __str__(self) -> str:
        return f"account {self.account}"


@dataclass(frozen=True, repr=False)
class ServicePrincipal(PolicyPrincipal):
    """A service of AWS, such as ``codebuild.amazonaws.com``."""

    service: str
    element = "Service"
    key = "service"

    def _check(self, problems: Problems) -> None:
        is_service = isinstance(self.service, str) and SERVICE.fullmatch(self.service)
        problems.check(bool(is_service), "", f"a service is like 'codebuild.amazonaws.com', got {self.service!r}")

    def __str__(self) -> str:
        return self.service


@dataclass(frozen=True, repr=False)
class OrganizationPrincipal(PolicyPrincipal):
    """All accounts of an organization, by its id, ``o-…``."""

    organization: str
    key = "organization"

    def _check(self, problems: Problems) -> None:
        is_id = isinstance(self.organization, str) and ORGANIZATION.fullmatch(self.organization)
        problems.check(
            bool(is_id), "", f"an organization is 'o-' and 10 to 32 letters and digits, got {self.organization!r}"
        )
        tests = self.conditions.items() if isinstance(self.conditions, Mapping) else ()
        equals = [test for operator, test in tests if _is_equals(operator) and isinstance(test, Mapping)]
        named = any(str(key).lower() == "aws:principalorgid" for test in equals for key in test)
        problems.check(not named, "conditions", "aws:PrincipalOrgID is the organization itself: leave it out")

    @property
    def all_conditions(self) -> dict[str, Any]:
        """The conditions, with the one that limits everyone to the organization."""
        equals = {"aws:PrincipalOrgID": self.organization}
        conditions = super().all_conditions
        operator = next(filter(_is_equals, conditions), "StringEquals")
        return {**conditions, operator: {**conditions.get(operator, {}), **equals}}

    def subject(self, partition: str) -> str:
        """Return everyone: the condition limits that to the organization."""
        return "AWS:*"

    def __str__(self) -> str:
        return f"organization {self.organization}"


@dataclass(frozen=True, repr=False)
class FederatedPrincipal(PolicyPrincipal):
    """Users of an identity provider, by its ARN, or by its domain such as ``cognito-identity.amazonaws.com``."""

    provider: str
    element = "Federated"
    key = "federated"

    def _check(self, problems: Problems) -> None:
        reason = f"expected the ARN of an identity provider, or its domain, got {self.provider!r}"
        if isinstance(self.provider, str) and self.provider.startswith("arn:"):
            arn = problems.take("", lambda: iam_arn(self.provider))
            is_provider = arn is None or bool(re.fullmatch(r"(saml|oidc)-provider/.+", arn.resource))
        else:
            is_provider = isinstance(self.provider, str) and bool(_DOMAIN.fullmatch(self.provider))
        problems.check(is_provider, "", reason)

    def __str__(self) -> str:
        return f"users of {self.provider}"


@dataclass(frozen=True, repr=False)
class AnyPrincipal(PolicyPrincipal):
    """Everyone with an AWS account, unless conditions limit that.

    Args:
        public: Must be ``True`` without conditions, or with conditions that let in everybody all the same, so that
            nobody opens a repository by accident.
    """

    public: bool = False
    key = "everyone"

    def _check(self, problems: Problems) -> None:
        if self.public is not True and not narrowing(self.conditions):
            reasons = "; ".join(why_not_narrowing(self.conditions))
            in_spite = f", in spite of the conditions ({reasons})" if reasons else ""
            problems.add(
                "public",
                f"this is everyone{in_spite}: narrow it down with conditions, or say AnyPrincipal(public=True)",
            )

    def subject(self, partition: str) -> str:
        """Return everyone."""
        return "AWS:*"

    def __str__(self) -> str:
        return "everyone"


Grantee = Identity | PolicyPrincipal
KINDS = (
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


def _is_equals(operator: object) -> bool:
    """Whether it is the operator ``StringEquals``. IAM ignores the case of operators."""
    return str(operator).lower() == "stringequals"


def is_for_any_account(condition: object) -> bool:
    """Whether a condition lets a service of AWS in for whomever it works."""
    return not any(test.key in SOURCES for test in narrowing(condition))


def check_arn(text: object) -> None:
    """Refuse a value that is not the ARN of a principal that a repository policy can name.

    Raises:
        SpecError: It is not; with what to do instead.
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
