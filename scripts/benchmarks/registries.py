"""Many registries on each engine, against a server that only sleeps. `scripts/bench registries`.

Each registry plans 50 repositories with tags and a lifecycle policy that are there: about 101 calls. The limit is what
the calls take at the least: calls × latency ÷ workers, for as many registries at once as the engine has room for. The
overhead is that of a task that does nothing. Processor time is that of this process and of its children.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from multiprocessing import get_context
from typing import Any

from ecrops import LifecycleRule, Registries, RegistryLocation, RepositorySpec
from ecrops.testing.isolation import environment
from running import counts, server

LATENCY, WORKERS, AT_ONCE = 0.02, 20, 4
SPECS = [
    RepositorySpec(f"team/app-{number:02}", tags={"team": "x"}, lifecycle_rules=[LifecycleRule(max_image_count=3)])
    for number in range(50)
]


def nothing() -> None:
    """Do nothing."""


@contextmanager
def dask() -> Iterator[Executor]:
    """Processes of Dask."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=AT_ONCE, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=50
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client.get_executor(pure=False)


@contextmanager
def loky() -> Iterator[Executor]:
    """Processes of joblib."""
    from loky import get_reusable_executor

    executor = get_reusable_executor(max_workers=AT_ONCE)
    yield executor
    executor.shutdown(wait=True)


ENGINES: dict[str, Callable[[], Any]] = {
    "threads": lambda: ThreadPoolExecutor(AT_ONCE),
    "fork": lambda: ProcessPoolExecutor(AT_ONCE, mp_context=get_context("fork")),
    "spawn": lambda: ProcessPoolExecutor(AT_ONCE, mp_context=get_context("spawn")),
    **({"loky": loky} if find_spec("loky") else {}),
    **({"dask": dask} if find_spec("distributed") else {}),
}


def processor_time() -> float:
    """Return the seconds of processor time of this process and of its children that have ended."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def registries(url: str, number: int) -> Registries:
    """Return some registries of one server."""
    places = [RegistryLocation(region=f"eu-west-{one}", endpoint_url=url) for one in range(1, number + 1)]
    return Registries(places, workers=WORKERS)


def measured(engine: str, url: str, number: int) -> str:
    """Return the figures of an engine and a number of registries, as a row."""
    start_time = processor_time()
    with ENGINES[engine]() as executor:
        executor.submit(nothing).result()  # the workers are started
        start = time.perf_counter()
        for future in [executor.submit(nothing) for _ in range(100)]:
            future.result()
        overhead = (time.perf_counter() - start) / 100
        registries(url, min(number, AT_ONCE)).plan(*SPECS, executor=executor)  # the workers have imported ecrops
        calls, start = counts(url)["calls"], time.perf_counter()
        plan = registries(url, number).plan(*SPECS, executor=executor)
        seconds = time.perf_counter() - start
        made = counts(url)["calls"] - calls
    assert not plan, plan
    limit = made * LATENCY / WORKERS / min(number, AT_ONCE)
    used = (processor_time() - start_time) / (number + min(number, AT_ONCE))
    return (
        f"{engine:8} {number:10} {made:6.0f} {limit:8.2f} {seconds:8.2f} {seconds / limit:8.1f} "
        f"{overhead * 1000:13.2f} {used * 1000:16.0f}"
    )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--registries", type=int, nargs="*", default=[1, 4, 40])
    parser.add_argument("--engines", nargs="*", default=list(ENGINES), choices=list(ENGINES))
    options = parser.parse_args()
    print("engine   registries  calls    limit  seconds  ÷ limit  task that does  processor time")
    print("                               (s)               (×)     nothing (ms)  a registry (ms)")
    with server("--latency", str(LATENCY)) as url:
        os.environ.update(environment(url))
        assert registries(url, 1).ensure(*SPECS)
        for engine in options.engines:
            for number in options.registries:
                print(measured(engine, url, number), flush=True)


if __name__ == "__main__":
    main()
