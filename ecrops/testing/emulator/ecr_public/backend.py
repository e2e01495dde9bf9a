"""The state of one public registry: repositories, their catalog data, policies, tags and images, and the aliases."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import uuid
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, ClassVar

from moto.core.base_backend import BaseBackend
from moto.core.utils import unix_time, utcnow

from ..ecr.errors import InvalidTag, TooManyTags
from .errors import failure

# https://docs.aws.amazon.com/general/latest/gr/ecr-public.html
REGIONS = ("us-east-1", "us-west-2")
MOST_TAGS = 50
Item = dict[str, Any]


@dataclass
class Image:
    """An image: its manifest, and its tags."""

    digest: str
    manifest: str
    media_type: str
    pushed_at: float
    tags: list[str] = field(default_factory=list)


@dataclass
class PublicRepository:
    """A repository of the registry."""

    name: str
    arn: str
    created_at: float
    catalog: Item | None = None
    policy: str | None = None
    named: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    images: list[Image] = field(default_factory=list)


class EcrPublicBackend(BaseBackend):
    """The public registry of one account."""

    bases: ClassVar[list[str]] = []
    paths: ClassVar[dict[str, Any]] = {}

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.lock = threading.RLock()
        self.repositories: dict[str, PublicRepository] = {}
        self.aliases: list[Item] = []
        self.display_name = ""
        self.appear_after = 0
        self._unseen: dict[str, int] = {}
        self.drops_logos = False

    @property
    def _url_module(self) -> Any:
        return SimpleNamespace(url_bases=self.bases, url_paths=self.paths)

    # Repositories

    @property
    def uri(self) -> str:
        """The address of the registry: with its primary alias, if it has one."""
        primary = next((alias["name"] for alias in self.aliases if alias["primaryRegistryAlias"]), "")
        return f"public.ecr.aws/{primary}" if primary else "public.ecr.aws"

    def create(self, name: str, catalog: Item | None, tags: list[Item]) -> PublicRepository:
        """A new repository. With the first one comes a default alias of letters and digits (model, RegistryAlias)."""
        if name in self.repositories:
            raise failure("RepositoryAlreadyExists", f"The repository with name '{name}' already exists")
        checked = _checked_tags(tags, {})
        if not self.aliases:
            alias = "a" + hashlib.sha256(self.account_id.encode()).hexdigest()[:7]
            self.add_alias(alias, is_default=True)
        arn = f"arn:aws:ecr-public::{self.account_id}:repository/{name}"
        repository = PublicRepository(name, arn, unix_time(utcnow()), tags=checked)
        self.repositories[name] = repository
        self._unseen[name] = self.appear_after
        if catalog is not None:
            self.put_catalog(repository, catalog)
        return repository

    def add_alias(self, name: str, status: str = "ACTIVE", *, is_default: bool = False) -> None:
        """Give the registry an alias. An active one becomes the primary one: "you can choose" is in the console."""
        if status == "ACTIVE":
            for alias in self.aliases:
                alias["primaryRegistryAlias"] = False
        self.aliases.append(
            {
                "name": name,
                "status": status,
                "primaryRegistryAlias": status == "ACTIVE",
                "defaultRegistryAlias": is_default,
            }
        )

    def find(self, name: str) -> PublicRepository:
        """The repository of a name, if there is one and the caller sees it yet."""
        if self._unseen.get(name, 0) > 0:
            self._unseen[name] -= 1
            raise self._missing(name)
        if name not in self.repositories:
            raise self._missing(name)
        return self.repositories[name]

    def _missing(self, name: str) -> Exception:
        text = f"The repository with name '{name}' does not exist in the registry with id '{self.account_id}'"
        return failure("RepositoryNotFound", text)

    def delete(self, name: str, force: bool) -> PublicRepository:
        """Delete a repository: with images in it only if that is forced."""
        repository = self.find(name)
        if repository.images and not force:
            text = f"The repository with name '{name}' in registry with id '{self.account_id}' cannot be deleted "
            raise failure("RepositoryNotEmpty", f"{text}because it still contains images")
        return self.repositories.pop(name)

    def described(self, repository: PublicRepository) -> Item:
        """A repository as the API describes it. Its address has the primary alias of today."""
        return {
            "repositoryArn": repository.arn,
            "registryId": self.account_id,
            "repositoryName": repository.name,
            "repositoryUri": f"{self.uri}/{repository.name}",
            "createdAt": repository.created_at,
        }

    # Catalog data

    def put_catalog(self, repository: PublicRepository, data: Item) -> Item:
        """Replace the catalog data as a whole, and answer it.

        unverified: whether a member that is left out goes, and the logo with it: here all goes. The documents say
        "creates or updates".
        unverified: whether an empty blob removes the logo: here it does.
        """
        kept = {key: value for key, value in data.items() if key != "logoImageBlob" and value not in ("", [])}
        logo = base64.b64decode(data.get("logoImageBlob", ""))
        if logo and not self.drops_logos:
            digest = hashlib.sha256(logo).hexdigest()[:12]
            kept["logoUrl"] = f"https://d3g9o9u8re44ak.cloudfront.net/logo/{uuid.uuid4()}/{digest}.png"
        repository.catalog = {**kept, "marketplaceCertified": False}
        return repository.catalog

    # Tags

    def tag(self, repository: PublicRepository, tags: list[Item]) -> None:
        """Add or change tags, at most fifty in all."""
        repository.tags |= _checked_tags(tags, repository.tags)

    def untag(self, repository: PublicRepository, keys: list[str]) -> None:
        """Remove tags; a key that is not there is nothing to remove."""
        _check_keys(keys)
        repository.tags = {key: value for key, value in repository.tags.items() if key not in keys}

    # Images

    def put_image(self, repository: PublicRepository, request: Item) -> Image:
        """Push an image: its digest is its manifest's. A tag that moves leaves its old image there."""
        manifest, tag = request["imageManifest"], request.get("imageTag")
        digest = "sha256:" + hashlib.sha256(manifest.encode()).hexdigest()
        if request.get("imageDigest") not in (None, digest):
            raise failure("ImageDigestDoesNotMatch", f"The provided digest does not match '{digest}'")
        image = next((image for image in repository.images if image.digest == digest), None)
        if image and (tag is None or tag in image.tags):
            raise failure("ImageAlreadyExists", f"Image with digest '{digest}' and tag '{tag}' already exists")
        for other in repository.images if tag else ():
            other.tags = [each for each in other.tags if each != tag]
        if image is None:
            media_type = request.get("imageManifestMediaType") or json.loads(manifest).get("mediaType", "")
            image = Image(digest, manifest, media_type, unix_time(utcnow()))
            repository.images.append(image)
        image.tags += [tag] if tag else []
        return image

    def delete_images(self, repository: PublicRepository, ids: list[Item]) -> tuple[list[Item], list[Item]]:
        """Delete images by digest, or tags, and answer those and the failures."""
        deleted: list[Item] = []
        failures: list[Item] = []
        for entry in ids:
            digest, tag = entry.get("imageDigest"), entry.get("imageTag")
            image = next((each for each in repository.images if each.digest == digest or tag in each.tags), None)
            if not digest and not tag:
                failures.append(_failed(entry, "MissingDigestAndTag", "Invalid request parameters"))
            elif image is None:
                failures.append(_failed(entry, "ImageNotFound", "Requested image not found"))
            elif digest and tag and (image.digest != digest or tag not in image.tags):
                failures.append(_failed(entry, "ImageTagDoesNotMatchDigest", "The tag is of another image"))
            else:
                image.tags = [] if digest and not tag else [each for each in image.tags if each != tag]
                if not image.tags:
                    repository.images.remove(image)
                deleted.append({"imageDigest": image.digest, **({"imageTag": tag} if tag else {})})
        return deleted, failures


def _failed(entry: Item, code: str, reason: str) -> Item:
    return {"imageId": entry, "failureCode": code, "failureReason": reason}


def _checked_tags(tags: list[Item], present: dict[str, str]) -> dict[str, str]:
    """The tags, if they can be: the same rules as for private repositories.

    https://docs.aws.amazon.com/AmazonECR/latest/public/ecr-public-using-tags.html
    """
    keys = [tag["Key"] for tag in tags]
    _check_keys(keys)
    if len(set(keys)) < len(keys):
        raise InvalidTag("Duplicate tag keys found")
    if len({*keys, *present}) > MOST_TAGS:
        raise TooManyTags
    return {tag["Key"]: tag.get("Value", "") for tag in tags}


def _check_keys(keys: list[str]) -> None:
    if any(key.casefold().startswith("aws:") for key in keys):
        raise InvalidTag("Tag keys beginning with 'aws:' are reserved for system use")
