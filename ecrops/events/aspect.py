"""The aspect of a rule of EventBridge: the rule, its tags and its targets. Its key is ``rule NAME``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ecrops.aws import code_of, tags
from ecrops.aws.tags import tag_list
from ecrops.base.change import Call, Change, Kind, Note, Races
from ecrops.events import reading
from ecrops.events.edits import (
    TAG,
    Absent,
    Edit,
    Rule,
    Targets,
    Wanted,
    edited,
    needs_rule,
    same_settings,
    same_target,
)
from ecrops.events.reading import DEFAULT, MISSING, NO_RULE, arn_of, name_and_bus
from ecrops.events.targets.permissions import Step, elsewhere
from ecrops.events.targets.target import MOST_TARGETS
from ecrops.events.words import rule_words, target_words

base = None
LIMITS = {
    "LimitExceededException": "a bus has 300 rules, and 30 with wildcards: one rule of registry.on_...() with "
    'repositories=prefix("team/") serves many repositories'
}
reads = reading.reads


def changes(key: str, edits: Sequence[Edit], have: Rule) -> Iterator[Change | Note]:
    """The whole rule is written, because ``PutRule`` resets what it omits; its targets go before it does."""
    want = edited(have, edits)
    claim = [part for edit in edits for part in _claim(key, edit, have, want)]
    yield from claim
    if any(isinstance(part, Change) for part in claim):
        return
    if have.settings is None and any(map(needs_rule, edits)) and want.settings is None:
        yield Change(
            owner=key, kind=Kind.CONFLICT, what="rule", after="there is no such rule any more", advice={"": NO_RULE}
        )
        return
    put, removed = _targets(key, have, want)
    for change in (*_rule(key, have, want), *put):
        yield replace(change, step=Step.PUT)
    gone = [_delete(key, have)] if want.settings is None and have.settings is not None else []
    for change in (*removed, *gone):
        yield replace(change, step=Step.REMOVE)
    if want.targets != have.targets:
        yield from _notes(key, edits, have)
    if have.settings and want != have and not (have.is_ours or want.is_ours):
        yield Note(f"{key} was not made by ecrops")
    if have.settings is None and want.settings is not None and "/" in key:
        bus = name_and_bus(key)[1]
        yield Note(f"{key} hears what other rules send to the bus {bus}: AWS's own events come on the default bus only")


def _claim(key: str, edit: Edit, have: Rule, want: Rule) -> Iterator[Change | Note]:
    """What others made of the name is not overwritten; what ecrops made for other repositories is told."""
    whose = have.tags.get(TAG)
    if have.settings is None:
        return
    if isinstance(edit, Absent) and edit.of not in ("", whose):
        yield _not_ours(key, have, want)
    elif isinstance(edit, Absent) and edit.of and want.settings is not None:
        yield Note(f"{key} stays: others put targets on it, {target_words(want.targets.values())}")
    elif isinstance(edit, Wanted) and not same_settings(have.settings, want.settings or {}):
        if whose is None or not edit.may_take(whose):
            yield _not_ours(key, have, want)
        elif whose != edit.mark:
            yield Note(f"{key} was on events of {whose}, and is on those of {edit.event.whose} now")
    elif isinstance(edit, Wanted) and whose is None:
        yield Note(f"{key} was there as it is wanted, though ecrops did not make it: it is one of ecrops's rules now")


def _not_ours(key: str, have: Rule, want: Rule) -> Change:
    whose = have.tags.get(TAG)
    because = f"the rule of {whose}" if whose else "not made by ecrops"
    advice = {"": f"{key} is {because}: choose another name, or remove it first with registry.rule(name).remove()"}
    return Change(
        owner=key,
        kind=Kind.CONFLICT,
        what="rule",
        before=rule_words(have),
        after=rule_words(want),
        advice=advice,
    )


def _rule(key: str, have: Rule, want: Rule) -> Iterator[Change]:
    """Tags come first: they tell what is lost with the rule's settings."""
    if want.settings is None:
        return
    if have.settings is None:
        yield _put(key, Kind.CREATE, "", want, rule_words(want), Tags=tag_list(want.tags))
        return
    put = {tag: value for tag, value in want.tags.items() if have.tags.get(tag) != value}
    if put:
        params = {"ResourceARN": arn_of(have.place, key), "Tags": tag_list(put)}
        yield Change(
            owner=key,
            kind=Kind.UPDATE,
            what="tags",
            after=tags.words(put),
            call=Call("events", "TagResource", params),
            races=Races(superseded=(MISSING,)),
        )
    if not same_settings(have.settings, want.settings):
        described = [str(each.settings.get("Description", "")) for each in (have, want) if each.settings is not None]
        before, after = described if len(set(described)) > 1 else ("", "")
        yield _put(key, Kind.UPDATE, rule_words(have, before), want, rule_words(want, after))


