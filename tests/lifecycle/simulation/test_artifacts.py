"""Indexes, their parts, and the artifacts that are about an image."""

from __future__ import annotations

from ecrops import LifecycleRule
from ecrops.lifecycle import simulate

from .support import NOW, OCI_INDEX, UNTAGGED, V1, ago, an_image, digests


def test_a_part_of_an_index_that_stays_is_kept_and_told() -> None:
    parts = [an_image(f"part{n}", days=20, referenced_by=["index"]) for n in (1, 2)]
    result = simulate([UNTAGGED], [an_image("index", "v1", days=20, media_type=OCI_INDEX), *parts], now=NOW)
    assert not result.expired
    assert {v.image.digest for v in result.kept if v.marked == "expire"} == {"part1", "part2"}
    assert [w.code for w in result.warnings] == ["part-of-index"]
    assert "2 images that are parts" in str(result.warnings[0])


def test_a_part_goes_when_its_index_goes() -> None:
    part = an_image("part", days=40, referenced_by=["index"])
    result = simulate([UNTAGGED, V1], [an_image("index", "v1", days=40), part], now=NOW)
    assert digests(result.expired) == ["index", "part"]


def test_an_index_that_must_stay_keeps_its_own_parts() -> None:
    pushed = [
        an_image("outer", "keep", days=40),
        an_image("inner", days=40, referenced_by=["outer"]),
        an_image("part", days=40, referenced_by=["inner"]),
        an_image("other", days=40, referenced_by=["gone"]),
    ]
    assert digests(simulate([UNTAGGED], pushed, now=NOW).expired) == ["other"]


def test_an_archived_index_protects_nothing() -> None:
    index = an_image("index", "v1", storage_class="archive", archived_at=ago(1))
    part = an_image("part", days=40, referenced_by=["index"])
    assert digests(simulate([UNTAGGED], [index, part], now=NOW).expired) == ["part"]


def test_artifacts_go_after_the_image_that_they_are_about() -> None:
    pushed = [
        an_image("image", "v1", days=40),
        an_image("signature", days=40, subject="image"),
        an_image("about-signature", days=40, subject="signature"),
        an_image("about-nothing", days=40, subject="gone"),
    ]
    result = simulate([UNTAGGED, V1], pushed, now=NOW)
    assert digests(result.expired) == ["about-signature", "image", "signature"]
    assert "it is about" in result.verdict("signature").reason


def test_artifacts_are_not_counted_unless_asked() -> None:
    pushed = [an_image("old", "v1", days=2), an_image("new", "v2"), an_image("signature", days=0.5, subject="new")]
    keep_two = [LifecycleRule(max_image_count=2)]
    assert not simulate(keep_two, pushed, now=NOW).expired
    assert digests(simulate(keep_two, pushed, now=NOW, count_referrers=True).expired) == ["old"]


def test_an_artifact_that_goes_after_its_image_is_not_the_work_of_the_rule_that_keeps_it() -> None:
    pushed = [an_image("old", "v1", days=3), an_image("new", "v2", days=2), an_image("signature", subject="old")]
    result = simulate([LifecycleRule(max_image_count=2)], pushed, now=NOW, count_referrers=True)
    assert digests(result.expired) == ["old", "signature"]
    assert (result.by_rule[1].acts_on, result.by_rule[1].decides) == (1, 3)
    assert result.forecast(1, 0).days[0].acted == {1: 1, 0: 1}


def test_an_artifact_that_is_part_of_an_index_that_stays_is_kept() -> None:
    pushed = [
        an_image("image", "v1", days=40),
        an_image("index", "keep", days=40),
        an_image("attestation", days=40, subject="image", referenced_by=["index"]),
        an_image("about-attestation", days=40, subject="attestation"),
    ]
    assert digests(simulate([V1], pushed, now=NOW).expired) == ["image"]


def test_an_index_that_goes_after_its_subject_holds_no_part() -> None:
    pushed = [
        an_image("image", "v1", days=40),
        an_image("index", days=40, subject="image"),
        an_image("part", days=40, referenced_by=["index"]),
    ]
    assert digests(simulate([V1, UNTAGGED], pushed, now=NOW).expired) == ["image", "index", "part"]


def test_an_index_that_would_follow_but_is_held_holds_its_own_parts() -> None:
    pushed = [
        an_image("image", "v1", days=40),
        an_image("outer", "keep", days=40),
        an_image("index", days=40, subject="image", referenced_by=["outer"]),
        an_image("part", days=40, referenced_by=["index"]),
    ]
    assert digests(simulate([V1, UNTAGGED], pushed, now=NOW).expired) == ["image"]


def test_a_signature_that_would_be_archived_goes_with_an_image_that_is_deleted() -> None:
    archive = LifecycleRule(max_image_age=1, transition_to="archive")
    pushed = [
        an_image("image", "v1", days=40),
        an_image("signature", days=40, subject="image"),
        an_image("about-signature", days=0.5, subject="signature"),
    ]
    result = simulate([V1, archive], pushed, now=NOW, count_referrers=True)
    assert digests(result.expired) == ["about-signature", "image", "signature"]
    assert (result.by_rule[1].acts_on, result.by_rule[2].acts_on) == (1, 0)
