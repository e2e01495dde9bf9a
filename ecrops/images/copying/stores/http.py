"""One repository behind the ``/v2`` of a registry: mounting layers, which the API of ECR cannot do.

Called by ``copying/mounting``. ECR mounts a layer only where the account setting and both repositories allow it; else
the answer is 202: https://docs.aws.amazon.com/AmazonECR/latest/userguide/blob-mounting.html

The protocol: https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import quote, urljoin, urlsplit

from ecrops.aws import ClientError
from ecrops.aws.http import Answer, Http
from ecrops.images.copying.stores.token import Token

T = TypeVar("T")
REFUSED = (401, 403)


class HttpStore:
    """One repository behind the ``/v2`` of a registry.

    Args:
        http: What sends the requests.
        base_url: The URL of the registry, without ``/v2``.
        name: The repository.
        token: What logs in; ``None`` for a registry that asks nobody.
    """

    def __init__(self, http: Http, base_url: str, name: str, token: Token | None = None) -> None:
        self._http = http
        self._base = f"{base_url.rstrip('/')}/v2/{name}"
        self._name = name
        self._token = token

    def mount(self, digest: str, from_name: str) -> bool:
        """Let a layer of another repository of the registry be one of this, without moving a byte.

        Args:
            digest: The layer.
            from_name: The repository that has it.

        Returns:
            Whether it was done. The registry may want it uploaded instead.
        """
        where = f"{self._base}/blobs/uploads/?mount={quote(digest)}&from={quote(from_name, safe='')}"
        answer = self._request("POST", where, accepts=(201, 202))
        if answer.status == 202:
            self._cancel(self._location(answer))
        return answer.status == 201

    def _cancel(self, url: str) -> None:
        """End an upload. A registry that does not know how ends it by itself."""
        with suppress(Exception):  # what it was cancelled for is told
            self._once("DELETE", url, accepts=range(200, 500))

    def _location(self, answer: Answer, otherwise: str = "") -> str:
        """Return where an upload goes on: absolute, or relative to what answered."""
        location = answer.headers.get("Location") or otherwise
        return urljoin(answer.url, location)

    def _once(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: Any = b"", **accepts: Any
    ) -> Answer:
        """Make a request of an upload, which is not repeated by itself."""
        return self._http.once(method, url, headers=self._headers(url, headers), body=body, **accepts)

    def _request(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b"", **accepts: Any
    ) -> Answer:
        """Make a request that is safe to repeat."""

        def make() -> Answer:
            now = self._headers(url, headers)
            return self._http.request(method, url, headers=now, body=body, **accepts)

        return self._as_logged_in(make)

    def _headers(self, url: str, headers: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return headers with the token, if the URL is of the registry itself: an upload may go on elsewhere."""
        is_own = urlsplit(url)[:2] == urlsplit(self._base)[:2]
        return {**(self._token.headers() if self._token and is_own else {}), **(headers or {})}

    def _as_logged_in(self, do: Callable[[], T]) -> T:
        """Do something with the token, and once more with a new one if it is refused."""
        sent = self._token.headers() if self._token else {}
        try:
            return do()
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status not in REFUSED or self._token is None or not self._token.replace(sent):
                raise
            return do()
