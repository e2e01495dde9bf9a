"""Reading what is there and in no spec: each kind by itself. A kind that the caller may not read is a note.

Called by the verbs. It writes nothing. What is not managed is not read: EventBridge rules only if a spec has events,
grants only if one has grants, templates only if the spec of the registry has them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ecrops.aws import DENIED, Aws, ClientError, code_of
from ecrops.engine.reading import Readings
from ecrops.engine.turns import NEVER
from ecrops.text import printable
from ecrops.unmanaged import grants, repositories, rules, templates
from ecrops.unmanaged.managed import Managed
from ecrops.unmanaged.unmanaged import Unmanaged
from ecrops.unmanaged.values import Part, Thing, UnmanagedGrant
from ecrops.unmanaged.within import Within

T = TypeVar("T", bound=Thing)


def read_unmanaged(aws: Aws, managed: Managed, within: Within, known: Readings) -> tuple[Unmanaged, Readings]:
    """Return what is there and in no spec, and what was read on the way.

    Args:
        aws: The account and region.
        managed: What the specs manage.
        within: The names that are looked at.
        known: What was read before, or a dry run would have made.

    Raises:
        ClientError: AWS throttles for too long, or the credentials are not valid any more.
    """
    here = aws.stoppable()
    of_repositories = _part("repositories", lambda: repositories.find(here, managed, within, known))
    of_rules = _part("EventBridge rules", lambda: rules.find(here, managed, within, known))
    of_templates = _part("creation templates", lambda: templates.find(here, managed, within, known))
    current, in_repositories, in_identities = _grants(here, managed, within, known)
    parts: tuple[Part[Any], ...] = (of_repositories, of_rules, of_templates, in_repositories, in_identities)
    found = Unmanaged(
        account=here.account_id,
        region=here.region,
        within=within.beginning,
        repositories=tuple(of_repositories.things),
        rules=tuple(of_rules.things),
        creation_templates=tuple(of_templates.things),
        grants=(*in_repositories.things, *in_identities.things),
        notes=tuple(printable(note) for part in parts for note in part.notes),
        looked_at={
            **({} if of_repositories.is_denied else {"repositories": of_repositories.total}),
            "rules": of_rules.total,
            "creation_templates": of_templates.total,
            "grants": in_repositories.total + in_identities.total,
        },
    )
    if here.has_waited:
        current.read_at = NEVER
    return found, current


def _grants(
    aws: Aws, managed: Managed, within: Within, known: Readings
) -> tuple[Readings, Part[UnmanagedGrant], Part[UnmanagedGrant]]:
    """Return the policies of repositories, and the grants that were found in them and in IAM."""
    if not managed.grants:
        return known, Part(), Part()
    known, errors = grants.policies(aws, managed, within, known)
    wanted = grants.wanted_by(aws, managed)
    in_repositories = grants.in_repositories(aws, managed, within, known, errors, wanted)
    in_identities = _part("grants in policies of IAM", lambda: grants.in_identities(aws, managed, within, wanted))
    return known, in_repositories, in_identities


def _part(kind: str, find: Callable[[], Part[T]]) -> Part[T]:
    """Return what was found of a kind; what the caller may not read is a note."""
    try:
        return find()
    except ClientError as error:
        if code_of(error) not in DENIED:
            raise
        return Part(notes=(f"{kind} in no spec are not known: {error}",), is_denied=True)
