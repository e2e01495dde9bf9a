"""The configuration of an image: what it runs on, its labels, its command.

Called by ``handle``. The configuration is a blob, which is downloaded from the URL that ECR signs. ECR counts the
reading of a manifest as a pull of the image.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ecrops.aws import Aws
from ecrops.base.plain_json import parsed
from ecrops.base.shown import Shown
from ecrops.errors import EcropsError, SpecError
from ecrops.images.manifests import Kind, Manifest, Part, Platform, one, parse, platform_of, read, verified
from ecrops.images.names import short
from ecrops.repositories import calls

CONFIGS = ("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json")
NO_PLATFORM = "unknown"
"""What build tools write into an index in the place of the platform of an attestation."""
DEEPEST = 8
"""Indexes in indexes that are followed."""


@dataclass(frozen=True, slots=True)
class ImageConfig(Shown):
    """The configuration of an image.

    Args:
        digest: The digest of the image that it is of: of an index, the part for the platform.
        platform: What it runs on.
        created: When it was built, if that is said.
        labels: Its labels.
        env: The variables of its environment.
        entrypoint: Its entrypoint.
        command: The command, or the arguments of the entrypoint.
        user: The user that it runs as; empty for the default.
        working_dir: The directory that it runs in.
        exposed_ports: The ports that it listens on, such as ``8080/tcp``.
        volumes: Its volumes.
        stop_signal: The signal that stops it.
        author: Who built it.
        document: All that the configuration says.
    """

    digest: str
    platform: Platform | None = None
    created: datetime | None = None
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    env: Mapping[str, str] = field(default_factory=dict, hash=False)
    entrypoint: Sequence[str] = ()
    command: Sequence[str] = ()
    user: str = ""
    working_dir: str = ""
    exposed_ports: Sequence[str] = ()
    volumes: Sequence[str] = ()
    stop_signal: str = ""
    author: str = ""
    document: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


def check_platform(value: object) -> Platform | None:
    """Return a platform from ``linux/arm64`` or ``linux/arm/v7``.

    Raises:
        SpecError: It is none.
    """
    if value is None or isinstance(value, Platform):
        return value
    parts = value.split("/") if isinstance(value, str) else []
    if not 2 <= len(parts) <= 3 or not all(parts):
        raise SpecError(f"platform: expected a platform such as 'linux/arm64' or 'linux/arm/v7', got {value!r}")
    return Platform(*parts)


def fits(platform: Platform | None, wanted: Platform) -> bool:
    """Whether a platform is the wanted one. What the wanted one does not say may be anything."""
    return platform is not None and all(not text or text == value for value, text in zip(platform, wanted, strict=True))


def leaves(aws: Aws, name: str, manifest: Manifest) -> Iterator[Part]:
    """Yield the images of an index that have a platform, those of its indexes too. Attestations have none.

    Args:
        aws: The account and region.
        name: The repository.
        manifest: The manifest of the index.
    """
    level, seen = [manifest], set[str]()
    for _ in range(DEEPEST + 1):
        parts = [part for image in level for part in image.parts]
        yield from (part for part in parts if part.platform and part.platform.os != NO_PLATFORM)
        inner = dict.fromkeys(part.digest for part in parts if part.platform is None and part.digest not in seen)
        if not inner:
            return
        seen.update(inner)
        level = [known_manifest.parsed for known_manifest in read(aws, name, inner)]


def configuration(aws: Aws, name: str, tag_or_digest: str, platform: Platform | None) -> ImageConfig:
    """Return the configuration of an image, or of the image in an index that is for a platform.

    Raises:
        SpecError: It is an index of several platforms, and none of them was named; or the platform is not there.
        EcropsError: It has no configuration of an image, or what was downloaded has another digest.
    """
    read_manifest = one(aws, name, tag_or_digest)
    manifest = parse(read_manifest.content, read_manifest.media_type)
    if manifest.kind is Kind.INDEX:
        part = _chosen(tag_or_digest, list(leaves(aws, name, manifest)), platform)
        read_manifest = one(aws, name, part.digest)
        manifest = parse(read_manifest.content, read_manifest.media_type)
    blob = manifest.config
    if blob is None or blob.media_type not in CONFIGS:
        what = manifest.artifact_type or (blob and blob.media_type) or manifest.media_type or "of an unknown type"
        raise EcropsError(f"{name}: {short(read_manifest.digest)} has no configuration of an image: it is {what}")
    config = _parsed(download(aws, name, blob.digest), read_manifest.digest)
    if platform is not None and not fits(config.platform, platform):
        raise SpecError(f"platform: {tag_or_digest} is an image for {config.platform or 'no platform'} alone")
    return config


def platforms(aws: Aws, name: str, tag_or_digest: str) -> tuple[Platform, ...]:
    """Return the platforms of an index, or of an image, each once. Artifacts and attestations have none."""
    manifest = one(aws, name, tag_or_digest).parsed
    if manifest.kind is Kind.INDEX:
        return tuple(dict.fromkeys(part.platform for part in leaves(aws, name, manifest) if part.platform))
    blob = manifest.config
    if blob is None or blob.media_type not in CONFIGS:
        return ()
    platform = _parsed(download(aws, name, blob.digest), "").platform
    return (platform,) if platform else ()


def _chosen(name: str, parts: Sequence[Part], platform: Platform | None) -> Part:
    fitting = [part for part in parts if platform is None or fits(part.platform, platform)]
    if len({part.digest for part in fitting}) == 1:
        return fitting[0]
    texts = ", ".join(dict.fromkeys(str(part.platform) for part in fitting or parts)) or "no platform"
    if platform is None:
        raise SpecError(f"platform: {name} is an index, give one of its platforms: {texts}")
    raise SpecError(f"platform: expected one of {texts}, got '{platform}'")


def download(aws: Aws, name: str, digest: str) -> bytes:
    """Return a blob of a repository, whose digest was verified."""
    from ecrops.aws.http import Http

    def url() -> str:
        url = calls.get(aws, name, "GetDownloadUrlForLayer", "downloadUrl", repositoryName=name, layerDigest=digest)
        return str(url)

    return verified(Http(aws).read(url), digest)


def _parsed(content: bytes, digest: str) -> ImageConfig:
    document = parsed(content)
    if not isinstance(document, dict):
        raise EcropsError(f"the configuration of {short(digest)} is no JSON object")
    runs = _mapping(document.get("config"))
    env = (text.partition("=") for text in _texts(runs.get("Env")))
    return ImageConfig(
        digest=digest,
        platform=platform_of(document),
        created=moment(document.get("created")),
        labels={key: str(text) for key, text in _mapping(runs.get("Labels")).items()},
        env={key: text for key, _, text in env},
        entrypoint=_texts(runs.get("Entrypoint")),
        command=_texts(runs.get("Cmd")),
        user=str(runs.get("User") or ""),
        working_dir=str(runs.get("WorkingDir") or ""),
        exposed_ports=tuple(_mapping(runs.get("ExposedPorts"))),
        volumes=tuple(_mapping(runs.get("Volumes"))),
        stop_signal=str(runs.get("StopSignal") or ""),
        author=str(document.get("author") or ""),
        document=document,
    )


def moment(value: object) -> datetime | None:
    """Return a time of RFC 3339 in UTC; ``None`` for what is none. Some have nanoseconds, which Python has not."""
    if not isinstance(value, str):
        return None
    text = re.sub(r"(\.\d{6})\d+", r"\1", value)
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> tuple[str, ...]:
    return tuple(text for text in value if isinstance(text, str)) if isinstance(value, list) else ()
