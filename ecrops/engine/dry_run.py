"""What a dry run would have made: current values in place of those that AWS has.

Called by ``account`` for every plan of a dry run. A plan after another one then shows the difference to what the first
one would have made. It calls nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

from ecrops.base.change import Change, Kind
from ecrops.engine.aspect import name_of
from ecrops.engine.plan import Plan
from ecrops.engine.reading import NONE, Goal, Readings, base_of


class DryRun:
    """What the plans of a dry run would have made.

    Attributes:
        values: The values by goal.
    """

    def __init__(self) -> None:
        self.values: dict[Goal, Any] = {}
        self._made: dict[Goal, Change] = {}

    def readings(self, goals: Iterable[Goal], known: Mapping[Goal, Any] = NONE) -> Readings:
        """Return what need not be read, because the dry run would have made it.

        Args:
            goals: What is to be read.
            known: Values that were read before.
        """
        readings = Readings(known)
        for goal in goals:
            base = base_of(goal)
            if base in self.values:
                readings[base] = self.values[base]
            if goal in self.values:
                readings[goal] = self.values[goal]
            elif base in self._made:
                readings[goal] = goal[0].after(self._made[base], None)  # a part of an owner that AWS does not have
        return readings

    def remember(self, plan: Plan, current: Mapping[Goal, Any]) -> None:
        """Remember the values that a plan would make. A plan with conflicts makes none.

        Args:
            plan: The plan.
            current: The values that it was made from.
        """
        if plan.conflicts:
            return
        by_goal: dict[tuple[str, str], list[Change]] = {}
        for change in plan:
            by_goal.setdefault((change.aspect, change.owner), []).append(change)
        for (aspect, key), value in current.items():
            if changes := by_goal.get((name_of(aspect), key)):
                after = reduce(lambda before, change: aspect.after(change, before), changes, value)
                self.values[aspect, key] = after
                if (value is None) != (after is None):
                    self._remember_owner((aspect, key), changes[-1])

    def _remember_owner(self, goal: Goal, change: Change) -> None:
        """Forget the parts of an owner that would be removed, or that would be made anew."""
        self._made.pop(goal, None)
        if change.kind is Kind.CREATE:
            self._made[goal] = change
        for part in [part for part in self.values if base_of(part) == goal]:
            del self.values[part]
