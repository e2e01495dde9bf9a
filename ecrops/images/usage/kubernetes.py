"""Which images the pods of Kubernetes run, from what ``kubectl get pods --all-namespaces -o json`` prints.

Called by users, as ``ecrops.images.from_kubernetes``. Other kinds that hold a template of pods, such as cron jobs, are
read too. A pod tells what somebody wrote, which may be a tag, and the digest that runs.

https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from ecrops.base.plain_json import check_depth, parsed
from ecrops.base.render import count, several
from ecrops.errors import SpecError
from ecrops.images.names import is_digest
from ecrops.images.usage.mentions import Mention, joined
from ecrops.images.usage.uses import InUse

CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
STATUSES = ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")
EXPECTED = "expected what 'kubectl get pods --all-namespaces -o json' prints"
MAX_NAMESPACES = 5


def from_kubernetes(source: str | bytes | PathLike[str] | Mapping[str, Any]) -> InUse:
    """Return which images pods run.

    Args:
        source: The JSON that ``kubectl get pods --all-namespaces -o json`` prints: as text, the path of a file, or
            parsed. Cron jobs, deployments and other kinds with a template of pods may be among the pods.

    Raises:
        SpecError: It is no such JSON, or has no pod.
        OSError: The file cannot be read.
    """
    if isinstance(source, str | bytes) and not source.strip():
        raise SpecError(f"{EXPECTED}, got an empty text: has kubectl failed?")
    document = _document(source)
    items = document.get("items", [document])
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        raise SpecError(f"items: {EXPECTED}, got {type(items).__name__}")
    if not items:
        raise SpecError(f"{EXPECTED}, got no pod: nothing would be protected; is it the right cluster?")
    images = [list(_found(item)) for item in items]
    if not any(images):
        kinds = ", ".join(dict.fromkeys(str(item.get("kind", "no kind")) for item in items[:MAX_NAMESPACES]))
        raise SpecError(f"{EXPECTED}, got {kinds} without a container")
    return joined((image for several in images for image in several), _read_words(items))


def _document(source: object) -> Mapping[str, Any]:
    if isinstance(source, PathLike) or (isinstance(source, str) and not source.lstrip().startswith(("{", "["))):
        source = Path(source).read_bytes()
    if isinstance(source, str | bytes):
        try:
            source = parsed(source)
        except ValueError as error:
            raise SpecError(f"{EXPECTED}, got no JSON: {error}") from None
    if not isinstance(source, Mapping):
        raise SpecError(f"{EXPECTED}, got {type(source).__name__}")
    check_depth(source)
    return source


def _read_words(items: list[Mapping[str, Any]]) -> str:
    """Return what was read: one namespace is not all."""
    namespaces = list(dict.fromkeys(_namespace(item) for item in items))
    where = f" in {several(namespaces, most=MAX_NAMESPACES)}" if namespaces else ""
    return f"{count(len(items), 'object')} of Kubernetes{where}"


def _namespace(item: Mapping[str, Any]) -> str:
    return str(_part(item, "metadata").get("namespace") or "default")


def _part(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = value.get(name)
    return part if isinstance(part, Mapping) else {}


def _listed(value: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    parts = value.get(name)
    return [part for part in parts if isinstance(part, Mapping)] if isinstance(parts, list) else []


def _found(item: Mapping[str, Any]) -> Iterator[Mention]:
    kind = str(item.get("kind") or "Pod")
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in kind).strip()
    reason = f"Kubernetes {words} {_namespace(item)}/{_part(item, 'metadata').get('name', '')}"
    for spec in _specs(item):
        for name in CONTAINERS:
            for container in _listed(spec, name):
                yield Mention(str(container.get("image") or ""), reason)
    status = _part(item, "status")
    for name in STATUSES:
        for container in _listed(status, name):
            yield from _running(container, reason)


def _specs(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the specs of pods in an object: its own, that of its template, and that of its template of jobs."""
    spec = _part(item, "spec")
    template = _part(_part(spec, "template"), "spec")
    jobs = _part(_part(_part(_part(spec, "jobTemplate"), "spec"), "template"), "spec")
    yield from (part for part in (spec, template, jobs) if any(name in part for name in CONTAINERS))


def _running(container: Mapping[str, Any], reason: str) -> Iterator[Mention]:
    """Yield the image that runs in a container. Its id is ``HOST/NAME@DIGEST``, with or without a scheme before it.

    An image without a name may be known by the digest of its configuration alone, which is that of no image in ECR.
    """
    text = str(container.get("imageID") or "").rpartition("://")[2]
    name, _, digest = text.rpartition("@")
    if is_digest(digest):
        yield Mention(text if name else str(container.get("image") or ""), reason, digest)
