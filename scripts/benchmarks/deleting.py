"""Ten thousand images, listed, graphed and deleted: `scripts/bench deleting`. Exits with 1 where a budget is not kept.

The client is replaced by a stub, and the time in its calls is not counted; botocore's own time is not in these figures.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any

import boto3

ACCOUNT, REGION = "123456789012", "eu-west-1"
INDEXES, PARTS = 2_000, 3
IMAGES = INDEXES * (PARTS + 2)
MOST_SECONDS = 5.0
"""Beyond the calls, for each of the runs."""
OCI = "application/vnd.oci.image."


def digest(number: int) -> str:
    """Return a digest."""
    return f"sha256:{number:064x}"


def described() -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return images as DescribeImages has them, and the manifests of indexes: each has parts and a signature."""
    images, manifests, now = [], dict[str, str](), datetime.now(UTC)
    for number in range(INDEXES):
        index, *others = (digest(number * 10 + each) for each in range(PARTS + 2))
        parts, about = others[:PARTS], others[PARTS]
        pushed = now - timedelta(days=number % 400)
        for each in (index, *parts, about):
            kind = "index.v1+json" if each == index else "manifest.v1+json"
            image: dict[str, Any] = {
                "imageDigest": each,
                "registryId": ACCOUNT,
                "imagePushedAt": pushed,
                "imageSizeInBytes": 50_000_000,
                "imageManifestMediaType": OCI + kind,
                "imageStatus": "ACTIVE",
            }
            image |= {"imageTags": [f"v{number}", f"build-{number}"]} if each == index else {}
            images.append(image | ({"subjectManifestDigest": index} if each == about else {}))
        entries = [{"mediaType": OCI + "manifest.v1+json", "digest": part, "size": 500} for part in parts]
        manifests[index] = json.dumps({"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": entries})
    return images, manifests


def timed(method: Any) -> Any:
    """Return a method of the stub that counts its calls, and the seconds in them."""

    @wraps(method)
    def call(self: Ecr, **given: Any) -> Any:
        started = time.perf_counter()
        answer = method(self, **given)
        self.seconds += time.perf_counter() - started
        self.calls[method.__name__] += 1
        return answer

    return call


class Ecr:
    """A client of ECR with these images."""

    def __init__(self, meta: Any) -> None:
        self.meta, self.seconds, self.calls = meta, 0.0, Counter[str]()
        images, self._manifests = described()
        self._images = {image["imageDigest"]: image for image in images}

    @timed
    def describe_images(self, **given: Any) -> dict[str, Any]:
        """Return a page of images."""
        start, size = int(given.get("nextToken") or 0), given["maxResults"]
        page = list(self._images.values())[start : start + size]
        return {"imageDetails": page} | ({"nextToken": str(start + size)} if start + size < len(self._images) else {})

    @timed
    def batch_get_image(self, **given: Any) -> dict[str, Any]:
        """Return manifests."""
        asked = [each["imageDigest"] for each in given["imageIds"]]
        media_type = OCI + "index.v1+json"
        images = [
            {"imageId": {"imageDigest": each}, "imageManifest": text, "imageManifestMediaType": media_type}
            for each in asked
            if (text := self._manifests.get(each))
        ]
        return {"images": images, "failures": []}

    @timed
    def describe_registry(self) -> dict[str, Any]:
        """Return a registry that replicates nothing."""
        return {"registryId": ACCOUNT, "replicationConfiguration": {"rules": []}}

    @timed
    def batch_delete_image(self, **given: Any) -> dict[str, Any]:
        """Delete images."""
        for each in given["imageIds"]:
            del self._images[each["imageDigest"]]
        return {"imageIds": given["imageIds"], "failures": []}


class Sts:
    """A client of STS."""

    def __init__(self, meta: Any) -> None:
        self.meta = meta

    def get_caller_identity(self) -> dict[str, Any]:
        """Return the account."""
        return {"Account": ACCOUNT}


class Session(boto3.Session):
    """A session whose clients are the stubs."""

    def __init__(self) -> None:
        super().__init__(region_name=REGION, aws_access_key_id="bench", aws_secret_access_key="bench")
        self.stubs = {
            "ecr": Ecr(super().client("ecr").meta),
            "sts": Sts(super().client("sts").meta),
        }

    def client(self, service_name: str, *_: Any, **__: Any) -> Any:
        """Return the stub of a service."""
        return self.stubs[service_name]


def registry_of(*, dry_run: bool) -> tuple[Any, Any]:
    """Return a registry, and its stub."""
    from ecrops import Registry

    session = Session()
    registry = Registry(session, dry_run=dry_run)
    for service, stub in session.stubs.items():  # in the place of clients with options
        registry.aws._clients.made[service] = stub
    return registry, session.stubs["ecr"]


def main() -> int:
    """Print the seconds of each run, and return 1 if one takes too long."""
    runs: dict[str, tuple[bool, dict[str, Any]]] = {
        "planned": (True, {"older_than": 100, "never": ["v1*", digest(77)]}),
        "planned and said": (True, {"all": True}),
        "deleted": (False, {"all": True}),
    }
    late = False
    for name, (dry_run, given) in runs.items():
        registry, stub = registry_of(dry_run=dry_run)
        started = time.perf_counter()
        plan = registry.repository("team/app").delete_images(**given)
        text = str(plan) if name.endswith("said") else ""
        taken = time.perf_counter() - started - stub.seconds
        late |= taken > MOST_SECONDS
        calls = ", ".join(f"{number} {operation}" for operation, number in sorted(stub.calls.items()))
        print(
            f"{name:17} {IMAGES:,} images, {sum(change.images for change in plan):,} of them go: {taken:.2f} s beyond"
        )
        print(f"{'':17} {calls}{f'; {len(text):,} characters of text' if text else ''}")
    print(f"at most {MOST_SECONDS} s are right" if late else "within the budget")
    return int(late)


if __name__ == "__main__":
    sys.exit(main())
