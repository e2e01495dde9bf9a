"""``login``: Docker, podman and skopeo get a token."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from ecrops.cli.console import Console
from ecrops.cli.exit_codes import DONE

if TYPE_CHECKING:
    from ecrops.cli.parser import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add(
        "login",
        login,
        short="log in to the registry, with Docker or into its configuration file",
        long="The token is of use for twelve hours.",
        examples=(
            "ecrops login",
            "ecrops login --config ~/.docker/config.json   # for podman and skopeo too",
            "ecrops login --public",
            "ecrops login --print > config.json            # a file with nothing but the token, as Kubernetes takes it",
        ),
    )
    way = command.add_mutually_exclusive_group()
    way.add_argument("--config", metavar="FILE", help="write the token into this file; docker is not needed then")
    way.add_argument("--print", action="store_true", help="print a configuration file with the token: it is a secret")
    command.add_argument("--public", action="store_true", help="log in to public.ecr.aws in place of the registry")
    command.add_argument(
        "--hosts",
        nargs="+",
        default=[],
        metavar="HOST",
        help="further registries in the region: hosts, or the 12 digits of accounts",
    )


def login(arguments: Namespace, console: Console) -> int:
    """Log in."""
    from ecrops.cli.account import registry_of

    registry = registry_of(arguments)
    if arguments.print:
        console.raw(registry.docker_config(hosts=arguments.hosts, public=arguments.public))
        return DONE
    token = registry.docker_login(arguments.config, hosts=arguments.hosts, public=arguments.public)
    hosts = [token.endpoint, *arguments.hosts]
    if console.as_json:
        console.data({"user": token.user, "hosts": hosts, "expires_at": token.expires_at.isoformat()})
    else:
        console.text(f"logged in to {', '.join(hosts)} until {token.expires_at:%Y-%m-%d %H:%M %Z}".rstrip())
    return DONE
