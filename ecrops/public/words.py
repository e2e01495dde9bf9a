"""Catalog data in the parameters of a call, as parts of a difference, and in words. Pure.

Called by the aspects ``existence`` and ``catalog``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from ecrops.base.change import Note
from ecrops.public.values import BADGES, LISTS, MEMBERS, CatalogData, unlisted

_SHORT = 60


def badge_notes(name: str, values: Mapping[str, Any]) -> Iterator[Note]:
    """Yield a note for each value of a list that the gallery has no badge for.

    Args:
        name: The repository.
        values: The members that are written, by field.
    """
    for field in LISTS:
        for item, close in unlisted(field, values.get(field, ())).items():
            way_out = f"did you mean {close!r}?" if close else f"it has badges for {', '.join(BADGES[field])}"
            yield Note(f"{name}: the gallery shows no badge for {item!r} in {field}: {way_out}")


def params(data: CatalogData) -> dict[str, Any]:
    """Return the parameters of catalog data that a repository is made with."""
    given = {field: value for field, value in data.managed.items() if value}
    return in_api(given) | ({"logoImageBlob": data.logo} if data.logo else {})


def in_api(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return members under their names in the API."""
    return {
        MEMBERS[field]: list(value) if field in LISTS else value for field, value in values.items() if field in MEMBERS
    }


def parts(values: Mapping[str, Any]) -> list[str]:
    """Return the parts of a difference that members are: each text, and each item of a list."""
    texts = [part_of(field, value) for field, value in values.items() if field not in LISTS and value]
    return [*texts, *(part_of(field, item) for field in LISTS for item in values.get(field, ()))]


def logo_parts(logo: bytes | None) -> list[str]:
    """Return the part of a difference that a logo is, by its fingerprint; none without one."""
    return [part_of("logo", hashlib.sha256(logo).hexdigest())] if logo else []


def part_of(*members: str) -> str:
    """Return a part of a difference as canonical text."""
    return json.dumps(members)


def words(values: Mapping[str, Any], has_logo: bool) -> str:
    """Return members in words: long texts by their length."""
    texts = [_words_of(field, value) for field, value in values.items() if value]
    return ", ".join([*texts, *(["a logo"] if has_logo else [])])


def _words_of(field: str, value: Any) -> str:
    name = field.replace("_", " ")
    if field in LISTS:
        return f"{name} {', '.join(value)}"
    return f"{name} {value!r}" if len(value) <= _SHORT else f"{name} of {len(value):,} characters"
