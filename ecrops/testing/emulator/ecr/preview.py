"""Previews of lifecycle policies: one at a time for each repository, finished after some looks at it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.ecr.exceptions import LifecyclePolicyNotFoundException
from moto.ecr.models import Repository

from . import evaluation, lifecycle, paging
from .errors import invalid
from .images import details, is_archived, moment, subject


class InProgress(ServiceException):
    """A second preview while one is running."""

    code = "LifecyclePolicyPreviewInProgressException"
    message = "The previous lifecycle policy preview request has not completed. Wait and try again."


class NotFound(ServiceException):
    """No preview was started."""

    code = "LifecyclePolicyPreviewNotFoundException"

    def __init__(self, repository: str) -> None:
        super().__init__(f"There is no dry run for the repository with name '{repository}'")


@dataclass
class Preview:
    """One preview, from its start on."""

    text: str
    results: Sequence[dict[str, Any]]
    looks_left: int

    def status(self, ends: str) -> str:
        return "IN_PROGRESS" if self.looks_left > 0 else ends


class Previews:
    """The last preview of each repository.

    `finished_after` looks at a preview find it in progress; then it has the status `ends`.
    """

    def __init__(self) -> None:
        self.finished_after = 0
        self.ends = "COMPLETE"
        self._last: dict[str, Preview] = {}

    def start(self, repository: Repository, text: str | None) -> dict[str, Any]:
        """Start one of a policy, or of the stored one."""
        running = self._last.get(repository.name)
        if running and running.looks_left > 0:
            raise InProgress
        if text is None:
            text = repository.lifecycle_policy
        if text is None:
            raise LifecyclePolicyNotFoundException(repository.name, repository.registry_id)
        policy = json.loads(lifecycle.stored(text))
        marks = _results(policy, repository)
        self._last[repository.name] = Preview(text, marks, self.finished_after)
        return {**_head(repository), "lifecyclePolicyText": text, "status": "IN_PROGRESS"}

    def look(self, repository: Repository, size: int | None, token: str | None) -> dict[str, Any]:
        """A page of the results, if there are any yet."""
        preview = self._last.get(repository.name)
        if preview is None:
            raise NotFound(repository.name)
        status = preview.status(self.ends)
        preview.looks_left -= 1
        answer = {**_head(repository), "lifecyclePolicyText": preview.text, "status": status}
        if status != "COMPLETE":
            return answer
        results, more = paging.page(preview.results, size, token)
        answer |= {"previewResults": results, "summary": _summary(preview.results)}
        return {**answer, **paging.following(more)}


def _head(repository: Repository) -> dict[str, Any]:
    return {"registryId": repository.registry_id, "repositoryName": repository.name}


def _results(policy: dict[str, Any], repository: Repository) -> list[dict[str, Any]]:
    """Artifacts that are about another image are not seen by rules; what is a part of an index is."""
    images = {image.image_digest: image for image in repository.images}
    seen = [_seen(image) for image in images.values() if subject(image) is None]
    marks = evaluation.marks(policy, seen, datetime.now(UTC))
    return [_result(images[mark.digest], mark) for mark in marks]


def _seen(image: Any) -> evaluation.Seen:
    said = details(image)
    return evaluation.Seen(
        image.image_digest,
        image.image_tags,
        moment(image.image_pushed_at),
        "archive" if is_archived(image) else "standard",
        *(moment(said[key]) if key in said else None for key in _TIMES),
    )


_TIMES = ("lastRecordedPullTime", "lastArchivedAt", "lastActivatedAt")


def _result(image: Any, mark: evaluation.Mark) -> dict[str, Any]:
    expires = mark.action == "expire"
    action = {"type": "EXPIRE"} if expires else {"type": "TRANSITION", "targetStorageClass": "ARCHIVE"}
    return {
        **({"imageTags": list(image.image_tags)} if image.image_tags else {}),
        "imageDigest": image.image_digest,
        "imagePushedAt": image.image_pushed_at,
        "action": action,
        "appliedRulePriority": mark.rule_priority,
        "storageClass": "ARCHIVE" if is_archived(image) else "STANDARD",
    }


def _summary(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    archived = sum(result["action"]["type"] == "TRANSITION" for result in results)
    counts = [{"targetStorageClass": "ARCHIVE", "imageTotalCount": archived}] if archived else []
    return {"expiringImageTotalCount": len(results) - archived, "transitioningImageTotalCounts": counts}


class PreviewResponses:
    """The operations on previews, for ECR's responses to inherit."""

    def start_lifecycle_policy_preview(self: Any) -> ActionResult:
        """Start a preview."""
        repository = self.ecr_backend._get_repository(self.request["repositoryName"])
        return ActionResult(self.ecr_backend.previews.start(repository, self.request.get("lifecyclePolicyText")))

    def get_lifecycle_policy_preview(self: Any) -> ActionResult:
        """Look at a preview."""
        if "imageIds" in self.request:
            raise invalid("imageIds", "the emulator does not select by image")
        repository = self.ecr_backend._get_repository(self.request["repositoryName"])
        size, token = self.request.get("maxResults"), self.request.get("nextToken")
        return ActionResult(self.ecr_backend.previews.look(repository, size, token))
