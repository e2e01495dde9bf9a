"""What the user must know about replication, and what no change tells. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from ecrops.aws import partition_of
from ecrops.base.change import Note
from ecrops.iam.statements import VERSION
from ecrops.registry_settings.registry_policy.statements import replication as permission
from ecrops.registry_settings.replication.edits import Filters, Replication
from ecrops.registry_settings.replication.values import PREFIX_MATCH, Destination
from ecrops.repositories.values import repository_arn

# https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html
DEFAULT_RULES = 10
Pair = tuple[Filters, Destination]


def of_change(key: str, before: Replication, after: Replication, written: Iterable[str]) -> Iterator[Note]:
    """Yield the notes of a change.

    Args:
        key: The key of the setting.
        before: The configuration before it.
        after: The configuration after it.
        written: The accounts whose registry policies are written with it.
    """
    yield from _of_deletions(key, before, after)
    fresh = sorted(set(pairs(after)) - set(pairs(before)), key=lambda pair: (pair[1], sorted(pair[0])))
    yield from _of_accounts(key, after.account, [pair for pair in fresh if pair[1].account not in {*written}])
    if fresh:
        yield _of_replicas(key, after.account, fresh)
    if len(after.rules) > max(DEFAULT_RULES, len(before.rules)):
        yield Note(
            f"{key}: {len(after.rules)} rules: AWS documents {DEFAULT_RULES} as the quota in most regions, and 25 in "
            "some; where it is 10, ECR refuses more"
        )


def pairs(replication: Replication) -> Iterator[Pair]:
    """Yield each destination of each rule."""
    for rule in replication.rules:
        yield from ((rule.filters, destination) for destination in rule.destinations)


def _of_deletions(key: str, before: Replication, after: Replication) -> Iterator[Note]:
    deleted, deletes = (
        {(rule.filters, destination) for rule in value.rules if rule.deletes for destination in rule.destinations}
        for value in (before, after)
    )
    if fresh := deletes - deleted:
        places = _several(shortened(destination, after.account) for _, destination in fresh)
        yield Note(
            f"{key}: when images are deleted, or expired by a lifecycle policy, or lose a tag, they are and do so in "
            f"{places} too"
        )


def _of_accounts(key: str, source: str, fresh: Iterable[Pair]) -> Iterator[Note]:
    """Yield a note for each registry of another account, with the document that its policy has to have."""
    prefixes: dict[Destination, list[str]] = {}
    for filters, destination in fresh:
        if destination.account != source:
            prefixes.setdefault(destination, []).extend(prefixes_of(filters))
    for destination, names in prefixes.items():
        partition = partition_of(destination.region).name
        statement = permission(source, partition).statement(resources(destination, names))
        yield Note(
            f"{key}: account {destination.account} must allow it in its registry policy in {destination.region}, or "
            "session= writes it there:",
            json.dumps({"Version": VERSION, "Statement": [statement]}),
        )


def resources(destination: Destination, prefixes: Iterable[str]) -> frozenset[str]:
    """Return the ARNs of the repositories of a destination whose names begin with one of some prefixes."""
    partition = partition_of(destination.region).name
    return frozenset(
        repository_arn(partition, destination.region, destination.account, f"{prefix}*") for prefix in prefixes
    )


def prefixes_of(filters: Filters) -> list[str]:
    """Return the prefixes of a rule; an empty one for every repository."""
    known = sorted(text for kind, text in filters if kind == PREFIX_MATCH)
    return known if known and len(known) == len(filters) else [""]


def _of_replicas(key: str, source: str, fresh: Iterable[Pair]) -> Note:
    places = _several(shortened(destination, source) for _, destination in fresh)
    prefixes = {prefix for filters, _ in fresh for prefix in prefixes_of(filters)}
    only = prefixes.pop() if len(prefixes) == 1 else ""
    name = only.removesuffix("/") if only.endswith("/") else "ROOT"  # a template of prod is not for production
    return Note(
        f"{key}: repositories that replication makes in {places} have none of the repository policy, lifecycle rules, "
        "tags, tag mutability and encryption of their source: there, a creation template gives them, "
        f"registry.creation_templates.add({name!r}, applied_for=['REPLICATION'], ...)"
    )


def shortened(destination: Destination, account: str) -> str:
    """Return a destination as text, without the account if it is that of the registry."""
    return destination.region if destination.account == account else str(destination)


def _several(places: Iterable[str]) -> str:
    return ", ".join(sorted(set(places)))
