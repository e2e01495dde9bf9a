"""What is in the emulated AWS, cut into cells: each is something that one writer may put, and another one lose.

The text of a cell is a part of the text that a change names it with (``Change.parts``): a Sid, an account, a number of
images. Every writer of the tests uses texts of its own, so that a text is enough to find a cell in a change.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ecrops.testing import REGION, Cloud

QUEUE = f"arn:aws:sqs:{REGION}:{Cloud.account}:pushes"
GROUPS = "log groups"
ROLES = {"ci": "role ci", "deploy": "role deploy attached"}
"""The owner that a role is: one has its grants in an inline policy, one in managed policies."""
ASPECTS = {
    "repositories.settings": "settings",
    "repositories.tags": "tags",
    "lifecycle.aspect": "lifecycle",
    "access.aspects.repository_policy": "policy",
    "access.aspects.inline_policy": "inline",
    "access.aspects.managed_policies": "managed",
    "events.aspect": "rule",
    "events.targets.queues": "queue",
    "events.targets.log_groups": "groups",
}


class View(NamedTuple):
    """What a watch looks at.

    Args:
        cells_of: Returns all cells of the emulated AWS.
        owners_of: Returns the owners that a call is about, by its service and operation, and its parameters.
        reads: The aspects of its owner that a call reads, by its service and operation.
    """

    cells_of: Callable[[Cloud], frozenset[Cell]]
    owners_of: Callable[[str, Mapping[str, Any]], frozenset[str]]
    reads: Mapping[str, Sequence[str]]


class Cell(NamedTuple):
    """Something that is there: of which owner, in which aspect of it, and its text."""

    owner: str
    aspect: str
    text: str


def cells_of(cloud: Cloud) -> frozenset[Cell]:
    """All cells of the emulated AWS."""
    cells = set[Cell]()
    for name, repository in cloud.emulator.picture().items():
        cells |= {Cell(name, aspect, text) for aspect, text in _of_repository(repository)}
    policies = cloud.emulator.policies()
    for role, documents in policies["inline"].items():
        cells |= {Cell(role, "inline", text) for text in _statements(documents.get("ecrops"))}
    for role, arns in policies["attached"].items():
        for arn in arns:
            cells |= {Cell(f"{role} attached", "managed", text) for text in _statements(policies["managed"].get(arn))}
    return frozenset(cells | set(_of_events(cloud.emulator.events.picture())))


def _of_repository(repository: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    mode, filters, *_ = repository["settings"]
    if mode != "MUTABLE":  # the default is no part of a difference
        names = ", ".join(sorted(entry["filter"] for entry in filters or ()))
        words = f"{mode.removesuffix('_WITH_EXCLUSION')} except {names}" if names else mode
        yield "settings", f"tag mutability: {words}"
    yield from (("tags", json.dumps(["tag", key, value])) for key, value in repository["tags"].items())
    for rule in (repository["lifecycle"] or {"rules": ()})["rules"]:
        yield "lifecycle", f'"countNumber": {rule["selection"]["countNumber"]}'
    yield from (("policy", text) for text in _statements(repository["policy"]))


def _statements(document: Mapping[str, Any] | None) -> Iterator[str]:
    """The Sid of each foreign statement, and all that those of ecrops allow, each by itself."""
    for statement in (document or {"Statement": ()})["Statement"]:
        if not statement["Sid"].startswith("Ecrops"):
            yield f'"Sid": "{statement["Sid"]}"'
            continue
        principals = statement.get("Principal", {"AWS": statement.get("Resource")})["AWS"]
        for name in [principals] if isinstance(principals, str) else principals:
            is_account = name.endswith(":root")
            yield f'"AWS:{name.split(":")[4]}"' if is_account else f'"{name}"'


def _of_events(picture: Mapping[str, Any]) -> Iterator[Cell]:
    for name, (_, state, targets, _, description) in picture["rules"].items():
        yield Cell(f"rule {name}", "rule", f'State "{state}"')
        if description:
            yield Cell(f"rule {name}", "rule", f'Description "{description}"')
        for target in map(json.loads, targets):
            yield Cell(f"rule {name}", "targets", f'target {target["Id"]} {{"Arn": "{target["Arn"]}"}}')
    for statement in map(json.loads, picture["queues"].get("pushes", ())):
        rules = statement.get("Condition", {}).get("ArnEquals", {}).get("aws:SourceArn", [])
        texts = [f"{rule} may invoke" for rule in rules] if statement["Sid"] == "EcropsEvents" else [statement["Sid"]]
        yield from (Cell(QUEUE, "queue", text) for text in texts)
    for document in picture["groups"]:
        for statement in document["Statement"]:
            is_ours = statement["Sid"] == "EcropsEvents"
            texts = [arn.removesuffix(":*") for arn in statement["Resource"]] if is_ours else [statement["Sid"]]
            yield from (Cell(GROUPS, "groups", text) for text in texts)


def owners_of(doing: str, params: Mapping[str, Any]) -> frozenset[str]:
    """The owners that a call is about; none if it is about no owner of the tests."""
    service = doing.partition(":")[0]
    if service == "ecr":
        name = params.get("repositoryName") or str(params.get("resourceArn", "")).rpartition("/")[2]
        return frozenset(params.get("repositoryNames") or ([name] if name else []))
    if service == "iam":
        role = params.get("RoleName") or ("deploy" if "-deploy-" in str(params) else "ci")
        return frozenset({ROLES[role]})
    if service == "events":
        if "TargetArn" in params or not params:  # the users of a log group
            return frozenset({GROUPS})
        name = params.get("Rule") or params.get("Name") or str(params.get("ResourceARN", "")).rpartition("/")[2]
        return frozenset({f"rule {name or 'pushed'}"})
    return frozenset({"sqs": {QUEUE}, "logs": {GROUPS}}.get(service, set()))


READS = {
    "ecr:DescribeRepositories": ["settings"],
    "ecr:ListTagsForResource": ["tags"],
    "ecr:GetLifecyclePolicy": ["lifecycle"],
    "ecr:GetRepositoryPolicy": ["policy"],
    "iam:GetRolePolicy": ["inline"],
    "iam:ListAttachedRolePolicies": ["managed"],  # the first call of several
    "sqs:GetQueueAttributes": ["queue"],
    "logs:DescribeResourcePolicies": ["groups"],
    "events:DescribeRule": ["rule", "targets"],  # a rule that is missing has no targets
    "events:ListRules": ["rule", "targets"],
    "events:ListTargetsByRule": ["targets"],
}
"""The aspects of its owner that a call reads."""
REPOSITORIES = View(cells_of, owners_of, READS)
"""Repositories, and everything that they send to or grant to."""
