"""What the runtime of Lambda brings: its boto3 may be older than the oldest that ecrops is tested with."""

from __future__ import annotations

import re

from ecrops.aws import BOTOCORE

FLOOR = (1, 39, 11)
"""The oldest boto3, and botocore, that know all that ecrops sends; as in pyproject.toml, which no zip has."""


def notes() -> tuple[str, ...]:
    """Return what the user must know of the runtime: nothing if it is new enough."""
    version = tuple(map(int, re.findall(r"\d+", BOTOCORE)[:3]))
    if version >= FLOOR:
        return ()
    floor = ".".join(map(str, FLOOR))
    return (
        f"the runtime has botocore {BOTOCORE}, and ecrops needs {floor} or later: calls may fail, or lack what it does "
        "not know; make the zip with scripts/lambda-bundle --with-boto3",
    )
