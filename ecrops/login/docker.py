"""Log in to a registry: through the Docker CLI, or by writing the file that docker, podman and skopeo read.

Called by ``Registry.docker_login``. It does not know AWS: the token and the time that remains come from functions.
Errors never hold the token. The file itself is read and replaced by ``files``.
"""

from __future__ import annotations

import base64
import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecrops.base.plain_json import parsed
from ecrops.base.waits import nobody
from ecrops.errors import DeadlineError, EcropsError, SpecError
from ecrops.login import files
from ecrops.login.locking import MAX_WAIT, alone_in
from ecrops.login.tokens import Token

if TYPE_CHECKING:
    from ecrops.base.waits import Tell

VARIABLE = "DOCKER_AUTH_CONFIG"
MAX_SECONDS = 120.0
"""How long the Docker CLI may take: it calls the registry, and may ask a program that keeps passwords."""


def docker_login(
    get: Callable[[], Token],
    config: str | os.PathLike[str] | None,
    remaining: Callable[[], float] = lambda: math.inf,
    hosts: Sequence[str] = (),
    own: Callable[[], str] = str,
    tell: Tell = nobody,
) -> Token:
    """Log in through the Docker CLI, or write the file.

    The file and the variable are checked before a token is fetched. Errors are raised here, and not where the password
    is in a variable: tools that show a traceback may show the variables of its frames.

    Args:
        get: Fetches a token.
        config: The path of the file; ``None`` for the Docker CLI.
        remaining: Returns the seconds that remain.
        hosts: Further hosts that the token is for.
        own: Returns the host that the token will be for; empty if that is not known. It is called only if the variable
            names hosts.
        tell: Called before each part of a wait for another login.

    Returns:
        The token.

    Raises:
        SpecError: ``config`` is no path of a regular file.
        EcropsError: The Docker CLI failed or did not end, or the file cannot be written.
        DeadlineError: No time remained.
    """
    path = None if config is None else _path_of(config)
    reason = "" if path is None else _reason_against(path, lambda: _check_file(path))
    if reason:
        raise EcropsError(reason)
    reason = _shadowed(lambda: (own(), *hosts))
    if reason:
        raise EcropsError(reason)
    token = get()
    all_hosts = tuple(dict.fromkeys((token.endpoint, *hosts)))
    reason = _shadowed(lambda: all_hosts)
    if reason:
        raise EcropsError(reason)
    if path is None:
        runs = (_run_docker(token, host, min(MAX_SECONDS, remaining())) for host in all_hosts)
        reason = next(filter(None, runs), "")
    else:
        reason = _reason_against(path, lambda: _write(path, token, all_hosts, min(MAX_WAIT, remaining()), tell))
    if reason:
        raise (EcropsError if remaining() else DeadlineError)(reason)
    return token


def config_of(token: Token, hosts: Sequence[str] = ()) -> str:
    """Return the text of a configuration file that holds nothing but a token.

    Args:
        token: The token.
        hosts: Further hosts that the token is for.
    """
    return json.dumps({"auths": dict.fromkeys((token.endpoint, *hosts), _entry(token))})


def _entry(token: Token) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{token.user}:{token.password}".encode()).decode()}


def _run_docker(token: Token, host: str, seconds: float) -> str:
    """Run ``docker login``. Returns why it failed; empty if it did not."""
    import subprocess

    if not seconds:
        return "no time is left to run docker login"
    command = ["docker", "login", "--username", token.user, "--password-stdin", host]
    file = "docker_login(config='~/.docker/config.json') writes the file that docker, podman and skopeo read"
    try:
        ran = subprocess.run(command, input=token.password.encode(), capture_output=True, check=False, timeout=seconds)
    except subprocess.TimeoutExpired:
        return f"docker login to {host} had not ended after {seconds:.3g} s, and was stopped: {file}"
    except FileNotFoundError:
        return f"there is no docker command here: {file}"
    except OSError as error:
        return f"the docker command cannot be run ({error.strerror}): correct it, or {file}"
    if ran.returncode:
        output = ran.stderr.decode(errors="replace").replace(token.password, "…").strip()
        return f"docker login to {host} failed: {output}"
    return ""


def _reason_against(path: Path, use: Callable[[], object]) -> str:
    """Use the file. Returns why that failed; empty if it did not."""
    try:
        use()
    except OSError as error:
        return f"{path} is left as it was, for it cannot be written: {error.strerror or error}"
    except EcropsError as error:
        return str(error)
    return ""


