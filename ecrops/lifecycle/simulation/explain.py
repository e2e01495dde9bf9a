"""Why an image is kept, expired or archived, in words. Pure.

Called by ``Simulation.explain``. It runs the decider again, because a verdict names only the rule that decided. Of a
preview it repeats what ECR said, and derives nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ecrops.base.render import page
from ecrops.base.wildcards import fits
from ecrops.images.image import Image
from ecrops.lifecycle.policy.checks import COUNT, PULLED, PUSHED
from ecrops.lifecycle.simulation.compiled import Action, CompiledRule, compile_rules
from ecrops.lifecycle.simulation.decide import decide, newest_first
from ecrops.lifecycle.simulation.verdicts import Evaluation, Verdict

_PAST = {Action.KEEP: "kept", Action.EXPIRE: "expired", Action.ARCHIVE: "archived"}
_PRESENT = {Action.EXPIRE: "expires it", Action.ARCHIVE: "archives it"}
_CONDITIONAL = {Action.EXPIRE: "would expire it", Action.ARCHIVE: "would archive it"}


def explain(evaluation: Evaluation, verdict: Verdict) -> str:
    """Return a line for the image, a line for each rule, and one if ECR does not do what the rules say."""
    image = verdict.image
    tags = ", ".join(image.tags) or "untagged"
    head = f"{image.digest} ({tags}), pushed {_ago(image.pushed_at, evaluation.now)}: {_PAST[verdict.action]}"
    if evaluation.previewed:
        return page([head, f"  {verdict.reason}"])
    lines = [head, *(f"  {line}" for line in _lines(evaluation, verdict))]
    if verdict.marked is not verdict.action:
        lines.append(f"  {verdict.reason}")
    return page(lines)


def _lines(evaluation: Evaluation, verdict: Verdict) -> Iterator[str]:
    """Yield a line for each rule: whether it selects the image, and what it does to it."""
    rules, now = compile_rules(evaluation.rules), evaluation.now
    images = newest_first(verdict.image for verdict in evaluation.verdicts)
    position = next(position for position, image in enumerate(images) if image.digest == verdict.image.digest)
    image = images[position]
    if image.subject is not None and not evaluation.count_referrers:
        yield f"no rule sees it: it is about another image, {image.subject}"
        return
    selected = decide(rules, images, now, evaluation.count_referrers).selected
    decider = ""
    for rule, positions in zip(rules, selected, strict=True):
        if position not in positions:
            yield f"{rule} does not select it: {_why_not(rule, image)}"
            continue
        acts = position in rule.due(images, positions, now)
        fact = _fact(rule, image, positions.index(position) + 1, len(positions), now)
        if not decider:
            yield f"{rule} selects it first and {_PRESENT[rule.action] if acts else 'keeps it'}: {fact}"
            decider = f"rule {rule.priority}"
        else:
            effect = _CONDITIONAL[rule.action] if acts else "would keep it"
            yield f"{rule} selects it too and {effect} ({fact}), but {decider} has decided"
    if not decider:
        yield "no rule selects it: it stays"


def _fact(rule: CompiledRule, image: Image, number: int, total: int, now: datetime) -> str:
    """Return the fact that makes a rule keep an image, or act on it.

    Args:
        rule: The rule; it selects the image.
        image: The image.
        number: The number of the image among those that the rule selects; 1 is the newest.
        total: How many images the rule selects.
        now: The moment of the evaluation.
    """
    if rule.kind == COUNT:
        return f"number {number} of {total}, the newest {rule.number} stay"
    if rule.kind == PUSHED:
        return f"{'restored' if image.activated_at else 'pushed'} {_ago(image.ordered_at, now)}"
    if rule.kind == PULLED:
        return f"last used {_ago(image.used_at, now)}"
    return f"archived {_ago(image.archived_at, now)}" if image.archived_at else "when it was archived is not known"


def _why_not(rule: CompiledRule, image: Image) -> str:
    if rule.storage != image.storage_class:
        return f"it is in {image.storage_class} storage"
    if rule.status == "untagged":
        return "it has tags"
    if not image.tags:
        return "it has no tags"
    missing = [pattern for pattern in rule.patterns if not any(fits(tag, pattern) for tag in image.tags)]
    return f"none of its tags is {' and none is '.join('*'.join(pattern) for pattern in missing)}"


def _ago(moment: datetime, now: datetime) -> str:
    days = (now - moment).total_seconds() / 86_400
    if days < 0:
        return f"{moment:%Y-%m-%d}, in the future"
    return f"{moment:%Y-%m-%d}, {f'{days:.1f}'.removesuffix('.0')} days ago"
