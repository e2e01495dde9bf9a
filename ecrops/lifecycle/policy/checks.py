"""What ECR refuses in a lifecycle policy, found before the call, with advice. Pure.

Called by ``document`` and by ``LifecycleRule``, with rules in ECR's own JSON form. A key or a count type that is newer
than ecrops passes: only ECR can check it. One that looks like a misspelling of a known one is refused. The checks are
those of the ECR user guide, "Lifecycle policy properties":
https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ecrops.base.problems import is_whole, nearest
from ecrops.lifecycle.policy.misspelt import ACTION_LIKENESS, meant, suggestion

EcrRule = Mapping[str, Any]
"""A lifecycle rule in ECR's own JSON form."""
Problem = tuple[str, str]
"""The path of a key in a rule, and what is wrong with it."""

COUNT = "imageCountMoreThan"
PUSHED = "sinceImagePushed"
PULLED = "sinceImagePulled"
TRANSITIONED = "sinceImageTransitioned"
COUNT_TYPES = (COUNT, PUSHED, PULLED, TRANSITIONED)

KNOWN_KEYS: Mapping[str, Sequence[str]] = {
    "": ("rulePriority", "description", "selection", "action"),
    "selection": (
        "tagStatus", "tagPrefixList", "tagPatternList", "storageClass", "countType", "countUnit", "countNumber"
    ),
    "action": ("type", "targetStorageClass"),
}  # fmt: skip
REQUIRED = {"": ("selection", "action"), "selection": ("tagStatus", "countType", "countNumber"), "action": ("type",)}

MAX_RULES = 50
MAX_CHARACTERS = 30_720
MIN_CHARACTERS = 100
MAX_WILDCARDS = 4
ARCHIVE_DAYS = 90


def rule_problems(rule: EcrRule) -> Iterator[Problem]:
    """Yield what is wrong with one rule by itself."""
    selection, action = rule.get("selection"), rule.get("action")
    if not isinstance(selection, Mapping) or not isinstance(action, Mapping):
        yield "", "a rule in ECR's JSON form has a 'selection' and an 'action', each an object"
        yield from _misspelled("", rule)
        return
    yield from (*_misspelled("selection.", selection), *_misspelled("action.", action))
    parts = {"": rule, "selection.": selection, "action.": action}
    for prefix, part in parts.items():
        yield from ((prefix + key, "is null: leave the key out") for key, value in part.items() if value is None)
    yield from tag_problems(selection)
    yield from _count_problems(selection)
    yield from _action_problems(selection, action)
    priority = rule.get("rulePriority", 1)
    if not is_whole(priority) or priority < 1:
        yield "rulePriority", f"expected a whole number of at least 1, got {priority!r}"


