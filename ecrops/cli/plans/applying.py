"""What a command that writes does with its plan: show it, ask, make it, and show what was made.

Called by every command that writes. The plan is what the user agrees to: on the terminal, with ``--yes``, or before,
with ``--approved``. Exactly that is made.
"""

from __future__ import annotations

import signal
import sys
import threading
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from ecrops.cli.console import Console, as_json
from ecrops.cli.exit_codes import CONFLICT, DONE, ERROR
from ecrops.cli.plans.approval import approved_plan, check
from ecrops.cli.words import of_the_command

if TYPE_CHECKING:
    from ecrops.access.effects.changes import AccessChanges
    from ecrops.cli.parser import Parser
    from ecrops.engine.plan import Plan
    from ecrops.registry import Registry
    from ecrops.repository import Repository

Planned: TypeAlias = "Callable[[], tuple[Registry, Plan]]"
"""Makes the plan of a command, and returns the registry that applies it."""
DRY_RUN = "--dry-run"


def add_approval(command: Parser, *, planner: str, things: str = "things") -> None:
    """Add the options that say what somebody agrees to.

    Args:
        command: The command.
        planner: What shows the same plan, and writes it with ``--out``.
        things: What the command deletes.
    """
    command.set_defaults(planner=planner)
    command.add_argument("--yes", action="store_true", help="do not ask")
    command.add_argument(
        "--approved", metavar="CHECKSUM", help="make the plan with this checksum, and no other one; do not ask"
    )
    command.add_argument(
        "--plan",
        metavar="FILE",
        help=f"with --approved: the approved plan, as {planner} --out wrote it; "
        "what is still missing of it is made too",
    )
    command.add_argument(
        "--deletes",
        type=int,
        metavar="N",
        help=f"refuse a plan that deletes more than N {things}; with --yes the default is 0",
    )


def add_dry_run(command: Parser, things: str = "things") -> None:
    """Add the options of a command that shows and makes its own plan."""
    command.add_argument(DRY_RUN, action="store_true", help="show the plan, and change nothing")
    command.add_argument(
        "--out", metavar="FILE", help="write the plan into this file too, as JSON, and change nothing: for --approved"
    )
    add_approval(command, planner=DRY_RUN, things=things)


def run(
    arguments: Namespace,
    console: Console,
    name: str,
    verb: Callable[[Repository], Plan],
    place: Namespace | None = None,
    *,
    stdin: str = "",
) -> int:
    """Run a verb of a repository: plan it, and show the plan with ``--dry-run``, or make it.

    Args:
        arguments: With the options of ``add_dry_run``.
        console: Where the plan is shown.
        name: The name of the repository that is changed.
        verb: Calls the verb of that repository, whose registry only plans.
        place: The profile and the region of the repository, if they are not those of the arguments.
        stdin: What stdin is, if it is no terminal that can be asked.
    """
    from ecrops.cli.account import reading, registry_of
    from ecrops.cli.failures import CommandError

    def planned() -> tuple[Registry, Plan]:
        with reading(place or arguments, dry_run=True) as registry:
            missing = verb(registry.repository(name))
        return registry_of(place or arguments), missing

    if not (arguments.dry_run or arguments.out):
        return make(arguments, console, planned, stdin=stdin)
    if arguments.yes or arguments.approved:
        raise CommandError(
            "nothing was changed: --dry-run and --out only show the plan: leave --yes and --approved out"
        )
    _, missing = planned()
    return present(missing, console, arguments.out, f"checksum, for --approved: {missing.checksum}")


def present(missing: Plan, console: Console, out: str | None, hint: str, access: AccessChanges | None = None) -> int:
    """Show a plan that is not made, and write it into a file.

    Args:
        missing: The plan.
        console: Where it is shown.
        out: The file; ``None`` for none.
        hint: A line with the checksum.
        access: Who gains and loses what by it; ``None`` if nobody asks.
    """
    from ecrops.cli.owners import advice_lines

    if out:
        Path(out).write_text(as_json({"ecrops": "plan"} | missing.to_dict()))
    if access is not None and console.as_json:
        console.data(missing.to_dict() | {"access": access.to_dict()})
    else:
        show_plan(missing, console)
        if access is not None:
            console.text(of_the_command(f"\n{access}"))
    if missing.conflicts:
        if not console.as_json:
            console.say("\n".join(advice_lines(missing.conflicts)))
        return CONFLICT
    if missing and not console.as_json:
        console.say(hint)
    return DONE


def make(arguments: Namespace, console: Console, planned: Planned, *, stdin: str = "") -> int:
    """Make a plan, once somebody has agreed to it.

    Args:
        arguments: With the options of ``add_approval``.
        console: Where the plan is shown.
        planned: Makes the plan.
        stdin: What stdin is, if it is no terminal that can be asked.
    """
    from ecrops.errors import ConflictError

    approved = approved_plan(arguments)
    registry, missing = planned()
    if missing.conflicts:
        raise ConflictError(missing.conflicts)
    check(arguments, missing, approved)
    is_asked = bool(missing) and not arguments.yes and arguments.approved is None
    if is_asked:
        _show_before_question(missing, console, stdin)
        if not console.ask(f"Make these changes ({missing.summary}{_images_words(missing)})?"):
            console.say("nothing was changed")
            return ERROR
    with _like_ctrl_c():
        made = registry.apply(missing, console.applied.append, progress=True)
    if is_asked and _is_result_on_terminal(console):  # the plan is there already
        console.text(made.summary)
        _say_notes(made, console, missing.notes)
    else:
        show_plan(made, console, missing.notes if is_asked else ())
    return DONE


def _images_words(plan: Plan) -> str:
    """Return how many images a plan deletes by themselves; empty for none."""
    from ecrops.base.render import count

    number = sum(change.deletions for change in plan if change.images and not change.makes_owner)
    return f"; {count(number, 'image')}" if number else ""


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


def _show_before_question(missing: Plan, console: Console, stdin: str) -> None:
    """Show a plan to who is asked: on stdout where the terminal shows that, else on stderr. Its notes are on stderr.

    Raises:
        CommandError: Nobody can be asked.
    """
    from ecrops.cli.failures import CommandError

    if stdin or not console.can_ask():
        reason = f"stdin is {stdin}" if stdin else "there is no terminal"
        raise CommandError(f"nothing was changed: {reason}, so nobody can be asked; say --yes, or --approved CHECKSUM")
    show = console.show if _is_result_on_terminal(console) else console.show_aside
    show(replace(missing, notes=()))
    _say_notes(missing, console)


def _is_result_on_terminal(console: Console) -> bool:
    """Whether the result is for people, and a terminal shows it."""
    from ecrops.base.render import is_terminal

    return is_terminal(sys.stdout) and not console.as_json


def show_plan(plan: Plan, console: Console, known_notes: Iterable[str] = ()) -> None:
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
