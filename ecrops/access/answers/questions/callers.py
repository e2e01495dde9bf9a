"""The caller of a question, with its policies: found among the identities that were read. Called by ``can``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import boto3

from ecrops.access.answers import one_identity
from ecrops.access.answers.asking import Asker, asker_of
from ecrops.access.answers.documents import Documents, read
from ecrops.access.answers.identities import Directory, Identity
from ecrops.access.answers.parts import OF_ORGANIZATION, OF_TAGS, asks, keys_of, organization_of, tags_of
from ecrops.access.answers.questions.asked import Asked
from ecrops.access.answers.unread import Unread
from ecrops.aws import Arn, Aws
from ecrops.errors import SpecError
from ecrops.iam.evaluation.caller import Caller
from ecrops.iam.evaluation.compiled import CompiledPolicy


@dataclass(frozen=True)
class Found:
    """The caller of a question.

    Args:
        asked: Who it is, with its account.
        documents: The policies of the account that has the repository.
        asker: The caller with its policies; ``None`` if there is no such user, role or group.
        directory: The identities of its account, as far as they were read.
        identity: The user, role or group that has the policies, if it was read.
        unread: What could not be read of its policies.
    """

    asked: Asked
    documents: Documents
    asker: Asker | None
    directory: Directory | None = None
    identity: Identity | None = None
    unread: tuple[Unread, ...] = ()

    @property
    def policies(self) -> Iterator[CompiledPolicy]:
        """The policies that were read, and decide."""
        repositories = self.documents.policies.values()
        of_caller = (*(self.asker.identity or ()), self.asker.boundary) if self.asker else ()
        yield from (policy for policy in (*of_caller, *repositories, self.documents.registry) if policy is not None)


def find(aws: Aws, name: str, asked: Asked, session: boto3.Session | None) -> Found:
    """Read the policies of a repository and of a caller.

    Args:
        aws: The account and region of the repository.
        name: The repository.
        asked: The caller.
        session: A session for the account of the caller.

    Raises:
        SpecError: The caller is of another partition, or the session of another account.
        RepositoryNotFoundException: There is no such repository.
    """
    if asked.partition not in ("", aws.partition.name):  # the same 12 digits are another account there
        raise SpecError(f"{asked.arn or asked.name} is of another partition than the registry's, {aws.partition.name}")
    identities = _account_of(aws, asked, session)
    alone = [(asked.identity_kind, asked.name)] if asked.is_identity else []
    documents = read(aws, [name], identities=identities is aws, alone=alone)
    if not asked.is_identity:
        return Found(asked, documents, Asker(_caller_without_policies(asked)))
    if identities is aws:
        found = Found(replace(asked, account=documents.account), documents, None, documents.directory)
        return _with_asker(found, documents.organization, _of_caller(documents.unread))
    if identities is None:
        return Found(asked, documents, _unknown(asked, documents))
    asked = replace(asked, account=identities.account_id)
    directory, unread = one_identity.seen(identities, alone)
    found = Found(asked, documents, None, directory)
    return _completed(aws, identities, _with_asker(found, None, unread), name)


def _account_of(aws: Aws, asked: Asked, session: boto3.Session | None) -> Aws | None:
    """Return the account in which the policies of a caller can be read; ``None`` if there is none."""
    if not asked.is_identity:
        if session is not None:
            raise SpecError(
                f"session: this is for the policies of a user, a role or a group, and {asked.name} is none; "
                "ask about one of them, by its ARN"
            )
        return None
    if session is None:
        return aws if asked.account in ("", aws.account_id) else None
    other = aws.for_session(session)
    if asked.account not in ("", other.account_id):
        raise SpecError(f"session: expected one for account {asked.account}, got one for {other.account_id}")
    return other


def _caller_without_policies(asked: Asked) -> Caller:
    return Caller(asked.kind, asked.name, asked.account)


def _of_caller(unread: tuple[Unread, ...]) -> tuple[Unread, ...]:
    return tuple(problem for problem in unread if problem.permission.startswith("iam:"))


def _with_asker(found: Found, organization: str | None, unread: tuple[Unread, ...]) -> Found:
    asked, directory = found.asked, found.directory
    kind, name = asked.identity_kind, asked.name
    if directory is None or not directory.knows(kind, name):
        return replace(found, asker=_unknown(asked, found.documents), unread=unread)
    identity = directory.find(kind, name)
    is_other = identity is not None and asked.path and identity.arn != asked.arn
    if identity is None or is_other:
        return replace(found, identity=identity)
    session = asked.arn if asked.kind == "session" else ""
    return replace(found, asker=asker_of(identity, asked.account, organization, session), identity=identity)


def _unknown(asked: Asked, documents: Documents) -> Asker:
    """Return a caller whose policies are not known."""
    arn = asked.arn or str(
        Arn(documents.partition, "iam", "", asked.account or documents.account, f"{asked.kind}/{asked.name}")
    )
    return Asker(Caller(asked.kind, arn, asked.account, has_boundary=None))


def _completed(aws: Aws, identities: Aws, found: Found, name: str) -> Found:
    """Return a caller of another session with what its policies ask for: tags of the repository, its organization."""
    if found.asker is None or found.asker.identity is None:
        return found
    keys = keys_of(found.policies)
    documents, organization = found.documents, found.asker.organization
    if asks(keys, OF_TAGS) and name not in documents.tags:
        tags, _ = tags_of(aws, [name])
        documents = replace(documents, tags={**documents.tags, **tags})
    if asks(keys, OF_ORGANIZATION):
        organization, _ = identities.once_per_run("organization", lambda: organization_of(identities))
    return replace(found, documents=documents, asker=found.asker._replace(organization=organization))
