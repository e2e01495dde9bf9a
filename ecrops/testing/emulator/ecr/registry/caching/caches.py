"""What a test may do behind the back of a registry's settings."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Literal

from moto.core.exceptions import ServiceException

from . import made_by_ecr

if TYPE_CHECKING:
    from ...backend import EcrBackend


class Caches:
    """Steers what the emulated ECR of one account and region does with upstreams, and makes by itself.

    Example:
        >>> caches = Caches(registry)
        >>> caches.take_down("registry-1.docker.io")  # a validation of its rules fails
        >>> caches.pulled_through("docker-hub/library/nginx")
        False
    """

    def __init__(self, registry: EcrBackend) -> None:
        self._registry = registry

    def take_down(self, upstream: str) -> None:
        """Let an upstream, given by its host, not answer."""
        self._registry.pull_through_cache.down.add(upstream)

    def refuse_credentials(self, upstream: str) -> None:
        """Let an upstream, given by its host, refuse whatever credentials it is shown."""
        self._registry.pull_through_cache.refusing.add(upstream)

    def mend(self, upstream: str) -> None:
        """Let an upstream answer, and accept credentials."""
        self._registry.pull_through_cache.down.discard(upstream)
        self._registry.pull_through_cache.refusing.discard(upstream)

    @property
    def secrets_unseen(self) -> int:
        """How many rules that name a secret ECR refuses yet, because it has not heard of the secret."""
        return self._registry.pull_through_cache.secrets_unseen

    @secrets_unseen.setter
    def secrets_unseen(self, rules: int) -> None:
        self._registry.pull_through_cache.secrets_unseen = rules

    def read_templates(self, *, missing_is_error: bool = False, update_replaces: bool = False) -> None:
        """Choose another reading of what is nowhere said of templates.

        `missing_is_error`: describing a prefix without a template is TemplateNotFoundException, not nothing.
        `update_replaces`: an update forgets all that it does not give, not only the mutability.
        """
        templates = self._registry.creation_templates
        templates.missing_is_error, templates.update_replaces = missing_is_error, update_replaces

    def pulled_through(self, repository: str) -> bool:
        """Let somebody pull from a repository of a cache; whether the pull finds it, or ECR makes it."""
        with self._registry.lock:
            finds = repository in self._registry.repositories or self._registry.pull_through_cache.lets_in(repository)
            return finds and self._make(repository, "PULL_THROUGH_CACHE")

    def replicated(self, repository: str) -> bool:
        """Let a replica of a repository arrive from another registry; whether it finds one, or ECR makes it."""
        with self._registry.lock:
            return self._make(repository, "REPLICATION")

    def picture(self) -> dict[str, dict[str, Any]]:
        """All rules and templates as they are in memory, by prefix: without a call."""
        with self._registry.lock:
            rules, templates = self._registry.pull_through_cache.rules, self._registry.creation_templates.templates
            return copy.deepcopy({"rules": rules, "templates": templates})

    def _make(self, repository: str, scenario: Literal["PULL_THROUGH_CACHE", "REPLICATION"]) -> bool:
        try:
            return made_by_ecr.make(self._registry, repository, scenario)
        except ServiceException:
            return False
