"""``delete-images`` and ``run-lifecycle``: images that go, by what the user says or by a lifecycle policy."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from ecrops.cli.console import Console
from ecrops.cli.images.selections import add_conditions, add_protection, conditions_of, protected
from ecrops.cli.parser import add_name
from ecrops.cli.plans.applying import add_dry_run, run
from ecrops.cli.policies import POLICY

if TYPE_CHECKING:
    from ecrops.cli.parser import Commands
    from ecrops.engine.plan import Plan
    from ecrops.repository import Repository

CONDITIONS = ("tags", "untagged", "older_than", "pulled_before", "larger_than", "archived")


def add(commands: Commands) -> None:
    """Add the commands."""
    command = commands.add(
        "delete-images",
        delete_images,
        short="delete images of a repository",
        long=(
            "Those that are named, or that fit every condition, archived ones too, with the parts and the artifacts "
            "that belong to them. What is needed stays: a part of an index that stays, what is about an image that "
            "stays, and what is never deleted. With --yes it deletes nothing, unless --deletes says how many images."
        ),
        examples=(
            "ecrops delete-images --untagged --older-than 30 team/api",
            "ecrops delete-images --dry-run --tags 'pr-*' --never 'prod-*' --in-use team/api",
            "ecrops delete-images --yes --deletes 200 --untagged --pods pods.json team/api",
            "ecrops delete-images team/api v0.9 sha256:0b1c…",
        ),
    )
    add_name(command)
    command.add_argument("images", nargs="*", metavar="IMAGE", help="images, by a tag or by the digest")
    add_conditions(command, (*CONDITIONS, "orphans"))
    command.add_argument("--all", action="store_true", help="every image")
    add_protection(command, "deleted")
    add_dry_run(command, "images")
    command = commands.add(
        "run-lifecycle",
        run_lifecycle,
        short="do at once what a lifecycle policy would do",
        long=(
            "By ecrops' own evaluation. ECR itself may take 24 hours, and asks nobody. The policy is not written. With "
            "--yes it deletes nothing, unless --deletes says how many images."
        ),
        examples=(
            "ecrops run-lifecycle team/api",
            "ecrops run-lifecycle --dry-run --in-use team/api fleet.yaml",
            "ecrops run-lifecycle --yes --deletes 50 --never 'prod-*' team/api policy.json",
        ),
    )
    add_name(command)
    command.add_argument(
        "policy",
        nargs="?",
        metavar="POLICY",
        help=f"{POLICY}; of a fleet, the rules of NAME; without it, the policy that the repository has",
    )
    add_protection(command, "deleted")
    add_dry_run(command, "images")


def delete_images(arguments: Namespace, console: Console) -> int:
    """Delete images."""

    def change(repository: Repository) -> Plan:
        return repository.delete_images(
            *arguments.images,
            **conditions_of(arguments, CONDITIONS),
            orphans=arguments.orphans,
            all=arguments.all,
            never=protected(arguments),
        )

    return run(arguments, console, arguments.name, change)


def run_lifecycle(arguments: Namespace, console: Console) -> int:
    """Carry out a policy."""
    from ecrops.cli.fleet_files import STDIN
    from ecrops.cli.policies import policy_of

    def change(repository: Repository) -> Plan:
        location = repository.registry
        policy = None if arguments.policy is None else policy_of(arguments.policy, repository.name, location)
        return repository.run_lifecycle(policy, never=protected(arguments))

    stdin = "the policy" if arguments.policy == STDIN else ""
    return run(arguments, console, arguments.name, change, stdin=stdin)
