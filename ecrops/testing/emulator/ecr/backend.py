"""The state of one registry: moto's, with repositories that come, go and are listed as AWS says."""

from __future__ import annotations

import copy
import json
import threading
from typing import Any, cast

from moto.core.utils import utcnow
from moto.ecr import urls
from moto.ecr.exceptions import RepositoryAlreadyExistsException, RepositoryNotFoundException
from moto.ecr.models import ECRBackend, Image, Repository, ecr_backends

from ..botocores import dns_suffix
from . import encryption, images, lifecycle, mutability, policies, tags
from .artifacts import Storage
from .content import deleting, manifests
from .content.album import Album
from .content.downloads import Downloads
from .content.layers import Uploads
from .content.scans import Scans
from .preview import Previews
from .registry import RegistrySettings, UnknownMembers, replicas
from .registry.caching import made_by_ecr
from .registry.caching.creation_templates import CreationTemplates
from .registry.caching.pull_through_cache import PullThroughCache
from .shelf import Shelf, Visibility


class EcrBackend(ECRBackend):
    """moto's ECR of one account and region, with what it lacks."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.lock = threading.RLock()
        self.visibility = Visibility()
        self.principals_unseen = 0
        self.previews = Previews()
        self.settings = RegistrySettings(account_id, region_name, self.partition)
        self.unknown_members = UnknownMembers()
        self.storage = Storage()
        self.uploads = Uploads()
        self.scans = Scans()
        self.tokens_are_old = False
        self.refuses_referrers_of_indexes = False
        self.downloads = Downloads(account_id, region_name)
        self.repositories: Shelf = Shelf()
        self.pull_through_cache = PullThroughCache(account_id, region_name)
        self.creation_templates = CreationTemplates(account_id, region_name)

    @property
    def _url_module(self) -> Any:
        """moto looks for the URLs beside the class, which for a subclass is the wrong place."""
        return urls

    def finds(self, name: str, *, by_reading: bool) -> bool:
        """Whether a call that names a repository finds it now, if there is one."""
        if self.visibility.is_gone(name):
            self._purge(name)
        return self.visibility.is_found(name, by_reading=by_reading)

    def not_found(self, name: str) -> RepositoryNotFoundException:
        return RepositoryNotFoundException(name, self.account_id)

    def create(self, params: dict[str, Any]) -> Repository:
        """A new repository; refused if there is one, whatever its settings, even if nobody sees it yet."""
        name = params["repositoryName"]
        if self.visibility.is_going(name):
            self.finds(name, by_reading=False)
        if name in self.repositories:
            raise RepositoryAlreadyExistsException(name, self.account_id)
        repository = self._built(params)
        tags.check(params.get("tags", []))
        self._put_on_shelf(repository, params.get("tags", []))
        self.visibility.created(name)
        return repository

    def _built(self, params: dict[str, Any]) -> Repository:
        mode = params.get("imageTagMutability", "MUTABLE")
        filters = params.get("imageTagMutabilityExclusionFilters")
        mutability.check(mode, filters)
        repository = Repository(  # type: ignore[abstract]
            account_id=self.account_id,
            region_name=self.region_name,
            repository_name=params["repositoryName"],
            registry_id=self.account_id,
            encryption_config=encryption.resolved(
                params.get("encryptionConfiguration"), self.account_id, self.region_name
            ),
            image_scan_config=params.get("imageScanningConfiguration") or {"scanOnPush": False},  # type: ignore[arg-type]
            image_tag_mutability=mode,
            image_tag_mutability_exclusion_filters=filters,
        )
        repository.uri = f"{self.registry_host}/{repository.name}"
        repository.images = Album()  # type: ignore[assignment]
        return repository

    @property
    def registry_host(self) -> str:
        """The name under which the registry is reached; its suffix is the partition's."""
        return f"{self.account_id}.dkr.ecr.{self.region_name}.{dns_suffix(self.partition)}"

    def _put_on_shelf(self, repository: Repository, given: tags.Tags) -> None:
        self.repositories[repository.name] = repository
        self.tagger.tag_resource(repository.arn, given)

    def seed(self, names: list[str]) -> None:
        """Many default repositories at once, seen from the start."""
        if not names:
            return
        model = self._built({"repositoryName": names[0]})
        for name in names:
            repository = copy.copy(model)
            repository.name, repository.arn = name, model.arn.removesuffix(model.name) + name
            repository.uri, repository.created_at = f"{self.registry_host}/{name}", utcnow()
            repository.layers, repository.uploads = {}, {}
            repository.images = Album()  # type: ignore[assignment]
            repository.image_scanning_configuration = {"scanOnPush": False}
            self.repositories[name] = repository

    def delete_repository(
        self, repository_name: str, registry_id: str | None = None, force: bool = False
    ) -> Repository:
        """Delete a repository and its tags; others may still see it for a while."""
        repository = super().delete_repository(repository_name, registry_id, force)
        if self.visibility.deleted(repository_name):
            self.repositories[repository_name] = repository
        else:
            self._purge(repository_name)
        return repository

    def _purge(self, name: str) -> None:
        self.repositories.discard(name)
        self.visibility.forget(name)

    def put_image(
        self,
        repository_name: str,
        image_manifest: str,
        image_tag: str,
        image_manifest_mediatype: str | None = None,
        digest: str | None = None,
    ) -> Image:
        """Push an image: its digest is its manifest's, and a tag that moves leaves its old image there."""
        made_by_ecr.make(self, repository_name, "CREATE_ON_PUSH")
        repository = self._get_repository(repository_name)
        if self.refuses_referrers_of_indexes:
            manifests.check_subject(repository, image_manifest)
        image = images.put(repository, image_manifest, image_tag, image_manifest_mediatype, digest)
        self.settings.replication.pushed(repository.name, image.image_digest)
        replicas.copy(repository, image, self.settings.replication.copied_to(repository.name))
        self.settings.signing.pushed(repository.name, image.image_digest)
        self.scans.pushed(repository.name, image.image_digest, self.settings.scanning.of(repository)["scanFrequency"])
        return image

    def repository_for_push(self, name: str) -> Repository:
        """The repository of a push that begins: a missing one is made, where a template says so."""
        # unverified: that the call of the API does so too; a push of Docker begins with it
        made_by_ecr.make(self, name, "CREATE_ON_PUSH")
        return self._get_repository(name)

    def delete_image(self, repository: Repository, wanted: dict[str, str]) -> list[dict[str, str]]:
        """Delete an image, or a tag; what is gone."""
        gone = deleting.delete(repository, wanted)
        replicas.delete(repository.name, wanted, self.settings.replication.deleted_in(repository.name))
        return gone

    def put_image_tag_mutability(
        self,
        registry_id: str,
        repository_name: str,
        image_tag_mutability: str,
        image_tag_mutability_exclusion_filters: mutability.Filters | None = None,
    ) -> dict[str, Any]:
        """Replace mode and filters, and answer both."""
        filters = image_tag_mutability_exclusion_filters
        mutability.check(image_tag_mutability, filters)
        repository = self._get_repository(repository_name, registry_id)
        repository.image_tag_mutability = image_tag_mutability
        repository.image_tag_mutability_exclusion_filters = filters
        answer = {"registryId": self.account_id, "repositoryName": repository_name}
        echo = {"imageTagMutabilityExclusionFilters": filters} if filters else {}
        return {**answer, "imageTagMutability": image_tag_mutability, **echo}

    def tag_resource(self, arn: str, tags_: tags.Tags) -> None:
        """Add or change tags, at most fifty in all."""
        repository = self._by_arn(arn)
        tags.check(tags_, present=self.tagger.get_tag_dict_for_resource(repository.arn))
        self.tagger.tag_resource(repository.arn, tags_)

    def untag_resource(self, arn: str, tag_keys: list[str]) -> None:
        """Remove tags; a key that is not there is nothing to remove."""
        repository = self._by_arn(arn)
        tags.check_keys(tag_keys)
        self.tagger.untag_resource_using_names(repository.arn, tag_keys)

    def _by_arn(self, arn: str) -> Repository:
        return self._get_repository(self._parse_resource_arn(arn).repo_name)

    def takes_unseen(self) -> bool:
        """Whether ECR has not heard yet of the principals of the policy that comes now; counts it."""
        unseen, self.principals_unseen = self.principals_unseen > 0, max(0, self.principals_unseen - 1)
        return unseen

    def set_repository_policy(self, registry_id: str, repository_name: str, policy_text: str) -> dict[str, Any]:
        """Keep a policy, if ECR would, and who it names."""
        repository: Any = self._get_repository(repository_name, registry_id)
        statements = policies.checked(policy_text, self.partition, unseen=self.takes_unseen())
        repository.policy, repository.named = policy_text, policies.ids(statements, self.partition)
        return self.get_repository_policy(registry_id, repository_name)

    def get_repository_policy(self, registry_id: str, repository_name: str) -> dict[str, Any]:
        """The policy, written anew."""
        answer = super().get_repository_policy(registry_id, repository_name)
        named = getattr(self._get_repository(repository_name, registry_id), "named", {})
        return {**answer, "policyText": policies.shown(json.loads(answer["policyText"]), named, self.partition)}

    def put_lifecycle_policy(
        self, registry_id: str, repository_name: str, lifecycle_policy_text: str
    ) -> dict[str, Any]:
        """Keep a policy, if ECR would, and answer the text it keeps."""
        repository = self._get_repository(repository_name, registry_id)
        repository.lifecycle_policy = lifecycle.stored(lifecycle_policy_text)
        answer = {"registryId": self.account_id, "repositoryName": repository_name}
        return {**answer, "lifecyclePolicyText": repository.lifecycle_policy}


def backend(account: str, region: str) -> EcrBackend:
    """The registry of an account in a region."""
    return cast(EcrBackend, ecr_backends[account][region])


def picture(registry: EcrBackend) -> dict[str, dict[str, Any]]:
    """Settings, tags and policies of each repository, as they are in memory, without what differs from run to run.

    It makes no call, since tests look after each of many.
    """
    return {
        name: {
            "settings": [
                repository.image_tag_mutability,
                repository.image_tag_mutability_exclusion_filters,
                repository.image_scanning_configuration,
                repository.encryption_configuration,
            ],
            "tags": registry.tagger.get_tag_dict_for_resource(repository.arn),
            "lifecycle": json.loads(repository.lifecycle_policy or "null"),
            "policy": json.loads(repository.policy or "null"),
        }
        for name, repository in registry.repositories.items()
        if not registry.visibility.is_going(name)
    }
