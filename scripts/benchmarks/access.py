"""How fast the matrix of access is made, and in how much memory: `scripts/bench access`.

AWS is a stub that answers with made-up pages. Reading them, judging every role by every policy, and printing the matrix
are measured, each time in a process of its own, in seconds of the processor: what else a machine does makes it slower.
Exits with 1 where a budget is not kept.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3

ACCOUNT, REGION = "123456789012", "eu-west-1"
TEAMS = 50
ROLES, REPOSITORIES = 2_000, 1_000
MOST_SECONDS, MOST_MEGABYTES = 10.0, 300.0
TOLERANCE = 1.2
PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
PUSH = ["ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage", "ecr:Batch*"]
LOGIN = {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}
EVERYONE = {"Effect": "Allow", "Principal": "*", "Action": PULL}


def inline(place: int) -> list[dict[str, Any]]:
    """The statements of a role: no two roles have the same."""
    team = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/team-{place % TEAMS}"
    return [
        {"Effect": "Allow", "Action": PULL, "Resource": [f"{team}/*", f"arn:aws:ecr:*:*:repository/*-{place}"]},
        {"Effect": "Allow", "Action": PUSH, "Resource": f"{team}/app-{place}*"},
        {"Effect": "Deny", "Action": "ecr:Delete*", "Resource": "*"},
        LOGIN,
    ]


def role(place: int) -> dict[str, Any]:
    """A role with a policy and tags of its own, and a managed policy that many have."""
    return {
        "RoleName": f"role-{place}",
        "RoleId": f"AROA{place:017}",
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/apps/role-{place}",
        "Path": "/apps/",
        "Tags": [{"Key": "team", "Value": f"team-{place % TEAMS}"}],
        "RolePolicyList": [
            {"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": inline(place)}}
        ],
        "AttachedManagedPolicies": [
            {"PolicyName": "ReadOnly", "PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/ReadOnly-{place % 20}"}
        ],
    }


def managed(place: int) -> dict[str, Any]:
    """A managed policy."""
    statement = {"Effect": "Allow", "Action": "ecr:Describe*", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    arn = f"arn:aws:iam::{ACCOUNT}:policy/ReadOnly-{place}"
    versions = [{"VersionId": "v1", "IsDefaultVersion": True, "Document": document}]
    return {"PolicyName": f"ReadOnly-{place}", "Arn": arn, "PolicyVersionList": versions}


def same(place: int, roles: int) -> list[dict[str, Any]]:
    """The statements of a repository: one organization may pull, the same everywhere, and a role may push."""
    condition = {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}
    named = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/apps/role-{place % roles}"}
    return [{**EVERYONE, "Condition": condition}, {"Effect": "Allow", "Principal": named, "Action": PUSH}]


def different(place: int, roles: int) -> list[dict[str, Any]]:
    """The same, with an organization of its own for each repository, and a denial of all but one role."""
    arn = f"arn:aws:iam::{ACCOUNT}:role/apps/role-{place % roles}"
    condition = {"StringEquals": {"aws:PrincipalOrgID": f"o-{place:010}"}}
    denial = {"Effect": "Deny", "Principal": "*", "Action": "ecr:PutImage"}
    return [
        {**EVERYONE, "Condition": condition},
        {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": PUSH},
        {**denial, "Condition": {"StringNotEquals": {"aws:SourceVpc": f"vpc-{place}"}}},
    ]


def excepting(place: int, roles: int) -> list[dict[str, Any]]:
    """The same, and nobody but one role, and administrators, may push: other ones for each repository."""
    arn = f"arn:aws:iam::{ACCOUNT}:role/apps/role-{place % roles}"
    condition = {"StringNotLike": {"aws:PrincipalArn": [arn, f"arn:aws:iam::{ACCOUNT}:role/admin-*"]}}
    denial = {"Effect": "Deny", "Principal": "*", "Action": "ecr:PutImage", "Condition": condition}
    return [*same(place, roles), denial]


POLICIES: dict[str, Callable[[int, int], list[dict[str, Any]]]] = {
    "same": same,
    "different": different,
    "excepting": excepting,
}


class Stub:
    """A client of every service whose answers are made up."""

    def __init__(self, meta: Any, kind: str, roles: int, repositories: int) -> None:
        self.meta = meta
        self._kind, self._roles = kind, roles
        self._names = [f"team-{place % TEAMS}/app-{place}" for place in range(repositories)]

    def describe_repositories(self, **given: Any) -> dict[str, Any]:
        """Return all repositories."""
        arn = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository"
        return {
            "repositories": [
                {"repositoryName": name, "repositoryArn": f"{arn}/{name}", "registryId": ACCOUNT}
                for name in self._names
            ]
        }

    def get_repository_policy(self, **given: Any) -> dict[str, Any]:
        """Return the policy of a repository."""
        place = int(given["repositoryName"].rpartition("-")[2])
        document = {"Version": "2012-10-17", "Statement": POLICIES[self._kind](place, self._roles)}
        text = json.dumps(document)
        return {"registryId": ACCOUNT, "repositoryName": given["repositoryName"], "policyText": text}

    def get_registry_policy(self, **given: Any) -> dict[str, Any]:
        """Return a registry policy that lets another account replicate."""
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": ["ecr:ReplicateImage"],
            "Resource": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/*",
        }
        document = {"Version": "2012-10-17", "Statement": [statement]}
        return {"registryId": ACCOUNT, "policyText": json.dumps(document)}

    def get_account_authorization_details(self, **given: Any) -> dict[str, Any]:
        """Return a page of the roles."""
        start = int(given.get("Marker") or 0)
        after = min(start + given.get("MaxItems", 100), self._roles)
        more = {"IsTruncated": True, "Marker": str(after)} if after < self._roles else {"IsTruncated": False}
        policies = [] if start else [managed(place) for place in range(20)]
        page = {"RoleDetailList": [role(place) for place in range(start, after)], "Policies": policies}
        return {"UserDetailList": [], "GroupDetailList": [], **page, **more}

    def describe_organization(self, **given: Any) -> dict[str, Any]:
        """Return the organization of the account."""
        return {"Organization": {"Id": "o-1234567890"}}

    def list_tags_for_resource(self, **given: Any) -> dict[str, Any]:
        """Return no tags."""
        return {"tags": []}

    def get_caller_identity(self, **given: Any) -> dict[str, Any]:
        """Return the account."""
        return {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/x", "UserId": "x"}


class Session(boto3.Session):
    """A session whose clients are stubs: nothing leaves this process."""

    def __init__(self, kind: str, roles: int, repositories: int) -> None:
        super().__init__(region_name=REGION, aws_access_key_id="bench", aws_secret_access_key="bench")
        self._world = kind, roles, repositories
        self._stubs: dict[str, Stub] = {}

    def client(self, service_name: str, *_: Any, **__: Any) -> Any:
        """Return the stub, with the model of a service."""
        if service_name not in self._stubs:
            meta = super().client(service_name).meta  # type: ignore[call-overload]
            self._stubs[service_name] = Stub(meta, *self._world)
        return self._stubs[service_name]


def registry_of(kind: str, roles: int, repositories: int) -> Any:
    """Return a registry whose clients are stubs."""
    from ecrops import Registry, RetryPolicy

    registry = Registry(Session(kind, roles, repositories), retry=RetryPolicy(attempts=1))
    for service in ("ecr", "sts", "iam", "organizations"):  # in the place of clients with options
        registry.aws._clients.made[service] = registry.aws.session.client(service)
    return registry


def measure(kind: str, roles: int, repositories: int) -> dict[str, float]:
    """Make the matrix, and read all of it: seconds of the processor, and the peak of memory."""
    registry = registry_of(kind, roles, repositories)
    start = time.process_time()
    matrix = registry.access()
    read = time.process_time() - start
    pulled = sum(row.extent("pull").possible.bit_count() for row in matrix)
    shown = str(matrix)
    assert pulled >= roles
    assert shown
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": time.process_time() - start, "read": read, "megabytes": memory}


def alone(kind: str, roles: int, repositories: int) -> dict[str, float]:
    """A measurement in a process of its own: the better one of two."""
    command = [sys.executable, __file__, "--one", kind, str(roles), str(repositories)]

    def run() -> dict[str, float]:
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found: dict[str, float] = json.loads(done.stdout)
        return found

    return min((run(), run()), key=lambda cost: cost["seconds"])


def measured() -> Iterator[tuple[str, dict[str, float], bool]]:
    """What was measured, its cost, and whether the budget is kept: it grows no faster than the roles and policies."""
    for kind in POLICIES:
        whole = alone(kind, ROLES, REPOSITORIES)
        kept = whole["seconds"] < MOST_SECONDS and whole["megabytes"] < MOST_MEGABYTES
        yield f"{kind} policies, {ROLES:,} roles, {REPOSITORIES:,} repositories", whole, kept
        for roles, repositories in ((500, 1_000), (1_000, 1_000), (2_000, 250), (2_000, 500)):
            part = alone(kind, roles, repositories)
            times = ROLES * REPOSITORIES / roles / repositories
            kept = whole["seconds"] < part["seconds"] * times * TOLERANCE
            yield f"{kind} policies, {roles:,} roles, {repositories:,} repositories", part, kept


def main() -> int:
    """Read the command line."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    one: list[Any] | None = arguments.parse_args().one
    if one:
        print(json.dumps(measure(one[0], int(one[1]), int(one[2]))))
        return 0
    broken = 0
    for what, cost, kept in measured():
        numbers = f"{cost['seconds']:.1f} s, of these {cost['read']:.1f} s reading, {cost['megabytes']:.0f} MB"
        print(f"{'ok  ' if kept else 'OVER'} {what}: {numbers}", flush=True)
        broken += not kept
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
