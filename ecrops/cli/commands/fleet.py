"""``plan`` and ``apply``: from fleet files to changes."""

from __future__ import annotations

import json
import re
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ecrops.cli.console import Console, as_json
from ecrops.cli.exit_codes import CONFLICT, DIFFERS, DONE
from ecrops.cli.fleet_files import STDIN, add_files, specs_of
from ecrops.cli.stopping import like_ctrl_c
from ecrops.cli.words import of_the_command

if TYPE_CHECKING:
    from ecrops.cli.parser import Commands
    from ecrops.engine.plan import Plan
    from ecrops.registry import Registry


def add(commands: Commands) -> None:
    """Add the commands."""
    command = commands.add(
        "plan",
        plan,
        short="show what is missing for fleet files to be true",
        long=(
            "It only reads. FILE may be a folder: all fleet files in it. What is hidden, and plans that --out wrote, "
            "are skipped. A plan with a conflict ends with the exit code 3: apply would refuse it."
        ),
        examples=(
            "ecrops plan fleet.yaml",
            "ecrops plan --only 'team/*' fleet.yaml more.yaml",
            "ecrops plan fleet/",
            "ecrops plan --detailed-exitcode fleet.yaml > /dev/null || echo drift",
            "ecrops plan --json fleet.yaml | jq -r .checksum",
        ),
    )
    add_files(command)
    command.add_argument("--detailed-exitcode", action="store_true", help="end with 2 if something differs")
    command.add_argument(
        "--out", metavar="FILE", help="write the same plan into this file, as JSON, for apply --approved"
    )
    _add_apply(commands)


def _add_apply(commands: Commands) -> None:
    command = commands.add(
        "apply",
        apply,
        short="make what is missing for fleet files to be true",
        long=(
            "Without --yes and --approved it shows the plan, and asks on the terminal. With --yes it deletes nothing, "
            "unless --deletes says how much. With --approved it makes exactly the plan that somebody approved; with "
            "--plan also what is still missing of it."
        ),
        examples=(
            "ecrops apply fleet.yaml",
            "ecrops apply --yes --deletes 2 fleet.yaml",
            'ecrops apply --approved "$(ecrops plan --json fleet.yaml | jq -r .checksum)" fleet.yaml',
            'ecrops apply --approved "$(jq -r .checksum plan.json)" --plan plan.json fleet.yaml',
        ),
    )
    add_files(command)
    command.add_argument("--yes", action="store_true", help="do not ask")
    command.add_argument(
        "--approved", metavar="CHECKSUM", help="make the plan with this checksum, and no other one; do not ask"
    )
    command.add_argument(
        "--plan",
        metavar="FILE",
        help="with --approved: the approved plan, as plan --out wrote it; what is still missing of it is made too",
    )
    command.add_argument(
        "--deletes",
        type=int,
        metavar="N",
        help="refuse a plan that deletes more than N things; with --yes the default is 0",
    )


def plan(arguments: Namespace, console: Console) -> int:
    """Show what is missing."""
    from ecrops.cli.owners import advice_lines

    _, missing = _plan(arguments)
    if arguments.out:
        Path(arguments.out).write_text(as_json({"ecrops": "plan"} | missing.to_dict()))
    _show_plan(missing, console)
    if missing.conflicts:
        if not console.as_json:
            console.say("\n".join(advice_lines(missing.conflicts)))
        return CONFLICT
    if missing and not console.as_json:
        console.say(f"checksum, for ecrops apply --approved: {missing.checksum}")
    return DIFFERS if missing and arguments.detailed_exitcode else DONE


def apply(arguments: Namespace, console: Console) -> int:
    """Make what is missing."""
    from ecrops.errors import ConflictError

    _check_approved(arguments.approved)
    approved = _approved_plan(arguments)
    registry, missing = _plan(arguments)
    if missing.conflicts:
        raise ConflictError(missing.conflicts)
    _check(arguments, missing, approved)
    where: Literal["", "stdout", "stderr"] = ""
    if missing and not arguments.yes and arguments.approved is None:
        where = _shown(missing, console, stdin_is_file=STDIN in arguments.files)
        if not console.ask(f"Make these changes ({missing.summary})?"):
            console.say("nothing was changed")
            return 1
    with like_ctrl_c():
        made = registry.apply(missing, console.applied.append, progress=True)
    if where == "stdout":
        console.text(made.summary)
        _say_notes(made, console, missing)
    else:
        _show_plan(made, console, missing if where else None)
    return DONE


