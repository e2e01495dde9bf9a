"""How fast lifecycle policies are simulated, and in how much memory: `scripts/bench lifecycle`.

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
from random import Random
from typing import Any

import boto3

from ecrops import LifecycleRule, Registry
from ecrops.images import image as reading
from ecrops.lifecycle import Image, Simulation, simulate

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STREAMS = ("prod", "staging", "dev", "feature", "release", "hotfix", "nightly", "pr")
MOST_SECONDS, MOST_MEGABYTES = 3.0, 400.0
MILLION_SECONDS, MILLION_MEGABYTES = 6.0, 60.0
"""Of a million images. The megabytes are those beside the images, which alone take 430."""


def images(number: int) -> Iterator[Image]:
    """Images as a busy repository has them: two thirds with tags, which are of one length however many there are."""
    random = Random(number)
    for place in range(number):
        stream = random.choice(STREAMS)
        tags = (f"{stream}-{random.randrange(10**8):08}", f"sha-{random.getrandbits(40):x}")[: random.choice((0, 1, 2))]
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


def wide_rules(number: int) -> list[LifecycleRule]:
    """The worst that can be: every rule selects every image that has a tag."""
    return [LifecycleRule(tag_pattern_list=["*"], max_image_count=10 + n) for n in range(number)]


def one_simulation(number: int, rule_count: int) -> dict[str, float]:
    """Seconds of one simulation, and the peak memory of the process."""
    return timed(list(images(number)), rules(rule_count))


def wide_simulation(number: int, rule_count: int) -> dict[str, float]:
    """The same with the worst rules."""
    return timed(list(images(number)), wide_rules(rule_count))


def timed(pushed: list[Image], policy: list[LifecycleRule]) -> dict[str, float]:
    """One simulation as a user makes it, with nothing warmed up: processor seconds, and the peak memory."""
    before = peak()
    start = time.process_time()
    simulate(policy, pushed, now=NOW)
    return {"seconds": time.process_time() - start, "megabytes": peak(), "beside": peak() - before}


def a_registry(repositories: int, number: int) -> dict[str, float]:
    """Repository after repository, in a stream, without AWS: what is read is made up."""
    reading.describe = lambda aws, name: images(number)
    registry = Registry(boto3.Session("testing", "testing", region_name="eu-west-1"), workers=4)
    names = [f"r{place}" for place in range(repositories)]
    start = time.perf_counter()
    found = registry.simulate_lifecycles(*names, rules=rules(5), now=NOW)
    freed = sum(result.bytes_freed for _, result in found if isinstance(result, Simulation))
    return {"seconds": time.perf_counter() - start, "megabytes": peak(), "freed": freed}


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def alone(what: str, first: int, second: int) -> dict[str, float]:
    """A measurement in a process of its own."""
    command = [sys.executable, __file__, "--one", what, str(first), str(second)]
    result: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return result


def best(what: str, first: int, second: int) -> dict[str, float]:
    """The fastest of seven processes: what else the machine does only ever makes one slower."""
    return min((alone(what, first, second) for _ in range(7)), key=lambda cost: cost["seconds"])


def measured() -> Iterator[tuple[str, str, bool]]:
    """What was measured, the numbers, and whether the budget is kept."""
    large, small = best("simulation", 100_000, 50), best("simulation", 10_000, 50)
    yield budget("100,000 images, 50 rules", large)
    yield budget("100,000 images, 50 rules that each select every tagged image", alone("wide", 100_000, 50))
    yield ratio("images: 10,000 -> 100,000", small, large, 10 * log(100_000) / log(10_000))
    million = min((alone("simulation", 1_000_000, 50) for _ in range(3)), key=lambda cost: cost["seconds"])
    numbers = f"{million['seconds']:.2f} s, {million['megabytes']:.0f} MB, {million['beside']:.0f} MB beside the images"
    kept = million["seconds"] < MILLION_SECONDS and million["beside"] < MILLION_MEGABYTES
    yield "1,000,000 images, 50 rules", numbers, kept
    few = best("simulation", 100_000, 5)
    yield ratio("rules: 5 -> 50", few, large, 10 * log(50) / log(5))
    ten, thousand = alone("registry", 10, 1000), alone("registry", 1000, 1000)
    growth = thousand["megabytes"] - ten["megabytes"]
    numbers = f"{thousand['seconds']:.1f} s, {thousand['megabytes']:.0f} MB, {growth:+.1f} MB over 10 repositories"
    yield "1,000 repositories of 1,000 images", numbers, growth < 5


def budget(what: str, cost: dict[str, float]) -> tuple[str, str, bool]:
    kept = cost["seconds"] < MOST_SECONDS and cost["megabytes"] < MOST_MEGABYTES
    return what, f"{cost['seconds']:.2f} s, {cost['megabytes']:.0f} MB", kept


def ratio(what: str, small: dict[str, float], large: dict[str, float], most: float) -> tuple[str, str, bool]:
    times = large["seconds"] / small["seconds"]
    return what, f"{times:.1f} times the time (n log n: {most:.1f})", times <= most


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    one: list[Any] | None = arguments.parse_args().one
    if one:
        measure = {"simulation": one_simulation, "wide": wide_simulation, "registry": a_registry}[one[0]]
        print(json.dumps(measure(int(one[1]), int(one[2]))))
        return 0
    broken = 0
    for what, numbers, kept in measured():
        print(f"{'ok  ' if kept else 'OVER'} {what}: {numbers}")
        broken += not kept
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
