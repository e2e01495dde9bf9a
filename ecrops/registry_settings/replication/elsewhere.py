"""What other accounts must allow, so that this registry replicates to theirs: edits of their registry policies.

Called by ``verbs`` if sessions of those accounts are given. It plans and writes nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from ecrops.aws import Aws
from ecrops.engine.aspect import Want
from ecrops.errors import SpecError
from ecrops.registry_settings.registry_policy import aspect as registry_policy
from ecrops.registry_settings.registry_policy.statements import Allow, replication
from ecrops.registry_settings.replication.edits import filters_of
from ecrops.registry_settings.replication.notes import prefixes_of, resources
from ecrops.registry_settings.replication.values import Destination, ReplicationRule

if TYPE_CHECKING:
    import boto3

Sessions: TypeAlias = "boto3.Session | Mapping[str, boto3.Session] | None"


def permissions(aws: Aws, rules: Iterable[ReplicationRule], sessions: Sessions) -> list[Want]:
    """Return the wants of the registry policies of destinations, in the accounts of some sessions.

    Args:
        aws: The account and region that replicates.
        rules: The rules.
        sessions: A session, or several by account.

    Raises:
        SpecError: A session is for no account of a destination, or for another than the mapping says.
    """
    prefixes: dict[Destination, list[str]] = {}
    for rule in rules:
        for destination in rule.destinations:
            prefixes.setdefault(destination, []).extend(prefixes_of(filters_of(rule)))
    places = _by_account(aws, sessions)
    others = {destination.account for destination in prefixes} - {"", aws.account_id}
    for account in places:
        if account not in others:
            named = ", ".join(sorted(others)) or "no destination is in another account"
            raise SpecError(f"session: expected one for the account of a destination ({named}), got one for {account}")
    source = replication(aws.account_id, aws.partition.name)
    return [
        Want(
            registry_policy,
            registry_policy.key_of(destination),
            Allow(source, resources(destination, names)),
            account=places[destination.account].in_region(destination.region),
        )
        for destination, names in sorted(prefixes.items())
        if destination.account in places
    ]


def _by_account(aws: Aws, sessions: Sessions) -> dict[str, Aws]:
    if not isinstance(sessions, Mapping):
        place = aws.for_session(sessions)  # type: ignore[arg-type]  # which refuses what is no session
        return {place.account_id: place}
    places = {str(account): aws.for_session(session) for account, session in sessions.items()}
    for account, place in places.items():
        if place.account_id != account:
            raise SpecError(f"session: expected one for account {account}, got one for {place.account_id}")
    return places
