"""Simulating a lifecycle policy: a verdict for each image, in words, and the numbers of each rule. Pure.

Called by users (``simulate``), by the verbs, and by the guard (``evaluate``). ``decide`` makes the decisions; this
module checks what goes in, and puts what comes out into words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from ecrops.errors import SpecError
from ecrops.images.image import Image, aware
from ecrops.lifecycle.policy.checks import EcrRule
from ecrops.lifecycle.simulation.compiled import Action, CompiledRule, LifecyclePolicy, compile_rules, rules_of
from ecrops.lifecycle.simulation.decide import NO_RULE, Outcome, decide, newest_first
from ecrops.lifecycle.simulation.result import Simulation
from ecrops.lifecycle.simulation.verdicts import Tally, Verdict

_VERBS = {Action.KEEP: "keeps", Action.EXPIRE: "expires", Action.ARCHIVE: "archives"}
_BLOCKED = "an index that stays refers to it: ECR fails on it at each run"
_FOLLOWS = "it goes, within 24 hours, after the image that it is about:"


def simulate(
    policy: LifecyclePolicy, images: Iterable[Image], *, now: datetime | None = None, count_referrers: bool = False
) -> Simulation:
    """Return what a lifecycle policy would do to images, and why. Calls nothing.

    Args:
        policy: ``LifecycleRule``s or rules in ECR's JSON form, a whole document, or its text.
        images: All images of one repository, from ``Repository.images`` or of your own.
        now: The moment of the evaluation; the present without it.
        count_referrers: Whether rules select artifacts that are about another image (signatures, SBOMs). ECR does not
            document it; without it, artifacts only follow the image that they are about.

    Raises:
        SpecError: ECR would refuse the policy; ecrops does not know what one of its rules does; two images have one
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
    """Simulate canonical rules, which ECR has accepted or would accept. For the arguments see ``simulate``."""
    compiled = compile_rules(rules)
    moment = aware(now) if now else datetime.now(UTC)
    ordered = newest_first(_checked(images))
    _refuse_twins(ordered)
    outcome = decide(compiled, ordered, moment, count_referrers)
    verdicts = tuple(_verdicts(compiled, ordered, outcome))[::-1]
    return Simulation(tuple(rules), moment, verdicts, tuple(_tallies(compiled, ordered, outcome)), count_referrers)


def _checked(images: Iterable[Image]) -> Iterator[Image]:
    for image in images:
        if not isinstance(image, Image):
            raise SpecError(f"expected images, such as those of Repository.images, got {image!r}")
        yield image


def _refuse_twins(images: Sequence[Image]) -> None:
    digests: set[str] = set()
    for image in images:
        if image.digest in digests:
            raise SpecError(f"two images have the digest {image.digest}: give each image once, with all its tags")
        digests.add(image.digest)


def _verdicts(rules: Sequence[CompiledRule], images: Sequence[Image], outcome: Outcome) -> Iterator[Verdict]:
    # the reasons are made once for each rule, not once for each image
    reasons = {action: [f"{rule} {_VERBS[action]} it" for rule in rules] for action in Action}
    for position, image in enumerate(images):
        decider, marked = outcome.deciders[position], outcome.marked[position]
        reason = reasons[marked][decider] if decider != NO_RULE else "no rule selects it"
        action = outcome.actions[position]
        if action is not marked:
            reason = f"{reason}, but {_BLOCKED}" if position in outcome.blocked else f"{_FOLLOWS} {image.subject}"
        priority = None if decider == NO_RULE else rules[decider].priority
        yield Verdict(image, action, priority, reason, marked)


def _tallies(rules: Sequence[CompiledRule], images: Sequence[Image], outcome: Outcome) -> Iterator[Tally]:
    for index, rule in enumerate(rules):
        decided = [position for position in outcome.selected[index] if outcome.deciders[position] == index]
        removed = (position for position in decided if outcome.actions[position] is not Action.KEEP)
        acted_on = [position for position in removed if position not in outcome.followed]
        yield Tally(
            rule_priority=rule.priority,
            words=rule.words,
            action=rule.action,
            acts_on=len(acted_on),
            bytes=sum(images[position].size for position in acted_on),
            selects=len(outcome.selected[index]),
            decides=len(decided),
        )
