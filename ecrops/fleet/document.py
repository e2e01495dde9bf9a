"""One file of a fleet: its content, and where in the text each part of it stands. Pure.

Made by the readers of YAML, JSON and TOML, and by ``fleet_from_dict``, whose content has no text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from ecrops.errors import SpecError

T = TypeVar("T")
MAX_VALUES = 1_000_000
"""How many values a file may have, each alias of YAML counted as what it stands for."""
Path = tuple[str | int, ...]
"""The way to a part of a file, such as ``("repositories", 3, "name")``."""
_START = re.compile(r"((?:[\w-]+|\[\d+\])(?:\.[\w-]+|\[\d+\])*): ")
_STEP = re.compile(r"\[(\d+)\]|\.?([\w-]+)")


class Place(NamedTuple):
    """A place in a text. Lines and columns are counted from 1."""

    line: int
    column: int

    def within(self, name: str) -> str:
        """Return the place with the name of its file, such as ``fleet.yaml:12:7``."""
        return f"{name}:{self.line}:{self.column}"


NOWHERE = Place(0, 0)


class Places(dict[int, Mapping[str | int, Place]]):
    """Where the keys of each mapping, and the items of each list, stand.

    The keys are the ``id`` of the mappings and lists of the value, so that what has several aliases stands once.

    Attributes:
        value: The value whose parts have the places; it keeps them alive.
    """

    value: Any = None


@dataclass(frozen=True, slots=True)
class Document:
    """The content of one file.

    Args:
        value: The content, of dictionaries, lists and plain values.
        name: The file, as a user wrote it; empty if there is none.
        places: Returns where the parts of the content stand. It is called for errors alone.
        reasons: What is wrong with the text itself, and where.
    """

    value: Any
    name: str = ""
    places: Callable[[], Places] = field(default=Places, repr=False)
    reasons: Sequence[tuple[Place, str]] = ()

    def where(self, path: Path) -> Place:
        """Return where a part stands, or what it is in if there is no such part; ``NOWHERE`` if nobody knows."""
        places = self.places()
        value, place = places.value, NOWHERE
        for step in path:
            steps = places.get(id(value), {})
            if step not in steps:
                break
            place, value = steps[step], value[step]
        return place

    def named(self, place: Place) -> str:
        """Return a place with the name of the file, such as ``fleet.yaml:12:7``; empty if there is no file."""
        return place.within(self.name) if place.line else self.name


class Origin(NamedTuple):
    """Where something was written.

    Args:
        document: The document.
        path: The path of the part.
    """

    document: Document
    path: Path = ()

    def at(self, *steps: str | int) -> Origin:
        """Return the origin of a part of the part."""
        return Origin(self.document, (*self.path, *steps))

    def holds(self, path: Path) -> bool:
        """Whether a path is that of this part, or of something in it."""
        return path[: len(self.path)] == self.path

    @property
    def place(self) -> str:
        """Where it stands, such as ``fleet.yaml:12:7``; empty if there is no file."""
        return self.document.named(self.document.where(self.path))


class Findings:
    """Collects what is wrong with documents, each reason with its place and its path."""

    def __init__(self) -> None:
        self._reasons: list[tuple[int, Place, str]] = []
        self._documents: list[Document] = []
        self._replaced: list[Origin] = []

    def open(self, document: Document) -> None:
        """Take the reasons of a document itself. The reasons of documents come in the order of these calls."""
        self._documents.append(document)
        for place, reason in document.reasons:
            self._add(document, place, reason)

    def fail(self, error: SpecError) -> None:
        """Add the reasons of an error about a file that could not be read."""
        self._reasons += [(len(self._documents), NOWHERE, reason) for reason in error.reasons]

    def add(self, origin: Origin, reason: str, moved: Path = ()) -> None:
        """Add a reason.

        Args:
            origin: The part that it is about.
            reason: The reason. It may begin with the path of the field within the part that is wrong.
            moved: The beginning of that path that ``origin`` stands for.
        """
        rest = reason.removeprefix(dotted(moved)).removeprefix(": ").removeprefix(".") if moved else reason
        path = dotted(origin.path)
        (whole,) = SpecError(rest).at(path).reasons if path else (rest,)
        steps = steps_of(whole) or origin.path
        if not any(part.document is origin.document and part.holds(steps) for part in self._replaced):
            self._add(origin.document, origin.document.where(steps), whole)

    def replace(self, origin: Origin, reason: str) -> None:
        """Add the reason that takes the place of all others about a part."""
        self.add(origin, reason)
        self._replaced.append(origin)

    def _add(self, document: Document, place: Place, reason: str) -> None:
        name = document.named(place)
        order = next(index for index, known in enumerate(self._documents) if known is document)
        self._reasons.append((order, place, f"{name}: {reason}" if name else reason))

    def take(self, origin: Origin, make: Callable[[], T]) -> T | None:
        """Return what ``make`` returns; for a ``SpecError``, add its reasons and return ``None``."""
        try:
            return make()
        except SpecError as error:
            for reason in error.reasons:
                self.add(origin, reason)
            return None

    def raise_any(self) -> None:
        """Raise ``SpecError`` with all reasons, in the order of their places, each once, if there are any."""
        if self._reasons:
            ordered = sorted(self._reasons, key=lambda reason: reason[:2])
            raise SpecError(*dict.fromkeys(text for _, _, text in ordered))


def repeated(key: str, first: Place, name: str) -> str:
    """Return the reason about a key that is there twice.

    Args:
        key: The key.
        first: Where it is the first time.
        name: The file.
    """
    return f"{key}: is there twice, the first time at {first.within(name)}"


def dotted(path: Path) -> str:
    """Return a path as messages show it: ``repositories[3].name``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def steps_of(reason: str) -> Path:
    """Return the path that a reason begins with; an empty one if it begins with none."""
    start = _START.match(reason)
    if start is None:
        return ()
    return tuple(int(number) if number else name for number, name in _STEP.findall(start[1]))
