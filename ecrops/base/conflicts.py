"""A conflict: a difference that is not made, as a change. Pure.

Called by ``changes`` of every aspect. A plan that has a conflict is not applied.
"""

from __future__ import annotations

from ecrops.base.change import Change, Kind


def conflict(owner: str, what: str = "", before: str = "", after: str = "", advice: str = "", step: int = 0) -> Change:
    """Return a difference that cannot be made, or is not.

    Args:
        owner: What it is about.
        what: The part of the owner.
        before: The current value, in words.
        after: The desired value, or why it cannot be, in words.
        advice: The way out.
        step: The step that the change would have.
    """
    way_out = {"": advice} if advice else {}
    return Change(owner=owner, kind=Kind.CONFLICT, what=what, before=before, after=after, advice=way_out, step=step)
