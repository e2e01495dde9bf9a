"""Why an image stays or goes, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from ecrops.images.image import Image
from ecrops.lifecycle.policy.checks import COUNT, PULLED, PUSHED
from ecrops.lifecycle.simulation.compiled import Action, CompiledRule, Segments, compile_rules
from ecrops.lifecycle.simulation.decide import decide, newest_first
from ecrops.lifecycle.simulation.matching import fits
from ecrops.lifecycle.simulation.verdicts import Evaluation, Verdict

_DONE = {Action.KEEP: "kept", Action.EXPIRE: "expired", Action.ARCHIVE: "archived"}
_DOES = {Action.EXPIRE: "expires it", Action.ARCHIVE: "archives it"}
_WOULD = {Action.EXPIRE: "would expire it", Action.ARCHIVE: "would archive it"}


def explain(found: Evaluation, verdict: Verdict) -> str:
    """A line for the image, a line for each rule, and one for what ECR does otherwise than the rules say."""
    image = verdict.image
    tags = ", ".join(image.tags) or "untagged"
    head = f"{image.digest} ({tags}), pushed {_ago(image.pushed_at, found.now)}: {_DONE[verdict.action]}"
    if found.previewed:
        return f"{head}\n  {verdict.reason}"
    lines = [head, *(f"  {line}" for line in _lines(found, verdict))]
    if verdict.marked is not verdict.action:
        lines.append(f"  {verdict.reason}")
    return "\n".join(lines)


def _lines(found: Evaluation, verdict: Verdict) -> Iterator[str]:
    clauses = compile_rules(found.rules)
    images = newest_first(each.image for each in found.verdicts)
    place = next(place for place, image in enumerate(images) if image.digest == verdict.image.digest)
    image = images[place]
    if image.subject is not None and not found.count_referrers:
        yield f"no rule sees it: it is about another image, {image.subject}"
        return
    selected = decide(clauses, images, found.now, found.count_referrers).selected
    decider = ""
    for clause, places in zip(clauses, selected, strict=True):
        if place not in places:
            yield f"{clause} does not select it: {_why_not(clause, image)}"
            continue
        acts = place in clause.due(images, places, found.now)
        fact = _fact(clause, images, places, place, found.now)
        if not decider:
            yield f"{clause} selects it first and {_DOES[clause.action] if acts else 'keeps it'}: {fact}"
            decider = f"rule {clause.priority}"
        else:
            would = _WOULD[clause.action] if acts else "would keep it"
            yield f"{clause} selects it too and {would} ({fact}), but {decider} has decided"
    if not decider:
        yield "no rule selects it: it stays"


def _fact(clause: CompiledRule, images: Sequence[Image], places: Sequence[int], place: int, now: datetime) -> str:
    image = images[place]
    if clause.kind == COUNT:
        return f"number {places.index(place) + 1} of {len(places)}, the newest {clause.number} stay"
    if clause.kind == PUSHED:
        what = "restored" if image.activated_at else "pushed"
        return f"{what} {_ago(image.ordered_at, now)}"
    if clause.kind == PULLED:
        return f"last used {_ago(image.used_at, now)}"
    return f"archived {_ago(image.archived_at, now)}" if image.archived_at else "nobody knows when it was archived"


def _why_not(clause: CompiledRule, image: Image) -> str:
    if clause.storage != image.storage_class:
        return f"it is in {image.storage_class} storage"
    if clause.status == "untagged":
        return "it has tags"
    if not image.tags:
        return "it has no tags"
    missing = [entry for entry in clause.entries if not any(fits(tag, entry) for tag in image.tags)]
    return f"none of its tags is {' and none is '.join(map(spelled, missing))}"


def spelled(pieces: Segments) -> str:
    """An entry of a list of tags as a pattern."""
    return "*".join(pieces)


def _ago(moment: datetime, now: datetime) -> str:
    days = (now - moment).total_seconds() / 86_400
    if days < 0:
        return f"{moment:%Y-%m-%d}, in the future"
    return f"{moment:%Y-%m-%d}, {f'{days:.1f}'.removesuffix('.0')} days ago"
