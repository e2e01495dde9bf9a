"""Provision Amazon ECR directly through boto3, idempotently."""

from typing import TYPE_CHECKING

from ecrops.base.lazy import face
from ecrops.version import __version__ as __version__

if TYPE_CHECKING:
    from ecrops import access as access
    from ecrops import events as events
    from ecrops import fleet as fleet
    from ecrops import lifecycle as lifecycle
    from ecrops import login as login
    from ecrops import public as public
    from ecrops import registries as registries
    from ecrops import registry_settings as registry_settings
    from ecrops import report as report
    from ecrops.access.grants import Grant as Grant
    from ecrops.access.grants import pull as pull
    from ecrops.access.grants import pull_push as pull_push
    from ecrops.access.grants import push as push
    from ecrops.access.grants import read as read
    from ecrops.access.principals.identities import Group as Group
    from ecrops.access.principals.identities import Role as Role
    from ecrops.access.principals.identities import User as User
    from ecrops.access.principals.named import AccountPrincipal as AccountPrincipal
    from ecrops.access.principals.named import AnyPrincipal as AnyPrincipal
    from ecrops.access.principals.named import ArnPrincipal as ArnPrincipal
    from ecrops.access.principals.named import FederatedPrincipal as FederatedPrincipal
    from ecrops.access.principals.named import OrganizationPrincipal as OrganizationPrincipal
    from ecrops.access.principals.named import ServicePrincipal as ServicePrincipal
    from ecrops.aws.retry import RetryPolicy as RetryPolicy
    from ecrops.base.change import Change as Change
    from ecrops.base.waits import Wait as Wait
    from ecrops.engine.plan import Plan as Plan
    from ecrops.errors import ApplyError as ApplyError
    from ecrops.errors import ConflictError as ConflictError
    from ecrops.errors import DeadlineError as DeadlineError
    from ecrops.errors import EcropsError as EcropsError
    from ecrops.errors import SpecError as SpecError
    from ecrops.events.targets.target import Target as Target
    from ecrops.fleet.fleet import Fleet as Fleet
    from ecrops.fleet.plain import fleet_from_dict as fleet_from_dict
    from ecrops.fleet.plain import fleet_to_dict as fleet_to_dict
    from ecrops.fleet.reading import read_fleet as read_fleet
    from ecrops.lifecycle.policy.rule import LifecycleRule as LifecycleRule
    from ecrops.lifecycle.policy.rule import TagStatus as TagStatus
    from ecrops.public.registry import PublicRegistry as PublicRegistry
    from ecrops.public.repository import PublicRepository as PublicRepository
    from ecrops.public.spec import PublicRepositorySpec as PublicRepositorySpec
    from ecrops.public.values import CatalogData as CatalogData
    from ecrops.registries.location import RegistryLocation as RegistryLocation
    from ecrops.registries.registries import Registries as Registries
    from ecrops.registry import Registry as Registry
    from ecrops.registry_settings.creation_templates.values import (
        RepositoryCreationTemplate as RepositoryCreationTemplate,
    )
    from ecrops.registry_settings.pull_through_cache.values import PullThroughCacheRule as PullThroughCacheRule
    from ecrops.registry_settings.replication.values import ReplicationRule as ReplicationRule
    from ecrops.registry_settings.scanning.values import ScanningConfiguration as ScanningConfiguration
    from ecrops.registry_settings.signing.values import SigningRule as SigningRule
    from ecrops.registry_settings.spec import RegistrySpec as RegistrySpec
    from ecrops.repositories.prefixes import prefix as prefix
    from ecrops.repositories.values import RepositoryEncryption as RepositoryEncryption
    from ecrops.repositories.values import TagMutability as TagMutability
    from ecrops.repository import Repository as Repository
    from ecrops.spec import RepositorySpec as RepositorySpec

if not TYPE_CHECKING:  # type checkers see the imports above, and refuse every other name
    __all__, __getattr__, __dir__ = face(
        __name__,
        {
            "ecrops.access.grants": ("Grant", "pull", "pull_push", "push", "read"),
            "ecrops.access.principals.identities": ("Group", "Role", "User"),
            "ecrops.access.principals.named": (
                "AccountPrincipal",
                "AnyPrincipal",
                "ArnPrincipal",
                "FederatedPrincipal",
                "OrganizationPrincipal",
                "ServicePrincipal",
            ),
            "ecrops.aws.retry": ("RetryPolicy",),
            "ecrops.base.change": ("Change",),
            "ecrops.base.waits": ("Wait",),
            "ecrops.engine.plan": ("Plan",),
            "ecrops.errors": ("ApplyError", "ConflictError", "DeadlineError", "EcropsError", "SpecError"),
            "ecrops.repositories.prefixes": ("prefix",),
            "ecrops.events.targets.target": ("Target",),
            "ecrops.fleet.fleet": ("Fleet",),
            "ecrops.fleet.plain": ("fleet_from_dict", "fleet_to_dict"),
            "ecrops.fleet.reading": ("read_fleet",),
            "ecrops.lifecycle.policy.rule": ("LifecycleRule", "TagStatus"),
            "ecrops.public.registry": ("PublicRegistry",),
            "ecrops.public.repository": ("PublicRepository",),
            "ecrops.public.spec": ("PublicRepositorySpec",),
            "ecrops.public.values": ("CatalogData",),
            "ecrops.registries.location": ("RegistryLocation",),
            "ecrops.registries.registries": ("Registries",),
            "ecrops.registry": ("Registry",),
            "ecrops.registry_settings.replication.values": ("ReplicationRule",),
            "ecrops.registry_settings.creation_templates.values": ("RepositoryCreationTemplate",),
            "ecrops.registry_settings.pull_through_cache.values": ("PullThroughCacheRule",),
            "ecrops.registry_settings.scanning.values": ("ScanningConfiguration",),
            "ecrops.registry_settings.signing.values": ("SigningRule",),
            "ecrops.registry_settings.spec": ("RegistrySpec",),
            "ecrops.repositories.values": ("RepositoryEncryption", "TagMutability"),
            "ecrops.repository": ("Repository",),
            "ecrops.spec": ("RepositorySpec",),
            "ecrops.version": ("__version__",),
        },
        packages=(
            "access",
            "events",
            "fleet",
            "lifecycle",
            "login",
            "public",
            "registries",
            "registry_settings",
            "report",
        ),
    )
