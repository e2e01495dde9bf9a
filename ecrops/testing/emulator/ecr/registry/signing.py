"""The signing configuration of a registry, replaced whole by each put, and what became of pushed images.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/managed-signing.html. Nothing is signed here: an image has a
status for each profile, and that is all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult

from ...wildcards import matches
from ..errors import invalid
from ..images import find


class SigningConfigurationNotFound(ServiceException):
    """No configuration was put, or it was deleted."""

    code = "SigningConfigurationNotFoundException"
    message = "The specified signing configuration was not found."


class Signing:
    """Which images are signed, with which profiles.

    ``ends`` is what becomes of signatures of images that are pushed from now on; they are in progress for
    ``finished_after`` looks at their image.
    """

    def __init__(self, region: str) -> None:
        self.configuration: dict[str, Any] | None = None
        self.ends, self.finished_after = "COMPLETE", 0
        self._region = region
        self._statuses: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self._looks_left: dict[tuple[str, str], int] = {}

    def put(self, configuration: dict[str, Any]) -> dict[str, Any]:
        """Replace the configuration. One without rules is one."""
        for rule in configuration["rules"]:
            # The guide: the profile is to be in the region of the registry. unverified: code and words
            if rule["signingProfileArn"].split(":")[3] != self._region:
                raise invalid("signingConfiguration", "The signing profile must be in the region of the registry")
        self.configuration = configuration
        return configuration

    def get(self) -> dict[str, Any]:
        """The configuration that there is."""
        if self.configuration is None:
            raise SigningConfigurationNotFound
        return self.configuration

    def delete(self) -> dict[str, Any]:
        """Take the configuration away, and tell what it was."""
        configuration = self.get()
        self.configuration = None
        return configuration

    def pushed(self, name: str, digest: str) -> None:
        """An image was pushed: it is signed with the profile of each rule that is about its repository."""
        rules = [rule for rule in (self.configuration or {"rules": []})["rules"] if covers(rule, name)]
        self._statuses[name, digest] = [_status(rule["signingProfileArn"], self.ends) for rule in rules]
        self._looks_left[name, digest] = self.finished_after

    def look(self, name: str, digest: str) -> list[dict[str, Any]]:
        """How the signatures of an image stand; none for one that was pushed before there were rules."""
        statuses = self._statuses.get((name, digest), [])
        if self._looks_left.get((name, digest), 0) > 0:
            self._looks_left[name, digest] -= 1
            return [_status(status["signingProfileArn"], "IN_PROGRESS") for status in statuses]
        return statuses


def covers(rule: Mapping[str, Any], name: str) -> bool:
    """Whether a rule is about a repository: without filters about all, else by pattern."""
    filters = rule.get("repositoryFilters")
    return filters is None or any(matches(entry["filter"], name) for entry in filters)


def _status(profile: str, status: str) -> dict[str, Any]:
    # unverified: the failure code
    why = {"failureCode": "AccessDenied", "failureReason": "The pusher may not sign with the profile"}
    return {"signingProfileArn": profile, "status": status, **(why if status == "FAILED" else {})}


class SigningResponses:
    """The operations on signing, for ECR's responses to inherit."""

    def put_signing_configuration(self: Any) -> ActionResult:
        """Replace the configuration."""
        stored = self.ecr_backend.settings.signing.put(self.request["signingConfiguration"])
        return ActionResult({"signingConfiguration": stored})

    def get_signing_configuration(self: Any) -> ActionResult:
        """Tell the configuration."""
        stored = self.ecr_backend.settings.signing.get()
        return ActionResult({"registryId": self.current_account, "signingConfiguration": stored})

    def delete_signing_configuration(self: Any) -> ActionResult:
        """Take the configuration away."""
        stored = self.ecr_backend.settings.signing.delete()
        return ActionResult({"registryId": self.current_account, "signingConfiguration": stored})

    def describe_image_signing_status(self: Any) -> ActionResult:
        """Tell how the signatures of an image stand."""
        repository = self.ecr_backend._get_repository(self.request["repositoryName"])
        image = find(repository, self.request["imageId"])
        answer = {"registryId": repository.registry_id, "repositoryName": repository.name}
        answer["imageId"] = {**self.request["imageId"], "imageDigest": image.image_digest}
        statuses = self.ecr_backend.settings.signing.look(repository.name, image.image_digest)
        return ActionResult({**answer, "signingStatuses": statuses})
