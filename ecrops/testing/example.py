"""A small registry to look at and to try things on: a dozen repositories of a shop, with months of images.

Called by ``python -m ecrops.testing --example``, by ``ecrops try`` and by the demo. The names that the pages of ecrops
use are there too: the user ``ci``, the role ``nodes``, the group ``developers`` and the queue ``pushes``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ecrops.testing.emulator.seeding import SeededImage

if TYPE_CHECKING:
    from ecrops import LifecycleRule, Registry
    from ecrops.testing.emulator.cloud import Cloud

MB = 1_000_000
SERVICES = {
    "shop/cart": 92 * MB,
    "shop/checkout": 118 * MB,
    "shop/catalog": 143 * MB,
    "shop/search": 310 * MB,
    "payments/api": 87 * MB,
    "payments/ledger": 95 * MB,
}
"""The repositories with releases, and the size of an image of each."""
OTHER_ACCOUNTS = ("222233334444", "333344445555")
"""Accounts with a role ``ecrops`` that may be assumed, and without repositories."""
SIGNATURE = "application/vnd.dev.sigstore.bundle.v0.3+json"
SBOM = "application/spdx+json"


def seed_example(cloud: Cloud) -> list[str]:
    """Put a small registry into a cloud; return the names of its repositories.

    Services have releases, branches and untagged images of several ages, some of them signed and for two platforms.
    Some have a lifecycle policy, one has none, and one has a setting that somebody changed by hand. There are a user, a
    role, a group, grants, a queue, and an EventBridge rule that sends to it. Two other accounts have a role ``ecrops``
    that may be assumed.

    Args:
        cloud: An empty cloud, in this process or over HTTP. What is done here is not in its `calls`.

    Example:
        >>> from ecrops.testing import in_memory
        >>> with in_memory() as cloud:
        ...     len(seed_example(cloud))
        12
    """
    from ecrops import Registry
    from ecrops.testing.waiting import AT_ONCE

    _make_neighbours(cloud)
    registry = Registry(cloud.plain_session(), retry=AT_ONCE)
    names = _make_repositories(registry)
    for name, images in _images():
        cloud.seed_images(name, images)
    _change_by_hand(cloud)
    return names


def _make_neighbours(cloud: Cloud) -> None:
    """Make what the pages of ecrops name, and take for granted."""
    cloud.emulator.make_principals("ci", "nodes", "developers")
    cloud.client("sqs").create_queue(QueueName="pushes")
    cloud.seed_role("ecrops", *OTHER_ACCOUNTS)


def _make_repositories(registry: Registry) -> list[str]:
    from ecrops import LifecycleRule, RepositorySpec, Role, User, pull, push
    from ecrops.events import on_image_pushed

    releases = [
        LifecycleRule(description="releases", tag_pattern_list=["v*"], max_image_count=20),
        LifecycleRule(description="branches", tag_prefix_list=["pr-"], max_image_age=timedelta(days=14)),
        LifecycleRule(tag_status="untagged", max_image_age=timedelta(days=7)),
    ]
    queue = f"arn:aws:sqs:{registry.region}:{registry.account_id}:pushes"
    specs = [_service(name, [] if name == "shop/search" else releases) for name in SERVICES]
    specs += [
        RepositorySpec("base/python", image_tag_mutability="IMMUTABLE", tags={"team": "platform"}),
        RepositorySpec("base/node", image_tag_mutability="IMMUTABLE", tags={"team": "platform"}),
        RepositorySpec("platform/ingress", image_scan_on_push=True, tags={"team": "platform"}),
        RepositorySpec("tools/migrate", tags={"team": "platform"}),
        RepositorySpec("legacy/reports", tags={"team": "finance"}),
        RepositorySpec("sandbox"),
    ]
    registry.ensure(*specs)
    registry.ensure(
        RepositorySpec("shop/cart", grants=[push(User("ci")), pull(Role("nodes"))]),
        RepositorySpec("payments/api", grants=[pull(Role("nodes")), pull("222233334444")]),
        RepositorySpec("shop/checkout", events=[on_image_pushed("checkout-pushed", target=queue)]),
    )
    return [spec.name for spec in specs]


def _service(name: str, rules: Sequence[LifecycleRule]) -> Any:
    from ecrops import RepositorySpec

    return RepositorySpec(
        name,
        image_tag_mutability="IMMUTABLE_WITH_EXCLUSION",
        image_tag_mutability_exclusion_filters=["latest", "pr-*"],
        image_scan_on_push=True,
        lifecycle_rules=rules,
        tags={"team": name.partition("/")[0]},
    )


def _images() -> Iterator[tuple[str, list[SeededImage]]]:
    for place, (name, size) in enumerate(SERVICES.items()):
        yield name, [*_releases(size, 18 + 3 * place), *_branches(size, 10 + place), *_untagged(size, 8)]
    for name in ("base/python", "base/node"):
        yield name, [_base(month) for month in range(5, -1, -1)]
    yield "platform/ingress", [_for_two_platforms(week) for week in (30, 11, 2)]
    yield "tools/migrate", [SeededImage(["stable"], age=timedelta(days=210), size=41 * MB)]
    yield "legacy/reports", [_report(month) for month in range(1, 10)]


def _releases(size: int, count: int) -> Iterator[SeededImage]:
    """Yield a release every nine days or so, the last one running; some are signed."""
    for number in range(count):
        days = 9 * (count - 1 - number) + 1
        newest = number == count - 1
        yield SeededImage(
            [f"v1.{number}", *(["latest"] if newest else [])],
            age=timedelta(days=days),
            size=size + number * 300_000,
            last_pull=timedelta(hours=2) if newest else timedelta(days=max(days - 9, 1)),
            referrers=[_artifact(SIGNATURE, 4_600)] if number % 3 == 0 else [],
        )


def _branches(size: int, count: int) -> Iterator[SeededImage]:
    for number in range(count):
        yield SeededImage([f"pr-{400 + number}"], age=timedelta(days=3 * (count - number)), size=size + 2 * MB)


def _untagged(size: int, count: int) -> Iterator[SeededImage]:
    for number in range(count):
        yield SeededImage(age=timedelta(days=5 * number + 1), size=size + MB)


def _report(month: int) -> SeededImage:
    return SeededImage([f"report-{month:02}"], age=timedelta(days=700 - 30 * month), size=620 * MB)


def _base(month: int) -> SeededImage:
    tags = [f"3.13.{6 - month}", *(["current"] if month == 0 else [])]
    return SeededImage(
        tags, age=timedelta(days=30 * month + 4), parts=_parts(54 * MB), last_pull=timedelta(days=30 * month + 1)
    )


def _for_two_platforms(week: int) -> SeededImage:
    artifacts = [_artifact(SIGNATURE, 4_600), _artifact(SBOM, 210_000)]
    return SeededImage([f"3.{40 - week}"], age=timedelta(weeks=week), parts=_parts(66 * MB), referrers=artifacts)


def _parts(size: int) -> list[SeededImage]:
    return [SeededImage(platform=name, size=size) for name in ("linux/amd64", "linux/arm64")]


def _artifact(kind: str, size: int) -> SeededImage:
    return SeededImage(artifact_type=kind, size=size)


def _change_by_hand(cloud: Cloud) -> None:
    """Change a setting as somebody in a hurry does: tags of one repository can be overwritten since."""
    cloud.client("ecr").put_image_tag_mutability(repositoryName="payments/ledger", imageTagMutability="MUTABLE")
