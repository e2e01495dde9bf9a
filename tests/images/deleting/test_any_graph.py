"""Any images, deleted by a verb or a policy from the emulated ECR, which refuses a part of an index that stays."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecrops import LifecycleRule
from ecrops.testing import Cloud
from support import examples, registry_of
from tests.images.deleting.support import left, since


class Pushed(NamedTuple):
    """What is pushed: an index if it has parts, else an artifact if it has a subject, else an image.

    Args:
        tag: The begin of its tag; empty for none.
        parts: Which ones before it are its parts.
        subject: Which one before it is its subject.
    """

    tag: str
    parts: frozenset[int]
    subject: int | None


@st.composite
def repositories(draw: st.DrawFn) -> list[Pushed]:
    count = draw(st.integers(1, 8))
    return [
        Pushed(
            draw(st.sampled_from(["", "go", "stay"])),
            draw(st.frozensets(st.integers(0, number - 1), max_size=3)) if number else frozenset(),
            draw(st.none() | st.integers(0, number - 1)) if number else None,
        )
        for number in range(count)
    ]


def push(cloud: Cloud, name: str, images: list[Pushed]) -> list[str]:
    """Push them in their order."""
    digests: list[str] = []
    for number, image in enumerate(images):
        tag = f"{image.tag}-{number}" if image.tag else None
        said = {"number": str(number)}
        if image.parts:
            parts = [digests[part] for part in image.parts]
            digests.append(cloud.push_index(name, parts, tag=tag, annotations=said))
        elif image.subject is not None:
            digests.append(cloud.push_referrer(name, digests[image.subject], tag=tag, annotations=said))
        else:
            digests.append(cloud.push_image(name, tag=tag, annotations=said))
    return digests


def check_whole(digests: list[str], images: list[Pushed], there: set[str]) -> None:
    """What is there has its parts and its subject, and nothing went that nobody meant."""
    for digest, image in zip(digests, images, strict=True):
        if digest in there:
            assert {digests[part] for part in image.parts} <= there
            assert image.parts or image.subject is None or digests[image.subject] in there
        if image.tag == "stay" and (image.parts or image.subject is None):
            assert digest in there


@settings(max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(repositories())
def test_every_image_that_stays_is_whole_and_each_call_is_made_once(memory_cloud: Cloud, images: list[Pushed]) -> None:
    name = f"app{len(memory_cloud.calls)}"
    memory_cloud.emulator.seed([name])
    digests = push(memory_cloud, name, images)
    app = registry_of(memory_cloud).repository(name)
    calls = since(memory_cloud, lambda: app.delete_images(tags=["go-*"]))
    there = left(memory_cloud, name)
    assert calls.count("BatchDeleteImage") == int(len(there) < len(digests)), "nothing is refused"
    check_whole(digests, images, there)
    assert not app.delete_images(tags=["go-*"])


@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(repositories())
def test_every_image_that_a_policy_leaves_is_whole(memory_cloud: Cloud, images: list[Pushed]) -> None:
    name = f"app{len(memory_cloud.calls)}"
    memory_cloud.emulator.seed([name])
    digests = push(memory_cloud, name, images)
    app = registry_of(memory_cloud).repository(name)
    rules = [
        LifecycleRule(tag_prefix_list=["go"], max_image_count=1),
        LifecycleRule(tag_status="untagged", max_image_count=1),
    ]
    app.run_lifecycle(rules)
    check_whole(digests, images, left(memory_cloud, name))
