"""What others wrote is escaped in a notebook, and everything that is shown is bounded."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ecrops import (
    ArnPrincipal,
    CatalogData,
    LifecycleRule,
    Plan,
    RepositorySpec,
    Target,
)
from ecrops.access import Access, PrincipalAccess, VerbAccess
from ecrops.base.change import Kind
from ecrops.events import on_image_pushed
from ecrops.lifecycle import compare, lint
from tests.notebook.support import HOSTILE, NOW, POLICY, QUEUE, change, images, shown, simulated

ROW = PrincipalAccess(HOSTILE, verbs={"pull": VerbAccess(None, (HOSTILE,), (HOSTILE,), (HOSTILE,))})
HOSTILES: dict[str, Callable[[], object]] = {
    "a plan": lambda: Plan((change(Kind.CONFLICT, HOSTILE, advice={"": HOSTILE}),), (HOSTILE,)),
    "a simulation": lambda: simulated(12, HOSTILE),
    "a comparison": lambda: compare([], [LifecycleRule(max_image_count=1)], images(3, HOSTILE), now=NOW),
    "a rule": lambda: LifecycleRule(description=HOSTILE, max_image_count=3),
    "rules in a spec": lambda: RepositorySpec(
        "ab", lifecycle_rules=[LifecycleRule(tag_pattern_list=[HOSTILE], max_image_count=3)]
    ),
    "a document": lambda: RepositorySpec("ab", resource_policy={HOSTILE: [HOSTILE]}, verbatim=["resource_policy"]),
    "a verbatim tag": lambda: RepositorySpec("ab", tags={HOSTILE: HOSTILE}, verbatim=["tags"]),
    "what was not read": lambda: RepositorySpec("ab", unread={"tags": HOSTILE}),
    "catalog data": lambda: CatalogData(description=HOSTILE),
    "an event": lambda: on_image_pushed(target=QUEUE, description=HOSTILE),
    "a target": lambda: Target(QUEUE, input={HOSTILE: [HOSTILE]}),
    "a principal": lambda: ArnPrincipal(
        "arn:aws:iam::123456789012:role/x", conditions={"StringLike": {"a:b": HOSTILE}}
    ),
    "access": lambda: Access(HOSTILE, (ROW, ROW), (ROW,), (HOSTILE,)),
    "nobody": lambda: Access(HOSTILE, ()),
    "findings": lambda: lint([LifecycleRule(tag_pattern_list=[HOSTILE, "b"], max_image_count=5)]),
    "a chart": lambda: simulated(12).forecast(3, 1).plot(title=HOSTILE),
}


@pytest.mark.parametrize("name", HOSTILES)
def test_what_others_wrote_is_escaped(name: str) -> None:
    page = shown(HOSTILES[name]())
    assert "<script" not in page
    assert "<img src=x" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;" in page


def test_a_table_of_images_has_twenty_rows_however_many_there_are() -> None:
    many, few = shown(simulated(100_000)), shown(simulated(30))
    assert many.count("<tr>") == few.count("<tr>") + 1 == 2 + 1 + 20 + 1
    assert "and 99,970 more, in .expired and .archived" in many
    assert len(many) < 12_000


BOUNDED: dict[str, tuple[Callable[[], object], str]] = {
    "a comparison": (
        lambda: compare([], [LifecycleRule(max_image_count=1)], images(5_001), now=NOW),
        "and 4,980 more, in .differences",
    ),
    "access": (
        lambda: Access("ab", tuple(PrincipalAccess(f"role {n}") for n in range(9_000))),
        "and 8,800 more, in .rows",
    ),
    "a plan": (lambda: Plan(tuple(change(Kind.UPDATE) for _ in range(9_000))), "and 8,800 more"),
    "a long text": (lambda: Plan((change(Kind.UPDATE, "x" * 50_000),)), "and 49,000 more characters"),
    "a long note": (lambda: Plan(notes=("x" * 50_000,)), "and 46,000 more characters"),
    "a long document": (
        lambda: RepositorySpec("ab", resource_policy={**POLICY, "Id": "x" * 50_000}, verbatim=["resource_policy"]),
        "document of 50,",
    ),
    "many lines": (
        lambda: RepositorySpec("ab", tags={f"t{n}": "x" for n in range(900)}, verbatim=["tags"]),
        "and 880 more",
    ),
}


@pytest.mark.parametrize("name", BOUNDED)
def test_what_is_shown_is_bounded(name: str) -> None:
    make, expected = BOUNDED[name]
    page = shown(make())
    assert expected in page
    assert len(page) < 120_000
