"""A repository behind ``/v2``, on the emulator: what is asked, what is repeated, and what other requests change."""

from __future__ import annotations

import io
import json
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from ecrops.aws import Aws, ClientError
from ecrops.aws.http import Http
from ecrops.images.copying.stores.token import YOUNG, Token
from ecrops.images.manifests import OCI_INDEX, OCI_MANIFEST, digest_of
from ecrops.testing import Cloud
from support import registry_of
from whole_stores import AT_ONCE, WholeStore

SMALL, LARGE = b"small", b"large" * (AT_ONCE // 4)


def account(cloud: Cloud) -> Aws:
    """The emulated account, with two repositories, and a registry that answers."""
    ecr = cloud.client("ecr")
    for name in ("team/api", "prod/api"):
        ecr.create_repository(repositoryName=name)
    cloud.registry_endpoint()
    return registry_of(cloud).aws


def stores(aws: Aws, *names: str) -> Sequence[WholeStore]:
    token = Token(aws)
    return [WholeStore(Http(aws), token.endpoint, name, token) for name in names]


def use(store: WholeStore, *contents: bytes) -> None:
    """Write an image that has some layers: ECR hands out no layer that no image has."""
    config = b"{}"
    store.upload(digest_of(config), len(config), io.BytesIO(config))
    items = [{"mediaType": "any", "digest": digest_of(each), "size": len(each)} for each in (config, *contents)]
    manifest = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": items[0], "layers": items[1:]}
    store.put(json.dumps(manifest).encode(), OCI_MANIFEST)


def asked(cloud: Cloud) -> Counter[str]:
    """How often each request was made since this was last asked."""
    counts = Counter(call.operation for call in cloud.calls)
    cloud.calls.clear()
    return counts


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])
def test_a_layer_is_sent_and_read_again(memory_cloud: Cloud, content: bytes) -> None:
    aws = account(memory_cloud)
    (store,) = stores(aws, "team/api")
    digest = digest_of(content)
    assert store.has([digest]) == {}
    store.upload(digest, len(content), io.BytesIO(content))
    assert store.has([digest, digest_of(b"other")]) == {digest: len(content)}
    use(store, content)
    with store.open(digest) as stream:
        assert stream.read() == content


def test_a_layer_that_is_not_there_is_an_error(memory_cloud: Cloud) -> None:
    (store,) = stores(account(memory_cloud), "team/api")
    with pytest.raises(ClientError, match="BLOB_UNKNOWN"):
        store.open(digest_of(b"nothing"))


def test_a_manifest_is_written_and_read_as_it_is(memory_cloud: Cloud) -> None:
    (store,) = stores(account(memory_cloud), "team/api")
    manifest = b'{"schemaVersion": 2,\n\n "manifests": [ ]}'
    digest = store.put(manifest, OCI_INDEX, "v1")
    assert digest == digest_of(manifest)
    assert store.manifest("v1") == store.manifest(digest) == (manifest, OCI_INDEX)
    assert (store.find("v1"), store.find(digest), store.find("v2")) == (digest, digest, None)


def test_a_manifest_without_its_layers_is_refused(memory_cloud: Cloud) -> None:
    cloud = memory_cloud
    source, target = stores(account(cloud), "team/api", "prod/api")
    content, media_type = source.manifest(cloud.push_image("team/api", tag="v1"))
    with pytest.raises(ClientError):
        target.put(content, media_type, "v1")
    assert target.find("v1") is None


def test_a_layer_is_mounted_where_the_account_says_so(memory_cloud: Cloud) -> None:
    cloud = memory_cloud
    aws = account(cloud)
    source, target = stores(aws, "team/api", "prod/api")
    source.upload(digest_of(SMALL), len(SMALL), io.BytesIO(SMALL))
    asked(cloud)
    assert not target.mount(digest_of(SMALL), "team/api")
    assert target.has([digest_of(SMALL)]) == {}
    registry_of(cloud).account_settings.set("BLOB_MOUNTING", "ENABLED")
    assert target.mount(digest_of(SMALL), "team/api")
    assert target.has([digest_of(SMALL)]) == {digest_of(SMALL): len(SMALL)}


class Answering(Http):
    """HTTP with a few answers of a registry of its own, and what it was asked."""

    def __init__(self, aws: Aws, *answers: tuple[int, dict[str, str]]) -> None:
        super().__init__(aws)
        self.answers = list(answers)
        self.asked: list[tuple[str, str, bool]] = []

    def once(self, method: str, url: Any, **options: Any) -> Any:
        from ecrops.aws.http import Answer

        headers = options.get("headers") or {}
        self.asked.append((method, url, "Authorization" in headers))
        status, answered = self.answers.pop(0)
        if status in (401, 403, 404, 503):
            metadata: Any = {"HTTPStatusCode": status}
            raise ClientError({"Error": {"Code": f"HTTP{status}"}, "ResponseMetadata": metadata}, f"{method} {url}")
        return Answer(status, answered, b"", url)


