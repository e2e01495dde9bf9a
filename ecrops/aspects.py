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


def wants(aws: Aws, specs: Iterable[RepositorySpec]) -> list[Want]:
    """What the specs want of each aspect, and of the policies of those who are granted something.

    Raises:
        SpecError: Two specs have one name, or one is no spec.
    """
    seen: set[str] = set()
    result = []
    for spec in specs:
        if not isinstance(spec, RepositorySpec):
            raise SpecError(f"expected RepositorySpecs, one argument each, got {spec!r}")
        if spec.name in seen:
            raise SpecError(f"two specs have the name {spec.name!r}: merge them into one")
        seen.add(spec.name)
        edits = ((aspect, aspect.of_spec(spec)) for aspect in aspects())
        result += [Want(aspect, spec.name, edit) for aspect, edit in edits if edit is not None]
        if spec.grants:
            from ecrops.access import routing

            result += routing.wants_of_spec(aws, spec)
    return result


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
