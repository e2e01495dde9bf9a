"""What an approved plan allows: which changes of a later plan for the same wants go beyond it. Pure.

Called by ``apply`` before the first write, before each owner is written, and in each round. It compares differences and
never documents: what other writers added, and what stays as it is, is no part of a difference. It neither reads nor
refuses anything itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from ecrops.base.change import Change, Kind
from ecrops.engine.aspect import Want, name_of, rederived
from ecrops.engine.plan import Plan


def approved_wants(plan: Plan) -> list[Want]:
    """Return the wants of an approved plan that it has changes for, and those of their bases.

    What the plan did not change when it was approved is not its subject: it is neither read nor written again.
    """
    new = {change.owner for change in plan if change.refuses_existing}  # its creation says what its parts are
    goals = {(change.owner, change.aspect) for change in plan}
    bases = {
        (want.key, name_of(want.aspect.base))
        for want in plan.wants
        if want.aspect.base is not None and (want.key, name_of(want.aspect)) in goals
    }
    wants = (want for want in plan.wants if want.key in new or (want.key, name_of(want.aspect)) in goals | bases)
    return [want._replace(edit=rederived(want.edit)) for want in wants]


def beyond(approved: Plan, changes: Sequence[Change]) -> list[Change]:
    """Return the changes that take away, overwrite, add or delete what an approved plan did not show.

    Args:
        approved: The approved plan.
        changes: Those of a later plan for the same wants, or for some of them.
    """
    parts: dict[str, set[tuple[str, str]]] = {}
    images: dict[str, int] = {}
    deletions = {(change.owner, change.aspect) for change in approved if change.kind is Kind.DELETE}
    for change in approved:
        parts.setdefault(change.owner, set()).update(change.parts)
        images[change.owner] = max(images.get(change.owner, 0), change.images)
    return [
        change
        for change in changes
        if not change.parts <= parts.get(change.owner, set())
        or change.images > images.get(change.owner, 0)
        or (change.kind is Kind.DELETE and (change.owner, change.aspect) not in deletions)
    ]
