"""``plan`` and ``apply``: from fleet files to changes."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from ecrops.cli.console import Console
from ecrops.cli.exit_codes import DIFFERS, DONE
from ecrops.cli.fleet_files import STDIN, add_files, specs_of
from ecrops.cli.plans.applying import add_approval, make, present

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
            "ecrops plan --access fleet/",
            "ecrops plan --detailed-exitcode fleet.yaml > /dev/null || echo drift",
            "ecrops plan --json fleet.yaml | jq -r .checksum",
        ),
    )
    add_files(command)
    command.add_argument("--detailed-exitcode", action="store_true", help="end with 2 if something differs")
    command.add_argument(
        "--out", metavar="FILE", help="write the same plan into this file, as JSON, for apply --approved"
    )
    command.add_argument(
        "--access", action="store_true", help="show too who gains and loses what, by all policies before and after it"
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
    add_approval(command, planner="ecrops plan")


def plan(arguments: Namespace, console: Console) -> int:
    """Show what is missing."""
    registry, missing = _plan(arguments)
    access = registry.access_changes(missing) if arguments.access else None
    hint = f"checksum, for ecrops apply --approved: {missing.checksum}"
    code = present(missing, console, arguments.out, hint, access)
    return DIFFERS if code == DONE and missing and arguments.detailed_exitcode else code


def apply(arguments: Namespace, console: Console) -> int:
    """Make what is missing."""
    stdin = "the fleet file" if STDIN in arguments.files else ""
    return make(arguments, console, lambda: _plan(arguments), stdin=stdin)


def _plan(arguments: Namespace) -> tuple[Registry, Plan]:
    from ecrops.cli.account import reading

    with reading(arguments) as registry:
        return registry, registry.plan(*specs_of(arguments, registry))
