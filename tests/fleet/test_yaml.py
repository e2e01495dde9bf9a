"""YAML: what is a string stays one, what is there twice is refused, and aliases end somewhere."""

from __future__ import annotations

import builtins
import time
from typing import Any

import pytest
import yaml

from ecrops import SpecError, read_fleet
from ecrops.fleet import parse
from tests.fleet.support import fields, refused


def tags(text: str) -> dict[str, Any]:
    (fields_of,) = fields(f"repositories: [{{name: team/api, tags: {{{text}}}}}]")
    return dict(fields_of["tags"])


@pytest.mark.parametrize(
    "text", ["no", "on", "Yes", "y", "off", "2026-01-31", "012345678901", "123456789012", "007", "1_000", "12:30:45"]
)
def test_what_reads_as_text_is_a_string(text: str) -> None:
    assert tags(f"a: {text}") == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"), [("1", 1), ("1.5", 1.5), ("true", True), ("-3", -3), ("1234567890123", 1234567890123)]
)
def test_a_number_or_a_boolean_as_tag_is_refused_with_the_way_out(text: str, value: Any) -> None:
    (reason,) = refused(f"repositories:\n  - name: team/api\n    tags: {{a: {text}}}\n")
    assert reason.startswith("fleet:3:5: repositories[0].tags: the value of 'a' is a string")
    assert f"got {value!r}; " in reason
    assert "in quotes" in reason
    assert tags(f"a: '{text}'") == {"a": text}


def test_the_field_on_of_a_grant_is_no_boolean() -> None:
    grant = "{allow: pull, principal: {role: nodes}, on: team/*}"
    (made,) = fields(f"repositories:\n  - name: team/api\n    grants: [{grant}]\n")
    assert made["grants"] == [{"allow": "pull", "principal": {"role": "nodes"}, "on": "team/*"}]


@pytest.mark.parametrize("account", ["012345678901", "123456789012", "'123456789012'"])
def test_the_id_of_an_account_needs_no_quotes(account: str) -> None:
    text = f"repositories:\n  - name: team/api\n    grants: [{{allow: pull, principal: {account}}}]\n"
    assert fields(text)[0]["grants"] == [{"allow": "pull", "principal": {"account": account.strip("'")}}]


@pytest.mark.parametrize("text", ["true", "True", "TRUE"])
def test_only_true_and_false_are_booleans(text: str) -> None:
    assert fields(f"repositories: [{{name: ab, image_scan_on_push: {text}}}]") == [
        {"name": "ab", "image_scan_on_push": True}
    ]
    (reason,) = refused("repositories: [{name: ab, image_scan_on_push: yes}]")
    assert reason == "fleet:1:27: repositories[0].image_scan_on_push: expected True or False, without quotes, got 'yes'"


@pytest.mark.parametrize("text", ["null", "~", ""])
def test_null_is_not_managed(text: str) -> None:
    assert fields(f"repositories:\n  - name: ab\n    tags: {text}\n") == [{"name": "ab"}]


def test_keys_that_are_there_twice_are_refused_with_both_places() -> None:
    text = "repositories:\n  - name: ab\n    tags: {a: '1'}\n    tags: {a: '2', a: '3'}\n"
    assert refused(text) == (
        "fleet:4:5: tags: is there twice, the first time at fleet:3:5",
        "fleet:4:20: a: is there twice, the first time at fleet:4:12",
    )


def test_anchors_aliases_and_merge_keys_work() -> None:
    text = """
x-common: &common
  image_scan_on_push: true
  tags: &tags {team: web, tier: one}
repositories:
  - <<: *common
    name: team/api
    tags: {<<: *tags, tier: two}
  - <<: [{image_scan_on_push: false}, *common]
    name: team/worker
"""
    assert fields(text) == [
        {"name": "team/api", "image_scan_on_push": True, "tags": {"team": "web", "tier": "two"}},
        {"name": "team/worker", "image_scan_on_push": False, "tags": {"team": "web", "tier": "one"}},
    ]


def test_a_mistake_in_what_an_alias_names_has_the_place_where_it_was_written() -> None:
    text = "x-a: &tags\n  team: 3\nrepositories:\n  - {name: ab, tags: *tags}\n"
    assert refused(text)[0].startswith("fleet:4:16: repositories[0].tags: ")
    text = "x-a: &rules\n  - max_image_cuont: 3\n    max_image_age: 7\n"
    text += "repositories:\n  - {name: ab, lifecycle_rules: *rules}\n"
    assert refused(text)[0].startswith("fleet:2:5: repositories[0].lifecycle_rules[0].max_image_cuont: unknown key")


