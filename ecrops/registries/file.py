"""Registries from a file: ``registries``, ``overrides`` and ``waves``, in a fleet file or in one of their own.

Called by users and by the command. A file says where; the specs are those of the fleet file, with ``{account}`` and
``{region}`` filled in for each registry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any

from ecrops.base.problems import Problems
from ecrops.base.shown import Shown
from ecrops.errors import SpecError
from ecrops.fleet.fleet import Fleet
from ecrops.fleet.placeholders import Values
from ecrops.fleet.reading import FleetFiles, Text, read_with
from ecrops.registries.location import RegistryLocation
from ecrops.registries.registries import Registries
from ecrops.registries.work import Waves

if TYPE_CHECKING:
    from ecrops.registries.tasks.task import Spec

_EXAMPLE = "registries: [{account: '111122223333', region: eu-west-1, role_name: ecrops}]"


@dataclass(frozen=True)
class RegistriesFile(Shown):
    """What a file says of where.

    Args:
        registries: The registries.
        waves: In which order they are written; ``None`` for all at once.
    """

    registries: Registries
    waves: Waves | None = None


@dataclass(frozen=True)
class FleetSpecs:
    """The specs of a fleet file at a location: a function that can be sent to another process.

    Args:
        paths: The files, and folders. They have to be there where the work runs.
        texts: Texts, such as that of the standard input.
        only: Only the repositories with such names; all without one.
    """

    paths: tuple[str, ...]
    texts: tuple[Text, ...] = ()
    only: tuple[str, ...] = ()

    def __call__(self, location: RegistryLocation) -> Sequence[Spec]:
        """Return the specs for a location."""
        return self.fleet(location).specs

    def fleet(self, location: RegistryLocation) -> Fleet:
        """Return the fleet for a location.

        Raises:
            SpecError: With every mistake of every file.
        """
        fleet = read_with(self.paths, self.texts, Values(location.account, location.region, None))
        return fleet.only(*self.only) if self.only else fleet


def read_registries(path: str | PathLike[str], **options: Any) -> RegistriesFile:
    """Read the registries of a file: YAML, JSON or TOML. A fleet file may have them too.

    Args:
        path: The file.
        options: The options of ``Registries`` that the file does not say, such as ``seconds_each``.

    Raises:
        SpecError: With every mistake.
        OSError: The file cannot be read.

    Example:
        ``read_registries("registries.yaml").registries.plan(FleetSpecs(("fleet.yaml",)))``
    """
    return registries_from(FleetFiles([path]).registries(), str(path), **options)


def registries_from(data: Mapping[str, Any], name: str = "", **options: Any) -> RegistriesFile:
    """Return the registries of plain data, as a file says it.

    Args:
        data: ``registries``, and perhaps ``overrides`` and ``waves``.
        name: What messages call it.
        options: As for ``read_registries``.

    Raises:
        SpecError: With every mistake.
    """
    problems = Problems()
    where, waves = data.get("registries"), data.get("waves")
    is_waves = waves is None or (isinstance(waves, list) and all(isinstance(wave, list) for wave in waves))
    problems.check(is_waves, "waves", f"expected lists of patterns, such as [['dev/*'], ['*']], got {waves!r}")
    if not isinstance(where, list | Mapping) or not where:
        problems.add("registries", f"expected a list of locations, or where to find them, such as {_EXAMPLE}")
    problems.raise_any()
    if data.get("overrides"):
        options["overrides"] = data["overrides"]
    try:
        registries = _of(where, options) if isinstance(where, Mapping) else Registries(where or (), **options)
    except SpecError as error:
        raise error.at(f"{name}: registries" if name else "registries") from None
    return RegistriesFile(registries, waves)


def _of(where: Mapping[str, Any], options: Mapping[str, Any]) -> Registries:
    known = ("accounts", "organization", "units", "tags", "without", "regions", "role_name", "external_id", "profile")
    problems = Problems()
    problems.known(where, (*known, "endpoint_url"), "the keywords of Registries.of")
    problems.raise_any()
    return Registries.of(**where, **options)


def check_fleet(specs: FleetSpecs, registries: Iterable[RegistryLocation]) -> None:
    """Refuse a fleet file that is wrong, before any call: for the first registry, as for all.

    Raises:
        SpecError: With every mistake of every file.
    """
    for location in registries:
        specs.fleet(location)
        return
