"""The registry's own API, ``/v2``: one store behind it and the API of AWS."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
import urllib3

from ecrops.testing import Client, Cloud

HTTP = urllib3.PoolManager(retries=urllib3.Retry(total=None, connect=0, read=0, status=0, other=0, redirect=3))
NONE = "sha256:" + "0" * 64
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def digest_of(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


class Registry:
    """``/v2`` of the emulator, for one client."""

    def __init__(self, cloud: Cloud, region: str = "eu-west-1") -> None:
        self.url = cloud.registry_endpoint()
        (data,) = cloud.client("ecr", region).get_authorization_token()["authorizationData"]
        assert data["proxyEndpoint"] == self.url
        self.headers = {"Authorization": f"Basic {data['authorizationToken']}"}

    def __call__(self, method: str, path: str, **options: Any) -> Any:
        url = path if path.startswith("http") else self.url + path
        headers = {**self.headers, **options.pop("headers", {})}
        return HTTP.request(method, url, headers=headers, **options)

    def send(self, name: str, content: bytes) -> str:
        """Send a blob in one piece; its digest."""
        where = self("POST", f"/v2/{name}/blobs/uploads/").headers["Location"]
        assert self("PUT", f"{where}?digest={digest_of(content)}", body=content).status == 201
        return digest_of(content)

    def put(self, name: str, what: str, said: dict[str, Any], kind: str = MANIFEST) -> Any:
        """Push a manifest."""
        body = json.dumps({"schemaVersion": 2, "mediaType": kind, **said}).encode()
        return self("PUT", f"/v2/{name}/manifests/{what}", body=body, headers={"Content-Type": kind})


def code(answer: Any) -> tuple[int, str]:
    return answer.status, answer.json()["errors"][0]["code"]


@pytest.fixture
def registry(cloud: Cloud, ecr: Client) -> Registry:
    """The registry, with a repository of this name."""
    ecr.create_repository(repositoryName="team/app")
    return Registry(cloud)


def test_a_password_is_asked_for(cloud: Cloud, registry: Registry) -> None:
    answer = HTTP.request("GET", f"{registry.url}/v2/")
    assert code(answer) == (401, "UNAUTHORIZED")
    assert answer.headers["WWW-Authenticate"] == f'Basic realm="{registry.url}/",service="ecr.amazonaws.com"'
    wrong = base64.b64encode(b"AWS:guessed").decode()
    assert HTTP.request("GET", f"{registry.url}/v2/", headers={"Authorization": f"Basic {wrong}"}).status == 401
    assert registry("GET", "/v2/").status == 200
    cloud.emulator.tokens_are_old = True
    assert code(registry("GET", "/v2/")) == (403, "DENIED")


def test_an_image_that_was_pushed_is_there_by_the_api_too(registry: Registry, ecr: Client) -> None:
    config, layer = registry.send("team/app", b"{}"), registry.send("team/app", b"layer")
    answer = registry.put("team/app", "v1", {"config": {"digest": config}, "layers": [{"digest": layer}]})
    assert answer.status == 201
    (image,) = ecr.describe_images(repositoryName="team/app")["imageDetails"]
    assert (image["imageDigest"], image["imageTags"]) == (answer.headers["Docker-Content-Digest"], ["v1"])
    again = registry.put("team/app", "v1", {"config": {"digest": config}, "layers": [{"digest": layer}]})
    assert again.status == 201
    url = ecr.get_download_url_for_layer(repositoryName="team/app", layerDigest=layer)["downloadUrl"]
    assert HTTP.request("GET", url).data == b"layer"


def test_an_image_of_the_api_is_pulled(cloud: Cloud, registry: Registry) -> None:
    digest = cloud.push_image("team/app", tag="v1", layers=[b"one layer"])
    for what in ("v1", digest):
        answer = registry("GET", f"/v2/team/app/manifests/{what}", headers={"Accept": MANIFEST})
        assert (answer.status, answer.headers["Content-Type"]) == (200, MANIFEST)
        assert digest_of(answer.data) == digest == answer.headers["Docker-Content-Digest"]
        head = registry("HEAD", f"/v2/team/app/manifests/{what}")
        assert (head.status, head.data, head.headers["Content-Length"]) == (200, b"", str(len(answer.data)))
    layer = answer.json()["layers"][0]["digest"]
    assert registry("HEAD", f"/v2/team/app/blobs/{layer}").headers["Content-Length"] == "9"
    assert registry("GET", f"/v2/team/app/blobs/{layer}").data == b"one layer"
    some = registry("GET", f"/v2/team/app/blobs/{layer}", headers={"Range": "bytes=4-"})
    assert (some.status, some.data) == (206, b"layer")


def test_the_bytes_of_blobs_are_elsewhere(cloud: Cloud, registry: Registry) -> None:
    cloud.push_image("team/app", layers=[b"one layer"])
    answer = registry("GET", f"/v2/team/app/blobs/{digest_of(b'one layer')}", redirect=False)
    assert answer.status == 307
    assert HTTP.request("GET", answer.headers["Location"]).data == b"one layer"


def test_chunks_come_one_after_the_other(registry: Registry) -> None:
    where = registry("POST", "/v2/team/app/blobs/uploads/").headers["Location"]
    first = registry("PATCH", where, body=b"one", headers={"Content-Range": "0-2"})
    assert (first.status, first.headers["Range"]) == (202, "0-2")
    assert code(registry("PATCH", where, body=b"three", headers={"Content-Range": "5-9"})) == (
        416,
        "BLOB_UPLOAD_INVALID",
    )
    assert registry("GET", where).headers["Range"] == "0-2"
    chunked = registry("PATCH", where, body=iter([b"t", b"wo"]), headers={"Transfer-Encoding": "chunked"})
    assert chunked.headers["Range"] == "0-5"
    assert registry("PUT", f"{where}?digest={digest_of(b'onetwo3')}", body=b"3").status == 201
    assert registry("HEAD", f"/v2/team/app/blobs/{digest_of(b'onetwo3')}").status == 200
    assert registry("GET", where).status == 404


def test_an_upload_is_one_request_or_is_cancelled(registry: Registry) -> None:
    assert registry("POST", f"/v2/team/app/blobs/uploads/?digest={digest_of(b'a')}", body=b"a").status == 201
    where = registry("POST", "/v2/team/app/blobs/uploads/").headers["Location"]
    assert registry("DELETE", where).status == 204
    assert code(registry("PATCH", where, body=b"a")) == (404, "BLOB_UPLOAD_UNKNOWN")


def test_what_is_not_right_is_refused_as_by_the_api(cloud: Cloud, registry: Registry, ecr: Client) -> None:
    where = registry("POST", "/v2/team/app/blobs/uploads/").headers["Location"]
    assert code(registry("PUT", f"{where}?digest={NONE}", body=b"a")) == (400, "DIGEST_INVALID")
    assert code(registry("POST", "/v2/none/blobs/uploads/")) == (404, "NAME_UNKNOWN")
    assert code(registry("GET", "/v2/team/app/manifests/none")) == (404, "MANIFEST_UNKNOWN")
    assert code(registry("GET", f"/v2/team/app/blobs/{NONE}")) == (404, "BLOB_UNKNOWN")
    assert code(registry.put("team/app", "v1", {"layers": [{"digest": NONE}]})) == (404, "BLOB_UNKNOWN")
    missing = registry.put("team/app", "v1", {"manifests": [{"digest": NONE}]}, INDEX)
    assert code(missing) == (404, "MANIFEST_BLOB_UNKNOWN")
    assert code(registry.put("team/app", NONE, {})) == (400, "DIGEST_INVALID")
    assert code(registry("GET", "/v2/team/app/other")) == (404, "NOT_FOUND")
    ecr.put_image_tag_mutability(repositoryName="team/app", imageTagMutability="IMMUTABLE")
    cloud.push_image("team/app", tag="v1")
    assert code(registry.put("team/app", "v1", {})) == (400, "TAG_INVALID")


def mounted(registry: Registry, digest: str, source: str) -> int:
    status: int = registry("POST", f"/v2/team/app/blobs/uploads/?mount={digest}&from={source}").status
    return status


def test_blobs_are_mounted_where_the_account_and_the_encryption_allow_it(
    cloud: Cloud, registry: Registry, ecr: Client
) -> None:
    cloud.push_image("team/base", layers=[b"base"])
    ecr.create_repository(repositoryName="team/kms", encryptionConfiguration={"encryptionType": "KMS"})
    cloud.push_image("team/kms", layers=[b"kms"])
    ecr.create_pull_through_cache_rule(ecrRepositoryPrefix="hub", upstreamRegistryUrl="public.ecr.aws")
    cloud.push_image("hub/base", layers=[b"hub"])
    digest = digest_of(b"base")
    assert mounted(registry, digest, "team/base") == 202
    ecr.put_account_setting(name="BLOB_MOUNTING", value="ENABLED")
    assert mounted(registry, digest_of(b"kms"), "team/kms") == 202
    assert mounted(registry, digest_of(b"hub"), "hub/base") == 202
    assert mounted(registry, NONE, "team/base") == 202
    assert mounted(registry, digest, "none") == 202
    assert registry("HEAD", f"/v2/team/app/blobs/{digest}").status == 404
    assert mounted(registry, digest, "team/base") == 201
    assert registry("HEAD", f"/v2/team/app/blobs/{digest}").status == 200


def test_archived_images_are_not_pulled(cloud: Cloud, registry: Registry, ecr: Client) -> None:
    digest = cloud.push_image("team/app", tag="v1", layers=[b"one"])
    archived = {"repositoryName": "team/app", "imageId": {"imageTag": "v1"}, "targetStorageClass": "ARCHIVE"}
    ecr.update_image_storage_class(**archived)
    for path in ("manifests/v1", f"manifests/{digest}", f"blobs/{digest_of(b'one')}"):
        assert registry("GET", f"/v2/team/app/{path}").status == 404
        assert registry("HEAD", f"/v2/team/app/{path}").status == 404
    assert registry("GET", "/v2/team/app/tags/list").json()["tags"] == []


def test_tags_and_referrers_are_listed(cloud: Cloud, registry: Registry) -> None:
    digest = cloud.push_image("team/app", tags=["c", "a", "b"])
    first = registry("GET", "/v2/team/app/tags/list?n=2")
    assert first.json() == {"name": "team/app", "tags": ["a", "b"]}
    following = first.headers["Link"].split(">")[0].lstrip("<")
    assert registry("GET", following).json()["tags"] == ["c"]
    one, two = (cloud.push_referrer("team/app", digest, f"application/vnd.example.{kind}") for kind in ("a", "b"))
    every = registry("GET", f"/v2/team/app/referrers/{digest}").json()
    assert ([each["digest"] for each in every["manifests"]], every["mediaType"]) == ([one, two], INDEX)
    some = registry("GET", f"/v2/team/app/referrers/{digest}?artifactType=application/vnd.example.b")
    assert [each["digest"] for each in some.json()["manifests"]] == [two]
    assert some.headers["OCI-Filters-Applied"] == "artifactType"
    assert registry("GET", f"/v2/team/app/referrers/{NONE}").json()["manifests"] == []


def test_the_subject_of_a_referrer_is_told_back(cloud: Cloud, registry: Registry) -> None:
    digest = cloud.push_image("team/app")
    answer = registry.put("team/app", "sig", {"subject": {"digest": digest}})
    assert (answer.status, answer.headers["OCI-Subject"]) == (201, digest)


def test_referrers_of_indexes_are_refused_where_a_test_says_so(cloud: Cloud, registry: Registry) -> None:
    index = cloud.push_index("team/app", [cloud.push_image("team/app")])
    cloud.emulator.refuses_referrers_of_indexes = True
    assert code(registry.put("team/app", "sig", {"subject": {"digest": index}})) == (405, "UNSUPPORTED")


def test_images_and_tags_are_deleted_but_no_part_of_an_index(cloud: Cloud, registry: Registry, ecr: Client) -> None:
    part = cloud.push_image("team/app", tags=["a", "b"])
    index = cloud.push_index("team/app", [part])
    answer = registry("DELETE", f"/v2/team/app/manifests/{part}")
    assert code(answer) == (405, "UNSUPPORTED")
    assert "Requested image referenced by manifest list" in answer.json()["errors"][0]["message"]
    assert registry("DELETE", "/v2/team/app/manifests/a").status == 202
    assert [registry("DELETE", f"/v2/team/app/manifests/{each}").status for each in (index, part, part)] == [
        202,
        202,
        404,
    ]
    assert ecr.list_images(repositoryName="team/app")["imageIds"] == []


def test_a_push_makes_the_repository_where_a_template_says_so(registry: Registry, ecr: Client) -> None:
    ecr.create_repository_creation_template(prefix="ROOT", appliedFor=["CREATE_ON_PUSH"])
    assert registry("POST", "/v2/new/blobs/uploads/").status == 202
    assert ecr.describe_repositories(repositoryNames=["new"])


def test_a_new_repository_is_not_found_at_first(cloud: Cloud, registry: Registry, ecr: Client) -> None:
    cloud.emulator.appear_after = 1
    ecr.create_repository(repositoryName="late")
    assert code(registry("POST", "/v2/late/blobs/uploads/")) == (404, "NAME_UNKNOWN")
    assert registry("POST", "/v2/late/blobs/uploads/").status == 202


def test_a_password_is_for_one_registry(cloud: Cloud, registry: Registry) -> None:
    cloud.push_image("team/app", tag="v1", region="us-east-1")
    assert registry("GET", "/v2/team/app/manifests/v1").status == 404
    assert Registry(cloud, "us-east-1")("GET", "/v2/team/app/manifests/v1").status == 200


def test_requests_are_recorded_and_meet_faults(cloud: Cloud, registry: Registry) -> None:
    cloud.push_image("team/app", tag="v1", layers=[b"0123456789"])
    path, layer = "/v2/team/app/manifests/v1", f"/v2/team/app/blobs/{digest_of(b'0123456789')}"
    cloud.faults.on("throttle", operation="GetManifest")
    assert code(registry("GET", path)) == (429, "TOOMANYREQUESTS")
    assert registry("GET", path).status == 200
    cloud.faults.on("reset_before", service="registry")
    with pytest.raises(urllib3.exceptions.HTTPError):
        registry("GET", path)
    cloud.faults.on("truncated", service="s3")
    with pytest.raises(urllib3.exceptions.HTTPError):
        registry("GET", layer)
    cloud.faults.on("throttle", service="s3")
    assert registry("GET", layer).status == 503
    where = registry("POST", "/v2/team/app/blobs/uploads/").headers["Location"]
    cloud.faults.on("reset_after", operation="PutUpload")
    with pytest.raises(urllib3.exceptions.HTTPError):
        registry("PUT", f"{where}?digest={digest_of(b'a')}", body=b"a")
    assert registry("HEAD", f"/v2/team/app/blobs/{digest_of(b'a')}").status == 200
    assert cloud.calls.operations() == [
        *["GetManifest"] * 3, *["GetBlob", "GetObject"] * 2, "StartUpload", "PutUpload", "HeadBlob",
    ]  # fmt: skip
    assert cloud.calls.writes() == ["StartUpload", "PutUpload"]
    assert cloud.calls[0].params == {"repositoryName": "team/app", "reference": "v1"}


def test_a_pushed_archived_image_is_restored_at_once(cloud: Cloud, registry: Registry, ecr: Client) -> None:
    registry.put("team/app", "v1", {})
    ecr.update_image_storage_class(repositoryName="team/app", imageId={"imageTag": "v1"}, targetStorageClass="ARCHIVE")
    assert registry.put("team/app", "v1", {}).status == 201
    assert registry("GET", "/v2/team/app/manifests/v1").status == 200
