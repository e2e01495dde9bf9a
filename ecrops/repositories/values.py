"""The words that the settings of a repository take. Pure."""

from __future__ import annotations

from enum import StrEnum

from ecrops.aws import Arn


class TagMutability(StrEnum):
    """Whether a tag can be moved to another image; with exclusions, whether the excluded ones can."""

    MUTABLE = "MUTABLE"
    IMMUTABLE = "IMMUTABLE"
    IMMUTABLE_WITH_EXCLUSION = "IMMUTABLE_WITH_EXCLUSION"
    MUTABLE_WITH_EXCLUSION = "MUTABLE_WITH_EXCLUSION"


class RepositoryEncryption(StrEnum):
    """How images are encrypted at rest. It cannot be changed after a repository is made."""

    AES256 = "AES256"
    KMS = "KMS"
    KMS_DSSE = "KMS_DSSE"


def repository_arn(partition: str, region: str, account: str, name: str) -> str:
    """Return the ARN of a repository, or of the repositories that a wildcard or a prefix stands for."""
    return str(Arn(partition, "ecr", region, account, f"repository/{name}"))
