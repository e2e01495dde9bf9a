"""How a plan looks: a diff in words for a terminal, a table for a notebook."""

from __future__ import annotations

from collections.abc import Sequence

from ecrops.base.change import Change

MOST_ROWS = 200


def text(changes: Sequence[Change], notes: Sequence[str], summary: str) -> str:
    """A plan as a diff, with its notes and a summary."""
    lines = [str(change) for change in changes]
    lines += [f"note: {note}" for note in notes]
    return "\n".join([*lines, summary])


def html(changes: Sequence[Change], notes: Sequence[str], summary: str) -> str:
    """A plan as a table of at most so many rows as a notebook can bear. Everything in it is escaped."""
    from html import escape

    rows = [(change.sign, change.owner, change.what, change.before, change.after) for change in changes[:MOST_ROWS]]
    said = "".join(f"<li>{escape(note)}</li>" for note in notes)
    drawn = table(("", "owner", "what", "before", "after"), rows, len(changes))
    return f"{drawn}{f'<ul>{said}</ul>' if said else ''}<p>{escape(summary)}</p>"


def table(head: Sequence[str], rows: Sequence[Sequence[object]], total: int = 0) -> str:
    """An HTML table of the rows, of which there are ``total`` in all; nothing without one. Everything is escaped."""
    from html import escape

    if not rows:
        return ""
    lines = ["".join(f"<td style='text-align:left'>{escape(str(cell))}</td>" for cell in row) for row in rows]
    if total > len(rows):
        lines.append(f"<td colspan='{len(head)}'>and {total - len(rows):,} more</td>")
    titles = "".join(f"<th>{title}</th>" for title in head)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"


def text_size(size: float) -> str:
    """Bytes as people say them, such as ``41.2 GB``: a GB is 1,000,000,000 of them."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 999.95:
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"
