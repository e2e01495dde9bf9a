"""Mentions of images: an image as a service writes it, with what uses it. Pure.

Called by the readers of services. Images of other registries that are named by a tag are left out: no image of ECR is
meant. Those that are named by a digest are kept by the digest alone, since a copy of ECR may run under another host.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ecrops.errors import SpecError
from ecrops.images.names import is_digest
from ecrops.images.usage.references import Reference, as_docker, is_of_ecr
from ecrops.images.usage.uses import InUse


class Mention(NamedTuple):
    """An image that something uses.

    Args:
        image: As the service writes it, such as ``HOST/NAME:TAG``.
        reason: What uses it.
        digest: Its digest, if the service says it.
    """

    image: str
    reason: str
    digest: str = ""


def joined(images: Iterable[Mention], read: str) -> InUse:
    """Return mentions as one value.

    Args:
        images: The images.
        read: What was read, in words.
    """
    reasons: dict[str, dict[str, None]] = {}
    for image in images:
        if (reference := _reference(image)) is not None:
            reasons.setdefault(str(reference), {})[image.reason] = None
    return InUse({reference: tuple(texts) for reference, texts in reasons.items()}, (read,))


def _reference(image: Mention) -> Reference | None:
    """Return the reference to an image, if it may be one of a private registry of ECR."""
    digest = image.digest if is_digest(image.digest) else ""
    try:
        reference = as_docker(image.image)
    except SpecError:  # what a service accepts as an image may be none
        return Reference("", "", "", digest) if digest else None
    digest = digest or reference.digest
    if not is_of_ecr(reference.host):
        return Reference("", "", "", digest) if digest else None
    return reference._replace(tag="", digest=digest) if digest else reference
