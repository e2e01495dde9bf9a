"""The words that the settings of a repository take, and its ARN. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from ecrops.aws import Arn

ECR, PUBLIC = "ecr", "ecr-public"
"""The services that have repositories: private registries, and public ones."""
TagMutabilityName = Literal["MUTABLE", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION"]
EncryptionName = Literal["AES256", "KMS", "KMS_DSSE"]


class TagMutability(StrEnum):
    """Whether a tag can be moved to another image. With an exclusion, it is the other way round for some tags."""

    MUTABLE = "MUTABLE"
    IMMUTABLE = "IMMUTABLE"
    IMMUTABLE_WITH_EXCLUSION = "IMMUTABLE_WITH_EXCLUSION"
    MUTABLE_WITH_EXCLUSION = "MUTABLE_WITH_EXCLUSION"


class RepositoryEncryption(StrEnum):
    """How images are encrypted at rest. It cannot be changed after the repository was made."""

    AES256 = "AES256"
    KMS = "KMS"
    KMS_DSSE = "KMS_DSSE"


def repository_arn(partition: str, region: str, account: str, name: str, service: str = ECR) -> str:
    """Return the ARN of a repository, or of the repositories that a wildcard or a prefix stands for.

    The ARN of a public repository has no region:
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistrypublic.html
    """
    return str(Arn(partition, service, "" if service == PUBLIC else region, account, f"repository/{name}"))
