"""Whose an EventBridge rule and its targets are: conflicts with what others made, and notes on what is adopted. Pure.

Called by the aspect of rules. A tag can be copied with a rule, so a rule is ecrops's own only if the tags also have the
fingerprint of its own ARN (``value.Origin``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ecrops.base.change import Change, Note
from ecrops.base.conflicts import conflict
from ecrops.events.edits import Absent, Edit, Wanted
from ecrops.events.reading import name_and_bus
from ecrops.events.value import TAG, Origin, RuleValue, same_settings, same_target
from ecrops.events.words import rule_words, target_words


def claims(key: str, edit: Edit, current: RuleValue, desired: RuleValue) -> Iterator[Change | Note]:
    """Yield a conflict if others made the rule or a target, and notes on whose the rule is.

    Args:
        key: The key of the rule.
        edit: The edit.
        current: The rule.
        desired: The rule after all edits.
    """
    if current.settings is None:
        return
    if isinstance(edit, Absent) and edit.found and current.is_changed_since(edit.found):
        yield Note(f"{key} stays: it was changed since it was found")
    elif isinstance(edit, Absent) and edit.of:
        yield from _absent(key, edit.of, current, desired)
    elif isinstance(edit, Wanted):
        yield from _wanted(key, edit, current, desired)
    for name in (str(target.id) for target in edit.targets):
        theirs, ours = current.targets.get(name), desired.targets.get(name)
        if theirs and ours and not current.has_put(name) and not same_target(theirs, ours):
            yield _foreign_target(key, theirs, ours)


def _wanted(key: str, edit: Wanted, current: RuleValue, desired: RuleValue) -> Iterator[Change | Note]:
    owner = current.owner
    if same_settings(current.settings or {}, desired.settings or {}):
        if current.origin is Origin.FOREIGN:
            yield Note(
                f"{key} was there as it is wanted, though ecrops did not make it: ecrops puts targets on it, and never "
                "changes or removes it"
            )
    elif owner is None or not edit.may_take(owner):
        yield _foreign_rule(key, current, desired)
        return
    elif owner != edit.mark:
        yield Note(f"{key} was on events of {owner}, and is on those of {edit.event.whose} now")
    if current.origin is Origin.UNCERTAIN:
        yield Note(
            f"{key} has ecrops's tag without the fingerprint that tells a copied tag, as if an earlier ecrops made it: "
            "it is one of ecrops's rules now"
        )


def _absent(key: str, repository: str, current: RuleValue, desired: RuleValue) -> Iterator[Change | Note]:
    if current.tags.get(TAG) != repository:
        yield _foreign_rule(key, current, desired)
    elif current.origin in (Origin.UNCERTAIN, Origin.FOREIGN):
        yield Note(
            f"{key} stays: it has ecrops's tag of {repository}, which may be copied from another rule or be an earlier "
            f"ecrops's; {_handle(key)}.remove() removes it, and without the tag {TAG} this is not said"
        )
    elif current.origin is Origin.ADOPTED:
        yield Note(f"{key} stays: ecrops did not make it")
    elif desired.settings is not None:
        yield Note(f"{key} stays: others put targets on it, {target_words(desired.targets.values())}")


def _foreign_rule(key: str, current: RuleValue, desired: RuleValue) -> Change:
    reason = f"the rule of {current.owner}" if current.owner else "not made by ecrops"
    advice = f"{key} is {reason}: choose another name, or remove it first with {_handle(key)}.remove()"
    return conflict(key, "rule", rule_words(current), rule_words(desired), advice)


def _foreign_target(key: str, theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> Change:
    name = theirs["Id"]
    advice = (
        f"{key} has a target {name!r} that ecrops did not put there: give yours another id=, or remove that one first "
        f"with {_handle(key)}.remove_target({name!r})"
    )
    return conflict(key, "targets", target_words([theirs]), target_words([ours]), advice)


def _handle(key: str) -> str:
    """Return the handle of a rule as Python."""
    name, bus = name_and_bus(key)
    return f"registry.rule({name!r})" if bus == "default" else f"registry.rule({name!r}, bus={bus!r})"
