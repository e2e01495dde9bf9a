"""The replication configuration of a registry, replaced whole by each put, and what became of pushed images.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication.html says what it may be. An image has a status for
each destination; it is copied there only if a test asks for that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from moto.core.responses import ActionResult

from ...botocores import regions
from ..errors import invalid
from ..images import find

MOST_DESTINATIONS = 25
"""Unique ones, in all rules together: the service quotas of ECR."""
_WHERE = "replicationConfiguration"
Destination = tuple[str, str]


class Replication:
    """Where images are replicated to.

    ``ends`` is what becomes of replications of images that are pushed from now on; they are in progress for
    ``finished_after`` looks at their image. With ``copies`` they are really made, at once, and deletions follow where
    a rule has ``deleteReplication``.
    """

    def __init__(self, account: str, region: str, partition: str) -> None:
        self.configuration: dict[str, Any] = {"rules": []}
        self.ends, self.finished_after = "COMPLETE", 0
        self.copies = False
        self._account, self._region, self._partition = account, region, partition
        self._statuses: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self._looks_left: dict[tuple[str, str], int] = {}

    def put(self, configuration: dict[str, Any]) -> dict[str, Any]:
        """Replace the configuration; ``deleteReplication`` is there if it was sent."""
        self._check(configuration)
        self.configuration = configuration
        return configuration

    def _check(self, configuration: dict[str, Any]) -> None:
        unique = destinations(configuration)
        if (self._region, self._account) in unique:
            raise invalid(_WHERE, "Replication destination cannot be the same as the source registry")
        # "Replication" in the guide: not across partitions. unverified: the codes and the words of these two
        if unknown := sorted({region for region, _ in unique} - regions(self._partition)):
            raise invalid(_WHERE, f"Replication destination region is not valid: {unknown[0]}")
        if len(unique) > MOST_DESTINATIONS:
            raise invalid(_WHERE, f"At most {MOST_DESTINATIONS} unique destinations are allowed across all rules")

    def destinations_of(self, name: str) -> Iterator[Destination]:
        """Where the images of a repository go, each once, in the order of the rules."""
        rules = [rule for rule in self.configuration["rules"] if covers(rule, name)]
        yield from destinations({"rules": rules})

    def copied_to(self, name: str) -> Iterator[Destination]:
        """Where copies of what is pushed are really made."""
        if self.copies and self.ends == "COMPLETE":
            yield from self.destinations_of(name)

    def deleted_in(self, name: str) -> Iterator[Destination]:
        """Where copies of what is deleted are deleted too."""
        rules = [rule for rule in self.configuration["rules"] if covers(rule, name) and _deletes(rule)]
        if self.copies:
            yield from destinations({"rules": rules})

    def pushed(self, name: str, digest: str) -> None:
        """An image was pushed: it is on its way to each of its destinations."""
        failed = {"failureCode": "UNABLE_TO_REPLICATE"} if self.ends == "FAILED" else {}  # unverified: the code
        self._statuses[name, digest] = [
            {"region": region, "registryId": registry, "status": self.ends, **failed}
            for region, registry in self.destinations_of(name)
        ]
        self._looks_left[name, digest] = self.finished_after

    def look(self, name: str, digest: str) -> list[dict[str, Any]]:
        """How the replications of an image stand; none for one that was pushed before there were rules."""
        statuses = self._statuses.get((name, digest), [])
        if self._looks_left.get((name, digest), 0) > 0:
            self._looks_left[name, digest] -= 1
            return [_in_progress(status) for status in statuses]
        return statuses


def _deletes(rule: Mapping[str, Any]) -> bool:
    return bool(rule.get("deleteReplication", {}).get("enabled"))


def covers(rule: Mapping[str, Any], name: str) -> bool:
    """Whether a rule is about a repository: without filters about all, else by prefix."""
    filters = rule.get("repositoryFilters")
    return filters is None or any(name.startswith(entry["filter"]) for entry in filters)


def destinations(configuration: Mapping[str, Any]) -> list[Destination]:
    """The unique destinations of all rules, as region and registry."""
    every = (each for rule in configuration["rules"] for each in rule["destinations"])
    return list(dict.fromkeys((each["region"], each["registryId"]) for each in every))


def _in_progress(status: dict[str, Any]) -> dict[str, Any]:
    return {"region": status["region"], "registryId": status["registryId"], "status": "IN_PROGRESS"}


class ReplicationResponses:
    """The operations on replication, for ECR's responses to inherit."""

    def put_replication_configuration(self: Any) -> ActionResult:
        """Replace the configuration."""
        stored = self.ecr_backend.settings.replication.put(self.request["replicationConfiguration"])
        return ActionResult({"replicationConfiguration": stored})

    def describe_registry(self: Any) -> ActionResult:
        """Tell the configuration; there always is one."""
        stored = self.ecr_backend.settings.replication.configuration
        return ActionResult({"registryId": self.current_account, "replicationConfiguration": stored})

    def describe_image_replication_status(self: Any) -> ActionResult:
        """Tell how the replications of an image stand."""
        repository = self.ecr_backend._get_repository(self.request["repositoryName"])
        image = find(repository, self.request["imageId"])
        statuses = self.ecr_backend.settings.replication.look(repository.name, image.image_digest)
        named = {"imageId": {**self.request["imageId"], "imageDigest": image.image_digest}}
        return ActionResult({"repositoryName": repository.name, **named, "replicationStatuses": statuses})
