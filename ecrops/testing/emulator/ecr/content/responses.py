"""The operations on what images are made of."""

from __future__ import annotations

from .deleting import DeletingResponses
from .handing_out import ManifestResponses
from .layers import LayersResponses
from .scans import ScansResponses


class ContentResponses(LayersResponses, DeletingResponses, ManifestResponses, ScansResponses):
    """The operations on layers and on what images are made of, for ECR's responses to inherit."""
