"""Findings about lifecycle policies: rules that ECR accepts, and that probably do not do what was meant. Pure.

Called by users (``lint``), and by ``warnings``, which knows the images too. Most findings come from three surprises:
an image must match **every** entry of a list of tags; an image that a rule keeps is kept from all later rules; and
``any`` selects every image, tagged or not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from ecrops.base.problems import check_codes
from ecrops.base.shown import ShownTuple
from ecrops.images.tag_patterns import Segments, is_within, misfit
from ecrops.lifecycle.linting.findings import CODES, Finding
from ecrops.lifecycle.policy.checks import COUNT, PUSHED
from ecrops.lifecycle.simulation.compiled import Action, CompiledRule, LifecyclePolicy, compile_rules, rules_of


def lint(policy: LifecyclePolicy, *, ignore: Collection[str] = ()) -> tuple[Finding, ...]:
    """Return what in a lifecycle policy is probably not meant, whatever images there are.

    Args:
        policy: ``LifecycleRule``s or rules in ECR's JSON form, a whole document, or its text, as a string or as bytes.
        ignore: Codes of findings that somebody has seen and accepted. They are left out.

    Raises:
        SpecError: ECR would refuse the policy; ecrops does not know what one of its rules does; ``ignore`` names no
            code of a finding.

    Example:
        >>> from ecrops import LifecycleRule
        >>> [finding.code for finding in lint([LifecycleRule(tag_prefix_list=["a", "b"], max_image_count=5)])]
        ['all-of']
    """
    ignored = check_codes(ignore, CODES)
    rules = compile_rules(rules_of(policy))
    found = (
        *_covered(rules),
        *(finding for rule in rules for finding in about_tags(rule)),
        *any_by_age(rules),
        *_tagged_never_expire(rules),
    )
    return ShownTuple(finding for finding in found if finding.code not in ignored)


def _covered(rules: Sequence[CompiledRule]) -> Iterator[Finding]:
    """Yield the rules that never act, because an earlier rule selects every image that they can select."""
    for index, rule in enumerate(rules):
        for earlier in rules[:index]:
            if earlier.storage == rule.storage and _covers(earlier, rule):
                yield never_acts(rule, f"{earlier} sees all its images first")
                break


def _covers(earlier: CompiledRule, later: CompiledRule) -> bool:
    """Whether a rule selects every image of its storage class that another one can select."""
    if earlier.status == "any":
        return True
    return earlier.status == later.status and all(
        any(is_within(narrow, wide) for narrow in later.patterns) for wide in earlier.patterns
    )


def never_acts(rule: CompiledRule, reason: str) -> Finding:
    """Return that a rule never acts, for a reason."""
    advice = "an image that a rule sees, even to keep it, is out of reach of all later rules"
    return Finding("never-acts", rule.priority, f"{rule} never acts: {reason}; {advice}")


def about_tags(rule: CompiledRule) -> Iterator[Finding]:
    """Yield what is probably not meant in the tags of a rule: patterns that no tag can fit, or several at once."""
    reasons = dict.fromkeys(
        f"{_text(pattern)!r} fits no tag: {why}" for pattern in rule.patterns if (why := misfit(pattern))
    )
    if reasons:
        yield Finding("impossible-tag", rule.priority, f"{rule} never selects an image: {' and '.join(reasons)}")
        return
    patterns = list(dict.fromkeys(rule.patterns))
    needed = [pattern for pattern in patterns if not _is_implied(pattern, patterns)]
    if len(patterns) > 1:
        yield _all_of(rule, needed, [pattern for pattern in patterns if pattern not in needed])


def is_nested(rule: CompiledRule) -> bool:
    """Whether one entry of a list of tags makes another one superfluous, such as ``v1*`` and ``v*``."""
    return any(_is_implied(pattern, rule.patterns) for pattern in rule.patterns)


def _all_of(rule: CompiledRule, needed: Sequence[Segments], implied: Sequence[Segments]) -> Finding:
    """Return that the images of a rule must match several patterns at once."""
    names = ", ".join(map(_text, needed))
    which = f"tags for all of {names}" if len(needed) > 1 else f"a tag for {names}"
    adds = f", to which {', '.join(map(_text, implied))} adds nothing" if implied else ""
    way_out = "for images that have one of them, give each a rule of its own"
    return Finding("all-of", rule.priority, f"{rule} selects only images that have {which}{adds}; {way_out}")


def _is_implied(pattern: Segments, patterns: Sequence[Segments]) -> bool:
    """Whether another pattern, a narrower one, makes a pattern superfluous."""
    return any(is_within(other, pattern) for other in patterns if other != pattern and not is_within(pattern, other))


def _text(pattern: Segments) -> str:
    return "*".join(pattern)


def any_by_age(rules: Sequence[CompiledRule]) -> Iterator[Finding]:
    """Yield ``any`` rules by age after rules by count: together they keep and remove what people do not expect."""
    for index, rule in enumerate(rules):
        counting = [earlier for earlier in rules[:index] if earlier.kind == COUNT and earlier.storage == rule.storage]
        if rule.status == "any" and rule.kind == PUSHED and counting:
            yield Finding(
                "any-by-age",
                rule.priority,
                f"{rule} takes every image that no earlier rule sees, even the last one; and it takes none that "
                f"{' and '.join(map(str, counting))} keeps, however old",
            )


def _tagged_never_expire(rules: Sequence[CompiledRule]) -> Iterator[Finding]:
    """Yield that no rule ever expires a tagged image. Rules for archived images count if another rule archives some."""
    about_tagged = [rule for rule in rules if rule.status != "untagged"]
    archives = any(rule.action is Action.ARCHIVE for rule in about_tagged)
    expiring = (rule for rule in about_tagged if rule.action is Action.EXPIRE)
    if rules and not any(archives or rule.storage == "standard" for rule in expiring):
        yield Finding(
            "tagged-never-expire",
            None,
            "no rule ever expires a tagged image: they stay for good, and are paid for; an 'any' rule, such as "
            "max_image_count=1000, limits them",
        )
