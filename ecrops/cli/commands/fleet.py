"""``plan`` and ``apply``: from fleet files to changes."""

from __future__ import annotations

import signal
import sys
import threading
from argparse import Namespace
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ecrops.cli.approval import approved_plan, check
from ecrops.cli.console import Console, as_json
from ecrops.cli.exit_codes import CONFLICT, DIFFERS, DONE, ERROR
from ecrops.cli.fleet_files import STDIN, add_files, specs_of
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

    approved = approved_plan(arguments)
    registry, missing = _plan(arguments)
    if missing.conflicts:
        raise ConflictError(missing.conflicts)
    check(arguments, missing, approved)
    is_asked = bool(missing) and not arguments.yes and arguments.approved is None
    if is_asked:
        _show_before_question(missing, console, stdin_is_file=STDIN in arguments.files)
        if not console.ask(f"Make these changes ({missing.summary})?"):
            console.say("nothing was changed")
            return ERROR
    with _like_ctrl_c():
        made = registry.apply(missing, console.applied.append, progress=True)
    if is_asked and _is_result_on_terminal(console):  # the plan is there already
        console.text(made.summary)
        _say_notes(made, console, missing.notes)
    else:
        _show_plan(made, console, missing.notes if is_asked else ())
    return DONE


def _plan(arguments: Namespace) -> tuple[Registry, Plan]:
    from ecrops.cli.account import reading

    with reading(arguments) as registry:
        return registry, registry.plan(*specs_of(arguments, registry))


@contextmanager
def _like_ctrl_c() -> Iterator[None]:
    """Let SIGTERM stop what is done inside as Ctrl-C does: a job in CI, or a container, is ended with it.

    Whoever has a handler of their own, or ignores the signal, keeps that.
    """
    is_free = signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if not is_free or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _show_before_question(missing: Plan, console: Console, *, stdin_is_file: bool) -> None:
    """Show a plan to who is asked: on stdout where the terminal shows that, else on stderr. Its notes are on stderr.

    Raises:
        CommandError: Nobody can be asked.
    """
    from ecrops.cli.failures import CommandError

    if stdin_is_file or not console.can_ask():
        reason = "stdin is the fleet file" if stdin_is_file else "there is no terminal"
        raise CommandError(f"nothing was changed: {reason}, so nobody can be asked; say --yes, or --approved CHECKSUM")
    show = console.show if _is_result_on_terminal(console) else console.show_aside
    show(replace(missing, notes=()))
    _say_notes(missing, console)


def _is_result_on_terminal(console: Console) -> bool:
    """Whether the result is for people, and a terminal shows it."""
    from ecrops.base.render import is_terminal

    return is_terminal(sys.stdout) and not console.as_json


def _show_plan(plan: Plan, console: Console, known_notes: Iterable[str] = ()) -> None:
    """Write a plan to stdout, and its notes to stderr, without those that were shown before.

    With JSON, the notes are a member of the plan.
    """
    if console.as_json:
        console.show(plan)
        return
    console.show(replace(plan, notes=()))
    _say_notes(plan, console, known_notes)


def _say_notes(plan: Plan, console: Console, known_notes: Iterable[str] = ()) -> None:
    """Write the notes of a plan to stderr. A note about several owners is known if each part of it is."""
    from ecrops.base.render import brief
    from ecrops.text import printable

    known_parts = {part for note in known_notes for part in _parts(note)}
    for note in plan.notes:
        if not known_parts.issuperset(_parts(note)):
            console.say(printable(f"note: {of_the_command(brief(note))}"))


def _parts(note: str) -> list[str]:
    return [str(part) for part in getattr(note, "parts", ()) or (note,)]
