"""A lifecycle policy tried on images: a verdict for each image, in words, and the numbers of each rule. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from ecrops.errors import SpecError
from ecrops.images.image import Image, aware
from ecrops.lifecycle.policy.checks import EcrRule
from ecrops.lifecycle.simulation.compiled import Action, CompiledRule, LifecyclePolicy, compile_rules, rules_of
from ecrops.lifecycle.simulation.decide import UNSEEN, Outcome, decide, newest_first
from ecrops.lifecycle.simulation.result import Simulation
from ecrops.lifecycle.simulation.verdicts import Tally, Verdict


def simulate(
    policy: LifecyclePolicy, images: Iterable[Image], *, now: datetime | None = None, count_referrers: bool = False
) -> Simulation:
    """What a lifecycle policy would do to images, and why. Calls nothing.

    Args:
        policy: ``LifecycleRule``s or rules in ECR's JSON form, a whole document, or its text.
        images: All images of one repository, from ``Repository.images`` or of your own.
        now: The moment to evaluate it at; the present without it.
        count_referrers: Whether rules see artifacts that are about another image (signatures, SBOMs). ECR does not
            document it; without it they only follow the image that they are about.

    Raises:
        SpecError: ECR would refuse the policy; ecrops does not know what a rule of it does; two images have one
            digest; ``now`` has no time zone.

    Example:
        >>> from datetime import UTC, datetime
        >>> from ecrops import LifecycleRule
        >>> images = [Image(f"sha256:{day}", [f"v{day}"], datetime(2026, 1, day, tzinfo=UTC)) for day in (1, 2, 3)]
        >>> [verdict.image.name for verdict in simulate([LifecycleRule(max_image_count=2)], images).expired]
        ['v1']
    """
    return evaluate(rules_of(policy), images, now, count_referrers)


def evaluate(
    rules: Sequence[EcrRule], images: Iterable[Image], now: datetime | None = None, count_referrers: bool = False
) -> Simulation:
    """The same for canonical rules, which ECR has accepted."""
    clauses = compile_rules(rules)
    moment = aware(now) if now else datetime.now(UTC)
    shelf = newest_first(_checked(images))
    _refuse_twins(shelf)
    outcome = decide(clauses, shelf, moment, count_referrers)
    verdicts = tuple(_verdicts(clauses, shelf, outcome))[::-1]
    return Simulation(tuple(rules), moment, verdicts, tuple(_tallies(clauses, shelf, outcome)), count_referrers)


def _checked(images: Iterable[Image]) -> Iterator[Image]:
    for image in images:
        if not isinstance(image, Image):
            raise SpecError(f"expected images, such as those of Repository.images, got {image!r}")
        yield image


def _refuse_twins(images: Sequence[Image]) -> None:
    seen: set[str] = set()
    for image in images:
        if image.digest in seen:
            raise SpecError(f"two images have the digest {image.digest}: give each image once, with all its tags")
        seen.add(image.digest)


def _verdicts(clauses: Sequence[CompiledRule], images: Sequence[Image], outcome: Outcome) -> Iterator[Verdict]:
    told = {action: [f"{clause} {_DOES[action]} it" for clause in clauses] for action in Action}
    for place, image in enumerate(images):
        rule, marked = outcome.first[place], outcome.marked[place]
        reason = told[marked][rule] if rule != UNSEEN else "no rule selects it"
        action = outcome.actions[place]
        if action is not marked:
            reason = f"{reason}, but {_PART}" if place in outcome.blocked else f"{_FOLLOWS} {image.subject}"
        priority = None if rule == UNSEEN else clauses[rule].priority
        yield Verdict(image, action, priority, reason, marked)


_DOES = {Action.KEEP: "keeps", Action.EXPIRE: "expires", Action.ARCHIVE: "archives"}
_PART = "an index that stays refers to it: ECR fails on it at each run"
_FOLLOWS = "it goes, within 24 hours, after the image that it is about:"


def _tallies(clauses: Sequence[CompiledRule], images: Sequence[Image], outcome: Outcome) -> Iterator[Tally]:
    for rule, clause in enumerate(clauses):
        decided = [place for place in outcome.selected[rule] if outcome.first[place] == rule]
        acting = (place for place in decided if outcome.actions[place] is not Action.KEEP)
        acted = [place for place in acting if place not in outcome.followed]
        yield Tally(
            clause.priority,
            clause.words,
            clause.action,
            len(acted),
            sum(images[place].size for place in acted),
            len(outcome.selected[rule]),
            len(decided),
        )
