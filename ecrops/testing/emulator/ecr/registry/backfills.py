"""Backfills: replications of the images that were there before a destination was.

The rules are those of botocore's model of StartReplicationBackfill, StopReplicationBackfill, ListReplicationBackfills
and DescribeReplicationBackfillResults. Nothing is copied here: there are statuses, and a result for each image and tag.
A backfill goes on when somebody looks at it, by listing or describing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from .. import images, paging
from ..errors import LimitExceeded, invalid
from .replication import Destination, Replication, covers, destinations

MOST_RUNNING = 10
BACKFILLS_A_PAGE, RESULTS_A_PAGE = 25, 100
JUDGED_FROM = 100
"""The guide: a backfill has failed if at least half of its replications did; it is not judged by fewer than these."""
_INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)


class InProgress(ServiceException):
    """A second backfill to a region while one is running."""

    code = "ReplicationBackfillInProgressException"
    message = "A replication backfill is already in progress for the specified destination Region."


class NotFound(ServiceException):
    """No backfill has this id."""

    code = "ReplicationBackfillNotFoundException"
    message = "The specified replication backfill could not be found."


class InvalidStatus(ServiceException):
    """A backfill that cannot be stopped, because it has ended or is being stopped."""

    code = "ReplicationBackfillInvalidStatusException"
    message = "The requested operation can't be performed on the replication backfill in its current status."


@dataclass
class Backfill:
    """One backfill, from its start on, with the looks that find it preparing, in progress and stopping."""

    destination: Destination
    results: Sequence[dict[str, Any]]
    preparing: int
    running: int
    stopping: int
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    started_at: datetime = field(default_factory=utcnow)
    ended_at: datetime | None = None
    is_stopped: bool = False

    @property
    def status(self) -> str:
        """Where it is now."""
        if self.is_stopped:
            return "STOPPING" if self.stopping > 0 else "STOPPED"
        if self.preparing > 0:
            return "PREPARING"
        if self.running > 0:
            return "IN_PROGRESS"
        return "FAILED" if self._has_failed() else "COMPLETE"

    def _has_failed(self) -> bool:
        failed = sum(result["status"] == "FAILED" for result in self.results)
        return len(self.results) >= JUDGED_FROM and failed * 2 >= len(self.results)

    @property
    def has_ended(self) -> bool:
        """Whether it goes on no more."""
        return self.status in ("COMPLETE", "FAILED", "STOPPED")

    @property
    def done(self) -> Sequence[dict[str, Any]]:
        """The results there are: of all images once it has ended by itself, else of the first half."""
        if self.preparing > 0:
            return []
        unfinished = self.is_stopped or self.running > 0
        return self.results[: len(self.results) // 2] if unfinished else self.results

    def go_on(self) -> None:
        """Somebody has looked."""
        if self.is_stopped:
            self.stopping = max(0, self.stopping - 1)
        elif self.preparing > 0:
            self.preparing -= 1
        else:
            self.running = max(0, self.running - 1)

    def summary(self) -> dict[str, Any]:
        """What is told of it wherever it is told of."""
        if self.has_ended and self.ended_at is None:
            self.ended_at = utcnow()
        failed = (
            {"failureCode": "FAILURE_THRESHOLD_EXCEEDED"} if self.status == "FAILED" else {}
        )  # unverified: the code
        return {
            **self.head(),
            **failed,
            **({"progress": self._progress()} if self.preparing == 0 else {}),
            **({"endedAt": self.ended_at} if self.ended_at else {}),
        }

    def head(self) -> dict[str, Any]:
        """What is told of it when it is started and stopped."""
        region, registry = self.destination
        named = {"replicationBackfillId": self.id, "destination": {"region": region, "registryId": registry}}
        return {**named, "status": self.status, "startedAt": self.started_at}

    def _progress(self) -> dict[str, Any]:
        codes = [result["failureCode"] for result in self.done if result["status"] == "FAILED"]
        return {
            "totalReplicationCount": len(self.results),
            "completedReplicationCount": len(self.done) - len(codes),
            "failedReplicationCount": len(codes),
            "failureCodes": list(dict.fromkeys(codes)),
        }


class Backfills:
    """The backfills of a registry.

    One that is started from now on is found preparing by ``preparing_for`` looks, in progress by ``running_for`` more,
    and, if it is stopped, stopping by ``stopping_for``. Replications of the repositories in ``failures`` fail, with the
    code that is said there.
    """

    def __init__(self, replication: Replication) -> None:
        self.preparing_for = self.running_for = self.stopping_for = 0
        self.failures: dict[str, str] = {}
        self._replication = replication
        self._started: dict[str, Backfill] = {}

    def start(self, destination: Destination, repositories: Sequence[Any]) -> Backfill:
        """Start one to a destination of the replication configuration."""
        if destination not in destinations(self._replication.configuration):
            # unverified: code and words
            raise invalid("destination", "The destination is not in the replication configuration of the registry")
        running = [each for each in self._started.values() if not each.has_ended]
        if destination[0] in {each.destination[0] for each in running}:
            raise InProgress
        if len(running) >= MOST_RUNNING:
            raise LimitExceeded(f"A registry can have at most {MOST_RUNNING} replication backfills in progress")
        results = list(self._results(destination, repositories))
        backfill = Backfill(destination, results, self.preparing_for, self.running_for, self.stopping_for)
        self._started[backfill.id] = backfill
        return backfill

    def _results(self, destination: Destination, repositories: Sequence[Any]) -> Iterator[dict[str, Any]]:
        rules = [
            rule for rule in self._replication.configuration["rules"] if destination in destinations({"rules": [rule]})
        ]
        for repository in repositories:
            if any(covers(rule, repository.name) for rule in rules):
                for image in repository.images:
                    # unverified: that what is archived is not replicated
                    yield from () if images.is_archived(image) else self._results_of(image)

    def _results_of(self, image: Any) -> Iterator[dict[str, Any]]:
        """The model: "Each image and tag combination is counted as a single replication"."""
        code = self.failures.get(image.repository_name)
        outcome: dict[str, Any] = {"status": "FAILED", "failureCode": code} if code else {"status": "COMPLETE"}
        if image.image_manifest_media_type in _INDEXES:
            outcome["subImageFailureCodes"] = [code] if code else []
        for image_id in images.listed(image):
            yield {"repositoryName": image.repository_name, "imageId": image_id, **outcome}

    def find(self, identifier: str) -> Backfill:
        """The backfill with an id."""
        if identifier not in self._started:
            raise NotFound
        return self._started[identifier]

    def stop(self, identifier: str) -> Backfill:
        """Stop one that is preparing or in progress."""
        backfill = self.find(identifier)
        if backfill.status not in ("PREPARING", "IN_PROGRESS"):
            raise InvalidStatus
        backfill.is_stopped = True
        return backfill

    def newest_first(self) -> list[Backfill]:
        """All of them. Those of more than 90 days ago are not left out here."""
        # unverified: the order
        return list(self._started.values())[::-1]

    def finish(self) -> None:
        """Let all that are in progress end now."""
        for backfill in self._started.values():
            backfill.preparing = backfill.running = backfill.stopping = 0


class BackfillsResponses:
    """The operations on backfills, for ECR's responses to inherit."""

    def start_replication_backfill(self: Any) -> ActionResult:
        """Start a backfill. "A newly started replication backfill is returned with a status of PREPARING"."""
        to, registry = self.request["destination"], self.ecr_backend
        destination = (to["region"], to["registryId"])
        backfill = registry.settings.backfills.start(destination, list(registry.repositories.values()))
        return ActionResult({"registryId": self.current_account, **backfill.head(), "status": "PREPARING"})

    def stop_replication_backfill(self: Any) -> ActionResult:
        """Stop a backfill."""
        backfill = self.ecr_backend.settings.backfills.stop(self.request["replicationBackfillId"])
        return ActionResult({"registryId": self.current_account, **backfill.head()})

    def list_replication_backfills(self: Any) -> ActionResult:
        """Look at a page of the backfills."""
        every = self.ecr_backend.settings.backfills.newest_first()
        size, token = self.request.get("maxResults"), self.request.get("nextToken")
        page, more = paging.page(every, size or BACKFILLS_A_PAGE, token)
        answer = {"registryId": self.current_account, "backfills": [backfill.summary() for backfill in page]}
        for backfill in page:
            backfill.go_on()
        return ActionResult({**answer, **paging.following(more)})

    def describe_replication_backfill_results(self: Any) -> ActionResult:
        """Look at a backfill; what became of each image is told once it has ended."""
        backfill = self.ecr_backend.settings.backfills.find(self.request["replicationBackfillId"])
        wanted = self.request.get("resultStatusFilter")
        results = [each for each in backfill.done if backfill.has_ended and wanted in (None, each["status"])]
        size, token = self.request.get("maxResults"), self.request.get("nextToken")
        page, more = paging.page(results, size or RESULTS_A_PAGE, token)
        answer = {"registryId": self.current_account, **backfill.summary(), "results": page}
        backfill.go_on()
        return ActionResult({**answer, **paging.following(more)})
