"""Writing fleet files: text that every reader of YAML, old or new, reads back as it is. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal

from ecrops.errors import SpecError
from ecrops.fleet.placeholders import escaped
from ecrops.fleet.plain import fleet_to_dict
from ecrops.fleet.yaml_text import ACCOUNT_DIGITS
from ecrops.spec import RepositorySpec

if TYPE_CHECKING:
    from ecrops.registry_settings.spec import RegistrySpec

_PLAIN = re.compile(r"[A-Za-z_/][\w./*@+-]*(?:(?: |:+)[\w./*@+-]+)*", re.ASCII)
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""Texts without quotes that some reader of YAML takes for something else than a string, in small letters."""
_LONGEST_KEY = 1000


def write(specs: Iterable[RepositorySpec | RegistrySpec], format: Literal["yaml", "json"] = "yaml") -> str:
    """Return the text of a fleet file, which ``read`` reads as the same specs.

    Braces in it are escaped, so that nothing in it is a placeholder. A string that a reader of YAML could take for
    something else, such as ``no`` or ``012345678901``, is in quotes.

    Args:
        specs: The specs, such as ``registry.describe()``, or a ``Fleet``.
        format: ``yaml`` or ``json``. To write YAML, nothing has to be installed.

    Raises:
        SpecError: They are no specs, or there is no such format.

    Example:
        >>> print(write([RepositorySpec("team/api", tags={"prod": "no"})]), end="")
        repositories:
          - name: team/api
            tags:
              prod: "no"
    """
    if format not in ("yaml", "json"):
        way_out = "; TOML can be read only" if str(format) == "toml" else ""
        raise SpecError(f"format: expected 'yaml' or 'json', got {format!r}{way_out}")
    return text_of(escaped(fleet_to_dict(specs)), format)


def text_of(data: dict[str, Any], format: Literal["yaml", "json"]) -> str:
    """Return the text of the content of a fleet file, whose strings may have placeholders."""
    if format == "json":
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    return "".join(f"{line}\n" for line in _lines(data))


def _lines(value: Any) -> Iterator[str]:
    """Yield the lines of a mapping or a list that is not empty."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _entry(_string(key), part)
        return
    for item in value:
        if _is_leaf(item):
            yield f"- {_leaf(item)}"
        else:
            first, *rest = _lines(item)
            yield f"- {first}"
            yield from (f"  {line}" for line in rest)


def _entry(key: str, part: Any) -> Iterator[str]:
    """Yield the lines of a key and its value. A very long key has a line of its own."""
    head = f"{key}:"
    if len(key) > _LONGEST_KEY:
        yield f"? {key}"
        head = ":"
    if _is_leaf(part):
        yield f"{head} {_leaf(part)}"
    else:
        yield head
        yield from (f"  {line}" for line in _lines(part))


def _is_leaf(value: Any) -> bool:
    return not isinstance(value, dict | list) or not value


def _leaf(value: Any) -> str:
    if isinstance(value, str):
        return _string(value)
    text = json.dumps(value)
    if isinstance(value, float) and "." not in text:
        return text.replace("e", ".0e")  # without the point, YAML 1.1 has no exponents
    return f"!!int {text}" if len(text) == ACCOUNT_DIGITS and text.isdecimal() else text


def _string(text: str) -> str:
    """Return a string as YAML has it: without quotes only where no reader can take it for something else."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False) if text.isprintable() else f'"{"".join(map(_escape, text))}"'


def _escape(character: str) -> str:
    if character.isprintable():
        return json.dumps(character, ensure_ascii=False)[1:-1]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
