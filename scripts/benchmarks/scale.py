"""Fleets of a size that no server answers for here: the client is replaced by a stub. `scripts/bench scale`.

Each size is measured in a process of its own. The processor time of botocore is not in these figures.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from typing import Any

import boto3

from contenders import POLICY, RULES

ACCOUNT, REGION = "123456789012", "eu-west-1"
TAGS = {"team": "web", "stage": "test"}


class Ecr:
    """A client of ECR whose repositories are all settled."""

    def __init__(self, names: list[str], meta: Any) -> None:
        self.meta = meta
        self._names = names
        self._text = json.dumps(POLICY)

    def describe_repositories(self, **given: Any) -> dict[str, Any]:
        """Return a page of repositories, or those of some names."""
        start, size = int(given.get("nextToken") or 0), given.get("maxResults") or 1000
        names = given.get("repositoryNames") or self._names[start : start + size]
        more = "repositoryNames" not in given and start + size < len(self._names)
        return {
            "repositories": [
                {
                    "repositoryName": name,
                    "repositoryArn": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{name}",
                    "registryId": ACCOUNT,
                    "imageTagMutability": "IMMUTABLE",
                    "imageScanningConfiguration": {"scanOnPush": True},
                    "encryptionConfiguration": {"encryptionType": "AES256"},
                }
                for name in names
            ],
            **({"nextToken": str(start + size)} if more else {}),
        }

    def list_tags_for_resource(self, **given: Any) -> dict[str, Any]:
        """Return the tags, of all repositories the same."""
        return {"tags": [{"Key": key, "Value": value} for key, value in TAGS.items()]}

    def get_lifecycle_policy(self, **given: Any) -> dict[str, Any]:
        """Return the lifecycle policy, of all repositories the same."""
        return {"registryId": ACCOUNT, "repositoryName": given["repositoryName"], "lifecyclePolicyText": self._text}


class Session(boto3.Session):
    """A session whose client of ECR is the stub."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(region_name=REGION, aws_access_key_id="bench", aws_secret_access_key="bench")
        self._made = Ecr(names, super().client("ecr").meta)

    def client(self, service_name: str, *_: Any, **__: Any) -> Any:
        """Return the stub."""
        return self._made


def measure(count: int) -> None:
    """In a process of its own: make the specs, plan them, and print what it took."""
    from ecrops import Registry, RepositorySpec

    names = [f"team/{number:06}" for number in range(count)]
    marks = [time.process_time()]
    fleet = [
        RepositorySpec(
            name, lifecycle_rules=RULES, tags=TAGS, image_tag_mutability="IMMUTABLE", image_scan_on_push=True
        )
        for name in names
    ]
    marks.append(time.process_time())
    registry = Registry(Session(names))
    registry.aws._clients.made["ecr"] = registry.aws.session.client("ecr")  # in the place of a client with options
    plan = registry.plan(*fleet)
    marks.append(time.process_time())
    assert not plan
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"specs": marks[1] - marks[0], "plan": marks[2] - marks[1], "memory": memory}))


def main() -> None:
    """Read the command line."""
    if sys.argv[1:2] == ["--one"]:
        measure(int(sys.argv[2]))
        return
    for count in map(int, sys.argv[1:] or ("1000", "10000", "100000")):
        done = subprocess.run(
            [sys.executable, __file__, "--one", str(count)], capture_output=True, text=True, check=True
        )
        figures = json.loads(done.stdout)
        print(
            f"{count:>8,} settled repositories: specs {figures['specs']:.2f} s, plan {figures['plan']:.2f} s, "
            f"{figures['memory']:.0f} MB",
            flush=True,
        )


if __name__ == "__main__":
    main()
