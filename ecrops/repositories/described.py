"""Reading repositories to describe them: those that are named, or all of a registry.

Called by ``ecrops.describing``, and for public repositories by ``ecrops.public.wants``, which make specs of what is
read. It writes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ecrops.aws import Aws, ClientError
from ecrops.base.waits import Waited
from ecrops.engine.aspect import Aspect
from ecrops.engine.reading import Goal, is_of_one, read
from ecrops.errors import EcropsError
from ecrops.repositories import calls
from ecrops.text import printable

log = logging.getLogger(__name__)
ATTEMPTS = 10
Unread = dict[str, dict[Aspect, Exception]]
"""Why parts of repositories could not be read, by name and aspect."""


def read_named(aws: Aws, names: Sequence[str], aspects: Collection[Aspect], service: str) -> Mapping[Goal, Any]:
    """Return all parts of repositories that exist. One that was made a moment ago is waited for.

    Args:
        aws: The account and region.
        names: The names of repositories.
        aspects: The aspects of a repository.
        service: The service that has them.

    Raises:
        ClientError: botocore's ``RepositoryNotFoundException``: one does not exist. Or a part cannot be read.
        EcropsError: One comes and goes.
    """
    goals = {(aspect, name): () for name in names for aspect in aspects}
    waited = Waited()
    for _ in range(ATTEMPTS):
        current = read(aws, goals)
        missing = [name for name in names if not is_there(name, current, aspects)]
        if not missing:
            return current
        for name in missing:
            calls.demand(aws, name, service)
        why = "it was made, or not visible, a moment ago"
        aws.pause(1.0, f"{missing[0]} is described: {why}", f"{missing[0]} is read again: {why}", waited)
    raise EcropsError(f"{missing[0]}: it comes and goes, after {ATTEMPTS} readings: describe it again")


def read_every(aws: Aws, known: Mapping[Goal, Any], aspects: Collection[Aspect]) -> tuple[Mapping[Goal, Any], Unread]:
    """Return all parts of all repositories, and why some were not read.

    Args:
        aws: The account and region.
        known: The repositories that exist: the values of their base aspect.
        aspects: The aspects of a repository.

    Raises:
        ClientError: botocore's own error: a part cannot be read of any repository.
    """
    names, errors = sorted(name for _, name in known), dict[str, list[Exception]]()

    def on_error(name: str, error: Exception) -> None:
        if not is_of_one(error):
            raise error
        errors.setdefault(name, []).append(error)

    current = read(aws, {(aspect, name): () for name in names for aspect in aspects}, known, on_error=on_error)
    unread = {name: _unread(name, current, aspects, errors[name]) for name in errors}
    for aspect in aspects:  # what nobody may read of any repository is not a fault of one
        failed = [error for name in names if (error := unread.get(name, {}).get(aspect))]
        if len(failed) == len(names) and (refusal := next(filter(_is_answer, failed), None)):
            raise refusal
    return current, unread


def is_there(name: str, current: Mapping[Goal, Any], aspects: Collection[Aspect]) -> bool:
    """Whether a repository was there at each reading."""
    return all(current.get((aspect, name), ()) is not None for aspect in aspects)


def _is_answer(error: Exception) -> bool:
    return isinstance(error, ClientError)


def _unread(
    name: str, current: Mapping[Goal, Any], aspects: Collection[Aspect], errors: Sequence[Exception]
) -> dict[Aspect, Exception]:
    """Return the errors of a repository by aspect: both are in the order of ``aspects``."""
    failed = [aspect for aspect in aspects if (aspect, name) not in current]
    for error in errors:
        log.warning("%s is not described as a whole: %s", name, printable(str(error)))
    return dict(zip(failed, errors, strict=True))
