"""How images hang together, and what can be deleted of them: any graph, any selection, by the rules of ECR."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from time import process_time
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecrops.images import Image
from ecrops.images.graph import Graph
from support import examples
from tests.lifecycle.support import digest

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ELSEWHERE = digest(999)


def image(number: int, *tags: str, parts_of: Iterable[int] = (), subject: str | None = None) -> Image:
    return Image(
        digest(number), tags, NOW, 1, subject=subject, referenced_by=tuple(digest(index) for index in parts_of)
    )


def about(number: int, suffix: str = ".sig") -> str:
    return f"sha256-{number:064x}{suffix}"


class Case(NamedTuple):
    """Images, and what is wanted of them."""

    images: Sequence[Image]
    selected: Sequence[str]
    named: frozenset[str]
    never: dict[str, str]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Indexes of indexes, shared parts, referrers of anything, tags that name any image, and any selection.

    The digest of a manifest is made of what it names, so an image names only earlier ones; a tag names any.
    """
    count = draw(st.integers(1, 9))
    numbers = st.integers(0, count - 1)
    images = []
    parts = [draw(st.sets(st.integers(0, number - 1), max_size=3)) if number else set() for number in range(count)]
    for number in range(count):
        subject = draw(st.none() | st.integers(0, number)) if number else None
        named = digest(subject) if subject not in (None, number) else draw(st.sampled_from([None, None, ELSEWHERE]))
        tags = draw(st.lists(st.sampled_from([f"v{number}"]) | st.builds(about, numbers), max_size=2, unique=True))
        parents = [index for index in range(count) if number in parts[index]]
        images.append(image(number, *tags, parts_of=parents, subject=named))
    chosen = [digest(number) for number in draw(st.lists(numbers, unique=True))]
    named_ones = frozenset(one for one in chosen if draw(st.booleans()))
    never = {digest(number): "it is used" for number in draw(st.sets(numbers, max_size=2))}
    return Case(images, chosen, named_ones, never)


def deleted(images: Sequence[Image], order: Iterable[str]) -> set[str]:
    """Delete images one after the other as ECR does, which refuses a part of an index that is there: what is left."""
    parents = {each.digest: set(each.referenced_by) for each in images}
    left = set(parents)
    for each in order:
        assert each in left, "it was deleted twice"
        assert not parents[each] & left, f"{each} is a part of an index that is there"
        left.remove(each)
    return left


@settings(max_examples=examples(20), deadline=None)
@given(cases())
def test_whatever_is_deleted_what_stays_has_its_parts_and_its_subject(case: Case) -> None:
    graph = Graph(case.images)
    order, kept = graph.deletion(case.selected, case.never, case.named)
    left = deleted(case.images, order)
    for each in case.images:
        if each.digest in left:
            assert set(graph.parts(each.digest)) <= left
            assert each.subject is None or each.subject == ELSEWHERE or each.subject in left
            referrers = [other for other in graph.referrers(each.digest) if other not in case.named]
            assert set(referrers) <= left, "what is about it stays with it"
        else:
            written = [one.digest for one in case.images if one.subject == each.digest]
            assert not set(written) & left, "what is about it goes with it"
            assert each.subject not in order or order.index(each.digest) < order.index(each.subject)
    assert set(case.never) <= left
    assert set(kept) == set(case.selected) & left, "what was selected goes, or there is a reason"
    assert all(set(graph.parents(each)) <= left for each in case.never)


@settings(max_examples=examples(20), deadline=None)
@given(cases())
def test_nothing_goes_but_what_was_selected_and_what_belongs_to_that_alone(case: Case) -> None:
    graph = Graph(case.images)
    order, _ = graph.deletion(case.selected, case.never, case.named)
    for each in set(order) - set(case.selected):
        is_about = set(graph.subjects(each)) & set(order)
        tags = graph.images[each].tags
        is_nameless_part = set(graph.parents(each)) & set(order) and all(tag.startswith("sha256-") for tag in tags)
        assert is_about or is_nameless_part
    alone, _ = graph.deletion(case.selected, case.never, case.named, alone=True)
    assert set(alone) <= set(case.selected)
    deleted(case.images, alone)


@settings(max_examples=examples(20), deadline=None)
@given(cases())
def test_what_must_stay_is_whole(case: Case) -> None:
    graph = Graph(case.images)
    stay = graph.protected(case.never)
    assert set(case.never) <= set(stay)
    for each in stay:
        around = {*graph.parts(each), *graph.parents(each), *graph.referrers(each)}
        assert around <= set(stay)
    assert not set(graph.deletion([each.digest for each in case.images], stay).order) & set(stay)


@settings(max_examples=examples(20), deadline=None)
@given(cases())
def test_groups_are_all_of_them_once_and_do_not_touch_each_other(case: Case) -> None:
    graph = Graph(case.images)
    groups = graph.groups(case.selected)
    assert sorted(each for group in groups for each in group) == sorted(case.selected)
    for group in groups:
        others = set(case.selected) - set(group)
        for each in group:
            assert not {*graph.parts(each), *graph.referrers(each)} & others


