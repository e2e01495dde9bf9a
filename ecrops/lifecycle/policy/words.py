"""A lifecycle policy in words, so that a diff speaks of images and not of JSON. Pure.

Called by the aspect for the diff of a plan, and by the simulation for the words of each rule.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from ecrops.lifecycle.policy.checks import COUNT, PULLED, PUSHED, TRANSITIONED, EcrRule, part_of
from ecrops.lifecycle.policy.memory import remembered


def words(rules: Sequence[EcrRule]) -> str:
    """Return the rules in words, in order, such as ``expire untagged after 7 days; keep last 30``."""
    return "; ".join(_rule(rule) for rule in rules)


@remembered
def difference(before: Sequence[EcrRule], after: Sequence[EcrRule]) -> tuple[str, str]:
    """Return two different policies in different words. Priorities and descriptions are left out if that is enough."""
    for word in (_rule, _numbered, _described, _json):
        old, new = ("; ".join(word(rule) for rule in rules) for rules in (before, after))
        if old != new:
            break
    return old, new


def _rule(rule: EcrRule) -> str:
    selection, action = part_of(rule, "selection"), part_of(rule, "action")
    kind, number = selection.get("countType"), selection.get("countNumber")
    images, verb = _images(selection), _verb(action)
    if kind == COUNT:
        return f"keep last {number}{images}" if verb == "expire" else f"{verb} all but the last {number}{images}"
    days = f"{number} day" if number == 1 else f"{number} days"
    if kind == PUSHED:
        return f"{verb}{images or ' all'} after {days}"
    if kind == PULLED:
        return f"{verb}{images or ' all'} not pulled for {days}"
    if kind == TRANSITIONED:
        return f"{verb}{images} archived for {days}"
    return _json(rule)


def _verb(action: EcrRule) -> str:
    """Return what a rule does to images: an action that is newer than ecrops as it is."""
    if action == {"type": "expire"} or action == {"type": "expire", "targetStorageClass": None}:
        return "expire"
    return "archive" if action == {"type": "transition", "targetStorageClass": "archive"} else _json(action)


def _images(selection: EcrRule) -> str:
    """Return which images a rule selects, as a part of a sentence; empty for all."""
    if selection.get("tagStatus") == "untagged":
        return " untagged"
    tags = [f"{prefix}*" for prefix in _listed(selection, "tagPrefixList")] or _listed(selection, "tagPatternList")
    return f" {'+'.join(tags)}" if tags else ""


def _listed(selection: EcrRule, key: str) -> list[str]:
    """Return a list of tags as texts. A stored one may be of any type."""
    entries = selection.get(key) or ()
    return list(map(str, entries)) if isinstance(entries, list | tuple) else [str(entries)]


def _numbered(rule: EcrRule) -> str:
    return f"#{rule.get('rulePriority')} {_rule(rule)}"


def _described(rule: EcrRule) -> str:
    return f"{_numbered(rule)} ({rule['description']})" if rule.get("description") else _numbered(rule)


def _json(rule: EcrRule) -> str:
    return json.dumps(rule, sort_keys=True, ensure_ascii=False)
