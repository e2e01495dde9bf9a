"""What ECR does to single images besides keeping them: other storage, and who refers to them."""

from __future__ import annotations

from .referrers import ReferrersResponses
from .storage import Storage, StorageResponses

__all__ = ["ArtifactsResponses", "Storage"]


class ArtifactsResponses(StorageResponses, ReferrersResponses):
    """The operations on single images, for ECR's responses to inherit."""
