"""ministack: an emulator of somebody else's making that evaluates IAM, in a process and an environment of its own.

``ECROPS_MINISTACK`` names a Python that has it; ``scripts/test`` makes one.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

ACCOUNT, REGION = "123456789012", "eu-west-1"
PYTHON = os.environ.get("ECROPS_MINISTACK", "")
needs_ministack = pytest.mark.skipif(
    not PYTHON, reason="ECROPS_MINISTACK does not name a Python with ministack; scripts/test sets one up"
)


@contextlib.contextmanager
def running(home: Path, *, auth: bool) -> Iterator[str]:
    """ministack on loopback; its URL."""
    port = _free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home),
        "AUTH": str(auth).lower(),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "SERVICES": "ecr,iam,sts",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "LOG_LEVEL": "WARNING",
    }
    url = f"http://127.0.0.1:{port}"
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [PYTHON, "-m", "ministack"], env=environment, cwd=home, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _wait_for(f"{url}/_ministack/health", process, home / "log")
            yield url
        finally:
            process.terminate()
            process.wait(timeout=20)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.05)
    raise RuntimeError(f"ministack did not start:\n{log.read_text()}")


def session(key: str = ACCOUNT, secret: str = "test", token: str | None = None) -> boto3.Session:
    """A session; a key of twelve digits is the root user of that account."""
    return boto3.Session(key, secret, token, region_name=REGION)


def client(service: str, *credentials: Any) -> Any:
    """A client for ministack, which ``AWS_ENDPOINT_URL`` names."""
    made: Any = session(*credentials)
    return made.client(service)


def identities(kind: str) -> Any:
    """A principal with its name, as whoever is granted: an ECR client with its credentials."""
    iam = client("iam")
    if kind == "role":
        trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        role = iam.create_role(RoleName="nodes", AssumeRolePolicyDocument=document)["Role"]
        lent = client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="test")["Credentials"]
        return client("ecr", lent["AccessKeyId"], lent["SecretAccessKey"], lent["SessionToken"])
    user = f"{kind}-user"
    iam.create_user(UserName=user)
    if kind == "group":
        iam.create_group(GroupName="devs")
        iam.add_user_to_group(GroupName="devs", UserName=user)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return client("ecr", key["AccessKeyId"], key["SecretAccessKey"])


_EVALUATE = """
import json, sys
from ministack.core.iam_evaluator import EvalContext, combine_resource_policy, evaluate, parse_policy_document
case = json.load(sys.stdin)
for action in case["actions"]:
    caller, resource = case["principal"], case["resource"]
    context = EvalContext(caller, "User", caller.split(":")[4], action, resource, resource.split(":")[3])
    identity = evaluate(context, [parse_policy_document(document) for document in case["identity"]])
    print(combine_resource_policy(identity, context, case["policy"], resource.split(":")[4]).decision)
"""


def decisions(
    principal: str, resource: str, actions: list[str], identity: list[Any], policy: str | None
) -> dict[str, bool]:
    """What ministack's evaluator says of calls across accounts, which its API does not route."""
    case = {"principal": principal, "resource": resource, "actions": actions, "identity": identity, "policy": policy}
    ran = subprocess.run([PYTHON, "-c", _EVALUATE], input=json.dumps(case), text=True, capture_output=True, check=True)
    return {action: said == "Allow" for action, said in zip(actions, ran.stdout.split(), strict=True)}
