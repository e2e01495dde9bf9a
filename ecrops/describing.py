"""Reading repositories as specs: what AWS has, as ``ensure`` would write it, or word for word where it would not.

Called by ``Registry`` and ``Repository``. It writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ecrops.aspects import aspects, check_keys, fields_of, fields_of_value
from ecrops.aws import Aws
from ecrops.base.shown import ShownList
from ecrops.engine.aspect import Aspect
from ecrops.engine.reading import Goal
from ecrops.errors import SpecError
from ecrops.repositories import settings, verbatim
from ecrops.repositories.described import is_there, read_every, read_named
from ecrops.repositories.values import ECR
from ecrops.spec import UNNAMED, RepositorySpec
from ecrops.text import printable


def describe(aws: Aws, names: Sequence[str]) -> list[RepositorySpec]:
    """Return repositories as specs; all repositories of the registry if none is named.

    A part of a repository that cannot be read is an error if the repository is named. Else the other repositories are
    described too, and its spec says in ``unread`` what was not read.
    """
    parts = aspects()
    if names:
        current = read_named(aws, names, parts, ECR)
        return ShownList(described(aws, name, current, {}) for name in names)
    known: dict[Goal, Any] = {(settings, name): values for name, values in settings.every(aws).items()}
    current, unread = read_every(aws, known, parts)
    listed = sorted(name for _, name in known)
    return ShownList(
        described(aws, name, current, unread.get(name, {})) for name in listed if is_there(name, current, parts)
    )


def described(aws: Aws, name: str, current: Mapping[Goal, Any], unread: Mapping[Aspect, Exception]) -> RepositorySpec:
    """Return the spec of a repository, with what ecrops would not write as it is.

    Args:
        aws: The account and region.
        name: The name of the repository.
        current: What was read of it; what is missing there is no part of the spec.
        unread: Why aspects of it were not read.
    """
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
