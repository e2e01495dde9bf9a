"""The options that say which images are meant, and which must stay.

Called by the commands about images. An option has the name of the argument of the library.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from argparse import _ArgumentGroup

    from ecrops.cli.parser import Parser
    from ecrops.images.usage.uses import InUse

Group: TypeAlias = "Parser | _ArgumentGroup"
_DAYS = {
    "pushed_before": "pushed more than DAYS days ago",
    "pushed_after": "pushed in the last DAYS days",
    "pulled_before": "not pulled in the last DAYS days, or never",
    "pulled_after": "pulled in the last DAYS days",
    "older_than": "pushed more than DAYS days ago",
}
_SWITCHES = {
    "untagged": "without tags",
    "archived": "in the archive",
    "orphans": "artifacts about an image that is gone, such as signatures",
}


def add_conditions(command: Parser, names: Iterable[str]) -> None:
    """Add the conditions with some names: an image fits if it fits every one of them."""
    for name in names:
        option = f"--{name.replace('_', '-')}"
        if name == "tags":
            command.add_argument(
                option,
                action="append",
                metavar="PATTERN",
                help="only images with such a tag, such as 'v1.*'; may be said several times",
            )
        elif name == "larger_than":
            command.add_argument(option, type=int, metavar="BYTES", help="only images of more bytes")
        elif name in _DAYS:
            command.add_argument(option, type=int, metavar="DAYS", help=f"only images {_DAYS[name]}")
        else:
            command.add_argument(option, action="store_true", help=f"only images {_SWITCHES[name]}")


def conditions_of(arguments: Namespace, names: Iterable[str]) -> dict[str, Any]:
    """Return the conditions that were given."""
    conditions = {name: getattr(arguments, name) for name in names}
    return {name: value for name, value in conditions.items() if value is not None and value is not False}


def add_protection(command: Parser, what: str) -> None:
    """Add the options that say what must stay.

    Args:
        command: The command.
        what: What it does, such as ``deleted``.
    """
    group = command.add_argument_group(f"what is never {what}")
    group.add_argument(
        "--never",
        action="append",
        default=[],
        metavar="PATTERN",
        help="images with such a tag, such as 'prod-*', or an image by its digest or URI; may be said several times",
    )
    add_usage(group)


def add_usage(group: Group) -> None:
    """Add the options that say where images are in use."""
    group.add_argument(
        "--in-use",
        action="store_true",
        help="what ECS and Lambda use, in the account and region of the options",
    )
    group.add_argument(
        "--in-use-profile",
        action="append",
        default=[],
        metavar="NAME",
        help="what ECS and Lambda use in the account of another profile; may be said several times",
    )
    group.add_argument("--no-ecs", action="store_true", help="of these, leave ECS out")
    group.add_argument("--no-lambda", action="store_true", help="of these, leave Lambda out")
    group.add_argument(
        "--pods",
        action="append",
        default=[],
        metavar="FILE",
        help="what kubectl get pods --all-namespaces -o json printed into this file; may be said several times",
    )


def protected(arguments: Namespace) -> list[str | InUse]:
    """Return what must stay, and what is in use. It reads ECS and Lambda where that was asked for.

    Raises:
        CommandError: A part is left out of what is not read.
    """
    from ecrops.cli.failures import CommandError

    never: list[str | InUse] = list(getattr(arguments, "never", ()))
    profiles: list[str | None] = [arguments.profile] if arguments.in_use else []
    profiles += arguments.in_use_profile
    if (arguments.no_ecs or arguments.no_lambda) and not profiles:
        raise CommandError("--no-ecs and --no-lambda leave a part of --in-use out: say --in-use too")
    if arguments.no_ecs and arguments.no_lambda:
        raise CommandError("with --no-ecs and --no-lambda nothing is left of --in-use: leave one of them out")
    if arguments.pods:
        from pathlib import Path

        from ecrops.images.usage.kubernetes import from_kubernetes

        never += [from_kubernetes(Path(file)) for file in arguments.pods]
    if profiles:
        from ecrops.cli.account import registry_of
        from ecrops.images.usage.reading import in_use

        registries = [registry_of(Namespace(profile=profile, region=arguments.region)) for profile in profiles]
        never.append(in_use(*registries, ecs=not arguments.no_ecs, lambda_=not arguments.no_lambda))
    return never
