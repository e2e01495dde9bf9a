"""The repositories that are there and in no spec. It reads, and decides nothing about them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ecrops.aws import DENIED, Aws, ClientError, code_of
from ecrops.engine.reading import Goal
from ecrops.repositories import calls, settings
from ecrops.repositories.deletion import MOST_COUNTED
from ecrops.repositories.values import ECR
from ecrops.unmanaged.managed import Managed
from ecrops.unmanaged.values import Part, UnmanagedRepository
from ecrops.unmanaged.within import Within


def find(aws: Aws, managed: Managed, within: Within, assumed: Mapping[Goal, Any]) -> Part[UnmanagedRepository]:
    """Return the repositories that no spec has: one call for 1,000 repositories, and one more for each of those found.

    A repository of a pull-through cache that the spec of the registry lists is ECR's: it is neither managed nor found.

    Args:
        aws: The account and region.
        managed: What the specs manage.
        within: The names that are looked at.
        assumed: The values that a dry run would have made before.

    Raises:
        ClientError: botocore's own error; the caller may not list repositories, for example.
    """
    current = settings.every(aws) | {name: value for (aspect, name), value in assumed.items() if aspect is settings}
    within_it = {name: value for name, value in current.items() if value and within.has(name)}
    looked_at = {name: value for name, value in within_it.items() if not managed.is_cache(name)}
    names = sorted(looked_at.keys() - managed.repositories.keys())
    if names:
        aws.client("ecr", len(names))
    counts = dict(zip(names, aws.map(partial(_count, aws), names), strict=True))
    found = [
        UnmanagedRepository(
            account=aws.account_id,
            region=aws.region,
            name=name,
            created_at=looked_at[name].created_at,
            images=counts[name],
            found=looked_at[name]._replace(images=counts[name] or 0),
        )
        for name in names
    ]
    unknown = (name for name in names if counts[name] is None)
    notes = (f"{name}: whether it holds images is not known: the caller may not ecr:ListImages" for name in unknown)
    return Part(found, len(looked_at), tuple(notes))


def _count(aws: Aws, name: str) -> int | None:
    """Return how many images a repository holds, up to a page of them; ``None`` if the caller may not list them."""
    try:
        return calls.count_images(aws, name, ECR, MOST_COUNTED)
    except ClientError as error:
        if code_of(error) not in DENIED:
            raise
        return None
