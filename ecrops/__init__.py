"""Provision Amazon ECR directly through boto3, idempotently."""

from ecrops.aws import RetryPolicy
from ecrops.change import Change
from ecrops.errors import ApplyError, ConflictError, DeadlineError, EcropsError, SpecError
from ecrops.fleet import fleet_from_dict, fleet_to_dict
from ecrops.lifecycle import LifecycleRule, TagStatus
from ecrops.plan import Plan
from ecrops.registry import Registry
from ecrops.repository import Repository
from ecrops.spec import RepositoryEncryption, RepositorySpec, TagMutability
from ecrops.version import __version__

__all__ = [
    "ApplyError",
    "Change",
    "ConflictError",
    "DeadlineError",
    "EcropsError",
    "LifecycleRule",
    "Plan",
    "Registry",
    "Repository",
    "RepositoryEncryption",
    "RepositorySpec",
    "RetryPolicy",
    "SpecError",
    "TagMutability",
    "TagStatus",
    "__version__",
    "fleet_from_dict",
    "fleet_to_dict",
]
