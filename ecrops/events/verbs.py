"""The verbs about events, and the handles on EventBridge rules.

``Repository`` and ``Registry`` inherit these classes. ``on`` has the verbs themselves; here each becomes a plan. The
modules behind them are imported when a verb is called: most users have no events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecrops.engine.account import Account
from ecrops.engine.plan import Plan
from ecrops.errors import SpecError
from ecrops.events.on import EventVerbs
from ecrops.repositories.handle import Handle

if TYPE_CHECKING:
    from ecrops.events.rule import Rule


class RepositoryVerbs(Handle, EventVerbs[Plan]):
    """EventBridge rules on the events of one repository.

    ``help(ecrops.events.RuleOptions)`` describes the options of every ``on_…``, and the default name of the rule. A
    repository's verbs do not take ``repositories``.
    """

    def _on(self, kind: str, options: dict[str, Any]) -> Plan:
        from ecrops.events.wants import make_rule  # only users who have events wait for this import

        if "repositories" in options:
            raise SpecError(f"repositories: these events are {self.name}'s; registry.on_...() takes those of others")
        if options.get("split"):
            raise SpecError("split: these events are of one repository; registry.on_...() splits a list of them")
        self._check_account()
        return make_rule(self.registry, kind, {**options, "repositories": self.name})


class RegistryVerbs(Account, EventVerbs[Plan]):
    """EventBridge rules on the events of many repositories.

    An event bus has at most 300 rules, so one rule for each repository does not scale.
    ``help(ecrops.events.RuleOptions)`` describes the options of every ``on_…``, and the default name of the rule.
    """

    def _on(self, kind: str, options: dict[str, Any]) -> Plan:
        from ecrops.events.wants import make_rule  # only users who have events wait for this import

        return make_rule(self, kind, {"split": False, **options})

    def rule(self, name: str, bus: str = "default") -> Rule:
        """Return a handle on an EventBridge rule, which may or may not exist. Calls nothing.

        Args:
            name: The name of the rule.
            bus: The name of its event bus.

        Raises:
            SpecError: No rule can have this name.
        """
        from ecrops.events.rule import Rule

        return Rule(self, name, bus)

    def rules(self, bus: str = "default") -> list[Rule]:
        """Return the rules that ecrops made or has adopted, for any user: those on events of ECR with its tags.

        Args:
            bus: The name of their event bus.
        """
        from ecrops.events.rule import every_rule

        return every_rule(self, bus)
