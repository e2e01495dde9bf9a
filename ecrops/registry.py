"""The front door: the private registry of one account in one region."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any

from ecrops import aspects
from ecrops.aws import RetryPolicy
from ecrops.base.problems import suggesting
from ecrops.engine.apply import OnChange
from ecrops.engine.aspect import Want
from ecrops.engine.plan import Plan
from ecrops.engine.planning import NONE, Goal
from ecrops.events import verbs as events
from ecrops.lifecycle import aspect as lifecycle
from ecrops.lifecycle import verbs as lifecycle_verbs
from ecrops.repositories import settings
from ecrops.repositories.checks import check_name
from ecrops.repository import Repository
from ecrops.spec import RepositorySpec

if TYPE_CHECKING:
    import boto3

    from ecrops.lifecycle.guard import Guard, RegistryGuard
    from ecrops.login import tokens


_SESSION = "give it a session: Registry(boto3.Session(region_name=..., profile_name=...))"


@suggesting(dict.fromkeys(("region", "region_name", "profile", "profile_name"), _SESSION))
class Registry(lifecycle_verbs.RegistryVerbs, events.RegistryVerbs):
    """The private registry of one account in one region. Making one calls nothing.

    The verbs ``on_…`` make rules of EventBridge: ``help(ecrops.events.RuleOptions)`` lists what all of them take, and
    without a name the rule's is made up from the kind of event, the repositories and the filters.

    Args:
        session: Credentials and region; the default session of boto3 without one, that of
            ``boto3.setup_default_session`` if there is one.
        workers: How many calls may be in flight.
        retry: How long ecrops tries.
        dry_run: Every verb returns its plan, and changes nothing.
        guard: What lifecycle policies may take away, where neither a spec nor a verb says otherwise.

    Raises:
        SpecError: ``workers`` is not a whole number of at least 1, or ``guard`` no guard.

    Example:
        >>> registry = Registry(dry_run=True)
        >>> plan = registry.ensure(RepositorySpec("team/api", image_scan_on_push=True))  # doctest: +SKIP
    """

    def __init__(
        self,
        session: boto3.Session | None = None,
        *,
        workers: int = 16,
        retry: RetryPolicy | None = None,
        dry_run: bool = False,
        guard: Guard | RegistryGuard | None = None,
    ) -> None:
        super().__init__(session, workers=workers, retry=retry, dry_run=dry_run)
        if guard is not None:
            from ecrops.lifecycle.guard import Guard, RegistryGuard, check

            check(guard, Guard | RegistryGuard, "guard: expected a Guard or a RegistryGuard")
        self.guard = guard

    def plan_wants(self, wants: Iterable[Want], known: Mapping[Goal, Any] = NONE) -> Plan:
        """What is missing for the wants to be true, with the registry's guard where they have none."""
        return super().plan_wants((lifecycle.guarded(want, self.guard) for want in wants), known)

    def repository(self, name_or_arn: str) -> Repository:
        """A handle on a repository, which may or may not exist. Calls nothing.

        Raises:
            SpecError: It is not a name or an ARN of a repository, or the ARN is of another region.
        """
        return Repository(self, name_or_arn)

    def plan(self, *specs: RepositorySpec) -> Plan:
        """What is missing for the specs to be true. Reads only.

        Raises:
            SpecError: Two specs have one name.
        """
        return self.plan_wants(*aspects.wants(self.aws, specs))

    def ensure(self, *specs: RepositorySpec, on_change: OnChange | None = None) -> Plan:
        """Make the specs true: ``plan`` and ``apply``.

        Returns:
            The changes that were made; false if there was nothing to do.
        """
        wanted, known = aspects.wants(self.aws, specs)
        return self.make(*wanted, known=known, on_change=on_change)

    def describe(self, *names: str) -> list[RepositorySpec]:
        """What is there, as specs that ``ensure`` would find nothing to do for.

        Args:
            names: Of repositories; all repositories of the registry without one.

        Raises:
            ClientError: botocore's ``RepositoryNotFoundException``: one is not there.
        """
        return aspects.describe(self.aws, [check_name(name) for name in names])

    def remove(self, *names: str, empty_on_delete: bool = False) -> Plan:
        """Delete repositories, and wait until they are gone. One that is not there is no error.

        Args:
            names: Of repositories.
            empty_on_delete: Delete those that hold images with their images.

        Raises:
            ClientError: botocore's ``RepositoryNotEmptyException``: one holds images.
        """
        gone = settings.absent(empty_on_delete)
        return self.make(*(Want(settings, name, gone) for name in dict.fromkeys(map(check_name, names))))

    @property
    def authorization_token(self) -> tokens.AuthorizationToken:
        """The token to log in to the registry with."""
        from ecrops.login import tokens

        return tokens.AuthorizationToken(self)

    @property
    def public_gallery_authorization_token(self) -> tokens.PublicGalleryAuthorizationToken:
        """The token to log in to the public gallery with."""
        from ecrops.login import tokens

        return tokens.PublicGalleryAuthorizationToken(self)

    def docker_login(self, config: str | PathLike[str] | None = None) -> tokens.Token:
        """Log in to the registry: with the Docker CLI, or into the file that docker, podman and skopeo read.

        Args:
            config: The file, such as ``~/.docker/config.json``; only its owner may read it. Without one the Docker
                CLI is run, and given the password through its standard input.

        Returns:
            The token. In a dry run nobody is logged in with it.

        Raises:
            SpecError: ``config`` is no path of a file.
            EcropsError: There is no Docker CLI, or it failed; or the file is broken or cannot be written, or it names
                a credential store or helper for this registry, so that nobody would read the token in it. Nothing was
                written.
        """
        from ecrops.login.docker import docker_login

        get = self.authorization_token.get
        return get() if self.dry_run else docker_login(get, config)
