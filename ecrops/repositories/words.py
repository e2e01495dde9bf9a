"""Words for the settings of a repository: in the text of a plan, and as the parts of a difference.

Called by the aspect ``settings``.
"""

from __future__ import annotations

from collections.abc import Iterable

from ecrops.base.tags import tag_part
from ecrops.repositories.states import Settings, Wanted

SCAN = "scan on push"


def words(wanted: Wanted) -> str:
    """Return the words for the settings that a repository is made with."""
    parts = []
    if wanted.mutability is not None:
        parts.append(mutability_words(wanted.mutability, wanted.filters))
    if wanted.scan_on_push is not None:
        parts.append(SCAN if wanted.scan_on_push else f"no {SCAN}")
    if wanted.encryption is not None or wanted.encryption_key is not None:
        parts.append(encryption_words(wanted.encryption or "", wanted.encryption_key or ""))
    return ", ".join([*parts, *(f"{key}={value}" for key, value in (wanted.tags or {}).items())])


def parts(wanted: Wanted) -> list[str]:
    """Return the parts of a difference that makes a repository: each setting that is not the default."""
    found = [] if wanted.mutability is None else mutability_parts(wanted.mutability, wanted.filters)
    if wanted.scan_on_push:
        found.append(SCAN)
    if wanted.encryption is not None:
        found.append(f"encryption: {encryption_words(wanted.encryption, wanted.encryption_key or '')}")
    return [*found, *(tag_part(key, value) for key, value in (wanted.tags or {}).items())]


def mutability_parts(mode: str, filters: Iterable[str]) -> list[str]:
    """Return the part of a difference that a mutability is: none if it is the default."""
    words = mutability_words(mode, sorted(filters))
    return [] if words == Settings().mutability else [f"tag mutability: {words}"]


def mutability_words(mode: str, filters: Iterable[str]) -> str:
    """Return the words for a mutability and the wildcards that are excluded from it."""
    return f"{mode.removesuffix('_WITH_EXCLUSION')} except {', '.join(filters)}" if filters else str(mode)


def encryption_words(kind: str, key: str) -> str:
    """Return the words for an encryption, ``""`` if that is not managed, and its key, ``""`` for the key of AWS."""
    if not kind:
        return f"the key {key}"
    return f"{kind} with {key}" if key else str(kind)
