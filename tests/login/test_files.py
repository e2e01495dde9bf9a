"""The file that holds tokens: whose it is, what is no file, what nobody can read, and how long a login may take."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ecrops import DeadlineError, EcropsError, SpecError
from ecrops.login.docker import MAX_SECONDS, docker_login
from ecrops.login.locking import alone_in
from ecrops.login.tokens import Token
from ecrops.testing import Cloud
from support import registry_of

HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
ME = (os.geteuid(), os.getegid())


def token() -> Token:
    """A token, without a call."""
    return Token("AWS", "secret", HOST, datetime.now(UTC))


def ends(do: Callable[[], object]) -> BaseException | None:
    """Do something that must not hang. Returns its error."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            do()
        except EcropsError as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive(), "it hangs"
    return errors[0] if errors else None


# Whose the file is


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The owners that files are given; none is really given."""
    owners: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "chown", lambda descriptor, user, group: owners.append((user, group)))
    return owners


def of_others(monkeypatch: pytest.MonkeyPatch, config: Path, user: int, group: int) -> None:
    """Make a file look as if others owned it."""
    real = os.lstat

    def lstat(path: Any) -> os.stat_result:
        status = real(path)
        changed = [*status[:4], user, group, *status[6:]]
        return os.stat_result(changed) if Path(path) == config else status

    config.write_text("{}")
    monkeypatch.setattr(os, "lstat", lstat)


@pytest.mark.parametrize("owner", [(4321, 4321), (4321, ME[1]), (ME[0], 4321)])
def test_the_owner_of_the_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: list[tuple[int, int]], owner: tuple[int, int]
) -> None:
    config = tmp_path / "config.json"
    of_others(monkeypatch, config, *owner)
    docker_login(token, config)
    assert given == [owner]
    assert HOST in json.loads(config.read_text())["auths"]


@pytest.mark.parametrize("before", [None, "{}"])
def test_a_file_that_is_new_or_our_own_is_given_to_nobody(
    tmp_path: Path, given: list[tuple[int, int]], before: str | None
) -> None:
    config = tmp_path / "config.json"
    if before is not None:
        config.write_text(before)
    docker_login(token, config)
    assert given == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("owner", [(4321, 4322), (4321, 0), (0, 4322)])
def test_root_leaves_the_file_of_a_user_to_the_user(tmp_path: Path, owner: tuple[int, int]) -> None:
    config = tmp_path / "config.json"
    config.write_text("{}")
    os.chown(config, *owner)
    docker_login(token, config)
    status = config.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (*owner, 0o600)
    assert HOST in json.loads(config.read_text())["auths"]


def not_permitted(*arguments: Any) -> None:
    """Refuse to give a file away, as the system does for all but root."""
    raise PermissionError(1, "Operation not permitted")


def test_the_file_of_another_user_is_left_to_that_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config.json"
    of_others(monkeypatch, config, 4321, 4321)
    monkeypatch.setattr(os, "chown", not_permitted)
    with pytest.raises(EcropsError, match=r"is the file of another user \(4321\): log in as that user"):
        docker_login(token, config)
    assert config.read_text() == "{}"
    assert os.listdir(tmp_path) == ["config.json"]


def test_a_group_that_cannot_be_kept_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config.json"
    of_others(monkeypatch, config, ME[0], 4321)
    monkeypatch.setattr(os, "chown", not_permitted)
    docker_login(token, config)
    assert HOST in json.loads(config.read_text())["auths"]


# What is no file


def make_pipe(path: Path) -> None:
    """A pipe without a writer."""
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    """A socket."""
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def make_device(path: Path) -> None:
    """A device, as /dev/null is one."""
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only root can make a device")


KINDS = [make_pipe, make_socket, make_device]


@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize("make", KINDS)
def test_what_is_no_regular_file_is_refused_before_any_call(
    memory_cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None], linked: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    make(Path("special"))
    os.symlink("special", "link")
    before = os.lstat("special")
    error = ends(lambda: registry_of(memory_cloud).docker_login("link" if linked else "special"))
    assert isinstance(error, SpecError)
    assert "is a device, a pipe or a socket: name a regular file" in str(error)
    assert (os.lstat("special").st_mode, os.lstat("special").st_ino) == (before.st_mode, before.st_ino)
    assert sorted(os.listdir()) == ["link", "special"]
    assert memory_cloud.calls.operations() == []


@pytest.mark.parametrize("make", [*KINDS, Path.mkdir])
def test_what_takes_the_place_of_the_file_during_a_login_stays(tmp_path: Path, make: Callable[[Path], None]) -> None:
    config = tmp_path / "config.json"
    config.write_text("{}")

    def get() -> Token:
        config.unlink()
        make(config)
        return token()

    error = ends(lambda: docker_login(get, config))
    assert "is no regular file" in str(error)
    assert not config.is_file()
    assert os.listdir(tmp_path) == ["config.json"]


def test_a_pipe_that_takes_the_place_of_the_file_right_before_it_is_opened_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, real = tmp_path / "config.json", os.lstat
    config.write_text("{}")

    def lstat(path: Any) -> os.stat_result:
        if Path(path) == config and config.is_fifo():  # a file again, as if nothing had happened
            config.unlink()
            config.write_text("{}")
            return real(path)
        status = real(path)
        if Path(path) == config:
            config.unlink()
            os.mkfifo(config)
        return status

    def get() -> Token:
        monkeypatch.setattr(os, "lstat", lstat)
        return token()

    assert "is no regular file" in str(ends(lambda: docker_login(get, config)))


# What nobody can read


@pytest.mark.parametrize(
    "text",
    ["[" * 200_000, '{"a":' * 100_000, f'{{"auths": {{"x": {"[" * 150 + "]" * 150}}}}}', '{"a": NaN}'],
    ids=["lists", "mappings", "too many levels to write", "no number"],
)
def test_a_file_that_is_too_deep_or_no_json_is_left_as_it_was(memory_cloud: Cloud, tmp_path: Path, text: str) -> None:
    config = tmp_path / "config.json"
    config.write_text(text)
    with pytest.raises(EcropsError, match="is left as it was, for it is not JSON") as caught:
        registry_of(memory_cloud).docker_login(config)
    assert config.read_text() == text
    assert len(str(caught.value)) < 400
    assert memory_cloud.calls.operations() == []


# How long a login may take


@pytest.fixture
def timeouts(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time-outs of the commands that are run; none is really run, and none ends."""
    seconds: list[float] = []

    def run(command: list[str], *, timeout: float, **options: Any) -> None:
        seconds.append(timeout)
        raise subprocess.TimeoutExpired(command, timeout, b"secret", b"secret")

    monkeypatch.setattr(subprocess, "run", run)
    return seconds


