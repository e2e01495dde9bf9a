"""From what is wanted of rules to all that it takes: the rules, and who may invoke what."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ecrops.aws import Aws
from ecrops.base.problems import Problems
from ecrops.engine.account import Account
from ecrops.engine.aspect import Aspect, Want
from ecrops.engine.plan import Plan
from ecrops.engine.planning import Goal, read
from ecrops.events import aspect, reading
from ecrops.events.edits import TAG, Absent, Edit, Rule, Wanted, edited, needs_rule
from ecrops.events.event import Event
from ecrops.events.patterns.checks import MOST_RULES, MOST_WILDCARD_RULES, wildcards
from ecrops.events.rule_options import make_event
from ecrops.events.targets import functions, log_groups, queues, topics
from ecrops.events.targets import target as targets
from ecrops.events.targets.permissions import Allow, Forbid, Step, freed, is_here, key_of, resources
from ecrops.events.targets.target import Target

Edits = Mapping[str, Sequence[Edit]]
Known = dict[Goal, Any]
PERMISSIONS: Mapping[str, Aspect] = {"lambda": functions, "sqs": queues, "sns": topics, "logs": log_groups}


def make_rule(account: Account, kind: str, options: Mapping[str, Any]) -> Plan:
    """Make the rule that a verb describes, with its targets."""
    event = make_event(kind, options)
    return edit_rules(account, {reading.key_of(event.rule, event.bus): [Wanted(event)]})


def edit_rules(account: Account, edits: Edits) -> Plan:
    """Edit rules, and who may invoke what with them.

    Raises:
        ClientError: botocore's ``ResourceNotFoundException``: an edit is of a rule that is not there.
    """
    wants, known = all_wants(account.aws, edits)
    for key in [
        key for key, each in edits.items() if known[aspect, key].settings is None and any(map(needs_rule, each))
    ]:
        if account.would_make(key):
            known[aspect, key] = replace(known[aspect, key], settings={})
        else:
            reading.describe(account.aws, key)
    return account.make(*wants, known=known)


def all_wants(aws: Aws, edits: Edits, found: Mapping[str, Rule] | None = None) -> tuple[list[Want], Known]:
    """The wants for edits of rules, and what was read of the rules on the way.

    The rules are read first, because what a rule invokes no more is known only from what it invokes.

    Args:
        aws: The account and region.
        edits: By the key of the rule.
        found: Rules that are known already, by key.

    Raises:
        SpecError: EventBridge does not reach a target from here.
    """
    check_reach(aws, edits)
    known: Known = {(aspect, key): rule for key, rule in (found or {}).items()}
    have = read(aws, {(aspect, key): each for key, each in edits.items()}, known)
    wants = [Want(aspect, key, edit) for key, each in edits.items() for edit in each]
    for key, each in edits.items():
        wants += _permissions(key, each, have[aspect, key])
    return wants, have


def check_reach(aws: Aws, edits: Edits) -> None:
    """Whether EventBridge reaches the targets from here. Calls nothing but STS, for the account.

    Raises:
        SpecError: It does not; with every reason.
    """
    _check_targets(edits, lambda each: targets.check_reach(each, aws.partition.name, aws.region))
    _check_targets(edits, lambda each: targets.check_account(each, aws.account_id))


def _check_targets(edits: Edits, check: Callable[[Target], None]) -> None:
    problems = Problems()
    for key, each in edits.items():
        for target in (target for edit in each for target in edit.targets):
            problems.take(key, partial(check, target))
    problems.raise_any()


def _permissions(key: str, edits: Sequence[Edit], have: Rule) -> Iterator[Want]:
    """Who is let in, and who is no more: of a target that is changed in place, or has no room, before it is put."""
    rule, place, after = reading.arn_of(have.place, key), have.place, edited(have, edits)
    mine = {arn for edit in edits for target in edit.targets if target.authorize for arn in resources(target.to_aws())}
    changed = {arn for name, target in after.targets.items() if name in have.targets for arn in resources(target)}
    out = Step.FORBID if aspect.has_room(have, after) else Step.BEFORE
    wanted: list[Allow | Forbid] = [
        Allow(rule, key, arn, Step.BEFORE if arn in changed else Step.ALLOW) for arn in sorted(mine)
    ]
    wanted += [Forbid(rule, key, arn, out) for arn in sorted(freed(have.authorized, after.authorized))]
    for edit in wanted:
        service = edit.resource.split(":")[2]
        if service in PERMISSIONS and is_here(edit.resource, place):
            yield Want(PERMISSIONS[service], key_of(edit.resource), edit, for_owner=edit.owner)


# Specs


def of_repositories(aws: Aws, events: Mapping[str, Sequence[Event]]) -> tuple[list[Want], Known]:
    """What the events of specs want: their rules, and none that ecrops made for these repositories before.

    Raises:
        SpecError: Two are one rule, they are more than a bus holds, or a target is in another region.
    """
    managed = {name: [Wanted(event, exactly=True) for event in each] for name, each in events.items()}
    edits = _by_key(edit for each in managed.values() for edit in each)
    check_reach(aws, edits)
    found = _found(aws, edits, managed)
    ours = {key: rule for key, rule in found.items() if rule.tags.get(TAG) in managed}
    stale: Edits = {key: [Absent(rule.tags[TAG])] for key, rule in ours.items() if key not in edits}
    return all_wants(aws, {**edits, **stale}, found)


def _by_key(wanted: Iterable[Wanted]) -> dict[str, list[Wanted]]:
    problems = Problems()
    edits: dict[str, list[Wanted]] = {}
    for edit in wanted:
        key = reading.key_of(edit.event.rule, edit.event.bus)
        problems.check(key not in edits, "", f"{key} is wanted twice: give one of the two another name")
        edits[key] = [edit]
    check_quotas(problems, [each[0].event for each in edits.values()])
    problems.raise_any()
    return edits


def check_quotas(problems: Problems, events: Sequence[Event]) -> None:
    """Whether a bus can hold the rules."""
    way = 'one rule of registry.on_...() with repositories=prefix("team/") serves many repositories'
    for bus, count in Counter(event.bus for event in events).items():
        problems.check(
            count <= MOST_RULES, "", f"the bus {bus} has at most {MOST_RULES} rules, these are {count}; {way}"
        )
    for bus, count in Counter(event.bus for event in events if any(wildcards(event.pattern().document))).items():
        problems.check(
            count <= MOST_WILDCARD_RULES,
            "",
            f"the bus {bus} has at most {MOST_WILDCARD_RULES} rules with wildcards, these are {count}",
        )


def _found(aws: Aws, edits: Edits, repositories: Iterable[str]) -> dict[str, Rule]:
    """What is on the default bus of the rules that are wanted, and of those that are no longer."""
    aws.client("events")
    nothing = Rule(place=reading.place_of(aws), scan_type=reading.scan_type_for(aws, edits))
    listed = {reading.key_of(each["Name"]): each for each in reading.every(aws)}
    names = [json.dumps(name)[1:-1] for name in repositories]
    close = {
        key: each
        for key, each in listed.items()
        if key in edits
        or ("aws." in each.get("EventPattern", "") and any(name in each["EventPattern"] for name in names))
    }
    rules = aws.map(lambda each: reading.read_parts(aws, each, nothing), close.values())
    absent = {key: nothing for key in edits if key not in listed and reading.name_and_bus(key)[1] == reading.DEFAULT}
    return absent | dict(zip(close, rules, strict=True))
