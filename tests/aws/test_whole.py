"""Answers with members that the installed botocore drops: found wherever they are, and nothing else is."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.model import Shape, ShapeResolver

from ecrops import RetryPolicy
from ecrops.aws import Aws
from ecrops.aws.attempt.whole import UNREADABLE, read_whole, unknown_members
from ecrops.testing import Cloud

OPERATION = "GetRegistryScanningConfiguration"
PATH = "scanningConfiguration.rules.0.brandNew"

SHAPES: dict[str, Any] = {
    "Text": {"type": "string"},
    "Texts": {"type": "list", "member": {"shape": "Text"}},
    "Rule": {
        "type": "structure",
        "members": {"name": {"shape": "Text"}, "sent": {"shape": "Text", "locationName": "sentAs"}},
    },
    "Rules": {"type": "list", "member": {"shape": "Rule"}},
    "ByName": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Rule"}},
    "Counts": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Text"}},
    "Free": {"type": "structure", "members": {}, "document": True},
    "Answer": {
        "type": "structure",
        "members": {
            "rules": {"shape": "Rules"},
            "texts": {"shape": "Texts"},
            "byName": {"shape": "ByName"},
            "counts": {"shape": "Counts"},
            "free": {"shape": "Free"},
            "inner": {"shape": "Rule"},
        },
    },
}


def answer() -> Shape:
    return ShapeResolver(SHAPES).get_shape_by_name("Answer")


@pytest.mark.parametrize(
    ("body", "unknown"),
    [
        ({}, []),
        ({"rules": [{"name": "a"}], "texts": ["a", "b"], "inner": {"sentAs": "a"}}, []),
        ({"brandNew": 1}, ["brandNew"]),
        ({"brandNew": {"rules": [{"more": 1}]}}, ["brandNew"]),
        ({"rules": [{"name": "a"}, {"brandNew": []}, {"brandNew": {}}]}, ["rules[].brandNew"]),
        ({"rules": [{"a": False}], "inner": {"b": 0}}, ["rules[].a", "inner.b"]),
        ({"inner": {"sent": "a"}}, ["inner.sent"]),  # botocore looks for the name on the wire alone
        ({"byName": {"x": {"name": "a", "brandNew": 1}}}, ["byName{}.brandNew"]),
        ({"counts": {"LOW": "1", "BRAND_NEW": "2"}}, []),  # the keys of a map are data
        ({"free": {"what": {"ever": 1}}}, []),
        ({"rules": None, "texts": None, "byName": None, "inner": None, "brandNew": None}, []),
        ({"rules": [None, {"name": None, "brandNew": None}], "texts": [None]}, []),
        ({"__type": "Answer", "inner": {"__type": "Rule"}}, []),
        ({"texts": "one", "rules": {"name": "a"}}, []),  # not what the model says: botocore decides
    ],
)
def test_members_that_a_shape_lacks(body: Any, unknown: list[str]) -> None:
    assert unknown_members(json.dumps(body), answer()) == tuple(unknown)
    assert unknown_members(json.dumps(body).encode(), answer()) == tuple(unknown)


def test_what_is_no_json_may_have_anything() -> None:
    assert unknown_members(b"\xbf\x65rules\x9f\xff\xff", answer()) == (UNREADABLE,)
    assert unknown_members(b"", answer()) == ()
    assert unknown_members(b"[1]", answer()) == ()
    assert unknown_members('{"a": 1}', None) == ()


def aws_of(cloud: Cloud, **options: Any) -> Aws:
    return Aws(cloud.session(), 5, RetryPolicy(**{"sleep": lambda seconds: None, **options}))


def test_a_reading_finds_what_botocore_drops(cloud: Cloud) -> None:
    cloud.client("ecr").put_registry_scanning_configuration(
        scanType="BASIC",
        rules=[{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": "a", "filterType": "WILDCARD"}]}],
    )
    aws = aws_of(cloud)
    assert read_whole(aws, "ecr", OPERATION)[1] == ()
    cloud.emulator.add_unknown_member(OPERATION, PATH, {"a": 1})
    cloud.emulator.add_unknown_member(OPERATION, "outside", "b")
    parsed, unknown = read_whole(aws, "ecr", OPERATION)
    assert "outside" not in parsed
    assert sorted(unknown) == ["outside", "scanningConfiguration.rules[].brandNew"]
    aws.client("ecr", 1_000)  # from now on, one for many calls
    assert read_whole(aws, "ecr", OPERATION)[1] == unknown
    cloud.faults.on("throttle", operation=OPERATION, times=2)
    assert read_whole(aws, "ecr", OPERATION)[1] == unknown


def test_a_callback_that_reads_meanwhile_hides_nothing(memory_cloud: Cloud) -> None:
    memory_cloud.emulator.add_unknown_member(OPERATION, "outside", "b")
    found: list[tuple[str, ...]] = []

    def sleep(seconds: float) -> None:
        found.append(read_whole(other, "ecr", OPERATION)[1])

    aws, other = aws_of(memory_cloud, sleep=sleep), aws_of(memory_cloud)
    memory_cloud.faults.on("error500", operation=OPERATION, times=1)
    assert read_whole(aws, "ecr", OPERATION)[1] == ("outside",)
    assert found == [("outside",)]


def test_a_listing_in_another_form_may_have_anything(memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    from ecrops.aws.attempt import whole

    memory_cloud.client("ecr").create_pull_through_cache_rule(
        ecrRepositoryPrefix="hub", upstreamRegistryUrl="public.ecr.aws"
    )
    aws, listing = aws_of(memory_cloud), ("ecr", "DescribePullThroughCacheRules", "pullThroughCacheRules")
    assert [unknown for _, unknown in whole.list_whole(aws, *listing)] == [()]
    monkeypatch.setattr(whole, "json", SimpleNamespace(loads=lambda body: int("no JSON")))
    assert [unknown for _, unknown in whole.list_whole(aws, *listing)] == [(UNREADABLE,)]


def test_no_other_call_keeps_its_answer(memory_cloud: Cloud) -> None:
    from ecrops.aws.attempt import whole

    aws = aws_of(memory_cloud)
    aws.call("ecr", OPERATION, {})
    assert not whole._BODY.content
    read_whole(aws, "ecr", OPERATION)
    assert not whole._BODY.content
