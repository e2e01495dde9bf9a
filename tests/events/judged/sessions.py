"""Sessions with a judge behind a URL, whose clients are made once: making one costs more than a test."""

from __future__ import annotations

import itertools
from typing import Any

import botocore.session
from botocore.credentials import Credentials

from ecrops.testing import REGION
from ecrops.testing.emulator.sessions import SharedSession

_ACCOUNTS = itertools.count(100_000_000_001)
"""Each test has an account of its own: a key of twelve digits is the root user of that account."""


class JudgeSession(SharedSession):
    """A session with a judge. Its clients keep up with ``move``."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys = Credentials("", "x")
        core = botocore.session.Session()
        core._credentials = self._keys  # type: ignore[attr-defined]
        super().__init__(region_name=REGION, botocore_session=core)

    def move(self) -> str:
        """Go to an account that nobody has used; return it."""
        account = str(next(_ACCOUNTS))
        self._keys.access_key = account
        return account

    def client(self, service_name: str, *args: Any, **options: Any) -> Any:
        """The client of a service, at the judge's URL."""
        return super().client(service_name, *args, **{**options, "endpoint_url": self._url})
