"""Logging in: through the Docker CLI, and into the file that docker, podman and skopeo read."""

from __future__ import annotations

import base64
import json
import os
import stat
import sys
import tempfile
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ecrops import EcropsError, Registry, SpecError
from ecrops.login.docker import docker_login
from ecrops.login.locking import alone_in
from ecrops.login.tokens import Token
from ecrops.testing import Cloud
from support import registry_of

HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
PASSWORD = "123456789012-auth-token"
AUTH = {"auth": base64.b64encode(f"AWS:{PASSWORD}".encode()).decode()}


def test_the_file_that_docker_podman_and_skopeo_read_is_private_and_keeps_what_is_in_it(
    registry: Registry, tmp_path: Path
) -> None:
    config = tmp_path / "new" / "config.json"
    registry.docker_login(config)
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    data = json.loads(config.read_text())
    assert base64.b64decode(data["auths"][HOST]["auth"]).decode() == f"AWS:{PASSWORD}"
    config.write_text(json.dumps({"psFormat": "x", "auths": {"other": {"auth": "y"}, HOST: {"auth": "old"}}}))
    config.chmod(0o644)
    registry.docker_login(str(config))
    again = json.loads(config.read_text())
    assert again == {"psFormat": "x", "auths": {"other": {"auth": "y"}, HOST: data["auths"][HOST]}}
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


@pytest.mark.parametrize("before", ["", " \n", "{}", '{"auths": null}', '{"auths": {}, "credHelpers": null}'])
def test_a_file_with_nothing_in_it_is_as_good_as_none(registry: Registry, tmp_path: Path, before: str) -> None:
    config = tmp_path / "config.json"
    config.write_text(before)
    registry.docker_login(config)
    assert json.loads(config.read_text())["auths"] == {HOST: AUTH}


@pytest.mark.parametrize(
    "before, reason",
    [
        ("{broken", "is not JSON: .*correct it, or remove it"),
        (b"\xff\xfe{", "is not JSON"),
        ('["secret"]', "expected a JSON object in it.*got a list"),
        ("null", "got a null"),
        ('{"auths": ["secret"]}', "expected a JSON object as 'auths', got a list"),
        ('{"auths": {}, "credHelpers": "secret"}', "expected a JSON object as 'credHelpers', got a string"),
    ],
)
def test_a_broken_file_is_named_and_left_as_it_was_before_a_token_is_got(
    cloud: Cloud, tmp_path: Path, before: str | bytes, reason: str
) -> None:
    config = tmp_path / "config.json"
    config.write_bytes(before if isinstance(before, bytes) else before.encode())
    untouched = config.read_bytes()
    with pytest.raises(EcropsError, match=reason) as caught:
        registry_of(cloud).docker_login(config)
    assert str(config) in str(caught.value)
    assert "secret" not in str(caught.value)
    assert config.read_bytes() == untouched
    assert cloud.calls.operations() == []


@pytest.mark.parametrize("config", [7, b"config.json", "", {"auths": {}}])
def test_what_is_no_path_is_refused_before_any_call(cloud: Cloud, config: Any) -> None:
    with pytest.raises(SpecError, match="config: expected the path of a file"):
        registry_of(cloud).docker_login(config)
    assert cloud.calls.operations() == []


