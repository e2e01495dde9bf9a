"""The handles of the settings of a registry, and the verbs over all of them. Called by users, through ``Registry``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecrops.engine.account import Account

if TYPE_CHECKING:
    from ecrops.registry_settings.account_settings.verbs import AccountSettings
    from ecrops.registry_settings.creation_templates.verbs import CreationTemplates
    from ecrops.registry_settings.explain import Explanation
    from ecrops.registry_settings.pull_through_cache.verbs import PullThroughCache
    from ecrops.registry_settings.pull_time_exclusions.verbs import PullTimeExclusions
    from ecrops.registry_settings.registry_policy.verbs import RegistryPolicy
    from ecrops.registry_settings.replication.verbs import Replication
    from ecrops.registry_settings.scanning.verbs import Scanning
    from ecrops.registry_settings.signing.verbs import Signing
    from ecrops.registry_settings.spec import RegistrySpec


class RegistryVerbs(Account):
    """The settings of a registry, each behind a handle. Making one calls nothing."""

    @property
    def scanning(self) -> Scanning:
        """Which repositories are scanned, by whom and when."""
        from ecrops.registry_settings.scanning.verbs import Scanning

        return Scanning(self)

    @property
    def account_settings(self) -> AccountSettings:
        """The settings of the account in the region, by name, such as ``BLOB_MOUNTING``."""
        from ecrops.registry_settings.account_settings.verbs import AccountSettings

        return AccountSettings(self)

    @property
    def signing(self) -> Signing:
        """Which images are signed when they are pushed, and with which profiles."""
        from ecrops.registry_settings.signing.verbs import Signing

        return Signing(self)

    @property
    def pull_time_exclusions(self) -> PullTimeExclusions:
        """The roles and users whose pulls leave no pull time."""
        from ecrops.registry_settings.pull_time_exclusions.verbs import PullTimeExclusions

        return PullTimeExclusions(self)

    @property
    def replication(self) -> Replication:
        """Where images are replicated to."""
        from ecrops.registry_settings.replication.verbs import Replication

        return Replication(self)

    @property
    def registry_policy(self) -> RegistryPolicy:
        """The policy of the registry: who may replicate into it, and what holds for all its repositories."""
        from ecrops.registry_settings.registry_policy.verbs import RegistryPolicy

        return RegistryPolicy(self)

    @property
    def creation_templates(self) -> CreationTemplates:
        """What the repositories are like that ECR makes by itself."""
        from ecrops.registry_settings.creation_templates.verbs import CreationTemplates

        return CreationTemplates(self)

    @property
    def pull_through_cache(self) -> PullThroughCache:
        """From which upstream registries ECR caches images."""
        from ecrops.registry_settings.pull_through_cache.verbs import PullThroughCache

        return PullThroughCache(self)

    def describe_settings(self) -> RegistrySpec:
        """Return all settings of the registry as a spec for which ``ensure`` has nothing to do.

        Raises:
            ClientError: botocore's own error: a setting cannot be read.
        """
        from ecrops.registry_settings.wants import describe

        return describe(self.aws)

    def explain(self, name: str) -> Explanation:
        """Return what the settings of the registry mean for one name: one reading for each setting.

        It says which creation template, filters of scanning, rules of replication, of signing and of the pull-through
        cache, and which statements of the registry policy apply. ``RegistrySpec.explain`` says the same of a spec.

        Args:
            name: The name of a repository, which need not exist.

        Raises:
            SpecError: No repository can have the name.
            ClientError: botocore's own error: a setting cannot be read.
        """
        from ecrops.registry_settings.explain import FIELDS
        from ecrops.registry_settings.wants import describe
        from ecrops.repositories.checks import check_existing_name

        check_existing_name(name)
        return describe(self.aws, FIELDS).explain(name)