def test_a_shared_part_goes_with_the_last_index_that_has_it() -> None:
    graph = Graph([image(1, parts_of=(2, 3)), image(2, "v2"), image(3, "v3")])
    assert graph.deletion([digest(2)]).order == [digest(2)]
    assert graph.deletion([digest(2), digest(3)]).order == [digest(2), digest(3), digest(1)]


def test_a_part_with_a_tag_of_its_own_stays() -> None:
    graph = Graph([image(1, "v2-amd64", parts_of=(2,)), image(2, "v2")])
    assert graph.deletion([digest(2)]).order == [digest(2)]
    assert graph.deletion([digest(1), digest(2)]).order == [digest(2), digest(1)]
    assert graph.deletion([digest(1)]) == ([], {digest(1): "part of v2, which stays"})


def test_a_signature_of_an_image_that_stays_goes_only_if_it_was_named() -> None:
    graph = Graph([image(1, "v1"), image(2, subject=digest(1)), image(3, about(1))])
    signatures = [digest(2), digest(3)]
    assert graph.deletion(signatures) == ([], dict.fromkeys(signatures, "about v1, which stays"))
    assert graph.deletion(signatures, named=signatures).order == signatures


def test_an_sbom_of_two_images_goes_with_the_second() -> None:
    graph = Graph([image(1, "v1"), image(2, "v2"), image(3, about(1, ".sbom"), about(2, ".sbom"))])
    assert graph.deletion([digest(1)]).order == [digest(1)]
    assert graph.deletion([digest(1), digest(2)]).order == [digest(3), digest(1), digest(2)]


def test_what_is_used_protects_the_index_that_has_it_and_the_other_parts() -> None:
    graph = Graph([image(1, parts_of=(3,)), image(2, parts_of=(3,)), image(3, "v3"), image(4, subject=digest(3))])
    order, kept = graph.deletion([digest(3), digest(4)], {digest(1): "it runs"})
    assert order == []
    assert kept == {
        digest(3): f"it has the part {digest(1)[:19]}, which stays: it runs",
        digest(4): "about v3, which stays",
    }


def test_an_image_whose_signature_must_stay_stays() -> None:
    graph = Graph([image(1, "v1"), image(2, "proof", subject=digest(1))])
    assert graph.deletion([digest(1)]).order == [digest(2), digest(1)]
    kept = {digest(1): "proof is about it, and stays"}
    assert graph.deletion([digest(1)], {digest(2): "it is evidence"}) == ([], kept)


def test_a_circle_that_a_tag_makes_breaks_at_the_tag() -> None:
    graph = Graph([image(1, about(2), parts_of=(2,)), image(2, "v2")])
    assert graph.deletion([digest(2)]).order == [digest(2), digest(1)]


@pytest.mark.parametrize("suffix", [".sig", ".att", ".sbom", ""])
def test_orphans_are_about_images_that_are_gone_and_nothing_else(suffix: str) -> None:
    images = [
        image(1, "v1"),
        image(2, subject=digest(1)),
        image(3, subject=ELSEWHERE),
        image(4, about(1, suffix)),
        image(5, about(999, suffix)),
        image(6, about(1, suffix), about(999, suffix)),
        image(7, about(999, suffix), "kept"),
        image(8, f"sha256-{'0' * 63}.sig"),
    ]
    assert Graph(images).orphans() == [digest(3), digest(5)]


def test_whole_and_with_referrers_follow_everything_below() -> None:
    images = [
        image(1, parts_of=(2,)),
        image(2, parts_of=(3,)),
        image(3, "v3"),
        image(4, subject=digest(3)),
        image(5, subject=digest(4)),
        image(6),
    ]
    graph = Graph(images)
    assert graph.whole([digest(3), ELSEWHERE]) == [digest(3), digest(2), digest(1)]
    assert graph.with_referrers([digest(3)]) == [digest(number) for number in (3, 2, 4, 1, 5)]


def test_the_reason_of_an_index_around_indexes_is_short() -> None:
    depth = 300
    chain = [image(number, parts_of=(number + 1,)) for number in range(depth)]
    kept = Graph(chain).deletion([digest(depth - 1)], {digest(0): "it runs"}).kept
    assert kept == {digest(depth - 1): f"it has the part {digest(0)[:19]}, which stays: it runs"}


def test_an_index_of_many_parts_is_put_in_order_in_time() -> None:
    """Looking for each part in a list took four times as long for twice the parts: seconds for 20,000."""
    graph = Graph([image(0), *(image(number, parts_of=(0,)) for number in range(1, 20_000))])
    begun = process_time()
    assert len(graph.deletion([digest(0)]).order) == 20_000
    assert process_time() - begun < 2
