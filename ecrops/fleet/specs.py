"""From the documents of a fleet to its specs: several are read as one. Pure.

Called by ``reading`` for files, and by ``fleet_from_dict``. Every mistake of every document is in one error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ecrops.base.plain_json import check_depth
from ecrops.base.problems import Problems
from ecrops.errors import SpecError
from ecrops.fleet.defaults import OWN, Defaults, merged, shared
from ecrops.fleet.document import Document, Findings, Origin
from ecrops.fleet.settings import Settings
from ecrops.spec import RepositorySpec

if TYPE_CHECKING:
    from ecrops.registry_settings.spec import RegistrySpec

PARTS = ("defaults", "registry", "events", "repositories", "registries", "overrides", "waves")
OF_REGISTRIES = ("registries", "overrides", "waves")
"""The parts about where the fleet is to be: ``ecrops.registries`` reads them."""
SCHEMA_KEY = "$schema"
"""The key with which editors find the schema of a file. It is ignored, as are keys that begin with ``x-``: a place for
the anchors of YAML."""
_FLEET = "a fleet, such as {'repositories': [...]}"
LISTS = ("repositories", "events")
Parts = Mapping[str, Any]


def specs_of(documents: Sequence[Document], findings: Findings) -> list[RepositorySpec | RegistrySpec]:
    """Return the specs of documents: that of the registry, if they have one, and those of the repositories.

    Args:
        documents: The documents.
        findings: Takes what is wrong; it may have reasons already.

    Raises:
        SpecError: With every reason, each with the path of the field, and its place if a document has places.
    """
    files = [(_parts(findings, document), Origin(document)) for document in documents]
    settings = Settings(findings)
    for parts, origin in files:
        settings.take(parts, origin)
    registry = settings.spec()
    repositories = list(_repositories(findings, files))
    findings.raise_any()
    return [*([registry] if registry is not None else ()), *repositories]


def registries_of(documents: Sequence[Document], findings: Findings) -> dict[str, Any]:
    """Return what documents say of where the fleet is to be, as it stands there.

    Raises:
        SpecError: Two documents say the same part.
    """
    found: dict[str, Any] = {}
    for document in documents:
        for name in OF_REGISTRIES:
            part = document.value.get(name) if isinstance(document.value, Mapping) else None
            if part is not None and name in found:
                findings.add(Origin(document, (name,)), "another file says it too: say it once")
            elif part is not None:
                found[name] = part
    findings.raise_any()
    return found


def _parts(findings: Findings, document: Document) -> Parts:
    """Return the parts of a document that are of the right type."""
    problems = Problems()
    parts = findings.take(Origin(document), lambda: problems.known(_checked(document), PARTS, _FLEET))
    if parts is None:
        return {}
    parts = {name: part for name, part in parts.items() if part is not None or name == "repositories"}
    lists = {"repositories": None} if not parts else {name: parts[name] for name in LISTS if name in parts}
    for name, items in lists.items():
        if not isinstance(items, Sequence) or isinstance(items, str):
            way_out = "; write '- name: …' for each repository" if isinstance(items, Mapping) else ""
            problems.add(name, f"expected a list, got {items!r}{way_out}")
            parts.pop(name, None)
    for name, what in (("defaults", "a repository"), ("registry", "a registry")):
        if name in parts and not isinstance(parts[name], Mapping):
            problems.add(name, f"expected a mapping with the fields of {what}, got {parts[name]!r}")
            del parts[name]
    for name in OWN:
        reason = "is no default: each repository says it itself"
        problems.check(name not in parts.get("defaults", ()), f"defaults.{name}", reason)
    findings.take(Origin(document), problems.raise_any)
    return parts


def _checked(document: Document) -> object:
    """Return the content of a document without the keys that mean nothing."""
    data = document.value
    check_depth(data)
    if isinstance(data, list | tuple):
        way_out = "repositories: [...]" if document.name else "fleet_from_dict({'repositories': [...]})"
        raise SpecError(f"expected a fleet, got a list: write {way_out}")
    if not isinstance(data, Mapping):
        raise SpecError(f"expected a mapping, such as {{'repositories': [...]}}, got {data!r}")
    return {key: part for key, part in data.items() if key != SCHEMA_KEY and not str(key).startswith("x-")}


def _repositories(findings: Findings, files: Sequence[tuple[Parts, Origin]]) -> Iterator[RepositorySpec]:
    """Yield the specs of the repositories, with the defaults of their documents."""
    for_all = [file for file in files if "repositories" not in file[0]]
    common = shared(findings, [(parts.get("defaults", {}), origin.at("defaults")) for parts, origin in for_all])
    names: dict[str, Origin] = {}
    for parts, document in files:
        if "repositories" not in parts:
            continue
        defaults = common.with_own(findings, parts.get("defaults", {}), document.at("defaults"))
        for index, item in enumerate(parts["repositories"]):
            origin = document.at("repositories", index)
            spec = _repository(findings, defaults, item, origin)
            name = spec.name if spec is not None else _name_of(item)
            first = names.setdefault(name, origin) if name else origin
            if first is not origin:
                where = f"in {first.place} too" if first.place else "there twice"
                findings.add(origin.at("name"), f"{name!r} is {where}: merge them")
            elif spec is not None:
                yield spec


def _name_of(item: object) -> str:
    """Return the name of a repository that is wrong; empty if it has none."""
    name = item.get("name") if isinstance(item, Mapping) else None
    return name if isinstance(name, str) else ""


def _repository(findings: Findings, defaults: Defaults, item: Any, origin: Origin) -> RepositorySpec | None:
    """Return the spec of one repository; ``None`` if it is wrong."""
    has_defaults = bool(defaults.values) and isinstance(item, Mapping)
    try:
        return RepositorySpec.from_dict(merged(defaults.values, item) if has_defaults else item)
    except SpecError as error:
        for reason in error.reasons:
            if not has_defaults or not defaults.say(findings, reason, item):
                findings.add(origin, defaults.explained(reason, item))
    return None
