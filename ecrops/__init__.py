"""Provision Amazon ECR directly through boto3, idempotently."""

from ecrops.access.grants import Grant, pull, pull_push, push, read
from ecrops.access.principals import (
    AccountPrincipal,
    AnyPrincipal,
    ArnPrincipal,
    FederatedPrincipal,
    Group,
    OrganizationPrincipal,
    Role,
    ServicePrincipal,
    User,
)
from ecrops.aws import RetryPolicy
from ecrops.change import Change
from ecrops.errors import ApplyError, ConflictError, DeadlineError, EcropsError, SpecError
from ecrops.lifecycle import LifecycleRule, TagStatus
from ecrops.plan import Plan
from ecrops.registry import Registry
from ecrops.repository import Repository
from ecrops.spec import RepositoryEncryption, RepositorySpec, TagMutability, fleet_from_dict, fleet_to_dict
from ecrops.version import __version__

__all__ = [
    "AccountPrincipal",
    "AnyPrincipal",
    "ApplyError",
    "ArnPrincipal",
    "Change",
    "ConflictError",
    "DeadlineError",
    "EcropsError",
    "FederatedPrincipal",
    "Grant",
    "Group",
    "LifecycleRule",
    "OrganizationPrincipal",
    "Plan",
    "Registry",
    "Repository",
    "RepositoryEncryption",
    "RepositorySpec",
    "RetryPolicy",
    "Role",
    "ServicePrincipal",
    "SpecError",
    "TagMutability",
    "TagStatus",
    "User",
    "__version__",
    "fleet_from_dict",
    "fleet_to_dict",
    "pull",
    "pull_push",
    "push",
    "read",
]
