"""The registry that the options of a command name."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import boto3

    from ecrops.registry import Registry


def session_of(arguments: Namespace) -> boto3.Session:
    """Return a session for the profile and the region that were given, or those of the environment."""
    import boto3

    return boto3.Session(profile_name=arguments.profile, region_name=arguments.region)


def registry_of(arguments: Namespace, *, dry_run: bool = False) -> Registry:
    """Return the registry of that session. It calls nothing."""
    from ecrops.registry import Registry

    return Registry(session_of(arguments), dry_run=dry_run)


@contextmanager
def reading(arguments: Namespace, *, dry_run: bool = False) -> Iterator[Registry]:
    """Yield the registry for what only reads. On a terminal it is drawn what it waits for.

    Args:
        arguments: The options that name it.
        dry_run: Whether its verbs that write only plan.
    """
    from ecrops.base.render import is_terminal

    registry = registry_of(arguments, dry_run=dry_run)
    if not is_terminal(sys.stderr):
        yield registry
        return
    with registry.telling(progress=True) as account:
        yield account