def _put(key: str, kind: Kind, before: str, want: Rule, after: str, **more: Any) -> Change:
    needs = (
        *(["events:TagResource"] if more else []),
        *(["iam:PassRole"] if "RoleArn" in (want.settings or {}) else []),
    )
    return Change(
        owner=key,
        kind=kind,
        what="rule",
        before=before,
        after=after,
        call=Call("events", "PutRule", {**_named(key, "Name"), **(want.settings or {}), **more}, needs),
        races=Races(derived=kind is Kind.UPDATE),
        makes_owner=kind is Kind.CREATE,
        advice=LIMITS,
    )


def _targets(key: str, have: Rule, want: Rule) -> tuple[list[Change], list[Change]]:
    """Targets are put before others are removed, so that no event is missed, unless there is no room for both."""
    put = [each for name, each in want.targets.items() if not same_target(each, have.targets.get(name, {}))]
    gone = {name: each for name, each in have.targets.items() if name not in want.targets}
    if len(want.targets) > MOST_TARGETS:
        return [_too_many(key, have, want)], []
    steps = [_put_targets(key, have, put)] if put else []
    removal = [_remove_targets(key, gone)] if gone else []
    return (steps, removal) if has_room(have, want) else (removal + steps, [])


def _too_many(key: str, have: Rule, want: Rule) -> Change:
    before, after = target_words(have.targets.values()), f"{len(want.targets)}, of five at most"
    advice = {"": f"registry.rule(name).remove_target(...) makes room in {key}; or make another rule"}
    return Change(owner=key, kind=Kind.CONFLICT, what="targets", before=before, after=after, advice=advice)


def has_room(have: Rule, want: Rule) -> bool:
    """Whether a rule can have its old targets and its new ones for a while."""
    return len({*have.targets, *want.targets}) <= MOST_TARGETS


def _put_targets(key: str, have: Rule, put: Sequence[Mapping[str, Any]]) -> Change:
    before = [have.targets[each["Id"]] for each in put if each["Id"] in have.targets]
    needs = ("iam:PassRole",) if any("RoleArn" in target for target in put) else ()
    return Change(
        owner=key,
        kind=Kind.UPDATE if before else Kind.CREATE,
        what="targets",
        before=target_words(before),
        after=target_words(put),
        call=Call("events", "PutTargets", {**_named(key, "Rule"), "Targets": list(put)}, needs),
        races=Races(not_yet_visible=(MISSING,)),
    )


def _remove_targets(key: str, gone: Targets) -> Change:
    params = {**_named(key, "Rule"), "Ids": list(gone)}
    return Change(
        owner=key,
        kind=Kind.DELETE,
        what="targets",
        before=target_words(gone.values()),
        call=Call("events", "RemoveTargets", params),
        races=Races(derived=True, superseded=(MISSING,)),
    )


def _delete(key: str, have: Rule) -> Change:
    return Change(
        owner=key,
        kind=Kind.DELETE,
        what="rule",
        before=rule_words(have),
        call=Call("events", "DeleteRule", _named(key, "Name")),
        races=Races(derived=True, superseded=(MISSING,), awaits=_has_a_target),
        makes_owner=True,
    )


def _has_a_target(error: Exception) -> bool:
    """Somebody has put one since ours were removed: then it is removed too."""
    return code_of(error) == "ValidationException"


def _named(key: str, member: str) -> dict[str, str]:
    name, bus = name_and_bus(key)
    return {member: name} if bus == DEFAULT else {member: name, "EventBusName": bus}


def _notes(key: str, edits: Sequence[Edit], have: Rule) -> Iterator[Note]:
    for target in (target for edit in edits for target in edit.targets):
        yield from elsewhere(target, have.place, arn_of(have.place, key))


def verify(edit: Edit) -> bool:
    """Whether the edit could be lost to a concurrent writer: each target is written by itself, so never."""
    return False
