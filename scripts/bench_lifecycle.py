"""How fast lifecycle policies are simulated, and in how much memory: run it alone, `python scripts/bench_lifecycle.py`.

Each measurement is made in a process of its own, so that one does not warm or fill another. Exits with 1 where a
budget is not kept.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import log
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from ecrops import LifecycleRule  # noqa: E402
from ecrops.lifecycle import Image, simulate  # noqa: E402

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STREAMS = ("prod", "staging", "dev", "feature", "release", "hotfix", "nightly", "pr")
MOST_SECONDS, MOST_MEGABYTES = 3.0, 400.0


def images(number: int) -> Iterator[Image]:
    """Images as a busy repository has them: two thirds with tags, every tag once."""
    random = Random(number)
    for place in range(number):
        stream = random.choice(STREAMS)
        tags = (f"{stream}-{place}", f"sha-{random.getrandbits(40):x}")[: random.choice((0, 1, 2))]
        pushed = NOW - timedelta(minutes=5 * place)
        yield Image(f"sha256:{place:064x}", tags, pushed, random.randrange(10**7, 10**9))


def rules(number: int) -> list[LifecycleRule]:
    """Prefixes, suffixes, infixes and several wildcards, ages and counts, then ``untagged`` and ``any``."""
    shapes = ("{}-{}*", "*-{1}", "*{1}*", "{}*{}", "{}-*{}*", "*{0}*{1}*")
    tagged = [
        LifecycleRule(
            tag_pattern_list=[shapes[n % len(shapes)].format(STREAMS[n % len(STREAMS)], n)],
            max_image_count=10 + n if n % 2 else None,
            max_image_age=None if n % 2 else 30 + n,
        )
        for n in range(number - 2)
    ]
    return [*tagged, LifecycleRule(tag_status="untagged", max_image_age=14), LifecycleRule(max_image_count=5_000)]


def one_simulation(number: int, rule_count: int) -> dict[str, float]:
    """Seconds of one simulation, the best of three, and the peak memory of the process."""
    pushed, policy = list(images(number)), rules(rule_count)
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        simulate(policy, pushed, now=NOW)
        seconds.append(time.perf_counter() - start)
    return {"seconds": min(seconds), "megabytes": peak()}


def a_registry(repositories: int, number: int) -> dict[str, float]:
    """Repository after repository, each forgotten before the next."""
    policy, start, freed = rules(5), time.perf_counter(), 0
    for _ in range(repositories):
        freed += simulate(policy, images(number), now=NOW).bytes_freed
    return {"seconds": time.perf_counter() - start, "megabytes": peak(), "freed": freed}


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def alone(what: str, first: int, second: int) -> dict[str, float]:
    """A measurement in a process of its own."""
    command = [sys.executable, __file__, "--one", what, str(first), str(second)]
    result: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return result


def measured() -> Iterator[tuple[str, str, bool]]:
    """What was measured, the numbers, and whether the budget is kept."""
    large, small = alone("simulation", 100_000, 50), alone("simulation", 10_000, 50)
    kept = large["seconds"] < MOST_SECONDS and large["megabytes"] < MOST_MEGABYTES
    yield "100,000 images, 50 rules", f"{large['seconds']:.2f} s, {large['megabytes']:.0f} MB", kept
    yield from ratio("images: 10,000 -> 100,000", small, large, 10 * log(100_000) / log(10_000))
    few = alone("simulation", 100_000, 5)
    yield from ratio("rules: 5 -> 50", few, large, 10 * log(50) / log(5))
    ten, thousand = alone("registry", 10, 1000), alone("registry", 1000, 1000)
    growth = thousand["megabytes"] - ten["megabytes"]
    numbers = f"{thousand['seconds']:.1f} s, {thousand['megabytes']:.0f} MB, {growth:+.1f} MB over 10 repositories"
    yield "1,000 repositories of 1,000 images", numbers, growth < 5


def ratio(what: str, small: dict[str, float], large: dict[str, float], most: float) -> Iterator[tuple[str, str, bool]]:
    times = large["seconds"] / small["seconds"]
    yield what, f"{times:.1f} times the time (n log n: {most:.1f})", times <= most


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    one: list[Any] | None = arguments.parse_args().one
    if one:
        measure = {"simulation": one_simulation, "registry": a_registry}[one[0]]
        print(json.dumps(measure(int(one[1]), int(one[2]))))
        return 0
    broken = 0
    for what, numbers, kept in measured():
        print(f"{'ok  ' if kept else 'OVER'} {what}: {numbers}")
        broken += not kept
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
