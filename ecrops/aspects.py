"""What a spec says of each aspect of a repository, and back: the one list of aspects.

Called by ``Registry`` and ``Repository``. Adding an aspect of a repository takes one line in each of the functions
``aspects``, ``_edits``, ``_fields`` and ``_fields_of``. Nothing here decides what is missing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ecrops.aws import Aws, ClientError
from ecrops.base.problems import Problems
from ecrops.engine.aspect import Aspect, Want
from ecrops.engine.reading import Goal, is_of_one, read
from ecrops.errors import EcropsError, SpecError
from ecrops.repositories import calls, settings, tags, verbatim
from ecrops.repositories.checks import check_key_of
from ecrops.repositories.states import Wanted
from ecrops.spec import UNNAMED, RepositorySpec
from ecrops.text import printable

if TYPE_CHECKING:
    from ecrops.registry_settings.spec import RegistrySpec

log = logging.getLogger(__name__)
ATTEMPTS = 10


def aspects() -> tuple[Aspect, ...]:
    """Return all aspects of a repository. Those that not everybody needs are imported here."""
    from ecrops.access.aspects import repository_policy
    from ecrops.lifecycle import aspect as lifecycle

    return settings, tags, lifecycle, repository_policy


def _edits(spec: RepositorySpec) -> Iterator[tuple[Aspect, Any]]:
    """Yield what a spec says of each aspect: at least that the repository exists."""
    filters = spec.image_tag_mutability_exclusion_filters or ()
    scan, encryption, key = spec.image_scan_on_push, spec.encryption, spec.encryption_key
    unwritten = frozenset(spec.verbatim or ())
    yield settings, Wanted(spec.image_tag_mutability, filters, scan, encryption, key, spec.tags, unwritten)
    if spec.tags is not None:
        yield tags, tags.Exactly(spec.tags, "tags" in unwritten)
    if spec.lifecycle_rules is not None:
        from ecrops.lifecycle import aspect as lifecycle
        from ecrops.lifecycle import edits as lifecycle_edits

        is_verbatim = "lifecycle_rules" in unwritten
        guard = False if is_verbatim else spec.lifecycle_guard  # what is never written takes nothing away
        yield lifecycle, lifecycle_edits.Exactly(spec.lifecycle_rules, guard, is_verbatim)
    if spec.resource_policy is not None:
        from ecrops.access import edits as access_edits
        from ecrops.access.aspects import repository_policy

        yield repository_policy, access_edits.Exactly(spec.resource_policy, verbatim="resource_policy" in unwritten)


def _fields(aspect: Aspect, value: Any) -> dict[str, Any]:
    """Return the fields of a spec that describe the current value of an aspect, in the form that AWS has it in."""
    if aspect is settings:
        return {
            "image_tag_mutability": value.mutability,
            "image_tag_mutability_exclusion_filters": sorted(value.filters) or None,
            "image_scan_on_push": value.scan_on_push,
            "encryption": value.encryption,
            "encryption_key": value.key or None,
        }
    if aspect is tags:
        return {"tags": dict(value.tags)}
    if _fields_of(aspect) == ("lifecycle_rules",):
        return {"lifecycle_rules": value.rules}
    from ecrops.access.policy_checks import stored

    return {"resource_policy": stored(value)}


def wants(
    aws: Aws, specs: Sequence[RepositorySpec | RegistrySpec], assumed: Mapping[Goal, Any]
) -> tuple[list[Want], Mapping[Goal, Any]]:
    """Return the wants of specs: of the repositories, of those who are granted something, and of EventBridge rules.

    Args:
        aws: The account and region.
        specs: The specs.
        assumed: The values that a dry run would have made before.

    Returns:
        The wants, and the current values that had to be read to know them.

    Raises:
        SpecError: Two specs have one name, two are of the registry, or one is no spec.
    """
    repositories, of_registry = _apart(specs)
    _check_keys(aws, repositories)
    wanted: list[Want] = []
    for settings_spec in of_registry:
        from ecrops.registry_settings.wants import of_spec

        wanted += of_spec(aws, settings_spec)
    for spec in repositories:
        wanted += [Want(aspect, spec.name, edit) for aspect, edit in _edits(spec)]
        wanted += _access(aws, spec)
    managed = {spec.name: spec.events for spec in repositories if spec.events is not None}
    of_several = next((spec.events for spec in of_registry), None)
    if not managed and of_several is None:
        return wanted, {}
    from ecrops.events.wants import of_specs

    rules, known = of_specs(aws, managed, of_several, assumed)
    return [*wanted, *rules], known


def _check_keys(aws: Aws, specs: Iterable[RepositorySpec]) -> None:
    """Refuse KMS keys that this registry can never use: a spec does not know the region that it is for."""
    problems = Problems()
    for spec in specs:
        key = "" if "encryption_key" in (spec.verbatim or ()) else spec.encryption_key
        if key and key.startswith("arn:"):
            check = partial(check_key_of, key, aws.partition.name, aws.region)
            problems.take(f"{spec.name}: encryption_key", check)
    problems.raise_any()


def _access(aws: Aws, spec: RepositorySpec) -> Iterator[Want]:
    """Yield the wants of the grants of a spec, and check what a spec cannot know: the partition of the registry."""
    if spec.resource_policy and "resource_policy" not in (spec.verbatim or ()):
        from ecrops.access.policy_checks import check_partition

        try:
            check_partition(spec.resource_policy, aws.partition.name)
        except SpecError as error:
            raise error.at(f"{spec.name}: resource_policy") from None
    if spec.grants:
        from ecrops.access.wants import of_grants

        yield from of_grants(aws, spec.name, spec.grants, reads_policy=spec.resource_policy is not None)


def _apart(
    specs: Iterable[RepositorySpec | RegistrySpec],
) -> tuple[list[RepositorySpec], list[RegistrySpec]]:
    """Return the specs of repositories, and that of the registry, whose settings are imported for it alone.

    Raises:
        SpecError: Two specs have one name, two are of the registry, or one is no spec.
    """
    repositories: dict[str, RepositorySpec] = {}
    others: list[RegistrySpec] = []
    for spec in specs:
        if not isinstance(spec, RepositorySpec):
            others.append(_checked_other(spec))
        elif spec.name in repositories:
            raise SpecError(f"two specs have the name {spec.name!r}: merge them into one")
        else:
            repositories[spec.name] = spec
    if len(others) > 1:
        raise SpecError(f"{len(others)} specs are of the registry: merge them into one RegistrySpec")
    return list(repositories.values()), others


def _checked_other(spec: object) -> RegistrySpec:
    from ecrops.registry_settings.spec import RegistrySpec

    if isinstance(spec, RegistrySpec):
        return spec
    if isinstance(spec, Mapping):
        is_fleet = "repositories" in spec or "registry" in spec
        way_out = "ensure(*fleet_from_dict({...}))" if is_fleet else "ensure(RepositorySpec.from_dict({...}))"
        raise SpecError(f"expected RepositorySpecs, got a mapping: write {way_out}")
    if isinstance(spec, Iterable) and not isinstance(spec, str):
        raise SpecError("expected RepositorySpecs, one argument each, got a list: write ensure(*specs)")
    way_out = f"; write RepositorySpec({spec!r})" if isinstance(spec, str) else ""
    raise SpecError(f"expected RepositorySpecs, one argument each, got {spec!r}{way_out}")


# Describe


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
            fields |= _fields(aspect, current[aspect, name])
    reasons = {field: printable(str(error)) for aspect, error in unread.items() for field in _fields_of(aspect)}
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


def _fields_of(aspect: Aspect) -> tuple[str, ...]:
    """Return the fields of a spec that an aspect besides the settings is about."""
    from ecrops.lifecycle import aspect as lifecycle

    return ("tags",) if aspect is tags else ("lifecycle_rules",) if aspect is lifecycle else ("resource_policy",)


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
    _check_keys(aws, [spec])
    if spec.resource_policy:
        from ecrops.access.policy_checks import check_partition

        check_partition(spec.resource_policy, aws.partition.name)
    return spec
