"""What simulate, preview, forecast and lint take as a policy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ecrops import Registry
from ecrops.testing import Cloud

from .conftest import Run, write
from .test_reading import POLICY
from .test_reading import registry as registry

RULES = [{"tag_status": "tagged", "tag_prefix_list": ["v"], "max_image_count": 2}]
ODD = [{"tag_status": "tagged", "tag_prefix_list": ["a", "b"], "max_image_count": 2}]
FLEETS: dict[str, Any] = {
    "own": {
        "repositories": [{"name": "team/x", "lifecycle_rules": []}, {"name": "team/api", "lifecycle_rules": RULES}]
    },
    "defaults": {"defaults": {"lifecycle_rules": RULES}, "repositories": [{"name": "team/api"}]},
    "of ecr": {"repositories": [{"name": "team/api", "lifecycle_rules": POLICY["rules"]}]},
    "with placeholders": {"repositories": [{"name": "team/api", "lifecycle_rules": RULES, "tags": {"at": "{region}"}}]},
}
POLICIES = {**FLEETS, "list": RULES, "list of ecr": POLICY["rules"], "document": POLICY}


@pytest.mark.parametrize("form", POLICIES)
@pytest.mark.parametrize("command", ["simulate", "preview", "forecast"])
def test_every_form_of_a_policy_is_taken(run: Run, registry: Registry, tmp_path: Path, form: str, command: str) -> None:
    (tmp_path / "fleet").mkdir()
    file = write(tmp_path / "fleet" / "policy.json", POLICIES[form])
    yaml = tmp_path / "policy.yaml"
    yaml.write_text(json.dumps(POLICIES[form]))
    expected = run(command, "team/api", write(tmp_path / "expected.json", POLICY)).out
    assert expected
    for policy in (file, str(yaml), "-", *([str(tmp_path / "fleet")] if form in FLEETS else [])):
        ran = run(command, "team/api", policy, stdin=json.dumps(POLICIES[form]))
        assert (ran.code, ran.err) == (0, ""), policy
        assert ran.out == expected, policy
    arn = "arn:aws:ecr:eu-west-1:123456789012:repository/team/api"
    assert run(command, arn, file).out == expected


@pytest.mark.parametrize(
    "fleet, reason",
    [
        ({"repositories": [{"name": "team/apis"}]}, "has no repository 'team/api'; did you mean team/apis?"),
        ({"repositories": []}, "has no repository 'team/api'"),
        ({"repositories": [{"name": "team/api"}]}, "says no lifecycle_rules of team/api"),
        ({"repositories": [{"name": "team/api", "lifecycle_rules": [{"max": 3}]}]}, "policy.json:1:"),
        ([{"max_image_cuont": 3}], "policy.json: [0].max_image_cuont: unknown key; did you mean max_image_count?"),
        ({"changes": 1}, "changes: unknown key"),
        ("rules", "expected"),
    ],
)
def test_what_is_no_policy_of_the_repository_is_refused(
    run: Run, registry: Registry, tmp_path: Path, fleet: Any, reason: str
) -> None:
    ran = run("simulate", "team/api", write(tmp_path / "policy.json", fleet))
    assert (ran.code, ran.out) == (1, "")
    assert reason in ran.err


def test_all_policies_of_a_fleet_are_linted(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecrops.cli.account.session_of", None)
    file = write(
        tmp_path / "fleet.json",
        {
            "defaults": {"lifecycle_rules": ODD},
            "repositories": [
                {"name": "team/api"},
                {"name": "team/none", "lifecycle_rules": None},
                {"name": "team/well", "lifecycle_rules": [{"max_image_count": 3}]},
                {"name": "team/worker"},
            ],
        },
    )
    findings = run("lint", "--json", file).data["findings"]
    assert [finding["repository"] for finding in findings] == ["team/api", "team/worker"]
    assert list(findings[0]) == ["repository", "code", "rule_priority", "message"]
    ran = run("lint", "--strict", str(tmp_path))
    assert ran.code == 1
    assert [line.partition(": rule")[0] for line in ran.out.splitlines()] == ["team/api: all-of", "team/worker: all-of"]
    assert run("lint", "--strict", "--ignore", "all-of", file).err == "no findings\n"
    assert run("lint", "-", stdin=json.dumps(ODD)).out.startswith("all-of: ")


def test_lint_asks_aws_for_placeholders_alone(run: Run, tmp_path: Path, memory_cloud: Cloud) -> None:
    fleet = {"repositories": [{"name": "team/{region}", "lifecycle_rules": ODD}]}
    assert run("lint", write(tmp_path / "fleet.json", fleet)).out.startswith("team/eu-west-1: all-of: ")