@pytest.mark.parametrize(
    "config, reason",
    [
        ("~nosuchuser/config.json", "~nosuchuser"),
        ("a\0b", "null"),
        ("x" * 300, "too long"),
        ("loop", "a link that leads to itself|[Ll]oop"),
        ("file/config.json", "file is a file: name another path"),
        ("file/deep/config.json", "file is a file: name another path"),
    ],
)
def test_a_path_that_can_be_no_file_is_refused_before_any_call(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str, reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")
    Path("file").write_text("{}")
    with pytest.raises(SpecError, match=reason):
        registry_of(cloud).docker_login(config)
    assert cloud.calls.operations() == []
    assert sorted(os.listdir()) == ["file", "loop"]


def test_a_directory_is_refused_with_the_file_in_it(cloud: Cloud, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"is a directory: write '.*config\.json'"):
        registry_of(cloud).docker_login(tmp_path)
    assert cloud.calls.operations() == []


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_and_the_file_that_it_leads_to_is_written(registry: Registry, tmp_path: Path, there: bool) -> None:
    real, link = tmp_path / "real.json", tmp_path / "config.json"
    if there:
        real.write_text("{}")
    link.symlink_to(real)
    registry.docker_login(link)
    assert link.is_symlink()
    assert json.loads(real.read_text()) == {"auths": {HOST: AUTH}}
    assert stat.S_IMODE(real.stat().st_mode) == 0o600


def test_what_lies_beside_the_file_is_neither_used_nor_touched(registry: Registry, tmp_path: Path) -> None:
    config, elsewhere = tmp_path / "config.json", tmp_path / "elsewhere"
    guessed = tmp_path / f".config.json.{os.getpid()}"
    guessed.symlink_to(elsewhere)
    registry.docker_login(config)
    assert not elsewhere.exists()
    assert guessed.is_symlink()


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.json"
    config.write_text("{}")

    def full(*args: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(EcropsError, match="cannot be written: no space left"):
        registry.docker_login(config)
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]
    assert config.read_text() == "{}"


@pytest.mark.parametrize(
    "settings, key",
    [
        ({"credsStore": "desktop"}, "credsStore"),
        ({"credHelpers": {HOST: "desktop"}}, "credHelpers"),
        ({"credsStore": "other", "credHelpers": {HOST: "desktop"}}, "credHelpers"),
    ],
)
def test_a_file_that_sends_docker_to_a_credential_store_is_refused_with_the_way_out(
    registry: Registry, tmp_path: Path, settings: dict[str, Any], key: str
) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps(settings))
    with pytest.raises(EcropsError, match=rf"{key!r} tells Docker to ask docker-credential-desktop.*without config="):
        registry.docker_login(config)
    assert json.loads(config.read_text()) == settings


def test_the_helper_for_ecr_needs_no_login(registry: Registry, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"credHelpers": {HOST: "ecr-login"}}))
    with pytest.raises(EcropsError, match="no login is needed"):
        registry.docker_login(config)


@pytest.mark.parametrize(
    "settings",
    [
        {"credHelpers": {"other.example.com": "desktop"}},
        {"credsStore": ""},
        {"credsStore": "desktop", "credHelpers": {HOST: ""}},
    ],
)
def test_a_store_that_is_not_asked_for_this_registry_is_no_obstacle(
    registry: Registry, tmp_path: Path, settings: dict[str, Any]
) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps(settings))
    registry.docker_login(config)
    assert json.loads(config.read_text()) == {**settings, "auths": {HOST: AUTH}}


# What errors tell


