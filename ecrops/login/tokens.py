"""Tokens to log in to a registry: getting one, and granting it.

``Registry`` has one object for each kind of token. A token is a secret: it is in no log, in no ``repr`` and in no
traceback of this package.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Self, SupportsIndex

from ecrops.access import actions
from ecrops.access.edits import PUBLIC_TOKEN, TOKEN, Allow, Forbid, token_subject
from ecrops.access.policy_keys import POLICY, check_attach
from ecrops.access.principals.named import Grantee
from ecrops.access.principals.parse import principal_of
from ecrops.access.sides import token_want
from ecrops.base.shown import Shown, shown_fields
from ecrops.engine.account import Account
from ecrops.engine.plan import Plan
from ecrops.errors import SpecError
from ecrops.iam.policy import Subject
from ecrops.iam.statements import condition_text
from ecrops.login.hosts import PUBLIC

if TYPE_CHECKING:
    import boto3

# The only region with its calls: https://docs.aws.amazon.com/AmazonECR/latest/public/public-registry-auth.html
_PUBLIC_REGION = "us-east-1"


class _Secret(Shown):
    """Holds the password outside the fields of the dataclass: code that goes through the fields cannot show it."""

    __slots__ = ("_password",)
    _password: str


@dataclass(frozen=True, slots=True, init=False, eq=False)
class Token(_Secret):
    """A token to log in to a registry, for twelve hours. It never shows its password, and cannot be pickled.

    Args:
        user: Always ``AWS``.
        password: The secret.
        endpoint: The host of the registry.
        expires_at: When it expires.
    """

    user: str
    endpoint: str
    expires_at: datetime

    def __init__(self, user: str, password: str, endpoint: str, expires_at: datetime) -> None:
        values = {"user": user, "_password": password, "endpoint": endpoint, "expires_at": expires_at}
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def password(self) -> str:
        """The secret."""
        return self._password

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Token) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def _values(self) -> tuple[object, ...]:
        return self.user, self._password, self.endpoint, self.expires_at

    def _shown(self) -> Mapping[str, Any]:
        return {**shown_fields(self), "password": "never shown"}

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a token is a secret and is not pickled: get a new one with authorization_token.get()")


def _token(data: Mapping[str, Any], endpoint: str) -> Token:
    user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
    return Token(user, password, endpoint, data["expiresAt"])


class _TokenVerbs(Shown):
    """Grants and revokes of one kind of token. Only an IAM policy can grant a token, a repository policy cannot."""

    _subject: Subject
    _actions: tuple[str, ...]

    def __init__(self, registry: Account) -> None:
        self._registry = registry

    def _shown(self) -> Mapping[str, Any]:
        return self._registry._shown()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._registry!r})"

    def grant_read(
        self,
        principal: Grantee | str,
        *,
        attach: Literal["inline", "managed"] = "inline",
        policy_name: str = POLICY,
        session: boto3.Session | None = None,
    ) -> Plan:
        """Let a user, role or group get a token.

        Args:
            principal: The user, role or group. Conditions on the tags or the owner of a resource are left out: a token
                has no resource.
            attach: ``inline``, or ``managed`` for a customer managed policy.
            policy_name: The name of the IAM policy.
            session: A session for the account of a user or role of another account.

        Raises:
            SpecError: The principal has no IAM policy that could be written.
        """
        parsed = principal_of(principal)
        return self._make(parsed, Allow(self._subject_for(parsed), self._actions), attach, policy_name, session)

    def revoke_read(
        self,
        principal: Grantee | str,
        *,
        attach: Literal["inline", "managed"] = "inline",
        policy_name: str = POLICY,
        session: boto3.Session | None = None,
    ) -> Plan:
        """Undo ``grant_read``. A principal that may pull or push keeps the token for that, and the notes say so.

        Args:
            principal: As in ``grant_read``.
            attach: As in ``grant_read``.
            policy_name: As in ``grant_read``.
            session: As in ``grant_read``.

        Raises:
            SpecError: The principal has no IAM policy that could be written.
        """
        parsed = principal_of(principal)
        return self._make(parsed, Forbid(self._subject_for(parsed)), attach, policy_name, session)

    def _subject_for(self, principal: Grantee) -> Subject:
        return token_subject(self._subject, condition_text(principal.all_conditions))

    def _make(
        self,
        principal: Grantee,
        edit: Allow | Forbid,
        attach: str,
        policy_name: str,
        session: boto3.Session | None,
    ) -> Plan:
        check_attach(attach, policy_name)
        aws = self._registry.aws
        if self._registry.dry_run:
            _ = aws.account_id  # the plan names the account, so that it is applied in no other
        return self._registry.make(token_want(aws, principal, edit, session, attach, policy_name))


class AuthorizationToken(_TokenVerbs):
    """The token of the registry."""

    _subject, _actions = TOKEN, actions.TOKEN

    def get(self) -> Token:
        """Get a new token, which is not logged. Calls ``ecr:GetAuthorizationToken``.

        Raises:
            SpecError: The registry has ``fips=True`` in a region that is known to have no such hosts.
        """
        self._registry.check_host()
        data = self._registry.aws.get("ecr", "GetAuthorizationToken", "authorizationData")[0]
        host = data["proxyEndpoint"].removeprefix("https://")  # of IPv4, and without FIPS, whatever is configured
        account = host.partition(".")[0]
        if host == self._registry.host(account, dual_stack=False, fips=False):
            host = self._registry.host(account)
        return _token(data, host)


class PublicGalleryAuthorizationToken(_TokenVerbs):
    """The token of the public gallery, public.ecr.aws, which allows a higher rate of pulls to users who log in."""

    _subject, _actions = PUBLIC_TOKEN, actions.PUBLIC_TOKEN

    def get(self) -> Token:
        """Get a new token, which is not logged. Calls ``ecr-public:GetAuthorizationToken`` in us-east-1.

        Raises:
            SpecError: The registry is of another partition than ``aws``, which alone has the gallery.
        """
        aws = self._registry.aws
        if aws.partition.name != "aws":
            raise SpecError(f"the public gallery is in the partition aws, and this registry in {aws.partition.name}")
        data = aws.in_region(_PUBLIC_REGION).get("ecr-public", "GetAuthorizationToken", "authorizationData")
        return _token(data, PUBLIC)
