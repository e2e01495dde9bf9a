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
from botocore.exceptions import ClientError

from contenders import POLICY, RULES

ACCOUNT, REGION = "123456789012", "eu-west-1"
TAGS = {"team": "web", "stage": "test"}


class Ecr:
    """A client of ECR whose repositories are all settled."""

    def __init__(self, names: list[str], meta: Any) -> None:
        self.meta = meta
        self._names = names
        self._text = json.dumps(POLICY)
        self._granted: dict[str, str] = {}

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

    def get_caller_identity(self) -> dict[str, Any]:
        """Return the account, as STS does: the stub stands for every service."""
        return {"Account": ACCOUNT}

    def get_repository_policy(self, **given: Any) -> dict[str, Any]:
        """Return the repository policy that was set."""
        text = self._granted.get(given["repositoryName"])
        if text is None:
            error = {"Error": {"Code": "RepositoryPolicyNotFoundException", "Message": "none"}, "ResponseMetadata": {}}
            raise ClientError(error, "GetRepositoryPolicy")  # type: ignore[arg-type]
        return {"registryId": ACCOUNT, "repositoryName": given["repositoryName"], "policyText": text}

    def set_repository_policy(self, **given: Any) -> dict[str, Any]:
        """Set a repository policy."""
        self._granted[given["repositoryName"]] = given["policyText"]
        return given


class Session(boto3.Session):
    """A session whose client of ECR is the stub."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(region_name=REGION, aws_access_key_id="bench", aws_secret_access_key="bench")
        self._names = names
        self._stubs: dict[str, Ecr] = {}

    def client(self, service_name: str, *_: Any, **__: Any) -> Any:
        """Return the stub, with the model of a service."""
        if service_name not in self._stubs:
            self._stubs[service_name] = Ecr(self._names, super().client(service_name).meta)  # type: ignore[call-overload]
        return self._stubs[service_name]


def registry_of(names: list[str]) -> Any:
    """Return a registry with these repositories."""
    from ecrops import Registry, RetryPolicy

    registry = Registry(Session(names), retry=RetryPolicy(sleep=lambda seconds: None))
    for service in ("ecr", "sts"):  # in the place of clients with options
        registry.aws._clients.made[service] = registry.aws.session.client(service)
    return registry


def settled_by_dicts(names: list[str]) -> list[float]:
    """The same with rules as dictionaries, which each spec copies."""
    return settled(names, RULES)


def settled(names: list[str], rules: Any = None) -> list[float]:
    """Plan a fleet that has nothing to do: seconds of the specs, and of the plan."""
    from ecrops import LifecycleRule, RepositorySpec

    rules = rules or [
        LifecycleRule(rule_priority=1, tag_status="untagged", max_image_age=7),
        LifecycleRule(rule_priority=2, max_image_count=30),
    ]
    marks = [time.process_time()]
    fleet = [
        RepositorySpec(
            name, lifecycle_rules=rules, tags=TAGS, image_tag_mutability="IMMUTABLE", image_scan_on_push=True
        )
        for name in names
    ]
    marks.append(time.process_time())
    plan = registry_of(names).plan(*fleet)
    marks.append(time.process_time())
    assert not plan
    return marks


def granted(names: list[str]) -> list[float]:
    """Grant each repository to another account, in one apply: seconds of the specs, and of the apply."""
    from ecrops import RepositorySpec, pull

    marks = [time.process_time()]
    fleet = [RepositorySpec(name, grants=[pull("444455556666")]) for name in names]
    marks.append(time.process_time())
    made = registry_of(names).ensure(*fleet)
    marks.append(time.process_time())
    assert len(made) == len(names)
    return marks


MEASURES = {"settled": settled, "settled, rules as dicts": settled_by_dicts, "granted": granted}


def measure(what: str, count: int) -> None:
    """In a process of its own: measure once, and print what it took."""
    marks = MEASURES[what]([f"team/{number:06}" for number in range(count)])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"specs": marks[1] - marks[0], "rest": marks[2] - marks[1], "memory": memory}))


def main() -> None:
    """Read the command line."""
    if sys.argv[1:2] == ["--one"]:
        measure(sys.argv[2], int(sys.argv[3]))
        return
    counts = [int(count) for count in sys.argv[1:]]
    for what in MEASURES:
        for count in counts or ([2000, 4000, 8000] if what == "granted" else [1000, 10_000, 100_000]):
            command = [sys.executable, __file__, "--one", what, str(count)]
            got = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            rest = f"{got['rest']:.2f} s of processor, {got['memory']:.0f} MB"
            print(f"{count:>8,} repositories, {what}: specs {got['specs']:.2f} s, then {rest}", flush=True)


if __name__ == "__main__":
    main()
