"""The policies before and after the changes of a plan, read once. Called by ``effects``.

One listing of IAM, the registry policy, and the policy of each repository that is concerned. Which those are follows
from the documents that the changes write: the registry is listed only if one of them has a wildcard.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from ecrops.access.answers import documents as reading
from ecrops.access.answers.documents import Documents
from ecrops.access.answers.parts import (
    OF_ORGANIZATION,
    OF_TAGS,
    asks,
    keys_of,
    of_repositories,
    organization_of,
    tags_of,
)
from ecrops.access.effects.concerned import resources
from ecrops.access.effects.overlay import Key, Overlay, identity_of, repository_of
from ecrops.aws import Aws, ClientError, code_of
from ecrops.base.change import Change
from ecrops.iam.evaluation.compiled import CompiledPolicy
from ecrops.iam.wildcards import matches
from ecrops.repositories import calls

_MISSING = "NoSuchEntity"
_ANYTHING = ("*", "?", "${")


class States(NamedTuple):
    """The policies before and after.

    Args:
        before: The policies before.
        after: The policies after.
        names: The repositories that are concerned.
        changed: Those whose own policy, tags or existence the plan changes.
        identities: The users, roles and groups whose policies it changes.
        missing: Those of them that are not there.
    """

    before: Documents
    after: Documents
    names: tuple[str, ...]
    changed: tuple[str, ...]
    identities: tuple[Key, ...]
    missing: tuple[Key, ...]


def read(aws: Aws, changes: Sequence[Change]) -> States:
    """Read the policies that changes concern, and lay the changes over them."""
    here = aws.stoppable()
    changed = tuple(dict.fromkeys(filter(None, map(repository_of, changes))))
    identities = tuple(dict.fromkeys(filter(None, map(identity_of, changes))))
    managed = cache(lambda arn: _managed(here, arn))
    account = reading.read(here, (), alone=identities)
    draft = Overlay.of(account, changes, managed).documents
    made = {change.params["repositoryName"] for change in changes if change.operation == "CreateRepository"}
    names = dict.fromkeys((*changed, *_matching(here, _patterns(account, draft), account)))
    found = of_repositories(here, [name for name in names if name not in made])
    before = replace(account, policies=found.policies, unread=(*account.unread, *found.unread))
    before = _completed(here, before, Overlay.of(before, changes, managed).documents)
    overlay = Overlay.of(before, changes, managed)
    return States(before, overlay.documents, tuple(sorted(names)), changed, identities, tuple(overlay.missing))


def _managed(aws: Aws, arn: str) -> object:
    """Read what a managed policy says that no user, role or group has; ``None`` if there is no such policy."""
    try:
        default = aws.get("iam", "GetPolicy", "Policy", PolicyArn=arn)["DefaultVersionId"]
        version = aws.get("iam", "GetPolicyVersion", "PolicyVersion", PolicyArn=arn, VersionId=default)
    except ClientError as error:
        if code_of(error) != _MISSING:
            raise
        return None
    return version["Document"]


def _patterns(before: Documents, after: Documents) -> frozenset[str]:
    """Return the resources of which the identity policies and the registry policy say something else afterwards."""
    found = resources([before.registry], [after.registry])
    for identity in before.directory or ():
        later = after.directory.find(identity.kind, identity.name) if after.directory is not None else None
        if later is not None and later is not identity:
            found |= resources((*identity.policies, identity.boundary), (*later.policies, later.boundary))
    return found


def _matching(aws: Aws, patterns: Iterable[str], documents: Documents) -> Iterator[str]:
    """Yield the repositories that patterns of resources fit. Without a wildcard a pattern is of one, there or not."""
    wild = [pattern for pattern in patterns if any(sign in pattern for sign in _ANYTHING)]
    own = calls.arn_of(aws, "")
    yield from (pattern.removeprefix(own) for pattern in patterns if pattern.startswith(own) and pattern not in wild)
    if wild:
        for name, _ in calls.every(aws):
            if any(matches(pattern, f"{own}{name}") for pattern in wild):
                yield name


def _completed(aws: Aws, before: Documents, after: Documents) -> Documents:
    """Return the policies before with the tags and the organization, if a statement before or after asks for them."""
    keys = keys_of([*_policies(before), *_policies(after)])
    tags, unread = tags_of(aws, list(before.policies)) if asks(keys, OF_TAGS) else ({}, ())
    organization = before.organization
    if asks(keys, OF_ORGANIZATION):
        organization, more = organization_of(aws)
        unread = (*unread, *more)
    return replace(before, tags=tags, organization=organization, unread=(*before.unread, *unread))


def _policies(documents: Documents) -> Iterator[CompiledPolicy | None]:
    yield from documents.policies.values()
    yield documents.registry
    for identity in documents.directory or ():
        yield from (*identity.policies, identity.boundary)
