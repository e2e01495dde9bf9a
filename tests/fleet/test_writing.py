"""What is written is read back as it is: by ecrops, and by other readers of YAML."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ecrops import RepositorySpec, SpecError
from ecrops.fleet import fleet_to_dict, parse, write
from support import examples
from tests.registry_settings.full import FULL
from tests.test_spec import FULL as REPOSITORY

TRAPS = [
    "", "no", "On", "y", "null", "~", "true", "1", "1.0", "1e3", "012345678901", "123456789012", "2026-01-31", "0x1f",
    "0o7", "12:30", "a: b", "a #b", "#", "- a", "-", "?", "*a", "&a", "!a", "%a", "@a", "`a", "'", '"', "\\", "a\nb",
    "\t", " a ", "[a]", "{a}", "a,b", "=", "<<",
    ".inf", "é", "🎉", "\x7f", "\x85", "\u2028", "\ufeff", "a:", ":a", "---", "...", "|", ">",
]  # fmt: skip
texts = st.one_of(
    st.sampled_from(TRAPS), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
)
documents = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**15), 10**15), st.just(123456789012), texts)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def verbatim(rule: Any) -> RepositorySpec:
    return RepositorySpec("ab", verbatim=("lifecycle_rules",), lifecycle_rules=[rule])


@settings(max_examples=examples(150), deadline=None)
@given(st.dictionaries(texts, documents, max_size=3))
def test_any_document_is_read_back_as_it_is(rule: dict[str, Any]) -> None:
    spec = verbatim(rule)
    assert parse(write([spec])).specs == (spec,)
    assert parse(write([spec], "json"), "json").specs == (spec,)


@settings(max_examples=examples(100), deadline=None)
@given(st.dictionaries(texts, texts.filter(lambda text: "{" not in text), max_size=3))
def test_other_readers_of_yaml_read_the_same_strings(tags: dict[str, str]) -> None:
    specs = [RepositorySpec("ab", verbatim=("tags",), tags=tags)]
    assert yaml.safe_load(write(specs)) == fleet_to_dict(specs)


def test_everything_that_a_fleet_can_say_is_read_back() -> None:
    specs = (FULL, REPOSITORY)
    assert parse(write(specs)).specs == specs
    assert parse(write(parse(write(specs, "json"), "json")), "yaml").specs == specs
    assert yaml.safe_load(write(specs)) == json.loads(json.dumps(fleet_to_dict(specs)))


def test_what_is_written_is_as_a_human_writes_it() -> None:
    assert (
        write([REPOSITORY])
        == """\
repositories:
  - name: team/api
    image_tag_mutability: IMMUTABLE_WITH_EXCLUSION
    image_tag_mutability_exclusion_filters:
      - dev-*
      - latest
    image_scan_on_push: false
    encryption: KMS
    encryption_key: alias/images
    lifecycle_rules:
      - rule_priority: 3
        description: keep prod
        tag_status: tagged
        tag_prefix_list:
          - prod
        max_image_count: 5
      - tag_status: any
        max_image_age: 30
    tags:
      team: web
"""
    )


def test_a_very_long_key_is_read_back() -> None:
    spec = verbatim({"a" * 2000: {"b" * 3000: [1], "c" * 1500: "x"}})
    assert parse(write([spec])).specs == (spec,)
    assert yaml.safe_load(write([spec])) == fleet_to_dict([spec])


@pytest.mark.parametrize("format", ["toml", "xml", None])
def test_other_formats_are_refused(format: Any) -> None:
    with pytest.raises(SpecError, match="format: expected 'yaml' or 'json', got "):
        write([], format)
