"""The memory of a plan for many registries with 200 repositories each. `scripts/bench registries --memory`.

No server: one registry is planned on the emulated AWS, and its row, as it travels from a process, is given for every
other one with its own account and region. So the memory is what the caller keeps. ``keep=False`` keeps no plans.
"""

from __future__ import annotations

import argparse
import pickle
import resource
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from typing import Any

from ecrops import LifecycleRule, Registries, RegistryLocation, RepositorySpec
from ecrops.registries import RegistriesPlan, Row
from ecrops.registries.tasks.task import Task
from ecrops.testing import in_memory
from ecrops.testing.isolation import as_default_session

REPOSITORIES, REGION = 200, "eu-west-1"
SPECS = [
    RepositorySpec(f"team/app-{number:03}", tags={"team": "x"}, lifecycle_rules=[LifecycleRule(max_image_count=3)])
    for number in range(REPOSITORIES)
]


class Stub(Executor):
    """Answers every task with the row of one registry, made anew from what travels.

    Args:
        row: The row, pickled.
    """

    def __init__(self, row: bytes) -> None:
        self._row = row

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Return a future that is done."""
        task: Task = args[0]
        row: Row = pickle.loads(self._row)
        account = str(task.location.account)
        plan = replace(row.value, account=account)
        future: Future[Any] = Future()
        future.set_result(replace(row, location=task.location, account=account, value=plan))
        return future


def planned(row: bytes, number: int, *, keep: bool) -> RegistriesPlan:
    """Return the plan for some registries."""
    places = [RegistryLocation(f"{222200000000 + one}", REGION, role_name="ecrops") for one in range(number)]
    return Registries(places).plan(*SPECS, executor=Stub(row), keep=keep)


def figures(row: bytes, number: int, keep: bool) -> str:
    """Return the figures of a number of registries, as a row. In a process of its own, whose memory they are."""
    before, start = peak(), time.perf_counter()
    plan = planned(row, number, keep=keep)
    seconds = time.perf_counter() - start
    lines = len(str(plan).splitlines())
    assert lines < 200, lines
    assert len(plan) >= number * REPOSITORIES, plan
    return f"{number:10} {keep!s:>6} {len(plan):9,} {seconds:8.2f} {before:11.0f} {peak():9.0f} {lines:6}"


def peak() -> float:
    """Return the most memory that this process had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--registries", type=int, nargs="*", default=[10, 100, 1000])
    options = parser.parse_args()
    with in_memory() as cloud, as_default_session(cloud):
        row = pickle.dumps(Registries([RegistryLocation(region=REGION)]).plan(*SPECS).rows[0])
    print(f"{REPOSITORIES} repositories in each registry; what travels of one: {len(row) / 1e6:.2f} MB")
    print("registries   keep   changes  seconds before (MB) peak (MB)  lines")
    for keep in (False, True):
        for number in options.registries:
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
                print(process.submit(figures, row, number, keep).result(), flush=True)


if __name__ == "__main__":
    main()
