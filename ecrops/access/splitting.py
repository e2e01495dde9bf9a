"""One policy document as several that fit. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ecrops.access.statements import Document, free, listed, one_or_all, size, statements


def split(document: Mapping[str, Any], most: int) -> list[Document]:
    """The document as several, each of at most so many characters, as IAM counts them.

    Only a statement with many resources is divided. One that cannot be is alone in its document.
    """
    rest = {key: value for key, value in document.items() if key != "Statement"}
    parts: list[Document] = []
    for statement in statements(document):
        for piece in _pieces(statement, most - size({**rest, "Statement": []})):
            before = parts[-1]["Statement"] if parts else []
            numbered = _numbered(piece, before)
            if parts and size({**rest, "Statement": [*before, numbered]}) <= most:
                before.append(numbered)
            else:
                parts.append({**rest, "Statement": [piece]})
    return parts


def _numbered(piece: dict[str, Any], before: list[dict[str, Any]]) -> dict[str, Any]:
    taken = {each["Sid"] for each in before if each.get("Sid")}
    return {**piece, "Sid": free(piece["Sid"], taken)} if piece.get("Sid") else piece


def _pieces(statement: dict[str, Any], most: int) -> Iterator[dict[str, Any]]:
    resources = listed(statement.get("Resource", []))
    if size(statement) <= most or len(resources) < 2:
        yield statement
        return
    middle = len(resources) // 2
    for half in (resources[:middle], resources[middle:]):
        yield from _pieces({**statement, "Resource": one_or_all(half)}, most)