def _misspelled(prefix: str, part: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield keys that look like a misspelling of a required key that is missing.

    Other unknown keys pass: ECR may be newer than ecrops.
    """
    place = prefix.removesuffix(".")
    missing = [key for key in REQUIRED[place] if key not in part]
    for key in part if missing else ():
        if key not in KNOWN_KEYS[place] and (close := nearest(str(key), missing)):
            yield f"{prefix}{key}", f"unknown key; did you mean {close}?"


def policy_problems(rules: Sequence[EcrRule]) -> Iterator[str]:
    """Yield what is wrong with the rules of a policy together. Each rule by itself is right, and has a priority."""
    if len(rules) > MAX_RULES:
        yield f"a policy has at most {MAX_RULES} rules, this one has {len(rules)}"
    for priority, times in Counter(str(rule.get("rulePriority")) for rule in rules).items():
        if times > 1:
            yield f"{times} rules have the priority {priority}: give each its own, or none to be numbered"
    for storage in dict.fromkeys(storage_class(rule) for rule in rules):
        yield from _class_problems(storage, [rule for rule in rules if storage_class(rule) == storage])


def text_problems(text: str) -> Iterator[str]:
    """Yield what is wrong with the length of the text of a policy."""
    if not MIN_CHARACTERS <= len(text) <= MAX_CHARACTERS:
        yield (
            f"a policy has {MIN_CHARACTERS} to {MAX_CHARACTERS:,} characters, this one has {len(text):,}: "
            "shorten the descriptions, or merge rules"
        )


def part_of(rule: EcrRule, name: str) -> Mapping[str, Any]:
    """Return the ``selection`` or the ``action`` of a rule; empty if it has none."""
    part = rule.get(name)
    return part if isinstance(part, Mapping) else {}


def storage_class(rule: EcrRule) -> str:
    """Return the storage class whose images a rule selects."""
    return str(part_of(rule, "selection").get("storageClass", "standard"))


def tag_status(rule: EcrRule) -> str:
    """Return which images a rule selects: ``tagged``, ``untagged`` or ``any``."""
    return str(part_of(rule, "selection").get("tagStatus"))


def tag_problems(selection: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with the tags that a rule selects."""
    status = selection.get("tagStatus")
    lists = {key: selection[key] for key in ("tagPrefixList", "tagPatternList") if key in selection}
    if status not in ("tagged", "untagged", "any"):
        way_out = suggestion(status, ("tagged", "untagged", "any"))
        yield "selection.tagStatus", f"expected tagged, untagged or any, got {status!r}{way_out}"
    elif status != "tagged" and lists:
        yield "selection.tagStatus", f"prefixes and patterns of tags go with 'tagged' only, not with {status!r}"
    elif len(lists) == 2:
        yield (
            "selection.tagPrefixList",
            "give prefixes or patterns, not both: the prefix 'a' is the pattern 'a*'",
        )
    elif status == "tagged" and not any(lists.values()):
        yield "selection.tagStatus", "'tagged' needs prefixes or patterns of tags: the pattern '*' is every tag"
    for key, entries in lists.items():
        yield from ((f"selection.{key}", reason) for reason in _entry_problems(key, entries))


def _entry_problems(key: str, entries: object) -> Iterator[str]:
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        yield f"expected a list of strings, got {entries!r}"
        return
    for entry in entries:
        if not isinstance(entry, str):
            yield f"expected a list of strings, got {entry!r} in it"
        elif key == "tagPatternList" and not entry:
            yield "expected patterns that are not empty, got '', which no tag fits: the pattern '*' is every tag"
        elif key == "tagPatternList" and entry.count("*") > MAX_WILDCARDS:
            yield f"a pattern has at most four '*': {entry!r} has {entry.count('*')}"


def _count_problems(selection: Mapping[str, Any]) -> Iterator[Problem]:
    kind, unit, number = (selection.get(key) for key in ("countType", "countUnit", "countNumber"))
    if not isinstance(kind, str):
        yield "selection.countType", f"expected one of {', '.join(COUNT_TYPES)}, got {kind!r}"
    elif close := meant(kind, COUNT_TYPES):
        yield "selection.countType", f"unknown count type {kind!r}; did you mean {close}?"
    if not is_whole(number) or number < 1:
        yield "selection.countNumber", f"expected a whole number of at least 1, got {number!r}"
    if kind == COUNT and "countUnit" in selection:
        yield "selection.countUnit", "a count of images has no unit: leave it out"
    elif kind in COUNT_TYPES[1:] and unit != "days":
        yield "selection.countUnit", f"{kind} is counted in 'days', got {unit!r}"


def _action_problems(selection: Mapping[str, Any], action: Mapping[str, Any]) -> Iterator[Problem]:
    kind, verb, storage = selection.get("countType"), action.get("type"), selection.get("storageClass", "standard")
    if verb not in ("expire", "transition"):
        way_out = suggestion(verb, ("expire", "transition"), ACTION_LIKENESS)
        yield "action.type", f"expected expire or transition, got {verb!r}{way_out}"
    if verb == "transition" and action.get("targetStorageClass") != "archive":
        yield (
            "action.targetStorageClass",
            f"images go to 'archive' only, got {action.get('targetStorageClass')!r}",
        )
    if verb == "expire" and "targetStorageClass" in action:
        yield "action.targetStorageClass", "only a transition has one"
    if storage not in ("standard", "archive"):
        way_out = suggestion(storage, ("standard", "archive"))
        yield "selection.storageClass", f"expected standard or archive, got {storage!r}{way_out}"
    if kind == PULLED and verb == "expire":
        yield (
            "action.type",
            "ECR archives images that are not pulled, it does not expire them: transition to 'archive', "
            "and expire what was archived (since_image_transitioned) with a second rule",
        )
    if kind == TRANSITIONED:
        yield from _archive_problems(selection, verb, storage)
    elif kind in COUNT_TYPES and storage == "archive":
        yield "selection.storageClass", f"{kind} selects images in standard storage, {TRANSITIONED} archived ones"


def _archive_problems(selection: Mapping[str, Any], verb: object, storage: object) -> Iterator[Problem]:
    number = selection.get("countNumber")
    if verb == "transition":
        yield "action.type", "an archived image can only be expired"
    if storage != "archive":
        yield "selection.storageClass", f"{TRANSITIONED} selects archived images: it needs 'archive', got {storage!r}"
    if is_whole(number) and 1 <= number < ARCHIVE_DAYS:
        yield "selection.countNumber", f"an archived image is kept for at least {ARCHIVE_DAYS} days, got {number}"


def _class_problems(storage: str, rules: Sequence[EcrRule]) -> Iterator[str]:
    status = Counter(tag_status(rule) for rule in rules)
    if status["untagged"] > 1:
        yield f"only one rule can select untagged images per storage class, {status['untagged']} do in {storage}"
    if status["any"] > 1:
        yield f"only one rule can have the tag status 'any' per storage class, {status['any']} do in {storage}"
    priorities = [rule.get("rulePriority") for rule in rules]
    last = max((priority for priority in priorities if is_whole(priority)), default=0)
    for rule, priority in zip(rules, priorities, strict=True):
        if tag_status(rule) == "any" and status["any"] == 1 and is_whole(priority) and priority < last:
            yield (
                f"the rule with the tag status 'any' must have the highest priority number per storage class: it has "
                f"{priority}, another has {last}; give it none to be put last"
            )
    prefixes = Counter(tuple(sorted(set(map(str, _prefixes(rule))))) for rule in rules)
    for entries, times in prefixes.items():
        if entries and times > 1:
            yield f"{times} rules select the same tag prefixes, {list(entries)}: merge them, ECR wants each set once"


def _prefixes(rule: EcrRule) -> Sequence[Any]:
    prefixes = part_of(rule, "selection").get("tagPrefixList", ())
    return prefixes if isinstance(prefixes, list | tuple) else ()
