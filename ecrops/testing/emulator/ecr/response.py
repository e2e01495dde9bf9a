"""How ECR answers requests: checked against the model first, then the registry, then the repository."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionContext, ActionResult
from moto.core.utils import unix_time, utcnow
from moto.ecr.models import Repository
from moto.ecr.responses import ECRResponse

from ..distribution import tokens
from ..distribution.door import DOOR
from ..services.sts import check_key
from . import images, model, paging, policies
from .artifacts import ArtifactsResponses
from .backend import EcrBackend, backend
from .content.responses import ContentResponses
from .errors import AccessDenied, invalid
from .preview import PreviewResponses
from .registry import RegistryResponses
from .registry.caching.creation_templates import CreationTemplateResponses
from .registry.caching.pull_through_cache import PullThroughCacheResponses

_READS = ("Describe", "Get", "List", "BatchGet", "BatchCheck")
_UNGATED = ("CreateRepository", "BatchGetRepositoryScanningConfiguration")
"""The operations that look for repositories in their own way."""


class EcrResponse(  # type: ignore[misc]
    PreviewResponses,
    RegistryResponses,
    ArtifactsResponses,
    ContentResponses,
    PullThroughCacheResponses,
    CreationTemplateResponses,
    ECRResponse,
):
    """One request to ECR."""

    @property
    def ecr_backend(self) -> EcrBackend:
        return backend(self.current_account, self.region)

    @cached_property
    def request(self) -> dict[str, Any]:
        """The members of the request."""
        request: dict[str, Any] = json.loads(self.body or "{}")
        return request

    def call_action(self) -> TYPE_RESPONSE:
        """One request at a time: moto has no locks of its own."""
        with self.ecr_backend.lock:
            try:
                check_key(self.current_account, self.get_access_key(), self.region)
                self._admit(self._get_action())
            except ServiceException as refusal:
                return self.serialized(ActionResult(refusal))
            except AccessDenied as denial:
                return denial.code, dict(denial.get_headers()), denial.get_body()
            return self._with_unknown_members(super().call_action())

    def _with_unknown_members(self, answer: TYPE_RESPONSE) -> TYPE_RESPONSE:
        status, headers, body = answer
        if status != 200:
            return answer
        unknown, operation = self.ecr_backend.unknown_members, self._get_action()
        unknown.replaced_by(operation)
        return status, headers, unknown.into(operation, body)

    def _admit(self, operation: str) -> None:
        model.check(operation, self.request)
        registry = self.request.get("registryId", self.current_account)
        if registry != self.current_account:
            raise AccessDenied(self.current_account, operation, registry)
        if operation not in _UNGATED:
            for name in self._named():
                if not self.ecr_backend.finds(name, by_reading=operation.startswith(_READS)):
                    raise self.ecr_backend.not_found(name)

    def _named(self) -> Iterator[str]:
        """The repositories that the request names."""
        yield from self.request.get("repositoryNames", ())
        if "repositoryName" in self.request:
            yield self.request["repositoryName"]
        if arn := self.request.get("resourceArn"):
            home = f"arn:{self.partition}:ecr:{self.region}:{self.current_account}:repository/"
            if not arn.startswith(home):
                raise invalid("resourceArn", "Invalid ARN")
            yield arn.removeprefix(home)

    def create_repository(self) -> ActionResult:
        return ActionResult({"repository": self.ecr_backend.create(self.request)})

    def set_repository_policy(self) -> ActionResult:
        """What would keep everybody from setting another policy is forced, or refused."""
        if not self.request.get("force") and policies.locks_out(self.request["policyText"]):
            raise invalid("PolicyText", "The policy would prevent setting another policy, and is not forced")
        return super().set_repository_policy()

    def describe_repositories(self) -> ActionResult:
        """Named ones, all or none; or a page of all."""
        names = self.request.get("repositoryNames")
        if names is None:
            return self._page_of_repositories()
        self._refuse_paging("repositoryNames")
        named = [self.ecr_backend._get_repository(name) for name in dict.fromkeys(names)]
        return _Plain({"repositories": [_described(repository) for repository in named]})

    def _page_of_repositories(self) -> ActionResult:
        registry = self.ecr_backend
        size, token = self.request.get("maxResults"), self.request.get("nextToken")
        page, more = registry.repositories.page(size, token, registry.visibility.is_listed)
        return _Plain({"repositories": [_described(repository) for repository in page], **paging.following(more)})

    def list_images(self) -> ActionResult:
        listed = [entry for image in self._selected() for entry in images.listed(image)]
        entries, more = paging.page(listed, self.request.get("maxResults"), self.request.get("nextToken"))
        return ActionResult({"imageIds": entries, **paging.following(more)})

    def describe_images(self) -> ActionResult:
        """Those asked for by id; or a page of those the filter selects."""
        if "imageIds" in self.request:
            self._refuse_paging("imageIds", "filter")
            selected = self._named_images()
            return _Plain({"imageDetails": [_detailed(image) for image in selected]})
        selected = list(self._selected())
        page, more = paging.page(selected, self.request.get("maxResults"), self.request.get("nextToken"))
        return _Plain({"imageDetails": [_detailed(image) for image in page], **paging.following(more)})

    def _named_images(self) -> list[Any]:
        repository = self._looked_at()
        found = [images.find(repository, each) for each in self.request["imageIds"]]
        return list({image.image_digest: image for image in found}.values())

    def _looked_at(self) -> Repository:
        repository = self.ecr_backend._get_repository(self.request["repositoryName"])
        self.ecr_backend.storage.look(repository)
        return repository

    def _selected(self) -> Iterator[Any]:
        wanted, repository = self.request.get("filter", {}), self._looked_at()
        return (image for image in repository.images if images.status_is(image, wanted))

    def get_authorization_token(self) -> ActionResult:
        """A token that is valid for twelve hours, not one that has expired."""
        host = DOOR.url() if DOOR.is_endpoint else f"https://{self.ecr_backend.registry_host}"
        expires = utcnow() + timedelta(hours=12)
        passwords = [
            tokens.password(registry, self.region)
            for registry in self.request.get("registryIds", [self.current_account])
        ]
        encoded = [base64.b64encode(f"AWS:{password}".encode()).decode() for password in passwords]
        data = [{"authorizationToken": each, "expiresAt": expires, "proxyEndpoint": host} for each in encoded]
        return ActionResult({"authorizationData": data})

    def _refuse_paging(self, what: str, *also: str) -> None:
        for name in ("nextToken", "maxResults", *also):
            if name in self.request:
                raise invalid(name, f"{name} can't be specified together with {what}")


class _Plain(ActionResult):
    """JSON as it is: moto's serialiser takes a tenth of a millisecond for each repository and image."""

    def execute_result(self, context: ActionContext) -> TYPE_RESPONSE:
        return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(self.result, default=_seconds)


