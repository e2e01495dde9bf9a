"""How a plan looks: a diff in words for a terminal, a table for a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecrops.plan import Change, Plan

SIGNS = {"create": "+", "update": "~", "delete": "-", "conflict": "!"}
MOST_ROWS = 200


def line(change: Change) -> str:
    """A change as one line, such as ``~ team/api lifecycle: keep last 5 -> keep last 30``."""
    said = difference(change)
    return f"{SIGNS[change.kind]} {change.owner} {change.what}{': ' if said else ''}{said}"


def difference(change: Change) -> str:
    """What is there, what will be, or both."""
    return " -> ".join(side for side in (change.before, change.after) if side)


def text(plan: Plan) -> str:
    """A plan as a diff, with its notes and a summary."""
    lines = [line(change) for change in plan.changes]
    lines += [f"note: {note}" for note in plan.notes]
    return "\n".join([*lines, plan.summary])


def html(plan: Plan) -> str:
    """A plan as a table of at most so many rows as a notebook can bear. Everything in it is escaped."""
    from html import escape

    rows = [
        "<tr>"
        + "".join(
            f"<td style='text-align:left'>{escape(cell)}</td>"
            for cell in (SIGNS[change.kind], change.owner, change.what, change.before, change.after)
        )
        + "</tr>"
        for change in plan.changes[:MOST_ROWS]
    ]
    if len(plan.changes) > MOST_ROWS:
        rows.append(f"<tr><td colspan='5'>and {len(plan.changes) - MOST_ROWS:,} more</td></tr>")
    head = "".join(f"<th>{title}</th>" for title in ("", "owner", "what", "before", "after"))
    notes = "".join(f"<li>{escape(note)}</li>" for note in plan.notes)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>" if rows else ""
    return f"{table}{f'<ul>{notes}</ul>' if notes else ''}<p>{escape(plan.summary)}</p>"
