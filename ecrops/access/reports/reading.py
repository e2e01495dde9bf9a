"""Reading what a report says: every policy that decides about a repository, once. Called by the verbs."""

from __future__ import annotations

from collections.abc import Sequence

from ecrops.access.answers.documents import read
from ecrops.access.reports.access import Access
from ecrops.access.reports.entry import Holder, entries
from ecrops.access.reports.judging import Judge
from ecrops.access.reports.matrix import AccessMatrix
from ecrops.access.reports.row import PrincipalAccess
from ecrops.aws import Aws
from ecrops.repositories.prefixes import Prefix, selected


def access_of(aws: Aws, name: str) -> Access:
    """Return who can use a repository, by all policies.

    Raises:
        RepositoryNotFoundException: There is no such repository.
    """
    documents = read(aws, [name])
    judge = Judge(documents)
    rows, denied = list[PrincipalAccess](), list[PrincipalAccess]()
    for party in judge.parties.present:
        row = judge.row(party)
        if not row.is_idle and not party.is_only_denied:
            rows.append(row)
        elif row.denied_by and (party.is_named or _is_allowed_otherwise(row)):
            denied.append(row)
    identities = documents.directory or ()
    holders = (Holder(str(identity), identity.arn, identity.policies) for identity in identities)
    return Access(
        repository=name,
        rows=tuple(rows),
        denied=tuple(denied),
        deleted=tuple(absent.who for absent in judge.parties.deleted),
        entries=tuple(entries(documents.policies.get(name), holders, judge.evaluation.universe.arns[0])),
        unread=documents.unread,
    )


def matrix_of(aws: Aws, selection: Sequence[str | Prefix]) -> AccessMatrix:
    """Return who can use which repositories, by all policies: one listing of IAM, and one policy each repository.

    Args:
        aws: The account and region.
        selection: Names and prefixes; nothing for all of the registry.

    Raises:
        RepositoryNotFoundException: One name was given, and there is no such repository.
    """
    return AccessMatrix(Judge(read(aws, selected(aws, selection)), is_registry=not selection))


def _is_allowed_otherwise(row: PrincipalAccess) -> bool:
    """Whether a statement would allow something that another one denies."""
    return any(verb.because and verb.denied_by for verb in row.verbs.values())
