"""The public registry of an account: repositories in the Amazon ECR Public Gallery, which everybody can pull from."""

from typing import TYPE_CHECKING

from ecrops.base.lazy import face

if TYPE_CHECKING:
    from ecrops.public.registry import PublicRegistry as PublicRegistry
    from ecrops.public.repository import PublicRepository as PublicRepository
    from ecrops.public.spec import PublicRepositorySpec as PublicRepositorySpec
    from ecrops.public.values import CatalogData as CatalogData
    from ecrops.public.values import RegistryAlias as RegistryAlias

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = face(
        __name__,
        {
            "ecrops.public.registry": ("PublicRegistry",),
            "ecrops.public.repository": ("PublicRepository",),
            "ecrops.public.spec": ("PublicRepositorySpec",),
            "ecrops.public.values": ("CatalogData", "RegistryAlias"),
        },
    )