def _check_file(path: Path) -> None:
    """Make the directory of the file, and check that the file can be read."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _read(path)


def _write(path: Path, token: Token, hosts: Sequence[str], wait: float, tell: Tell) -> None:
    """Read the file again, add the token and write it, under a lock: another login may have added a token."""
    with alone_in(path.parent, wait, tell):
        settings = _read(path)
        for host in hosts:
            _check_store(path, settings, host)
            _check_namespaces(path, settings["auths"], host)
            settings["auths"][host] = _entry(token)
        files.replace(path, _text(settings))


def _path_of(config: object) -> Path:
    """Return the path of the file, with links resolved, so that a link stays a link when the file is replaced."""
    path = os.fspath(config) if isinstance(config, str | os.PathLike) else config
    if not isinstance(path, str) or not path:
        raise SpecError(f"config: expected the path of a file, such as '~/.docker/config.json', got {config!r}")
    try:
        real = Path(path).expanduser().resolve()
        _check_path(real)
    except (OSError, RuntimeError, ValueError) as error:
        if isinstance(error, SpecError):
            raise
        raise SpecError(f"config: expected the path of a file, got {config!r}: {error}") from None
    return real


def _check_path(real: Path) -> None:
    if real.is_symlink():  # since Python 3.13 resolve() leaves a loop as it is
        raise SpecError(f"config: expected a file, {real} is a link that leads to itself: name the file")
    if real.is_dir():
        raise SpecError(f"config: expected a file, {real} is a directory: write {str(real / 'config.json')!r}")
    if real.exists() and not real.is_file():
        raise SpecError(f"config: expected a file, {real} is a device, a pipe or a socket: name a regular file")
    for parent in real.parents:
        if parent.exists() and not parent.is_dir():
            raise SpecError(f"config: expected a file in a directory, {parent} is a file: name another path")


def _read(path: Path) -> dict[str, Any]:
    """Read the settings in the file, with an ``auths`` for tokens. A missing file is as an empty one."""
    text = files.read(path)
    try:
        settings = parsed(text, _Number) if text.strip() else {}
    except SpecError as error:
        raise EcropsError(f"{path} is left as it was, for it is not JSON: {error}; correct it, or remove it") from None
    if not isinstance(settings, dict):
        raise EcropsError(
            f"{path} is left as it was: expected a JSON object in it, such as {{}}, got a {_kind(settings)}"
        )
    for name in ("auths", "credHelpers"):
        if name == "auths" or name in settings:
            settings[name] = part = settings.get(name) or {}
            if not isinstance(part, dict):
                raise EcropsError(f"{path} is left as it was: expected a JSON object as {name!r}, got a {_kind(part)}")
    return settings


class _Number(str):
    """A number of the user's as its text, which is written back as it was: Python has neither 1e400 nor all digits."""

    __slots__ = ()


def _text(settings: Mapping[str, Any]) -> str:
    """Return settings as JSON, with each number as the user wrote it."""
    numbers: list[str] = []
    mark = "number"
    while mark in json.dumps(settings):
        mark += "'"

    def marked(value: Any) -> Any:
        if isinstance(value, _Number):
            numbers.append(str(value))
            return mark
        if isinstance(value, dict):
            return {key: marked(part) for key, part in value.items()}
        return [marked(part) for part in value] if isinstance(value, list) else value

    first, *others = json.dumps(marked(settings), indent=2).split(json.dumps(mark))
    return first + "".join(number + text for number, text in zip(numbers, others, strict=True))


def _kind(value: object) -> str:
    """Return the type of a JSON value, for messages: the value itself may be a secret."""
    return {list: "list", str: "string", bool: "truth value", type(None): "null"}.get(type(value), "number")


def _check_store(path: Path, settings: Mapping[str, Any], host: str) -> None:
    """Refuse a file that names a credential helper for the host: then no program would read the token in the file.

    Docker asks the helper of the host, or else the store of all hosts. An empty helper means the file:
    https://github.com/docker/cli/blob/master/cli/config/configfile/file.go. Podman and skopeo know
    the helpers of hosts only: https://github.com/containers/image/blob/main/pkg/docker/config/config.go.
    """
    helpers = settings.get("credHelpers", {})
    helper = helpers.get(host, settings.get("credsStore"))
    if not helper:
        return
    key = "credHelpers" if host in helpers else "credsStore"
    way_out = (
        "that helper gets tokens itself, and no login is needed"
        if helper == "ecr-login"
        else "docker_login() without config= logs in through the Docker CLI, which keeps the token there"
    )
    raise EcropsError(
        f"{path} is left as it was: its {key!r} tells Docker to ask docker-credential-{helper} for {host}, and not to "
        f"read the file; {way_out}. For podman and skopeo write another file, which --authfile and REGISTRY_AUTH_FILE "
        "name"
    )


def _check_namespaces(path: Path, auths: Mapping[str, Any], host: str) -> None:
    """Refuse a file with an entry for a part of the host: podman and skopeo take the most specific one.

    https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md
    """
    parts = [name for name, entry in auths.items() if name.startswith(f"{host}/") and entry]
    if parts:
        names = ", ".join(map(repr, parts))
        raise EcropsError(
            f"{path} is left as it was: its 'auths' have {names} too, and podman and skopeo take that entry, not the "
            f"one for {host}: remove it from the file, or write another file"
        )


def _shadowed(hosts: Callable[[], Sequence[str]]) -> str:
    """Return why Docker would not read the token of a host: a variable holds another one. Empty if it would.

    https://github.com/docker/cli/pull/6008. What is no JSON there is left out, as Docker does.
    """
    try:
        settings = parsed(os.environ.get(VARIABLE) or "{}")
    except SpecError:
        return ""
    auths = settings.get("auths") if isinstance(settings, dict) else None
    named = {name.removeprefix("https://").rstrip("/") for name in auths} if isinstance(auths, dict) else set()
    shadowed = [host for host in hosts() if host in named] if named else []
    if not shadowed:
        return ""
    return (
        f"the variable {VARIABLE} names {shadowed[0]}, and Docker takes the token from there, whatever else it is "
        "told: unset the variable, and log in again"
    )
