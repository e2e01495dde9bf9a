"""Who a question is about: a principal, as a user writes it. Pure.

Called by ``can``, ``explain_denied`` and ``check_access``. Unlike a grant, a question can be about one session of a
role, and about everyone. It has no conditions: what a request says of itself is its context.
"""

from __future__ import annotations

from dataclasses import dataclass

from ecrops.access.principals.base import ASSUMED, FEDERATED
from ecrops.access.principals.identities import Group, Identity, Role, User
from ecrops.access.principals.named import (
    AccountPrincipal,
    AnyPrincipal,
    ArnPrincipal,
    FederatedPrincipal,
    Grantee,
    OrganizationPrincipal,
    ServicePrincipal,
)
from ecrops.access.principals.parse import principal_of
from ecrops.aws import Arn
from ecrops.errors import SpecError
from ecrops.iam.evaluation.caller import Kind
from ecrops.text import printable

IDENTITIES = ("user", "role", "group", "session")


@dataclass(frozen=True, slots=True)
class Asked:
    """Who a question is about.

    Args:
        kind: As in ``Caller``.
        name: The name of a user, role or group, without its path; that of the role of a session; the id of an account;
            the name of a service.
        account: The account of a user, role, group or session, or an account itself; empty if it is not known yet, and
            for others.
        partition: The partition of its ARN; empty if it was given without one.
        arn: The ARN, if it was given: that of a session for one.
    """

    kind: Kind
    name: str
    account: str = ""
    partition: str = ""
    arn: str = ""

    @property
    def is_identity(self) -> bool:
        """Whether it has policies of IAM: a user, a role, a group, or a session of a role."""
        return self.kind in IDENTITIES

    @property
    def identity_kind(self) -> str:
        """The kind of the user, role or group that has the policies."""
        return "role" if self.kind == "session" else self.kind

    @property
    def path(self) -> str:
        """The path and name in the ARN; empty if no ARN was given, or one of a session, which has no path."""
        return Arn.parse(self.arn).resource.partition("/")[2] if self.arn and self.kind != "session" else ""

    def words(self, own_account: str) -> str:
        """Return it in words; with its account, if that is another one."""
        of_account = f" of {self.account}" if self.account not in ("", own_account) else ""
        if self.kind == "session":
            return printable(f"session {self.arn.rpartition('/')[2]} of role {self.name}{of_account}")
        if self.is_identity:
            return printable(f"{self.kind} {self.name}{of_account}")
        return {"account": f"account {self.name}", "everyone": "everyone"}.get(self.kind, self.name)


def asked_of(value: object) -> Asked:
    """Return who a principal of a question is.

    Args:
        value: A principal, or a string that stands for one, as the grants take them; the ARN of a session of a role;
            or ``*`` for everyone.

    Raises:
        SpecError: It stands for nobody who makes requests; with what to ask about.
    """
    if isinstance(value, str) and value == "*":
        return Asked("everyone", "*")
    if isinstance(value, str) and value.startswith("arn:") and (session := _session(Arn.parse(value))):
        return session
    principal = principal_of(value)
    if principal.conditions:
        raise SpecError(
            f"{principal} has conditions, and a question has none: say what is known of the request, "
            'context={"aws:SourceArn": "arn:…"}'
        )
    return _of_principal(principal)


def _session(arn: Arn) -> Asked | None:
    """Return a session of a role; ``None`` for any other ARN."""
    if arn.service != "sts":
        return None
    if arn.resource.startswith(FEDERATED):
        raise SpecError(
            f"{arn} is a federated user: it may do what the user may that called GetFederationToken, limited by a "
            "policy of the session, which nobody can read: ask about that user"
        )
    if not arn.resource.startswith(ASSUMED) or not arn.is_of_account:
        return None
    role, _, session = arn.resource.removeprefix(ASSUMED).partition("/")
    Role(role)  # it says what is wrong with a name
    if not session:
        return Asked("role", role, arn.account, arn.partition)
    return Asked("session", role, arn.account, arn.partition, str(arn))


def _of_principal(principal: Grantee) -> Asked:
    if isinstance(principal, ArnPrincipal):
        arn = Arn.parse(principal.principal_arn)
        kind = Role if arn.resource.startswith("role/") else User
        principal = kind(principal.principal_arn) if arn.resource != "root" else AccountPrincipal(arn.account)
    if isinstance(principal, Identity):
        kinds: dict[type[Identity], Kind] = {User: "user", Role: "role", Group: "group"}
        kind_name = next(name for kind, name in kinds.items() if isinstance(principal, kind))
        arn_given = principal.name_or_arn if principal.account else ""
        return Asked(kind_name, principal.friendly_name, principal.account, principal.partition, arn_given)
    if isinstance(principal, AccountPrincipal):
        return Asked("account", principal.account, principal.account, principal.own_partition)
    if isinstance(principal, ServicePrincipal):
        return Asked("service", principal.service)
    if isinstance(principal, AnyPrincipal):
        return Asked("everyone", "*")
    if isinstance(principal, OrganizationPrincipal):
        raise SpecError(
            f"{principal} makes no requests, its accounts do: ask about one of them, or a role of it, with "
            f'context={{"aws:PrincipalOrgID": "{principal.organization}"}}'
        )
    assert isinstance(principal, FederatedPrincipal)
    raise SpecError(f"{principal} call ECR as a role that they have assumed: ask about that role")
