"""What is wanted of the existence and the settings of a repository, and what is there, with ECR's form of both.

Called by the aspect ``settings`` and by those that want a repository.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ecrops.base.wildcards import fits
from ecrops.errors import SpecError


class Wanted(NamedTuple):
    """An edit: the repository exists, with these settings. A member left at ``None`` is not managed.

    Args:
        mutability: Whether its tags can be moved.
        filters: Wildcards of tags that are excluded from the mutability.
        scan_on_push: Whether images are scanned when they are pushed.
        encryption: How images are encrypted.
        encryption_key: The id, ARN or alias of a KMS key.
        tags: The tags that a new repository is made with.
        verbatim: The fields of the spec that are compared and never written: see ``repositories/verbatim``.
        only_existing: Whether the settings are for a repository that is there: one that is gone is not made again.
    """

    mutability: str | None = None
    filters: Sequence[str] = ()
    scan_on_push: bool | None = None
    encryption: str | None = None
    encryption_key: str | None = None
    tags: Mapping[str, str] | None = None
    verbatim: frozenset[str] = frozenset()
    only_existing: bool = False


class Absent(NamedTuple):
    """An edit: the repository does not exist.

    Args:
        empty_on_delete: Whether it is deleted with the images in it.
    """

    empty_on_delete: bool = False


class AsFound(NamedTuple):
    """An edit: the repository that was found does not exist. One that was made anew or changed since is a conflict.

    Args:
        found: The repository as it was found, with its number of images.
        empty_on_delete: Whether it is deleted with the images in it: with those that it had when it was found.
    """

    found: Settings
    empty_on_delete: bool = False


Edit = Wanted | Absent | AsFound


def absent(empty_on_delete: object) -> Absent:
    """Return the edit that removes a repository.

    Raises:
        SpecError: ``empty_on_delete`` is not a truth value.
    """
    if not isinstance(empty_on_delete, bool):
        raise SpecError(f"empty_on_delete: expected True or False, got {empty_on_delete!r}")
    return Absent(empty_on_delete)


class Settings(NamedTuple):
    """The current settings of a repository.

    Args:
        mutability: Whether its tags can be moved.
        filters: The wildcards of tags that are excluded from it.
        scan_on_push: Whether images are scanned when they are pushed.
        encryption: How images are encrypted.
        key: The ARN of the KMS key.
        wanted_key: The ARN of the key behind the alias that is wanted; ``None`` if it could not be read.
        created_at: When the repository was made: it tells this repository from a later one of the same name.
        images: How many images go with it, if it is to be deleted with them.
    """

    mutability: str = "MUTABLE"
    filters: frozenset[str] = frozenset()
    scan_on_push: bool = False
    encryption: str = "AES256"
    key: str = ""
    wanted_key: str | None = ""
    created_at: str = ""
    images: int = 0

    def is_as(self, found: Settings) -> bool:
        """Whether it is a repository that was found, and has its settings. The number of images makes no difference."""
        return self._replace(images=0, wanted_key="") == found._replace(images=0, wanted_key="")

    def keeps(self, tag: str) -> bool:
        """Whether a tag that an image has cannot be moved to another one."""
        is_excluded = self.mutability.endswith("_WITH_EXCLUSION") and any(
            fits(tag, pattern.split("*")) for pattern in self.filters
        )
        return self.mutability.startswith("IMMUTABLE") != is_excluded


def parse(item: Mapping[str, Any]) -> Settings:
    """Return the settings of a repository in ECR's form, or of the parameters of a call."""
    encryption = item.get("encryptionConfiguration", {})
    return Settings(
        item.get("imageTagMutability", "MUTABLE"),
        frozenset(entry.get("filter", str(entry)) for entry in item.get("imageTagMutabilityExclusionFilters", ())),
        item.get("imageScanningConfiguration", {}).get("scanOnPush", False),
        encryption.get("encryptionType", "AES256"),
        encryption.get("kmsKey", ""),
        created_at=utc(item.get("createdAt")),
    )


def utc(moment: object) -> str:
    """Return a time in UTC: botocore returns it in the time zone of the machine, and it is a part of a checksum."""
    return moment.astimezone(UTC).isoformat() if isinstance(moment, datetime) else ""


def mutability_params(wanted: Wanted) -> dict[str, Any]:
    """Return the parameters for the wanted mutability; none if it is not managed."""
    params: dict[str, Any] = {}
    if wanted.mutability is not None:
        params["imageTagMutability"] = str(wanted.mutability)
    if wanted.filters:
        params["imageTagMutabilityExclusionFilters"] = [
            {"filterType": "WILDCARD", "filter": entry} for entry in wanted.filters
        ]
    return params


def scan_params(wanted: Wanted) -> dict[str, Any]:
    """Return the parameters for the wanted scanning; none if it is not managed."""
    scan = wanted.scan_on_push
    return {} if scan is None else {"imageScanningConfiguration": {"scanOnPush": scan}}
