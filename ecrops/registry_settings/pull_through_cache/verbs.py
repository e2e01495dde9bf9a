"""``registry.pull_through_cache``: the verbs of pull-through cache rules."""

from __future__ import annotations

from ecrops.engine.plan import Plan
from ecrops.registry_settings.pull_through_cache import aspect
from ecrops.registry_settings.pull_through_cache.edits import Exactly, Exclude, Include
from ecrops.registry_settings.pull_through_cache.values import (
    PullThroughCacheRule,
    Validation,
    check,
    check_prefix,
)
from ecrops.registry_settings.setting import Handle
from ecrops.repositories.checks import check_one_by_one


class PullThroughCache(Handle):
    """From which upstream registries ECR caches images."""

    aspect = aspect
    key = aspect.KEY

    def describe(self) -> tuple[PullThroughCacheRule, ...]:
        """Return the rules that AWS has, by prefix."""
        return aspect.field(self._current())

    def add(
        self,
        prefix: str,
        upstream: str,
        *,
        credential_arn: str | None = None,
        custom_role_arn: str | None = None,
        upstream_prefix: str | None = None,
    ) -> Plan:
        """Add a rule, or give the rule of a prefix another credential or role. Rules of others stay.

        ECR then validates the rule: whether it gets through to the upstream.

        Args:
            prefix: As in ``PullThroughCacheRule``.
            upstream: As in ``PullThroughCacheRule``.
            credential_arn: As in ``PullThroughCacheRule``.
            custom_role_arn: As in ``PullThroughCacheRule``.
            upstream_prefix: As in ``PullThroughCacheRule``.

        Raises:
            SpecError: ECR would never accept the rule.
            ConflictError: The prefix has a rule that differs in what cannot be changed.
            EcropsError: The rule was written, and ECR says why it does not work.
        """
        rule = PullThroughCacheRule(
            prefix,
            upstream,
            credential_arn=credential_arn,
            custom_role_arn=custom_role_arn,
            upstream_prefix=upstream_prefix,
        )
        return self._make(Include(rule))

    def set(self, *rules: PullThroughCacheRule) -> Plan:
        """Make these all rules of the registry: those of others go.

        Args:
            rules: The rules; none removes all.

        Raises:
            SpecError: ECR would never accept them.
            ConflictError: A prefix has a rule that differs in what cannot be changed.
            EcropsError: A rule was written, and ECR says why it does not work.
        """
        check_one_by_one(rules, "set(*rules)")
        return self._make(Exactly(check(rules)))

    def remove(self, *prefixes: str) -> Plan:
        """Remove rules. The repositories that they have made stay, with their images, and so do the secrets.

        Args:
            prefixes: The prefixes of the rules.

        Raises:
            SpecError: One is no prefix.
        """
        check_one_by_one(prefixes, "remove(*prefixes)")
        return self._make(Exclude(tuple(map(check_prefix, prefixes))))

    def validate(self, prefix: str) -> Validation:
        """Ask ECR whether it gets through to the upstream of a rule: with its credentials, or with its role.

        Args:
            prefix: The prefix of the rule.

        Returns:
            True or false, with the reason.

        Raises:
            ClientError: botocore's own error: there is no such rule, or it cannot be asked.
        """
        return aspect.validate(self._registry.aws, check_prefix(prefix))
