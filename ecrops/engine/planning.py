"""From wants to a plan: group, read, decide. One way for specs and verbs, for one repository and for thousands.

Called by ``engine/account`` for every plan, and by ``engine/apply`` to plan owners again. It reads and never writes,
and it knows no aspect by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ecrops.aws import Aws
from ecrops.base.change import Change, Note
from ecrops.base.notes import together
from ecrops.engine.aspect import Want, name_of
from ecrops.engine.plan import Plan
from ecrops.engine.reading import NONE, Goal, OnError, Readings, read
from ecrops.engine.turns import NEVER
from ecrops.errors import SpecError

if TYPE_CHECKING:
    from ecrops.engine.dry_run import DryRun


def group(wants: Iterable[Want]) -> dict[Goal, list[Any]]:
    """Group the edits by aspect and key: however many edits there are, they are one reading and one change."""
    goals: dict[Goal, list[Any]] = {}
    for want in wants:
        goals.setdefault((want.aspect, want.key), []).append(want.edit)
    return goals


def accounts(wants: Iterable[Want]) -> dict[str, Aws]:
    """Return the accounts of the keys that are not in the registry's account.

    Raises:
        SpecError: Two sessions were given for one key: only one of them would be used.
    """
    places: dict[str, Aws] = {}
    for want in wants:
        if want.account and places.setdefault(want.key, want.account).session is not want.account.session:
            raise SpecError(f"{want.key}: two sessions were given for it: give one session= for all grants to it")
    return places


def make_plan(
    aws: Aws,
    wants: Sequence[Want],
    known: Mapping[Goal, Any] = NONE,
    on_error: OnError | None = None,
    dry_run: DryRun | None = None,
    *,
    remember: bool = False,
) -> Plan:
    """Read the current values, and decide what is missing.

    1. ``group`` the wants by aspect and key.
    2. ``read`` the base aspects, then the others, in parallel.
    3. Ask each aspect for its ``changes``.
    4. Order the changes by their step.

    Args:
        aws: The account and region.
        wants: What is wanted.
        known: Current values that were read before, and need not be read again.
        on_error: Takes the errors of single keys, which then stop no other key. Without it the first error is raised.
        dry_run: What a dry run would have made before: its values take the place of readings.
        remember: Whether the dry run remembers what this plan would make.
    """
    goals = group(wants)
    known = Readings(known) if dry_run is None else dry_run.readings(goals, known)
    current = read(aws, goals, known, accounts(wants), on_error)
    parts = list(_decide(goals, current, _places(aws, wants), on_error))
    changes = sorted((part for part in parts if isinstance(part, Change)), key=lambda change: change.step)
    owners = {"", *(change.owner for change in changes)}
    plan = Plan(
        tuple(changes),
        together(part for part in parts if isinstance(part, Note) and part.only_with in owners),
        wants=tuple(wants),
        region=aws.region,
        account=aws.known_account,
        read_at=current.moment_of(changes[0].owner) if len({change.owner for change in changes}) == 1 else NEVER,
    )
    if dry_run is not None and remember:
        if plan:
            _ = aws.account_id  # what is remembered may have an ARN, which names the account
        dry_run.remember(located(plan, aws), {goal: current[goal] for goal in goals if goal in current})
    return plan


def _places(aws: Aws, wants: Iterable[Want]) -> Callable[[str], tuple[str, str]]:
    """Return a function that tells the account, as far as it is known, and the region of an owner."""
    here = aws.known_account, aws.region
    elsewhere = {key: (place.known_account, place.region) for key, place in accounts(wants).items()}
    return lambda owner: elsewhere.get(owner, here)


def located(plan: Plan, aws: Aws) -> Plan:
    """Return the plan with the account and region of each change, as far as the accounts are known.

    Args:
        plan: The plan.
        aws: The registry's account. Owners in the accounts of other sessions are located there.
    """
    place_of = _places(aws, plan.wants)

    def locate(change: Change) -> Change:
        if change.account:
            return change
        account, region = place_of(change.owner)
        return replace(change, account=account, region=region)

    applied = tuple(map(locate, plan.applied))
    changes = applied if plan.applied == plan.changes else tuple(map(locate, plan.changes))
    return replace(plan, changes=changes, applied=applied, account=aws.known_account)


def check_place(aws: Aws, plan: Plan, *, approved: bool) -> None:
    """Refuse a plan that was applied before, or that is for another account or region.

    Raises:
        SpecError: It is one of these; or it is approved and does not say its account.
    """
    if plan.applied:
        raise SpecError("the plan was applied before: plan again")
    if plan and plan.region != aws.region:
        raise SpecError(f"the plan is for {plan.region or 'no region'}, this registry is in {aws.region}")
    if approved and plan and not plan.account:
        raise SpecError("the plan does not say for which account it is: make it with Registry.plan")
    if plan.account and plan.account != aws.account_id:
        raise SpecError(f"the plan is for the account {plan.account}, this registry is of {aws.account_id}")


def _decide(
    goals: Mapping[Goal, Sequence[Any]],
    current: Mapping[Goal, Any],
    place_of: Callable[[str], tuple[str, str]],
    on_error: OnError | None,
) -> Iterator[Change | Note]:
    for (aspect, key), edits in goals.items():
        if (aspect, key) not in current:  # its reading failed, and on_error has the error
            continue
        try:
            parts = list(aspect.changes(key, edits, current[aspect, key]))
        except Exception as error:
            if on_error is None:
                raise
            on_error(key, error)
            continue
        name = name_of(aspect)
        for part in parts:
            if isinstance(part, Change):
                account, region = place_of(part.owner)
                yield replace(part, aspect=name, account=account, region=region)
            else:
                yield part.about(key)
