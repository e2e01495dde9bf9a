"""The elements that pages are drawn with: texts, tables, trees of settings, small charts. Pure.

Called by everything that draws a part of the page. Every text of others goes through ``text``: control characters are
shown as escapes, markup is escaped, and what is long is cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ecrops.base.render import markup
from ecrops.lifecycle.simulation.days import Day, Storage
from ecrops.text import printable

MAX_TEXT = 300
"""The characters of a text that is shown as a whole."""
MAX_DEPTH = 4
POINTS = 15
TREND_WIDTH, TREND_HEIGHT = 240, 56


def text(value: object, limit: int = MAX_TEXT) -> str:
    """Return a text of others as a part of HTML, also inside an attribute in double quotes. A long one is cut."""
    shown = printable(str(value)[: limit + 1])
    return markup(shown if len(shown) <= limit else f"{shown[: limit - 1]}…")


def badge(words: str, kind: str = "") -> str:
    """Return a word in a coloured box. The word alone says what the colour says.

    Args:
        words: The word.
        kind: ``add``, ``change``, ``take`` or ``warn``; empty for grey.
    """
    return f'<span class="badge {kind}">{text(words)}</span>' if kind else f'<span class="badge">{text(words)}</span>'


def listing(items: Iterable[str], limit: int) -> str:
    """Return HTML as a list; empty for none. Items beyond the limit are counted."""
    whole = list(items)
    lines = filter(None, (*whole[:limit], beyond(len(whole), limit)))
    return f"<ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>" if whole else ""


def inline(items: Sequence[str], limit: int) -> str:
    """Return HTML in one line, with commas; empty for none. Items beyond the limit are counted."""
    return " ".join(filter(None, (", ".join(items[:limit]), beyond(len(items), limit))))


def beyond(number: int, limit: int) -> str:
    """Return in words how many of a number of lines are beyond a limit; empty if none are."""
    return f"and {number - limit:,} more" if number > limit else ""


class Column(NamedTuple):
    """A column of a table of the page.

    Args:
        title: Its head.
        kind: ``n`` for numbers, ``d`` for what is not wrapped, such as dates.
    """

    title: str
    kind: str = ""


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], limit: int, caption: str = "") -> str:
    """Return rows of HTML cells as a table; empty for none. Rows beyond the limit are counted."""
    if not rows:
        return ""
    head = "".join(f"<th scope=col{_kind(column)}>{column.title}</th>" for column in columns)
    body = "".join(
        "<tr>" + "".join(f"<td{_kind(column)}>{cell}</td>" for column, cell in zip(columns, row, strict=True)) + "</tr>"
        for row in rows[:limit]
    )
    if rest := beyond(len(rows), limit):
        body += f"<tr><td colspan={len(columns)}>{rest}</td></tr>"
    title = f"<caption>{caption}</caption>" if caption else ""
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _kind(column: Column) -> str:
    return f" class={column.kind}" if column.kind else ""


def scrolling(label: str, html: str, *, is_long: bool = False) -> str:
    """Return HTML in a region of its own that scrolls sideways, also by keyboard; nothing around nothing.

    Args:
        label: What it is, for people who do not see it.
        html: The content.
        is_long: Whether it scrolls up and down too.
    """
    kind = '"scroll long"' if is_long else "scroll"
    return f'<div class={kind} tabindex=0 role=region aria-label="{label}">{html}</div>' if html else ""


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Return names and HTML values as a list of definitions."""
    return f"<dl>{''.join(f'<dt>{name}</dt><dd>{value}</dd>' for name, value in pairs)}</dl>"


def tree(value: Any, limit: int, depth: int = 0) -> str:
    """Return plain data, such as a setting of a registry, as nested lists. What is deep or long is cut."""
    if value in (None, "", [], (), {}):
        return "<i>none</i>"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if depth >= MAX_DEPTH:
        return text(value)
    if isinstance(value, Mapping):
        return listing((f"<b>{text(key)}</b>: {tree(item, limit, depth + 1)}" for key, item in value.items()), limit)
    if isinstance(value, list | tuple):
        if all(isinstance(item, str) for item in value):
            return inline([text(item) for item in value], limit)
        return listing((tree(item, limit, depth + 1) for item in value), limit)
    return text(value)


def size_of(stored: Storage) -> int:
    """Return the bytes of what is stored, those in the archive among them."""
    return stored.bytes + stored.archived_bytes


def trend(days: Sequence[Day], label: str) -> str:
    """Return a small chart: the bytes that are stored with the policy, and without it in a dashed line."""
    step = max(1, (len(days) - 1) // POINTS)
    chosen = [*days[:-1:step], days[-1]]
    stored, without = [size_of(day.stored) for day in chosen], [size_of(day.without) for day in chosen]
    highest = max(*stored, *without, 1)

    def points(values: Sequence[int]) -> str:
        gap = TREND_WIDTH / (len(values) - 1)
        height = TREND_HEIGHT - 4
        return " ".join(
            f"{gap * place:.0f},{2 + height - height * value / highest:.0f}" for place, value in enumerate(values)
        )

    return (
        f'<svg class=trend viewBox="0 0 {TREND_WIDTH} {TREND_HEIGHT}" role=img aria-label="{text(label)}">'
        f'<polyline class=without points="{points(without)}"/><polyline points="{points(stored)}"/></svg>'
    )
