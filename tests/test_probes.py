"""scripts/probe-aws: every fact that the emulator takes for granted is asked for, and nothing is left behind.

AWS is played by the emulator over HTTP, and the emulator by another account of it.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest

import probe_aws
from ecrops.testing import REGION, Cloud
from probing import Asked, Probe, answer
from unprobed import UNPROBED

EMULATOR = Path(__file__).parent.parent / "ecrops" / "testing" / "emulator"
SKIPPED = {"enhanced-off", "backfills-order"}
"""What takes Amazon Inspector, or earlier backfills."""


def run(cloud: Cloud, *arguments: str) -> int:
    other = cloud._sessions.own(REGION, "999999999999", observed=False)
    return probe_aws.main(arguments, cloud.session(own=True), other)


def picture(cloud: Cloud) -> dict[str, Any]:
    """All that a probe may write."""
    ecr, secrets = cloud.client("ecr"), cloud.client("secretsmanager")
    return {
        "settings": cloud.emulator.settings.picture(),
        "repositories": cloud.emulator.picture(),
        "rules": ecr.describe_pull_through_cache_rules()["pullThroughCacheRules"],
        "templates": ecr.describe_repository_creation_templates()["repositoryCreationTemplates"],
        "public": cloud.client("ecr-public", "us-east-1").describe_repositories()["repositories"],
        "roles": cloud.client("iam").list_roles()["Roles"],
        "secrets": secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"],
    }


def test_every_probe_answers_and_leaves_nothing(http_cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    before = picture(http_cloud)
    assert run(http_cloud, "--write", "--yes") == 1  # those that are skipped are not answered
    told = capsys.readouterr().out
    answers = {each.split(":")[0]: each for each in told.split("\n\n")[1:]}
    assert {name for name, each in answers.items() if each.splitlines()[1] == "  NOT ANSWERED"} == SKIPPED
    assert f"{len(probe_aws.PROBES) - len(SKIPPED)} same" in told
    assert "LEFT BEHIND" not in told
    assert "123456789012" not in "".join(answers.values())
    assert picture(http_cloud) == before


def test_nothing_is_written_unless_it_is_asked_for(http_cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    run(http_cloud, "--yes")
    assert http_cloud.calls.writes() == []
    assert "all of them only read" in capsys.readouterr().out
    assert run(http_cloud, "--yes", "own-scanning") == 2
    assert "need --write" in capsys.readouterr().err


def test_a_registry_in_use_stays_as_it_is(http_cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    ecr = http_cloud.client("ecr")
    rules = [{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": "a", "filterType": "WILDCARD"}]}]
    ecr.put_registry_scanning_configuration(scanType="BASIC", rules=rules)
    destinations = [{"region": "us-east-1", "registryId": http_cloud.account}]
    ecr.put_replication_configuration(replicationConfiguration={"rules": [{"destinations": destinations}]})
    profile = "arn:aws:signer:eu-west-1:123456789012:/signing-profiles/theirs"
    ecr.put_signing_configuration(signingConfiguration={"rules": [{"signingProfileArn": profile}]})
    ecr.put_registry_policy(
        policyText='{"Version": "2012-10-17", "Statement": [{"Sid": "a", "Effect": "Allow", "Action": "ecr:*", '
        '"Principal": {"AWS": "111122223333"}, "Resource": "*"}]}'
    )
    ecr.create_pull_through_cache_rule(ecrRepositoryPrefix="ROOT", upstreamRegistryUrl="public.ecr.aws")
    before = picture(http_cloud)
    run(http_cloud, "--write", "--yes")
    singletons = {
        "PutRegistryScanningConfiguration",
        "PutReplicationConfiguration",
        "PutSigningConfiguration",
        "PutRegistryPolicy",
        "DeleteSigningConfiguration",
        "DeleteRegistryPolicy",
    }
    made = [call for call in http_cloud.calls if call.operation in singletons]
    assert {call.operation for call in made} == set()
    assert picture(http_cloud) == before
    assert "which stays as it is" in capsys.readouterr().out


def test_what_aws_does_otherwise_is_said(http_cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    http_cloud.client("ecr").put_account_setting(name="BLOB_MOUNTING", value="ENABLED")
    assert run(http_cloud, "--yes", "blob-mounting") == 1
    told = capsys.readouterr().out
    assert "DIFFERENT\n  AWS:      ENABLED\n  emulator: DISABLED\n" in told
    assert "ecrops/testing/emulator/ecr/registry/account.py" in told


def test_what_is_taken_against_expectation_is_undone(
    http_cloud: Cloud, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = http_cloud.emulator.settings
    settings.account_settings.add("BLOB_MOUNTING", ["DISABLED", "ENABLED", "PERHAPS"])
    monkeypatch.setattr("ecrops.testing.emulator.ecr.registry.scanning._check", lambda scan_type, rules: None)
    before = picture(http_cloud)
    run(http_cloud, "--yes", "--write", "setting-value", "basic-continuous", "same-frequency")
    assert capsys.readouterr().out.count("AWS:      taken") == 3
    assert picture(http_cloud) == before


def test_what_cannot_be_removed_is_named(http_cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    http_cloud.faults.on("denied", operation="DeleteRepository", times=None)
    assert run(http_cloud, "--yes", "--write", "own-scanning") == 1
    told = capsys.readouterr().out
    assert "LEFT BEHIND in the account, remove it by hand:" in told
    assert "DeleteRepository" in told


def test_nothing_is_called_before_somebody_agrees(
    http_cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))  # no terminal
    assert run(http_cloud) == 2
    assert "say --yes" in capsys.readouterr().err
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    for said, code in (("n", 2), ("", 2), ("y", 0)):
        monkeypatch.setattr("builtins.input", lambda prompt, said=said: said)
        assert not http_cloud.calls
        assert run(http_cloud, "blob-mounting") == code
    assert run(http_cloud, "no-such-probe") == 2


def test_what_was_made_goes_after_ctrl_c(http_cloud: Cloud) -> None:
    def ask(asked: Asked) -> str:
        asked.later(lambda: asked.ecr.delete_repository(repositoryName=asked.name()))
        asked.ecr.create_repository(repositoryName=asked.name())
        raise KeyboardInterrupt

    asked = Asked(http_cloud.session(own=True), "token")
    with pytest.raises(KeyboardInterrupt):
        answer(Probe("stopped", "", [], ask, "makes a repository"), asked)
    assert http_cloud.emulator.picture() == {}


def test_probes_have_names_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    names = [probe.name for probe in probe_aws.PROBES]
    assert len(set(names)) == len(names)
    assert probe_aws.main(["--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(names)


def marked() -> dict[str, list[str]]:
    """The lines of the emulator with a mark, by file."""
    found: dict[str, list[str]] = {}
    for path in sorted(EMULATOR.rglob("*.py")):
        lines = [line.strip() for line in path.read_text().splitlines() if "unverified" in line]
        if lines:
            found[path.relative_to(EMULATOR).as_posix()] = lines
    return found


def test_each_mark_has_a_probe_or_a_reason_why_not() -> None:
    marks = [*(mark for probe in probe_aws.PROBES for mark in probe.marks), *UNPROBED]
    lines = marked()
    parts = [mark.split(": ", 1) for mark in marks]
    stale = [f"{file}: {words}" for file, words in parts if not any(words in line for line in lines.get(file, ()))]
    assert not stale, "these marks are in the emulator no more: take them out of scripts/probes"
    missing = [
        f"{file}: {line}"
        for file, some in lines.items()
        for line in some
        if not any(file == of and words in line for of, words in parts)
    ]
    assert not missing, "write a probe in scripts/probes for these marks, or a reason in scripts/probes/unprobed.py"
