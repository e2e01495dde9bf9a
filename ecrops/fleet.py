"""Fleets as data: ``{"repositories": [...]}``, as it comes from JSON or YAML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ecrops.errors import SpecError
from ecrops.fields import Problems
from ecrops.spec import RepositorySpec


def fleet_from_dict(data: object) -> list[RepositorySpec]:
    """Read a fleet, ``{"repositories": [...]}``, as it comes from JSON or YAML.

    Raises:
        SpecError: With the path of each field that is unknown or wrong, such as
            ``repositories[3].lifecycle_rules[0].max_image_cuont``.
    """
    problems = Problems()
    specs = problems.known(data, ["repositories"], "a fleet").get("repositories")
    if not isinstance(specs, Sequence) or isinstance(specs, str):
        problems.add("repositories", f"expected a list, got {specs!r}")
        specs = ()
    fleet: dict[str, RepositorySpec] = {}
    for index, data in enumerate(specs):
        path = f"repositories[{index}]"
        spec = problems.take(path, lambda data=data: RepositorySpec.from_dict(data))  # type: ignore[misc]
        if spec and problems.check(spec.name not in fleet, f"{path}.name", f"{spec.name!r} is there twice: merge them"):
            fleet[spec.name] = spec
    problems.raise_any()
    return list(fleet.values())


def fleet_to_dict(specs: Iterable[RepositorySpec]) -> dict[str, Any]:
    """A fleet ready for JSON: what ``fleet_from_dict`` reads.

    Raises:
        SpecError: It is no list of specs.
    """
    if not isinstance(specs, Iterable):
        one = "; one of them goes in a list too, fleet_to_dict([spec])" if isinstance(specs, RepositorySpec) else ""
        raise SpecError(f"expected a list of RepositorySpecs, got {specs!r}{one}")
    fleet = list(specs)
    for spec in fleet:
        if not isinstance(spec, RepositorySpec):
            raise SpecError(f"expected a list of RepositorySpecs, got {spec!r} in it")
    return {"repositories": [spec.to_dict() for spec in fleet]}
