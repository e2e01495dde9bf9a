"""The verbs of a repository about its events."""

from __future__ import annotations

from typing import Any

from ecrops.errors import SpecError
from ecrops.events.kinds import EventKinds, RuleOptions
from ecrops.handle import Handle
from ecrops.plan import Plan


class EventVerbs(Handle, EventKinds[Plan]):
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
