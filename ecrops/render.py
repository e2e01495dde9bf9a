"""How a plan looks: a diff in words for a terminal, a table for a notebook."""

from __future__ import annotations

from collections.abc import Sequence

from ecrops.change import Change

MOST_ROWS = 200


def text(changes: Sequence[Change], notes: Sequence[str], summary: str) -> str:
    """A plan as a diff, with its notes and a summary."""
    lines = [str(change) for change in changes]
    lines += [f"note: {note}" for note in notes]
    return "\n".join([*lines, summary])


def html(changes: Sequence[Change], notes: Sequence[str], summary: str) -> str:
    """A plan as a table of at most so many rows as a notebook can bear. Everything in it is escaped."""
    from html import escape

    rows = [
        "<tr>"
        + "".join(
            f"<td style='text-align:left'>{escape(cell)}</td>"
            for cell in (change.sign, change.owner, change.what, change.before, change.after)
        )
        + "</tr>"
        for change in changes[:MOST_ROWS]
    ]
    if len(changes) > MOST_ROWS:
        rows.append(f"<tr><td colspan='5'>and {len(changes) - MOST_ROWS:,} more</td></tr>")
    head = "".join(f"<th>{title}</th>" for title in ("", "owner", "what", "before", "after"))
    said = "".join(f"<li>{escape(note)}</li>" for note in notes)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>" if rows else ""
    return f"{table}{f'<ul>{said}</ul>' if said else ''}<p>{escape(summary)}</p>"
