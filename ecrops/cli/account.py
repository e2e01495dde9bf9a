"""The registry that the options of a command name."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import boto3

    from ecrops.registry import Registry


def session_of(arguments: Namespace) -> boto3.Session:
    """Return a session for the profile and the region that were given, or those of the environment."""
    import boto3

    return boto3.Session(profile_name=arguments.profile, region_name=arguments.region)


def registry_of(arguments: Namespace) -> Registry:
    """Return the registry of that session. It calls nothing."""
    from ecrops.registry import Registry

    return Registry(session_of(arguments))
