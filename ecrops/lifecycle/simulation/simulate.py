"""Simulating a lifecycle policy: a verdict for each image, in words, and the numbers of each rule. Pure.

Called by users (``simulate``), by the verbs, and by the guard (``evaluate``). ``decide`` makes the decisions; this
module checks what goes in, and puts what comes out into words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from operator import eq
from typing import overload

from ecrops.errors import SpecError
from ecrops.images.image import Image, aware
from ecrops.images.usage.values import Protected, checked
from ecrops.lifecycle.policy.checks import EcrRule
from ecrops.lifecycle.simulation.compiled import Action, CompiledRule, LifecyclePolicy, compile_rules, rules_of
from ecrops.lifecycle.simulation.decide import NO_RULE, Outcome, decide, newest_first
from ecrops.lifecycle.simulation.result import Simulation
from ecrops.lifecycle.simulation.staying import staying
from ecrops.lifecycle.simulation.verdicts import Tally, Verdict

_VERBS = {Action.KEEP: "keeps", Action.EXPIRE: "expires", Action.ARCHIVE: "archives"}
DIGESTS = 300_000
"""About so many digests are in memory at a time, in a set of 16 MB."""
_BLOCKED = "an index that stays refers to it: ECR fails on it at each run"
_FOLLOWS = "it goes, within 24 hours, after the image that it is about:"


def simulate(
    policy: LifecyclePolicy,
    images: Iterable[Image],
    *,
    now: datetime | None = None,
    count_referrers: bool = False,
    never: Protected = (),
) -> Simulation:
    """Return what a lifecycle policy would do to images, and why. Calls nothing.

    Args:
        policy: ``LifecycleRule``s or rules in ECR's JSON form, a whole document, or its text.
        images: All images of one repository, from ``Repository.images`` or of your own.
        now: The moment of the evaluation; the present without it.
        count_referrers: Whether rules select artifacts that are about another image (signatures, SBOMs). ECR does not
            document it; without it, artifacts only follow the image that they are about.
        never: What must stay, as for ``Guard``: the simulation says which images the policy removes though they run.

    Raises:
        SpecError: ECR would refuse the policy; ecrops does not know what one of its rules does; two images have one
            digest; ``now`` has no time zone; or ``never`` has something that is no image.

    Example:
        >>> from datetime import UTC, datetime
        >>> from ecrops import LifecycleRule
        >>> images = [Image(f"sha256:{day}", [f"v{day}"], datetime(2026, 1, day, tzinfo=UTC)) for day in (1, 2, 3)]
        >>> [verdict.image.name for verdict in simulate([LifecycleRule(max_image_count=2)], images).expired]
        ['v1']
    """
    return evaluate(rules_of(policy), images, now, count_referrers, never)


def evaluate(
    rules: Sequence[EcrRule],
    images: Iterable[Image],
    now: datetime | None = None,
    count_referrers: bool = False,
    never: Protected = (),
    place: tuple[str | None, str | None] = (None, None),
) -> Simulation:
    """Simulate canonical rules, which ECR has accepted or would accept. For the other arguments see ``simulate``.

    Args:
        rules: The rules.
        images: All images of one repository.
        now: The moment of the evaluation.
        count_referrers: Whether rules select artifacts.
        never: What must stay.
        place: The name of the repository and the host of its registry, as far as they are known.
    """
    compiled = compile_rules(rules)
    entries = checked(never)
    moment = aware(now) if now else datetime.now(UTC)
    ordered = newest_first(_checked(images))
    _refuse_twins(ordered)
    outcome = decide(compiled, ordered, moment, count_referrers)
    tallies = tuple(_tallies(compiled, ordered, outcome))
    verdicts = Verdicts(compiled, ordered, replace(outcome, selected=()))
    simulation = Simulation(rules, moment, verdicts, tallies, count_referrers)
    if entries:
        simulation.staying = staying(entries, ordered, *place)
    return simulation


def _checked(images: Iterable[Image]) -> Iterator[Image]:
    for image in images:
        if not isinstance(image, Image):
            raise SpecError(f"expected images, such as those of Repository.images, got {image!r}")
        yield image


def _refuse_twins(images: Sequence[Image]) -> None:
    """Refuse two images with one digest. A part of the digests is compared at a time, so that few are in a set."""
    parts = 1 + len(images) // DIGESTS
    for part in range(parts):
        digests: set[str] = set()
        for image in images:
            digest = image.digest
            if parts > 1 and hash(digest) % parts != part:
                continue
            if digest in digests:
                raise SpecError(f"two images have the digest {digest}: give each image once, with all its tags")
            digests.add(digest)


class Verdicts(Sequence[Verdict]):
    """A verdict for each image, oldest first. Each is made when it is asked for: there may be a million.

    Args:
        rules: The rules of the policy, by priority.
        images: The images, newest first.
        outcome: What the policy does to them.
    """

    def __init__(self, rules: Sequence[CompiledRule], images: Sequence[Image], outcome: Outcome) -> None:
        self._images, self._outcome = images, outcome
        self._priorities = [rule.priority for rule in rules]
        # the reasons are made once for each rule, not once for each image
        self._reasons = {action: [f"{rule} {_VERBS[action]} it" for rule in rules] for action in Action}

    def __len__(self) -> int:
        return len(self._images)

    @overload
    def __getitem__(self, place: int) -> Verdict: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Verdict, ...]: ...
    def __getitem__(self, place: int | slice) -> Verdict | tuple[Verdict, ...]:
        positions = range(len(self) - 1, -1, -1)[place]
        return self._made(positions) if isinstance(positions, int) else tuple(map(self._made, positions))

    def __iter__(self) -> Iterator[Verdict]:
        return map(self._made, range(len(self) - 1, -1, -1))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(eq, self, other))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))

    def _made(self, position: int) -> Verdict:
        outcome, image = self._outcome, self._images[position]
        decider, marked, action = outcome.deciders[position], outcome.marked[position], outcome.actions[position]
        reason = self._reasons[marked][decider] if decider != NO_RULE else "no rule selects it"
        if action is not marked:
            reason = f"{reason}, but {_BLOCKED}" if position in outcome.blocked else f"{_FOLLOWS} {image.subject}"
        priority = None if decider == NO_RULE else self._priorities[decider]
        return Verdict(image, action, priority, reason, marked)


def _tallies(rules: Sequence[CompiledRule], images: Sequence[Image], outcome: Outcome) -> Iterator[Tally]:
    for index, rule in enumerate(rules):
        decides = acts_on = size = 0
        for position in outcome.selected[index]:
            if outcome.deciders[position] == index:
                decides += 1
                if outcome.actions[position] is not Action.KEEP and position not in outcome.followed:
                    acts_on += 1
                    size += images[position].size
        yield Tally(
            rule_priority=rule.priority,
            words=rule.words,
            action=rule.action,
            acts_on=acts_on,
            bytes=size,
            selects=len(outcome.selected[index]),
            decides=decides,
        )
