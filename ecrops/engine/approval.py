"""What an approved plan allows: which changes of a later plan for the same wants go beyond it. Pure.

Called by ``apply`` before the first write, before each owner is written, and in each round. It compares values, and
neither reads nor refuses anything itself.
"""

from __future__ import annotations

from dataclasses import replace

from ecrops.base.change import Change, Kind
from ecrops.engine.plan import Plan


def _is_grave(change: Change) -> bool:
    """Whether a change has to be in an approved plan by name: it deletes something, or makes a new owner."""
    return change.kind is Kind.DELETE or change.makes_owner


def brought_up_to_date(plan: Plan, fresh: Plan) -> Plan:
    """Replace the derived changes of an approved plan by those of a fresh plan for the same wants. Pure.

    Args:
        plan: The approved plan.
        fresh: The fresh plan, for the owners of ``stale_owners``.

    Returns:
        The plan to apply.
    """
    stale = stale_owners(plan)
    changes = [*(change for change in plan if change.owner not in stale), *fresh]
    return replace(plan, changes=tuple(sorted(changes, key=lambda change: change.step)))


def _taken(change: Change) -> tuple[str, ...]:
    """Return what a deletion takes away, and from where."""
    return *_part(change), change.before


def _part(change: Change) -> tuple[str, ...]:
    """Return which part of which owner a change is about: an owner that was made anew is another one."""
    return change.owner, change.what, change.identity


def stale_owners(plan: Plan) -> set[str]:
    """Return the owners of a plan that are read again before it is applied: another writer may have changed them."""
    return {change.owner for change in plan if change.races.derived or change.may_overwrite}


def beyond(approved: Plan, plan: Plan, *, exactly: bool = False) -> list[Change]:
    """Return the deletions and new owners of a plan that an approved plan did not name.

    Args:
        approved: The approved plan.
        plan: A later plan for the same wants, or for some of them.
        exactly: Whether a deletion may take away only what the approved plan showed. That holds for a plan of owners of
            which nothing was written yet.
    """
    named = {_part(change) for change in approved if _is_grave(change)}
    taken = {_taken(change) for change in approved}
    return [
        change
        for change in plan
        if (_is_grave(change) and _part(change) not in named)
        or (exactly and change.kind is Kind.DELETE and _taken(change) not in taken)
    ]
