"""Reading YAML, without its traps.

A plain ``no``, ``on``, ``2026-01-31`` or ``012345678901`` is a string here, as in YAML 1.2, and so are twelve digits:
the id of an account is no number. Keys that are there twice are refused. Aliases and merge keys work, up to a size.

PyYAML makes events of the text. What they mean is decided here, so that its two parsers, in C and in Python, mean the
same, and no text of any depth or number of aliases can exhaust the process.
"""

from __future__ import annotations

import re
from typing import Any

from ecrops.base.plain_json import MAX_DEPTH
from ecrops.base.problems import hint
from ecrops.errors import SpecError
from ecrops.fleet.document import MAX_VALUES, Document, Place, Places, repeated

_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULLS = dict.fromkeys(("", "~", "null", "Null", "NULL"))
_PLAIN = {**_BOOLS, **_NULLS}
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FRACTION = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
ACCOUNT_DIGITS = 12
_MAX_DIGITS = 300
_NUMERIC = frozenset("+-.0123456789")
_TAG = "tag:yaml.org,2002:"
_STANDARD: dict[str, type] = {
    "str": str,
    "map": dict,
    "seq": list,
    "null": type(None),
    "bool": bool,
    "int": int,
    "float": float,
}


def parse(text: str, name: str) -> Document:
    """Return the content of a YAML text.

    Raises:
        SpecError: It is no YAML, or PyYAML is not installed.
    """
    try:
        import yaml
    except ImportError:
        raise SpecError(f"{name}: YAML needs PyYAML: pip install 'ecrops[yaml]', or write JSON or TOML") from None
    builder = _Builder(getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text), name)
    try:
        value = builder.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        way_out = "; indent with spaces" if "\\t" in str(error.problem) else ""
        what = ", ".join(filter(None, (error.context, error.problem)))
        raise SpecError(f"{name}{where}: expected YAML, and this is none: {what}{way_out}") from None
    except yaml.YAMLError as error:
        raise SpecError(f"{name}: expected YAML, and this is none: {' '.join(str(error).split())}") from None
    return Document(value, name, lambda: builder.places, builder.reasons)


def plain_value(text: str) -> Any:
    """Return what a text without quotes stands for, by the core schema of YAML 1.2, but for the ids of accounts."""
    if text in _PLAIN:
        return _PLAIN[text]
    if text[0] in _NUMERIC and len(text) < _MAX_DIGITS:
        if _WHOLE.fullmatch(text):
            return text if len(text) == ACCOUNT_DIGITS and text.isdecimal() else int(text)
        if _FRACTION.fullmatch(text):
            return float(text)
    return text


