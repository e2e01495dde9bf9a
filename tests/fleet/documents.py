"""Valid fleet files, and what is changed in them to make others."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import strategies as st

from ecrops import fleet_to_dict
from tests.registry_settings.full import FULL
from tests.test_spec import FULL as REPOSITORY

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:pushes"
RULE = {
    "rulePriority": 1,
    "selection": {"tagStatus": "tagged", "tagPrefixList": ["v"], "countType": "imageCountMoreThan", "countNumber": 9},
    "action": {"type": "expire"},
}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "ecr:BatchGetImage"}],
}
RULES = [
    {"max_image_count": 3, "tag_pattern_list": ["v*"], "description": "keep", "rule_priority": 4},
    {"max_image_age": 30, "tag_status": "untagged"},
    {"since_image_pulled": 90, "tag_prefix_list": ["a"], "transition_to": "archive", "storage_class": "standard"},
    {"since_image_transitioned": 120, "tag_prefix_list": ["a"]},
]
CONDITIONS = {"Bool": {"aws:SecureTransport": "true"}}
GRANTS = [
    {"allow": "pull", "principal": {"role": "nodes"}, "on": "team/*", "attach": "managed", "policy_name": "mine"},
    {"allow": ["ecr:ListImages"], "principal": {"organization": "o-a1b2c3d4e5"}},
    {"allow": "read", "principal": {"service": "codebuild.amazonaws.com", "conditions": CONDITIONS}},
    {"allow": "push", "principal": "111122223333"},
    {"allow": "push", "principal": 111122223333},
    {"allow": "push", "principal": {"account": 999999999999}},
    {"allow": "pull", "principal": {"everyone": True}},
    {"allow": "pull", "principal": {"arn": "arn:aws:iam::111122223333:role/nodes"}},
    {"allow": "pull", "principal": {"federated": "cognito-identity.amazonaws.com"}},
    {"allow": "pull", "principal": {"user": "ci"}},
    {"allow": "pull", "principal": {"group": "developers"}},
]
TARGET = {
    "arn": QUEUE,
    "id": "q",
    "input_path": "$.detail",
    "dead_letter_arn": QUEUE,
    "maximum_retry_attempts": 3,
    "maximum_event_age": 60,
    "authorize": "shared",
}
FINDINGS = {"severities": ["HIGH"], "scan_type": "BASIC"}
EVENTS = [
    {"kind": "image-pushed", "targets": [QUEUE], "options": {"image_tags": ["latest"]}, "description": "d"},
    {"kind": "image-finding", "name": "findings", "targets": [TARGET], "options": FINDINGS},
    {"kind": "image-replicated", "options": {"result": "FAILED"}, "state": "DISABLED", "tags": {"a": "b"}},
    {"kind": "cloud-trail-image-pushed", "options": {"image_tag": "v1"}, "event_pattern": {"detail": {"a": ["x"]}}},
    {"kind": "event", "bus": "mine", "repositories": None, "targets": [{"arn": QUEUE, "input": {"a": 1}}]},
]
GUARD = {"max_expired": 3, "max_fraction": 0.5, "never": ["prod*"], "max_archived": 1}
VERBATIM = {"name": "X", "tags": {"a": "b"}, "lifecycle_rules": [RULE], "resource_policy": {}}
OF_SEVERAL = [
    {"kind": "image-pushed", "repositories": {"prefix": "team/"}},
    {"kind": "image-deleted", "repositories": ["ab", "cd"]},
]
FLEETS: list[dict[str, Any]] = [
    {"repositories": [{"name": "team/api", "lifecycle_rules": RULES, "lifecycle_guard": GUARD}]},
    {"repositories": [{"name": "team/api", "grants": GRANTS, "resource_policy": POLICY}]},
    {"repositories": [{"name": "ab", "events": EVENTS}, {"name": "cd", "lifecycle_rules": [RULE]}]},
    {
        "defaults": {"tags": {"a": "b"}, "image_scan_on_push": True, "encryption": "KMS", "lifecycle_guard": False},
        "repositories": [{"name": "ab", "tags": {"c": "d"}, "encryption_key": "alias/x"}],
    },
    {"events": OF_SEVERAL},
    {
        "repositories": [{"verbatim": VERBATIM, "unread": {"encryption": "denied"}}],
        "x-mine": 3,
        "$schema": "x",
    },
    json.loads(json.dumps(fleet_to_dict([FULL, REPOSITORY]))),
]
ODD: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    51,
    10**6,
    111122223333,
    0.5,
    1.5,
    "",
    "x",
    "team/api",
    "v*",
    "A b",
    "é",
    "arn:aws:x",
    [],
    {},
]
ODD += [
    [None],
    ["x"],
    ["x", "x"],
    [1],
    {"x": 1},
    {"x": "y"},
    {"": ""},
    "x" * 300,
    ["x"] * 60,
    "*" * 6,
    "MUTABLE",
    "IMMUTABLE",
]
ODD += [
    "AES256",
    "BASIC",
    "pull",
    "*",
    QUEUE,
    RULE,
    TARGET,
    {"role": "nodes"},
    "111122223333",
    "image-pushed",
    "any",
    "archive",
]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all parts of a document."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(inner for key, part in parts for inner in places(part, (*path, key)))]


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


@st.composite
def fleets(draw: st.DrawFn) -> dict[str, Any]:
    """A valid fleet file with up to three changes."""
    fleet: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(FLEETS)))
    for _ in range(draw(st.integers(0, 3))):
        paths = [path for path in places(fleet) if path]
        if not paths:
            break
        *way, last = draw(st.sampled_from(paths))
        parent = at(fleet, tuple(way))
        kind = draw(st.sampled_from(["replace", "remove", "add", "move"]))
        if kind == "remove":
            del parent[last]
        elif kind == "replace":
            parent[last] = copy.deepcopy(draw(st.sampled_from(ODD)))
        elif kind == "move":
            parent[last] = copy.deepcopy(at(fleet, draw(st.sampled_from(paths))))
        elif isinstance(parent, list):
            parent.append(copy.deepcopy(draw(st.sampled_from([parent[last], *ODD]))))
        else:
            key = draw(st.sampled_from(["x", "name", "events", "tags", "selection", "conditions", "prefix"]))
            parent[key] = copy.deepcopy(draw(st.sampled_from(ODD)))
    return fleet
