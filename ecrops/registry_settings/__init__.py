"""The settings of a registry, as values and verbs that own only their own rules."""

from typing import TYPE_CHECKING

from ecrops.base.lazy import face

if TYPE_CHECKING:
    from ecrops.registry_settings.account_settings.verbs import AccountSettings as AccountSettings
    from ecrops.registry_settings.creation_templates.values import (
        RepositoryCreationTemplate as RepositoryCreationTemplate,
    )
    from ecrops.registry_settings.creation_templates.values import Scenario as Scenario
    from ecrops.registry_settings.creation_templates.verbs import CreationTemplates as CreationTemplates
    from ecrops.registry_settings.explain import AppliedScanning as AppliedScanning
    from ecrops.registry_settings.explain import Explanation as Explanation
    from ecrops.registry_settings.pull_through_cache.values import PullThroughCacheRule as PullThroughCacheRule
    from ecrops.registry_settings.pull_through_cache.values import Validation as Validation
    from ecrops.registry_settings.pull_through_cache.verbs import PullThroughCache as PullThroughCache
    from ecrops.registry_settings.pull_time_exclusions.verbs import PullTimeExclusions as PullTimeExclusions
    from ecrops.registry_settings.registry_policy.verbs import RegistryPolicy as RegistryPolicy
    from ecrops.registry_settings.replication.backfill import BackfilledImage as BackfilledImage
    from ecrops.registry_settings.replication.backfill import BackfillResult as BackfillResult
    from ecrops.registry_settings.replication.values import ReplicationRule as ReplicationRule
    from ecrops.registry_settings.replication.verbs import Replication as Replication
    from ecrops.registry_settings.scanning.values import EffectiveScanning as EffectiveScanning
    from ecrops.registry_settings.scanning.values import ScanningConfiguration as ScanningConfiguration
    from ecrops.registry_settings.scanning.verbs import Scanning as Scanning
    from ecrops.registry_settings.signing.values import SigningRule as SigningRule
    from ecrops.registry_settings.signing.verbs import Signing as Signing
    from ecrops.registry_settings.spec import RegistrySpec as RegistrySpec

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = face(
        __name__,
        {
            "ecrops.registry_settings.account_settings.verbs": ("AccountSettings",),
            "ecrops.registry_settings.pull_time_exclusions.verbs": ("PullTimeExclusions",),
            "ecrops.registry_settings.registry_policy.verbs": ("RegistryPolicy",),
            "ecrops.registry_settings.replication.backfill": ("BackfilledImage", "BackfillResult"),
            "ecrops.registry_settings.replication.values": ("ReplicationRule",),
            "ecrops.registry_settings.replication.verbs": ("Replication",),
            "ecrops.registry_settings.creation_templates.values": ("RepositoryCreationTemplate", "Scenario"),
            "ecrops.registry_settings.creation_templates.verbs": ("CreationTemplates",),
            "ecrops.registry_settings.explain": ("AppliedScanning", "Explanation"),
            "ecrops.registry_settings.pull_through_cache.values": ("PullThroughCacheRule", "Validation"),
            "ecrops.registry_settings.pull_through_cache.verbs": ("PullThroughCache",),
            "ecrops.registry_settings.scanning.values": ("EffectiveScanning", "ScanningConfiguration"),
            "ecrops.registry_settings.scanning.verbs": ("Scanning",),
            "ecrops.registry_settings.signing.values": ("SigningRule",),
            "ecrops.registry_settings.signing.verbs": ("Signing",),
            "ecrops.registry_settings.spec": ("RegistrySpec",),
        },
    )
