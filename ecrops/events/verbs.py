"""The verbs of a repository about its events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecrops.engine.account import Account
from ecrops.engine.plan import Plan
from ecrops.errors import SpecError
from ecrops.events.on import EventKinds, RuleOptions
from ecrops.repositories.handle import Handle

if TYPE_CHECKING:
    from ecrops.events.rule import Rule


class RepositoryVerbs(Handle, EventKinds[Plan]):
    """Rules on the events of one repository.

    Every ``on_…`` takes ``target`` (or ``targets``), ``event_pattern``, ``description``, ``state``, ``bus`` and
    ``tags``: ``help(ecrops.events.RuleOptions)`` tells what they are. Without a name the rule has one that is made from
    the kind of event, the repository, the filters (such as ``image_tags``) and the pattern: with others it is another
    rule, and the old one stays. With a name it is the same rule, changed.
    """

    def _on(self, kind: str, name: str | None, rule: RuleOptions, **options: Any) -> Plan:
        from ecrops.events.wants import make_rule  # for those who have events only

        if "repositories" in rule:
            raise SpecError(f"repositories: these events are {self.name}'s; registry.on_...() takes those of others")
        self._check_account()
        return make_rule(self.registry, kind, name, {**rule, "repositories": self.name}, options)


class RegistryVerbs(Account, EventKinds[Plan]):
    """Rules on the events of many repositories. A bus has 300 rules: one for each repository does not scale.

    Every ``on_…`` takes ``repositories`` (all without it) and ``target`` (or ``targets``), ``event_pattern``,
    ``description``, ``state``, ``bus`` and ``tags``: ``help(ecrops.events.RuleOptions)`` tells what they are. Without a
    name the rule has one that is made from the kind of event, the repositories, the filters (such as ``image_tags``)
    and the pattern: with others it is another rule, and the old one stays. With a name it is the same rule, changed.
    """

    def _on(self, kind: str, name: str | None, rule: RuleOptions, **options: Any) -> Plan:
        from ecrops.events.wants import make_rule  # for those who have events only

        return make_rule(self, kind, name, rule, options)

    def rule(self, name: str, bus: str = "default") -> Rule:
        """A handle on a rule, which may or may not exist. Calls nothing.

        Args:
            name: Of the rule.
            bus: The name of its event bus.

        Raises:
            SpecError: No rule can have this name.
        """
        from ecrops.events.rule import Rule

        return Rule(self, name, bus)

    def rules(self, bus: str = "default") -> list[Rule]:
        """The rules that ecrops made, whoever wanted them: those on events of ECR that have its tag.

        Args:
            bus: The name of their event bus.
        """
        from ecrops.events.rule import every_rule

        return every_rule(self, bus)
