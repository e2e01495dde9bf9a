"""Logging in to a registry: through the Docker CLI, or into the file that docker, podman and skopeo read."""

from __future__ import annotations

import base64
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ecrops.errors import EcropsError, SpecError
from ecrops.login.locking import alone_in
from ecrops.login.tokens import Token


def docker_login(get: Callable[[], Token], config: str | os.PathLike[str] | None) -> Token:
    """Log in the Docker CLI, or write the file. What is wrong with the file is said before a token is got.

    Errors are raised here, where no variable holds a secret: whoever shows a traceback may show variables with it.
    """
    path = None if config is None else _path_of(config)
    reason = "" if path is None else _what_stops(path, lambda: _prepare(path))
    if reason:
        raise EcropsError(reason)
    token = get()
    reason = _run_docker(token) if path is None else _what_stops(path, lambda: _write(path, token))
    if reason:
        raise EcropsError(reason)
    return token


def _run_docker(token: Token) -> str:
    """Why the Docker CLI did not log in; empty if it did."""
    import subprocess

    command = ["docker", "login", "--username", token.user, "--password-stdin", token.endpoint]
    file = "docker_login(config='~/.docker/config.json') writes the file that docker, podman and skopeo read"
    try:
        ran = subprocess.run(command, input=token.password.encode(), capture_output=True, check=False)
    except FileNotFoundError:
        return f"there is no docker command here: {file}"
    except OSError as error:
        return f"the docker command cannot be run ({error.strerror}): mend it, or {file}"
    if ran.returncode:
        said = ran.stderr.decode(errors="replace").replace(token.password, "…").strip()
        return f"docker login to {token.endpoint} failed: {said}"
    return ""


def _what_stops(path: Path, do: Callable[[], object]) -> str:
    """Why something could not be done with the file; empty if it could."""
    try:
        do()
    except OSError as error:
        return f"{path} is left as it was, for it cannot be written: {error.strerror or error}"
    except EcropsError as error:
        return str(error)
    return ""


def _prepare(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _read(path)


def _write(path: Path, token: Token) -> None:
    """Read the file anew and write it, while nobody else who logs in does: another token may be in it by now."""
    with alone_in(path.parent):
        settings = _read(path)
        _check_store(path, settings, token.endpoint)
        settings["auths"][token.endpoint] = {"auth": _encoded(token)}
        _replace(path, settings)


def _encoded(token: Token) -> str:
    return base64.b64encode(f"{token.user}:{token.password}".encode()).decode()


def _path_of(config: object) -> Path:
    """The file itself, where a link leads to it: what is linked stays linked."""
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
    for parent in real.parents:
        if parent.exists() and not parent.is_dir():
            raise SpecError(f"config: expected a file in a directory, {parent} is a file: name another path")


def _read(path: Path) -> dict[str, Any]:
    """What is in the file, with a place for tokens; no file and an empty one are the same."""
    text = path.read_bytes() if path.exists() else b""
    try:
        settings = json.loads(text) if text.strip() else {}
    except ValueError as error:
        raise EcropsError(f"{path} is left as it was, for it is not JSON: {error}; mend it, or remove it") from None
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


def _kind(value: object) -> str:
    """What kind of JSON it is: the value itself may be a secret."""
    return {list: "list", str: "string", bool: "truth value", type(None): "null"}.get(type(value), "number")


def _check_store(path: Path, settings: Mapping[str, Any], host: str) -> None:
    """Refuse a file that sends its readers elsewhere: what is written to it would be read by nobody.

    Docker asks the helper of a host, or else the store of all, and an empty helper means the file:
    https://github.com/docker/cli/blob/master/cli/config/configfile/file.go. Podman and skopeo know the helper of a
    host only: https://github.com/containers/image/blob/main/pkg/docker/config/config.go.
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


def _replace(path: Path, settings: Mapping[str, Any]) -> None:
    """Write the file at once. Nobody but the owner may read it, not even for a moment."""
    number, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # with the mode 0600
    try:
        with open(number, "w", encoding="utf-8") as file:
            json.dump(settings, file, indent=2)
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise
