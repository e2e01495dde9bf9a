"""From what is in no spec to wants that take it away: each knows what it was when it was found.

Called by the verbs. Everything is read again before it is deleted, and what was changed since stays: the edits say so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from ecrops.access.edits import Allow, Forbid
from ecrops.aws import Aws
from ecrops.engine.aspect import Want
from ecrops.engine.reading import Readings
from ecrops.errors import SpecError
from ecrops.events.edits import Absent
from ecrops.events.wants import all_wants
from ecrops.registry_settings.creation_templates import aspect as templates_aspect
from ecrops.registry_settings.creation_templates.edits import ExcludeFound
from ecrops.repositories import settings
from ecrops.repositories.calls import arn_of
from ecrops.repositories.states import AsFound
from ecrops.unmanaged.grants import ASPECTS
from ecrops.unmanaged.unmanaged import Unmanaged
from ecrops.unmanaged.values import Thing, UnmanagedGrant, UnmanagedRepository, UnmanagedRule, UnmanagedTemplate


def things_of(aws: Aws, given: Iterable[object], names: Collection[str]) -> list[Thing]:
    """Return what ``remove`` was given besides names: all that was found, or some of it, each once.

    Args:
        aws: The account and region.
        given: What it was given.
        names: The names that it was given: a repository that is named is deleted, whatever was found.

    Raises:
        SpecError: It was found in another account or region.
    """
    groups = (value if isinstance(value, Unmanaged) else [value] for value in given)
    every = [thing for group in groups for thing in group if isinstance(thing, Thing)]
    things = {(thing.kind, thing.name, str(thing) * isinstance(thing, UnmanagedGrant)): thing for thing in every}
    places = {(thing.account, thing.region) for thing in things.values()}
    for account, region in sorted(places):
        if (account, region) != (aws.account_id, aws.region):
            here = f"account {aws.account_id}, region {aws.region}"
            raise SpecError(
                f"this was found in account {account}, region {region}, and the registry is that of {here}: remove it "
                "with a Registry for that place"
            )
    return [thing for thing in things.values() if not (isinstance(thing, UnmanagedRepository) and thing.name in names)]


def wants_of(aws: Aws, things: Sequence[Thing], empty_on_delete: bool, known: Readings) -> tuple[list[Want], Readings]:
    """Return the wants that take things away, and what was read on the way: rules, for the permissions of targets.

    Args:
        aws: The account and region.
        things: What is in no spec.
        empty_on_delete: Whether repositories are deleted with the images in them.
        known: What was read before.
    """
    repositories = {thing.name: thing for thing in things if isinstance(thing, UnmanagedRepository)}
    wants = [
        Want(settings, name, AsFound(thing.found, empty_on_delete and bool(thing.found.images)))
        for name, thing in repositories.items()
    ]
    if templates := [thing.found for thing in things if isinstance(thing, UnmanagedTemplate)]:
        wants.append(Want(templates_aspect, templates_aspect.KEY, ExcludeFound(templates)))
    for thing in things:
        if isinstance(thing, UnmanagedGrant):
            wants += _of_grant(aws, thing, thing.name if thing.name in repositories else "")
    rules = {thing.key: thing for thing in things if isinstance(thing, UnmanagedRule)}
    if rules:
        edits = {key: [Absent(of=rule.repository, found=rule.found)] for key, rule in rules.items()}
        of_rules, known = all_wants(aws, edits, known)
        owners = {key: rule.repository for key, rule in rules.items() if rule.repository in repositories}
        # Neither a rule nor the permission of its target goes without its repository
        wants += [want._replace(for_owner=owners.get(want.for_owner or want.key, want.for_owner)) for want in of_rules]
    return wants, known


def _of_grant(aws: Aws, grant: UnmanagedGrant, for_owner: str) -> Iterator[Want]:
    """Yield the wants that take a grant away: what specs grant comes back, if a wildcard took it along."""
    aspect = ASPECTS[grant.attach]
    repository = "" if grant.attach == "repository" else arn_of(aws, grant.name)
    yield Want(aspect, grant.key, Forbid(grant.subject, grant.actions, repository), for_owner)
    if grant.kept:
        yield Want(aspect, grant.key, Allow(grant.subject, grant.kept))
