"""The images of repositories: what is known of one, and what its handle returns.

Users import from here. The handle of an image is ``repository.image("v1.2")``.
"""

from typing import TYPE_CHECKING

from ecrops.base.lazy import face

if TYPE_CHECKING:
    from ecrops.images.configuration import ImageConfig as ImageConfig
    from ecrops.images.findings import Finding as Finding
    from ecrops.images.findings import ScanFindings as ScanFindings
    from ecrops.images.findings import Severity as Severity
    from ecrops.images.handle import ImageHandle as ImageHandle
    from ecrops.images.image import Image as Image
    from ecrops.images.manifests.values import Part as Part
    from ecrops.images.manifests.values import Platform as Platform
    from ecrops.images.scans import ScanError as ScanError
    from ecrops.images.scans import ScanStatus as ScanStatus
    from ecrops.images.statuses import Referrer as Referrer
    from ecrops.images.statuses import ReplicationStatus as ReplicationStatus
    from ecrops.images.statuses import SigningStatus as SigningStatus
    from ecrops.images.usage.kubernetes import from_kubernetes as from_kubernetes
    from ecrops.images.usage.reading import in_use as in_use
    from ecrops.images.usage.uses import InUse as InUse
    from ecrops.images.usage.uses import Use as Use

if not TYPE_CHECKING:  # type checkers see the imports above, and refuse every other name
    __all__, __getattr__, __dir__ = face(
        __name__,
        {
            "ecrops.images.configuration": ("ImageConfig",),
            "ecrops.images.findings": (
                "Finding",
                "ScanFindings",
                "Severity",
            ),
            "ecrops.images.handle": ("ImageHandle",),
            "ecrops.images.image": ("Image",),
            "ecrops.images.manifests.values": (
                "Part",
                "Platform",
            ),
            "ecrops.images.scans": (
                "ScanError",
                "ScanStatus",
            ),
            "ecrops.images.statuses": (
                "Referrer",
                "ReplicationStatus",
                "SigningStatus",
            ),
            "ecrops.images.usage.kubernetes": ("from_kubernetes",),
            "ecrops.images.usage.reading": ("in_use",),
            "ecrops.images.usage.uses": (
                "InUse",
                "Use",
            ),
        },
    )
