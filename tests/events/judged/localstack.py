"""LocalStack: an emulator of somebody else's making, in a process and an environment of its own.

``ECROPS_LOCALSTACK`` names a Python that has it; ``scripts/judges/localstack`` makes one. It listens on loopback alone:
with another ``GATEWAY_SERVER`` it would listen on every interface. It serves no names.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from tests.access.ministack import free_port, served

PYTHON = os.environ.get("ECROPS_LOCALSTACK", "")
SERVICES = "events,sqs,sns,logs,iam,sts,stepfunctions,kinesis"


@contextlib.contextmanager
def running(home: Path) -> Iterator[str]:
    """LocalStack on loopback; its URL."""
    listen = f"127.0.0.1:{free_port()}"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "FILESYSTEM_ROOT": str(home / "files"),
        "GATEWAY_LISTEN": listen,
        "GATEWAY_SERVER": "hypercorn",
        "ACTIVATE_PRO": "0",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "DISABLE_EVENTS": "1",
        "DNS_ADDRESS": "0",
        "SERVICES": SERVICES,
    }
    command = [PYTHON, "-m", "localstack.runtime.main"]
    with served(command, environment, home, f"http://{listen}/_localstack/health"):
        yield f"http://{listen}"
