"""``registry.signing``: the verbs of the signing configuration."""

from __future__ import annotations

from collections.abc import Sequence

from ecrops.base.problems import Problems
from ecrops.base.shown import ShownTuple
from ecrops.engine.plan import Plan
from ecrops.errors import SpecError
from ecrops.registry_settings.setting import Handle
from ecrops.registry_settings.signing import aspect
from ecrops.registry_settings.signing.edits import Exclude, Include, Rule
from ecrops.registry_settings.signing.values import SigningRule, check, check_profile


class Signing(Handle):
    """Which images are signed when they are pushed, and with which profile of AWS Signer.

    A rule is known by its profile. Whoever pushes needs ``signer:SignPayload`` on the profile: ECR signs in their name.
    """

    aspect = aspect
    key = aspect.KEY

    def describe(self) -> tuple[SigningRule, ...]:
        """Return the rules that AWS has."""
        return ShownTuple(aspect.field(self._current()))

    def set(self, *rules: SigningRule) -> Plan:
        """Make these the rules: those of others go. Without one, nothing is signed any more.

        Args:
            rules: The rules, one argument each.

        Raises:
            SpecError: ECR would never accept them, or a profile is in another region.
        """
        for rule in rules:
            _refuse_other(rule)
        return self._make(aspect.exactly(self._checked(rules)))

    def add(self, rule: SigningRule | str, repositories: Sequence[str] | None = None) -> Plan:
        """Make this the rule of its profile. Those of other profiles stay.

        Args:
            rule: The ARN of a profile, or a rule.
            repositories: Filters, with an ARN; without them, every repository.

        Raises:
            SpecError: ECR would never accept it, the profile is in another region, or there would be too many rules.
        """
        if isinstance(rule, str):
            rule = SigningRule(rule, repositories)
        elif repositories is not None:
            raise SpecError("repositories: a rule has its filters: leave the other argument out")
        _refuse_other(rule)
        (checked,) = self._checked([rule])
        return self._make(Include(Rule.of(checked)))

    def remove(self, profile: SigningRule | str) -> Plan:
        """Take the rule of a profile away, with all its filters. The last one takes the configuration with it.

        Args:
            profile: The ARN of the profile, or a rule of it.

        Raises:
            SpecError: It is no ARN of a signing profile.
        """
        arn = profile.profile_arn if isinstance(profile, SigningRule) else profile
        problems = Problems()
        problems.take("profile", lambda: check_profile(arn))
        problems.raise_any()
        return self._make(Exclude(arn))

    def _checked(self, rules: Sequence[SigningRule]) -> tuple[SigningRule, ...]:
        checked = check(rules)
        aspect.check_of_region(self._registry.aws, checked)
        return checked


def _refuse_other(rule: object) -> None:
    if not isinstance(rule, SigningRule):
        raise SpecError(f"expected SigningRule(profile_arn, repositories=[...]), one argument each, got {rule!r}")
