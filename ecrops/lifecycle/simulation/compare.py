"""Two simulations of the same images side by side. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

from ecrops.base.render import table, text_size
from ecrops.images.image import Image
from ecrops.lifecycle.simulation.compiled import Action, LifecyclePolicy
from ecrops.lifecycle.simulation.result import MOST_ROWS, Simulation
from ecrops.lifecycle.simulation.simulate import simulate
from ecrops.lifecycle.simulation.verdicts import Verdict, size

Fate = tuple[Action, int | None]


@dataclass(frozen=True, slots=True)
class Difference:
    """An image that two simulations judge differently."""

    image: Image
    before: Verdict
    after: Verdict

    def __str__(self) -> str:
        return f"{self.image.name}: {_said(self.before)} -> {_said(self.after)}"

    def to_dict(self) -> dict[str, Any]:
        """Both verdicts, ready for JSON."""
        return {"digest": self.image.digest, "before": self.before.to_dict(), "after": self.after.to_dict()}


@dataclass(frozen=True, slots=True)
class Comparison:
    """The images that two simulations judge differently, oldest first: iterable, and false when there are none.

    Args:
        before: One simulation.
        after: The other.
        differences: What they judge differently.
    """

    before: Simulation
    after: Simulation
    differences: tuple[Difference, ...]

    def __iter__(self) -> Iterator[Difference]:
        return iter(self.differences)

    def __len__(self) -> int:
        return len(self.differences)

    @property
    def expired(self) -> tuple[Verdict, ...]:
        """Images that are deleted by the second and were not by the first."""
        return tuple(each.after for each in self if each.after.action is Action.EXPIRE is not each.before.action)

    @property
    def spared(self) -> tuple[Verdict, ...]:
        """Images that were deleted by the first and are not by the second."""
        return tuple(each.after for each in self if each.before.action is Action.EXPIRE is not each.after.action)

    @property
    def summary(self) -> str:
        """How many images change their fate, such as ``12 differ: 10 more expire, 3.1 GB; 2 are spared, 0.4 GB``."""
        if not self.differences:
            return "no image differs"
        more, less = self.expired, self.spared
        said = [f"{len(more)} more expire, {text_size(size(more))}"] if more else []
        said += [f"{len(less)} spared, {text_size(size(less))}"] if less else []
        return f"{len(self)} of {len(self.after.verdicts)} differ{': ' if said else ''}{'; '.join(said)}"

    def __str__(self) -> str:
        lines = [f"  {difference}" for difference in self.differences[:MOST_ROWS]]
        lines += [f"  and {len(self) - MOST_ROWS:,} more"] if len(self) > MOST_ROWS else []
        return "\n".join([self.summary, *lines])

    def _repr_html_(self) -> str:
        rows = [(each.image.name, _said(each.before), _said(each.after)) for each in self.differences[:MOST_ROWS]]
        return f"<p>{escape(self.summary)}</p>{table(('image', 'before', 'after'), rows, len(self))}"

    def to_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON."""
        return {"summary": self.summary, "differences": [difference.to_dict() for difference in self]}


def compare(
    old: LifecyclePolicy,
    new: LifecyclePolicy,
    images: Iterable[Image],
    *,
    now: datetime | None = None,
    count_referrers: bool = False,
) -> Comparison:
    """Which images change their fate between two policies, at one moment. Calls nothing.

    Args:
        old: A policy, as for ``simulate``; ``()`` for none.
        new: Another.
        images: All images of one repository.
        now: The moment to evaluate both at; the present without it.
        count_referrers: As for ``simulate``.

    Raises:
        SpecError: As for ``simulate``.
    """
    known, moment = list(images), now or datetime.now(UTC)
    before, after = (simulate(policy, known, now=moment, count_referrers=count_referrers) for policy in (old, new))
    return comparison(before, after, lambda verdict: (verdict.action, None))


def comparison(before: Simulation, after: Simulation, fate: Callable[[Verdict], Fate]) -> Comparison:
    """The images of both whose fates are not the same."""
    others = {verdict.image.digest: verdict for verdict in before.verdicts}
    pairs = [(others[verdict.image.digest], verdict) for verdict in after.verdicts if verdict.image.digest in others]
    differences = (Difference(new.image, old, new) for old, new in pairs if fate(old) != fate(new))
    return Comparison(before, after, tuple(differences))


def marked_by(verdict: Verdict) -> Fate:
    """What the rules say of an image, before indexes and subjects come into it."""
    return verdict.marked, None if verdict.marked is Action.KEEP else verdict.rule_priority


def _said(verdict: Verdict) -> str:
    rule = "" if verdict.rule_priority is None else f" by rule {verdict.rule_priority}"
    return f"{verdict.action}{rule}"
