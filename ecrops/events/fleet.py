"""The verbs of a registry about events: of many repositories at once, and of rules that are there."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ecrops.aws import Aws
from ecrops.events.kinds import EventKinds, RuleOptions
from ecrops.plan import Plan

if TYPE_CHECKING:
    from ecrops.events.rule import Rule
    from ecrops.events.state import Edit


class FleetVerbs(EventKinds[Plan]):
    """Rules on the events of many repositories. A bus has 300 rules: one for each repository does not scale."""

    _aws: Aws
    dry_run: bool

    def _on(self, kind: str, name: str | None, rule: RuleOptions, **options: Any) -> Plan:
        from ecrops.events import rules
        from ecrops.events.state import Wanted
        from ecrops.events.values import make_event

        event = make_event(kind, name, rule, options)
        return self._edit_rules({rules.key_of(event.rule, event.bus): [Wanted(event)]})

    def _edit_rules(self, edits: Mapping[str, Sequence[Edit]]) -> Plan:
        from ecrops.events.wants import all_wants

        return self._make(*all_wants(self._aws, edits))

    @abstractmethod
    def _make(self, wanted: Any, known: Any = None) -> Plan:
        """Plan and apply."""

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
