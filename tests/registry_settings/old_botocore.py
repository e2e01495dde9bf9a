"""A program that tries to write settings whose answers have newer members, and tells what became of it as JSON.

It is run by Pythons with an older botocore, against the emulator: ``test_old_botocore.py``. It needs ecrops and boto3,
and nothing of the tests.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import botocore

from ecrops import EcropsError, Registry, RegistrySpec

PROFILE = "arn:aws:signer:eu-west-1:123456789012:/signing-profiles/ours"


def main() -> None:
    """Try, and print."""
    session = boto3.Session()
    operations: list[str] = []
    session.events.register("before-call.ecr", lambda model, **_: operations.append(model.name))
    registry = Registry(session)
    verbs: dict[str, Callable[[], Any]] = {
        "replication.add": lambda: registry.replication.add(prefix="ours/", to=["eu-central-1"]),
        "replication.remove": lambda: registry.replication.remove(prefix="theirs/"),
        "replication of a spec": lambda: registry.ensure(RegistrySpec(replication=[])),
        "replication with deletions": lambda: registry.replication.add(
            prefix="theirs/", to=["us-east-1"], delete_replication=True
        ),
        "scanning.add": lambda: registry.scanning.add(scan_on_push=["ours/*"]),
        "scanning of a spec": lambda: registry.ensure(RegistrySpec(scanning={"scan_type": "BASIC"})),
        "signing.add": lambda: registry.signing.add(PROFILE),
        "signing.remove": lambda: registry.signing.remove(PROFILE.replace("ours", "theirs")),
        "pull_time_exclusions.describe": registry.pull_time_exclusions.describe,
        "replication.backfill": lambda: registry.replication.backfill("us-east-1"),
        "replication.describe": registry.replication.describe,
        "describe_settings": lambda: registry.describe_settings().to_dict(),
        "nothing to do": lambda: bool(registry.replication.add(prefix="theirs/", to=["us-east-1"])),
    }
    outcomes = {name: _outcome(verb) for name, verb in verbs.items()}
    writes = [name for name in operations if name.startswith(("Put", "Delete", "Register", "Deregister"))]
    print(json.dumps({"botocore": botocore.__version__, "outcomes": outcomes, "writes": writes}, default=str))


def _outcome(verb: Callable[[], Any]) -> Any:
    try:
        return verb()
    except EcropsError as error:
        return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    main()
