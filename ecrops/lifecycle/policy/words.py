"""A lifecycle policy in words: a diff speaks of images, not of JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ecrops.lifecycle.policy.checks import COUNT, PULLED, PUSHED, TRANSITIONED, EcrRule


def words(rules: Sequence[EcrRule]) -> str:
    """The rules in their order, such as ``expire untagged after 7 days; keep last 30``."""
    return "; ".join(_rule(rule) for rule in rules)


def difference(before: Sequence[EcrRule], after: Sequence[EcrRule]) -> tuple[str, str]:
    """Two policies in words that differ where the policies do: priorities and descriptions only if need be."""
    for say in (_rule, _placed, _described, _raw):
        said = tuple("; ".join(say(rule) for rule in rules) for rules in (before, after))
        if said[0] != said[1]:
            break
    return said[0], said[1]


def _rule(rule: EcrRule) -> str:
    selection, action = rule.get("selection", {}), rule.get("action", {})
    kind, number, verb = selection.get("countType"), selection.get("countNumber"), action.get("type")
    who, archive = _who(selection), verb == "transition"
    if kind == COUNT:
        return f"archive all but the last {number}{who}" if archive else f"keep last {number}{who}"
    days = f"{number} day" if number == 1 else f"{number} days"
    if kind == PUSHED:
        return f"{'archive' if archive else 'expire'}{who or ' all'} after {days}"
    if kind == PULLED:
        return f"{'archive' if archive else 'expire'}{who or ' all'} not pulled for {days}"
    if kind == TRANSITIONED:
        return f"expire{who} archived for {days}"
    return _raw(rule)


def _who(selection: EcrRule) -> str:
    if selection.get("tagStatus") == "untagged":
        return " untagged"
    tags = [f"{prefix}*" for prefix in selection.get("tagPrefixList", ())] or selection.get("tagPatternList", ())
    return f" {'+'.join(tags)}" if tags else ""


def _placed(rule: EcrRule) -> str:
    return f"#{rule.get('rulePriority')} {_rule(rule)}"


def _described(rule: EcrRule) -> str:
    return f"{_placed(rule)} ({rule['description']})" if rule.get("description") else _placed(rule)


def _raw(rule: EcrRule) -> str:
    return json.dumps(rule, sort_keys=True, ensure_ascii=False)
