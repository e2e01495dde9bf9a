"""Registries and tools of others: docker-registry, skopeo and umoci, Debian packages that ``.ci/run`` installs.

Servers listen on 127.0.0.1 alone, and are ended by their process.
"""

from __future__ import annotations

import base64
import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import boto3
import pytest

from ecrops.aws.http import Http
from ecrops.images.copying.stores.token import Token
from tests.access.ministack import MAY_SKIP, REGION, free_port, served
from whole_stores import WholeStore

if TYPE_CHECKING:  # the bench measures the memory of what imports this
    from ecrops.testing import Cloud

TOOLS = ("docker-registry", "skopeo", "umoci")
_MISSING = [tool for tool in TOOLS if not shutil.which(tool)]
needs_registries = pytest.mark.skipif(
    bool(_MISSING) and MAY_SKIP,
    reason=f"no real image is copied: {', '.join(_MISSING)} not here; scripts/judges/registries has them",
)


class Place(NamedTuple):
    """A registry, with what logs skopeo in, ``user:password``, and what logs ecrops in; nothing if it asks nobody."""

    url: str
    password: str = ""
    token: Token | None = None

    @classmethod
    def of(cls, cloud: Cloud, region: str, url: str = "") -> Place:
        """Return the registry of a region of the emulator, at another URL if there is a relay before it."""
        (data,) = cloud.client("ecr", region).get_authorization_token()["authorizationData"]
        return cls(url or data["proxyEndpoint"], base64.b64decode(data["authorizationToken"]).decode())

    def store(self, http: Http, name: str) -> WholeStore:
        """A repository of it."""
        return WholeStore(http, self.url, name, self.token)

    def options(self, side: str) -> Sequence[str]:
        """The options of skopeo for the source, ``src``, or the target, ``dest``."""
        return (f"--{side}-creds={self.password}",) if self.password else ()


CONFIGURATION = """\
version: 0.1
log: {{level: {level}, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {root}}}, delete: {{enabled: true}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""


@contextlib.contextmanager
def docker_registry(home: Path, *, logs: bool = False) -> Iterator[str]:
    """Run docker-registry with an empty store below a folder, and yield its URL.

    Args:
        home: The folder. What the registry prints is in its file ``log``.
        logs: Whether it prints a line for each request.
    """
    port = free_port()
    configuration = home / "configuration.yml"
    configuration.write_text(CONFIGURATION.format(root=home / "store", port=port, level="info" if logs else "error"))
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "OTEL_TRACES_EXPORTER": "none"}
    url = f"http://127.0.0.1:{port}"
    with served(["docker-registry", "serve", str(configuration)], environment, home, f"{url}/v2/"):
        yield url


def run(*command: str, home: Path) -> str:
    """Run a tool, and return its output.

    Raises:
        AssertionError: It failed.
    """
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    environment = {**kept, "HOME": str(home), "TMPDIR": str(home)}
    done = subprocess.run(list(command), env=environment, text=True, capture_output=True, check=False, timeout=120)
    assert not done.returncode, f"{' '.join(command)}: {done.stderr}"
    return done.stdout


def skopeo_copy(source: str, target: str, home: Path, *options: str) -> None:
    """Copy an image with all its parts, and with its digests, as skopeo does."""
    plain = ("--src-tls-verify=false", "--dest-tls-verify=false")
    run(
        "skopeo",
        "--insecure-policy",
        "copy",
        "--all",
        "--preserve-digests",
        *plain,
        *options,
        source,
        target,
        home=home,
    )


def of_skopeo(url: str, name: str, reference: str) -> str:
    """Return a reference to an image of a registry, as skopeo spells it."""
    return f"docker://{url.removeprefix('http://')}/{name}{'@' if ':' in reference else ':'}{reference}"


def session() -> boto3.Session:
    """A session with keys that are words."""
    return boto3.Session("testing", "testing", region_name=REGION)
