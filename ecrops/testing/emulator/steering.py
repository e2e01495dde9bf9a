"""What a test may do behind the service's back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .ecr import EcrBackend, backend, images, picture
from .ecr.artifacts import Storage
from .ecr.content.downloads import Downloads
from .ecr.content.layers import Uploads
from .ecr.content.pushing import Pushing
from .ecr.content.scans import Scans
from .ecr.preview import Previews
from .ecr.registry.caching.caches import Caches
from .ecr.registry.steering import Settings
from .ecr_public import EcrPublicBackend
from .ecr_public import backend as public_backend
from .events.steering import Events
from .services import accounts, iam, sts
from .services.organizations import Organization


class Emulator:
    """Steers the emulated ECR of one account and region: what a test does behind the service's back.

    Args:
        account: The id of the account.
        region: The region.

    Attributes:
        events: What happens in EventBridge, and what its targets were sent.
        settings: The settings of the registry.

    Example:
        >>> emulator = Emulator("123456789012", "eu-west-1")
        >>> emulator.appear_after = 2  # a new repository is not found by the first two calls that name it
        >>> names = emulator.seed(50_000)
    """

    def __init__(self, account: str, region: str) -> None:
        self.account, self.region = account, region
        self.events = Events(account, region)
        self.settings = Settings(account, region)

    def at(self, *, region: str | None = None, account: str | None = None) -> Emulator:
        """Return what steers another region or account.

        Args:
            region: The region; without it, this one.
            account: The account; without it, this one.
        """
        return Emulator(account or self.account, region or self.region)

    @property
    def appear_after(self) -> int:
        """How many calls that name a new repository do not find it. 0: it is found at once."""
        return self._ecr.visibility.appear_after

    @appear_after.setter
    def appear_after(self, calls: int) -> None:
        self._ecr.visibility.appear_after = calls

    @property
    def vanish_after(self) -> int:
        """How many calls that name a deleted repository still find it. 0: it is gone at once."""
        return self._ecr.visibility.vanish_after

    @vanish_after.setter
    def vanish_after(self, calls: int) -> None:
        self._ecr.visibility.vanish_after = calls

    @property
    def principals_unseen(self) -> int:
        """How many policies that name a user or a role ECR refuses yet, because it has not heard of them."""
        return self._ecr.principals_unseen

    @principals_unseen.setter
    def principals_unseen(self, policies: int) -> None:
        self._ecr.principals_unseen = policies

    def make_principals(self, user: str = "", role: str = "", group: str = "") -> None:
        """Make a user, a role and a group at once.

        Args:
            user: The path and name of a user, such as ``people/ci``; without it, none is made.
            role: The same of a role.
            group: The same of a group.
        """
        iam.make_principals(self.account, user, role, group)

    def keep_policy(self, user: str, name: str, document: str) -> None:
        """Give a user an inline policy of years ago, which IAM would not take today."""
        iam.keep_policy(self.account, user, name, document)

    @property
    def region_status(self) -> str:
        """Whether the account has enabled the region: ``ENABLED`` or ``ENABLED_BY_DEFAULT``, until it is set."""
        return accounts.backend(self.account, self.region).status(self.region)

    @region_status.setter
    def region_status(self, status: str) -> None:
        accounts.backend(self.account, self.region).statuses[self.region] = status

    @property
    def role_seconds(self) -> int | None:
        """How long the credentials of the roles of the account last; ``None``: as long as the caller asks for."""
        return sts.backend(self.account, self.region).seconds

    @role_seconds.setter
    def role_seconds(self, seconds: int | None) -> None:
        sts.backend(self.account, self.region).seconds = seconds

    @property
    def organization(self) -> Organization:
        """The organization whose management account this is."""
        return Organization(self.account)

    def policies(self) -> dict[str, Any]:
        """The inline and managed policies of all users, roles and groups."""
        return iam.picture(self.account)

    def seed(self, repositories: int | Iterable[str], prefix: str = "seed/r") -> list[str]:
        """Make many default repositories at once, in no time, and return their names.

        Args:
            repositories: Their names, or how many.
            prefix: What the names begin with if only a number is given.
        """
        if isinstance(repositories, int):
            repositories = (f"{prefix}{number:06}" for number in range(repositories))
        names = list(repositories)
        with self._ecr.lock:
            self._ecr.seed(names)
        return names

    def seed_images(self, repository: str, images_: Iterable[dict[str, Any]]) -> None:
        """Push images at any time in the past, in any state; ``Cloud.seed_images`` is the easier way.

        Args:
            repository: The repository, which is there.
            images_: Each as DescribeImages is to describe it, with a ``manifest`` if that is to be read.
        """
        with self._ecr.lock:
            for image in images_:
                images.seed(self._ecr.repositories[repository], image)

    def keep_lifecycle_policy(self, repository: str, document: Any) -> None:
        """Give a repository a lifecycle policy of years ago, or of years to come, which ECR would not take today."""
        self.keep(repository, lifecycle=document)

    def keep_repository_policy(self, repository: str, document: Any) -> None:
        """Give a repository a policy of years ago, or of years to come, which ECR would not take today."""
        self.keep(repository, policy=document)

    def keep(
        self,
        repository: str,
        *,
        lifecycle: Any = None,
        policy: Any = None,
        mode: str = "",
        filters: Iterable[str] | None = None,
        tags: Mapping[str, str] | None = None,
        key: str = "",
    ) -> None:
        """Give a repository what ECR would not take today. What is left out stays as it is.

        Args:
            repository: The repository, which is there.
            lifecycle: The document of its lifecycle policy.
            policy: The document of its repository policy.
            mode: Its tag mutability.
            filters: The exclusion filters of that.
            tags: Tags to add.
            key: The KMS key that encrypts it.
        """
        with self._ecr.lock:
            kept: Any = self._ecr.repositories[repository]
            if lifecycle is not None:
                kept.lifecycle_policy = json.dumps(lifecycle)
            if policy is not None:
                kept.policy, kept.named = json.dumps(policy), {}
            if mode:
                kept.image_tag_mutability = mode
                listed = [{"filterType": "WILDCARD", "filter": entry} for entry in filters or ()]
                kept.image_tag_mutability_exclusion_filters = listed or None
            if key:
                kept.encryption_configuration = {"encryptionType": "KMS", "kmsKey": key}
            if tags:
                self._ecr.tagger.tag_resource(kept.arn, [{"Key": key, "Value": tags[key]} for key in tags])

    @property
    def previews(self) -> Previews:
        """How previews of lifecycle policies go."""
        return self._ecr.previews

    @property
    def storage(self) -> Storage:
        """How long an image takes to come back from the archive."""
        return self._ecr.storage

    @property
    def downloads(self) -> Downloads:
        """The URLs of layers, and when they expire."""
        return self._ecr.downloads

    @property
    def tokens_are_old(self) -> bool:
        """Whether the tokens that were given for ``/v2`` have expired, as they do after twelve hours."""
        return self._ecr.tokens_are_old

    @tokens_are_old.setter
    def tokens_are_old(self, are: bool) -> None:
        self._ecr.tokens_are_old = are

    @property
    def refuses_referrers_of_indexes(self) -> bool:
        """Whether artifacts that refer to an index are refused, as it was seen of ECR."""
        return self._ecr.refuses_referrers_of_indexes

    @refuses_referrers_of_indexes.setter
    def refuses_referrers_of_indexes(self, refuses: bool) -> None:
        self._ecr.refuses_referrers_of_indexes = refuses

    @property
    def uploads(self) -> Uploads:
        """The sizes of the parts in which layers are sent."""
        return self._ecr.uploads

    @property
    def scans(self) -> Scans:
        """What scans of images find, and how they go."""
        return self._ecr.scans

    @property
    def pushing(self) -> Pushing:
        """Pushes images without a call; ``Cloud.push_image`` is the easier way."""
        return Pushing(self._ecr)

    @property
    def caches(self) -> Caches:
        """What becomes of pull-through cache rules, and of repositories that ECR makes by itself."""
        return Caches(self._ecr)

    @property
    def public(self) -> EcrPublicBackend:
        """The public registry of the account."""
        return public_backend(self.account)

    def set_system_tag(self, repository: str, key: str, value: str) -> None:
        """Put a tag on a repository that no caller may, such as `aws:cloudformation:stack-name`."""
        with self._ecr.lock:
            arn = self._ecr.repositories[repository].arn
            self._ecr.tagger.tag_resource(arn, [{"Key": key, "Value": value}])

    def add_unknown_member(self, operation: str, path: str, value: Any) -> None:
        """Let the answers of an operation have a member that botocore does not know, as a newer ECR has one.

        It is lost with the setting that it is a part of: when that is put anew.

        Args:
            operation: The operation.
            path: Where it is in the answer.
            value: What it holds.

        Example:
            >>> emulator.add_unknown_member("DescribeRegistry", "replicationConfiguration.rules.0.new", {"a": 1})
        """
        with self._ecr.lock:
            self._ecr.unknown_members.add(operation, path, value)

    def unknown_members(self, operation: str) -> dict[str, Any]:
        """What was added to the answers of an operation, and is not lost, by path."""
        return self._ecr.unknown_members.of(operation)

    def picture(self) -> dict[str, dict[str, Any]]:
        """The settings, tags and policies of all repositories."""
        with self._ecr.lock:
            return picture(self._ecr)

    def exists(self, repository: str) -> bool:
        """Whether there is such a repository, seen or not."""
        with self._ecr.lock:
            return repository in self._ecr.repositories and not self._ecr.visibility.is_going(repository)

    @property
    def _ecr(self) -> EcrBackend:
        return backend(self.account, self.region)
