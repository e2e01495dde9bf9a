"""Who is granted something, as values that check themselves.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, fields
from typing import Any, ClassVar

from ecrops.aws import Arn
from ecrops.errors import SpecError
from ecrops.fields import Problems, compact

ACCOUNT = re.compile(r"\d{12}")
_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
_PATH = re.compile(r"/[\x21-\x7e]*")
_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")
SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu)")
LONGEST = {"user": 64, "role": 64, "group": 128}
ASSUMED = "assumed-role/"

Conditions = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, repr=False)
class Principal:
    """What the principals share.

    Args:
        conditions: Under which the grant holds, as in a policy:
            ``{"ArnLike": {"aws:SourceArn": "arn:aws:codebuild:*:111122223333:project/*"}}``.
    """

    _: KW_ONLY
    conditions: Conditions | None = field(default=None, hash=False)
    key: ClassVar[str] = ""

    def __post_init__(self) -> None:
        problems = Problems()
        self._check(problems)
        if self.conditions is not None:
            right = isinstance(self.conditions, Mapping) and all(
                isinstance(test, Mapping) and test for test in self.conditions.values()
            )
            problems.check(
                right, "conditions", f"expected {{operator: {{key: value}}}}, as in a policy, got {self.conditions!r}"
            )
        problems.raise_any()

    def __repr__(self) -> str:
        return compact(self)

    def _check(self, problems: Problems) -> None:
        """Note what is wrong."""

    @property
    def value(self) -> Any:
        """What tells it from others of its kind."""
        return getattr(self, fields(self)[1].name)

    @property
    def all_conditions(self) -> dict[str, Any]:
        """The conditions, with those that are in its nature."""
        return dict(self.conditions or {})

    def to_dict(self) -> dict[str, Any]:
        """The principal, ready for JSON."""
        said = {self.key: self.value}
        return said | ({"conditions": dict(self.conditions)} if self.conditions else {})


@dataclass(frozen=True, repr=False)
class _Identity(Principal):
    """A user, role or group of IAM: a thing with policies of its own."""

    name_or_arn: str
    kind: ClassVar[str] = ""
    name: ClassVar[str]

    def _check(self, problems: Problems) -> None:
        if not isinstance(self.name_or_arn, str):
            problems.add("", f"expected the name or the ARN of a {self.kind}, got {self.name_or_arn!r}")
            return
        problems.take("", self._check_parts)

    def _check_parts(self) -> None:
        kind, _, rest = self._parsed()[2].partition("/")
        path, _, name = rest.rpartition("/")
        if kind != self.kind:
            raise SpecError(f"expected the name or the ARN of a {self.kind}, got {self.name_or_arn!r}")
        right = _NAME.fullmatch(name) and len(name) <= LONGEST[kind] and _PATH.fullmatch(f"/{path}")
        if not right:
            raise SpecError(
                f"the name of a {kind} has 1 to {LONGEST[kind]} letters, digits and '+=,.@_-', after a path if it has "
                f"one, got {rest!r}"
            )

    def _parsed(self) -> tuple[str, str, str]:
        """Partition and account, empty where only a name was given, and ``kind/path/name``."""
        if not self.name_or_arn.startswith("arn:"):
            return "", "", f"{self.kind}/{self.name_or_arn.lstrip('/')}"
        arn = iam_arn(self.name_or_arn)
        return arn.partition, arn.account, arn.resource

    @property
    def partition(self) -> str:
        """The partition, if an ARN was given."""
        return self._parsed()[0]

    @property
    def account(self) -> str:
        """The account, if an ARN was given."""
        return self._parsed()[1]

    @property
    def friendly_name(self) -> str:
        """The name without its path: what IAM's own calls take."""
        return self._parsed()[2].rpartition("/")[2]

    def arn(self, partition: str, account: str) -> str:
        """The ARN, with its path: what a policy names."""
        own_partition, own_account, resource = self._parsed()
        return str(Arn(own_partition or partition, "iam", "", own_account or account, resource))

    def __str__(self) -> str:
        return f"{self.kind} {self.friendly_name}"


@dataclass(frozen=True, repr=False)
class User(_Identity):
    """A user of IAM, by name (of the registry's account) or by ARN. Either may have a path.

    Raises:
        SpecError: It is neither.
    """

    kind = key = "user"


@dataclass(frozen=True, repr=False)
class Role(_Identity):
    """A role of IAM, by name (of the registry's account) or by ARN. Either may have a path.

    Raises:
        SpecError: It is neither.
    """

    kind = key = "role"


@dataclass(frozen=True, repr=False)
class Group(_Identity):
    """A group of users of the registry's account, by name or ARN. A repository policy cannot name one.

    Raises:
        SpecError: It is neither.
    """

    kind = key = "group"


@dataclass(frozen=True, repr=False)
class _Named(Principal):
    """A principal that only a repository policy can name."""

    element: ClassVar[str] = "AWS"

    def subject(self, partition: str) -> str:
        """How a policy names it, after the kind and a colon."""
        return f"{self.element}:{self.value}"


@dataclass(frozen=True, repr=False)
class ArnPrincipal(_Named):
    """Whatever has this ARN, in the repository policy even if it is of the registry's account."""

    principal_arn: str
    key = "arn"

    def _check(self, problems: Problems) -> None:
        problems.take("", lambda: _check_arn(self.principal_arn))

    def __str__(self) -> str:
        return self.principal_arn


@dataclass(frozen=True, repr=False)
class AccountPrincipal(_Named):
    """Everybody in an account whom that account itself allows it, by the 12 digits of its id."""

    account: str
    key = "account"

    def _check(self, problems: Problems) -> None:
        right = isinstance(self.account, str) and ACCOUNT.fullmatch(self.account)
        problems.check(bool(right), "", f"an account is 12 digits in a string, got {self.account!r}")

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

    @property
    def all_conditions(self) -> dict[str, Any]:
        """Its conditions, with the one that makes it the organization."""
        equals = {"aws:PrincipalOrgID": self.organization}
        given = dict(self.conditions or {})
        return {**given, "StringEquals": {**given.get("StringEquals", {}), **equals}}

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
            r"arn:[^:]+:iam::\d{12}:(saml|oidc)-provider/\S+|[a-z0-9-]+(\.[a-z0-9-]+)+", self.provider
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


def iam_arn(text: str) -> Arn:
    """An ARN of IAM.

    Raises:
        SpecError: It is none; for the session of a role, with the role's.
    """
    arn = Arn.parse(text)
    if arn.service == "sts" and arn.resource.startswith(ASSUMED):
        role = Arn(arn.partition, "iam", "", arn.account, f"role/{arn.resource.split('/')[1]}")
        raise SpecError(f"{text} is a session of a role: name the role, {role}, with its path if it has one")
    if arn.service != "iam" or arn.region or not ACCOUNT.fullmatch(arn.account):
        raise SpecError(f"expected an ARN of IAM, such as arn:aws:iam::111122223333:role/nodes, got {text!r}")
    return arn


def _check_arn(text: object) -> None:
    if not isinstance(text, str):
        raise SpecError(f"expected an ARN, got {text!r}")
    resource = iam_arn(text).resource
    if resource.startswith("group/"):
        raise SpecError(f"a repository policy cannot name a group, {text}: use Group, or name its users")
    if "*" in text or "?" in text:
        raise SpecError(
            f"a principal has no wildcards, got {text!r}: name the account, and narrow it down with "
            'conditions={"ArnLike": {"aws:PrincipalArn": ...}}'
        )
