"""Tokens to log in to a registry with: who may have one, and getting one."""

from __future__ import annotations

import base64
import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, Self, SupportsIndex

from ecrops.access import actions
from ecrops.access.edits import PUBLIC_TOKEN, TOKEN, Allow, Forbid, token_subject
from ecrops.access.policy_keys import POLICY, check_attach
from ecrops.access.principals.named import AnyOne
from ecrops.access.principals.parse import principal_of
from ecrops.access.wants import token as want_of
from ecrops.engine.account import Account
from ecrops.engine.plan import Plan
from ecrops.iam.policy import Subject
from ecrops.iam.statements import condition_text

_BODIES = logging.getLogger("botocore.parsers")


class _Secret:
    """Where the password is: no field of the dataclass, so that nothing which goes through the fields shows it."""

    __slots__ = ("_password",)
    _password: str


@dataclass(frozen=True, slots=True, init=False, eq=False)
class Token(_Secret):
    """What a registry lets one log in with, for twelve hours. It never shows its password, and cannot be pickled.

    Args:
        user: Always ``AWS``.
        password: The secret.
        endpoint: The host of the registry.
        expires_at: Until when it is good.
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

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a token is a secret and is not pickled: get a new one with authorization_token.get()")


@contextmanager
def _unlogged() -> Iterator[None]:
    """Keep out of the log what this thread is answered: at the level DEBUG botocore writes whole bodies into it."""
    thread = threading.get_ident()

    def is_of_others(record: logging.LogRecord) -> bool:
        return threading.get_ident() != thread

    _BODIES.addFilter(is_of_others)
    try:
        yield
    finally:
        _BODIES.removeFilter(is_of_others)


class _Token:
    """Who may have a token of a kind."""

    _subject: Subject
    _actions: tuple[str, ...]

    def __init__(self, registry: Account) -> None:
        self._registry = registry

    def grant_read(
        self,
        principal: AnyOne | str,
        *,
        attach: str = "inline",
        policy_name: str = POLICY,
        session: Any = None,
    ) -> Plan:
        """Let a user, a role or a group have a token, for itself: a repository's policy cannot.

        Args:
            principal: Who. Conditions on the tags or the owner of a resource are left out: a token is about none.
            attach: ``inline``, or ``managed`` for a customer managed policy.
            policy_name: The name of the IAM policy.
            session: For the account of a user or role of another account.

        Raises:
            SpecError: The principal has no policy of IAM that could be written.
        """
        who = principal_of(principal)
        edit = Allow(self._subject_for(who), self._actions)
        return self._make(edit, who, session, {"attach": attach, "policy_name": policy_name})

    def revoke_read(
        self,
        principal: AnyOne | str,
        *,
        attach: str = "inline",
        policy_name: str = POLICY,
        session: Any = None,
    ) -> Plan:
        """Undo ``grant_read``. Who may pull or push keeps the token that goes with that, and the notes say so."""
        options = {"attach": attach, "policy_name": policy_name}
        who = principal_of(principal)
        return self._make(Forbid(self._subject_for(who)), who, session, options)

    def _subject_for(self, principal: AnyOne) -> Subject:
        return token_subject(self._subject, condition_text(principal.all_conditions))

    def _make(self, edit: Allow | Forbid, principal: AnyOne, session: Any, options: Mapping[str, str]) -> Plan:
        check_attach(**options)
        aws = self._registry.aws
        if self._registry.dry_run:  # whoever applies the plan must do so in this account
            _ = aws.account_id
        return self._registry.make(want_of(aws, principal, edit, session, **options))


class AuthorizationToken(_Token):
    """The token of the registry."""

    _subject, _actions = TOKEN, actions.TOKEN

    def get(self) -> Token:
        """A new token, of which no log tells. Calls ``ecr:GetAuthorizationToken``."""
        with _unlogged():
            data = self._registry.aws.get("ecr", "GetAuthorizationToken", "authorizationData")[0]
        user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
        return Token(user, password, data["proxyEndpoint"].removeprefix("https://"), data["expiresAt"])


class PublicGalleryAuthorizationToken(_Token):
    """The token of the public gallery, public.ecr.aws, for the rate that those who log in are given there."""

    _subject, _actions = PUBLIC_TOKEN, actions.PUBLIC_TOKEN
