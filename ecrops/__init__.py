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
    from ecrops.events import Target, prefix

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
    "Target",
    "User",
    "__version__",
    "fleet_from_dict",
    "fleet_to_dict",
    "prefix",
    "pull",
    "pull_push",
    "push",
    "read",
]

# Who grants nothing and hears of no events does not pay for them: these are imported when they are first asked for.
_GRANTS = ("Grant", "pull", "pull_push", "push", "read")
_EVENTS = ("Target", "prefix")
_ROOMS = ("ecrops.lifecycle", "ecrops.events")


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'ecrops' has no attribute {name!r}{_where(name)}")
    if name in _EVENTS:
        from ecrops import events

        return getattr(events, name)
    from ecrops.access import grants, principals

    return getattr(grants if name in _GRANTS else principals, name)


def _where(name: str) -> str:
    """In which other module a name is, for who looks for it here."""
    from importlib import import_module

    room = next((room for room in _ROOMS if name in import_module(room).__all__), "")
    return f": write from {room} import {name}" if room else ""


def __dir__() -> list[str]:
    """What is read when it is first used is offered too."""
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