def told(error: BaseException) -> str:
    """All that a program which shows variables with a traceback would show, but for those of this test."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    return f"{shown}" + "".join(str(each.locals) for each in shown.stack if each.filename != __file__)


def secrets_of(error: BaseException) -> set[str]:
    """The secrets that are told by an error, or by one that it was raised while handling."""
    errors = [error]
    while (before := errors[-1].__context__) is not None:
        errors.append(before)
    return {each for each in (PASSWORD, AUTH["auth"], "other-secret") if any(each in told(one) for one in errors)}


@pytest.mark.parametrize("fails", ["mkstemp", "replace", "store", "docker", "script"])
def test_no_error_holds_a_secret_even_in_its_variables(
    memory_cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    config: Path | None = tmp_path / "config.json"
    settings = {"auths": {"other": {"auth": "other-secret"}}, **({"credsStore": "desktop"} if fails == "store" else {})}
    (tmp_path / "config.json").write_text(json.dumps(settings))

    def full(*args: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    if fails in ("docker", "script"):
        config = None
        fake_docker(tmp_path, monkeypatch, "sys.exit('cannot use ' + given)")
        if fails == "docker":
            (tmp_path / "docker").write_text("no program")
    elif fails != "store":
        monkeypatch.setattr(tempfile if fails == "mkstemp" else os, fails, full)
    with pytest.raises(EcropsError) as caught:
        registry_of(memory_cloud).docker_login(config)
    assert secrets_of(caught.value) == set()
    assert json.loads((tmp_path / "config.json").read_text()) == settings


@pytest.mark.parametrize("text", ['{"auths": {"other": {"auth": "other-secret"}}', '["other-secret"]'])
def test_what_is_in_a_broken_file_is_not_told(memory_cloud: Cloud, tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(EcropsError) as caught:
        registry_of(memory_cloud).docker_login(tmp_path / "config.json")
    assert secrets_of(caught.value) == set()


@pytest.mark.parametrize("mode, says", [(0o755, "Exec format error"), (0o644, "Permission denied")])
def test_a_docker_that_cannot_be_run_is_said_with_the_file_as_the_way_out(
    memory_cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, says: str
) -> None:
    docker = tmp_path / "docker"
    docker.write_text("no program")
    docker.chmod(mode)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EcropsError, match=rf"cannot be run \({says}\): correct it, or docker_login\(config="):
        registry_of(memory_cloud).docker_login()


# Several at once


def token(host: str) -> Token:
    return Token("AWS", PASSWORD, host, datetime.now(UTC))


def test_who_logged_in_meanwhile_stays_logged_in(tmp_path: Path) -> None:
    config = tmp_path / "config.json"

    def get() -> Token:
        docker_login(lambda: token("other.example.com"), config)
        return token(HOST)

    docker_login(get, config)
    assert json.loads(config.read_text())["auths"].keys() == {HOST, "other.example.com"}


def test_all_who_log_in_at_once_are_logged_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config, hosts = tmp_path / "config.json", [f"{number}.example.com" for number in range(8)]
    replace, ready = os.replace, threading.Barrier(len(hosts))

    def slowly(*paths: Any) -> None:
        time.sleep(0.01)
        replace(*paths)

    def get(host: str) -> Token:
        ready.wait(timeout=10)
        return token(host)

    monkeypatch.setattr(os, "replace", slowly)
    with ThreadPoolExecutor(len(hosts)) as pool:
        list(pool.map(lambda host: docker_login(lambda: get(host), config), hosts))
    assert json.loads(config.read_text())["auths"].keys() == set(hosts)
    assert os.listdir(tmp_path) == ["config.json"]


def test_a_login_that_never_ends_is_waited_for_a_while_and_said(tmp_path: Path) -> None:
    with (
        alone_in(tmp_path),
        pytest.raises(EcropsError, match="is locked by another login"),
        alone_in(tmp_path, longest=0.05),
    ):
        pass
    with alone_in(tmp_path, longest=0):
        pass


def test_a_dry_run_logs_nobody_in(cloud: Cloud, tmp_path: Path) -> None:
    token = registry_of(cloud, dry_run=True).docker_login(tmp_path / "config.json")
    assert token.endpoint == HOST
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", ["1e400", "-1E-400", "0.10000000000000000555", "1.50", "9" * 30, "-0"])
def test_a_number_in_the_file_stays_as_it_was_written(registry: Registry, tmp_path: Path, number: str) -> None:
    config = tmp_path / "config.json"
    config.write_text(f'{{"detachKeys": "number", "plugins": {{"x": [{number}, "number\'", 7, {number}]}}}}')
    registry.docker_login(config)
    text = config.read_text()
    assert json.loads(text, parse_float=str, parse_int=str)["plugins"] == {"x": [number, "number'", "7", number]}
    assert json.loads(text)["detachKeys"] == "number"
    assert "Infinity" not in text
    assert HOST in json.loads(text)["auths"]


def test_a_number_in_the_place_of_an_object_is_told(registry: Registry, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"auths": 5e7}')
    with pytest.raises(EcropsError, match="expected a JSON object as 'auths', got a number"):
        registry.docker_login(config)
