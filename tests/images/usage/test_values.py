"""What is in use as a value, and which images of a repository must stay because of it."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from time import process_time
from typing import Any

import pytest

from ecrops import SpecError
from ecrops.images import Image, InUse
from ecrops.images.usage.values import checked, resolve

HOST = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
REPLICA = "111122223333.dkr.ecr.us-east-1.amazonaws.com"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
WEB = "ECS service web in cluster prod"


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def an_image(number: int, *tags: str, of: int | None = None, about: int | None = None) -> Image:
    """An image; a part of the index ``of``, or an artifact about another one."""
    parents = (digest(of),) if of else ()
    return Image(digest(number), tags, NOW, referenced_by=parents, subject=digest(about) if about else None)


IMAGES = [
    an_image(1, "v1", "prod"),
    an_image(2, "v2"),
    an_image(3),
    an_image(4, "index"),
    an_image(5, of=4),
    an_image(6, of=4),
    an_image(7, about=4),
    an_image(8, about=3),
]


def kept(never: Any, repository: str | None = "team/api", host: str | None = HOST) -> dict[int, str]:
    found = resolve(never, IMAGES, repository=repository, host=host)
    return {int(name.removeprefix("sha256:"), 16): reason for name, reason in found.items()}


@pytest.mark.parametrize(
    ("never", "stays"),
    [
        ((), {}),
        ("prod*", {1: "has the tag prod, which is protected"}),
        (["v1", "v2"], {1: "has the tag v1, which is protected", 2: "has the tag v2, which is protected"}),
        (digest(2), {2: "is protected by its digest"}),
        (f"{HOST}/team/api:v2", {2: f"is {HOST}/team/api:v2, which is protected"}),
        (f"{HOST}/team/api:gone", {}),
        (f"{HOST}/team/api@{digest(2)}", {2: "is protected by its digest"}),
        (f"{HOST}/team/api:moved@{digest(2)}", {2: "is protected by its digest"}),
        (f"team/api@{digest(2)}", {2: "is protected by its digest"}),
        (InUse({f"{HOST}/team/api@{digest(2)}": [WEB]}), {2: f"runs in {WEB}"}),
        ([InUse({digest(2): [WEB, "Lambda function resize:12"]}), "v2"], {2: f"runs in {WEB} and 1 other"}),
        (InUse([f"{HOST}/team/api:v2"]), {2: "is in use"}),
    ],
)
def test_images_are_protected_by_tag_digest_and_uri(never: Any, stays: dict[int, str]) -> None:
    assert kept(never) == stays


@pytest.mark.parametrize("reference", ["{host}/team/api:v2", "{host}/team/api@" + digest(2)])
def test_a_uri_protects_in_its_own_repository_and_registry_alone(reference: str) -> None:
    here = reference.format(host=HOST)
    assert set(kept(here)) == {2}
    assert set(kept(InUse([here]))) == {2}
    for never in (here, InUse([here])):
        assert not kept(never, "team/web"), "another repository"
        assert not kept(never, host=REPLICA), "another registry"
        assert set(kept(never, host=None)) == {2}, "the host is not known"
        assert set(kept(never, repository=None)) == {2}, "the name is not known"


@pytest.mark.parametrize("name", ["dkr-ecr.eu-west-1.on.aws", "dkr.ecr-fips.eu-west-1.amazonaws.com"])
def test_a_registry_is_the_same_under_each_of_its_hosts(name: str) -> None:
    assert set(kept(f"111122223333.{name}/team/api:v2")) == {2}
    assert not kept(f"444455556666.{name}/team/api:v2")


def test_what_is_in_use_keeps_its_index_its_parts_and_what_is_about_them() -> None:
    stays = kept(InUse({digest(5): [WEB]}))
    assert set(stays) == {4, 5, 6, 7}
    assert stays[5] == f"runs in {WEB}"
    assert all(reason.endswith(f"runs in {WEB}") for reason in stays.values())
    assert stays[6].startswith("part of index")
    assert stays[7].startswith("about index")
    assert set(kept("index")) == {4, 5, 6, 7}
    assert set(kept(digest(3))) == {3, 8}, "a subject keeps what is about it"
    assert set(kept(digest(8))) == {3, 8}, "without its subject an artifact is broken"


@pytest.mark.parametrize(
    ("never", "said"),
    [
        (None, "expected patterns of tags, digests, images"),
        (b"v1", "expected patterns of tags, digests, images"),
        ({"v1": "v2"}, "expected patterns of tags, digests, images"),
        ([7], "got 7"),
        ([b"v1"], "got b'v1'"),
        ("sha256:12", "a part of one"),
        ([f"team/api@sha256:{'A' * 64}"], "a digest is 'sha256:' and 64 digits"),
        ([f"{HOST}/team/api"], "without a tag and without a digest"),
        ([f"{HOST}/Team:v1"], "'Team' is no name of a repository"),
        ([f"{HOST}/team/api:prod*"], "give the pattern of its tags alone"),
        ([f"{HOST}/team/api:-v1"], "a tag has 1 to 128"),
        (["team/api"], "no tag has '/' in it"),
        (["api:v1"], "give the part behind the ':' alone"),
        ([""], "no tag is empty"),
        (["^v1$"], "no regular expression"),
    ],
)
def test_what_can_be_nothing_that_stays_is_refused(never: Any, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        kept(never)
    assert said in str(caught.value)


def test_every_wrong_entry_is_said_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        checked(["ok", "", 7, "sha256:1"])
    assert len(caught.value.reasons) == 3


def test_what_is_in_use_is_a_value() -> None:
    web, resize = (
        InUse({f"{HOST}/team/api:v1": [WEB]}, ["ECS"]),
        InUse({digest(2): ["Lambda function resize:12"]}, ["Lambda"]),
    )
    both = web | resize | web
    assert list(both) == [f"{HOST}/team/api:v1", digest(2)]
    assert len(both) == 2
    assert (web | InUse({f"{HOST}/team/api:v1": ["cron", WEB]})).reasons(f"{HOST}/team/api:v1") == (WEB, "cron")
    assert both.reasons(f"{HOST}/team/api:v1") == (WEB,)
    assert both.reasons(digest(2)) == ("Lambda function resize:12",)
    assert digest(2) in both
    assert digest(3) not in both
    assert digest(4) in InUse([f"{HOST}/team/api@{digest(4)}"])
    assert InUse.from_dict(json.loads(json.dumps(both.to_dict()))) == both
    assert pickle.loads(pickle.dumps(both)) == both
    assert hash(InUse.from_dict(both.to_dict())) == hash(both)
    assert web != resize
    assert repr(both) == "<InUse: 2 images>"
    assert not InUse()


def test_what_is_in_use_is_shown_as_a_table_that_says_what_it_has_not_seen() -> None:
    used = InUse({f"{HOST}/team/api:v1": [WEB], digest(2): []}, ["ECS of account 111122223333 in eu-west-1"])
    first, row, *_, read, unseen = str(used).split("\n")
    assert first == "2 images in use"
    assert row.startswith(f"{HOST}/team/api:v1  ")
    assert row.endswith(WEB)
    assert read == "read: ECS of account 111122223333 in eu-west-1"
    assert unseen.startswith("other accounts and regions may use these images too")
    html = used._repr_html_()
    assert WEB in html
    assert "other accounts and regions" in html


def test_a_table_of_many_images_ends() -> None:
    used = InUse({digest(number): [f"pod {name}" for name in range(9)] for number in range(500)})
    lines = str(used).split("\n")
    assert len(lines) == 202
    assert lines[1].endswith("pod 0, pod 1, pod 2, 6 more")
    assert lines[-1] == "and 300 more"


@pytest.mark.parametrize(
    ("images", "said"),
    [
        ("v1", "expected a list of images"),
        (7, "expected a list of images"),
        (["sha256:1"], "a digest is 'sha256:'"),
        (["v1"], "without a tag and without a digest"),
        ([f"{HOST}/Team:v1"], "'Team' is no name of a repository"),
        ([7], "got 7"),
        ({digest(1): "web"}, "expected a list of strings"),
    ],
)
def test_what_is_no_image_in_use_is_refused(images: Any, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        InUse(images)
    assert said in str(caught.value)


def test_a_wrong_document_of_images_in_use_is_refused() -> None:
    with pytest.raises(SpecError, match="unknown key; did you mean images"):
        InUse.from_dict({"image": []})
    with pytest.raises(SpecError, match="images: expected the images that are in use"):
        InUse.from_dict({})


def test_thousands_of_protected_tags_take_no_longer_than_one() -> None:
    tags = [f"v{number}" for number in range(5_000)]
    images = [an_image(number, tag) for number, tag in enumerate(tags)]
    never = checked(tags)
    begun = process_time()
    assert len(resolve(never, images, repository="app")) == 5_000
    assert process_time() - begun < 2
