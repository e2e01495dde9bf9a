"""Draw the picture of the README from a run on the emulated AWS: python scripts/site/draw_forecast.py.

A repository with four months of images is read, its policy is simulated, and what follows is forecast.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from ecrops import LifecycleRule, Registry
from ecrops.lifecycle import Chart
from ecrops.testing import Cloud, in_memory

PICTURE = Path(__file__).parents[2] / "docs" / "forecast.svg"
NOW = datetime(2026, 1, 15, 9, tzinfo=UTC)
POLICY = (
    LifecycleRule(tag_prefix_list=["prod-"], max_image_count=20),
    LifecycleRule(tag_prefix_list=["pr-"], max_image_age=14),
    LifecycleRule(tag_status="untagged", max_image_age=3),
)


def images() -> Iterator[dict[str, Any]]:
    """Some three pushes a day: one in six for production, most for pull requests, some that lost their tag."""
    random = Random(7)
    for number in range(340):
        stream = random.choice(("prod", "pr", "pr", "pr", "pr", None))
        yield {
            "imageDigest": f"sha256:{number:064x}",
            "imageTags": [f"{stream}-{340 - number}"] if stream else [],
            "imagePushedAt": NOW - timedelta(days=number * 0.35 + random.random() * 0.3),
            "imageSizeInBytes": random.randrange(60, 260) * 1_000_000,
        }


def drawn(cloud: Cloud) -> Chart:
    """The forecast of a repository of the emulated registry."""
    cloud.emulator.seed(["team/api"])
    cloud.emulator.seed_images("team/api", images())
    repo = Registry(cloud.session()).repository("team/api")
    repo.set_lifecycle_rules(*POLICY)
    return repo.simulate_lifecycle(now=NOW).forecast(days=90).plot(price_per_gb_month=0.10, title=repo.name)


def main() -> None:
    """Write the picture."""
    with in_memory() as cloud:
        drawn(cloud).save(PICTURE)


if __name__ == "__main__":
    main()
