"""All aspects of a repository, and what a spec says of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ecrops import ecr, engine, settings, tags
from ecrops.aspect import Want
from ecrops.aws import Aws
from ecrops.errors import SpecError
from ecrops.lifecycle import aspect as lifecycle
from ecrops.spec import RepositorySpec


def aspects() -> tuple[Any, ...]:
    """All aspects of a repository. ``import ecrops`` is cheap: what not everybody needs is imported here."""
    from ecrops.access import resource_policy

    return settings, tags, lifecycle, resource_policy


def wants(aws: Aws, specs: Sequence[RepositorySpec]) -> tuple[list[Want], dict[engine.Goal, Any]]:
    """What the specs want: of each aspect, of the policies of those who are granted something, of rules on events.

    Returns:
        The wants, and what had to be read to know them.

    Raises:
        SpecError: Two specs have one name, or one is no spec.
    """
    _check_names(specs)
    wanted: list[Want] = []
    for spec in specs:
        edits = ((aspect, aspect.of_spec(spec)) for aspect in aspects())
        _check_partition(aws, spec)
        wanted += [Want(aspect, spec.name, edit) for aspect, edit in edits if edit is not None]
        if spec.grants:
            from ecrops.access import routing

            wanted += routing.wants_of_spec(aws, spec)
    if all(spec.events is None for spec in specs):
        return wanted, {}
    from ecrops.events.wants import of_specs

    more, known = of_specs(aws, specs)
    return [*wanted, *more], known


def _check_partition(aws: Aws, spec: RepositorySpec) -> None:
    """What a spec cannot know of itself: in which partition the registry is."""
    if spec.resource_policy:
        from ecrops.access.documents import check_partition

        try:
            check_partition(spec.resource_policy, aws.partition.name)
        except SpecError as error:
            raise error.at(f"{spec.name}: resource_policy") from None


def _check_names(specs: Iterable[RepositorySpec]) -> None:
    seen: set[str] = set()
    for spec in specs:
        if isinstance(spec, Iterable) and not isinstance(spec, str):
            raise SpecError("expected RepositorySpecs, one argument each, got a list: write ensure(*specs)")
        if not isinstance(spec, RepositorySpec):
            raise SpecError(f"expected RepositorySpecs, one argument each, got {spec!r}")
        if spec.name in seen:
            raise SpecError(f"two specs have the name {spec.name!r}: merge them into one")
        seen.add(spec.name)


def describe(aws: Aws, names: Sequence[str]) -> list[RepositorySpec]:
    """What is there, as specs; of all repositories if none is named."""
    known: dict[engine.Goal, Any] = {}
    parts = aspects()
    if not names:
        known = {(settings, name): there for name, there in settings.every(aws).items()}
    keys = names or sorted(name for _, name in known)
    have = engine.read(aws, {(aspect, key): () for key in keys for aspect in parts}, known)
    there = [key for key in keys if all(have[part, key] is not None for part in parts)]
    for key in names:
        if key not in there:
            ecr.demand(aws, key)
            return describe(aws, names)  # it was made in the meantime
    return [_described(key, {part: have[part, key] for part in parts}) for key in there]


def _described(name: str, have: Mapping[Any, Any]) -> RepositorySpec:
    values = {field: value for part in have for field, value in part.to_spec(have[part]).items()}
    try:
        return RepositorySpec(name, **values)
    except SpecError as error:
        raise SpecError(*(f"{name} is newer than this ecrops: {reason}" for reason in error.reasons)) from None
