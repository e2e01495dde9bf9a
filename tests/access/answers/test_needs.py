"""What each verb needs, and how an action is written."""

from __future__ import annotations

from typing import Any

import pytest

from ecrops import SpecError
from ecrops.access.answers.needs import VERBS, need_of
from ecrops.access.grants import VERBS as GRANTED

GET, LAYER = "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"


def test_what_is_granted_with_a_verb_is_enough_for_it() -> None:
    for verb, (granted, token) in GRANTED.items():
        need = need_of(verb)
        assert set(need.actions) <= set(granted)
        assert need.token == token
    assert set(VERBS) == {*GRANTED, "change_policies"}


def test_a_pull_needs_two_actions_and_the_token_which_a_service_does_not() -> None:
    need = need_of("pull")
    assert need.all_actions == (GET, LAYER, "ecr:GetAuthorizationToken")
    assert need.without_token().all_actions == (GET, LAYER)


@pytest.mark.parametrize(
    "written, what, needed",
    [
        ("BatchGetImage", GET, (GET,)),
        ("ECR:batchgetimage", GET, (GET,)),
        ("ecr:Batch*eImage", "ecr:Batch*eImage", ("ecr:BatchDeleteImage",)),
        ("?etDownload*", "ecr:?etDownload*", (LAYER,)),
        ("ecr:?atchGetImage", "ecr:?atchGetImage", (GET,)),
        ("ecr:createrepository", "ecr:CreateRepository", ("ecr:CreateRepository",)),
        ("ecr:getAuthorizationToken", "ecr:GetAuthorizationToken", ()),
    ],
)
def test_an_action_or_a_wildcard_means_what_it_covers(written: str, what: str, needed: tuple[str, ...]) -> None:
    need = need_of(written)
    assert (need.what, need.actions, need.token) == (what, needed, what.endswith("Token"))


def test_everything_is_all_that_can_be_done_with_a_repository_that_is_there() -> None:
    everything = need_of("ecr:*")
    assert everything == need_of("*")
    assert "ecr:CreateRepository" not in everything.actions
    assert {GET, "ecr:SetRepositoryPolicy", "ecr:DeleteRepository"} < set(everything.actions)


@pytest.mark.parametrize(
    "wrong, hint",
    [
        ("pul", "got 'pul'; did you mean 'pull'?"),
        ("pull push", "did you mean 'pull_push'?"),
        ("delete", "did you mean 'delete_images'?"),
        ("ecr:BatchGetImag", "ECR has no action 'ecr:BatchGetImag'; did you mean ecr:BatchGetImage?"),
        ("GetImage", "ECR has no action 'ecr:GetImage'; did you mean ecr:BatchGetImage?"),
        ("ecr:ListImageReferrers", "there is no action ecr:ListImageReferrers: ecr:BatchGetImage allows that call"),
        ("ecr:DescribeRegistry", "is about the registry, not a repository"),
        ("s3:GetObject", "expected an action of ECR, such as 'ecr:BatchGetImage', got 's3:GetObject'"),
        ("", "expected read, pull, push, pull_push, "),
        (None, "or an action such as 'ecr:ListImages', got None"),
        (["pull"], "got ['pull']"),
    ],
)
def test_what_is_no_verb_and_no_action_is_refused_with_what_was_meant(wrong: Any, hint: str) -> None:
    with pytest.raises(SpecError) as caught:
        need_of(wrong)
    assert hint in str(caught.value)
    assert not str(caught.value).startswith("actions")


def test_what_moves_images_is_known() -> None:
    moving = {verb for verb in VERBS if need_of(verb).moves_images}
    assert moving == {"pull", "push", "pull_push", "pull_through_cache"}
    assert need_of(LAYER).moves_images
    assert not need_of("ecr:ListImages").moves_images
