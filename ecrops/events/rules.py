"""The aspect of a rule of EventBridge: the rule, its tags and its targets. Its key is ``rule NAME``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ecrops import tags
from ecrops.aws import Arn, Aws, ClientError, code_of
from ecrops.change import Change, Kind, Note
from ecrops.events.event import Event
from ecrops.events.permissions import Step, elsewhere, freed, is_here, needed
from ecrops.events.permissions import key_of as key_of_policy
from ecrops.events.repositories import Place
from ecrops.events.state import (
    SEVERAL,
    TAG,
    Edit,
    Rule,
    Targets,
    Wanted,
    edited,
    same_settings,
    same_target,
)
from ecrops.events.targets import MOST_TARGETS
from ecrops.settings import tag_list

stands_on = None
MISSING = "ResourceNotFoundException"
SETTINGS = ("EventPattern", "ScheduleExpression", "State", "Description", "RoleArn")
LIMITS = {
    "LimitExceededException": "a bus has 300 rules, and 30 with wildcards: one rule of registry.on_...() with "
    'repositories=prefix("team/") serves many repositories'
}
NO_RULE = "there is no such rule: make it first, such as with repository.on_image_pushed(name)"
DEFAULT = "default"


def key_of(name: str, bus: str = DEFAULT) -> str:
    """The key of a rule, which its changes show too."""
    return f"rule {name}" if bus == DEFAULT else f"rule {bus}/{name}"


def name_and_bus(key: str) -> tuple[str, str]:
    """The name of a rule and of its bus."""
    bus, _, name = key.removeprefix("rule ").rpartition("/")
    return name, bus or DEFAULT


def arn_of(place: Place, key: str) -> str:
    """The ARN of a rule."""
    return place.arn("events", f"rule/{key.removeprefix('rule ')}")


def place_of(aws: Aws) -> Place:
    """The account and region of a registry."""
    return Place(aws.partition.name, aws.region, aws.account_id)


# Read


def prepare(aws: Aws) -> None:
    """What must be there before reads run in parallel."""
    aws.client("events")


def read_all(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> dict[str, Rule]:
    """What is there."""
    nothing = Rule(place=place_of(aws), scan_type=scan_type_for(aws, wants))
    return dict(zip(wants, aws.map(lambda key: _read(aws, key, nothing), wants), strict=True))


def scan_type_for(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> str:
    """The scan type in force, asked for only if it makes a difference."""
    if not any(isinstance(edit, Wanted) and edit.event.needs_scan_type for edits in wants.values() for edit in edits):
        return "BASIC"
    configuration = aws.get("ecr", "GetRegistryScanningConfiguration", "scanningConfiguration")
    return str(configuration.get("scanType", "BASIC"))


def _read(aws: Aws, key: str, nothing: Rule) -> Rule:
    name, bus = name_and_bus(key)
    awaits = (MISSING,) if aws.made_recently(key) else ()
    try:
        described = aws.call("events", "DescribeRule", {"Name": name, "EventBusName": bus}, needs="Arn", awaits=awaits)
    except ClientError as error:
        if code_of(error) == MISSING:
            return nothing
        error.add_note(f"while reading {key}; nothing was written")
        raise
    return read_parts(aws, described, nothing)


def read_parts(aws: Aws, described: Mapping[str, Any], nothing: Rule) -> Rule:
    """The tags and targets of a rule that was described or listed; ``nothing`` if it is gone since."""
    settings = {name: described[name] for name in SETTINGS if described.get(name)}
    bus = described.get("EventBusName", DEFAULT)
    there = read_tags(aws, described["Arn"])
    pages = aws.pages("events", "ListTargetsByRule", "Targets", Rule=described["Name"], EventBusName=bus)
    try:
        targets = {target["Id"]: target for page in pages for target in page}
    except ClientError as error:
        if code_of(error) != MISSING:
            raise
        return nothing
    return replace(nothing, settings=settings, tags=there, targets=targets)


def read_tags(aws: Aws, arn: str) -> dict[str, str]:
    """The tags of a rule without those of AWS; none if it is gone."""
    try:
        found = aws.get("events", "ListTagsForResource", "Tags", ResourceARN=arn)
    except ClientError as error:
        if code_of(error) != MISSING:
            raise
        return {}
    return {tag["Key"]: tag["Value"] for tag in found if not tag["Key"].startswith("aws:")}


def demand(aws: Aws, key: str) -> None:
    """Raise botocore's own error unless a rule is there."""
    name, bus = name_and_bus(key)
    try:
        aws.call("events", "DescribeRule", {"Name": name, "EventBusName": bus}, needs="Arn")
    except ClientError as error:
        error.add_note(f"{key}: {NO_RULE}")
        raise


# Decide


def changes(key: str, edits: Sequence[Edit], have: Rule) -> Iterator[Change | Note]:
    """The whole rule is written, because ``PutRule`` resets what it omits; its targets go before it does."""
    want = edited(have, edits)
    claim = [part for edit in edits if isinstance(edit, Wanted) for part in _claim(key, edit, have, want)]
    yield from claim
    if any(isinstance(part, Change) for part in claim):
        return
    allowed = {owner for edit in edits for target in edit.targets for owner in needed(target, have.place)}
    forbidden = {
        key_of_policy(arn) for arn in freed(have.authorized, want.targets.values()) if is_here(arn, have.place)
    }
    put, removed = _targets(key, have, want)
    first = allowed if has_room(have, want) else allowed | forbidden
    for change in (*_rule(key, edits, have, want), *put):
        yield replace(change, step=Step.PUT, follows=sorted(first))
    gone = [_delete(key, have)] if want.settings is None and have.settings is not None else []
    for change in (*removed, *gone):
        yield replace(change, step=Step.REMOVE, follows=sorted(forbidden))
    if want.targets != have.targets:
        yield from _notes(key, edits, have)
    if have.settings is None and want.settings is not None and "/" in key:
        bus = name_and_bus(key)[1]
        yield Note(f"{key} hears what other rules send to the bus {bus}: AWS's own events come on the default bus only")


