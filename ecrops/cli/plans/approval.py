"""What was approved of an apply: a plan by its checksum, what is left of it by its file, and how much is deleted.

Called by commands that write, through ``applying``: with the arguments before AWS is read, and with the plan before
anything is made. It shows nothing, and asks nobody.
"""

from __future__ import annotations

import json
import re
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecrops.cli.failures import CommandError

if TYPE_CHECKING:
    from ecrops.engine.plan import Plan


def approved_plan(arguments: Namespace) -> dict[str, Any] | None:
    """Return the plan of ``--plan``, if there is one.

    Raises:
        CommandError: ``--approved`` is no whole checksum, or ``--plan`` is not the plan with that checksum.
    """
    _check_checksum(arguments)
    if arguments.plan is None:
        return None
    if arguments.approved is None:
        raise CommandError("nothing was changed: --plan needs --approved CHECKSUM, the checksum that was approved")
    try:
        plan: dict[str, Any] = json.loads(Path(arguments.plan).read_text(encoding="utf-8"))
        checksum = plan["checksum"]
    except (ValueError, TypeError, KeyError):
        raise CommandError(
            f"nothing was changed: {arguments.plan}: expected a plan, as {arguments.planner} --out writes it"
        ) from None
    if checksum != arguments.approved:
        raise CommandError(
            f"nothing was changed: {arguments.approved} was approved, and {arguments.plan} is the plan {checksum}"
        )
    return plan


def _check_checksum(arguments: Namespace) -> None:
    """Refuse what is no whole checksum."""
    checksum = arguments.approved
    if checksum is not None and not re.fullmatch("[0-9a-f]{64}", checksum):
        got = f"{len(checksum)} characters" if re.fullmatch("[0-9a-f]+", checksum) else repr(checksum)
        needed = "--approved: all 64 characters of the checksum are needed"
        raise CommandError(f"{needed}, got {got}; {arguments.planner} shows it")


def check(arguments: Namespace, missing: Plan, approved: dict[str, Any] | None) -> None:
    """Refuse a plan that is not the approved one or a part of it, or that deletes more than was expected.

    A plan with nothing to do needs no approval: a job that is run again is done.

    Args:
        arguments: The arguments of the command.
        missing: The plan that is to be made.
        approved: What ``approved_plan`` returned.

    Raises:
        ConflictError: The plan is refused.
        SpecError: The approved plan was changed after it was written, or is for another place; or ``--deletes`` is
            less than 0.
    """
    if approved is not None:
        _check_part(arguments, missing, approved)
    elif arguments.approved is not None and missing:
        _check_whole(arguments, missing)
    _check_deletes(arguments, missing)


def _check_part(arguments: Namespace, missing: Plan, approved: dict[str, Any]) -> None:
    """Refuse a plan that has more than the approved one."""
    from ecrops.errors import ConflictError

    if not missing.is_part_of(approved):
        checksums = {change["checksum"] for change in approved["changes"]}
        beyond = [change for change in missing.changes if change.checksum not in checksums] or missing.changes
        raise ConflictError(beyond, f"nothing was changed: {arguments.plan} does not have this: plan again")


def _check_whole(arguments: Namespace, missing: Plan) -> None:
    """Refuse a plan that is not the approved one."""
    from ecrops.errors import ConflictError

    if missing.checksum != arguments.approved:
        headline = f"nothing was changed: {arguments.approved} was approved, and the plan is now {missing.checksum}"
        conflict = ConflictError(
            (), f"{headline} ({missing.summary}); {arguments.planner} shows it, to be approved again"
        )
        conflict.add_note(
            f"if a part of it was made before: --plan FILE, with the plan that was approved ({arguments.planner} --out)"
        )
        raise conflict


def _check_deletes(arguments: Namespace, missing: Plan) -> None:
    """Refuse a plan that deletes more than ``--deletes``; more than nothing, if ``--yes`` is all that was said."""
    from ecrops.errors import ConflictError

    deletes = arguments.deletes
    if deletes is None and arguments.yes and arguments.approved is None:
        deletes = 0
    if deletes is None:
        return
    try:
        missing.check(deletes)
    except ConflictError as error:
        error.add_note("--deletes N allows N of them")
        raise
