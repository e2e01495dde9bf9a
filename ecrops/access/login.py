"""Logging in to a registry: through the Docker CLI, or into the file that docker, podman and skopeo read."""

from __future__ import annotations

import base64
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ecrops.access.tokens import Token
from ecrops.errors import EcropsError, SpecError


def docker_login(get: Callable[[], Token], config: str | os.PathLike[str] | None) -> Token:
    """Log in the Docker CLI, or write the file. What is wrong with the file is said before a token is got."""
    if config is None:
        token = get()
        _run_docker(token)
        return token
    path = _path_of(config)
    settings = _read(path)
    token = get()
    _check_store(path, settings, token.endpoint)
    settings["auths"][token.endpoint] = {"auth": _encoded(token)}
    _replace(path, settings)
    return token


def _run_docker(token: Token) -> None:
    import subprocess

    command = ["docker", "login", "--username", token.user, "--password-stdin", token.endpoint]
    try:
        ran = subprocess.run(command, input=token.password.encode(), capture_output=True, check=False)
    except FileNotFoundError:
        raise EcropsError(
            "there is no docker command here: docker_login(config='~/.docker/config.json') writes the file that "
            "docker, podman and skopeo read"
        ) from None
    if ran.returncode:
        said = ran.stderr.decode(errors="replace").replace(token.password, "…").strip()
        raise EcropsError(f"docker login to {token.endpoint} failed: {said}")


def _encoded(token: Token) -> str:
    return base64.b64encode(f"{token.user}:{token.password}".encode()).decode()


def _path_of(config: object) -> Path:
    """The file itself, where a link leads to it: what is linked stays linked."""
    path = os.fspath(config) if isinstance(config, str | os.PathLike) else config
    if not isinstance(path, str) or not path:
        raise SpecError(f"config: expected the path of a file, such as '~/.docker/config.json', got {config!r}")
    real = Path(path).expanduser().resolve()
    if real.is_dir():
        raise SpecError(f"config: expected a file, {real} is a directory: write {str(real / 'config.json')!r}")
    return real


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
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    number, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # with the mode 0600
    try:
        with open(number, "w", encoding="utf-8") as file:
            json.dump(settings, file, indent=2)
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise
