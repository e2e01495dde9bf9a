"""What the tests of copies share: repositories with real images, and what pulling an image whole gives."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ecrops import Registry
from ecrops.testing import Cloud
from support import AT_ONCE, registry_of

FAR = "us-west-2"


def registries(cloud: Cloud, **options: Any) -> tuple[Registry, Registry]:
    """The registry of the source, and one in another region with an empty repository ``copy``."""
    cloud.plain_session(FAR).client("ecr").create_repository(repositoryName="copy")
    return registry_of(cloud), far_of(cloud, **options)


def far_of(cloud: Cloud, **options: Any) -> Registry:
    """The registry in the other region."""
    return Registry(cloud.session(FAR), **{"retry": AT_ONCE, **options})


def platforms(cloud: Cloud, repository: str = "app", tag: str | None = "v1") -> tuple[str, list[str]]:
    """An index of two platforms with one layer in common: its digest, and those of its parts."""
    shared = b"shared layer"
    parts = [
        cloud.push_image(repository, layers=[shared, f"layer of {name}".encode()], platform=name)
        for name in ("linux/amd64", "linux/arm64")
    ]
    return cloud.push_index(repository, parts, tag=tag), parts


def pulled(registry: Registry, repository: str, image: str) -> dict[str, bytes]:
    """All that a pull of an image reads, by digest: manifests and layers, each checked."""
    handle = registry.repository(repository).image(image)
    content = handle.manifest()
    found = {digest_of(content): content}
    manifest = json.loads(content)
    for part in manifest.get("manifests", ()):
        found |= pulled(registry, repository, part["digest"])
    for layer in filter(None, (manifest.get("config"), *manifest.get("layers", ()))):
        found[layer["digest"]] = blob(registry, repository, layer["digest"])
    return found


def blob(registry: Registry, repository: str, digest: str) -> bytes:
    """A layer, checked."""
    from ecrops.images.copying.stores.api import ApiStore

    with ApiStore(registry.aws, repository).open(digest) as stream:
        content = stream.read()
    assert digest_of(content) == digest
    return content


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def tags_of(registry: Registry, repository: str) -> dict[str, str]:
    """The digest of each tag."""
    return {tag: image.digest for image in registry.repository(repository).images() for tag in image.tags}


def digests_of(registry: Registry, repository: str) -> set[str]:
    return {image.digest for image in registry.repository(repository).images()}