def test_laughs_do_not_grow_to_billions() -> None:
    lines = ["x-a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"x-a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    started = time.process_time()
    (reason,) = refused("\n".join([*lines, "repositories: [{name: ab, tags: *a11}]"]))
    assert "expected at most 1,000,000 values, got more, with all its aliases" in reason
    assert time.process_time() - started < 5


@pytest.mark.parametrize("text", ["[" * 200_000, "{a: " * 5000, "- " * 5000, "a: &a [*a]", "a: &a {b: {c: *a}}"])
def test_no_depth_ends_the_process(text: str) -> None:
    assert len(refused(text)) == 1


def test_depth_behind_aliases_counts() -> None:
    nested = "[" * 60 + "1" + "]" * 60
    text = f"x-a: &a {nested}\nrepositories: [{{name: ab, tags: {'[' * 60}*a{']' * 60}}}]"
    assert refused(text)[0].startswith("fleet:2:")
    chain = [f"x-a{n}: &a{n} {'[' * 90}{f'*a{n - 1}' if n else 1}{']' * 90}" for n in range(30)]
    assert "fleet:2:" in refused("\n".join([*chain, "repositories: []"]))[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "fleet: is empty: expected repositories: [...]"),
        ("# nothing\n", "fleet: is empty: expected repositories: [...]"),
        ("a: [1,\nb: 2", "fleet:3:1: expected YAML, and this is none"),
        ("a:\n\t- b", "fleet:2:1: expected YAML, and this is none: while scanning for the next token, found"),
        ("a: *b", "fleet:1:4: there is no &b before"),
        ("x-a: &rules []\nb: *ruls", "fleet:2:4: there is no &ruls before; did you mean rules?"),
        ("repositories: []\n---\nrepositories: []", "fleet:2:1: a second document begins here"),
        ("1: x\nrepositories: []", "fleet:1:1: expected a string as key, got 1: write '1'"),
        ("[a]: x", "fleet:1:1: expected a string as key, got a mapping or a list"),
        ("repositories: !!set {a}", "fleet:1:15: the tag 'tag:yaml.org,2002:set' makes no value here"),
        ("repositories: [{name: !secret x}]", "fleet:1:23: the tag '!secret' makes no value of 'x' here"),
        ("a: \x07", "fleet: expected YAML, and this is none"),
        ("repositories: [{<<: 3, name: ab}]", "fleet:1:17: <<: expected a mapping, or a list of them, got 3"),
    ],
)  # fmt: skip
def test_what_is_no_yaml_of_ours_is_answered(text: str, message: str) -> None:
    assert any(reason.startswith(message) for reason in refused(text))


def test_tags_of_the_standard_are_what_they_say() -> None:
    text = "repositories: [{name: !!str ab, image_scan_on_push: !!bool true, tags: !!map {a: !!str 1}}]"
    assert fields(text) == [{"name": "ab", "image_scan_on_push": True, "tags": {"a": "1"}}]


def test_both_parsers_of_pyyaml_mean_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "repositories:\n  - name: ab\n    tags: {a: no, b: 012345678901, c: '1'}\n"
    wrong = text + "    tgas: 1\n    name: x\n"
    fast, fast_reasons = fields(text), refused(wrong)
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert fields(text) == fast
    assert refused(wrong) == fast_reasons
    assert len(refused("[" * 200_000)) == 1


def test_without_pyyaml_the_way_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **options: Any) -> Any:
        if name == "yaml":
            raise ImportError(name)
        return real(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    assert refused("a: 1") == ("fleet: YAML needs PyYAML: pip install 'ecrops[yaml]', or write JSON or TOML",)
    assert parse('{"repositories": []}', "json").specs == ()


def test_a_thousand_repositories_need_no_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: Any) -> None:
        raise AssertionError("a hint for a key that is known")

    monkeypatch.setattr("ecrops.base.problems.nearest", forbidden)
    one = "- {name: ab%d, lifecycle_rules: [{max_image_count: 3}], grants: [{allow: pull, principal: o-a1b2c3d4e5}]}"
    other = "- {verbatim: {name: X%d}, encryption: KMS, lifecycle_guard: {max_expired: 3}, unread: {tags: no}}"
    items = "\n".join((one if n % 2 else other) % n for n in range(1000))
    assert len(parse(f"repositories:\n{items}")) == 1000


def test_a_file_without_an_ending_is_no_guess() -> None:
    with pytest.raises(SpecError, match=r"expected a name that ends in \.yaml, \.yml, \.json, \.toml"):
        read_fleet("fleet")
