"""``doctor``: what stands in the way."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ecrops.cli.console import Console
from ecrops.cli.exit_codes import DONE, ERROR

if TYPE_CHECKING:
    from ecrops.cli.diagnosis import Finding
    from ecrops.cli.parser import Commands
    from ecrops.registry import Registry


def add(commands: Commands) -> None:
    """Add the command."""
    from ecrops.cli.fleet_files import add_files

    command = commands.add(
        "doctor",
        doctor,
        short="check credentials, region, and the permissions that fleet files need",
        long=(
            "With fleet files, it plans them (that is the reads), and asks IAM whether the caller may make the plan "
            "(that is the writes; it needs iam:SimulatePrincipalPolicy), and KMS whether the keys that it names can be "
            "used (kms:DescribeKey). It says what it cannot see, and ends with 1 "
            "if there is a problem."
        ),
        examples=("ecrops doctor", "ecrops doctor fleet.yaml", "ecrops doctor --json fleet.yaml | jq '.findings[]'"),
    )
    add_files(command, "*")


def doctor(arguments: Namespace, console: Console) -> int:
    """Look at everything, and show what was found."""
    from ecrops.cli.account import registry_of
    from ecrops.cli.diagnosis import Diagnosis

    diagnosis = Diagnosis(_findings(arguments, registry_of(arguments)))
    console.show(diagnosis)
    return DONE if diagnosis.is_well else ERROR


def _findings(arguments: Namespace, registry: Registry) -> Iterator[Finding]:
    from ecrops.cli import diagnosis

    yield from _installed()
    yield from diagnosis.attempt("credentials", diagnosis.of_caller(registry))
    if arguments.files:
        yield from diagnosis.attempt("plan", _of_files(arguments, registry))


def _installed() -> Iterator[Finding]:
    """Yield the versions, and the extras that are not there."""
    import platform
    from importlib.metadata import version
    from importlib.util import find_spec

    from ecrops.cli.diagnosis import OK, Finding
    from ecrops.version import __version__

    parts = f"ecrops {__version__}, boto3 {version('boto3')}, Python {platform.python_version()}"
    extras = {"yaml": "yaml", "rich": "cli", "moto": "testing"}
    absent = [extra for module, extra in extras.items() if find_spec(module) is None]
    tail = f"; not installed: {', '.join(f'ecrops[{extra}]' for extra in absent)}" if absent else ""
    yield Finding(OK, "versions", f"{parts}{tail}")


def _of_files(arguments: Namespace, registry: Registry) -> Iterator[Finding]:
    from ecrops.cli.diagnosis import OK, PROBLEM, UNKNOWN, Finding, of_keys, of_plan
    from ecrops.cli.fleet_files import specs_of
    from ecrops.cli.owners import advice_of, place_of

    plan = registry.plan(*specs_of(arguments, registry))
    yield Finding(PROBLEM if plan.conflicts else OK, "plan", plan.summary)
    for conflict in plan.conflicts:
        text = "; ".join(filter(None, (conflict.difference, advice_of(conflict))))
        yield Finding(PROBLEM, place_of(conflict), text)
    yield from (Finding(UNKNOWN, "plan", f"note: {note}") for note in plan.notes)
    yield from of_keys(registry, plan)
    yield from of_plan(registry, plan)
