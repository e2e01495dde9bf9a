"""Reading JSON, without keys that are there twice, and with the place of each part where an error needs it. Pure."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from ecrops.base.plain_json import no_constant
from ecrops.errors import SpecError
from ecrops.fleet.document import Document, Place, Places, repeated

_TOKEN = re.compile(r'[ \t\n\r,:]*("(?:[^"\\]|\\.)*"|[{}\[\]]|[^\s,:{}\[\]"]+)', re.DOTALL)
_TOO_DEEP = "expected JSON, got something too deep"


def parse(text: str, name: str) -> Document:
    """Return the content of a JSON text.

    Raises:
        SpecError: It is no JSON.
    """
    has_repeated = False

    def made(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal has_repeated
        values = dict(pairs)
        has_repeated |= len(values) < len(pairs)
        return values

    try:
        value = json.loads(text, object_pairs_hook=made, parse_constant=no_constant)
    except json.JSONDecodeError as error:
        reason = f"{name}:{error.lineno}:{error.colno}: expected JSON, and this is none: {error.msg}"
        raise SpecError(reason) from None
    except RecursionError:
        raise SpecError(f"{name}: {_TOO_DEEP}") from None
    except ValueError as error:
        raise SpecError(f"{name}: expected JSON, and this is none: {error}") from None
    scanned = cache(lambda: _Scanner(text, name))
    return Document(value, name, lambda: scanned().places, scanned().reasons if has_repeated else ())


class _Scanner:
    """Finds where each part of a JSON text stands. The text was read before, so that it is right."""

    def __init__(self, text: str, name: str) -> None:
        self.text, self.name = text, name
        self.tokens = _TOKEN.finditer(text)
        self.places = Places()
        self.reasons: list[tuple[Place, str]] = []
        self.line, self.start, self.counted = 1, 0, 0
        self.places.value = self.value(next(self.tokens))

    def value(self, token: re.Match[str]) -> Any:
        if token[1] == "{":
            return self.mapping()
        if token[1] == "[":
            return self.sequence()
        return json.loads(token[1])

    def mapping(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        places: dict[str | int, Place] = {}
        while (token := next(self.tokens))[1] != "}":
            key, place = json.loads(token[1]), self.place(token)
            if key in places:
                self.reasons.append((place, repeated(key, places[key], self.name)))
            places[key] = place
            values[key] = self.value(next(self.tokens))
        self.places[id(values)] = places
        return values

    def sequence(self) -> list[Any]:
        items: list[Any] = []
        places: dict[str | int, Place] = {}
        while (token := next(self.tokens))[1] != "]":
            places[len(items)] = self.place(token)
            items.append(self.value(token))
        self.places[id(items)] = places
        return items

    def place(self, token: re.Match[str]) -> Place:
        """Return the place of a token. Tokens come in their order, so that no part of the text is searched twice."""
        position = token.start(1)
        self.line += self.text.count("\n", self.counted, position)
        self.start = self.text.rfind("\n", self.counted, position) + 1 or self.start
        self.counted = position
        return Place(self.line, position - self.start + 1)
