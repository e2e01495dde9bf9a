"""Several files are one fleet, a mistake has its place, and JSON and TOML say the same as YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import ecrops
from ecrops import Fleet, Registry, RegistrySpec, RepositorySpec, SpecError, fleet_from_dict, prefix
from ecrops.events import on_image_pushed
from ecrops.fleet import parse, read
from tests.fleet.support import fields, read_refused, refused, written

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:pushes"


def test_yaml_json_and_toml_say_the_same() -> None:
    (spec,) = parse(
        "repositories:\n  - name: team/api\n    tags: {a: '1'}\n    lifecycle_rules: [{max_image_count: 3}]\n"
    )
    as_json = (
        '{"repositories": [{"name": "team/api", "tags": {"a": "1"}, "lifecycle_rules": [{"max_image_count": 3}]}]}'
    )
    toml = '[[repositories]]\nname = "team/api"\ntags.a = "1"\n[[repositories.lifecycle_rules]]\nmax_image_count = 3\n'
    assert parse(as_json, "json").specs == parse(toml, "toml").specs == (spec,)


def test_the_ending_tells_the_format(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("repositories: [{name: ab}]")
    (tmp_path / "b.json").write_bytes(b'\xef\xbb\xbf{"repositories": [{"name": "cd"}]}')
    (tmp_path / "c.TOML").write_text('repositories = [{name = "ef"}]')
    (tmp_path / "d.txt").write_text("nothing of ours")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "e.yaml").write_text("nothing of ours")
    (tmp_path / "team").mkdir()
    (tmp_path / "team" / "f.yaml").write_text("repositories: [{name: gh}]")
    assert ecrops.read_fleet(tmp_path).names == ("ab", "cd", "ef", "gh")
    assert read(str(tmp_path / "a.yml"), tmp_path).names == ("ab", "cd", "ef", "gh")


def test_a_path_that_is_no_fleet_is_answered(tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_text("repositories: []")
    with pytest.raises(SpecError, match=r"did you mean fleet\.yaml\?"):
        read(tmp_path / "fleet")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SpecError, match="there is no file in it whose name ends in"):
        read(tmp_path / "empty")
    with pytest.raises(SpecError, match="expected the path of a fleet file, or of a folder"):
        read()
    with pytest.raises(SpecError, match="expected the path of a fleet file, got 3"):
        read(3)  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "nothing.yaml")


@pytest.mark.parametrize(
    ("content", "message"), [("a: é".encode("utf-16"), "PowerShell"), (b"a: \xff", "byte 3 is none")]
)
def test_a_file_is_utf_8(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.yaml").write_bytes(content)
    (reason,) = read_refused(tmp_path)
    assert reason.startswith("a.yaml: expected a text in UTF-8: ")
    assert message in reason


def test_a_mistake_has_the_line_and_the_column_of_its_key() -> None:
    text = "repositories:\n- name: ab\n- name: cd\n  lifecycle_rules:\n"
    text += "  - max_image_count: 1\n  - max_image_cuont: 2\n    max_image_age: 9\n"
    message = "repositories[1].lifecycle_rules[1].max_image_cuont: unknown key; did you mean max_image_count?"
    assert refused(text) == (f"fleet:6:5: {message}",)
    as_json = '{"repositories": [{"name": "ab"},\n {"name": "cd", "lifecycle_rules": [\n'
    as_json += '{"max_image_count": 1}, {"max_image_cuont": 2, "max_image_age": 9}]}]}'
    assert refused(as_json, "json") == (f"fleet:3:26: {message}",)
    toml = '[[repositories]]\nname = "ab"\n[[repositories]]\nname = "cd"\n'
    toml += "lifecycle_rules = [{max_image_count = 1}, {max_image_cuont = 2, max_image_age = 9}]"
    assert refused(toml, "toml") == (f"fleet: {message}",)


def test_every_mistake_is_said_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        a="events: [{kind: image-psuhed}]\nrepositories:\n  - {tags: {a: 1}}\n"
        "  - {name: A, grants: [{allow: pul, principal: x}]}\nrepository: []\n",
        b="repositories: [",
        c="repositories: [{name: ab, tgas: {}}]",
    )
    assert [reason.split(": ")[0] for reason in read_refused(folder)] == [
        *("a.yaml:1:11", "a.yaml:3:5", "a.yaml:3:6"),
        *("a.yaml:4:6", "a.yaml:4:6", "a.yaml:4:25", "a.yaml:4:37", "a.yaml:5:1"),
        *("b.yaml:2:1", "c.yaml:1:27"),
    ]


def test_json_is_read_without_its_traps() -> None:
    text = '{"repositories": [\n  {"name": "ab", "tags": {"a\\u0062": "1",\n   "ab": "2"}}]}'
    assert refused(text, "json") == ("fleet:3:4: ab: is there twice, the first time at fleet:2:27",)
    assert refused('{"repositories": [}', "json")[0].startswith("fleet:1:19: expected JSON, and this is none: ")
    assert "NaN is no number of JSON" in refused('{"repositories": NaN}', "json")[0]
    assert len(refused("[" * 200_000, "json")) == 1
    assert refused('{"repositories": [{"name": "ab", "tags": {"a": 3}}]}', "json")[0].startswith("fleet:1:34: ")


def test_a_text_that_is_json_is_read_as_json() -> None:
    text = '{\n\t"repositories": [{"verbatim": {"name": "X", "tags": {"a": "\\ud83d\\ude00"}}}]}'
    (spec,) = parse(text).repositories
    assert spec.tags == {"a": "\N{GRINNING FACE}"}
    assert parse("{repositories: [{name: ab}]}").names == ("ab",)


def test_toml_is_read_without_its_traps() -> None:
    assert refused("a = [", "toml")[0].startswith("fleet: expected TOML, and this is none: ")
    assert refused("a = 1\nb = !", "toml")[0].startswith("fleet:2:5: expected TOML, and this is none: ")
    message = "repositories[0].tags.a: expected a string, got a date: write '2026-01-31'"
    assert f"fleet: {message}" in refused('repositories = [{name = "ab", tags = {a = 2026-01-31}}]', "toml")
    assert "is none: Cannot overwrite a value" in refused("a = 1\na = 2", "toml")[0]


def test_two_files_that_say_one_repository_are_refused_with_both_places(tmp_path: Path) -> None:
    folder = written(
        tmp_path, a="repositories:\n  - name: ab\n", b="repositories:\n  - image_scan_on_push: true\n    name: ab\n"
    )
    assert read_refused(folder) == ["b.yaml:3:5: repositories[0].name: 'ab' is in a.yaml:2:5 too: merge them"]
    assert refused("repositories:\n  - name: ab\n  - name: ab\n") == (
        "fleet:3:5: repositories[1].name: 'ab' is in fleet:2:5 too: merge them",
    )


def test_events_of_the_registry_stand_beside_the_repositories(registry: Registry) -> None:
    event = "{kind: image-pushed, name: pushed, repositories: {prefix: team/}}"
    (spec,) = parse(f"events: [{event}]")
    assert spec == RegistrySpec(events=[on_image_pushed(name="pushed", repositories=prefix("team/"))])
    assert parse(f"registry: {{events: [{event}]}}").specs == (spec,)
    assert fleet_from_dict({"events": []}) == [RegistrySpec(events=())]
    assert registry.ensure(*parse(f"events: [{event}]\nrepositories: [{{name: ab}}]"))
    assert [rule.name for rule in registry.rules()] == ["pushed"]
    assert registry.ensure(*parse("events: []").specs)
    assert not registry.rules()


def test_several_files_say_one_registry_and_each_setting_once(tmp_path: Path) -> None:
    def event(name: str) -> str:
        return f"{{kind: image-pushed, name: {name}}}"

    folder = written(
        tmp_path,
        a=f"registry: {{pull_time_exclusions: [], events: [{event('one')}]}}",
        b=f"registry: {{registry_policy: {{}}}}\nevents: [{event('two')}]",
    )
    (spec,) = read(folder)
    assert isinstance(spec, RegistrySpec)
    assert [event.name for event in spec.events or ()] == ["one", "two"]
    assert (spec.registry_policy, spec.pull_time_exclusions) == ({}, ())
    written(
        tmp_path,
        c=f"registry:\n  registry_policy: {{}}\nevents:\n  - {event('one')}\n  - {{kind: image-pushed, nme: x}}\n",
    )
    assert read_refused(folder) == [
        "c.yaml:2:3: registry.registry_policy: is in b.yaml:1:12 too: say it in one of them",
        "c.yaml:5:26: events[1].nme: unknown key; did you mean name?",
    ]
    written(tmp_path, c=f"events:\n  - {event('one')}\n")
    (reason,) = read_refused(folder)
    assert reason.startswith("c.yaml:2:5: events[0]: is the rule one again")


def test_a_setting_that_is_wrong_has_its_place() -> None:
    (reason,) = refused("registry:\n  scanning:\n    scan_on_psuh: ['*']\n")
    assert reason.startswith("fleet:3:5: registry.scanning.scan_on_psuh: unknown key; did you mean scan_on_push?")
    (reason,) = refused("registry: {scaning: {}}\n")
    assert reason.startswith("fleet:1:12: registry.scaning: unknown key; did you mean scanning?")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("repositories: {team/api: {}}", "fleet:1:1: repositories: expected a list, got {'team/api': {}}; write '-"),
        ("- name: ab", "fleet: expected a fleet, got a list: write repositories: [...]"),
        ("registry: []", "fleet:1:1: registry: expected a mapping with the fields of a registry, got []"),
        ("defaults: 3", "fleet:1:1: defaults: expected a mapping with the fields of a repository, got 3"),
        ("events: {a: 1}", "fleet:1:1: events: expected a list"),
        ("name: ab", "fleet:1:1: name: unknown key; expected one of defaults, registry, events, repositories"),
        ("text", "fleet: expected a mapping, such as {'repositories': [...]}, got 'text'"),
        ("repositories: [ab]", "fleet:1:16: repositories[0]: expected a mapping with the fields of a repository"),
    ],
)  # fmt: skip
def test_what_is_no_fleet_is_answered(text: str, message: str) -> None:
    assert any(reason.startswith(message) for reason in refused(text))


def test_rules_in_the_form_of_ecr_are_taken_too() -> None:
    selection = '{"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 3}'
    rule = f'{{"rulePriority": 1, "selection": {selection}, "action": {{"type": "expire"}}}}'
    (spec,) = parse(f"repositories: [{{name: ab, lifecycle_rules: [{rule}]}}]").repositories
    assert spec.lifecycle_rules is not None
    assert spec.lifecycle_rules[0]["selection"]["countNumber"] == 3  # type: ignore[index]


def test_the_schema_key_and_those_of_the_user_mean_nothing() -> None:
    assert fields("$schema: https://example.com/x\nx-team: {a: 1}\nrepositories: [{name: ab}]") == [{"name": "ab"}]


def test_a_fleet_is_chosen_by_patterns() -> None:
    fleet = parse(
        "registry: {registry_policy: {}}\nrepositories: [{name: team/api}, {name: team/b/c}, {name: tools/x}]"
    )
    assert len(fleet) == 4
    assert fleet.registry == RegistrySpec(registry_policy={})
    assert fleet.only("team/*").names == ("team/api", "team/b/c")
    assert fleet.only("tools/x", "*/api").specs == (RepositorySpec("team/api"), RepositorySpec("tools/x"))
    assert fleet.only("*").registry is None
    with pytest.raises(
        SpecError, match=r"no repository of the fleet has a name like 'team/ap'; did you mean team/api\?"
    ):
        fleet.only("team/ap")
    assert Fleet().only().specs == ()


@pytest.mark.parametrize(
    "text, format",
    [
        (f"a = {'9' * 5000}", "toml"),
        (f"{'.'.join('a' * 3000)} = 1", "toml"),
        (f"repositories: [{{name: !!int {'9' * 5000}}}]", "yaml"),
        (f'{{"repositories": [{"9" * 5000}]}}', "json"),
    ],
)
def test_a_text_beyond_the_limits_of_python_is_a_mistake_of_the_file(text: str, format: Any) -> None:
    with pytest.raises(SpecError, match=rf"^(- )?<{format}>"):
        parse(text, format)
