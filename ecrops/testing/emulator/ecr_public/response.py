"""How ECR Public answers requests: checked against the model first, then the registry, then the repository."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from typing import Any, ClassVar

from moto.core.common_types import TYPE_RESPONSE
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionContext, ActionResult, BaseResponse
from moto.core.utils import unix_time, utcnow

from ..ecr import model, paging, policies
from ..ecr.errors import AccessDenied
from ..ecr.model import service
from .backend import REGIONS, EcrPublicBackend, Image, Item, PublicRepository
from .errors import failure, invalid

NAME = "ecr-public"


class EcrPublicResponse(BaseResponse):
    """One request to ECR Public."""

    backend_of: ClassVar[Callable[[str], EcrPublicBackend]]

    def __init__(self) -> None:
        super().__init__(service_name=NAME)

    @cached_property
    def request(self) -> Item:
        """The members of the request."""
        request: Item = json.loads(self.body or "{}")
        return request

    @property
    def registry(self) -> EcrPublicBackend:
        return type(self).backend_of(self.current_account)

    def call_action(self) -> TYPE_RESPONSE:
        """One request at a time."""
        operation = self._get_action()
        with self.registry.lock:
            try:
                self._admit(operation)
                answer = _OPERATIONS[operation](self)
            except ServiceException as refusal:
                return self.serialized(ActionResult(refusal))
            except AccessDenied as denial:
                return denial.code, dict(denial.get_headers()), denial.get_body()
            return self.serialized(_Plain(answer))

    def _admit(self, operation: str) -> None:
        if self.region not in REGIONS:
            raise failure("UnsupportedCommand", f"{NAME} has no endpoint in {self.region}")
        for path, constraint in model.violations(NAME, operation, self.request):
            raise invalid(path, constraint)
        if operation not in _OPERATIONS:
            raise failure("UnsupportedCommand", f"the emulator has no {operation}")
        if self.request.get("registryId", self.current_account) != self.current_account:
            raise AccessDenied(self.current_account, operation, self.request["registryId"], NAME)

    @property
    def repository(self) -> PublicRepository:
        """The repository that the request names."""
        return self.registry.find(self.request["repositoryName"])

    @property
    def resource(self) -> PublicRepository:
        """The repository that the request names by its ARN."""
        prefix = f"arn:aws:{NAME}::{self.current_account}:repository/"
        arn = self.request["resourceArn"]
        if not arn.startswith(prefix):
            raise invalid("resourceArn", "Invalid ARN")
        return self.registry.find(arn.removeprefix(prefix))

    def _page(self, member: str, items: list[Any]) -> Item:
        entries, more = paging.page(items, self.request.get("maxResults"), self.request.get("nextToken"))
        return {member: list(entries), **paging.following(more)}

    # Repositories and the registry

    def create_repository(self) -> Item:
        name, catalog = self.request["repositoryName"], self.request.get("catalogData")
        repository = self.registry.create(name, catalog, self.request.get("tags", []))
        catalog_data = {"catalogData": repository.catalog} if repository.catalog else {}
        return {"repository": self.registry.described(repository), **catalog_data}

    def delete_repository(self) -> Item:
        repository = self.registry.delete(self.request["repositoryName"], self.request.get("force", False))
        return {"repository": self.registry.described(repository)}

    def describe_repositories(self) -> Item:
        """Named ones, all or none; or a page of all."""
        if names := self.request.get("repositoryNames"):
            for parameter in ("maxResults", "nextToken"):  # model: "can't be used when you specify repositories"
                if parameter in self.request:
                    raise invalid(parameter, f"{parameter} can't be specified together with repositoryNames")
            found = [self.registry.find(name) for name in dict.fromkeys(names)]
            return {"repositories": list(map(self.registry.described, found))}
        return self._page("repositories", list(map(self.registry.described, self.registry.repositories.values())))

    def describe_registries(self) -> Item:
        registry = {
            "registryId": self.current_account,
            "registryArn": f"arn:aws:{NAME}::{self.current_account}:registry/{self.current_account}",
            "registryUri": self.registry.uri,  # unverified: what it is without an alias
            "verified": False,
            "aliases": self.registry.aliases,
        }
        return self._page("registries", [registry])

    def get_registry_catalog_data(self) -> Item:
        return {"registryCatalogData": {"displayName": self.registry.display_name}}

    def put_registry_catalog_data(self) -> Item:
        self.registry.display_name = self.request.get("displayName", "")
        return self.get_registry_catalog_data()

    # Catalog data, policies and tags

    def get_repository_catalog_data(self) -> Item:
        repository = self.repository
        if repository.catalog is None:
            raise failure("RepositoryCatalogDataNotFound", f"'{repository.name}' has no catalog data")
        return {"catalogData": repository.catalog}

    def put_repository_catalog_data(self) -> Item:
        return {"catalogData": self.registry.put_catalog(self.repository, self.request["catalogData"])}

    def set_repository_policy(self) -> Item:
        repository, text = self.repository, self.request["policyText"]
        if not self.request.get("force") and policies.locks_out(text, NAME):
            raise invalid("PolicyText", "The policy would prevent setting another policy, and is not forced")
        statements = policies.checked(text, "aws", unseen=False, service=NAME)
        repository.policy, repository.named = text, policies.ids(statements, "aws")
        return self._policy(repository)

    def get_repository_policy(self) -> Item:
        return self._policy(self.repository)

    def delete_repository_policy(self) -> Item:
        repository = self.repository
        answer = self._policy(repository)
        repository.policy = None
        return answer

    def _policy(self, repository: PublicRepository) -> Item:
        if repository.policy is None:
            text = f"Repository policy does not exist for the repository with name '{repository.name}'"
            raise failure("RepositoryPolicyNotFound", text)
        text = _shown(repository.policy, repository.named)
        return {"registryId": self.current_account, "repositoryName": repository.name, "policyText": text}

    def list_tags_for_resource(self) -> Item:
        return {"tags": [{"Key": key, "Value": value} for key, value in self.resource.tags.items()]}

    def tag_resource(self) -> Item:
        self.registry.tag(self.resource, self.request["tags"])
        return {}

    def untag_resource(self) -> Item:
        self.registry.untag(self.resource, self.request["tagKeys"])
        return {}

    def get_authorization_token(self) -> Item:
        """A token: "valid for 12 hours" (model)."""
        token = base64.b64encode(f"AWS:{uuid.uuid4()}".encode()).decode()
        expires = unix_time(utcnow() + timedelta(hours=12))
        return {"authorizationData": {"authorizationToken": token, "expiresAt": expires}}

    # Images

    def put_image(self) -> Item:
        image = self.registry.put_image(self.repository, self.request)
        tag = {"imageTag": self.request["imageTag"]} if "imageTag" in self.request else {}
        answer = {"registryId": self.current_account, "repositoryName": self.request["repositoryName"]}
        return {"image": {**answer, "imageId": {"imageDigest": image.digest, **tag}, "imageManifest": image.manifest}}

    def batch_delete_image(self) -> Item:
        deleted, failures = self.registry.delete_images(self.repository, self.request["imageIds"])
        return {"imageIds": deleted, "failures": failures}

    def describe_images(self) -> Item:
        ids = self.request.get("imageIds")
        repository = self.repository
        found = repository.images if ids is None else [_named(repository, entry) for entry in ids]
        return self._page("imageDetails", [self._detailed(image) for image in found])

    def describe_image_tags(self) -> Item:
        pairs = [(tag, image) for image in self.repository.images for tag in image.tags]
        details = [
            {"imageTag": tag, "createdAt": image.pushed_at, "imageDetail": _reference(image)} for tag, image in pairs
        ]
        return self._page("imageTagDetails", details)

    def _detailed(self, image: Image) -> Item:
        tags = {"imageTags": image.tags} if image.tags else {}
        answer = {"registryId": self.current_account, "repositoryName": self.request["repositoryName"]}
        return {**answer, **_reference(image), **tags}


def _shown(policy: str, named: dict[str, str]) -> str:
    """The text as it is given back: written anew, if it is one that ECR Public would take today."""
    try:
        return policies.shown(json.loads(policy), named, "aws")
    except (ValueError, TypeError, KeyError):
        return policy


def _named(repository: PublicRepository, entry: Item) -> Image:
    for image in repository.images:
        if image.digest == entry.get("imageDigest", image.digest) and entry.get("imageTag") in (None, *image.tags):
            return image
    raise failure("ImageNotFound", f"The image {entry} does not exist in '{repository.name}'")


def _reference(image: Image) -> Item:
    return {
        "imageDigest": image.digest,
        "imageSizeInBytes": len(image.manifest),
        "imagePushedAt": image.pushed_at,
        "imageManifestMediaType": image.media_type,
    }


class _Plain(ActionResult):
    """JSON as it is."""

    def execute_result(self, context: ActionContext) -> TYPE_RESPONSE:
        return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(self.result)


def _methods() -> dict[str, Callable[[EcrPublicResponse], Item]]:
    from moto.core.utils import camelcase_to_underscores

    names = {name: camelcase_to_underscores(name) for name in service(NAME).operation_names}
    return {name: getattr(EcrPublicResponse, each) for name, each in names.items() if hasattr(EcrPublicResponse, each)}


_OPERATIONS = _methods()
