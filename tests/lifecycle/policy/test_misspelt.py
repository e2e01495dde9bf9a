"""A misspelt value of a lifecycle rule is answered as a misspelt key is; a new one passes."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops import Registry, RepositorySpec, SpecError
from ecrops.lifecycle import LifecycleRule
from ecrops.lifecycle.policy.words import difference
from ecrops.testing import Cloud


def rule(**selection: Any) -> dict[str, Any]:
    counted = {"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 1}
    return {"rulePriority": 1, "selection": {**counted, **selection}, "action": {"type": "expire"}}


def refused(wrong: dict[str, Any]) -> tuple[str, ...]:
    with pytest.raises(SpecError) as caught:
        RepositorySpec("ab", lifecycle_rules=[wrong])
    return caught.value.reasons


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("sinceLastPulled", "sinceImagePulled"),
        ("sinceImagePush", "sinceImagePushed"),
        ("sinceimagepushed", "sinceImagePushed"),
        ("imageCountMoreThen", "imageCountMoreThan"),
        ("ImageCountMoreThan", "imageCountMoreThan"),
        ("imageCountGreaterThan", "imageCountMoreThan"),
        ("since_image_pulled", "sinceImagePulled"),
        ("sinceImagePuhsed", "sinceImagePushed"),
        ("sincePushed", "sinceImagePushed"),
        ("sinceImageTransition", "sinceImageTransitioned"),
    ],
)
def test_a_misspelt_count_type_is_told(wrong: str, right: str) -> None:
    """Case count-type-misspelt: public files."""
    reasons = refused(rule(countType=wrong))
    assert f"lifecycle_rules[0].selection.countType: unknown count type {wrong!r}; did you mean {right}?" in reasons


@pytest.mark.parametrize(
    "new", ["sinceImageScanned", "sinceImageSigned", "sinceImageReplicated", "sinceImageUsed", "imageSizeMoreThan"]
)
def test_a_count_type_that_resembles_none_passes_as_newer(new: str) -> None:
    assert RepositorySpec("ab", lifecycle_rules=[rule(countType=new)])


def test_a_misspelt_count_type_makes_no_repository(cloud: Cloud, registry: Registry) -> None:
    with pytest.raises(SpecError):
        registry.repository("ab").ensure(lifecycle_rules=[rule(countType="sinceLastPulled")])
    assert cloud.calls.operations() == []


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (rule(tagStatus="Tagged"), "tagged"),
        (rule(tagStatus="untaged"), "untagged"),
        (rule(storageClass="Standard"), "standard"),
        ({**rule(), "action": {"type": "expires"}}, "expire"),
        ({**rule(), "action": {"type": "transiton", "targetStorageClass": "archive"}}, "transition"),
    ],
)
def test_a_misspelt_word_is_told(wrong: dict[str, Any], right: str) -> None:
    assert any(reason.endswith(f"; did you mean {right}?") for reason in refused(wrong))


@pytest.mark.parametrize("wrong", [None, 7, ["expire"], "delete"])
def test_a_word_that_is_like_none_gets_no_suggestion(wrong: Any) -> None:
    (reason, *_) = refused({**rule(), "action": {"type": wrong}})
    assert "did you mean" not in reason


def test_a_misspelt_tag_status_of_a_rule_is_told() -> None:
    with pytest.raises(SpecError, match=r"^tag_status: .* got 'untaged'; did you mean untagged\?$"):
        LifecycleRule(tag_status="untaged", max_image_age=1)  # type: ignore[arg-type]


def action(**members: Any) -> dict[str, Any]:
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 9}
    return {"rulePriority": 1, "selection": selection, "action": members}


@pytest.mark.parametrize(
    ("verb", "way_out"),
    [
        ("translate", ""), ("transcode", ""), ("retain", ""), ("delete", ""), ("archive", ""),
        ("expires", "; did you mean expire?"), ("xpire", "; did you mean expire?"),
        ("transtion", "; did you mean transition?"), ("Transition", "; did you mean transition?"),
    ],
)  # fmt: skip
def test_an_action_is_suggested_only_for_one_that_resembles_it(verb: str, way_out: str) -> None:
    with pytest.raises(SpecError) as caught:
        RepositorySpec("ab", lifecycle_rules=[action(type=verb)])
    assert caught.value.reasons == (
        f"lifecycle_rules[0].action.type: expected expire or transition, got {verb!r}{way_out}",
    )


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"type": "expire"}, "keep last 9"),
        ({"type": "transition", "targetStorageClass": "archive"}, "archive all but the last 9"),
        ({"type": "hide"}, '{"type": "hide"} all but the last 9'),
        ({"type": "expire", "after": 3}, '{"after": 3, "type": "expire"} all but the last 9'),
        (
            {"type": "transition", "targetStorageClass": "glacier"},
            '{"targetStorageClass": "glacier", "type": "transition"} all but the last 9',
        ),
        ({}, "{} all but the last 9"),
    ],
)
def test_an_action_that_ecrops_does_not_know_is_shown_as_it_is(members: dict[str, Any], words: str) -> None:
    rule = action(**members)
    assert difference([rule], []) == (words, "")
    rule["selection"] = {"tagStatus": "any", "countType": "sinceImagePushed", "countNumber": 9, "countUnit": "days"}
    assert difference([rule], [])[0].startswith(words.split(" all but")[0].replace("keep last 9", "expire"))