def _claim(key: str, edit: Wanted, have: Rule, want: Rule) -> Iterator[Change | Note]:
    """What others made of the name is not overwritten; what ecrops made for other repositories is told."""
    if have.settings is None or same_settings(have.settings, want.settings or {}):
        return
    before, whose = _words([], have), have.tags.get(TAG)
    if whose is None or (whose != edit.mark and SEVERAL not in (whose, edit.mark)):
        because = f"the rule of {whose}" if whose else "not made by ecrops"
        advice = {"": f"{key} is {because}: choose another name, or remove it first with registry.rule(name).remove()"}
        yield Change(key, Kind.CONFLICT, "rule", before, _words([edit.event], want), advice=advice)
    elif whose != edit.mark:
        yield Note(f"{key} was on events of {whose}, and is on those of {edit.event.whose} now")


def _rule(key: str, edits: Sequence[Edit], have: Rule, want: Rule) -> Iterator[Change]:
    """Tags come first: they tell what is lost with the rule's settings."""
    if want.settings is None:
        return
    events = [edit.event for edit in edits if isinstance(edit, Wanted)]
    if have.settings is None:
        yield _put(key, Kind.CREATE, "", want, _words(events, want), Tags=tag_list(want.tags))
        return
    put = {tag: value for tag, value in want.tags.items() if have.tags.get(tag) != value}
    if put:
        params = {"ResourceARN": arn_of(have.place, key), "Tags": tag_list(put)}
        yield Change(key, Kind.UPDATE, "tags", "", tags.words(put), "events", "TagResource", params, races=(MISSING,))
    if not same_settings(have.settings, want.settings):
        yield _put(key, Kind.UPDATE, _words([], have), want, _words(events, want))


def _put(key: str, kind: Kind, before: str, want: Rule, after: str, **more: Any) -> Change:
    return Change(
        key,
        kind,
        "rule",
        before,
        after,
        "events",
        "PutRule",
        {**_named(key, "Name"), **(want.settings or {}), **more},
        whole=kind is Kind.CREATE,
        needs=(
            *(["events:TagResource"] if more else []),
            *(["iam:PassRole"] if "RoleArn" in (want.settings or {}) else []),
        ),
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
    return Change(key, Kind.CONFLICT, "targets", before, after, advice=advice)


def has_room(have: Rule, want: Rule) -> bool:
    """Whether a rule can have its old targets and its new ones for a while."""
    return len({*have.targets, *want.targets}) <= MOST_TARGETS


def _put_targets(key: str, have: Rule, put: Sequence[Mapping[str, Any]]) -> Change:
    before = [have.targets[each["Id"]] for each in put if each["Id"] in have.targets]
    return Change(
        key,
        Kind.UPDATE if before else Kind.CREATE,
        "targets",
        target_words(before),
        target_words(put),
        "events",
        "PutTargets",
        {**_named(key, "Rule"), "Targets": list(put)},
        needs=("iam:PassRole",) if any("RoleArn" in each for each in put) else (),
        unseen=(MISSING,),
    )


def _remove_targets(key: str, gone: Targets) -> Change:
    params = {**_named(key, "Rule"), "Ids": list(gone)}
    before = target_words(gone.values())
    return Change(key, Kind.DELETE, "targets", before, "", "events", "RemoveTargets", params, races=(MISSING,))


def _delete(key: str, have: Rule) -> Change:
    before, params = _words([], have), _named(key, "Name")
    return Change(key, Kind.DELETE, "rule", before, "", "events", "DeleteRule", params, whole=True, races=(MISSING,))


def _named(key: str, member: str) -> dict[str, str]:
    name, bus = name_and_bus(key)
    return {member: name} if bus == DEFAULT else {member: name, "EventBusName": bus}


def _notes(key: str, edits: Sequence[Edit], have: Rule) -> Iterator[Note]:
    for target in (target for edit in edits for target in edit.targets):
        for owner in elsewhere(target, have.place):
            yield Note(f"{owner} is not authorised here: its own policy must let {arn_of(have.place, key)} in")


def look_again(edit: Edit) -> bool:
    """Whether the edit could be lost to a concurrent writer: each target is written by itself, so never."""
    return False


# Words


def _words(events: Sequence[Event], rule: Rule) -> str:
    said = [f"{event.kind} of {event.whose}" for event in events]
    state = str((rule.settings or {}).get("State", ""))
    return ", ".join([*said, *([] if said else [str((rule.settings or {}).get("EventPattern", ""))]), state.lower()])


def target_words(targets: Iterable[Mapping[str, Any]]) -> str:
    """Targets by service and name."""
    arns = [Arn.parse(each["Arn"]) for each in targets]
    return ", ".join(f"{arn.service} {arn.resource}" for arn in arns)
