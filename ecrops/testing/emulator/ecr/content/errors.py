"""The errors of layers and of manifests that moto has no class for."""

from __future__ import annotations

from collections.abc import Iterable

from moto.core.exceptions import ServiceException
from moto.ecr.models import Repository


def _at(repository: Repository) -> str:
    return f"repository with name '{repository.name}' in the registry with id '{repository.registry_id}'"


def _list(digests: Iterable[str]) -> str:
    return f"[{', '.join(digests)}]"


class LayersNotFound(ServiceException):
    """Layers that are not there. ECR's model: its only member is the message, which names the digests."""

    code = "LayersNotFoundException"

    @classmethod
    def wanted(cls, digest: str, repository: Repository) -> LayersNotFound:
        """One that is to be read; the words are quoted in monken/aws-ecr-public#11."""
        return cls(f"The layer with digest {digest} does not exist within the {_at(repository)}")

    @classmethod
    def required(cls, digests: Iterable[str], repository: Repository) -> LayersNotFound:
        """Those that a manifest names."""
        # unverified: the words about layers; those about the parts of an index are known
        where = _at(repository)
        return cls(f"Layers with digests '{_list(digests)}' required for pushing image into {where} do not exist")


class ReferencedImagesNotFound(ServiceException):
    """Parts of an index that are not there, in ECR's words: Docker prints them after "manifest blob unknown"."""

    code = "ReferencedImagesNotFoundException"

    def __init__(self, digests: Iterable[str], repository: Repository) -> None:
        where = _at(repository)
        super().__init__(f"Images with digests '{_list(digests)}' required for pushing image into {where} do not exist")


class InvalidLayer(ServiceException):
    """A layer whose digest is another one. unverified: the words of the mismatch."""

    code = "InvalidLayerException"

    def __init__(self, wanted: str, actual: str) -> None:
        super().__init__(f"The layer digest '{wanted}' does not match the digest calculated by ECR '{actual}'")


class LayerAlreadyExists(ServiceException):
    """A layer that is there already. unverified: the words of the repetition."""

    code = "LayerAlreadyExistsException"

    def __init__(self, digest: str, repository: Repository) -> None:
        super().__init__(f"The layer with digest '{digest}' already exists in the {_at(repository)}")


class LayerPartTooSmall(ServiceException):
    """A part, not the last one, of less than 5 MiB: the model."""

    code = "LayerPartTooSmallException"
    message = "Layer parts must be at least 5 MiB in size."


class EmptyUpload(ServiceException):
    """An upload without parts: the model."""

    code = "EmptyUploadException"
    message = "The specified layer upload does not contain any layer parts."


class LayerInaccessible(ServiceException):
    """A layer that no image names: the model."""

    code = "LayerInaccessibleException"
    message = (
        "The specified layer is not available because it is not associated with an image. "
        "Unassociated image layers may be cleaned up at any time."
    )
