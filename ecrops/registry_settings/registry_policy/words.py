"""Registry policies in words: the two sides of a diff. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ecrops.access import words
from ecrops.base.render import several
from ecrops.iam.statements import Document, Statement, listed, meaning, statements

_WHOLE = {"*": "everything", "repository/*": "every repository"}


def difference(before: Document, after: Document) -> tuple[str, str]:
    """Return what differs between two policies: what the first says in words, and what the second says."""
    old, new = ({meaning(statement): statement for statement in statements(document)} for document in (before, after))
    sides = _side(old, new), _side(new, old)
    return sides if any(sides) else words.difference(before, after)


def _side(side: Mapping[str, Statement], other: Mapping[str, Statement]) -> str:
    by_rest: dict[str, set[str]] = {}
    for statement in other.values():
        by_rest.setdefault(_rest(statement), set()).update(_resources(statement))
    texts = []
    for key, statement in side.items():
        if key in other:
            continue
        is_known = _rest(statement) in by_rest and "Resource" in statement
        shown = set(_resources(statement)) - by_rest.get(_rest(statement), set()) if is_known else _resources(statement)
        if shown or not is_known:
            texts.append(f"{_who_may(statement)} on {'all but ' * ('NotResource' in statement)}{_short(shown)}")
    return "; ".join(texts)


def _rest(statement: Statement) -> str:
    """Return the meaning of a statement without its repositories: it has others on the other side."""
    return meaning({key: value for key, value in statement.items() if key != "Resource"})


def _resources(statement: Statement) -> list[str]:
    return [str(resource) for resource in listed(statement.get("Resource", statement.get("NotResource", [])))]


def _short(resources: list[str] | set[str]) -> str:
    names = (_WHOLE.get(resource.rpartition(":")[2], resource.rpartition(":repository/")[2]) for resource in resources)
    return several(sorted(names))


def _who_may(statement: Statement) -> str:
    return words.difference({}, {"Statement": [dict(statement)]})[1]
