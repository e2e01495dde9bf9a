"""Provision Amazon ECR directly through boto3, idempotently."""

from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from ecrops.events import Target, prefix

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
    "Target",
    "__version__",
    "fleet_from_dict",
    "fleet_to_dict",
    "prefix",
]


def __getattr__(name: str) -> Any:
    """What is about events is read when it is first used: most users have none."""
    if name in ("Target", "prefix"):
        from ecrops import events

        return getattr(events, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