def _seconds(moment: datetime) -> float:
    return moment.timestamp() if moment.tzinfo else unix_time(moment)


def _described(repository: Repository) -> dict[str, Any]:
    filters = repository.image_tag_mutability_exclusion_filters
    return {
        "repositoryArn": repository.arn,
        "registryId": repository.registry_id,
        "repositoryName": repository.name,
        "repositoryUri": repository.uri,
        "createdAt": unix_time(repository.created_at),
        "imageTagMutability": repository.image_tag_mutability,
        **({"imageTagMutabilityExclusionFilters": filters} if filters else {}),
        "imageScanningConfiguration": repository.image_scanning_configuration,
        "encryptionConfiguration": repository.encryption_configuration,
    }


def _detailed(image: Any) -> dict[str, Any]:
    return {
        "registryId": image.registry_id,
        "repositoryName": image.repository_name,
        "imageDigest": image.image_digest,
        **({"imageTags": list(image.image_tags)} if image.image_tags else {}),
        "imageSizeInBytes": images.size(image),
        "imagePushedAt": image.image_pushed_at,
        "imageManifestMediaType": image.image_manifest_media_type,
        "imageStatus": "ACTIVE",
        **_subject(image),
        **images.details(image),
    }


def _subject(image: Any) -> dict[str, str]:
    subject = images.subject(image)
    return {"subjectManifestDigest": subject} if subject else {}
