"""Sessions over one wire. Making a client costs more than most tests: those of a process share theirs."""

from __future__ import annotations

import copy
import threading
from typing import Any

import boto3
import botocore.session

from .botocores import LOADER, OF_NO_USER
from .wire import Wire


class Sessions:
    """The sessions of all tests over one wire."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self._shared: dict[tuple[str, str | None, bool], SharedSession] = {}

    def shared(self, region: str, account: str | None, *, observed: bool) -> boto3.Session:
        """Another session, whose clients may be those of an earlier one."""
        which = (region, account, observed)
        if which not in self._shared:
            self._shared[which] = SharedSession(**self._options(region, account, observed))
        return copy.copy(self._shared[which])

    def own(self, region: str, account: str | None, *, observed: bool) -> boto3.Session:
        """A session that shares nothing: its events and its configuration are the test's."""
        return boto3.Session(**self._options(region, account, observed))

    def _options(self, region: str, account: str | None, observed: bool) -> dict[str, Any]:
        core = botocore.session.Session(session_vars=OF_NO_USER)
        core.register_component("data_loader", LOADER)
        self.wire.attach(core.get_component("event_emitter"), observed=observed, account=account)
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        return {**keys, "region_name": region, "botocore_session": core}


class SharedSession(boto3.Session):
    """A session that, like its copies, makes each client once."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def client(self, service_name: str, *args: Any, config: Any = None, **options: Any) -> Any:
        """The client of a service with these options."""
        which = str((service_name, args, sorted(options.items()), sorted(vars(config).items()) if config else ()))
        make: Any = super().client  # typed for literal names only
        with self._lock:
            if which not in self._clients:
                self._clients[which] = make(service_name, *args, config=config, **options)
            return self._clients[which]

    def _register_default_handlers(self) -> None:
        """None: they are for S3, DynamoDB and EC2."""

    @property
    def events(self) -> Any:
        """Nobody's: what one test registers, another would hear."""
        raise TypeError("a test that registers a handler needs a session of its own: cloud.session(own=True)")
