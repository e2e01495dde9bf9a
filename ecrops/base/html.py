"""How values look in a notebook: HTML that is escaped, bounded, and readable without its styles. Pure.

Called by every ``_repr_html_`` of ecrops, through ``shown`` or directly. It draws tables, titles and what is folded;
``lifecycle/simulation/chart`` draws charts. A notebook has no style sheet of ours, so styles are inline: Jupyter aligns
cells to the right unless told otherwise. Colours are those of Jupyter's theme, else of VS Code's, else of middle
lightness, which is readable on white and on black. GitHub drops all styles, so nothing is said by colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import BuiltinFunctionType, FunctionType
from typing import TYPE_CHECKING, Any

from ecrops.base.plain_json import data_of
from ecrops.base.render import count as counted
from ecrops.base.render import markup
from ecrops.text import printable_lines

if TYPE_CHECKING:
    from ecrops.base.change import Change

MAX_ROWS = 20
"""The rows of a table of images, of repositories, or of other values."""
MAX_CHANGES = 200
"""The rows of a plan: who approves it reads them all."""
MAX_TEXT = 1000
"""The characters of a text in a cell."""
MAX_DOCUMENT = 4000
"""The characters of a document, which is folded."""
LEFT = "text-align:left;vertical-align:top"
MUTED = "opacity:.75"
GREEN = "var(--jp-success-color1,var(--vscode-charts-green,#2c8a43))"
ORANGE = "var(--jp-warn-color0,var(--vscode-charts-orange,#b8620a))"
RED = "var(--jp-error-color1,var(--vscode-charts-red,#d1383d))"
SIGNS = {"+": GREEN, "~": ORANGE, "-": RED, "!": RED}
WARNING = f"color:{ORANGE}"


class Markup(str):
    """HTML that is right as it is."""

    __slots__ = ()


def output(*parts: str) -> str:
    """Return all of a value as one element. Jupyter would take what stands between two ``$`` for mathematics."""
    return f"<div class='mathjax_ignore tex2jax_ignore'>{''.join(parts)}</div>"


def bounded(value: object, most: int = MAX_TEXT) -> Markup:
    """Return a text as HTML; of a longer one the start, and how much there is more."""
    if isinstance(value, Markup):
        return value
    text = str(value)
    more = f"… and {len(text) - most:,} more characters" if len(text) > most else ""
    return Markup(markup(text[:most] + more))


def title(head: object, detail: object = "") -> str:
    """Return the first line of a value: its head in bold, and a detail."""
    behind = f" <span style='{MUTED}'>{bounded(detail)}</span>" if detail else ""
    return f"<div><b>{bounded(head)}</b>{behind}</div>"


def table(head: Sequence[str], rows: Sequence[Sequence[object]], total: int = 0, where: str = "") -> str:
    """Return an HTML table with its text on the left; empty if there are no rows.

    Args:
        head: The titles of the columns.
        rows: The rows to show.
        total: How many rows there are in all, if not all are shown.
        where: Where the others are, such as ``.expired``.
    """
    if not rows:
        return ""
    lines = ["".join(f"<td style='{LEFT}'>{bounded(cell)}</td>" for cell in row) for row in rows]
    if total > len(rows):
        behind = f", in {where}" if where else ""
        lines.append(f"<td style='{LEFT}' colspan='{len(head)}'>and {total - len(rows):,} more{markup(behind)}</td>")
    titles = "".join(f"<th align='left' style='{LEFT}'>{bounded(name)}</th>" for name in head)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table style='margin:.4em 0'><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"


def items(texts: Sequence[object], most: int = MAX_ROWS, where: str = "") -> str:
    """Return texts as a list; empty if there are none."""
    lines = [f"<li>{bounded(text)}</li>" for text in texts[:most]]
    if len(texts) > most:
        behind = f", in {where}" if where else ""
        lines.append(f"<li>and {len(texts) - most:,} more{markup(behind)}</li>")
    return f"<ul style='margin:.4em 0'>{''.join(lines)}</ul>" if lines else ""


def folded(head: object, content: str) -> str:
    """Return content that is shown when somebody opens it; empty if there is none."""
    return f"<details><summary>{bounded(head)}</summary>{content}</details>" if content else ""


def warnings(texts: Sequence[object]) -> str:
    """Return warnings as a list, each with a word that says what it is."""
    word = f"<b style='{WARNING}'>warning:</b> "
    return items([Markup(f"{word}{bounded(text)}") for text in texts], where=".warnings")


def plan(changes: Sequence[Change], notes: Sequence[str], summary: str, place: str, count: int) -> str:
    """Return a plan: its summary, a table of its changes, and its notes folded.

    Args:
        changes: The changes.
        notes: The notes, as they are shown.
        summary: How many changes of each kind.
        place: The accounts and regions.
        count: How many notes there are in all.
    """
    named = counted(count, "note")
    shown = [*notes, *([f"and {count - len(notes):,} more, in .notes"] if count > len(notes) else [])]
    head = title(summary, place and f"in {place}")
    content = items([bounded(note, MAX_DOCUMENT) for note in shown], len(shown))
    return head + changes_table(changes) + folded(named, content)


def report(lines: Sequence[str]) -> str:
    """Return the lines of a report: the first as its title."""
    return title(lines[0]) + items([line.strip() for line in lines[1:]], MAX_CHANGES)


def changes_table(changes: Sequence[Change]) -> str:
    """Return a table of changes. A conflict says in its row why it is impossible, and what to do."""
    rows = [
        (sign(change.sign), change.owner, change.what, change.before, _after(change))
        for change in changes[:MAX_CHANGES]
    ]
    return table(("change", "owner", "what", "before", "after"), rows, len(changes))


def sign(text: str) -> Markup:
    """Return the sign of a change in its colour."""
    return Markup(f"<b style='font-family:monospace;padding:0 .35em;color:{SIGNS[text]}'>{markup(text)}</b>")


def _after(change: Change) -> Markup:
    reason = change.advice.get("", "") if change.sign == "!" else ""
    why = f"<div style='{MUTED}'>{bounded(reason)}</div>" if reason else ""
    return Markup(f"{bounded(change.after)}{why}")


def fields(head: object, values: Mapping[str, Any], detail: object = "") -> str:
    """Return a value as its name and a table of its fields."""
    rows = [(name, cell(value)) for name, value in values.items()]
    return title(head, detail) + table(("field", "value"), rows)


def listing(head: object, values: Sequence[Mapping[str, Any]], total: int) -> str:
    """Return values as a table with a column for each field that one of them has.

    Args:
        head: What they are, and how many.
        values: The fields of those that are shown.
        total: How many there are in all.
    """
    names = list(dict.fromkeys(name for value in values for name in value))
    rows = [[cell(value[name]) if name in value else "" for name in names] for value in values]
    return title(head) + table(names, rows, total)


def cell(value: object) -> Markup:
    """Return a value as the content of a cell: text, lines, or a document that is folded."""
    if isinstance(value, bool):
        return Markup("yes" if value else "no")
    if isinstance(value, bytes):
        return Markup(f"{len(value):,} bytes")
    if isinstance(value, datetime):
        return bounded(f"{value:%Y-%m-%d %H:%M} {value.tzname() or ''}".rstrip())
    if isinstance(value, Mapping):
        return _mapping(value)
    if isinstance(value, FunctionType | BuiltinFunctionType):
        return bounded(f"{value.__module__}.{value.__qualname__}")
    if type(value) in (list, tuple, set, frozenset):
        return _lines(list(value))  # type: ignore[call-overload]
    return bounded(value)


def _mapping(value: Mapping[Any, Any]) -> Markup:
    if any(isinstance(part, Mapping | list | tuple) for part in value.values()):
        return _document(value)
    return _lines([f"{name}={part}" for name, part in value.items()])


def _document(value: Mapping[Any, Any]) -> Markup:
    """Return a document as JSON, folded: its start, and how much there is more."""
    import json
    from html import escape

    text = json.dumps(data_of(value), indent=2, ensure_ascii=False, default=str)
    more = f"\n… and {len(text) - MAX_DOCUMENT:,} more characters" if len(text) > MAX_DOCUMENT else ""
    content = f"<pre>{escape(printable_lines(text[:MAX_DOCUMENT]))}{more}</pre>"
    return Markup(folded(f"document of {len(text):,} characters", content))


def _lines(values: Sequence[object]) -> Markup:
    """Return texts below each other: at most ``MAX_ROWS``, and how many there are more."""
    shown = [cell(value) for value in values[:MAX_ROWS]]
    shown += [Markup(f"and {len(values) - MAX_ROWS:,} more")] if len(values) > MAX_ROWS else []
    return Markup("<br/>".join(shown) or f"<span style='{MUTED}'>none</span>")
