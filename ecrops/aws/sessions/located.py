"""A session of boto3 for one account in one region, made from another one. It is never pickled.

Made by ``assuming``. It has the configuration, the handlers and the service models of the session that it was made
from, and credentials of its own.
"""

from __future__ import annotations

import copy
from typing import Any, NoReturn, Protocol

import boto3
import botocore.session


class Location(Protocol):
    """One account in one region, as data: ``ecrops.registries.RegistryLocation``."""

    @property
    def account(self) -> str | None:
        """The account, if it is known."""

    @property
    def region(self) -> str | None:
        """The region; without it, that of the credentials."""

    @property
    def profile(self) -> str | None:
        """The profile; without it, the default session."""

    @property
    def external_id(self) -> str | None:
        """The external id, for the role."""

    @property
    def endpoint_url(self) -> str | None:
        """Where all services are called, for emulators."""

    def role(self, partition: str) -> str | None:
        """Return the ARN of the role that is assumed, if one is."""


class LocatedSession(boto3.Session):
    """A session for one account in one region. Its credentials are shared with the other regions of the account.

    Args:
        base: The session that it is made from.
        credentials: Credentials of botocore; those of ``base`` without them.
        region: The region; that of ``base`` without it.
        endpoint_url: Where all services are called; where AWS is without it.
        account: The account, if it is known.

    Attributes:
        account: The account; empty if it is not known.
        endpoint_url: Where all services are called, if not at AWS.
    """

    def __init__(
        self,
        base: boto3.Session,
        credentials: Any = None,
        *,
        region: str | None = None,
        endpoint_url: str | None = None,
        account: str = "",
    ) -> None:
        self.account = account
        self.endpoint_url = endpoint_url
        core = _like(base._session)
        core.register_component("credential_provider", _Given(base, credentials))
        super().__init__(botocore_session=core, region_name=region)

    def client(self, service_name: str, *args: Any, **options: Any) -> Any:
        """Make a client of a service, at the endpoint of the session."""
        if self.endpoint_url is not None and len(args) < 5:  # the sixth argument of boto3's own is the endpoint
            options.setdefault("endpoint_url", self.endpoint_url)
        make: Any = super().client  # typed for literal names only
        return make(service_name, *args, **options)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a session has credentials, and is never pickled: send its RegistryLocation")

    def _setup_loader(self) -> None:
        """Take the loader as it is: the base has added the folder of boto3 to it."""
        self._loader = self._session.get_component("data_loader")

    def _register_default_handlers(self) -> None:
        """None: those of the base are copied."""


class _Given:
    """A provider of credentials, as botocore asks one: it has them, or those of another session.

    Args:
        base: The other session. It is asked when credentials are needed.
        credentials: The credentials, if there are any.
    """

    def __init__(self, base: boto3.Session, credentials: Any) -> None:
        self._base = base
        self._credentials = credentials

    def load_credentials(self) -> Any:
        """Return the credentials, or ``None`` if there are none."""
        return self._credentials or self._base.get_credentials()


def _like(base: Any) -> Any:
    """Return a session of botocore with the configuration and the handlers of another one, and no clients."""
    core: Any = botocore.session.Session(
        session_vars=dict(base.session_var_map),
        event_hooks=copy.copy(base.get_component("event_emitter")),
        include_builtin_handlers=False,
    )
    for name, value in base.instance_variables().items():
        core.set_config_variable(name, value)
    core.set_config_variable("sts_regional_endpoints", "regional")  # what the global one gives is not valid everywhere
    core.register_component("data_loader", base.get_component("data_loader"))
    core.user_agent_name, core.user_agent_version = base.user_agent_name, base.user_agent_version
    core.user_agent_extra = base.user_agent_extra
    if (config := base.get_default_client_config()) is not None:
        core.set_default_client_config(config)
    return core
