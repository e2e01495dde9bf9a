"""Values and handles that a notebook shows as a table, lists of them, and reports.

Specs, settings, guards and handles are ``Shown``; what ``describe`` and ``lint`` return is a ``ShownList`` or a
``ShownTuple``. Nothing here calls AWS, nor does anything that is shown. ``html`` draws, and is imported by the first
value that is shown: every program imports this module, and few are notebooks.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Any, TypeVar

T = TypeVar("T")


class Shown:
    """A value that a notebook shows as a table of its fields: those that are not ``None``, nor empty by default."""

    __slots__ = ()

    def _shown(self) -> Mapping[str, Any]:
        """Return what is shown, by name."""
        return shown_fields(self)

    def _repr_html_(self) -> str:
        from ecrops.base import html

        return html.output(html.fields(type(self).__name__, self._shown()))


def shown_fields(value: Any) -> dict[str, Any]:
    """Return the fields of a dataclass that say something, by name. What its ``repr`` leaves out is left out."""
    found = {field.name: (field, getattr(value, field.name)) for field in fields(value) if field.repr}
    return {name: part for name, (field, part) in found.items() if part is not None and not _is_empty(field, part)}


def _is_empty(field: Any, part: Any) -> bool:
    """Whether a field is empty, and would be without being given. An empty one that was given says something."""
    default = field.default if field.default_factory is MISSING else field.default_factory()
    return isinstance(part, Collection) and not part and bool(part == default)


def shown_all(*values: Any) -> str:
    """Return some values, or what was drawn already, below each other."""
    from ecrops.base import html

    return html.output(*(value if isinstance(value, str) else value._repr_html_() for value in values))


class ShownText:
    """A report that a notebook shows as its text: the first line in bold, and a list of the others."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        from ecrops.base import html

        return html.output(html.report(str(self).split("\n")))


class ShownList(list[T]):
    """A list of values that a notebook shows as one table, and ``print`` with a line for each."""

    def __str__(self) -> str:
        from ecrops.base import render

        return render.page(map(str, self))

    def _repr_html_(self) -> str:
        return _table(self)


class ShownTuple(tuple[T, ...]):
    """A tuple of values that a notebook shows as one table, and ``print`` with a line for each."""

    __slots__ = ()

    def __str__(self) -> str:
        from ecrops.base import render

        return render.page(map(str, self)) or "()"

    def _repr_html_(self) -> str:
        return _table(self)


def _table(values: Any) -> str:
    from ecrops.base import html

    first = values[: html.MAX_ROWS]
    names = list(dict.fromkeys(type(value).__name__ for value in first))
    rows = [value._shown() if isinstance(value, Shown) else {"value": value} for value in first]
    return html.output(html.listing(_counted(len(values), names), rows, len(values)))


def _counted(number: int, names: Sequence[str]) -> str:
    """Return how many values there are, and what they are by their classes: ``2 repository specs``."""
    from ecrops.base.render import count

    if not number:
        return "none"
    [name] = names if len(names) == 1 else ["value"]
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", "value" if name == "str" else name).lower()
    return count(number, words)
