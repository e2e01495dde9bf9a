"""One repository behind the ``/v2`` of a registry: manifests, layers, uploads and mounts.

Called by what copies images. ECR's ``/v2`` differs from the specification in two things:

* It keeps the first ``PATCH`` of an upload and drops all others, and answers 201:
  https://github.com/aws/containers-roadmap/issues/2831. So a layer is sent by one request, as Docker does.
* A layer is mounted only where the account setting and both repositories allow it; else the answer is 202:
  https://docs.aws.amazon.com/AmazonECR/latest/userguide/blob-mounting.html

The protocol: https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Protocol, TypeVar
from urllib.parse import quote, urljoin, urlsplit

from ecrops.aws import ClientError
from ecrops.aws.http import Answer, Http, Stream
from ecrops.images.copying.stores.token import Token
from ecrops.images.manifests import ACCEPTED, digest_of

T = TypeVar("T")
AT_ONCE = 1024 * 1024
"""A layer of so many bytes at most is sent by the request that ends its upload."""
NOT_FOUND = 404
REFUSED = (401, 403)


class Rewindable(Protocol):
    """A stream that can be sent again."""

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes: as many as asked for; fewer at the end only."""

    def seek(self, offset: int, /) -> int:
        """Go on at another byte."""


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

    def has(self, digests: Iterable[str]) -> dict[str, int]:
        """Return the layers that are there, with their bytes. One request a layer, in parallel."""
        sizes = self._http.aws.map(self._size_of, dict.fromkeys(digests))
        return {digest: size for digest, size in sizes if size is not None}

    def open(self, digest: str) -> Stream:
        """Return a layer as a stream, which goes on where a connection breaks off.

        Raises:
            ClientError: It is not there, or the registry refused.
        """
        url = f"{self._base}/blobs/{digest}"
        return self._as_logged_in(lambda _: self._http.open(url, lambda: self._headers(url)))

    def upload(self, digest: str, size: int, stream: Rewindable) -> None:
        """Send a layer: a small one by the request that ends its upload, another one before it, streamed.

        Where a connection breaks off, the layer is sent again from its first byte, unless it is there.

        Args:
            digest: Its digest, which the registry checks.
            size: Its bytes.
            stream: What is sent; it is rewound first.

        Raises:
            ClientError: The registry refused, such as a layer with another digest.
        """
        failures: list[BaseException] = []

        def attempt() -> None:
            if failures and self.has([digest]):
                return
            try:
                self._as_logged_in(lambda _: self._send(digest, size, stream))
            except BaseException as error:
                failures.append(error)
                raise

        self._http.aws.persist(attempt, f"the upload of {digest} to {self._name}")

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

    def manifest(self, reference: str) -> tuple[bytes, str]:
        """Return the bytes of a manifest, and its media type.

        Args:
            reference: A tag or a digest.

        Raises:
            ClientError: It is not there, or the registry refused.
        """
        answer = self._request("GET", self._manifest_url(reference), {"Accept": ", ".join(ACCEPTED)})
        return answer.body, answer.headers.get("Content-Type", "").partition(";")[0].strip()

    def find(self, reference: str) -> str | None:
        """Return the digest of a manifest; ``None`` if it is not there.

        Args:
            reference: A tag or a digest.
        """
        accept = {"Accept": ", ".join(ACCEPTED)}
        answer = self._request("HEAD", self._manifest_url(reference), accept, accepts=(200, NOT_FOUND))
        return answer.headers.get("Docker-Content-Digest") if answer.status == 200 else None

    def put(self, manifest: bytes, media_type: str, tag: str | None = None) -> str:
        """Write a manifest, and return its digest. Its layers and parts have to be there.

        Args:
            manifest: Its bytes, which are kept as they are.
            media_type: Its media type.
            tag: A tag that it gets; none without one.

        Raises:
            ClientError: The registry refused.
        """
        digest = digest_of(manifest)
        self._request("PUT", self._manifest_url(tag or digest), {"Content-Type": media_type}, manifest)
        return digest

    def _manifest_url(self, reference: str) -> str:
        return f"{self._base}/manifests/{quote(reference, safe=':')}"

    def _size_of(self, digest: str) -> tuple[str, int | None]:
        answer = self._request("HEAD", f"{self._base}/blobs/{digest}", accepts=(200, NOT_FOUND))
        return digest, int(answer.headers.get("Content-Length", 0)) if answer.status == 200 else None

    def _send(self, digest: str, size: int, stream: Rewindable) -> None:
        """Make one upload, and cancel it if it fails."""
        url = self._location(self._once("POST", f"{self._base}/blobs/uploads/"))
        binary = {"Content-Type": "application/octet-stream"}
        try:
            if size <= AT_ONCE:
                stream.seek(0)
                body = stream.read(size)
            else:
                headers = {**binary, "Content-Length": str(size)}
                url = self._location(self._once("PATCH", url, headers, stream), url)
                body = b""
            self._once("PUT", f"{url}{'&' if urlsplit(url).query else '?'}digest={quote(digest)}", binary, body)
        except Exception:
            self._cancel(url)
            raise

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

        def make(_: Mapping[str, str]) -> Answer:
            now = self._headers(url, headers)
            return self._http.request(method, url, headers=now, body=body, **accepts)

        return self._as_logged_in(make)

    def _headers(self, url: str, headers: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return headers with the token, if the URL is of the registry itself: an upload may go on elsewhere."""
        is_own = urlsplit(url)[:2] == urlsplit(self._base)[:2]
        return {**(self._token.headers() if self._token and is_own else {}), **(headers or {})}

    def _as_logged_in(self, do: Callable[[Mapping[str, str]], T]) -> T:
        """Do something with the token, and once more with a new one if it is refused."""
        sent = self._token.headers() if self._token else {}
        try:
            return do(sent)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status not in REFUSED or self._token is None or not self._token.replace(sent):
                raise
            return do(self._token.headers())
