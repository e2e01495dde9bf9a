"""Reading repositories as specs: what AWS has, as ``ensure`` would write it, or word for word where it would not.

Called by ``Registry`` and ``Repository``. It writes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ecrops.aspects import aspects, check_keys, fields_of, fields_of_value
from ecrops.aws import Aws, ClientError
from ecrops.engine.aspect import Aspect
from ecrops.engine.reading import Goal, is_of_one, read
from ecrops.errors import EcropsError, SpecError
from ecrops.repositories import calls, settings, verbatim
from ecrops.spec import UNNAMED, RepositorySpec
from ecrops.text import printable

log = logging.getLogger(__name__)
ATTEMPTS = 10


def describe(aws: Aws, names: Sequence[str]) -> list[RepositorySpec]:
    """Return repositories as specs; all repositories of the registry if none is named.

    A part of a repository that cannot be read is an error if the repository is named. Else the other repositories are
    described too, and its spec says in ``unread`` what was not read.
    """
    if not names:
        return _every(aws)
    goals = {(aspect, name): () for name in names for aspect in aspects()}
    for _ in range(ATTEMPTS):
        current = read(aws, goals)
        missing = [name for name in names if not _exists(name, current)]
        if not missing:
            return [_described(aws, name, current, {}) for name in names]
        for name in missing:
            calls.demand(aws, name)
        aws.pause(1.0, f"{missing[0]} is described: it was made, or not visible, a moment ago")
    raise EcropsError(f"{missing[0]}: it comes and goes, after {ATTEMPTS} readings: describe it again")


def _every(aws: Aws) -> list[RepositorySpec]:
    known: dict[Goal, Any] = {(settings, name): values for name, values in settings.every(aws).items()}
    names, errors = sorted(name for _, name in known), dict[str, list[Exception]]()

    def on_error(name: str, error: Exception) -> None:
        if not is_of_one(error):
            raise error
        errors.setdefault(name, []).append(error)

    current = read(aws, {(aspect, name): () for name in names for aspect in aspects()}, known, on_error=on_error)
    unread = {name: _unread(name, current, errors[name]) for name in errors}
    for aspect in aspects():  # what nobody may read of any repository is not a fault of one
        failed = [unread[name][aspect] for name in names if (aspect, name) not in current]
        if len(failed) == len(names) and any(isinstance(error, ClientError) for error in failed):
            raise next(error for error in failed if isinstance(error, ClientError))
    return [_described(aws, name, current, unread.get(name, {})) for name in names if _exists(name, current)]


def _exists(name: str, current: Mapping[Goal, Any]) -> bool:
    """Whether a repository was there at each reading."""
    return all(current.get((aspect, name), ()) is not None for aspect in aspects())


def _unread(name: str, current: Mapping[Goal, Any], errors: Sequence[Exception]) -> dict[Aspect, Exception]:
    """Return the errors of a repository by aspect: both are in the order of ``aspects``."""
    failed = [aspect for aspect in aspects() if (aspect, name) not in current]
    for error in errors:
        log.warning("%s is not described as a whole: %s", name, printable(str(error)))
    return dict(zip(failed, errors, strict=True))


def _described(aws: Aws, name: str, current: Mapping[Goal, Any], unread: Mapping[Aspect, Exception]) -> RepositorySpec:
    """Return the spec of a repository, with what ecrops would not write as it is."""
    fields: dict[str, Any] = {}
    for aspect in aspects():
        if (aspect, name) in current:
            fields |= fields_of_value(aspect, current[aspect, name])
    reasons = {field: printable(str(error)) for aspect, error in unread.items() for field in fields_of(aspect)}
    try:
        return replace(_checked(aws, name, fields), unread=reasons or None)
    except SpecError:
        unwritten = [field for group in verbatim.GROUPS for field in _unwritten(aws, name, fields, group)]
    problems = {field: reason for field in unwritten if field in fields and (reason := _unspecified(field, fields))}
    fields = {field: value for field, value in fields.items() if field not in problems}
    unwritten = [field for field in unwritten if field not in problems]
    reasons |= problems
    return RepositorySpec(name, **_in_values(fields, unwritten), verbatim=unwritten, unread=reasons or None)


def _unspecified(field: str, fields: Mapping[str, Any]) -> str:
    """Return why no spec can hold what AWS has, also not verbatim; empty if one can."""
    try:
        RepositorySpec(UNNAMED, **{field: fields[field]}, verbatim=[field])
    except SpecError as error:
        return str(error)
    return ""


def _unwritten(aws: Aws, name: str, fields: Mapping[str, Any], group: Sequence[str]) -> Sequence[str]:
    """Return the fields of a group that have a value, if ecrops would not write them."""
    part = {field: fields[field] for field in group if fields.get(field) is not None}
    try:
        _checked(aws, name if group == ("name",) else UNNAMED, part)
    except SpecError:
        return ("name",) if group == ("name",) else tuple(part)
    return ()


def _in_values(fields: Mapping[str, Any], unwritten: Sequence[str]) -> dict[str, Any]:
    """Return fields with lifecycle rules as values, unless they are verbatim."""
    if "lifecycle_rules" not in fields or "lifecycle_rules" in unwritten:
        return dict(fields)
    from ecrops.lifecycle.policy.rule import LifecycleRule

    return {**fields, "lifecycle_rules": [LifecycleRule.from_ecr(rule) for rule in fields["lifecycle_rules"]]}


def _checked(aws: Aws, name: str, fields: Mapping[str, Any]) -> RepositorySpec:
    """Return the spec that describes a repository, if ecrops would write it, and write the same.

    Raises:
        SpecError: It would not.
    """
    spec = RepositorySpec(name, **_in_values(fields, ()))
    if spec.lifecycle_rules is not None:
        from ecrops.lifecycle.policy.document import canonical, render

        if canonical(render(spec.lifecycle_rules)) != fields["lifecycle_rules"]:
            raise SpecError("the lifecycle policy would be another one")
    check_keys(aws, [spec])
    if spec.resource_policy:
        from ecrops.access.policy_checks import check_partition

        check_partition(spec.resource_policy, aws.partition.name)
    return spec
