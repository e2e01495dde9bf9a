"""What a lifecycle policy does to images, offline."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta, timezone
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecrops import LifecycleRule, SpecError
from ecrops.lifecycle import Image, Simulation, simulate
from ecrops.testing.emulator.ecr.evaluation import Seen, is_like, marks

from .support import NOW, UNTAGGED, ago, an_image, digests

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "cases" / "lifecycle_evaluation.json").read_text()
)


def from_case(case: dict[str, Any], name: str = "pushed_at") -> list[Image]:
    return [
        Image(
            image["id"],
            image["tags"],
            datetime.fromisoformat(image.get(name, image["pushed_at"])),
            storage_class=image["storage_class"],
            last_pulled_at=ago(image.get("last_recorded_pull_days_ago")),
            archived_at=ago(image.get("last_archived_days_ago")),
            activated_at=ago(image.get("last_activated_days_ago")),
            subject=image.get("subject"),
        )
        for image in case["images"]
    ]


# 1. The documentation


@pytest.mark.parametrize("pushed", ["pushed_at", "pushed_at_disambiguated"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_every_documented_example_comes_out_as_documented(case: dict[str, Any], pushed: str) -> None:
    now = datetime.fromisoformat(case["now"])
    result = simulate(json.dumps(case["policy"]), from_case(case, pushed), now=now)
    cascade = list(case.get("expect_cascade", ()))
    assert digests(result.expired) == sorted(case["expect_expired"] + cascade)
    assert digests(result.archived) == case["expect_archived"]
    applied = {v.image.digest: v.rule_priority for v in (*result.expired, *result.archived)}
    assert {digest: rule for digest, rule in applied.items() if digest not in cascade} == case.get(
        "expect_applied_rule", {}
    )


# 2. A reference written from the documentation's sentences

DAYS = st.integers(0, 12)
TAGS = st.text("ab-", min_size=1, max_size=4)


@st.composite
def images(draw: st.DrawFn) -> list[Image]:
    found = []
    for number in range(draw(st.integers(0, 9))):
        archived, activated, pulled = (draw(st.none() | DAYS) for _ in range(3))
        storage = "archive" if archived is not None and draw(st.booleans()) else "standard"
        found.append(
            Image(
                f"sha256:{number}",
                draw(st.lists(TAGS, max_size=3, unique=True)),
                NOW - timedelta(days=draw(DAYS), seconds=draw(st.sampled_from([0, 1]))),
                storage_class=storage,
                archived_at=None if archived is None else NOW - timedelta(days=archived * 20),
                activated_at=ago(activated) if storage == "standard" else None,
                last_pulled_at=ago(pulled),
            )
        )
    return found


PATTERNS = st.text("ab*", min_size=1, max_size=5).filter(lambda text: text.count("*") <= 4)


@st.composite
def selections(draw: st.DrawFn, status: str) -> dict[str, Any]:
    selection: dict[str, Any] = {"tagStatus": status}
    if status == "tagged":
        name, entries = draw(
            st.sampled_from([("tagPrefixList", st.text("ab-", min_size=1, max_size=2)), ("tagPatternList", PATTERNS)])
        )
        selection[name] = draw(st.lists(entries, min_size=1, max_size=3))
    kind = draw(
        st.sampled_from(["imageCountMoreThan", "sinceImagePushed", "sinceImagePulled", "sinceImageTransitioned"])
    )
    selection |= {"countType": kind, "countNumber": draw(st.integers(1, 6))}
    if kind != "imageCountMoreThan":
        selection["countUnit"] = "days"
    if kind == "sinceImageTransitioned":
        selection |= {"storageClass": "archive", "countNumber": draw(st.integers(90, 200))}
    return selection


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    """Whatever ECR accepts: one `untagged` for each storage class, one `any`, which is the last of its class."""
    statuses = [*draw(st.lists(st.just("tagged"), max_size=4)), "untagged", "any", "any"]
    rules, taken, sets = [], set(), []
    priorities = sorted(draw(st.sets(st.integers(1, 99), min_size=len(statuses), max_size=len(statuses))))
    for priority, status in zip(priorities, draw(st.permutations(statuses[:-2])) + statuses[-2:], strict=True):
        selection = draw(selections(status))
        place = (status, selection.get("storageClass"))
        prefixes = sorted(set(selection.get("tagPrefixList", ())))
        if (status != "tagged" and place in taken) or (prefixes and prefixes in sets) or draw(st.booleans()):
            continue
        taken.add(place)
        sets.append(prefixes)
        archives = selection["countType"] == "sinceImagePulled" or (
            "storageClass" not in selection and draw(st.booleans())
        )
        action = {"type": "transition", "targetStorageClass": "archive"} if archives else {"type": "expire"}
        rules.append({"rulePriority": priority, "selection": selection, "action": action})
    return {"rules": draw(st.permutations(rules))}


@settings(max_examples=120, deadline=None)
@given(policies(), images())
def test_no_policy_and_no_images_tell_it_from_the_reference(policy: dict[str, Any], pushed: list[Image]) -> None:
    seen = [
        Seen(i.digest, i.tags, i.pushed_at, i.storage_class, i.last_pulled_at, i.archived_at, i.activated_at)
        for i in pushed
    ]
    expected = {mark.digest: (mark.action, mark.rule_priority) for mark in marks(policy, seen, NOW)}
    result = simulate(policy, pushed, now=NOW)
    found = {v.image.digest: ("expire", v.rule_priority) for v in result.expired}
    found |= {v.image.digest: ("transition", v.rule_priority) for v in result.archived}
    assert found == expected


@pytest.mark.parametrize("pattern", ["a", "a*", "*a", "a*a", "*ab*ab", "a*b*a", "**", "*a*", "a**b", "*ab", "b*a*"])
def test_a_pattern_is_anchored_and_its_pieces_do_not_overlap(pattern: str) -> None:
    tags = ["".join(letters) for length in range(1, 6) for letters in itertools.product("ab", repeat=length)]
    result = simulate(
        [LifecycleRule(tag_pattern_list=[pattern], max_image_age=1)], [an_image(t, t, days=2) for t in tags]
    )
    assert digests(result.expired) == sorted(tag for tag in tags if is_like(tag, pattern))


# 3. The result


def a_repository() -> list[Image]:
    return [an_image(f"sha256:{n}", f"prod-{n}", days=n, size=1_000_000_000) for n in range(1, 8)]


POLICY = [LifecycleRule(tag_prefix_list=["prod"], max_image_count=5), LifecycleRule(max_image_age=3)]


def test_a_simulation_says_what_goes_how_much_and_by_which_rule() -> None:
    result = simulate(POLICY, a_repository(), now=NOW)
    assert [verdict.image.name for verdict in result.expired] == ["prod-7", "prod-6"], "oldest first"
    assert result.bytes_freed == 2_000_000_000
    assert result.by_rule[1].acts_on == 2
    assert (result.by_rule[2].selects, result.by_rule[2].decides) == (7, 0)
    assert str(result).splitlines()[:2] == [
        "expires 2 of 7 images, 2.0 GB",
        "  rule 1 (keep last 5 prod*): selects 7, decides about 7, expires 2, 2.0 GB",
    ]
    assert json.loads(json.dumps(result.to_dict()))["expired"][0]["image"]["tags"] == ["prod-7"]


def test_a_notebook_shows_tables_and_escapes_what_is_in_them() -> None:
    page = simulate([LifecycleRule(max_image_age=1)], [an_image("d", "<i>", days=9)], now=NOW)._repr_html_()
    assert "&lt;i&gt;" in page
    assert "<i>" not in page


def test_an_image_is_explained_rule_by_rule() -> None:
    told = simulate(POLICY, a_repository(), now=NOW).explain("prod-5")
    assert told.splitlines() == [
        "sha256:5 (prod-5), pushed 2026-01-10, 5 days ago: kept",
        "  rule 1 (keep last 5 prod*) selects it first and keeps it: number 5 of 7, the newest 5 stay",
        "  rule 2 (expire all after 3 days) selects it too and would expire it (pushed 2026-01-10, 5 days ago), "
        "but rule 1 has decided",
    ]


def test_of_images_pushed_at_one_moment_the_one_that_goes_is_explained_as_going() -> None:
    result = simulate([LifecycleRule(max_image_count=1)], [an_image("a", "va"), an_image("b", "vb")], now=NOW)
    assert digests(result.expired) == ["a"]
    assert "expires it: number 2 of 2" in result.explain("a")
    assert "keeps it: number 1 of 2" in result.explain("b")


def test_an_image_that_no_rule_selects_is_explained() -> None:
    rules = [LifecycleRule(tag_pattern_list=["a*", "*b"], max_image_count=1), UNTAGGED]
    told = simulate(rules, [an_image("d", "ax")], now=NOW).explain("d")
    assert "does not select it: none of its tags is *b" in told
    assert "does not select it: it has tags" in told
    assert told.endswith("no rule selects it: it stays")


def test_explaining_an_image_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError, match="nowhere"):
        simulate([], []).explain("nowhere")


def test_who_asks_about_an_image_that_is_not_there_is_told_what_is() -> None:
    images = [Image(f"sha256:{day}", [f"v{day}"] if day > 1 else [], NOW - timedelta(days=day)) for day in (1, 2, 3, 4)]
    for ask in (simulate([], images).explain, simulate([], images).verdict):
        with pytest.raises(KeyError, match="'zzz'; expected one of the images, its digest or a tag, such as") as caught:
            ask("zzz")
        assert "such as sha256:1, v2, v3" in str(caught.value)


def test_no_policy_keeps_everything() -> None:
    result: Simulation = simulate([], a_repository())
    assert not result.expired
    assert result.summary == "expires none of 7 images"


def test_the_last_of_very_many_images_is_matched_like_the_first() -> None:
    """The tags are matched part by part: a count goes on from one part to the next."""
    images = [
        Image(f"d{number}", (f"{'prod' if number % 3 else 'dev'}-{number}",), NOW - timedelta(minutes=number))
        for number in range(21_000)
    ]
    prod, dev = (LifecycleRule(tag_prefix_list=[f"{stream}-"], max_image_count=6_900) for stream in ("prod", "dev"))
    result = simulate([prod, dev], images, now=NOW)
    assert [(tally.selects, tally.acts_on) for tally in result.tallies] == [(14_000, 7_100), (7_000, 100)]
    assert [verdict.image for verdict in result.kept[::-1][:10_350]] == images[:10_350]
    assert result.expired[0].image is images[-1]


def test_an_age_before_all_time_keeps_everything() -> None:
    assert not simulate([LifecycleRule(max_image_age=999_999_999)], a_repository()).expired


# 4. Bad input


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(SpecError, match="time zone"):
        Image("d", (), datetime(2026, 1, 1))
    with pytest.raises(SpecError, match="time zone"):
        simulate(POLICY, [], now=datetime(2026, 1, 1))


def test_an_image_that_cannot_be_is_refused_with_every_reason() -> None:
    with pytest.raises(SpecError) as caught:
        Image("", "latest", NOW, -1, "cold")
    assert len(caught.value.reasons) == 4
    with pytest.raises(SpecError, match="subject: expected a digest, got ''"):
        Image("d", (), NOW, subject="")
    assert "write ['latest']" in str(caught.value)


def test_what_is_no_image_is_refused() -> None:
    wrong: Any = ["latest"]
    with pytest.raises(SpecError, match=r"expected images, such as those of Repository\.images, got 'latest'"):
        simulate(POLICY, wrong)


def test_a_digest_twice_is_refused() -> None:
    with pytest.raises(SpecError, match="two images have the digest d"):
        simulate(POLICY, [an_image("d"), an_image("d")])


def test_a_digest_twice_is_refused_however_many_images_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """The digests are compared part by part."""
    monkeypatch.setattr(import_module("ecrops.lifecycle.simulation.simulate"), "DIGESTS", 8)
    images = [an_image(f"d{number}") for number in range(100)]
    assert len(simulate(POLICY, images).verdicts) == 100
    for twin in images[::20]:
        with pytest.raises(SpecError, match=f"two images have the digest {twin.digest}: "):
            simulate(POLICY, [*images, an_image(twin.digest)])


def test_a_count_type_newer_than_ecrops_is_refused_with_its_rule() -> None:
    rule = {
        "rulePriority": 3,
        "selection": {"tagStatus": "any", "countType": "sinceImageScanned", "countNumber": 1, "countUnit": "days"},
        "action": {"type": "expire"},
    }
    with pytest.raises(SpecError, match="rule 3 counts by 'sinceImageScanned'"):
        simulate([rule], [])


def test_a_key_newer_than_ecrops_is_refused_with_its_rule() -> None:
    rule = LifecycleRule(max_image_count=1).to_ecr()
    rule["selection"]["excludeTags"] = ["prod"]
    with pytest.raises(SpecError, match="rule 1 has the key 'excludeTags'"):
        simulate({"rules": [rule]}, [])


@pytest.mark.parametrize("policy", ["{", '"x"', {"rule": []}, 7, [7], LifecycleRule(max_image_count=1)])
def test_what_is_no_policy_is_refused(policy: Any) -> None:
    with pytest.raises(SpecError):
        simulate(policy, [])


def test_times_of_all_zones_are_compared_as_moments() -> None:
    tokyo = timezone(timedelta(hours=9))
    early = Image("early", (), datetime(2026, 1, 14, 23, tzinfo=tokyo))
    late = Image("late", (), datetime(2026, 1, 14, 15, tzinfo=UTC))
    assert digests(simulate([LifecycleRule(max_image_count=1)], [late, early], now=NOW).expired) == ["early"]
