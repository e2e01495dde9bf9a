"""How large the images of a repository are together, with each layer counted once. It reads their manifests."""

from __future__ import annotations

from collections.abc import Sequence

from ecrops.aws import Aws
from ecrops.images import manifests
from ecrops.images.image import STANDARD, Image
from ecrops.images.relations import is_index

AT_ONCE = 1_000
"""The manifests that are held in memory at once."""


def unique_bytes(aws: Aws, name: str, images: Sequence[Image]) -> tuple[int, int]:
    """Return the bytes of some images with each layer counted once, and of how many the layers are not known.

    ECR hands out no manifest of an archived image: it counts with the size that ECR reports. The layers of some images
    of Windows are in no registry, and do not count.
    """
    sizes: dict[str, int] = {}
    read = [image for image in images if image.storage_class == STANDARD and not is_index(image)]
    unknown = {image.digest: image for image in images if image.storage_class != STANDARD}
    for start in range(0, len(read), AT_ONCE):
        some = read[start : start + AT_ONCE]
        answer = manifests.ask(aws, name, [image.digest for image in some])
        for image in some:
            layers = answer.manifests[image.digest].parsed.layers if image.digest in answer.manifests else ()
            if layers:
                sizes |= {layer.digest: layer.size for layer in layers if not layer.is_foreign}
            else:
                unknown[image.digest] = image
    return sum(sizes.values()) + sum(image.size for image in unknown.values()), len(unknown)
