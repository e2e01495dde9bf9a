"""How users copy images: called by ``RepositoryVerbs`` and ``ImageHandle``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecrops.base.waits import OnWait
    from ecrops.engine.telling import OnChange
    from ecrops.images.copying.plan import CopyPlan
    from ecrops.images.handle import ImageHandle
    from ecrops.images.verbs import RepositoryVerbs
    from ecrops.spec import RepositorySpec


def copy_image(
    image: ImageHandle,
    to: RepositoryVerbs,
    *,
    tags: Sequence[str] | None = None,
    referrers: bool = True,
    create: RepositorySpec | None = None,
    on_change: OnChange | None = None,
    on_wait: OnWait | None = None,
    progress: bool = False,
) -> CopyPlan:
    """Copy one image: see ``ImageHandle.copy_to``."""
    raise NotImplementedError
