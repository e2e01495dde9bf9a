"""Tags and digests as users give them: which are right, with the way out, and what is shown of them. Pure."""

from __future__ import annotations

import re

from ecrops.errors import SpecError

# https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
# ECR's API model (``ImageTag``) has 300 characters, but no client pushes or pulls such a tag.
_TAG = r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}"
_DIGEST = r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}"
_LONGEST = 128
TAG_RULE = "a tag has 1 to 128 letters, digits, '_', '.' and '-', and does not begin with '.' or '-'"
DIGEST_RULE = "a digest is 'sha256:' and 64 digits of 0-9 and a-f"


def is_digest(text: str) -> bool:
    """Whether a text is a whole digest. No tag has a colon."""
    return bool(re.fullmatch(_DIGEST, text))


def check_name(name: object) -> str:
    """Return the tag or the whole digest of an image.

    Raises:
        SpecError: It is neither.
    """
    if not isinstance(name, str):
        raise SpecError(f"expected a tag or a digest, got {name!r}")
    if is_digest(name):
        return name
    if re.match(r"sha\d+:", name):
        lower = f"; use {name.lower()!r}" if is_digest(name.lower()) else f", got {len(name)} characters: {name!r}"
        raise SpecError(f"{DIGEST_RULE}{lower}")
    return check_tag(name, f"; {DIGEST_RULE}")


def check_tag(tag: object, besides: str = "") -> str:
    """Return a tag.

    Args:
        tag: The tag.
        besides: What is right too, for the error.

    Raises:
        SpecError: It is none.
    """
    if not isinstance(tag, str):
        raise SpecError(f"expected a tag, got {tag!r}")
    if re.fullmatch(_TAG, tag):
        return tag
    last = re.split(r"[@/]", tag)[-1].rpartition(":")[2] if "@" not in tag else tag.rpartition("@")[2]
    is_uri = last != tag and (is_digest(last) or re.fullmatch(_TAG, last))
    way_out = f": give the part behind the name of the repository alone, {last!r}" if is_uri else besides
    got = f"{len(tag)} characters" if len(tag) > _LONGEST else repr(tag)
    raise SpecError(f"{TAG_RULE}, got {got}{way_out}")


def image_id(tag_or_digest: str) -> dict[str, str]:
    """Return the id of an image as ECR takes it. No tag has a colon, whichever digest it is."""
    return {"imageDigest" if ":" in tag_or_digest else "imageTag": tag_or_digest}


def address(repository: str, tag_or_digest: str) -> str:
    """Return an image with its repository: ``team/api:v1.2``, or ``team/api@sha256:…``."""
    return f"{repository}{'@' if ':' in tag_or_digest else ':'}{tag_or_digest}"


def short(tag_or_digest: str) -> str:
    """Return a name for people: a tag, or the start of a digest."""
    return tag_or_digest[:19] if is_digest(tag_or_digest) else tag_or_digest