def test_a_docker_cli_that_does_not_end_is_stopped(memory_cloud: Cloud, timeouts: list[float]) -> None:
    with pytest.raises(EcropsError, match=r"had not ended after 120 s, and was stopped: docker_login") as caught:
        registry_of(memory_cloud).docker_login()
    assert not isinstance(caught.value, DeadlineError)
    assert timeouts == [MAX_SECONDS]


@pytest.mark.parametrize("within", [0.5, 20, 119])
def test_the_docker_cli_has_no_more_time_than_remains(
    memory_cloud: Cloud, timeouts: list[float], within: float
) -> None:
    with pytest.raises(EcropsError, match="had not ended"):
        registry_of(memory_cloud).within(within).docker_login()
    assert 0 < timeouts[0] <= within
    registry = registry_of(memory_cloud)
    with pytest.raises(EcropsError, match="had not ended"):
        registry.within(1000).docker_login()
    assert timeouts[1:] == [MAX_SECONDS]


@pytest.mark.parametrize("config", [None, "config.json"])
def test_a_login_for_which_no_time_is_left_is_a_missed_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, timeouts: list[float], config: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    waits = iter(range(3))  # more are an error
    monkeypatch.setattr(time, "sleep", lambda seconds: next(waits))
    with alone_in(tmp_path), pytest.raises(DeadlineError, match=r"no time is left|is locked by another login"):
        docker_login(token, config, lambda: 0.0)
    assert timeouts == []


def test_a_real_command_that_sleeps_is_stopped_at_the_deadline(
    memory_cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "docker"
    script.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(60)\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    registry = registry_of(memory_cloud)
    registry.authorization_token.get()  # the client is made
    error = ends(lambda: registry.within(0.3).docker_login())
    assert isinstance(error, DeadlineError)
    assert "secret" not in str(error)
