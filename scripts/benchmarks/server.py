"""A server that answers like ECR and is no bottleneck: 0.1 ms of processor time for a call.

It knows the calls that a fleet of repositories needs, keeps them in memory, answers after a latency, and can throttle
with a token bucket. It checks nothing: the tests have an emulator for that.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

ACCOUNT, REGION = "123456789012", "eu-west-1"
CALLER = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult>"
    f"<Arn>arn:aws:iam::{ACCOUNT}:user/bench</Arn><UserId>AIDA</UserId><Account>{ACCOUNT}</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)
PAGE = 1000
CREATED_AT = 1_750_000_000.0
Answer = Mapping[str, Any]


class Refused(Exception):
    """An error of the service."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code)
        self.body = json.dumps({"__type": code, "message": message or code}).encode()


class Bucket:
    """A token bucket.

    Args:
        rate: Tokens for each second.
        burst: The most tokens that it holds.
    """

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._tokens, self._moment = burst, time.monotonic()

    def take(self) -> bool:
        """Take a token, if there is one."""
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._moment) * self._rate)
        self._moment = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Service:
    """The repositories, and the answers about them."""

    def __init__(self) -> None:
        self._repositories: dict[str, dict[str, Any]] = {}
        self._tags: dict[str, dict[str, str]] = {}
        self._policies: dict[str, str] = {}

    def answer(self, operation: str, given: Mapping[str, Any]) -> Answer:
        """Return the answer of an operation."""
        do: Callable[[Mapping[str, Any]], Answer] = getattr(self, f"_{operation}")
        return do(given)

    def _name_in(self, given: Mapping[str, Any]) -> str:
        name = str(given.get("repositoryName") or given["resourceArn"].partition("repository/")[2])
        if name not in self._repositories:
            raise Refused("RepositoryNotFoundException", f"The repository with name '{name}' does not exist")
        return name

    def _DescribeRepositories(self, given: Mapping[str, Any]) -> Answer:
        if names := given.get("repositoryNames"):
            return {"repositories": [self._repositories[self._name_in({"repositoryName": name})] for name in names]}
        start = int(given.get("nextToken") or 0)
        size = int(given.get("maxResults") or 100)
        found = list(self._repositories.values())[start : start + size]
        token = {"nextToken": str(start + size)} if start + size < len(self._repositories) else {}
        return {"repositories": found, **token}

    def _CreateRepository(self, given: Mapping[str, Any]) -> Answer:
        name = given["repositoryName"]
        if name in self._repositories:
            raise Refused("RepositoryAlreadyExistsException")
        self._repositories[name] = {
            "repositoryName": name,
            "repositoryArn": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{name}",
            "registryId": ACCOUNT,
            "repositoryUri": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}",
            "createdAt": CREATED_AT,
            "imageTagMutability": given.get("imageTagMutability", "MUTABLE"),
            "imageScanningConfiguration": given.get("imageScanningConfiguration", {"scanOnPush": False}),
            "encryptionConfiguration": {"encryptionType": "AES256"},
        }
        self._tags[name] = {tag["Key"]: tag["Value"] for tag in given.get("tags", ())}
        return {"repository": self._repositories[name]}

    def _ListTagsForResource(self, given: Mapping[str, Any]) -> Answer:
        return {"tags": [{"Key": key, "Value": value} for key, value in self._tags[self._name_in(given)].items()]}

    def _TagResource(self, given: Mapping[str, Any]) -> Answer:
        self._tags[self._name_in(given)] |= {tag["Key"]: tag["Value"] for tag in given["tags"]}
        return {}

    def _GetRepositoryPolicy(self, given: Mapping[str, Any]) -> Answer:
        raise Refused("RepositoryPolicyNotFoundException", f"No policy for '{self._name_in(given)}'")

    def _GetLifecyclePolicy(self, given: Mapping[str, Any]) -> Answer:
        name = self._name_in(given)
        if name not in self._policies:
            raise Refused("LifecyclePolicyNotFoundException", f"No lifecycle policy for '{name}'")
        text = self._policies[name]
        return {"registryId": ACCOUNT, "repositoryName": name, "lifecyclePolicyText": text, "lastEvaluatedAt": 0}

    def _PutLifecyclePolicy(self, given: Mapping[str, Any]) -> Answer:
        name = self._name_in(given)
        self._policies[name] = given["lifecyclePolicyText"]
        return {"registryId": ACCOUNT, "repositoryName": name, "lifecyclePolicyText": self._policies[name]}

    def _PutImageTagMutability(self, given: Mapping[str, Any]) -> Answer:
        name = self._name_in(given)
        self._repositories[name]["imageTagMutability"] = given["imageTagMutability"]
        return {"registryId": ACCOUNT, "repositoryName": name, "imageTagMutability": given["imageTagMutability"]}

    def _PutImageScanningConfiguration(self, given: Mapping[str, Any]) -> Answer:
        name = self._name_in(given)
        setting = self._repositories[name]["imageScanningConfiguration"] = given["imageScanningConfiguration"]
        return {"registryId": ACCOUNT, "repositoryName": name, "imageScanningConfiguration": setting}


