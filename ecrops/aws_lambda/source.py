"""Where the specs of a handler come from: a fleet file, a text, a fleet, specs, or a function of the event.

Called by ``entry``. What does not depend on the event is read once in a container.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecrops.errors import SpecError
from ecrops.fleet.fleet import Fleet
from ecrops.spec import RepositorySpec

if TYPE_CHECKING:
    from ecrops.registry import Registry
    from ecrops.registry_settings.spec import RegistrySpec

Specs = Iterable["RepositorySpec | RegistrySpec"]
Content = str | PathLike[str] | Fleet | Specs
"""What a fleet is given as, if it is no function."""
_EXPECTED = (
    "fleet: expected the path of a fleet file, its text, a Fleet, a list of specs, or a function of the event that "
    "returns one of these"
)


class Source:
    """The specs of a handler.

    Args:
        fleet: What it was made with.

    Attributes:
        is_function: Whether they depend on the event.

    Raises:
        SpecError: It is none of what is expected.
    """

    def __init__(self, fleet: Content | Callable[[Any], Content]) -> None:
        self.is_function = callable(fleet)
        self._fleet: Any = fleet
        self._known: Fleet | None = None
        if not self.is_function and not _is_file(fleet):
            self._known = _fleet_of(fleet)

    def elsewhere(self) -> Source:
        """Return the same for another registry: placeholders in a file stand for its own account and region."""
        other = copy.copy(self)
        if _is_file(self._fleet):
            other._known = None
        return other

    def fleet(self, event: Any, registry: Registry) -> Fleet:
        """Return the fleet for an event.

        Args:
            event: The event.
            registry: Whose account and region placeholders stand for. It is asked when one is met.

        Raises:
            SpecError: With every mistake of a file, or of what the function returned.
            OSError: A file cannot be read.
        """
        if self.is_function:
            content = self._fleet(event)
            return _read(content, registry) if _is_file(content) else _fleet_of(content)
        if self._known is None:
            self._known = _read(self._fleet, registry)
        return self._known


def _is_file(content: object) -> bool:
    """Whether it is a file or its text: its placeholders need a registry."""
    return isinstance(content, str | PathLike)


def _read(content: str | PathLike[str], registry: Registry) -> Fleet:
    from ecrops.fleet.reading import ENDINGS, parse, read

    if not isinstance(content, str) or _is_path(content, ENDINGS):
        return read(content, registry=registry)
    if content.partition("://")[0] in ("s3", "http", "https"):
        raise SpecError(f"fleet: {content!r} is a URL, and none is read: give a function of the event that gets it")
    return parse(content, name="the text of the fleet", registry=registry)


def _is_path(text: str, endings: Mapping[str, str]) -> bool:
    """Whether a string is a path, and not the text of a fleet file."""
    if "\n" in text or "://" in text or text.lstrip().startswith("{") or ": " in text:
        return False
    return Path(text).suffix.lower() in endings or Path(text).is_dir() or " " not in text


def _fleet_of(content: object) -> Fleet:
    if isinstance(content, Fleet):
        return content
    if isinstance(content, RepositorySpec):
        raise SpecError(f"{_EXPECTED}, got one spec: write a list of it")
    if isinstance(content, Mapping):
        raise SpecError(f"{_EXPECTED}, got a mapping: write fleet_from_dict({{...}})")
    if not isinstance(content, Iterable):
        raise SpecError(f"{_EXPECTED}, got {content!r}")
    return Fleet(tuple(map(_checked, content)))


def _checked(spec: object) -> RepositorySpec | RegistrySpec:
    from ecrops.registry_settings.spec import RegistrySpec

    if not isinstance(spec, RepositorySpec | RegistrySpec):
        raise SpecError(f"{_EXPECTED}, got {spec!r} in a list")
    return spec
