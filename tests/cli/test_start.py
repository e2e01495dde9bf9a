"""How fast it starts, and what it imports for that."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys, time
from ecrops.cli.main import main
code = main(["--help"])
print(time.process_time(), *sorted(sys.modules), file=sys.stderr)
"""
LIMIT = 0.15
"""Seconds of processor time, with those in which Python starts."""


def test_the_help_waits_for_no_boto3() -> None:
    seconds = []
    for _ in range(3):  # the fastest counts: others use the processor too
        ran = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
        took, *modules = ran.stderr.split()
        assert not {"boto3", "botocore", "tenacity", "yaml", "rich", "moto", "ecrops.registry"} & set(modules)
        seconds.append(float(took))
        if seconds[-1] < LIMIT:
            break
    assert min(seconds) < LIMIT
