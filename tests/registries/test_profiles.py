"""Profiles of a location: they are those of the machine where the work runs, and a login that is over says so."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from botocore.credentials import SSOProvider
from botocore.exceptions import NoCredentialsError, NoRegionError, ProfileNotFound

from ecrops import ApplyError, Registry, RegistryLocation
from ecrops.aws.sessions import explain, session_of
from ecrops.testing import AT_ONCE, Cloud

OTHER = "222233334444"
START = "https://example.awsapps.com/start"
PLAIN = """
[profile ci]
region = eu-central-1
aws_access_key_id = testing
aws_secret_access_key = testing
"""
LEGACY = f"""
[profile ci]
region = eu-west-1
sso_start_url = {START}
sso_region = eu-west-1
sso_account_id = {OTHER}
sso_role_name = developer
"""
SESSION = f"""
[sso-session work]
sso_start_url = {START}
sso_region = eu-west-1

[profile ci]
region = eu-west-1
sso_session = work
sso_account_id = {OTHER}
sso_role_name = developer
"""


@pytest.fixture
def tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the tokens of logins are; none is there."""
    monkeypatch.setattr(SSOProvider, "_SSO_TOKEN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, **variables: str) -> None:
    """Give the machine a configuration file, and nothing else of AWS."""
    (tmp_path / "config").write_text(text)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def test_a_profile_has_the_credentials_and_the_region(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, http_cloud: Cloud
) -> None:
    configure(tmp_path, monkeypatch, PLAIN)
    http_cloud.seed_role("ecrops", OTHER)
    url = http_cloud.endpoint_url
    own = session_of(RegistryLocation(http_cloud.account, profile="ci", endpoint_url=url))
    assert own.region_name == "eu-central-1"
    location = RegistryLocation(OTHER, "us-east-1", profile="ci", role_name="ecrops", endpoint_url=url)
    Registry(session_of(location), retry=AT_ONCE).repository("team/api").ensure()
    assert http_cloud.client("ecr", "us-east-1", account=OTHER).describe_repositories()["repositories"]


def test_another_login_is_another_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, http_cloud: Cloud) -> None:
    configure(tmp_path, monkeypatch, PLAIN)
    http_cloud.seed_role("ecrops", OTHER)
    location = RegistryLocation(
        OTHER, "eu-west-1", profile="ci", role_name="ecrops", endpoint_url=http_cloud.endpoint_url
    )
    first, again = session_of(location).get_credentials(), session_of(location).get_credentials()
    assert first is again
    os.utime(tmp_path / "config", ns=(1, 1))
    written_anew = session_of(location).get_credentials()
    assert written_anew is not first
    monkeypatch.setenv("AWS_SESSION_TOKEN", "another")
    assert session_of(location).get_credentials() not in (first, written_anew)


@pytest.mark.parametrize(
    ("text", "is_expired"), [(LEGACY, False), (LEGACY, True), (SESSION, False)], ids=["none", "expired", "session"]
)
def test_a_login_that_is_over_says_how_to_log_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tokens: Path, text: str, is_expired: bool
) -> None:
    configure(tmp_path, monkeypatch, text)
    if is_expired:
        tokens.mkdir()
        token = {"accessToken": "x", "expiresAt": "2020-01-01T00:00:00Z", "startUrl": START, "region": "eu-west-1"}
        (tokens / f"{hashlib.sha1(START.encode()).hexdigest()}.json").write_text(json.dumps(token))
    with pytest.raises(Exception) as error:
        session_of(RegistryLocation(OTHER, profile="ci"), retry=AT_ONCE)
    assert error.value.__notes__ == ["log in again: aws sso login --profile ci"]
    explain(error.value, RegistryLocation(OTHER, profile="ci"))
    assert len(error.value.__notes__) == 1


@pytest.mark.parametrize(
    ("location", "kind", "note"),
    [
        (RegistryLocation(OTHER, profile="nobody"), ProfileNotFound, "aws configure list-profiles"),
        (RegistryLocation(OTHER, "eu-west-1"), NoCredentialsError, "there are no credentials where the work runs"),
        (RegistryLocation(OTHER), NoRegionError, "give the location a region="),
    ],
)
def test_what_is_missing_on_the_machine_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, location: RegistryLocation, kind: type[Exception], note: str
) -> None:
    configure(tmp_path, monkeypatch, "")
    with pytest.raises(kind) as error:
        session_of(location, retry=AT_ONCE)
    [found] = error.value.__notes__
    assert note in found


def test_an_error_of_a_region_that_is_not_enabled_says_so(memory_cloud: Cloud) -> None:
    memory_cloud.emulator.at(region="me-central-1").region_status = "DISABLED"
    registry: Any = Registry(memory_cloud.session("me-central-1"), retry=AT_ONCE)
    with pytest.raises(Exception, match="UnrecognizedClientException") as error:
        registry.describe()
    known = len(error.value.__notes__)
    explain(error.value, RegistryLocation(region="eu-west-1"))
    assert len(error.value.__notes__) == known
    location = RegistryLocation(memory_cloud.account, "me-central-1")
    explain(ApplyError("several failed", [ApplyError("one failed", [error.value])]), location)
    assert error.value.__notes__[known:] == [
        "AWS answers so in a region that 123456789012 has not enabled: aws account enable-region --region-name "
        "me-central-1; aws account get-region-opt-status --region-name me-central-1 tells"
    ]