def _plan(arguments: Namespace) -> tuple[Registry, Plan]:
    from ecrops.cli.account import reading

    with reading(arguments) as registry:
        return registry, registry.plan(*specs_of(arguments, registry))


def _check_approved(checksum: str | None) -> None:
    """Refuse what is no whole checksum.

    Raises:
        CommandError: It is none.
    """
    from ecrops.cli.failures import CommandError

    if checksum is not None and not re.fullmatch("[0-9a-f]{64}", checksum):
        got = f"{len(checksum)} characters" if re.fullmatch("[0-9a-f]+", checksum) else repr(checksum)
        raise CommandError(f"--approved: all 64 characters of the checksum are needed, got {got}; ecrops plan shows it")


def _approved_plan(arguments: Namespace) -> dict[str, Any] | None:
    """Return the plan of ``--plan``, if there is one. It is read before AWS is."""
    from ecrops.cli.failures import CommandError

    if arguments.plan is None:
        return None
    if arguments.approved is None:
        raise CommandError("nothing was changed: --plan needs --approved CHECKSUM, the checksum that was approved")
    try:
        plan: dict[str, Any] = json.loads(Path(arguments.plan).read_text(encoding="utf-8"))
        checksum = plan["checksum"]
    except (ValueError, TypeError, KeyError):
        raise CommandError(
            f"nothing was changed: {arguments.plan}: expected a plan, as ecrops plan --out writes it"
        ) from None
    if checksum != arguments.approved:
        raise CommandError(
            f"nothing was changed: {arguments.approved} was approved, and {arguments.plan} is the plan {checksum}"
        )
    return plan


def _check(arguments: Namespace, missing: Plan, approved: dict[str, Any] | None) -> None:
    """Refuse a plan that is not the approved one or a part of it, or that deletes more than was expected.

    A plan with nothing to do needs no approval: a job that is run again is done.
    """
    from ecrops.errors import ConflictError

    if approved is not None and not missing.is_part_of(approved):
        known = {change["checksum"] for change in approved["changes"]}
        other = [change for change in missing.changes if change.checksum not in known] or missing.changes
        raise ConflictError(other, f"nothing was changed: {arguments.plan} does not have this: plan again")
    if approved is None and arguments.approved is not None and missing and missing.checksum != arguments.approved:
        headline = f"nothing was changed: {arguments.approved} was approved, and the plan is now {missing.checksum}"
        conflict = ConflictError((), f"{headline} ({missing.summary}); ecrops plan shows it, to be approved again")
        conflict.add_note("if a part of it was made before: --plan FILE, with the plan that was approved (plan --out)")
        raise conflict
    deletes = 0 if arguments.deletes is None and arguments.yes and arguments.approved is None else arguments.deletes
    if deletes is not None:
        try:
            missing.check(deletes)
        except ConflictError as error:
            error.add_note("--deletes N allows N of them")
            raise


def _shown(missing: Plan, console: Console, *, stdin_is_file: bool) -> Literal["stdout", "stderr"]:
    """Show a plan to who is asked. Returns which stream has it; its notes are on stderr in any case."""
    from ecrops.base.render import is_terminal
    from ecrops.cli.failures import CommandError

    if stdin_is_file or not console.can_ask():
        reason = "stdin is the fleet file" if stdin_is_file else "there is no terminal"
        raise CommandError(f"nothing was changed: {reason}, so nobody can be asked; say --yes, or --approved CHECKSUM")
    import sys

    is_result = is_terminal(sys.stdout) and not console.as_json
    (console.show if is_result else console.show_aside)(replace(missing, notes=()))
    _say_notes(missing, console, None)
    return "stdout" if is_result else "stderr"


def _show_plan(plan: Plan, console: Console, known: Plan | None = None) -> None:
    """Write a plan to stdout, and its notes to stderr, without those of a plan that was shown before.

    With JSON, the notes are a member of the plan.
    """
    if console.as_json:
        console.show(plan)
        return
    console.show(replace(plan, notes=()))
    _say_notes(plan, console, known)


def _say_notes(plan: Plan, console: Console, known: Plan | None) -> None:
    """Write the notes of a plan to stderr. A note about several owners is known if each part of it is."""
    from ecrops.base.render import brief
    from ecrops.text import printable

    seen = {part for note in (known.notes if known else ()) for part in _parts(note)}
    for note in plan.notes:
        if not seen.issuperset(_parts(note)):
            console.say(printable(f"note: {of_the_command(brief(note))}"))


def _parts(note: str) -> list[str]:
    return [str(part) for part in getattr(note, "parts", ()) or (note,)]
