"""Tokens: got, never shown, and put where the tools look for them."""

from __future__ import annotations

import base64
import json
import logging
import os
import stat
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ecrops import EcropsError, Registry
from emulator import Cloud
from support import AT_ONCE, registry_of

HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
PASSWORD = "123456789012-auth-token"


def test_a_token_has_user_password_endpoint_and_expiry(registry: Registry) -> None:
    token = registry.authorization_token.get()
    assert (token.user, token.password, token.endpoint) == ("AWS", PASSWORD, HOST)
    assert token.expires_at > datetime.now(UTC)


def test_a_password_is_never_shown(registry: Registry, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="ecrops"):
        token = registry.authorization_token.get()
    for shown in (repr(token), str(token), f"{token}", caplog.text):
        assert PASSWORD not in shown


def test_the_file_that_docker_podman_and_skopeo_read_is_private_and_keeps_what_is_in_it(
    registry: Registry, tmp_path: Path
) -> None:
    config = tmp_path / "new" / "config.json"
    registry.docker_login(config)
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    data = json.loads(config.read_text())
    assert base64.b64decode(data["auths"][HOST]["auth"]).decode() == f"AWS:{PASSWORD}"
    config.write_text(json.dumps({"credsStore": "x", "auths": {"other": {"auth": "y"}, HOST: {"auth": "old"}}}))
    config.chmod(0o644)
    registry.docker_login(str(config))
    again = json.loads(config.read_text())
    assert again == {"credsStore": "x", "auths": {"other": {"auth": "y"}, HOST: data["auths"][HOST]}}
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert [path.name for path in config.parent.iterdir()] == ["config.json"]


def fake_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: str) -> Path:
    """A docker command that writes down what it was given, and ends as told."""
    said = tmp_path / "said"
    script = tmp_path / "docker"
    lines = [
        f"#!{sys.executable}",
        "import sys",
        "given = sys.stdin.read()",
        f"open({str(said)!r}, 'w').write(repr((sys.argv[1:], given)))",
        ends,
    ]
    script.write_text("\n".join(lines))
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    return said


def test_the_docker_cli_is_given_the_password_through_its_standard_input(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = fake_docker(tmp_path, monkeypatch, "")
    registry.docker_login()
    assert said.read_text() == repr((["login", "--username", "AWS", "--password-stdin", HOST], PASSWORD))


def test_a_docker_that_fails_is_said_without_the_password(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_docker(tmp_path, monkeypatch, "sys.exit('cannot use ' + given)")
    with pytest.raises(EcropsError, match=f"docker login to {HOST} failed: cannot use …") as caught:
        registry.docker_login()
    assert PASSWORD not in str(caught.value)


def test_without_a_docker_the_file_is_the_way_out(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EcropsError, match="docker_login\\(config="):
        registry.docker_login()


def test_a_token_is_of_the_registry_of_the_region_and_partition(http_cloud: Cloud) -> None:
    token = Registry(http_cloud.session("cn-north-1"), retry=AT_ONCE).authorization_token.get()
    assert token.endpoint == "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn"
    assert registry_of(http_cloud).authorization_token.get().endpoint == HOST
    assert os.environ.get("DOCKER_CONFIG") is None
