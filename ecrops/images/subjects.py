"""What an artifact is about: as its manifest says, or as its tags do. Pure.

Called by ``graph``. A signature, an SBOM or an attestation names its subject in its manifest, or in its tags.
"""

from __future__ import annotations

import re

from ecrops.images.image import Image

# Tools that sign images tag a signature by the digest of the image, and so do clients of registries without referrers:
# https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md#storage
# https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema
_ABOUT = re.compile(r"sha256-([0-9a-f]{64})(?:\.(?:sig|att|sbom))?")


def subjects_of(image: Image) -> tuple[str, ...]:
    """Return the images that an artifact is about, existing or not: as its manifest says, else as all its tags do.

    A tag such as ``sha256-HEX.sig`` names the digest of an image.
    """
    if image.subject:
        return (image.subject,)
    matches = [_ABOUT.fullmatch(tag) for tag in image.tags]
    return tuple(dict.fromkeys(f"sha256:{match[1]}" for match in matches if match)) if all(matches) else ()


def has_no_name(image: Image) -> bool:
    """Whether an image has no tag, or only tags that say what it is about."""
    return all(_ABOUT.fullmatch(tag) for tag in image.tags)
