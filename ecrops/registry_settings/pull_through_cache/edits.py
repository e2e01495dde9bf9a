"""What can be wanted of the pull-through cache rules of a registry. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ecrops.base.change import NOTHING
from ecrops.registry_settings.pull_through_cache.values import PullThroughCacheRule
from ecrops.registry_settings.values import unchecked

SUFFIX = re.compile(r"-[a-zA-Z0-9]{6}$")
"""What Secrets Manager puts behind the name of a secret in its ARN:
https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html"""
ByPrefix = dict[str, PullThroughCacheRule]


class Rules(NamedTuple):
    """The rules as AWS has them.

    Args:
        by_prefix: The rules by prefix.
        secrets: The ARNs of the secrets that ecrops makes for rules, by name: of those that were asked for. An empty
            one is not there.
        account: The account of the registry, if an edit needs it.
        created_at: When each was made, by prefix: it tells a rule from a later one of the same prefix.
    """

    by_prefix: Mapping[str, PullThroughCacheRule]
    secrets: Mapping[str, str] = NOTHING
    account: str = ""
    created_at: Mapping[str, str] = NOTHING


class Exactly(NamedTuple):
    """An edit: these rules and no others."""

    rules: Sequence[PullThroughCacheRule]

    def __call__(self, rules: ByPrefix, current: Rules) -> ByPrefix:
        """Return the desired rules."""
        return {rule.prefix: rule for rule in self.rules}


class Include(NamedTuple):
    """An edit: this rule too.

    Args:
        rule: The rule.
        secret: The name of the secret that ecrops makes for it, whose ARN the rule gets; empty for none.
    """

    rule: PullThroughCacheRule
    secret: str = ""

    def __call__(self, rules: ByPrefix, current: Rules) -> ByPrefix:
        """Return the desired rules."""
        rule = self.rule
        if self.secret:
            rule = with_credential(rule, _credential(self.secret, current, rules.get(rule.prefix)))
        return {**rules, rule.prefix: rule}


class Exclude(NamedTuple):
    """An edit: no rules for these prefixes."""

    prefixes: Sequence[str]

    def __call__(self, rules: ByPrefix, current: Rules) -> ByPrefix:
        """Return the desired rules."""
        return {prefix: rule for prefix, rule in rules.items() if prefix not in self.prefixes}


Edit = Exactly | Include | Exclude


def pending(secret: str) -> str:
    """Return what stands for the ARN of a secret, in the plan that makes the secret: AWS chooses the end of the ARN."""
    return f"secret {secret}"


def _credential(secret: str, current: Rules, rule: PullThroughCacheRule | None) -> str:
    """Return the ARN of a secret; what stands for it if there is none.

    A dry run after another one has not asked for it. A rule with a secret of this name has this secret then.
    """
    if secret in current.secrets:
        return current.secrets[secret] or pending(secret)
    credential = (rule.credential_arn if rule else None) or ""
    return credential if SUFFIX.sub("", credential).endswith(f":secret:{secret}") else pending(secret)


def with_credential(rule: PullThroughCacheRule, credential: str | None) -> PullThroughCacheRule:
    """Return a rule with another credential, which may be pending."""
    fields = {name: getattr(rule, name) for name in ("prefix", "upstream", "custom_role_arn", "upstream_prefix")}
    return unchecked(PullThroughCacheRule, **fields, credential_arn=credential)


def edited(edits: Sequence[Edit], current: Rules) -> ByPrefix:
    """Return the desired rules."""
    rules = dict(current.by_prefix)
    for edit in edits:
        rules = edit(rules, current)
    return rules
