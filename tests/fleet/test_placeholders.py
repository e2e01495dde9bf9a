"""``{account}`` and ``{region}`` stand for what they say, and no other braces mean anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ecrops import Registry, SpecError
from ecrops.fleet import parse, read, write
from ecrops.testing import Cloud
from tests.fleet.support import refused


def filled(value: str) -> str:
    text = json.dumps({"repositories": [{"verbatim": {"name": "X", "tags": {"a": value}}}]})
    (spec,) = parse(text, "json", account="123456789012", region="eu-west-1").repositories
    return str((spec.tags or {})["a"])


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("arn:aws:sqs:{region}:{account}:q", "arn:aws:sqs:eu-west-1:123456789012:q"),
        ("{{account}}", "{account}"),
        ("{{{account}}}", "{{account}}"),
        ("{{team}}", "{team}"),
        ('{"a": {account}}', '{"a": 123456789012}'),
        ('{"a": {"b": {"c": 1}}}', '{"a": {"b": {"c": 1}}}'),
        ("${aws:username}", "${aws:username}"),
        ("${team}", "${team}"),
        ("${{account}}", "${account}"),
        ("{", "{"),
        ("{} {{}} {1} [0-9]{12}", "{} {{}} {1} [0-9]{12}"),
        ("{{resolve:secretsmanager:x}}", "{{resolve:secretsmanager:x}}"),
    ],
)
def test_braces_mean_what_is_documented(text: str, result: str) -> None:
    assert filled(text) == result


def test_keys_are_never_filled_in() -> None:
    (spec,) = parse('repositories: [{verbatim: {name: X, tags: {"{account}": a}}}]', account="1" * 12).repositories
    assert spec.tags == {"{account}": "a"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("q/{acount}", "{acount} is no placeholder; did you mean {account}?; write {{acount}} for the text itself"),
        ("${region}", "${region} is no placeholder: write {region}"),
        ("{account}", "{account} is not known here: read the file with account=, or with registry="),
    ],
)
def test_a_wrong_placeholder_is_refused_once_and_at_its_place(text: str, message: str) -> None:
    assert refused(f"repositories:\n  - name: ab\n    encryption_key: '{text}'\n", region="eu-west-1") == (
        f"fleet:3:5: repositories[0].encryption_key: {message}",
    )


def test_a_placeholder_without_quotes_is_answered() -> None:
    message = "YAML takes {account} without quotes for a mapping: write '{account}'"
    assert refused("repositories: [{name: ab, encryption_key: {account}}]") == (
        f"fleet:1:27: repositories[0].encryption_key: {message}",
    )


def test_what_has_several_aliases_is_filled_in_once() -> None:
    text = "x-a: &t {a: '{{account}}'}\nrepositories:\n"
    text += "  - {verbatim: {name: X, tags: *t}}\n  - {verbatim: {name: Y, tags: *t}}\n"
    assert [spec.tags for spec in parse(text).repositories] == [{"a": "{account}"}] * 2


def test_a_registry_says_what_placeholders_stand_for_when_one_is_met(
    registry: Registry, cloud: Cloud, tmp_path: Path
) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text("repositories: [{name: ab, tags: {where: '{region}'}}]")
    (spec,) = read(file, registry=registry).repositories
    assert spec.tags == {"where": "eu-west-1"}
    assert not cloud.calls
    file.write_text("repositories: [{name: ab, tags: {who: 'of {account}', too: '{account}'}}]")
    (spec,) = read(file, registry=registry).repositories
    assert spec.tags == {"who": f"of {Cloud.account}", "too": Cloud.account}
    assert cloud.calls.operations() == ["GetCallerIdentity"]
    (spec,) = read(file, registry=registry, account="111122223333").repositories
    assert spec.tags == {"who": "of 111122223333", "too": "111122223333"}


@pytest.mark.parametrize("wrong", [{"account": 123456789012}, {"account": "1234"}, {"region": "EU"}, {"region": 3}])
def test_an_account_and_a_region_are_checked(wrong: Any) -> None:
    with pytest.raises(SpecError, match=f"{next(iter(wrong))}: expected "):
        parse("repositories: []", **wrong)


@pytest.mark.parametrize("text", ["{account}", "{{x}}", "{{{x}", "${region}", "a{b}}c", '{"a": {"b": 1}}'])
def test_what_is_written_is_read_as_it_was(text: str) -> None:
    fleet = parse('{"repositories": [{"verbatim": {"name": "X"}}]}', "json")
    (spec,) = fleet.repositories
    spec = type(spec)("X", verbatim=("name", "tags"), tags={"a": text})
    assert parse(write([spec])).specs == (spec,)
    assert parse(write([spec], "json"), "json").specs == (spec,)


@pytest.mark.parametrize("region", ["eu-west", "eu_west_1", "x-y"])
def test_a_region_is_refused_as_everywhere_else(region: str) -> None:
    with pytest.raises(SpecError, match="region: expected a region, such as 'eu-west-1'"):
        parse('{"repositories": [{"name": "a"}]}', region=region)
