"""What a spec says of each aspect of a repository: the one list of aspects.

Called by ``Registry`` and ``Repository``; ``describing`` is the way back. Adding an aspect of a repository takes one
line in each of the functions ``aspects``, ``_edits``, ``fields_of_value`` and ``fields_of``. Nothing here decides what
is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ecrops.aws import Aws
from ecrops.base.problems import Problems
from ecrops.engine.aspect import Aspect, Want
from ecrops.engine.reading import Goal
from ecrops.errors import SpecError
from ecrops.repositories import settings, tags
from ecrops.repositories.checks import check_key_of, no_spec
from ecrops.repositories.states import Wanted
from ecrops.spec import RepositorySpec

if TYPE_CHECKING:
    from ecrops.registry_settings.spec import RegistrySpec


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


def fields_of_value(aspect: Aspect, value: Any) -> dict[str, Any]:
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
    if fields_of(aspect) == ("lifecycle_rules",):
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
    repositories, of_registry = apart(specs)
    check_keys(aws, repositories)
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


def check_keys(aws: Aws, specs: Iterable[RepositorySpec]) -> None:
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


def apart(
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
    is_fleet = isinstance(spec, Mapping) and ("repositories" in spec or "registry" in spec)
    from_mapping = "ensure(*fleet_from_dict({...}))" if is_fleet else "ensure(RepositorySpec.from_dict({...}))"
    raise no_spec(spec, "RepositorySpec", from_mapping)


def fields_of(aspect: Aspect) -> tuple[str, ...]:
    """Return the fields of a spec that an aspect besides the settings is about."""
    from ecrops.lifecycle import aspect as lifecycle

    return ("tags",) if aspect is tags else ("lifecycle_rules",) if aspect is lifecycle else ("resource_policy",)
