"""Notes on statements of others that come into a repository policy: which values of a condition no ARN equals."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops.testing import Cloud
from support import registry_of

from ..world import OTHER, populate

EVERYBODY = {"Effect": "Allow", "Principal": "*", "Action": "ecr:ListImages"}


def notes(cloud: Cloud, statement: dict[str, Any]) -> list[str]:
    """What a plan says of a statement that is added."""
    populate(cloud, "ab")
    plan = registry_of(cloud, dry_run=True).repository("ab").add_to_resource_policy({"Sid": "theirs", **statement})
    assert plan
    return [note for note in plan.notes if "'theirs'" in note]


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        (f"arn:aws:lambda:eu-west-1:{OTHER}:function:pull", True),  # a colon in the resource
        (f"arn:aws:lambda:eu-west-1:{OTHER}:*", True),
        ("*:function:pull", True),  # a wildcard may stand for all that comes before
        (f"arn:aws:eu-west-1:{OTHER}:function/*", False),  # the service is missing
        (f"arn:aws:eu-west-1:{OTHER}:function:pull", False),
        (OTHER, False),
    ],
)
def test_a_value_that_no_arn_equals_is_noted_and_others_are_not(memory_cloud: Cloud, value: str, is_one: bool) -> None:
    condition = {"ArnLike": {"aws:SourceArn": value}}
    found = notes(memory_cloud, {**EVERYBODY, "Condition": condition})
    assert [note for note in found if "which no ARN equals" in note and repr(value) in note] == (
        [] if is_one else [found[-1]]
    )


def test_each_reason_why_a_condition_keeps_nobody_out_is_said(memory_cloud: Cloud) -> None:
    condition = {"Bool": {"aws:SecureTransport": "true"}, "StringLike": {"aws:PrincipalTag/team": "*"}}
    (note,) = notes(memory_cloud, {**EVERYBODY, "Condition": condition})
    _, _, why = note.partition("in spite of its condition: ")
    first, second = why.split("; ")
    assert [first.partition(" ")[0], second.partition(" ")[0]] == ["aws:securetransport", "aws:principaltag/team"]