class _Builder:
    """Makes a value of the events of a text."""

    def __init__(self, loader: Any, name: str) -> None:
        self.next = loader.get_event
        self.name = name
        self.places = Places()
        self.reasons: list[tuple[Place, str]] = []
        self.anchors: dict[str, tuple[Any, int, int]] = {}  # of each anchor the value, its size and its depth
        self.open: set[str] = set()

    def document(self) -> Any:
        """Return the value of the one document of the text."""
        self.next()  # the start of the stream
        event = self.next()
        if type(event).__name__ == "StreamEndEvent":
            raise SpecError(f"{self.name}: is empty: expected repositories: [...]")
        self.places.value, _, _ = self.value(self.next(), 0)
        self.next()
        following = self.next()
        if type(following).__name__ != "StreamEndEvent":
            raise SpecError(f"{self.at(following)}: a second document begins here: write each into a file of its own")
        return self.places.value

    def value(self, event: Any, depth: int) -> tuple[Any, int, int]:
        """Return the value that begins with an event, how many values it has, and how deep it is."""
        kind = type(event).__name__
        if kind == "AliasEvent":
            return self.alias(event, depth)
        if depth > MAX_DEPTH:
            raise SpecError(f"{self.at(event)}: more than {MAX_DEPTH} levels deep")
        if event.anchor is not None:
            self.open.add(event.anchor)
        if kind == "ScalarEvent":
            made: tuple[Any, int, int] = self.scalar(event), 1, 0
        elif kind == "SequenceStartEvent":
            made = self.sequence(event, depth)
        else:
            made = self.mapping(event, depth)
        if event.anchor is not None:
            self.open.discard(event.anchor)
            self.anchors[event.anchor] = made
        return made

    def alias(self, event: Any, depth: int) -> tuple[Any, int, int]:
        if event.anchor in self.open:
            raise SpecError(f"{self.at(event)}: *{event.anchor} is a part of itself")
        if event.anchor not in self.anchors:
            way_out = hint(event.anchor, list(self.anchors)) if self.anchors else ""
            raise SpecError(f"{self.at(event)}: there is no &{event.anchor} before{way_out}")
        value, size, levels = self.anchors[event.anchor]
        if depth + levels > MAX_DEPTH:
            raise SpecError(f"{self.at(event)}: more than {MAX_DEPTH} levels deep")
        return value, size, levels

    def sequence(self, event: Any, depth: int) -> tuple[list[Any], int, int]:
        self.check_tag(event, list)
        items: list[Any] = []
        places: dict[str | int, Place] = {}
        size, levels = 1, 0
        while type(item := self.next()).__name__ != "SequenceEndEvent":
            places[len(items)] = _place(item)
            value, added, deeper = self.value(item, depth + 1)
            items.append(value)
            size, levels = self.sized(item, size + added), max(levels, deeper)
        self.places[id(items)] = places
        return items, size, levels + 1

    def mapping(self, event: Any, depth: int) -> tuple[dict[str, Any], int, int]:
        self.check_tag(event, dict)
        values: dict[str, Any] = {}
        places: dict[str | int, Place] = {}
        merged: list[tuple[Any, Any]] = []
        size, levels = 1, 0
        while type(start := self.next()).__name__ != "MappingEndEvent":
            key = self.key(start)
            value, added, deeper = self.value(self.next(), depth + 1)
            size, levels = self.sized(start, size + added), max(levels, deeper)
            if key == "<<" and start.implicit[0]:
                merged.append((start, value))
                continue
            place = _place(start)
            if key in values:
                self.reasons.append((place, repeated(key, places[key], self.name)))
                continue
            values[key], places[key] = value, place
        for start, value in merged:
            self.merge(start, value, values, places)
        self.places[id(values)] = places
        return values, size, levels + 1

    def merge(self, start: Any, merged: Any, values: dict[str, Any], places: dict[str | int, Place]) -> None:
        """Add what ``<<`` names. A key of the mapping itself counts before it, and an earlier one before a later."""
        for other in merged if isinstance(merged, list) else [merged]:
            if not isinstance(other, dict):
                self.reasons.append((_place(start), f"<<: expected a mapping, or a list of them, got {other!r}"))
                continue
            for key, value in other.items():
                if key not in values:
                    values[key], places[key] = value, self.places[id(other)][key]

    def key(self, event: Any) -> str:
        """Return a key, which is a string: ``12:`` and ``true:`` are written in quotes."""
        if type(event).__name__ != "ScalarEvent":
            raise SpecError(f"{self.at(event)}: expected a string as key, got a mapping or a list")
        value = self.scalar(event)
        if not isinstance(value, str):
            self.reasons.append((_place(event), f"expected a string as key, got {value!r}: write '{event.value}'"))
        return str(event.value)

    def scalar(self, event: Any) -> Any:
        if event.tag is not None and event.tag != "!":
            return self.tagged(event)
        return plain_value(event.value) if event.implicit[0] else event.value

    def tagged(self, event: Any) -> Any:
        """Return the value of a scalar with a tag such as ``!!str``."""
        kind = _STANDARD.get(event.tag.removeprefix(_TAG)) if event.tag.startswith(_TAG) else None
        if kind is str:
            return event.value
        value = plain_value(event.value)
        if kind is int and isinstance(value, str) and value.isdecimal() and len(value) < _MAX_DIGITS:
            value = int(value)
        if kind is None or not isinstance(value, kind):
            self.reasons.append((_place(event), f"the tag {event.tag!r} makes no value of {event.value!r} here"))
        return value

    def check_tag(self, event: Any, kind: type) -> None:
        if event.tag not in (None, "!") and _STANDARD.get(event.tag.removeprefix(_TAG)) is not kind:
            self.reasons.append((_place(event), f"the tag {event.tag!r} makes no value here: leave it out"))

    def sized(self, event: Any, size: int) -> int:
        if size > MAX_VALUES:
            raise SpecError(f"{self.at(event)}: expected at most {MAX_VALUES:,} values, got more, with all its aliases")
        return size

    def at(self, event: Any) -> str:
        return _place(event).within(self.name)


def _place(event: Any) -> Place:
    mark = event.start_mark
    return Place(mark.line + 1, mark.column + 1)
