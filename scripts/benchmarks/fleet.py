"""ecrops next to its peers, over HTTP, with a latency and with buckets of tokens: `scripts/bench fleet|throttled`.

Each figure is of a process of its own. All contenders of a round run one after another, each with a server of its own,
in one order and then in the other; a ratio is the median of the rounds.
"""

from __future__ import annotations

import argparse
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from statistics import median

from running import STEPS, Figures, is_there, run, server

PEERS = ("ecrops", "ecrops, 16 workers", "16 threads", "aiobotocore")
Results = dict[tuple[str, str], list[Figures]]


def rounds(contenders: Sequence[str], count: int, number: int) -> Results:
    """Run the steps of each contender, round after round."""
    results: Results = {}
    for turn in range(number):
        with ExitStack() as stack:
            urls = {contender: stack.enter_context(server()) for contender in contenders}
            for step in STEPS:
                for contender in contenders if turn % 2 == 0 else contenders[::-1]:
                    figures = run(contender, count, step, urls[contender])
                    results.setdefault((step, contender), []).append(figures)
    return results


def of(figures: Sequence[Figures], value: Callable[[Figures], float]) -> list[float]:
    """Return a value of each round, the smallest first."""
    return sorted(map(value, figures))


def rows(results: Results, contenders: Sequence[str], count: int) -> Iterator[str]:
    """Yield the table of one size."""
    for step in STEPS:
        base = results[step, contenders[0]]
        for contender in contenders:
            mine = results[step, contender]
            seconds = of(mine, lambda figures: figures["seconds"])
            per_call = median(1000 * figures["processor"] / figures["calls"] for figures in mine)
            served = median(1000 * figures["server"] / figures["calls"] for figures in mine)
            ratio = median(ours["seconds"] / theirs["seconds"] for ours, theirs in zip(base, mine, strict=True))
            yield (
                f"| {count:,} | {step} | {contender} | {mine[0]['calls']:,.0f} | "
                f"{median(seconds):.2f} ({seconds[0]:.2f} to {seconds[-1]:.2f}) | {per_call:.2f} | {served:.2f} | "
                f"{median(of(mine, lambda figures: figures['memory'])):.0f} | {ratio:.2f} |"
            )


def compare(counts: Sequence[int], contenders: Sequence[str], number: int) -> None:
    """All sizes: create, nothing to do, one in a hundred drifted."""
    print("| repositories | step | | calls | seconds (spread) | ms of processor a call | of the server | MB | ratio |")
    print("| ---: | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for count in counts:
        for row in rows(rounds(contenders, count, number), contenders, count):
            print(row, flush=True)


def throttled(rates: Sequence[float], burst: float, count: int, contenders: Sequence[str], limit: float) -> None:
    """Buckets of tokens: one for all operations, and one for each operation."""
    print("| calls a second | buckets | step | | seconds | seconds by the bucket | ratio | throttled calls |")
    print("| ---: | --- | --- | --- | ---: | ---: | ---: | ---: |")
    for rate in rates:
        for each in (False, True):
            for contender in contenders:
                options = ["--rate", str(rate), "--burst", str(burst), *(["--per-operation"] if each else [])]
                with server(*options) as url:
                    for step in STEPS[:2]:
                        place = f"| {rate:g} | {'each operation' if each else 'one'} | {step} | {contender} |"
                        print(place, outcome(contender, count, step, url, rate, burst, each, limit), flush=True)
                        time.sleep(burst / rate)  # the bucket is full again


def outcome(
    contender: str, count: int, step: str, url: str, rate: float, burst: float, each: bool, limit: float
) -> str:
    """Return the rest of a row. Half of the calls are of one operation, where each has its bucket."""
    try:
        figures = run(contender, count, step, url, limit)
    except subprocess.TimeoutExpired:
        return f"not done in {limit:.0f} | | | |"
    except subprocess.CalledProcessError as error:
        return f"an error: {error.stderr.strip().splitlines()[-1][:80]} | | | |"
    passed = figures["calls"] - figures["throttled"]
    ideal = max((passed / 2 if each else passed) - burst, 0) / rate
    ratio = f"{figures['seconds'] / ideal:.2f}" if ideal else "-"
    share = figures["throttled"] / figures["calls"]
    return f"{figures['seconds']:.1f} | {ideal:.1f} | {ratio} | {figures['throttled']:.0f} ({share:.1%}) |"


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["fleet", "throttled"])
    parser.add_argument("--repositories", type=int, nargs="*", default=None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--contenders", nargs="*", default=None)
    parser.add_argument("--rates", type=float, nargs="*", default=[10, 20, 50])
    parser.add_argument("--burst", type=float, default=200)
    parser.add_argument("--limit", type=float, default=300, help="seconds after which a throttled run is given up")
    given = parser.parse_args()
    peers = [contender for contender in PEERS if is_there(contender)]
    if given.what == "fleet":
        compare(given.repositories or [1, 100, 500, 2000], given.contenders or peers, given.rounds)
    else:
        contenders = given.contenders or ["ecrops", "16 threads", "16 threads, adaptive"]
        throttled(given.rates, given.burst, (given.repositories or [500])[0], contenders, given.limit)


if __name__ == "__main__":
    main()
