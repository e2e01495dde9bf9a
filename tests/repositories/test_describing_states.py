"""A fleet file of what exists, read back, plans nothing: on random states, of which ecrops would write few."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecrops import Registry, fleet_from_dict, fleet_to_dict
from ecrops.testing import Cloud, in_memory
from ecrops.testing.emulator.cloud import reset
from support import AT_ONCE, examples

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
SCALARS = st.none() | st.booleans() | st.integers(-5, 500) | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2), max_leaves=4
)


def mostly(*right: Any) -> st.SearchStrategy[Any]:
    """Values that AWS documents, and a few others."""
    return st.one_of(*[st.sampled_from(right)] * 4, VALUES)


def lists(*right: Any, others: st.SearchStrategy[Any] = VALUES) -> st.SearchStrategy[Any]:
    return st.lists(st.one_of(*[st.sampled_from(right)] * 4, others), max_size=3) | st.sampled_from(right)


def names(*right: str) -> st.SearchStrategy[Any]:
    """Names of principals, actions and values, which are texts in the grammar of IAM."""
    return lists(*right, others=TEXTS)


SELECTIONS = st.fixed_dictionaries(
    {"tagStatus": mostly("tagged", "untagged", "any")},
    optional={
        "countType": mostly("imageCountMoreThan", "sinceImagePushed", "sinceImagePulled", "sinceImageTransitioned"),
        "countNumber": mostly(1, 30, 90, "7"),
        "countUnit": mostly("days"),
        "tagPrefixList": lists("prod", "v", ""),
        "tagPatternList": lists("*", "v*", "*a*b*c*d*"),
        "storageClass": mostly("standard", "archive"),
        "repositoryTag": VALUES,
    },
)
ACTIONS = st.fixed_dictionaries(
    {"type": mostly("expire", "transition")}, optional={"targetStorageClass": mostly("archive"), "after": VALUES}
)
RULES = st.fixed_dictionaries(
    {"rulePriority": mostly(1, 2, 3), "selection": SELECTIONS, "action": ACTIONS},
    optional={"description": mostly("", "for people")},
)
LIFECYCLES = st.none() | st.lists(RULES, max_size=4).map(lambda rules: {"rules": rules})

PRINCIPALS = st.sampled_from(["*"]) | st.dictionaries(
    st.sampled_from(["AWS", "Service", "Federated", "Nobody"]),
    names("111122223333", "arn:aws:iam::444455556666:role/a", "arn:aws:sts::444455556666:assumed-role/a/b", "*",
          "lambda.amazonaws.com", "AROA0123456789ABCDEF0"),
    min_size=1, max_size=2,
)  # fmt: skip
CONDITIONS = st.dictionaries(
    st.sampled_from(["StringEquals", "ArnLike", "ForAllValues:StringLike", "StringSoundsLike"]),
    st.dictionaries(st.sampled_from(["aws:PrincipalOrgID", "AWS:principalorgid"]), names("o-1234567890"), max_size=2),
    max_size=2,
)
STATEMENTS = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny", "Audit"]),
        "Action": names(
            "ecr:BatchGetImage", "ecr:*", "*", "ecr:GetAuthorizationToken", "ecr:PaintImage", "s3:GetObject"
        ),
    },
    optional={
        "Sid": st.sampled_from(["", "One", "EcropsPull", "LambdaECRImageRetrievalPolicy", "a b"]),
        "Principal": PRINCIPALS,
        "NotPrincipal": PRINCIPALS,
        "Condition": CONDITIONS,
    },
)
POLICIES = st.none() | st.fixed_dictionaries(
    {"Statement": st.lists(STATEMENTS, min_size=1, max_size=4)},
    optional={"Version": mostly("2012-10-17", "2008-10-17"), "Id": mostly("id"), "Comment": VALUES},
)
MODES = st.sampled_from(["MUTABLE", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION", "LOCKED"])
FILTERS = st.none() | st.lists(st.sampled_from(["v*", "*a*b*c*", "latest", "a b"]), max_size=7, unique=True)
TAGS = st.dictionaries(TEXTS, TEXTS, max_size=3)
STATES = st.tuples(LIFECYCLES, POLICIES, MODES, FILTERS, TAGS)


@pytest.fixture(scope="module")
def session(nothing_real: None) -> Iterator[tuple[Cloud, boto3.Session]]:
    with in_memory() as cloud:
        yield cloud, cloud.session()


@settings(
    max_examples=examples(18), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, *HealthCheck]
)
@given(states=st.lists(STATES, min_size=5, max_size=5))
def test_a_fleet_file_of_any_state_plans_nothing(session: tuple[Cloud, boto3.Session], states: list[Any]) -> None:
    reset()
    cloud, shared = session
    seeded = cloud.emulator.seed(len(states))
    for name, (lifecycle, policy, mode, filters, tags) in zip(seeded, states, strict=True):
        cloud.emulator.keep(name, lifecycle=lifecycle, policy=policy, mode=mode, filters=filters, tags=tags)
    registry = Registry(shared, retry=AT_ONCE)
    described = registry.describe()
    assert [spec.name for spec in described] == seeded
    assert [spec.unread for spec in described] == [None] * len(seeded)
    read_back = fleet_from_dict(json.loads(json.dumps(fleet_to_dict(described))))
    assert read_back == described
    assert not registry.plan(*read_back)
