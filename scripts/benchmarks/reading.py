"""How fast fleet files are read: `scripts/bench reading`. Exits with 1 where the budget is not kept."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from ecrops import LifecycleRule, RepositorySpec
from ecrops.fleet import fleet_from_dict, fleet_to_dict, parse, write

REPOSITORIES, ROUNDS = 1_000, 7
MOST_SECONDS = 0.2
"""Of processor time, for a thousand repositories."""


def main() -> int:
    """Print the seconds of each format, and return 1 if one takes too long."""
    rules = [LifecycleRule(tag_prefix_list=["prod"], max_image_count=20), LifecycleRule(max_image_age=30)]
    specs = [
        RepositorySpec(
            f"team/app-{number}",
            image_tag_mutability="IMMUTABLE",
            image_scan_on_push=True,
            lifecycle_rules=rules,
            tags={"team": "web", "number": f"v{number}"},
        )
        for number in range(REPOSITORIES)
    ]
    data, texts = fleet_to_dict(specs), {"yaml": write(specs), "json": write(specs, "json")}
    seconds = {
        "fleet_from_dict": fastest(lambda: fleet_from_dict(data)),
        "JSON": fastest(lambda: parse(texts["json"], "json")),
        "YAML": fastest(lambda: parse(texts["yaml"])),
        "writing YAML": fastest(lambda: write(specs)),
    }
    for name, taken in seconds.items():
        late = f", and at most {MOST_SECONDS} s are right" if taken > MOST_SECONDS else ""
        print(f"{name:16} {REPOSITORIES:,} repositories in {taken:.3f} s of processor time{late}")
    return int(max(seconds.values()) > MOST_SECONDS)


def fastest(call: Callable[[], object]) -> float:
    """The processor time of the fastest of some calls."""
    taken = []
    for _ in range(ROUNDS):
        started = time.process_time()
        call()
        taken.append(time.process_time() - started)
    return min(taken)


if __name__ == "__main__":
    sys.exit(main())
