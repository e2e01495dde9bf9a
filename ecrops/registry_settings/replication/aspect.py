"""The aspect of the replication configuration of a registry. Called by the engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial, reduce
from typing import Any

from ecrops.aws import BOTOCORE, Aws, has_member
from ecrops.base.change import Call, Change, Note
from ecrops.base.problems import Problems
from ecrops.engine.aspect import Read
from ecrops.registry_settings.replication import notes
from ecrops.registry_settings.replication.edits import (
    Edit,
    Exactly,
    Filters,
    Replication,
    Rule,
    check_places,
    merged,
)
from ecrops.registry_settings.replication.values import SETTING, Destination, ReplicationRule
from ecrops.registry_settings.setting import KNOWN_SINCE, Setting, part, put, reading

base = None
KEY = SETTING
# The first configuration makes a role: https://docs.aws.amazon.com/AmazonECR/latest/userguide/slr-replication.html
MAKES_ROLE = ("iam:CreateServiceLinkedRole",)
DELETE = "deleteReplication"


def exactly(rules: Sequence[ReplicationRule]) -> Exactly:
    """Return the edit of a spec's field."""
    return Exactly(tuple(rules))


def field(value: Replication) -> tuple[ReplicationRule, ...]:
    """Return the current value as a spec's field."""
    return value.value


def check_of_region(aws: Aws, rules: Sequence[ReplicationRule]) -> None:
    """Refuse rules that no registry of this region can have, or that the installed botocore cannot send.

    Raises:
        SpecError: With every reason.
    """
    problems = Problems()
    check_places(problems, {place for rule in rules for place in rule.destinations}, aws.known_account, aws.region)
    problems.check(
        not any(rule.delete_replication for rule in rules) or has_member("ecr", "ReplicationRule", DELETE),
        "delete_replication",
        f"needs botocore {KNOWN_SINCE[DELETE]} or later, and {BOTOCORE} is installed: update boto3",
    )
    problems.raise_any()


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield the one reading."""
    for key in wants:
        yield from reading(key, aws, "DescribeRegistry", partial(_parsed, aws.region))


def _parsed(region: str, answer: Mapping[str, Any]) -> Replication:
    return _replication(answer.get("replicationConfiguration", {}), answer.get("registryId", ""), region)


def _replication(configuration: Mapping[str, Any], account: str, region: str) -> Replication:
    rules = map(_rule, configuration.get("rules", ()))
    return Replication(account, region, merged(rule for rule in rules if rule.filters or rule.destinations))


def _rule(rule: Mapping[str, Any]) -> Rule:
    return Rule(
        frozenset((entry["filterType"], entry["filter"]) for entry in rule.get("repositoryFilters", ())),
        frozenset(Destination(entry["region"], entry["registryId"]) for entry in rule.get("destinations", ())),
        rule.get(DELETE, {}).get("enabled"),
    )


def changes(key: str, edits: Sequence[Edit], current: Setting) -> Iterator[Change | Note]:
    """Put the whole configuration, with the rules of others in it."""
    before: Replication = current.value
    after = reduce(lambda value, edit: edit(value), edits, before)
    if after.meaning == before.meaning:
        return
    yield from notes.of_change(key, before, after, {account for edit in edits for account in edit.written})
    call = Call(
        "ecr",
        "PutReplicationConfiguration",
        {"replicationConfiguration": {"rules": [_sent(rule) for rule in after.rules]}},
        needs=() if before.rules else MAKES_ROLE,
    )
    removed, added = _parts(before) - _parts(after), _parts(after) - _parts(before)
    words = _words(before, after), _words(after, before)
    yield put(key, call, removed, added, unknown=current.unknown, words=words)


def _sent(rule: Rule) -> dict[str, Any]:
    filters = [{"filter": text, "filterType": kind} for kind, text in sorted(rule.filters)]
    destinations = [
        {"region": destination.region, "registryId": destination.account} for destination in sorted(rule.destinations)
    ]
    is_said = rule.deletes is not None and has_member("ecr", "ReplicationRule", DELETE)
    return {
        "destinations": destinations,
        **({"repositoryFilters": filters} if filters else {}),
        **({DELETE: {"enabled": rule.deletes}} if is_said else {}),
    }


def _parts(value: Replication) -> set[str]:
    """Return a part for each destination of each rule, and one for each rule without any."""
    nowhere = {part("nowhere", sorted(rule.filters)) for rule in value.rules if not rule.destinations}
    return nowhere | {
        part("to", sorted(rule.filters), *destination, bool(rule.deletes))
        for rule in value.rules
        for destination in rule.destinations
    }


def _words(side: Replication, other: Replication) -> str:
    """Return what one side has and the other has not."""
    others = {(rule.filters, bool(rule.deletes)): rule.destinations for rule in other.rules}
    return "; ".join(
        _of_rule(rule, destinations, side.account)
        for rule in sorted(side.rules, key=lambda rule: (sorted(rule.filters), bool(rule.deletes)))
        if (destinations := _differing(rule, others.get((rule.filters, bool(rule.deletes))))) is not None
    )


def _differing(rule: Rule, other: frozenset[Destination] | None) -> frozenset[Destination] | None:
    """Return the destinations that the other side lacks; ``None`` if the rule is not among the differences."""
    if other is None or rule.destinations - other:
        return rule.destinations - (other or frozenset())
    return frozenset() if not rule.destinations and other else None


def _of_rule(rule: Rule, destinations: frozenset[Destination], account: str) -> str:
    places = ", ".join(notes.shortened(destination, account) for destination in sorted(destinations)) or "nowhere"
    return f"{selection(rule.filters)} to {places}{' with deletions' if rule.deletes and destinations else ''}"


def selection(filters: Filters) -> str:
    """Return what a rule selects, in words."""
    texts = [text if kind == "PREFIX_MATCH" else f"{kind} {text}" for kind, text in sorted(filters)]
    return " ".join(texts) or "everything"


def after(change: Change, current: Setting) -> Setting:
    """Return the configuration after a change."""
    value: Replication = current.value
    return Setting(_replication(change.params["replicationConfiguration"], value.account, value.region))


def verify(edit: Edit) -> bool:
    """Whether the engine reads again after the edit: a writer with an older reading may have overwritten it."""
    return not isinstance(edit, Exactly)
