"""The properties of a resource, which remember what was read of them: nothing is dropped without a word. Pure.

Made by ``terraform`` and ``cloudformation`` for each resource. Whoever reads a property takes it; ``close`` lists every
other one that says something. A value that must not or cannot be used is an ``Absent`` in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ecrops.base.plain_json import parsed
from ecrops.errors import SpecError
from ecrops.fleet.imports.imported import Left

EMPTY: tuple[Any, ...] = (None, "", [], {}, False)
UNKNOWN = "this ecrops does not know it"


@dataclass(frozen=True, slots=True)
class Absent:
    """In the place of a value: why it cannot be used."""

    reason: str


def absent_in(value: Any) -> Absent | None:
    """Return the first ``Absent`` in a value, or ``None``."""
    if isinstance(value, Absent):
        return value
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return next((absent for part in parts if (absent := absent_in(part)) is not None), None)


def as_text(value: Any) -> str:
    """Return a value as AWS has it where it is a text, such as the value of a tag."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass
class Properties:
    """The properties of one resource, or of a block in it.

    Args:
        address: The resource.
        values: Its properties by name.
        path: The path of the block; empty for the resource itself.
    """

    address: str
    values: Mapping[str, Any]
    path: str = ""
    _left: list[Left] = field(default_factory=list)
    _taken: set[str] = field(default_factory=set)
    _blocks: list[Properties] = field(default_factory=list)

    def take(self, name: str) -> Any:
        """Return the value of a property; ``None`` if it has none, or none that can be used, which is listed."""
        self._taken.add(name)
        value = self.values.get(name)
        if (absent := absent_in(value)) is not None:
            self.leave(name, absent.reason)
            return None
        return value

    def text(self, name: str) -> str | None:
        """Return a property that is a text; ``None`` for an empty one."""
        value = self.take(name)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            return value
        if isinstance(value, int) and not isinstance(value, bool):  # an account in YAML without quotes
            return str(value)
        self.leave(name, f"expected a text, got a value of type {type(value).__name__}")
        return None

    def truth(self, name: str) -> bool | None:
        """Return a property that is a truth value, which CloudFormation takes as a text too."""
        value = self.take(name)
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if value is None or isinstance(value, bool):
            return value
        self.leave(name, f"expected true or false, got a value of type {type(value).__name__}")
        return None

    def texts(self, name: str) -> list[str] | None:
        """Return a property that is a list of texts; ``None`` if it is not there."""
        value = self.take(name)
        if value is None:
            return None
        items = value if isinstance(value, list) else [value]
        if all(isinstance(item, str) for item in items):
            return list(items)
        self.leave(name, "expected a list of texts")
        return None

    def document(self, name: str) -> Any:
        """Return a property that is a JSON document, or the text of one; ``None`` for an empty one."""
        value = self.take(name)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            try:
                value = parsed(value)
            except SpecError:
                self.leave(name, "is no JSON")
                return None
        if isinstance(value, Mapping):
            return dict(value)
        self.leave(name, "expected a JSON document with members")
        return None

    def tags(self, name: str) -> dict[str, str] | None:
        """Return tags, which CloudFormation has as a list of ``Key`` and ``Value``; ``None`` if they are not there."""
        value = self.take(name)
        if isinstance(value, list) and all(isinstance(tag, Mapping) and {*tag} == {"Key", "Value"} for tag in value):
            return {str(tag["Key"]): as_text(tag["Value"]) for tag in value}
        if isinstance(value, Mapping):
            return {str(key): as_text(item) for key, item in value.items()}
        if value is not None:
            self.leave(name, "expected tags")
        return None

    def block(self, name: str) -> Properties:
        """Return a block, which Terraform has as a list of one; an empty one if it is not there."""
        blocks = self.blocks(name)
        if len(blocks) > 1:
            self.leave(name, "there are several, and one was expected")
        return blocks[0] if blocks else Properties(self.address, {}, name)

    def blocks(self, name: str) -> list[Properties]:
        """Return the blocks of a name."""
        self._taken.add(name)
        value = self.values.get(name)
        if isinstance(value, Absent):
            self.leave(name, value.reason)
            return []
        items = value if isinstance(value, list) else [] if value is None else [value]
        made = []
        for number, item in enumerate(items):
            path = f"{self._path(name)}[{number}]" if len(items) > 1 else self._path(name)
            if isinstance(item, Absent):
                self._left.append(Left(self.address, path, item.reason))
            elif isinstance(item, Mapping):
                made.append(Properties(self.address, item, path))
            elif item is not None:
                self._left.append(Left(self.address, path, "expected a block"))
        self._blocks += made
        return made

    def skip(self, *names: str) -> None:
        """Take properties that say nothing of ECR's: what AWS computes, and what is about the other tool alone."""
        self._taken.update(names)

    def only(self, name: str, expected: Sequence[Any], reason: str) -> None:
        """Take a property that a spec has no word for: it is listed, unless it says what is so without it."""
        value = self.take(name)
        if value is not None and value not in expected:
            self.leave(name, reason)

    def leave(self, name: str, reason: str) -> None:
        """List a property as not carried over."""
        self._taken.add(name)
        self._left.append(Left(self.address, self._path(name), reason))

    @property
    def listed(self) -> Sequence[Left]:
        """What was listed so far."""
        return tuple(self._left)

    def close(self) -> Iterator[Left]:
        """Yield all that was not carried over: what was listed, and what nobody has taken and is not empty."""
        yield from self._left
        for name, value in self.values.items():
            if name not in self._taken and value not in EMPTY:
                yield Left(self.address, self._path(name), value.reason if isinstance(value, Absent) else UNKNOWN)
        for block in self._blocks:
            yield from block.close()

    def _path(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path and name else self.path or name
