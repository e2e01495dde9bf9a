"""All policies that decide about some repositories, as they are now.

Called by the verbs that ask who may do what. One listing of IAM, one policy a repository, and the registry policy are
read; the tags of the repositories and the organization only where a statement asks for them. What cannot be read is
told, and what depends on it is not known: it never hides the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain, islice

from ecrops.access.answers.identities import Directory
from ecrops.access.answers.one_identity import Alone, seen
from ecrops.access.answers.parts import (
    OF_ORGANIZATION,
    OF_TAGS,
    Found,
    asks,
    keys_of,
    of_registry,
    of_repositories,
    organization_of,
    tags_of,
)
from ecrops.access.answers.unread import Unread
from ecrops.aws import Aws
from ecrops.iam.evaluation.compiled import CompiledPolicy

WINDOW = 100
"""The repositories that are read before their policies are handed out."""
NONE_ASKED: tuple[Directory | None, tuple[Unread, ...]] = (None, ())
NOT_ASKED: tuple[str | None, tuple[Unread, ...]] = (None, ())


@dataclass(frozen=True, slots=True)
class Documents:
    """All that decides about some repositories of one registry.

    Args:
        partition: The partition.
        region: The region.
        account: The account.
        directory: The users, roles and groups of the account; ``None`` if they cannot be seen.
        policies: The policy of each repository by name; ``None`` for one that has none. One that cannot be read is
            unreadable. A repository that does not exist is not among them.
        tags: The tags of each repository, if a statement asks for them. One that is not among them has unknown tags.
        registry: The registry policy; ``None`` if there is none; unreadable if it cannot be read.
        organization: The id of the organization that the account is in; empty if it is in none; ``None`` if that is
            not known, or no statement asks for it.
        unread: What could not be read.
        now: The moment of the reading.
    """

    partition: str
    region: str
    account: str
    directory: Directory | None
    policies: Mapping[str, CompiledPolicy | None]
    tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    registry: CompiledPolicy | None = None
    organization: str | None = None
    unread: tuple[Unread, ...] = ()
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


def read(aws: Aws, names: Iterable[str], *, identities: bool = True, alone: Alone = ()) -> Documents:
    """Read all that decides about some repositories.

    Args:
        aws: The account and region.
        names: The repositories.
        identities: Whether the policies of users, roles and groups are read.
        alone: The identities that are read one by one if the caller may not list all: their kinds and names.

    Raises:
        RepositoryNotFoundException: There is one name, and no such repository.
        ClientError: The credentials are not valid any more, for example. What is only denied is in ``unread``.
    """
    parts = list(windows(aws, dict.fromkeys(names), identities=identities, alone=alone))
    policies = {name: policy for part in parts for name, policy in part.policies.items()}
    tags = {name: found for part in parts for name, found in part.tags.items()}
    unread = dict.fromkeys(chain.from_iterable(part.unread for part in parts))
    organization = next((part.organization for part in parts if part.organization is not None), None)
    return replace(parts[0], policies=policies, tags=tags, organization=organization, unread=tuple(unread))


def windows(
    aws: Aws, names: Iterable[str], *, identities: bool = True, alone: Alone = (), size: int = WINDOW
) -> Iterator[Documents]:
    """Yield all that decides about some repositories, in parts: what is of the whole account is read once.

    Args:
        aws: As in ``read``.
        names: As in ``read``. A name is taken when its part is read.
        identities: As in ``read``.
        alone: As in ``read``.
        size: The repositories of one part.

    Yields:
        At least one part. What could not be read of the account is in ``unread`` of each.

    Raises:
        RepositoryNotFoundException: There is one name, and no such repository.
    """
    here, waiting = aws.stoppable(), iter(names)
    window = list(islice(waiting, size))
    found = of_repositories(here, window, is_only=len(window) == 1)
    account = _of_account(here, identities=identities, alone=alone)
    keys = keys_of([*_policies(account.directory), account.registry])
    while True:
        yield _with(here, account, keys, found)
        window = list(islice(waiting, size))
        if not window:
            return
        found = of_repositories(here, window)


def _of_account(aws: Aws, *, identities: bool, alone: Alone) -> Documents:
    """Return what is of the whole account, without repositories."""
    directory, unread = seen(aws, alone) if identities else NONE_ASKED
    registry = of_registry(aws)
    return Documents(
        partition=aws.partition.name,
        region=aws.region,
        account=aws.account_id,
        directory=directory,
        policies={},
        registry=registry.policy,
        unread=(*unread, *filter(None, [registry.unread])),
    )


def _policies(directory: Directory | None) -> Iterator[CompiledPolicy | None]:
    """Yield the policies of all identities, each once."""
    every = ((*identity.policies, identity.boundary) for identity in directory or ())
    yield from {id(policy): policy for policy in chain.from_iterable(every)}.values()


def _with(aws: Aws, account: Documents, keys: frozenset[str], found: Found) -> Documents:
    """Return what is of an account with what is of some repositories, and what statements ask for beside."""
    of_each = {name: keys | keys_of([policy]) for name, policy in found.policies.items()}
    tags, unread_tags = tags_of(aws, [name for name, asked in of_each.items() if asks(asked, OF_TAGS)])
    organization, unread_organization = NOT_ASKED
    if asks(frozenset().union(keys, *of_each.values()), OF_ORGANIZATION):
        organization, unread_organization = aws.once_per_run("organization", lambda: organization_of(aws))
    return replace(
        account,
        policies=found.policies,
        tags=tags,
        organization=organization,
        unread=(*account.unread, *found.unread, *unread_tags, *unread_organization),
    )
