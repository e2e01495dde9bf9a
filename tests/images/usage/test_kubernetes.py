"""What ``kubectl get pods --all-namespaces -o json`` prints, as images in use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ecrops import SpecError
from ecrops.images import from_kubernetes, in_use
from tests.images.usage.support import HOST, digest


def a_pod(name: str, image: str, image_id: str = "", kind: str = "", **more: Any) -> dict[str, Any]:
    """A pod with one container, of the shape that Kubernetes prints: https://kubernetes.io/docs/reference/"""
    statuses = [{"name": "app", "image": image, "imageID": image_id}]
    pod = {
        "apiVersion": "v1",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"containers": [{"name": "app", "image": image}], **more},
        "status": {"phase": "Running", "containerStatuses": statuses},
    }
    return pod | ({"kind": kind} if kind else {})


def a_list(*pods: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "List", "items": list(pods)}


@pytest.mark.parametrize("scheme", ["", "docker-pullable://"])
def test_a_pod_uses_the_tag_and_the_digest_of_its_image(scheme: str) -> None:
    used = from_kubernetes(a_list(a_pod("web", f"{HOST}/web:v1", f"{scheme}{HOST}/web@{digest(1)}", "Pod")))
    assert used.to_dict()["images"] == {
        f"{HOST}/web:v1": ["Kubernetes pod shop/web"],
        f"{HOST}/web@{digest(1)}": ["Kubernetes pod shop/web"],
    }
    assert used.read == ("1 object of Kubernetes in shop",)


def test_containers_that_initialize_and_that_debug_count() -> None:
    pod = a_pod("web", f"{HOST}/web:v1")
    pod["spec"] |= {
        "initContainers": [{"name": "i", "image": f"{HOST}/init:v1"}],
        "ephemeralContainers": [{"name": "e", "image": f"{HOST}/debug:v1"}],
    }
    pod["status"] |= {
        "initContainerStatuses": [{"imageID": f"{HOST}/init@{digest(1)}"}],
        "ephemeralContainerStatuses": [{"imageID": f"{HOST}/debug@{digest(2)}"}],
    }
    assert set(from_kubernetes(pod)) == {
        f"{HOST}/web:v1",
        f"{HOST}/init:v1",
        f"{HOST}/debug:v1",
        f"{HOST}/init@{digest(1)}",
        f"{HOST}/debug@{digest(2)}",
    }


def test_what_is_of_another_registry_counts_by_its_digest() -> None:
    """A mirror of a registry pulls from ECR under another name."""
    pods = [
        a_pod("a", "nginx:1.27", f"docker.io/library/nginx@{digest(1)}"),
        a_pod("b", "nginx", "docker://" + digest(2)),
        a_pod("c", "nginx", ""),
    ]
    assert list(from_kubernetes(a_list(*pods))) == [digest(1), digest(2)]


def test_kinds_with_a_template_of_pods_count() -> None:
    spec = {"containers": [{"image": f"{HOST}/cron:v1"}]}
    job = {"kind": "CronJob", "metadata": {"name": "nightly", "namespace": "shop"}}
    job["spec"] = {"jobTemplate": {"spec": {"template": {"spec": spec}}}}
    deployment = {"kind": "Deployment", "metadata": {"name": "web"}, "spec": {"template": {"spec": spec}}}
    assert from_kubernetes(a_list(job, deployment)).reasons(f"{HOST}/cron:v1") == (
        "Kubernetes cron job shop/nightly",
        "Kubernetes deployment default/web",
    )


def test_text_bytes_a_path_and_a_document_are_read(tmp_path: Path) -> None:
    document = a_list(a_pod("web", f"{HOST}/web:v1"))
    text = json.dumps(document)
    path = tmp_path / "pods.json"
    path.write_text(text)
    expected = from_kubernetes(document)
    for source in (text, text.encode(), path, str(path)):
        assert from_kubernetes(source) == expected
    assert list(in_use(ecs=False, lambda_=False, extra=[expected])) == [f"{HOST}/web:v1"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (7, "got int"),
        (a_list(), "got no pod: nothing would be protected"),
        ("", "got an empty text"),
        (b" ", "got an empty text"),
        ([], "got list"),
        ("{", "got no JSON"),
        ("[]", "got list"),
        ({"items": 7}, "items: expected what"),
        ({"items": [7]}, "items: expected what"),
        ({}, "got no kind without a container"),
        (a_list({"kind": "Service"}), "got Service without a container"),
        ({"spec": 7, "status": {"containerStatuses": 7}}, "without a container"),
    ],
)
def test_what_has_no_pods_is_refused(source: Any, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        from_kubernetes(source)
    assert said in str(caught.value)


def test_a_file_that_is_not_there_is_an_error_of_the_system() -> None:
    with pytest.raises(FileNotFoundError):
        from_kubernetes("nowhere.json")
