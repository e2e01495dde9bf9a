"""One note for one fact: the same about many owners is said once, with one policy document for all of them. Pure.

Called by the engine for every plan. A note that aspects yield is about one owner. Notes that differ in their owner
alone, and in the resources of the policy document that they end with, are one note here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ecrops.base.change import Note
from ecrops.base.render import several

MAX_RESOURCES = 100
"""How many resources the document of a printed note has."""


def together(notes: Iterable[str]) -> tuple[Note, ...]:
    """Return notes without repetitions, in the order in which each fact comes first.

    The text of each note is complete. Its ``brief`` names a few of many owners.
    """
    facts: dict[tuple[bool, str, str], dict[str, Note]] = {}
    for note in _single(notes):
        facts.setdefault(_fact(note), {}).setdefault(str(note), note)
    return tuple(_merged(list(same.values())) for same in facts.values())


def _single(notes: Iterable[str]) -> Iterator[Note]:
    for note in notes:
        single = note if isinstance(note, Note) else Note(note)
        yield from single.parts or (single,)


def _fact(note: Note) -> tuple[bool, str, str]:
    """Return what notes about one fact have in common: the text without its owner, the document without resources."""
    return (True, _text(note), _with_resources(note.document, None)) if note.owner else (False, str(note), "")


def _text(note: Note) -> str:
    return note.removeprefix(f"{note.owner}: ").removesuffix(note.document).rstrip()


def _merged(notes: Sequence[Note]) -> Note:
    if len(notes) == 1:
        return notes[0]
    owners = list(dict.fromkeys(note.owner for note in notes))
    resources = [resource for note in notes if note.document for resource in _resources(note.document)]
    resources = list(dict.fromkeys(resources))
    text = _text(notes[0])
    document = _with_resources(notes[0].document, resources)
    merged = Note(f"{', '.join(owners)}: {text}", document)
    merged.parts = tuple(notes)
    brief = f"{several(owners)}: {text}"
    if len(resources) > MAX_RESOURCES:
        merged.brief = f"{brief} the one in plan.notes, for {len(resources):,} resources"
    else:
        merged.brief = f"{brief} {document}" if document else brief
    return merged


def _resources(document: str) -> list[str]:
    return [resource for statement in json.loads(document)["Statement"] for resource in _named(statement)]


def _with_resources(document: str, resources: Sequence[str] | None) -> str:
    """Return a policy document for other resources; for none if they are ``None``. What is about all stays."""
    if not document:
        return ""
    parsed: dict[str, Any] = json.loads(document)
    for statement in parsed["Statement"]:
        if _named(statement):
            statement["Resource"] = resources
    return json.dumps(parsed)


def _named(statement: dict[str, Any]) -> list[str]:
    resource = statement.get("Resource", [])
    listed = resource if isinstance(resource, list) else [resource]
    return [name for name in listed if name != "*"]
