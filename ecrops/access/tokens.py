"""Tokens to log in to a registry with: who may have one, and getting one."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ecrops.access import actions
from ecrops.access.edits import Allow, Forbid
from ecrops.access.homes import POLICY, check_attach
from ecrops.access.identity_policy import PUBLIC_TOKEN, TOKEN
from ecrops.access.parse import principal_of
from ecrops.access.principals import AnyOne
from ecrops.access.routing import token as want_of
from ecrops.access.statements import Subject, condition_text
from ecrops.account import Account
from ecrops.errors import EcropsError
from ecrops.plan import Plan


@dataclass(frozen=True, slots=True)
class Token:
    """What a registry lets one log in with, for twelve hours. It never shows its password.

    Args:
        user: Always ``AWS``.
        password: The secret.
        endpoint: The host of the registry.
        expires_at: Until when it is good.
    """

    user: str
    password: str = field(repr=False)
    endpoint: str
    expires_at: datetime


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
            principal: Who.
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
        """Undo ``grant_read``. Who may pull or push keeps the token that goes with that."""
        options = {"attach": attach, "policy_name": policy_name}
        who = principal_of(principal)
        return self._make(Forbid(self._subject_for(who)), who, session, options)

    def _subject_for(self, principal: AnyOne) -> Subject:
        return replace(self._subject, condition=condition_text(principal.all_conditions))

    def _make(self, edit: Allow | Forbid, principal: AnyOne, session: Any, options: Mapping[str, str]) -> Plan:
        check_attach(**options)
        aws = self._registry.aws
        return self._registry.make(want_of(aws, principal, edit, session, **options))


class AuthorizationToken(_Token):
    """The token of the registry."""

    _subject, _actions = TOKEN, actions.TOKEN

    def get(self) -> Token:
        """A new token. Calls ``ecr:GetAuthorizationToken``."""
        data = self._registry.aws.get("ecr", "GetAuthorizationToken", "authorizationData")[0]
        user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
        return Token(user, password, data["proxyEndpoint"].removeprefix("https://"), data["expiresAt"])


class PublicGalleryAuthorizationToken(_Token):
    """The token of the public gallery, public.ecr.aws, for the rate that those who log in are given there."""

    _subject, _actions = PUBLIC_TOKEN, actions.PUBLIC_TOKEN


def docker_login(token: Token, config: str | os.PathLike[str] | None) -> Token:
    """Log in the Docker CLI through its standard input, or write the file that docker, podman and skopeo read."""
    if config is None:
        _run_docker(token)
    else:
        _write(token, Path(config))
    return token


def _run_docker(token: Token) -> None:
    import subprocess

    command = ["docker", "login", "--username", token.user, "--password-stdin", token.endpoint]
    try:
        ran = subprocess.run(command, input=token.password.encode(), capture_output=True, check=False)
    except FileNotFoundError:
        raise EcropsError(
            "there is no docker command here: docker_login(config='~/.docker/config.json') writes the file that "
            "docker, podman and skopeo read"
        ) from None
    if ran.returncode:
        said = ran.stderr.decode(errors="replace").replace(token.password, "…").strip()
        raise EcropsError(f"docker login to {token.endpoint} failed: {said}")


def _write(token: Token, path: Path) -> None:
    """Put the token beside those that are there. Nobody but the owner may read the file, not even for a moment."""
    path = path.expanduser()
    data: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    secret = base64.b64encode(f"{token.user}:{token.password}".encode()).decode()
    data.setdefault("auths", {})[token.endpoint] = {"auth": secret}
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(data, file, indent=2)
    beside.replace(path)
