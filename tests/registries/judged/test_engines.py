"""Forty registries on each engine: the same state at the end, and failures that are rows.

``scripts/judges/engines`` runs this in an environment of its own, that has Dask and loky: they are too big for
``scripts/test``, which skips it. Threads and processes are tested there too (``test_registries``).
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from ecrops import Registries, RegistryLocation, RepositorySpec, RetryPolicy
from ecrops.aws.sessions import forget
from ecrops.testing import over_http
from ecrops.testing.emulator.cloud import Cloud
from ecrops.testing.isolation import environment

pytestmark = pytest.mark.skipif(not os.environ.get("ECROPS_ENGINES"), reason="scripts/judges/engines runs it")
REGIONS = ("eu-west-1", "eu-central-1", "us-east-1", "us-west-2")
ACCOUNTS = tuple(f"{number:012}" for number in range(222200000000, 222200000010))
SPECS = [RepositorySpec(f"team/app-{number:02}", tags={"team": "x"}) for number in range(50)]
WORKERS = 4


@contextmanager
def dask() -> Iterator[Executor]:
    """Two processes of Dask with two threads each, on loopback."""
    distributed: Any = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=2, host="127.0.0.1", dashboard_address=None, silence_logs=50
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client.get_executor(pure=False)


@contextmanager
def loky() -> Iterator[Executor]:
    """The processes of joblib."""
    module: Any = pytest.importorskip("loky")
    executor = module.get_reusable_executor(max_workers=WORKERS, timeout=60)
    yield executor
    executor.shutdown(wait=True)


def processes(method: str) -> Callable[[], Executor]:
    """Processes of the standard library."""
    return lambda: ProcessPoolExecutor(WORKERS, mp_context=get_context(method))


ENGINES: dict[str, Callable[[], Any]] = {
    "threads": lambda: ThreadPoolExecutor(WORKERS),
    "fork": processes("fork"),
    "spawn": processes("spawn"),
    "loky": loky,
    "dask": dask,
}


@pytest.fixture
def cloud(server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    for name, value in environment(server).items():
        monkeypatch.setenv(name, value)
    forget()  # the keys of the test before are unknown to this cloud
    with over_http(server) as cloud:
        cloud.seed_role("ecrops", *ACCOUNTS)
        yield cloud


@pytest.fixture
def registries(cloud: Cloud, server: Any) -> Registries:
    places = [
        RegistryLocation(account, region, role_name="ecrops", endpoint_url=server.url)
        for account in ACCOUNTS
        for region in REGIONS
    ]
    return Registries(places, workers=8, seconds_each=240)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_ends_in_the_same_state(engine: str, registries: Registries) -> None:
    with ENGINES[engine]() as executor:
        plan = registries.plan(*SPECS, executor=executor)
        assert not plan.failed, [str(row) for row in plan.failed][:3]
        assert len(plan) == 40 * 50
        assert len(str(plan).splitlines()) < 200
        result = registries.apply(plan, executor)
        assert not result.errors, [row.to_dict()["error"] for row in result.errors][:2]
        assert sum(len(changes) for changes in result.applied.values()) == 40 * 50
        assert not registries.plan(*SPECS, executor=executor)


@pytest.fixture
def door(server: Any) -> Iterator[type[Door]]:
    Door.server_url, Door.mode = server.url, "open"
    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as door:
        thread = threading.Thread(target=door.serve_forever, daemon=True)
        thread.start()
        Door.port = door.server_port
        yield Door
        door.shutdown()
        thread.join()


class Door(BaseHTTPRequestHandler):
    """Stands before the server. What is asked at a path of its own is denied, throttled, or hangs, until it is open."""

    server_url, port, mode = "", 0, "open"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        way = self.path.strip("/")
        if self.mode == "open" or not way:
            asked = Request(self.server_url, body, dict(self.headers))
            try:
                with urlopen(asked) as answer:
                    self.answer(answer.status, answer.read(), answer.headers["Content-Type"])
            except HTTPError as error:
                self.answer(error.code, error.read(), error.headers["Content-Type"])
            return
        if way == "hanging":
            time.sleep(40)  # longer than a connection waits
            return
        code = {"denied": "AccessDenied", "throttled": "Throttling"}[way]
        text = f"<ErrorResponse><Error><Code>{code}</Code><Message>{way}</Message></Error></ErrorResponse>"
        self.answer(403 if way == "denied" else 400, text.encode(), "text/xml")

    def answer(self, status: int, body: bytes, kind: str | None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind or "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("engine", ENGINES)
def test_four_that_fail_are_rows_and_running_them_again_finishes_them(
    engine: str, cloud: Cloud, registries: Registries, door: type[Door]
) -> None:
    specs = [RepositorySpec(SPECS[0].name, encryption="AES256"), *SPECS[1:3]]
    conflicting, *others = registries.locations
    assert not Registries([conflicting]).ensure(RepositorySpec(specs[0].name, encryption="KMS")).errors
    ways = dict(zip(others, ("denied", "throttled", "hanging"), strict=False))
    places = [
        replace(place, endpoint_url=f"http://127.0.0.1:{door.port}/{ways[place]}") if place in ways else place
        for place in registries
    ]
    door.mode = "shut"
    broken = Registries(places, workers=8, seconds_each=25, retry=RetryPolicy(budget=3))
    with ENGINES[engine]() as executor:
        result = broken.ensure(*specs, executor=executor)
        reasons = {row.location: str(row.error) for row in result.errors}
        assert len(result.applied) == 36, reasons
        assert [*reasons] == places[:4], reasons
        for place, reason in zip(places, ("chosen once", "denied", "Throttling", "time"), strict=False):
            assert reason in reasons[place], reasons
        door.mode = "open"
        client = cloud.client("ecr", str(conflicting.region), account=conflicting.account)
        client.delete_repository(repositoryName=specs[0].name)
        again = result.failed.ensure(*specs, executor=executor)
        assert not again.errors, [str(row) for row in again.errors]
        assert len(again.applied) == 4
        assert not registries.plan(*specs, executor=executor)


def killed_once(location: RegistryLocation) -> list[RepositorySpec]:
    """The specs of a location: the first process that is asked for one of them kills itself."""
    flag = Path(os.environ["ECROPS_KILLED"])
    if location.place.startswith(ACCOUNTS[0]) and not flag.exists():
        flag.write_text("killed")
        os.kill(os.getpid(), signal.SIGKILL)
    return SPECS[:2]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("engine", ["fork", "spawn", "loky", "dask"])
def test_a_worker_that_is_killed_loses_nothing(
    engine: str, registries: Registries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECROPS_KILLED", str(tmp_path / "killed"))
    with ENGINES[engine]() as executor:
        result = registries.ensure(killed_once, executor=executor)
    assert len(result.rows) == 40
    left = result.failed
    start = time.monotonic()
    while left and time.monotonic() - start < 120:
        with ENGINES[engine]() as executor:
            left = left.ensure(killed_once, executor=executor).failed
    assert not left
    assert not registries.plan(*SPECS[:2])
