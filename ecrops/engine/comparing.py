"""How a change compares to the one that a later plan has in its place. Pure.

Called by ``making``: before a call is repeated, and when an owner was read again right before it is written.
"""

from __future__ import annotations

from collections.abc import Sequence

from ecrops.base.change import Change, Kind, Note


def is_same_step(one: Change, other: Change) -> bool:
    """Whether two changes make the same call for the same part of an owner, perhaps with other members."""
    return _step(one) == _step(other)


def _step(change: Change) -> tuple[str, ...]:
    return change.owner, change.what, change.service, change.operation


def is_equal(one: Change, other: Change) -> bool:
    """Whether two changes send the same and make the same difference."""
    return one.params == other.params and one.parts == other.parts


def is_no_more(other: Change, change: Change) -> bool:
    """Whether a later change sends what a change sends, and makes no more of a difference."""
    return other.params == change.params and other.parts <= change.parts


def is_still_missing(change: Change, other: Change) -> bool:
    """Whether a change is still to be made, as a later plan says: it adds something, or what it removes is there.

    Another call of the later plan says so too, if it makes a part of the same difference, or if nothing can make it:
    somebody else has made in the meantime what the change would make, and made it otherwise.

    Args:
        change: The change, whose answer was lost.
        other: A change of the later plan.
    """
    if not is_same_step(other, change):
        is_impossible = other.kind is Kind.CONFLICT and (other.owner, other.what) == (change.owner, change.what)
        return is_impossible or bool(change.parts & other.parts)
    adds = any(sign == "+" for sign, _ in change.parts)
    return other.identity == change.identity and (adds or bool(change.parts & other.parts))


def as_planned(change: Change, planned: Sequence[Change]) -> Change:
    """Return the planned change that a change is equal to, if there is one: its words may say more."""
    return next((other for other in planned if is_same_step(other, change) and is_equal(other, change)), change)


def are_unmade(later: Sequence[Change], change: Change, made: Sequence[Change]) -> bool:
    """Whether a later plan has changes that this run has not made. The plan was made before a change was repeated.

    Args:
        later: The changes of the later plan.
        change: The change that was repeated.
        made: The changes that were made of the owner in this step, in order.
    """
    since = made[made.index(change) :] if change in made else ()
    in_step = [other for other in later if other.step == change.step or other.kind is Kind.CONFLICT]
    return bool(since) and any(not any(is_same_step(other, each) for each in since) for other in in_step)


def made_by_another(change: Change) -> Note:
    """Return the note that the answer to a creation was lost, and that another caller made the owner."""
    return Note(
        f"{change.owner} exists, and the answer to our own {change.operation} was lost: another caller made it, as far "
        "as its time of creation tells"
    )


def changed_since(change: Change) -> Note:
    """Return the note that the answer to a removal was lost, and that something came in the place of what is gone."""
    what = f"{change.owner} {change.what}".rstrip()
    lost = f"the answer to our own {change.operation} was lost, and another writer has changed it since"
    return Note(f"{what}: {lost}, as far as a later reading tells: what is there now stays")
