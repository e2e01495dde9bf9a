"""From edits of EventBridge rules to wants: the rule itself, and the permission of each target.

Called by the verbs, by the handle ``Rule``, and for specs by ``ecrops.aspects``. It reads the rules first, because only
the current targets of a rule tell which permissions it no longer needs. It decides nothing about the rule itself: that
is ``aspect``.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ecrops.aws import Aws
from ecrops.base.problems import Problems
from ecrops.engine.account import Account
from ecrops.engine.aspect import Aspect, Want
from ecrops.engine.plan import Plan
from ecrops.engine.reading import Goal, Readings, read
from ecrops.errors import SpecError
from ecrops.events import aspect, reading
from ecrops.events.edits import Absent, Edit, Wanted, edited, needs_rule
from ecrops.events.event import Event
from ecrops.events.patterns.limits import MOST_WILDCARD_RULES, wildcards
from ecrops.events.reading import DEFAULT_BUS
from ecrops.events.rule_options import make_event
from ecrops.events.split import PART, parts
from ecrops.events.targets import functions, log_groups, presence, queues, topics
from ecrops.events.targets import target as targets
from ecrops.events.targets.permissions import Allow, Forbid, Step, freed, is_here, key_of, resources, shared_rules
from ecrops.events.targets.target import Target
from ecrops.events.value import SEVERAL, TAG, RuleValue

Edits = Mapping[str, Sequence[Edit]]
Known = Readings
PERMISSIONS: Mapping[str, Aspect] = {"lambda": functions, "sqs": queues, "sns": topics, "logs": log_groups}


def make_rule(account: Account, kind: str, options: Mapping[str, Any]) -> Plan:
    """Make the rule that a verb describes, with its targets; or the rules that it is split into.

    A verb that can be split replaces the other form of its rule, which an earlier run made: the parts by the whole
    rule, the whole rule by the parts, and parts that are too many by those that are needed.

    Args:
        account: The account and region.
        kind: The kind of event.
        options: The name of the rule, and the options that the caller of the verb gave, with ``split`` if the verb is
            one that can be split.

    Raises:
        SpecError: An option is wrong; with every reason.
    """
    split = options.get("split", False)
    if not isinstance(split, bool):
        raise SpecError(f"split: expected True or False, got {split!r}")
    aws, name = account.aws, options.get("name")
    if split:
        whole = {name: value for name, value in options.items() if name != "split"}
        events = parts(kind, whole, aws.quotas.pattern_characters, reading.location_of(aws))
    else:
        events = [make_event(kind, options)]
    edits: dict[str, list[Edit]] = {reading.key_of(event.rule, event.bus): [Wanted(event)] for event in events}
    if "split" not in options or name is None:
        return edit_rules(account, edits)
    check_reach(aws, edits)
    forms = _forms(account, name, events[0].bus, with_whole=split)
    return edit_rules(account, {**edits, **{key: [edit] for key, edit in forms.items() if key not in edits}})


def edit_rule(account: Account, name: str, bus: str, edit: Edit) -> Plan:
    """Edit a rule. A rule that was split is edited in each of its parts.

    Raises:
        ClientError: botocore's ``ResourceNotFoundException``: the edit needs a rule that does not exist.
    """
    key = reading.key_of(name, bus)
    check_reach(account.aws, {key: [edit]})
    if isinstance(edit, Absent):
        removals = _forms(account, name, bus)
        return edit_rules(account, {key: [edit], **{part: [removal] for part, removal in removals.items()}})
    known = read(account.aws, {(aspect, key): [edit]}, Readings(account.assumed))
    split = _forms(account, name, bus) if known[aspect, key].settings is None else {}
    return edit_rules(account, {part: [edit] for part in split or [key]}, known)


def _forms(account: Account, name: str, bus: str, *, with_whole: bool = False) -> dict[str, Absent]:
    """Return the removals of the parts of a rule, by the key of the part, and of the whole rule.

    A rule that only has the name of a part is not one: it stays.
    """
    aws, found = account.aws, dict[str, Absent]()
    assumed = {key: rule for (part, key), rule in account.assumed.items() if part is aspect}
    names = set(reading.names(aws, bus, name if with_whole else f"{name}-"))
    names |= {reading.name_and_bus(key)[0] for key in assumed if reading.name_and_bus(key)[1] == bus}
    for form in sorted(names, key=lambda form: (len(form), form)):
        is_part = bool(re.fullmatch(re.escape(name) + "-[1-9][0-9]*", form))
        key = reading.key_of(form, bus)
        if is_part or (with_whole and form == name):
            rule = assumed[key] if key in assumed else reading.read(aws, key, lambda: "BASIC")
            if rule.settings is not None and rule.is_ours and rule.tags.get(PART) == (name if is_part else None):
                found[key] = Absent(rule.tags[TAG])
    return found


def edit_rules(account: Account, edits: Edits, known: Known | None = None, *, looks: bool = True) -> Plan:
    """Edit rules, and the permissions of their targets.

    Args:
        account: The account and region.
        edits: The edits by the key of the rule.
        known: Rules that are known already.
        looks: Whether to look first whether what the rules need exists.

    Raises:
        ClientError: botocore's ``ResourceNotFoundException``: an edit needs a rule that does not exist.
    """
    wants, known = all_wants(account.aws, edits, Readings(account.assumed) if known is None else known)
    wants = [want for want in wants if looks or want.aspect is not presence]
    for key, rule_edits in edits.items():
        if known[aspect, key].settings is None and any(map(needs_rule, rule_edits)):
            reading.describe(account.aws, key)  # raises the error, with the way out
    return account.make(*wants, known=known)


def all_wants(aws: Aws, edits: Edits, known: Known | None = None) -> tuple[list[Want], Known]:
    """Return the wants for edits of rules, and the rules that were read on the way.

    Args:
        aws: The account and region.
        edits: The edits by the key of the rule.
        known: Rules that are known already.

    Raises:
        SpecError: EventBridge does not reach a target from this account and region.
    """
    check_reach(aws, edits)
    goals: dict[Goal, Sequence[Edit]] = {(aspect, key): rule_edits for key, rule_edits in edits.items()}
    current = read(aws, goals, Readings() if known is None else known)
    wants = [Want(aspect, key, edit) for key, rule_edits in edits.items() for edit in rule_edits]
    for key, rule_edits in edits.items():
        wants += _permissions(key, rule_edits, current[aspect, key])
        wants += _needed(key, rule_edits, current[aspect, key])
    return wants, current


def check_reach(aws: Aws, edits: Edits) -> None:
    """Refuse targets that EventBridge does not reach. Calls nothing but STS, for the account.

    Raises:
        SpecError: It does not reach one; with every reason.
    """
    _check_targets(edits, lambda target: targets.check_reach(target, aws.partition.name, aws.region))
    _check_targets(edits, lambda target: targets.check_account(target, aws.account_id))


def _check_targets(edits: Edits, check: Callable[[Target], None]) -> None:
    problems = Problems()
    for key, rule_edits in edits.items():
        added = (target for edit in rule_edits for target in edit.targets)
        problems.each(key, added, check, numbered=False)
    problems.raise_any()


def _permissions(key: str, edits: Sequence[Edit], current: RuleValue) -> Iterator[Want]:
    """Yield the wants for the permissions that a rule needs, and for those that it no longer needs.

    A target that is changed in place is authorised before it is put. If there is no room for old and new targets
    together, the old permissions go first too.
    """
    location, rule = current.location, reading.arn_of(current.location, key)
    desired = edited(current, edits)
    added = [target for edit in edits for target in edit.targets if target.authorize]
    needed = {arn: _permitted(rule, arn, target) for target in added for arn in resources(target.to_aws())}
    changed = {arn for name, target in desired.targets.items() if name in current.targets for arn in resources(target)}
    last_step = Step.FORBID if aspect.has_room(current, desired) else Step.BEFORE
    permissions: list[Allow | Forbid] = [
        Allow(permitted, key, arn, Step.BEFORE if arn in changed else Step.ALLOW)
        for arn, permitted in sorted(needed.items())
    ]
    freed_arns = freed(current.authorized, desired.authorized)
    freed_arns |= {arn for arn, permitted in needed.items() if permitted != rule}
    permissions += [Forbid(rule, key, arn, last_step) for arn in sorted(freed_arns)]
    for edit in permissions:
        service = edit.resource.split(":")[2]
        if service in PERMISSIONS and is_here(edit.resource, location):
            yield Want(PERMISSIONS[service], key_of(edit.resource), edit, for_owner=edit.owner)


def _permitted(rule: str, arn: str, target: Target) -> str:
    """Return the ARN of the rules that a permission is for: the rule, or all rules with names that ecrops makes."""
    is_shared = target.authorize == targets.SHARED and key_of(arn) == arn
    return (shared_rules(rule) if is_shared else "") or rule


def _needed(key: str, edits: Sequence[Edit], current: RuleValue) -> Iterator[Want]:
    """Yield the wants to look for what a rule, and each target that is put on it, needs: before anything is written."""
    desired, location = edited(current, edits), current.location
    authorized = {str(target.id) for edit in edits for target in edit.targets if target.authorize}
    arns = {
        arn
        for name in authorized & desired.targets.keys()
        for arn in _named(desired.targets[name]) - _named(current.targets.get(name, {}))
    }
    bus = reading.name_and_bus(key)[1]
    if current.settings is None and desired.settings is not None and bus != DEFAULT_BUS:
        arns.add(location.arn("events", f"event-bus/{bus}"))
    for arn in sorted(arns):
        if presence.is_looked_for(arn, location):
            yield Want(presence, arn, presence.Needed(key), for_owner=key)


def _named(target: Mapping[str, Any]) -> set[str]:
    """Return the ARNs that a target names: its own, and that of its role."""
    return {target[member] for member in ("Arn", "RoleArn") if target.get(member)}


# Specs


def of_specs(
    aws: Aws, events: Mapping[str, Sequence[Event]], of_several: Sequence[Event] | None, assumed: Mapping[Goal, Any]
) -> tuple[list[Want], Known]:
    """Return the wants for the events of specs, and the rules that were read on the way.

    The rules that ecrops made for these repositories before, and that are no longer in their specs, are removed. So
    are, with the spec of a registry, those that it made for several repositories.

    Args:
        aws: The account and region.
        events: The events by the name of the repository.
        of_several: The events of the spec of a registry, if it manages them.
        assumed: The values that a dry run would have made before.

    Raises:
        SpecError: Two are one rule, they are more than a bus holds, or a target is in another region.
    """
    specs = {**events, **({} if of_several is None else {SEVERAL: of_several})}
    managed = {name: [Wanted(event, exactly=True) for event in specified] for name, specified in specs.items()}
    edits = _by_key(edit for wanted in managed.values() for edit in wanted)
    check_reach(aws, edits)
    known = Readings()  # their moment is before the first of them is read
    rules = _current_rules(aws, edits, managed)
    rules |= {key: value for (part, key), value in assumed.items() if part is aspect}
    known |= {(aspect, key): rule for key, rule in rules.items()}
    stale = {
        key: [Absent(rule.tags[TAG])]
        for key, rule in rules.items()
        if rule.tags.get(TAG) in managed and key not in edits
    }
    return all_wants(aws, {**edits, **stale}, known)


def _by_key(wanted: Iterable[Wanted]) -> dict[str, list[Wanted]]:
    problems = Problems()
    edits: dict[str, list[Wanted]] = {}
    for edit in wanted:
        key = reading.key_of(edit.event.rule, edit.event.bus)
        problems.check(key not in edits, "", f"{key} is wanted twice: give one of the two another name")
        edits[key] = [edit]
    check_quotas(problems, [edit.event for [edit] in edits.values()])
    problems.raise_any()
    return edits


def check_quotas(problems: Problems, events: Sequence[Event]) -> None:
    """Add a problem for each bus that cannot hold the rules of the events. AWS does not raise this quota."""
    for bus, count in Counter(event.bus for event in events if any(wildcards(event.pattern().document))).items():
        reason = f"the bus {bus} has at most {MOST_WILDCARD_RULES} rules with wildcards, these are {count}"
        problems.check(count <= MOST_WILDCARD_RULES, "", reason)


def _current_rules(aws: Aws, edits: Edits, repositories: Collection[str]) -> dict[str, RuleValue]:
    """Read the rules of the default bus that are wanted, and those that may be of the repositories.

    The tags of a rule tell whose it is, and reading them takes a call for each rule. So only rules whose pattern names
    one of the repositories are read; for the spec of a registry, all that are on events of AWS.
    """
    aws.client("events")
    scan_type = reading.scan_type_for(aws, edits)
    listed = {reading.key_of(rule["Name"]): rule for rule in reading.every(aws)}
    names = [""] if SEVERAL in repositories else [json.dumps(name)[1:-1] for name in repositories]
    relevant = {key: rule for key, rule in listed.items() if key in edits or _names_one(rule, names)}
    on_default = [key for key in edits if reading.name_and_bus(key)[1] == DEFAULT_BUS]
    count = len({*listed, *on_default})
    missing = {key: reading.missing_rule(aws, key, scan_type, count) for key in (*relevant, *edits)}
    rules = aws.map(lambda key: reading.read_parts(aws, relevant[key], missing[key]), relevant)
    absent = {key: missing[key] for key in on_default if key not in listed}
    return absent | dict(zip(relevant, rules, strict=True))


def _names_one(rule: Mapping[str, Any], names: Iterable[str]) -> bool:
    """Whether the pattern of a rule is on events of AWS, and has one of the names in it."""
    pattern = rule.get("EventPattern", "")
    return "aws." in pattern and any(name in pattern for name in names)
