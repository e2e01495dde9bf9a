"""How a test pushes real images: `Cloud` has these verbs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count
from typing import TYPE_CHECKING

from ecrops.testing.isolation import REGION

from . import making

if TYPE_CHECKING:
    from ...steering import Emulator
    from .pushing import Pushing


class Pushes:
    """Pushes images without calls."""

    emulator: Emulator

    def push_image(
        self,
        repository: str,
        *,
        tag: str | None = None,
        tags: Iterable[str] = (),
        layers: Iterable[bytes] | None = None,
        platform: str = "linux/amd64",
        labels: Mapping[str, str] | None = None,
        created: str = "",
        annotations: Mapping[str, str] | None = None,
        docker: bool = False,
        region: str = REGION,
        account: str | None = None,
    ) -> str:
        """Push a real image: a manifest, its configuration and its layers, all of which can be read. No call is made.

        Args:
            repository: Its name; it is made if there is none.
            tag: Its tag.
            tags: More tags.
            layers: The bytes of its layers; without them, it has one small layer that no other image has.
            platform: Such as ``linux/arm64/v8``.
            labels: Its labels, in the configuration.
            created: When it was built, as the configuration says it: ``2026-01-31T12:00:00Z``.
            annotations: The annotations of the manifest.
            docker: Whether the manifest has Docker's media types, not those of OCI.
            region: The region of the registry.
            account: Another account than `account`.

        Returns:
            The digest of the manifest.
        """
        contents = [f"layer {next(_NUMBERS)}".encode()] if layers is None else layers
        made = making.image(
            contents, platform, labels=labels or {}, created=created, annotations=annotations or {}, docker=docker
        )
        return self._pushing(region, account).push(repository, made, _tags(tag, tags))

    def push_index(
        self,
        repository: str,
        parts: Iterable[str],
        *,
        tag: str | None = None,
        tags: Iterable[str] = (),
        annotations: Mapping[str, str] | None = None,
        docker: bool = False,
        region: str = REGION,
        account: str | None = None,
    ) -> str:
        """Push an index (a multi-architecture image) of images that are there. No call is made.

        Args:
            repository: The name of the repository.
            parts: The digests of its images, or of other indexes.
            tag: Its tag.
            tags: More tags.
            annotations: The annotations of the manifest.
            docker: Whether it is a manifest list of Docker, not an index of OCI.
            region: The region of the registry.
            account: Another account than `account`.

        Returns:
            The digest of the manifest.
        """
        pushing = self._pushing(region, account)
        described = [pushing.part(repository, digest) for digest in parts]
        made = making.index(described, annotations=annotations or {}, docker=docker)
        return pushing.push(repository, made, _tags(tag, tags))

    def push_referrer(
        self,
        repository: str,
        subject: str,
        artifact_type: str = "application/vnd.dev.sigstore.bundle.v0.3+json",
        *,
        content: bytes | None = None,
        tag: str | None = None,
        annotations: Mapping[str, str] | None = None,
        region: str = REGION,
        account: str | None = None,
    ) -> str:
        """Push an artifact that refers to an image, such as a signature or an SBOM. No call is made.

        Args:
            repository: The name of the repository.
            subject: The digest of the image; it need not be there.
            artifact_type: What it is.
            content: Its bytes; without them, some that no other artifact has.
            tag: A tag: artifacts seldom have one.
            annotations: The annotations of the manifest.
            region: The region of the registry.
            account: Another account than `account`.

        Returns:
            The digest of the manifest.
        """
        pushing = self._pushing(region, account)
        content = f"artifact {next(_NUMBERS)}".encode() if content is None else content
        made = making.referrer(pushing.described(repository, subject), artifact_type, content, annotations or {})
        return pushing.push(repository, made, _tags(tag, ()))

    def _pushing(self, region: str, account: str | None) -> Pushing:
        return self.emulator.at(region=region, account=account).pushing


_NUMBERS = count(1)
"""No two images have the same content unless their layers are given."""


def _tags(tag: str | None, more: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*([tag] if tag else ()), *more]))
