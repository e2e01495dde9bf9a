"""One repository behind the ``/v2`` of a registry: its manifests and layers, read and written.

Called by the benchmark of copies, and by the tests that compare copies with other programs. ecrops itself only mounts
layers this way. ECR keeps the first ``PATCH`` of an upload and drops all others, and answers 201:
https://github.com/aws/containers-roadmap/issues/2831. So a layer is sent by one request, as Docker does.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from ecrops.aws.http import Stream
from ecrops.images.copying.stores.content import Content
from ecrops.images.copying.stores.http import HttpStore
from ecrops.images.manifests import ACCEPTED, digest_of

AT_ONCE = 1024 * 1024
"""A layer of so many bytes at most is sent by the request that ends its upload."""
NOT_FOUND = 404


class WholeStore(HttpStore):
    """One repository behind the ``/v2`` of a registry, with its manifests and its layers."""

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
        return self._as_logged_in(lambda: self._http.open(url, lambda: self._headers(url)))

    def upload(self, digest: str, size: int, stream: Content) -> None:
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
                self._as_logged_in(lambda: self._send(digest, size, stream))
            except BaseException as error:
                failures.append(error)
                raise

        self._http.aws.persist(attempt, f"the upload of {digest} to {self._name}")

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

    def _send(self, digest: str, size: int, stream: Content) -> None:
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
