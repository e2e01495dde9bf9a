"""Replicating what was pushed before there was a rule: a job of ECR, which is started, waited for, and read.

Called by ``verbs``. A start is not idempotent, so what runs is listed first, also after an answer that was lost.

Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_StartReplicationBackfill.html
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ecrops.aws import BOTOCORE, LOST, Aws, ClientError, Pages, code_of, operations_of
from ecrops.base.problems import Problems
from ecrops.base.shown import ShownText
from ecrops.base.waits import Waited
from ecrops.engine.account import Account
from ecrops.errors import DeadlineError, SpecError
from ecrops.registry_settings.replication.edits import Replication
from ecrops.registry_settings.replication.notes import shortened
from ecrops.registry_settings.replication.values import Destination

START, LIST, RESULTS = "StartReplicationBackfill", "ListReplicationBackfills", "DescribeReplicationBackfillResults"
SINCE = "1.43.119"
IN_PROGRESS = "ReplicationBackfillInProgressException"
NOT_YET = "ReplicationBackfillNotFoundException"
RUNNING = ("PREPARING", "IN_PROGRESS", "STOPPING")
ADOPTED = ("PREPARING", "IN_PROGRESS")
NOT_STARTED = "NOT_STARTED"
PAGE = 1000


class BackfilledImage(NamedTuple):
    """What became of one image, under one tag.

    Args:
        repository: The repository.
        digest: The digest of the image.
        tag: The tag; empty if it has none.
        status: ``COMPLETE`` or ``FAILED``.
        failure_code: Why it failed; empty if it did not.
        sub_image_failure_codes: Why images of an index failed.
    """

    repository: str
    digest: str
    tag: str
    status: str
    failure_code: str = ""
    sub_image_failure_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BackfillResult(ShownText):
    """What became of a backfill: iterable, an image after another.

    Args:
        destination: Where to.
        status: ``COMPLETE``, ``FAILED`` or ``STOPPED``. In a dry run ``NOT_STARTED``, or that of one that runs. ECR
            calls it ``FAILED`` if half of the images failed, and ``COMPLETE`` also if some did: see ``failed``.
        id: The id that ECR gave it; empty if it was not started.
        total: How many images there were to replicate, each with each of its tags; ``None`` if ECR did not say.
        completed: How many were.
        failures: How many were not.
        failure_code: Why the whole failed; empty if it did not.
        images: What became of each image.
    """

    destination: str
    status: str
    id: str = ""
    total: int | None = None
    completed: int = 0
    failures: int = 0
    failure_code: str = ""
    images: tuple[BackfilledImage, ...] = ()

    def __iter__(self) -> Iterator[BackfilledImage]:
        return iter(self.images)

    def __len__(self) -> int:
        return len(self.images)

    def __bool__(self) -> bool:
        return True

    def __str__(self) -> str:
        total = "" if self.total is None else f", {self.completed} of {self.total} replicated"
        failed = f", {self.failures} failed" if self.failures else ""
        code = f" ({self.failure_code})" if self.failure_code else ""
        return f"backfill to {self.destination}: {self.status}{code}{total}{failed}"

    @property
    def failed(self) -> tuple[BackfilledImage, ...]:
        """The images that were not replicated."""
        return tuple(image for image in self.images if image.status == "FAILED")


def backfill(registry: Account, current: Callable[[], Replication], to: object, timeout: float) -> BackfillResult:
    """Return what became of a backfill: see ``Replication.backfill``."""
    destination = Destination.parse(to)
    if START not in operations_of("ecr"):
        raise SpecError(f"a backfill needs botocore {SINCE} or later, and {BOTOCORE} is installed: update boto3")
    aws = registry.aws.stoppable()
    waiter = _Waiter(aws, timeout, str(to))
    configuration = current()
    (destination,) = configuration.resolved([destination])
    shown = shortened(destination, configuration.account)
    if not any(destination in rule.destinations for rule in configuration.rules):
        raise SpecError(f"to: no rule replicates to {shown}: replication.add(to=[{shown!r}]) comes first")
    job = _Job(aws, destination, waiter)
    if registry.dry_run:
        return _result(shown, job.running() or {"status": NOT_STARTED}, ())
    identifier = job.begun()
    job.end(identifier)
    params = {"replicationBackfillId": identifier, "maxResults": PAGE}
    pages = list(Pages(lambda token: aws.call("ecr", RESULTS, {**params, **token}, needs="status"), ""))
    images = [_image(item) for page in pages for item in page.get("results", ())]
    return _result(shown, {"replicationBackfillId": identifier, **pages[0]}, images)


class _Waiter:
    """Waits between two looks at a backfill: 1 second, 2, 5, 10, then 30 each time."""

    def __init__(self, aws: Aws, timeout: object, to: str) -> None:
        problems = Problems()
        problems.seconds("timeout", timeout)
        problems.raise_any()
        self._aws, self._timeout, self._to = aws, timeout, to
        self._waited = Waited()
        self._pauses = itertools.chain((1.0, 2.0, 5.0, 10.0), itertools.repeat(30.0))

    def wait(self, *, is_begun: bool) -> None:
        """Wait, or raise if the time is over.

        Args:
            is_begun: Whether ours runs; else another one to the region keeps it from being started.
        """
        pause = next(self._pauses)
        if self._waited.seconds + pause > self._timeout:  # type: ignore[operator]
            raise DeadlineError(
                f"ECR has not finished the backfill to {self._to} within {self._timeout:g} seconds: it goes on, and "
                "the same call waits for it again"
                if is_begun
                else f"the backfill to {self._to} was not started: another one to the region has not ended within "
                f"{self._timeout:g} seconds; the same call tries again"
            )
        whose = "ECR runs" if is_begun else "another one has not ended before"
        reason = f"{whose} the backfill to {self._to}"
        self._aws.pause(pause, f"the backfill to {self._to} was finished", reason, self._waited)


class _Job:
    """The backfills to one destination."""

    def __init__(self, aws: Aws, destination: Destination, waiter: _Waiter) -> None:
        self._aws, self._destination, self._waiter = aws, destination, waiter
        self._known: set[str] | None = None

    def running(self) -> dict[str, Any] | None:
        """Return the backfill to the destination that runs, if there is one."""
        return next((item for item in self._listed() if item["status"] in ADOPTED), None)

    def _listed(self) -> list[dict[str, Any]]:
        pages = self._aws.pages("ecr", LIST, "backfills")
        every = [item for page in pages for item in page]
        return [item for item in every if _place(item) == self._destination]

    def begun(self) -> str:
        """Return the id of a backfill that runs, or was started now. Waits for one that is being stopped."""
        while True:
            try:
                return self._aws.persist(self._attempt, f"ecr:{START}")
            except ClientError as error:
                if code_of(error) != IN_PROGRESS:
                    raise
            self._waiter.wait(is_begun=False)  # it runs to another account in that region, or is being stopped

    def _attempt(self) -> str:
        """Make one attempt: what an attempt before has started, whose answer was lost, is adopted."""
        items = self._listed()
        for item in items:
            is_new = self._known is not None and item["replicationBackfillId"] not in self._known
            if item["status"] in ADOPTED or is_new:
                return str(item["replicationBackfillId"])
        destination = {"region": self._destination.region, "registryId": self._destination.account}
        params, needed = {"destination": destination}, "replicationBackfillId"
        try:
            return str(self._aws.once("ecr", START, params, needed)[needed])
        except LOST:
            self._known = {item["replicationBackfillId"] for item in items}
            raise

    def end(self, identifier: str) -> None:
        """Wait until a backfill has ended. One that was started a moment ago may not be visible yet."""
        params = {"replicationBackfillId": identifier, "maxResults": 1}
        while True:
            answer = self._aws.call("ecr", RESULTS, params, needs="status", awaits=(NOT_YET,))
            if answer["status"] not in RUNNING:
                return
            self._waiter.wait(is_begun=True)


def _place(item: Mapping[str, Any]) -> Destination:
    return Destination(item["destination"]["region"], item["destination"]["registryId"])


def _image(item: Mapping[str, Any]) -> BackfilledImage:
    image = item.get("imageId", {})
    return BackfilledImage(
        item["repositoryName"],
        image.get("imageDigest", ""),
        image.get("imageTag", ""),
        item["status"],
        item.get("failureCode", ""),
        tuple(item.get("subImageFailureCodes", ())),
    )


def _result(to: str, answer: Mapping[str, Any], images: Sequence[BackfilledImage]) -> BackfillResult:
    progress = answer.get("progress") or {}
    return BackfillResult(
        to,
        answer["status"],
        answer.get("replicationBackfillId", ""),
        progress.get("totalReplicationCount"),
        progress.get("completedReplicationCount", 0),
        progress.get("failedReplicationCount", 0),
        answer.get("failureCode") or "",
        tuple(images),
    )