@pytest.mark.parametrize(
    ("location", "then"),
    [
        ("/v2/team/api/blobs/uploads/1", "https://registry/v2/team/api/blobs/uploads/1?digest="),
        (
            "/v2/team/api/blobs/uploads/1?state=a%2Fb",
            "https://registry/v2/team/api/blobs/uploads/1?state=a%2Fb&digest=",
        ),
        ("https://registry/uploads/1", "https://registry/uploads/1?digest="),
        ("https://elsewhere/uploads/1", "https://elsewhere/uploads/1?digest="),
    ],
    ids=["relative", "with a query", "absolute", "elsewhere"],
)
def test_an_upload_goes_on_where_the_registry_says(memory_cloud: Cloud, location: str, then: str) -> None:
    aws = account(memory_cloud)
    http = Answering(aws, (202, {"Location": location}), (201, {}))
    WholeStore(http, "https://registry", "team/api", Token(aws)).upload(digest_of(SMALL), 5, io.BytesIO(SMALL))
    (_, begun, _), (method, url, has_token) = http.asked
    assert begun == "https://registry/v2/team/api/blobs/uploads/"
    assert (method, url) == ("PUT", then + digest_of(SMALL).replace(":", "%3A"))
    assert has_token == url.startswith("https://registry/")


def test_a_large_layer_is_one_patch_and_the_answer_of_ecr_is_taken(memory_cloud: Cloud) -> None:
    places = [{"Location": f"/uploads/{number}"} for number in range(2)]
    http = Answering(account(memory_cloud), (202, places[0]), (201, places[1]), (201, {}))
    WholeStore(http, "https://registry", "team/api").upload(digest_of(LARGE), len(LARGE), io.BytesIO(LARGE))
    assert [(method, url.partition("?")[0][-9:]) for method, url, _ in http.asked] == [
        ("POST", "/uploads/"),
        ("PATCH", "uploads/0"),
        ("PUT", "uploads/1"),
    ]


def test_what_is_not_mounted_is_cancelled(memory_cloud: Cloud) -> None:
    http = Answering(account(memory_cloud), (202, {"Location": "/uploads/7"}), (204, {}))
    assert not WholeStore(http, "https://registry", "prod/api").mount(digest_of(SMALL), "team/api")
    assert [method for method, _, _ in http.asked] == ["POST", "DELETE"]
    assert http.asked[0][1].endswith(f"?mount={digest_of(SMALL).replace(':', '%3A')}&from=team%2Fapi")
    assert http.asked[1][1] == "https://registry/uploads/7"


def test_an_upload_that_fails_is_cancelled_and_made_again(memory_cloud: Cloud) -> None:
    place = {"Location": "/uploads/1"}
    lost: list[tuple[int, dict[str, str]]] = [(202, place), (503, {}), (204, {}), (404, {}), (202, place), (201, {})]
    http = Answering(account(memory_cloud), *lost)
    http.answers[3] = (200, {"Content-Length": "5"})  # the upload had been made
    WholeStore(http, "https://registry", "team/api").upload(digest_of(SMALL), 5, io.BytesIO(SMALL))
    assert [method for method, _, _ in http.asked] == ["POST", "PUT", "DELETE", "HEAD"]


@pytest.mark.parametrize("fault", ["throttle", "error500", "reset_before", "reset_after", "truncated"])
@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])
def test_an_upload_ends_whole_whatever_request_of_it_fails(memory_cloud: Cloud, fault: Any, content: bytes) -> None:
    cloud = memory_cloud
    (store,) = stores(account(cloud), "team/api")
    store.has([digest_of(b"")])
    for number in range(1, 4):
        new = content + bytes([number])
        cloud.faults.at(number, fault)
        store.upload(digest_of(new), len(new), io.BytesIO(new))
        cloud.faults.clear()
        use(store, new)
        assert store.open(digest_of(new)).read() == new


@pytest.mark.parametrize("fault", ["throttle", "error500", "reset_before", "reset_after", "truncated"])
def test_a_layer_is_read_whole_whatever_request_fails(memory_cloud: Cloud, fault: Any) -> None:
    cloud = memory_cloud
    (store,) = stores(account(cloud), "team/api")
    store.upload(digest_of(LARGE), len(LARGE), io.BytesIO(LARGE))
    use(store, LARGE)
    for number in (1, 2):
        cloud.faults.at(number, fault)
        assert store.open(digest_of(LARGE)).read() == LARGE
        cloud.faults.clear()


def test_a_token_is_got_once_and_renewed_before_it_expires(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = memory_cloud
    source, target = stores(account(cloud), "team/api", "prod/api")
    for store in (source, target, source):
        store.has([digest_of(SMALL)])
    assert asked(cloud)["GetAuthorizationToken"] == 1
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 11.9 * 3600)
    source.has([digest_of(SMALL)])
    assert asked(cloud)["GetAuthorizationToken"] >= 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_replaced_once(memory_cloud: Cloud, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = memory_cloud
    aws = account(cloud)
    token = Token(aws)
    refused = token.headers()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + YOUNG + 1)
    http = Answering(aws, (status, {}), (201, {}), (status, {}))
    store = WholeStore(http, token.endpoint, "team/api", token)
    assert store.mount(digest_of(SMALL), "prod/api")
    assert asked(cloud)["GetAuthorizationToken"] == 2
    with pytest.raises(ClientError, match=f"HTTP{status}"):  # a new token is not what it is about
        store.mount(digest_of(SMALL), "prod/api")
    assert asked(cloud)["GetAuthorizationToken"] == 0
    assert token.replace({**refused, "Authorization": "Basic older"})


def test_a_token_shows_nothing(memory_cloud: Cloud) -> None:
    token = Token(account(memory_cloud))
    (text,) = token.headers().values()
    assert text.removeprefix("Basic ") not in repr(token)
