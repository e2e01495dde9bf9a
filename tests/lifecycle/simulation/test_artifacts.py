"""Indexes, their parts, and the artifacts that are about an image."""

from __future__ import annotations

from ecrops import LifecycleRule
from ecrops.lifecycle import Image, simulate

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
    day = result.forecast(1, 0).days[0]
    assert (day.acted, day.artifacts, day.removed) == ({1: 1}, 1, 2)


def signed(number: int, bytes_each: int = 0) -> list[Image]:
    return [
        image
        for n in range(number)
        for image in (
            an_image(f"image{n}", f"v{n}", days=40 + n, size=bytes_each),
            an_image(f"signature{n}", days=40 + n, subject=f"image{n}", size=bytes_each),
        )
    ]


def test_what_goes_by_no_rule_is_said_in_the_numbers_of_the_rules() -> None:
    newest = LifecycleRule(tag_pattern_list=["v*"], max_image_count=2)
    result = simulate([newest], [*signed(4, 1_000_000), an_image("other")], now=NOW)
    expected = "expires 4 of 9 images, 4.0 MB: 2 by rules, 2 artifacts after the images that they are about"
    assert result.summary == expected
    assert str(result).splitlines()[1:] == [
        "  rule 1 (keep last 2 v*): selects 4, decides about 4, expires 2, 2.0 MB",
        "  no rule: 2 artifacts after the images that they are about, within 24 hours, 2.0 MB",
    ]
    assert digests(result.artifacts) == ["signature2", "signature3"]
    assert result.to_dict()["artifacts"] == result.forecast(1, 0).to_dict()["days"][0]["artifacts"] == 2
    assert [verdict["rule_priority"] for verdict in result.to_dict()["expired"]] == [1, None, 1, None]


def test_one_artifact_is_said_as_one_and_none_is_not_said() -> None:
    assert simulate([V1], signed(2)[2:], now=NOW).summary.endswith(
        ": 1 by rules, 1 artifact after the image that it is about"
    )
    unsigned = simulate([V1], [an_image("image", "v1", days=40)], now=NOW)
    assert unsigned.summary == "expires 1 of 1 image, 0 B"
    assert "artifact" not in str(unsigned)
    assert unsigned.to_dict()["artifacts"] == 0


def test_artifacts_that_are_archived_after_their_image_are_counted_too() -> None:
    archive = LifecycleRule(tag_pattern_list=["v*"], max_image_age=1, transition_to="archive")
    result = simulate([archive], signed(1), now=NOW)
    assert result.summary.endswith("archives 2, 0 B: 1 by rules, 1 artifact after the image that it is about")


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
