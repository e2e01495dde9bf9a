"""What a lifecycle policy does to images: ECR's semantics, offline. Pure.

The sentences of the ECR user guide that this follows, from "Lifecycle policy evaluation rules":
https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html

- All rules are evaluated at the same time, whatever their priority; then they are applied by priority. So an image
  that an earlier rule expires still counts in a later one.
- An image is expired or archived by exactly one rule or by none: the first that sees it decides, and if that rule
  keeps it, no later one touches it.
- An image that a manifest list refers to cannot be expired or archived before the list is.

What the guide leaves open is decided as follows: of images pushed at one moment the one listed later is newer; a day
has 24 hours, and "older than" is strict; a restored image is as old as its restoration; a list that was archived
protects its images no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ecrops.errors import SpecError
from ecrops.lifecycle.checks import Rule
from ecrops.lifecycle.clauses import Action, Clause, Policy, clauses_of, rules_of
from ecrops.lifecycle.images import STANDARD, Image, aware
from ecrops.lifecycle.matching import Matcher
from ecrops.lifecycle.simulation import Simulation, Tally, Verdict

UNSEEN = -1


def simulate(
    policy: Policy, images: Iterable[Image], *, now: datetime | None = None, count_referrers: bool = False
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
    rules: Sequence[Rule], images: Iterable[Image], now: datetime | None = None, count_referrers: bool = False
) -> Simulation:
    """The same for canonical rules, which ECR has accepted."""
    clauses = clauses_of(rules)
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


def newest_first(images: Iterable[Image]) -> list[Image]:
    """The images in the order in which ECR counts them."""
    return sorted(images, key=lambda image: image.ordered_at)[::-1]


def _refuse_twins(images: Sequence[Image]) -> None:
    seen: set[str] = set()
    for image in images:
        if image.digest in seen:
            raise SpecError(f"two images have the digest {image.digest}: give each image once, with all its tags")
        seen.add(image.digest)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of images, each by its place.

    Args:
        selected: The places of the images that each rule selects.
        first: The rule that saw an image first, and decides.
        marked: What that rule does to it.
        blocked: Marked images that ECR cannot touch: an index that stays refers to them.
        followed: What becomes of the artifacts whose subject goes.
        actions: What becomes of each in the end.
    """

    selected: Sequence[Sequence[int]]
    first: Sequence[int]
    marked: Sequence[Action]
    blocked: set[int]
    followed: dict[int, Action]
    actions: Sequence[Action]


def decide(
    clauses: Sequence[Clause],
    images: Sequence[Image],
    now: datetime,
    count_referrers: bool,
    matcher: Matcher | None = None,
) -> Outcome:
    """Run the rules on images that are in order, newest first."""
    if matcher is None:
        matcher = Matcher(clauses)
        matcher.learn(images)
    selected: list[list[int]] = [[] for _ in clauses]
    first = [UNSEEN] * len(images)
    marked = [Action.KEEP] * len(images)
    for place, image in enumerate(images):
        if image.subject is None or count_referrers:
            rules = matcher.rules_of(image)
            for rule in rules:
                selected[rule].append(place)
            if rules:
                first[place] = rules[0]
    for rule, clause in enumerate(clauses):
        for place in clause.due(images, selected[rule], now):
            if first[place] == rule:
                marked[place] = clause.action
    blocked, followed = _settled(images, marked)
    actions = list(marked)
    for place, action in (*dict.fromkeys(blocked, Action.KEEP).items(), *followed.items()):
        actions[place] = action
    return Outcome(selected, first, marked, blocked, followed, actions)


def _settled(images: Sequence[Image], marked: Sequence[Action]) -> tuple[set[int], dict[int, Action]]:
    """What indexes hold, and what goes after its subject: an index may itself be one that goes, or is held."""
    blocked: set[int] = set()
    while True:
        followed = _followed(images, marked, blocked)
        going = list(marked)
        for place, action in followed.items():
            going[place] = action
        held = set(_blocked(images, going))
        if held <= blocked or not followed:
            return blocked | held, followed
        blocked |= held


def _blocked(images: Sequence[Image], marked: Sequence[Action]) -> Iterator[int]:
    """The parts that would go of indexes that stay, and of indexes that stay because of that."""
    parts: dict[str, list[int]] = {}
    for place, image in enumerate(images):
        for index in image.referenced_by:
            parts.setdefault(index, []).append(place)
    staying = [place for place, image in enumerate(images) if image.digest in parts and marked[place] is Action.KEEP]
    known: set[int] = set()
    while staying:
        stays = images[staying.pop()]
        for place in parts.get(stays.digest, ()) if stays.storage_class == STANDARD else ():
            if marked[place] is not Action.KEEP and place not in known:
                known.add(place)
                staying.append(place)
                yield place


def _followed(images: Sequence[Image], marked: Sequence[Action], blocked: set[int]) -> dict[int, Action]:
    """Artifacts go with their subject, and artifacts about those with them."""
    followers: dict[str, list[int]] = {}
    for place, image in enumerate(images):
        if image.subject is not None:
            followers.setdefault(image.subject, []).append(place)
    fates: dict[int, Action] = {}
    for action in (Action.EXPIRE, Action.ARCHIVE) if followers else ():
        todo = [place for place, does in enumerate(marked) if does is action and place not in blocked]
        while todo:
            for follower in followers.pop(images[todo.pop()].digest, ()):
                if follower not in blocked and _goes_after(images[follower], marked[follower], action):
                    fates[follower] = action
                    todo.append(follower)
    return fates


def _goes_after(image: Image, marked: Action, action: Action) -> bool:
    """Whether an artifact goes as its subject does, rather than as the rules say of itself."""
    if action is Action.EXPIRE:
        return marked is not Action.EXPIRE
    return marked is Action.KEEP and image.storage_class == STANDARD


def _verdicts(clauses: Sequence[Clause], images: Sequence[Image], outcome: Outcome) -> Iterator[Verdict]:
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


def _tallies(clauses: Sequence[Clause], images: Sequence[Image], outcome: Outcome) -> Iterator[Tally]:
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
