"""Findings about a lifecycle policy that was evaluated on images. Pure.

Called by ``Simulation.warnings``. ``lint`` has the findings that need no images; here they are told only where the
images show them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from ecrops.base.problems import nearest
from ecrops.base.wildcards import fits
from ecrops.images.image import Image
from ecrops.images.relations import is_index
from ecrops.lifecycle.linting.findings import Finding
from ecrops.lifecycle.linting.lint import about_tags, any_by_age, is_nested, never_acts
from ecrops.lifecycle.simulation.compiled import Action, CompiledRule, compile_rules
from ecrops.lifecycle.simulation.verdicts import Evaluation

MAX_COMPARED = 1000
"""How many starts of tags a misspelt one is compared with."""


def warnings(evaluation: Evaluation) -> Iterator[Finding]:
    """Yield what is probably not meant in a policy that was simulated on images. A preview of ECR says too little."""
    if any(tally.selects is None for tally in evaluation.by_rule.values()):
        return
    rules = compile_rules(evaluation.rules)
    yield from _without_images(evaluation, rules)
    for rule in rules:
        yield from _selecting_few(evaluation, rule)
    yield from any_by_age(rules)
    yield from _parts(evaluation)
    yield from _unknown_parts(evaluation)


def _without_images(evaluation: Evaluation, rules: Sequence[CompiledRule]) -> Iterator[Finding]:
    """Yield the rules that select images, but decide about none: earlier rules select all of them."""
    for rule in rules:
        tally = evaluation.by_rule[rule.priority]
        if tally.selects and tally.decides == 0:
            yield never_acts(rule, f"earlier rules see all {tally.selects} of its images first")


def _selecting_few(evaluation: Evaluation, rule: CompiledRule) -> Iterator[Finding]:
    """Yield that a rule selects no image, or not all that have a tag of its list, and why."""
    selects = evaluation.by_rule[rule.priority].selects
    images = [verdict.image for verdict in evaluation.verdicts if verdict.image.storage_class == rule.storage]
    if not selects and images:
        yield next(about_tags(rule), None) or _selects_none(rule, images)
    elif is_nested(rule) and any(not _is_selected(rule, image) for image in images if _has_one(rule, image)):
        yield from about_tags(rule)


def _has_one(rule: CompiledRule, image: Image) -> bool:
    return any(fits(tag, pattern) for tag in image.tags for pattern in rule.patterns)


def _is_selected(rule: CompiledRule, image: Image) -> bool:
    return all(any(fits(tag, pattern) for tag in image.tags) for pattern in rule.patterns)


def _selects_none(rule: CompiledRule, images: Sequence[Image]) -> Finding:
    total = "the only image" if len(images) == 1 else f"the {len(images):,} images"
    if rule.status == "untagged":
        return Finding("selects-none", rule.priority, f"{rule} selects none of {total}: none is untagged")
    tags = Counter(tag for image in images for tag in image.tags)
    found = [(pattern, _suggested(pattern[0], tags)) for pattern in rule.patterns]
    ways_out = [f"; did you mean {near!r}?" for pattern, near in found if near and near != "*".join(pattern)]
    return Finding("selects-none", rule.priority, f"{rule} selects none of {total}{''.join(ways_out[:1])}")


def _suggested(start: str, tags: Collection[str]) -> str:
    """Return the pattern that is nearest to a start of tags, and that some tag fits; empty if none is near."""
    if not start:
        return ""
    starts = dict.fromkeys(tag[: len(start)] for tag in tags)
    if same := next((other for other in starts if other.lower() == start.lower()), ""):
        return f"{same}*"
    if any(start in tag for tag in tags):
        return f"*{start}*"
    near = nearest(start, list(starts)[:MAX_COMPARED])
    return f"{near}*" if near else ""


def _parts(evaluation: Evaluation) -> Iterator[Finding]:
    """Yield the rules that mark parts of indexes that stay: ECR tries to delete the parts at each run, and fails."""
    blocked = Counter(
        verdict.rule_priority
        for verdict in evaluation.kept
        if verdict.marked is not verdict.action and verdict.rule_priority is not None
    )
    for priority, number in blocked.items():
        parts = "1 image that is a part" if number == 1 else f"{number} images that are parts"
        yield Finding(
            "part-of-index",
            priority,
            f"rule {priority} marks {parts} of an index that stays: ECR keeps what is a part, and reports a failure "
            "at each run",
        )


def _unknown_parts(evaluation: Evaluation) -> Iterator[Finding]:
    """Yield that untagged images are marked while indexes stay, if the parts of the indexes were not read."""
    if any(verdict.image.referenced_by for verdict in evaluation.verdicts):
        return
    indexes = [verdict for verdict in evaluation.kept if is_index(verdict.image)]
    untagged = [
        verdict for verdict in evaluation.verdicts if not verdict.image.tags and verdict.marked is not Action.KEEP
    ]
    if indexes and untagged and (priority := untagged[0].rule_priority) is not None:
        yield Finding(
            "unknown-parts",
            priority,
            f"{len(untagged)} untagged images are marked, and {len(indexes)} indexes stay: what is a part of one stays "
            "too; references=True tells which",
        )
