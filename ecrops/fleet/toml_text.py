"""Reading TOML. It says of no part where it stands, but of a mistake in the text. Pure."""

from __future__ import annotations

import re
import tomllib
from datetime import date, time
from typing import Any

from ecrops.errors import SpecError
from ecrops.fleet.document import NOWHERE, Document, Path, Place, dotted

_AT = re.compile(r" \(at line (\d+), column (\d+)\)")


def parse(text: str, name: str) -> Document:
    """Return the content of a TOML text. Its dates are refused: no field is one.

    Raises:
        SpecError: It is no TOML.
    """
    try:
        value = tomllib.loads(text)
        return Document(value, name, reasons=[*_dates(value, ())])
    except tomllib.TOMLDecodeError as error:
        where = _AT.search(str(error))
        place = f":{where[1]}:{where[2]}" if where else ""
        reason = f"{name}{place}: expected TOML, and this is none: {_AT.sub('', str(error))}"
        raise SpecError(reason) from None
    except RecursionError:
        raise SpecError(f"{name}: expected TOML, got something too deep") from None
    except ValueError:  # of Python's own limit
        raise SpecError(f"{name}: expected TOML, got a number of too many digits") from None


def _dates(value: Any, path: Path) -> list[tuple[Place, str]]:
    if isinstance(value, dict):
        return [reason for key, part in value.items() for reason in _dates(part, (*path, key))]
    if isinstance(value, list):
        return [reason for index, part in enumerate(value) for reason in _dates(part, (*path, index))]
    is_date = isinstance(value, date | time)
    return [(NOWHERE, f"{dotted(path)}: expected a string, got a date: write '{value}'")] if is_date else []