class Throttle:
    """The token buckets of a server: one for all operations, or one for each.

    Args:
        rate: Calls a second; 0 throttles nothing.
        burst: Calls at once.
        per_operation: Whether each operation has a bucket of its own.
    """

    def __init__(self, rate: float, burst: float, *, per_operation: bool) -> None:
        self._rate, self._burst, self._per_operation = rate, burst, per_operation
        self._buckets: dict[str, Bucket] = {}

    def lets(self, operation: str) -> bool:
        """Whether a call may be answered now."""
        if not self._rate:
            return True
        key = operation if self._per_operation else ""
        return self._buckets.setdefault(key, Bucket(self._rate, self._burst)).take()


class Connection(asyncio.Protocol):
    """One connection, with one request at a time."""

    def __init__(self, service: Service, throttle: Throttle, latency: float, counts: Counter[str]) -> None:
        self._service, self._throttle, self._latency, self._counts = service, throttle, latency, counts
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where to write."""
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        """Answer each whole request, after the latency."""
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            headers = self._data[:end].lower()
            length = int(headers.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
            if len(self._data) < end + 4 + length:
                return
            body = self._data[end + 4 : end + 4 + length]
            if headers.startswith(b"get /counts"):
                answer = self._respond(200, json.dumps({**self._counts, "seconds": time.process_time()}).encode())
                self._transport.write(answer)
            else:
                answer = self._answer_to(headers, end, body)
                asyncio.get_running_loop().call_later(self._latency, self._transport.write, answer)
            self._data = self._data[end + 4 + length :]

    def _answer_to(self, headers: bytes, end: int, body: bytes) -> bytes:
        at = headers.find(b"x-amz-target:")
        if at < 0:  # STS, which is asked whose account it is
            self._counts["calls"] += 1
            return self._respond(200, CALLER.encode())
        return self._answer(self._data[at:end].partition(b"\r\n")[0].rpartition(b".")[2].decode(), body)

    def _answer(self, operation: str, body: bytes) -> bytes:
        self._counts["calls"] += 1
        if not self._throttle.lets(operation):
            self._counts["throttled"] += 1
            return self._respond(400, Refused("ThrottlingException", "Rate exceeded").body)
        try:
            return self._respond(200, json.dumps(self._service.answer(operation, json.loads(body))).encode())
        except Refused as refused:
            return self._respond(400, refused.body)

    @staticmethod
    def _respond(status: int, body: bytes) -> bytes:
        head = (
            f"HTTP/1.1 {status} OK\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


async def serve(latency: float, throttle: Throttle) -> None:
    """Serve on a free port of this machine until standard input is closed."""
    service, counts, loop = Service(), Counter[str](), asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(service, throttle, latency, counts), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.02)
    parser.add_argument("--rate", type=float, default=0)
    parser.add_argument("--burst", type=float, default=0)
    parser.add_argument("--per-operation", action="store_true")
    options = parser.parse_args()
    throttle = Throttle(options.rate, options.burst, per_operation=options.per_operation)
    asyncio.run(serve(options.latency, throttle))


if __name__ == "__main__":
    main()
