"""A fleet as plain dictionaries and lists, as they come from JSON, and the way back. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ecrops.errors import SpecError
from ecrops.fleet.document import Document, Findings
from ecrops.fleet.specs import specs_of
from ecrops.spec import RepositorySpec

if TYPE_CHECKING:
    from ecrops.registry_settings.spec import RegistrySpec


def fleet_from_dict(data: object) -> list[RepositorySpec | RegistrySpec]:
    """Read the content of a fleet file, ``{"registry": {...}, "repositories": [...]}``, as it comes from JSON or YAML.

    ``ecrops.read_fleet`` reads files: it says where in a file a mistake is, and fills in ``{account}`` and
    ``{region}``, which are plain text here.

    Returns:
        The specs: that of the registry, if the content has one, and those of the repositories.

    Raises:
        SpecError: With the path of each field that is unknown or wrong, such as
            ``repositories[3].lifecycle_rules[0].max_image_cuont``.
    """
    document, findings = Document(data), Findings()
    findings.open(document)
    return specs_of([document], findings)


def fleet_to_dict(specs: Iterable[RepositorySpec | RegistrySpec]) -> dict[str, Any]:
    """Return a fleet file, ready for JSON: what ``fleet_from_dict`` reads.

    Raises:
        SpecError: It is no list of specs.
    """
    if not isinstance(specs, Iterable):
        advice = "; one of them goes in a list too, fleet_to_dict([spec])" if isinstance(specs, RepositorySpec) else ""
        raise SpecError(f"expected a list of RepositorySpecs, got {specs!r}{advice}")
    listed = list(specs)
    repositories = [spec for spec in listed if isinstance(spec, RepositorySpec)]
    settings = [spec for spec in listed if not isinstance(spec, RepositorySpec)]
    if not settings:
        return {"repositories": [spec.to_dict() for spec in repositories]}
    from ecrops.registry_settings.spec import RegistrySpec

    for spec in settings:
        if not isinstance(spec, RegistrySpec):
            raise SpecError(f"expected a list of RepositorySpecs, got {spec!r} in it")
    if len(settings) > 1:
        raise SpecError(f"{len(settings)} specs are of the registry: merge them into one RegistrySpec")
    return {"registry": settings[0].to_dict(), "repositories": [spec.to_dict() for spec in repositories]}
