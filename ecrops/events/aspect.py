"""The aspect of an EventBridge rule: the rule, its tags and its targets. Its key is ``rule NAME``.

Called by the engine. The permissions of targets are other aspects (``targets``). The order of their changes and of
these is that of ``Step``: targets are put before they are authorised, and removed after.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ecrops.aws import code_of
from ecrops.base import tags
from ecrops.base.change import Call, Change, Kind, Note, Races
from ecrops.base.conflicts import conflict
from ecrops.base.tags import tag_list
from ecrops.events import reading
from ecrops.events.claims import claims
from ecrops.events.edits import Edit, Wanted, edited, needs_rule
from ecrops.events.parts import settings_parts, tag_parts, target_parts
from ecrops.events.reading import DEFAULT_BUS, MISSING, NO_RULE, arn_of, name_and_bus
from ecrops.events.targets.permissions import Step, elsewhere
from ecrops.events.targets.target import MOST_TARGETS
from ecrops.events.value import RuleValue, Targets, same_settings, same_target
from ecrops.events.words import rule_words, target_words
from ecrops.iam.statements import fingerprint

base = None
LIMITS = {
    "LimitExceededException": "a bus has 300 rules unless AWS has raised the quota L-244521F2, and 30 with wildcards: "
    'one rule of registry.on_...() with repositories=prefix("team/") serves many repositories',
    "InvalidEventPatternException": "a pattern has 2,048 characters unless AWS has raised the quota L-664C5505: fewer "
    "repositories in each of several rules, or a prefix, make shorter patterns",
}
reads = reading.reads


def changes(key: str, edits: Sequence[Edit], current: RuleValue) -> Iterator[Change | Note]:
    """Put the rule and its targets, then remove other targets or the rule. A rule of others is a conflict."""
    desired = edited(current, edits)
    claimed = [claim for edit in edits for claim in claims(key, edit, current, desired)]
    yield from claimed
    if any(isinstance(claim, Change) for claim in claimed):
        return
    if current.settings is None and desired.settings is None and any(map(needs_rule, edits)):
        after = "there is no such rule any more"
        yield conflict(key, "rule", after=after, advice=NO_RULE)
        return
    target_puts, target_removals = _targets(key, current, desired)
    owners = sorted({edit.repository for edit in edits if isinstance(edit, Wanted) and edit.repository})
    yield from _in_step(Step.PUT, owners, [*_rule(key, current, desired), *target_puts])
    yield from _in_step(Step.REMOVE, owners, [*target_removals, *_removal(key, current, desired)])
    yield from _notes(key, edits, current, desired)


def _in_step(step: Step, owners: Sequence[str], items: Sequence[Change]) -> Iterator[Change]:
    return (replace(change, step=step, for_owners=owners) for change in items)


# The rule


def _rule(key: str, current: RuleValue, desired: RuleValue) -> Iterator[Change]:
    """Yield the changes of the rule and its tags.

    Tags come first: they record what a change of the settings loses, such as the state before a rule was disabled.
    """
    if desired.settings is None:
        return
    if current.settings is None:
        change = _put(key, Kind.CREATE, "", desired, rule_words(desired), Tags=tag_list(desired.tags))
        added = settings_parts(desired.settings) | tag_parts(desired.tags)
        yield replace(change, removed=(), added=added)
        return
    changed = {tag: value for tag, value in desired.tags.items() if current.tags.get(tag) != value}
    if changed:
        params = {"ResourceARN": arn_of(current.location, key), "Tags": tag_list(changed)}
        yield Change(
            owner=key,
            kind=Kind.UPDATE,
            what="tags",
            after=tags.words(changed),
            call=Call("events", "TagResource", params),
            removed=tag_parts(current.tags) - tag_parts(desired.tags),
            added=tag_parts(desired.tags) - tag_parts(current.tags),
            races=Races(derived=True, superseded=(MISSING,)),
        )
    if not same_settings(current.settings, desired.settings):
        before, after = (str(settings.get("Description", "")) for settings in (current.settings, desired.settings))
        if before == after:
            before = after = ""
        change = _put(key, Kind.UPDATE, rule_words(current, before), desired, rule_words(desired, after))
        removed, added = settings_parts(current.settings), settings_parts(desired.settings)
        yield replace(change, removed=removed - added, added=added - removed)


def _put(key: str, kind: Kind, before: str, desired: RuleValue, after: str, **params: Any) -> Change:
    """Return the change that writes the whole rule: ``PutRule`` resets what it omits.

    It has no compare-and-swap either: somebody else may have made a rule of this name, or changed it.
    """
    settings = desired.settings or {}
    needs = (
        *(["events:TagResource"] if "Tags" in params else []),
        *(["iam:PassRole"] if "RoleArn" in settings else []),
    )
    return Change(
        owner=key,
        kind=kind,
        what="rule",
        before=before,
        after=after,
        call=Call("events", "PutRule", {**_named(key, "Name"), **settings, **params}, needs),
        races=Races(derived=True),
        makes_owner=kind is Kind.CREATE,
        advice=LIMITS,
    )


def _removal(key: str, current: RuleValue, desired: RuleValue) -> Iterator[Change]:
    if current.settings is None or desired.settings is not None:
        return
    removed = settings_parts(current.settings) | tag_parts(current.tags)
    yield Change(
        owner=key,
        kind=Kind.DELETE,
        what="rule",
        before=rule_words(current),
        call=Call("events", "DeleteRule", _named(key, "Name")),
        removed=removed,
        added=(),
        races=Races(derived=True, superseded=(MISSING,), awaits=_has_targets),
        makes_owner=True,
        identity=fingerprint("\n".join(sorted(removed))),  # EventBridge tells no time of creation
    )


def _has_targets(error: Exception) -> bool:
    """Whether another writer put a target after ours were removed. Then that one is removed too."""
    return code_of(error) == "ValidationException"


def _named(key: str, member: str) -> dict[str, str]:
    name, bus = name_and_bus(key)
    return {member: name} if bus == DEFAULT_BUS else {member: name, "EventBusName": bus}


# Targets


def _targets(key: str, current: RuleValue, desired: RuleValue) -> tuple[list[Change], list[Change]]:
    """Return the changes of targets that come with the rule, and those that come last.

    New targets are put before others are removed, so that no event is missed, unless there is no room for both.
    """
    written = [
        target for name, target in desired.targets.items() if not same_target(target, current.targets.get(name, {}))
    ]
    removed = {name: target for name, target in current.targets.items() if name not in desired.targets}
    if len(desired.targets) > MOST_TARGETS:
        before, after = target_words(current.targets.values()), f"{len(desired.targets)}, of five at most"
        advice = f"registry.rule(name).remove_target(...) makes room in {key}; or make another rule"
        change = conflict(key, "targets", before, after, advice)
        return [change], []
    puts = [_put_targets(key, current, written)] if written else []
    removals = [_remove_targets(key, removed)] if removed else []
    return (puts, removals) if has_room(current, desired) else (removals + puts, [])


def has_room(current: RuleValue, desired: RuleValue) -> bool:
    """Whether a rule can have its current targets and the desired ones at the same time."""
    return len({*current.targets, *desired.targets}) <= MOST_TARGETS


def _put_targets(key: str, current: RuleValue, written: Sequence[Mapping[str, Any]]) -> Change:
    before = [current.targets[target["Id"]] for target in written if target["Id"] in current.targets]
    needs = ("iam:PassRole",) if any("RoleArn" in target for target in written) else ()
    old, new = target_parts(before), target_parts(written)
    return Change(
        owner=key,
        kind=Kind.UPDATE if before else Kind.CREATE,
        what="targets",
        before=target_words(before),
        after=target_words(written),
        call=Call("events", "PutTargets", {**_named(key, "Rule"), "Targets": list(written)}, needs),
        removed=old - new,
        added=new - old,
        races=Races(derived=True, not_yet_visible=(MISSING,)),
    )


def _remove_targets(key: str, removed: Targets) -> Change:
    params = {**_named(key, "Rule"), "Ids": list(removed)}
    return Change(
        owner=key,
        kind=Kind.DELETE,
        what="targets",
        before=target_words(removed.values()),
        call=Call("events", "RemoveTargets", params),
        removed=target_parts(removed.values()),
        added=(),
        races=Races(derived=True, superseded=(MISSING,)),
    )


# Notes


def _notes(key: str, edits: Sequence[Edit], current: RuleValue, desired: RuleValue) -> Iterator[Note]:
    if desired.targets != current.targets:
        for target in (target for edit in edits for target in edit.targets):
            yield from elsewhere(target, current.location, arn_of(current.location, key))
    if current.settings and desired != current and not (current.is_ours or desired.is_ours):
        yield Note(f"{key} was not made by ecrops")
    yield from _quota_notes(key, current, desired)
    if current.settings is None and desired.settings is not None and "/" in key:
        bus = name_and_bus(key)[1]
        yield Note(f"{key} hears what other rules send to the bus {bus}: AWS's own events come on the default bus only")


def _quota_notes(key: str, current: RuleValue, desired: RuleValue) -> Iterator[Note]:
    """Yield what exceeds a quota that AWS raises on request, with the number: AWS decides.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
    """
    quotas, bus = desired.quotas, name_and_bus(key)[1]
    most_rules, most = quotas.rules_in(desired.location.region), quotas.pattern_characters
    if current.settings is None and desired.settings is not None and desired.bus_rules > most_rules:
        yield Note(
            f"the bus {bus} would have {desired.bus_rules} rules, and has at most {most_rules} unless AWS has raised "
            f'the quota L-244521F2: Registry(quotas={{"rules": {desired.bus_rules}}}) says that it has; one rule of '
            'registry.on_...() with repositories=prefix("team/") serves many repositories'
        )
    text, before = ((value.settings or {}).get("EventPattern") or "" for value in (desired, current))
    if text != before and len(text) > most:
        yield Note(
            f"the pattern of {key} has {len(text):,} characters, and at most {most:,} unless AWS has raised the quota "
            f'L-664C5505: Registry(quotas={{"pattern_characters": {len(text)}}}) says that it has; a prefix '
            "makes a shorter pattern, and registry.on_...(..., split=True) makes several rules of a long list"
        )


def after(change: Change, current: RuleValue) -> RuleValue:
    """Return the rule after a change."""
    params = change.params
    tags_ = {**current.tags, **{tag["Key"]: tag["Value"] for tag in params.get("Tags", ())}}
    targets = {**current.targets, **{target["Id"]: target for target in params.get("Targets", ())}}
    if change.operation == "PutRule":
        settings = {name: params[name] for name in reading.SETTINGS if params.get(name)}
        return replace(current, settings=settings, tags=tags_)
    if change.operation == "DeleteRule":
        return replace(current, settings=None, tags={}, targets={})
    remaining = {key: target for key, target in targets.items() if key not in params.get("Ids", ())}
    return replace(current, tags=tags_, targets=remaining)


def verify(edit: Edit) -> bool:
    """Whether the edit could be lost to a concurrent writer: each target is written by itself, so never."""
    return False
