"""What a repository says itself replaces the default; tags are merged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ecrops import fleet_from_dict
from ecrops.fleet import read
from tests.fleet.support import fields, read_refused, refused, written

GUARD = {"max_expired": 3}
RULES = [{"max_image_count": 3, "tag_status": "any"}]


def merged(defaults: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    (spec,) = fleet_from_dict({"defaults": defaults, "repositories": [{"name": "ab", **changes}]})
    return {name: value for name, value in spec.to_dict().items() if name != "name"}


@pytest.mark.parametrize(
    ("defaults", "changes", "result"),
    [
        ({"image_scan_on_push": True}, {}, {"image_scan_on_push": True}),
        ({"image_scan_on_push": True}, {"image_scan_on_push": False}, {"image_scan_on_push": False}),
        ({"image_scan_on_push": True}, {"image_scan_on_push": None}, {}),
        ({"lifecycle_rules": RULES}, {"lifecycle_rules": []}, {"lifecycle_rules": []}),
        ({"lifecycle_guard": GUARD}, {"lifecycle_guard": {"never": ["x"]}}, {"lifecycle_guard": {"never": ["x"]}}),
        ({"tags": {"a": "1", "b": "2"}}, {"tags": {"b": "3", "c": "4"}}, {"tags": {"a": "1", "b": "3", "c": "4"}}),
        ({"tags": {"a": "1", "b": "2"}}, {"tags": {"a": None}}, {"tags": {"b": "2"}}),
        ({"tags": {"a": "1"}}, {"tags": {}}, {"tags": {}}),
        ({"tags": {"a": "1"}}, {"tags": None}, {}),
        ({"tags": {"a": "1"}}, {"verbatim": {"tags": {"b": "2"}}}, {"verbatim": {"tags": {"b": "2"}}}),
        ({"tags": {"a": "1"}}, {"unread": {"tags": "denied"}}, {"unread": {"tags": "denied"}}),
        (
            {"image_tag_mutability": "IMMUTABLE_WITH_EXCLUSION", "image_tag_mutability_exclusion_filters": ["a*"]},
            {"image_tag_mutability": "MUTABLE"},
            {"image_tag_mutability": "MUTABLE"},
        ),
        ({"encryption": "KMS", "encryption_key": "alias/a"}, {"encryption": "AES256"}, {"encryption": "AES256"}),
        (
            {"encryption": "KMS", "encryption_key": "alias/a"},
            {"encryption": "KMS_DSSE"},
            {"encryption": "KMS_DSSE", "encryption_key": "alias/a"},
        ),
    ],
)  # fmt: skip
def test_a_repositorys_own_field_comes_before_the_default(defaults: Any, changes: Any, result: Any) -> None:
    assert merged(defaults, changes) == result


def test_a_tag_that_is_null_without_a_default_is_a_mistake() -> None:
    (reason,) = refused("defaults: {tags: {a: '1'}}\nrepositories:\n  - {name: ab, tags: {b: null}}\n")
    assert reason.startswith("fleet:3:16: repositories[0].tags: the value of 'b' is a string")
    assert reason.endswith("got None; null takes away the tag of a default, and no default here has this tag")
    (alone,) = refused("repositories:\n  - {name: ab, tags: {b: null}}\n")
    assert alone.endswith("no default here has this tag")


FILTERS = "image_tag_mutability_exclusion_filters"
EXCLUSIONS = f"image_tag_mutability: IMMUTABLE_WITH_EXCLUSION, {FILTERS}: [dev*]"


@pytest.mark.parametrize(
    ("defaults", "changes", "field", "default"),
    [
        (EXCLUSIONS, "image_tag_mutability: null", FILTERS, FILTERS),
        (EXCLUSIONS, f"{FILTERS}: null", FILTERS, "image_tag_mutability"),
        ("image_tag_mutability: IMMUTABLE", f"{FILTERS}: [dev*]", FILTERS, "image_tag_mutability"),
        ("encryption: AES256", "encryption_key: alias/a", "encryption_key", "encryption"),
        ("grants: [{allow: pull, principal: {role: nodes}, on: team/*}]", "tags: {a: b}", "grants[0].on", "grants"),
    ],
)
def test_a_reason_about_a_default_says_where_that_stands(defaults: str, changes: str, field: str, default: str) -> None:
    text = f"defaults: {{{defaults}}}\nrepositories: [{{name: ab, {changes}}}]\n"
    (reason,) = refused(text)
    column = text.index(default + ":") + 1
    assert reason.startswith("fleet:2:")
    assert f" repositories[0].{field}: " in reason
    message = f"; {default} comes from the defaults, fleet:1:{column}"
    if field.split("[")[0] != default:
        assert reason.endswith(message)
        return
    assert reason.endswith(f"{message}: null in the repository leaves {default} out")
    assert fields(f"defaults: {{{defaults}}}\nrepositories: [{{name: ab, {changes}, {default}: null}}]\n")


def test_reasons_about_a_repositorys_own_fields_do_not_speak_of_defaults() -> None:
    reasons = refused(
        f"defaults: {{{EXCLUSIONS}, tags: {{a: b}}}}\n"
        f"repositories: [{{name: ab, {FILTERS}: []}}, {{name: cd, tags: {{c: 1}}}}, {{name: ef, encryption: x}}]\n"
    )
    assert len(reasons) == 3
    assert not [reason for reason in reasons if "default" in reason]


def test_tags_that_are_too_many_with_those_of_the_defaults_say_so() -> None:
    many = ", ".join(f"t{n}: x" for n in range(50))
    (reason,) = refused(f"defaults: {{tags: {{a: b}}}}\nrepositories: [{{name: ab, tags: {{{many}}}}}]\n")
    assert reason.endswith("; the tags of the defaults, fleet:1:12 count too")


@pytest.mark.parametrize("wrong", ["image_scan_on_push: maybe", "tags: {a: 1}", "colour: red"])
def test_a_name_that_is_there_twice_is_said_with_all_other_mistakes(wrong: str) -> None:
    for items in (f"{{name: ab, {wrong}}}, {{name: ab}}", f"{{name: ab}}, {{name: ab, {wrong}}}"):
        reasons = refused(f"repositories: [{items}]\n")
        assert len(reasons) == 2
        assert any("'ab' is in fleet:1:16 too: merge them" in reason for reason in reasons)


def test_a_default_that_is_wrong_is_said_once_and_at_its_place() -> None:
    text = "defaults:\n  image_scan_on_push: yes\n  lifecycle_rules: [{max_image_cuont: 1, max_image_age: 3}]\n"
    text += "repositories: [{name: ab}, {name: cd}, {name: ef, image_scan_on_push: 3}]\n"
    assert [reason.split(", got")[0] for reason in refused(text)] == [
        "fleet:2:3: defaults.image_scan_on_push: expected True or False, without quotes",
        "fleet:3:22: defaults.lifecycle_rules[0].max_image_cuont: unknown key; did you mean max_image_count?",
        "fleet:4:51: repositories[2].image_scan_on_push: expected True or False",
    ]


def test_what_goes_with_no_default_is_said_of_the_repository() -> None:
    text = "defaults: {encryption: AES256}\nrepositories:\n  - name: ab\n    encryption_key: alias/a\n"
    (reason,) = refused(text)
    assert reason.startswith("fleet:4:5: repositories[0].encryption_key: AES256 has no key of yours")


def test_a_default_that_does_not_fit_one_repository_is_said_of_that() -> None:
    text = "defaults: {grants: [{allow: pull, principal: {role: nodes}, on: team/*}]}\n"
    text += "repositories:\n  - name: team/api\n  - name: tools/lint\n"
    (reason,) = refused(text)
    assert reason.startswith("fleet:4:5: repositories[1].grants[0].on: 'team/*' does not match the repository")


def test_defaults_that_only_go_with_a_repositorys_own_are_right() -> None:
    filters = {"image_tag_mutability_exclusion_filters": ["a*"]}
    assert merged(filters, {"image_tag_mutability": "MUTABLE_WITH_EXCLUSION"})
    assert "defaults.image_tag_mutability_exclusion_filters: " in refused(
        "defaults: {image_tag_mutability_exclusion_filters: ['a*']}\nrepositories: [{name: ab}]"
    )[0]  # fmt: skip


@pytest.mark.parametrize("name", ["name", "verbatim", "unread"])
def test_what_a_repository_says_itself_is_no_default(name: str) -> None:
    assert f"fleet:1:12: defaults.{name}: is no default: each repository says it itself" in refused(
        f"defaults: {{{name}: ab}}\nrepositories: []"
    )


def test_the_defaults_of_a_file_are_for_its_own_repositories(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        a="defaults: {image_scan_on_push: true, tags: {b: '2'}}\n"
        "repositories: [{name: ab}, {name: cd, tags: {c: '3'}}]",
        b="repositories: [{name: ef}]",
        z="defaults: {image_scan_on_push: false, tags: {a: '1'}}",
    )
    assert [spec.to_dict() for spec in read(folder)] == [
        {"name": "ab", "image_scan_on_push": True, "tags": {"a": "1", "b": "2"}},
        {"name": "cd", "image_scan_on_push": True, "tags": {"a": "1", "b": "2", "c": "3"}},
        {"name": "ef", "image_scan_on_push": False, "tags": {"a": "1"}},
    ]
    written(tmp_path, y="defaults:\n  tags: {}\n")
    assert read_refused(folder) == ["z.yaml:1:39: defaults.tags: is in y.yaml:2:3 too: say it in one of them"]


def test_wrong_defaults_of_a_file_for_all_are_said_where_they_are(tmp_path: Path) -> None:
    folder = written(tmp_path, a="defaults:\n  tgas: {}\n", b="repositories: [{name: ab}, {name: cd}]")
    (reason,) = read_refused(folder)
    assert reason.startswith("a.yaml:2:3: defaults.tgas: unknown key; did you mean tags?")


def test_wrong_defaults_that_nobody_has_are_said_too() -> None:
    (reason,) = refused("defaults: {tgas: {}}\nrepositories: []")
    assert reason.startswith("fleet:1:12: defaults.tgas: unknown key")


def test_defaults_for_events_and_grants_are_replaced_whole() -> None:
    text = "defaults: {grants: [{allow: pull, principal: {role: nodes}}], events: [{kind: image-pushed}]}\n"
    text += "repositories: [{name: ab}, {name: cd, grants: [], events: []}]"
    first, second = fields(text)
    assert first["grants"] == [{"allow": "pull", "principal": {"role": "nodes"}}]
    assert first["events"] == [{"kind": "image-pushed", "repositories": "ab"}]
    assert second == {"name": "cd", "grants": [], "events": []}
