"""The token for the ``/v2`` of a registry: got when it is first needed, and renewed when it expires.

Called by ``stores/http`` for each request. Source: a token is the user ``AWS`` with a password, for Basic, and its
answer names the registry as ``proxyEndpoint``:
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_AuthorizationData.html
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from ecrops.aws import Aws
from ecrops.aws.locks import renew_after_fork

EARLY = 600.0
"""How many seconds before it expires a token is not used any more."""
YOUNG = 60.0
"""A token of fewer seconds is not what a refusal is about."""


class Token:
    """A token of an account in a region, shared by the threads of a copy. It shows nothing.

    Args:
        aws: The account and region of the registry.
    """

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._text = self._endpoint = ""
        self._made = self._end = 0.0
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Begin without a lock that a forked process could never open."""
        self._lock = threading.Lock()

    @property
    def endpoint(self) -> str:
        """The URL of the registry."""
        self.headers()
        return self._endpoint

    def headers(self) -> Mapping[str, str]:
        """Return the header of a request that is made now."""
        with self._lock:
            if time.time() > self._end - EARLY:
                self._fetch()
            return {"Authorization": f"Basic {self._text}"}

    def replace(self, refused: Mapping[str, str]) -> bool:
        """Get another token after a refusal. Returns whether there is one to try again with.

        Args:
            refused: The header that the server refused.
        """
        with self._lock:
            if refused != {"Authorization": f"Basic {self._text}"}:  # another thread has replaced it
                return True
            if time.time() < self._made + YOUNG:
                return False
            self._fetch()
            return True

    def _fetch(self) -> None:
        answer = self._aws.get("ecr", "GetAuthorizationToken", "authorizationData")[0]
        self._text, self._endpoint = answer["authorizationToken"], answer["proxyEndpoint"].rstrip("/")
        self._made, self._end = time.time(), answer["expiresAt"].timestamp()
