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


def merged(defaults: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    (spec,) = fleet_from_dict({"defaults": defaults, "repositories": [{"name": "ab", **own}]})
    return {name: value for name, value in spec.to_dict().items() if name != "name"}


@pytest.mark.parametrize(
    ("defaults", "own", "result"),
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
def test_a_repositorys_own_field_comes_before_the_default(defaults: Any, own: Any, result: Any) -> None:
    assert merged(defaults, own) == result


def test_a_tag_that_is_null_without_a_default_is_a_mistake() -> None:
    (reason,) = refused("defaults: {tags: {a: '1'}}\nrepositories:\n  - {name: ab, tags: {b: null}}\n")
    assert reason.startswith("fleet:3:16: repositories[0].tags: the value of 'b' is a string")


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
