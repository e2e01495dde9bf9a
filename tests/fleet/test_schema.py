"""The schema of the fleet file: up to date, and of the same opinion as reading, but for what it cannot say."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings

from ecrops import SpecError, fleet_from_dict
from ecrops.fleet import parse, schema
from ecrops.fleet.yaml_text import parse as parsed
from fleet_limits import LIMITS
from support import examples
from tests.fleet.documents import FLEETS, fleets
from write_fleet_pages import files

SCHEMA = schema()
PAGE = Path(__file__).parents[2] / "docs" / "fleet-file.md"
EXAMPLES = re.findall(r"^```yaml\n((?!# yaml-).*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
JUDGE = jsonschema.Draft202012Validator(SCHEMA)


def reasons(fleet: Any) -> tuple[str, ...]:
    """Why reading refuses a fleet file."""
    try:
        fleet_from_dict(fleet)
    except SpecError as error:
        return error.reasons
    return ()


def test_what_is_made_of_the_dataclasses_is_up_to_date() -> None:
    for path, text in files().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is old: run scripts/fleet-docs"


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"].endswith("/ecrops/fleet/schema.json")


def test_every_field_has_a_description_and_no_object_takes_unknown_keys() -> None:
    open_ones = {"EcrRule"}  # ECR may know more than ecrops
    for name, part in SCHEMA["$defs"].items():
        if "properties" in part and name not in open_ones:
            assert part["additionalProperties"] is False, name
            assert part["description"], name
    for name in ("Repository", "LifecycleRule", "Grant", "Target", "RepositoryEvent", "RegistrySpec", "Guard"):
        assert all(field.get("description") for field in SCHEMA["$defs"][name]["properties"].values()), name


@pytest.mark.parametrize("fleet", FLEETS, ids=range(len(FLEETS)))
def test_valid_files_are_valid_for_both(fleet: dict[str, Any]) -> None:
    assert reasons(fleet) == ()
    assert [error.message for error in JUDGE.iter_errors(fleet)] == []


@settings(max_examples=examples(250), deadline=None)
@given(fleets())
def test_both_accept_and_refuse_the_same_but_for_what_no_schema_can_say(fleet: dict[str, Any]) -> None:
    is_valid, refused = JUDGE.is_valid(fleet), reasons(copy.deepcopy(fleet))
    if not refused:
        assert is_valid, [error.message for error in JUDGE.iter_errors(fleet)]
    if is_valid:
        for reason in refused:
            assert any(re.search(limit, reason) for limit in LIMITS), reason


@pytest.mark.parametrize("text", EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_example_of_the_page_is_right(text: str) -> None:
    assert len(parse(text, account="111122223333", region="eu-west-1"))
    assert [error.message for error in JUDGE.iter_errors(parsed(text, "page").value)] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"repositories": [{"name": "ab", "image_scan_on_psuh": True}]},
        {"repositories": [{"name": "ab", "image_scan_on_push": "yes"}]},
        {"repositories": [{"name": "AB"}]},
        {"repositories": [{}]},
        {"repositories": {"ab": {}}},
        {"repositories": [{"name": "ab", "lifecycle_rules": [{"max_image_count": 0}]}]},
        {"repositories": [{"name": "ab", "lifecycle_rules": [{"max_image_count": 1, "max_image_age": 1}]}]},
        {"repositories": [{"name": "ab", "lifecycle_guard": {"max_fraction": 1.5}}]},
        {"repositories": [{"name": "ab", "grants": [{"allow": "pul", "principal": {"role": "x"}}]}]},
        {"repositories": [{"name": "ab", "grants": [{"allow": "pull", "principal": {"role": "x", "user": "y"}}]}]},
        {"repositories": [{"name": "ab", "grants": [{"allow": "pull", "principal": 11122223333}]}]},
        {"repositories": [{"name": "ab", "grants": [{"allow": "pull", "principal": {"account": 1000000000000}}]}]},
        {"repositories": [{"name": "ab", "grants": [{"allow": "pull", "principal": {"account": True}}]}]},
        {"repositories": [{"name": "ab", "events": [{"kind": "image-pushed", "options": {"severities": ["LOW"]}}]}]},
        {"repositories": [{"name": "ab", "tags": {"aws:x": "y"}}]},
        {"repositories": [{"name": "ab", "tags": {"prod": False}}]},
        {"defaults": {"name": "ab"}, "repositories": []},
        {"events": [{"kind": "image-pushed", "repositories": "ab"}]},
        {"registry": {"scaning": {}}},
        {},
    ],
)
def test_what_an_editor_should_mark_is_marked(wrong: dict[str, Any]) -> None:
    assert reasons(wrong)
    assert not JUDGE.is_valid(wrong)


def test_placeholders_are_right_wherever_a_form_is_asked_for() -> None:
    fleet = {
        "repositories": [
            {
                "name": "{region}/api",
                "encryption_key": "arn:aws:kms:{region}:{account}:key/1",
                "grants": [{"allow": "pull", "principal": "{account}"}],
                "events": [{"kind": "image-pushed", "targets": ["arn:aws:sqs:{region}:{account}:q"]}],
            }
        ]
    }
    assert JUDGE.is_valid(fleet)
    assert parse(json.dumps(fleet), "json", account="111122223333", region="eu-west-1").names == ("eu-west-1/api",)
