"""An old botocore drops newer members of an answer without a word: then nothing is written, and an error says why.

One run takes the installed botocore with the model of an older one. ``scripts/judges/old-botocore`` adds runs with real
old ones: ``ECROPS_OLD_BOTOCORE`` names their Pythons.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import botocore
import pytest

from ecrops.testing import Cloud

from . import old_botocore

ROOT = Path(__file__).parents[2]
PYTHONS = [path for path in os.environ.get("ECROPS_OLD_BOTOCORE", "").split(os.pathsep) if path]
READ = {"scanning": "GetRegistryScanningConfiguration", "signing": "GetSigningConfiguration"}
MODEL = Path("ecr/2015-09-21/service-2.json")


class Run(NamedTuple):
    """What the program told, and what AWS had before and after."""

    botocore: str
    outcomes: dict[str, Any]
    writes: list[str]
    before: dict[str, Any]
    after: dict[str, Any]


def older_model(home: Path, which: str) -> Path:
    """A folder with the model of ECR of an older botocore: without what this test is about."""
    path = Path(botocore.__file__).parent / "data" / MODEL
    text = gzip.decompress(path.with_name(f"{path.name}.gz").read_bytes())
    model = json.loads(text)
    del model["shapes"]["ReplicationRule"]["members"]["deleteReplication"]
    for operation in [name for name in model["operations"] if which == "oldest" and _is_newer(name)]:
        del model["operations"][operation]
    (home / MODEL).parent.mkdir(parents=True)
    (home / MODEL).write_text(json.dumps(model))
    return home


def _is_newer(operation: str) -> bool:
    """Whether the oldest botocore that ecrops takes lacks an operation."""
    return any(name in operation for name in ("Signing", "PullTimeUpdateExclusion", "Backfill"))


def fill(cloud: Cloud) -> None:
    """What others have made with a newer botocore, and with one that is newer than any."""
    ecr = cloud.client("ecr")
    filters = [{"filter": "theirs/", "filterType": "PREFIX_MATCH"}]
    destinations = [{"region": "us-east-1", "registryId": cloud.account}]
    rule = {"destinations": destinations, "repositoryFilters": filters, "deleteReplication": {"enabled": True}}
    ecr.put_replication_configuration(replicationConfiguration={"rules": [rule]})
    wildcards = [{"filter": "theirs/*", "filterType": "WILDCARD"}]
    rules = [{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": wildcards}]
    ecr.put_registry_scanning_configuration(scanType="BASIC", rules=rules)
    signing = {"signingProfileArn": old_botocore.PROFILE.replace("ours", "theirs")}
    ecr.put_signing_configuration(signingConfiguration={"rules": [signing]})
    for setting, operation in READ.items():
        cloud.emulator.add_unknown_member(operation, f"{setting}Configuration.rules.0.brandNew", {"enabled": True})


def picture(cloud: Cloud) -> dict[str, Any]:
    """What AWS has."""
    unknown = {operation: cloud.emulator.unknown_members(operation) for operation in READ.values()}
    return {**cloud.emulator.settings.picture(), "unknown": unknown}


@pytest.fixture(params=["newer", "oldest", *PYTHONS])
def run(request: pytest.FixtureRequest, http_cloud: Cloud, tmp_path: Path) -> Run:
    """A run of the program."""
    is_model = request.param not in PYTHONS
    fill(http_cloud)
    before = picture(http_cloud)
    environment = {
        **{name: value for name, value in os.environ.items() if name.startswith(("AWS_", "PATH"))},
        "AWS_ENDPOINT_URL": str(http_cloud.endpoint_url),
        "PYTHONPATH": str(ROOT),
        **({"AWS_DATA_PATH": str(older_model(tmp_path, request.param))} if is_model else {}),
    }
    python = sys.executable if is_model else request.param
    command = [python, old_botocore.__file__]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    return Run(told["botocore"], told["outcomes"], told["writes"], before, picture(http_cloud))


def test_nothing_is_written_that_an_old_botocore_would_lose(run: Run) -> None:
    assert run.writes == []
    assert run.after == run.before
    assert run.before["replication"]["rules"][0]["deleteReplication"] == {"enabled": True}
    errors = {name: outcome for name, outcome in run.outcomes.items() if "brandNew" in str(outcome)}
    has_signing = "GetSigningConfiguration" not in run.outcomes["signing.add"]
    signing = {"signing.add", "signing.remove"} if has_signing else set()
    assert set(errors) == {"scanning.add", "scanning of a spec", *signing}
    for error in errors.values():
        assert error.startswith("ConflictError: ")
        assert f"Configuration.rules[].brandNew, which the installed botocore {run.botocore} drops" in error
        assert "a write would lose: update boto3; botocore a newer one may know it" in error
    for name in ("replication.add", "replication.remove", "replication of a spec"):
        assert run.outcomes[name].startswith("ConflictError: ")
        assert "replicationConfiguration.rules[].deleteReplication, which the installed botocore" in run.outcomes[name]
        assert "update boto3; botocore 1.44.4 or later knows it" in run.outcomes[name]
    assert "needs botocore 1.44.4 or later" in run.outcomes["replication with deletions"]


def test_an_old_botocore_reads_what_it_knows(run: Run) -> None:
    assert run.outcomes["nothing to do"] is False
    assert run.outcomes["replication.describe"]
    needs = "SpecError: a backfill needs botocore 1.43.119 or later, and "
    assert run.outcomes["replication.backfill"].startswith((needs, "backfill to us-east-1: COMPLETE"))
    described = run.outcomes["describe_settings"]
    assert described["scanning"]["scan_on_push"] == ["theirs/*"]
    if "does not know" in str(run.outcomes["pull_time_exclusions.describe"]):  # botocore before 1.41
        for name, since in (("pull_time_exclusions.describe", "1.41.0"), ("signing.add", "1.41.2")):
            assert run.outcomes[name].endswith(f"update boto3; botocore {since} or later knows it")
        assert not {"signing", "pull_time_exclusions"} & set(described)
        assert run.outcomes["replication.backfill"].startswith(needs)
    else:
        assert run.outcomes["pull_time_exclusions.describe"] == []
        assert described["signing"] == [{"profile_arn": old_botocore.PROFILE.replace("ours", "theirs")}]
