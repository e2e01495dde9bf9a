"""What a spec says of each aspect of a repository, and back: the one list of aspects.

Called by ``Registry`` and ``Repository``. Adding an aspect of a repository takes one line in each of the three
functions ``aspects``, ``_edits`` and ``_fields``. Nothing here decides what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from ecrops.aws import Aws
from ecrops.base.problems import Problems
from ecrops.engine.aspect import Aspect, Want
from ecrops.engine.reading import Goal, read
from ecrops.errors import EcropsError, SpecError
from ecrops.lifecycle import aspect as lifecycle
from ecrops.lifecycle.edits import Exactly as ExactlyRules
from ecrops.lifecycle.policy.rule import LifecycleRule
from ecrops.repositories import calls, settings, tags
from ecrops.repositories.checks import check_key_of
from ecrops.spec import RepositorySpec

ATTEMPTS = 10


def aspects() -> tuple[Aspect, ...]:
    """Return all aspects of a repository. Those that not everybody needs are imported here."""
    from ecrops.access.aspects import repository_policy

    return settings, tags, lifecycle, repository_policy


def _edits(spec: RepositorySpec) -> Iterator[tuple[Aspect, Any]]:
    """Yield what a spec says of each aspect: at least that the repository exists."""
    filters = spec.image_tag_mutability_exclusion_filters or ()
    scan, encryption, key = spec.image_scan_on_push, spec.encryption, spec.encryption_key
    yield settings, settings.Wanted(spec.image_tag_mutability, filters, scan, encryption, key, spec.tags)
    if spec.tags is not None:
        yield tags, tags.Exactly(spec.tags)
    if spec.lifecycle_rules is not None:
        yield lifecycle, ExactlyRules(spec.lifecycle_rules, spec.lifecycle_guard)
    if spec.resource_policy is not None:
        from ecrops.access import edits
        from ecrops.access.aspects import repository_policy

        yield repository_policy, edits.Exactly(spec.resource_policy)


def _fields(name: str, current: Mapping[Goal, Any]) -> dict[str, Any]:
    """Return the fields of the spec that describes the current values of a repository."""
    from ecrops.access.aspects import repository_policy
    from ecrops.access.policy_checks import stored

    values: settings.Settings = current[settings, name]
    rules = current[lifecycle, name].rules
    return {
        "image_tag_mutability": values.mutability,
        "image_tag_mutability_exclusion_filters": sorted(values.filters) or None,
        "image_scan_on_push": values.scan_on_push,
        "encryption": values.encryption,
        "encryption_key": values.key or None,
        "tags": dict(current[tags, name].tags),
        "lifecycle_rules": [LifecycleRule.from_ecr(rule) for rule in rules],
        "resource_policy": stored(current[repository_policy, name]),
    }


def wants(
    aws: Aws, specs: Sequence[RepositorySpec], assumed: Mapping[Goal, Any]
) -> tuple[list[Want], Mapping[Goal, Any]]:
    """Return the wants of specs: of the repositories, of those who are granted something, and of EventBridge rules.

    Args:
        aws: The account and region.
        specs: The specs.
        assumed: The values that a dry run would have made before.

    Returns:
        The wants, and the current values that had to be read to know them.

    Raises:
        SpecError: Two specs have one name, or one is no spec.
    """
    _check_names(specs)
    _check_keys(aws, specs)
    wanted: list[Want] = []
    for spec in specs:
        wanted += [Want(aspect, spec.name, edit) for aspect, edit in _edits(spec)]
        wanted += _access(aws, spec)
    managed = {spec.name: spec.events for spec in specs if spec.events is not None}
    if not managed:
        return wanted, {}
    from ecrops.events.wants import of_repositories

    rules, known = of_repositories(aws, managed, assumed)
    return [*wanted, *rules], known


def _check_keys(aws: Aws, specs: Iterable[RepositorySpec]) -> None:
    """Refuse KMS keys that this registry can never use: a spec does not know the region that it is for."""
    problems = Problems()
    for spec in specs:
        if (key := spec.encryption_key) and key.startswith("arn:"):
            check = partial(check_key_of, key, aws.partition.name, aws.region)
            problems.take(f"{spec.name}: encryption_key", check)
    problems.raise_any()


def _access(aws: Aws, spec: RepositorySpec) -> Iterator[Want]:
    """Yield the wants of the grants of a spec, and check what a spec cannot know: the partition of the registry."""
    if spec.resource_policy:
        from ecrops.access.policy_checks import check_partition

        try:
            check_partition(spec.resource_policy, aws.partition.name)
        except SpecError as error:
            raise error.at(f"{spec.name}: resource_policy") from None
    if spec.grants:
        from ecrops.access.wants import of_grants

        yield from of_grants(aws, spec.name, spec.grants, reads_policy=spec.resource_policy is not None)


def _check_names(specs: Iterable[RepositorySpec]) -> None:
    seen: set[str] = set()
    for spec in specs:
        if isinstance(spec, Mapping):
            is_fleet = "repositories" in spec
            way_out = "ensure(*fleet_from_dict({...}))" if is_fleet else "ensure(RepositorySpec.from_dict({...}))"
            raise SpecError(f"expected RepositorySpecs, got a mapping: write {way_out}")
        if isinstance(spec, Iterable) and not isinstance(spec, str):
            raise SpecError("expected RepositorySpecs, one argument each, got a list: write ensure(*specs)")
        if not isinstance(spec, RepositorySpec):
            way_out = f"; write RepositorySpec({spec!r})" if isinstance(spec, str) else ""
            raise SpecError(f"expected RepositorySpecs, one argument each, got {spec!r}{way_out}")
        if spec.name in seen:
            raise SpecError(f"two specs have the name {spec.name!r}: merge them into one")
        seen.add(spec.name)


def describe(aws: Aws, names: Sequence[str]) -> list[RepositorySpec]:
    """Return repositories as specs; all repositories of the registry if none is named."""
    known: dict[Goal, Any] = {}
    parts = aspects()
    if not names:
        known = {(settings, name): values for name, values in settings.every(aws).items()}
    keys = names or sorted(name for _, name in known)
    goals = {(aspect, key): () for key in keys for aspect in parts}
    for _ in range(ATTEMPTS):
        current = read(aws, goals, known)
        existing = [key for key in keys if all(current[part, key] is not None for part in parts)]
        missing = [name for name in names if name not in existing]
        if not missing:
            return [_described(key, current) for key in existing]
        for name in missing:
            calls.demand(aws, name)
        aws.pause(1.0, f"{missing[0]} is described: it was made, or not visible, a moment ago")
    raise EcropsError(f"{missing[0]}: it comes and goes, after {ATTEMPTS} readings: describe it again")


def _described(name: str, current: Mapping[Goal, Any]) -> RepositorySpec:
    try:
        return RepositorySpec(name, **_fields(name, current))
    except SpecError as error:
        raise SpecError(*(f"{name} is newer than this ecrops: {reason}" for reason in error.reasons)) from None
