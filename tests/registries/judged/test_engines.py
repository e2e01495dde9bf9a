"""Forty registries on each engine: the same state at the end, and failures that are rows.

``scripts/judges/engines`` runs this in an environment of its own, that has Dask and loky: they are too big for
``scripts/test``, which skips it. Threads and processes are tested there too (``test_registries``).
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from ecrops import Registries, RegistryLocation, RepositorySpec
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


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("engine", ENGINES)
def test_four_that_fail_are_rows_and_running_them_again_finishes_them(
    engine: str, cloud: Cloud, registries: Registries
) -> None:
    specs = SPECS[:3]
    denied, conflicting = registries.locations[0], registries.locations[20]
    conflict = Registries([conflicting]).ensure(RepositorySpec(specs[0].name, encryption="KMS"))
    assert not conflict.errors
    cloud.seed_role("strict", denied.account or "", trusts="arn:aws:iam::999999999999:root")
    broken = Registries(
        [
            RegistryLocation.from_dict({**place.to_dict(), "role_name": "strict"}) if place == denied else place
            for place in registries
        ],
        workers=8,
        seconds_each=60,
    )
    spec = [RepositorySpec(specs[0].name, encryption="AES256"), *specs[1:]]
    with ENGINES[engine]() as executor:
        result = broken.ensure(*spec, executor=executor)
        assert {row.location.place for row in result.errors} == {denied.place, conflicting.place}
        assert len(result.values) == 38
        again = registries.where(denied.place).ensure(*spec, executor=executor)
        assert not again.errors


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
