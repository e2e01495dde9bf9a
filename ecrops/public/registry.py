"""The front door to the public registry of an account, with those verbs of ``Registry`` that apply to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any, Never

from ecrops.aws import RetryPolicy, is_region
from ecrops.aws.arn import partition_of
from ecrops.base.problems import suggesting
from ecrops.engine.account import Account
from ecrops.engine.aspect import Want
from ecrops.engine.plan import Plan
from ecrops.errors import EcropsError, SpecError
from ecrops.public import existence, wants
from ecrops.public.repository import PublicRepository
from ecrops.public.spec import PublicRepositorySpec
from ecrops.public.values import REGION, RegistryAlias, check_public_name
from ecrops.repositories.advice import DELETION, refuse_options
from ecrops.repositories.checks import check_one_by_one
from ecrops.repositories.states import absent
from ecrops.repositories.values import PUBLIC

if TYPE_CHECKING:
    import boto3

    from ecrops.base.waits import OnWait
    from ecrops.engine.telling import OnChange
    from ecrops.login.tokens import PublicGalleryAuthorizationToken, Token

_REGION = f"the public registry has one region, {REGION}, whatever the session's is"
_SESSION = "give it a session: PublicRegistry(boto3.Session(profile_name=...))"


@suggesting({"region": _REGION, "region_name": _REGION, "profile": _SESSION, "profile_name": _SESSION})
class PublicRegistry(Account):
    """The public registry of one account: its repositories in the Amazon ECR Public Gallery. Making one calls nothing.

    The calls are made in us-east-1, whatever the region of the session is. A session needs no region.

    Args:
        session: Credentials. Without one, the default session of boto3: the one that ``boto3.setup_default_session``
            made, if there is one.
        workers: How many calls may be in flight.
        retry: How long ecrops tries.
        dry_run: Whether every verb returns its plan, and changes nothing.
        on_wait: Called with a ``Wait`` before ecrops waits in a verb, on the thread that called the verb. A verb that
            has an ``on_wait`` of its own calls that one.

    Raises:
        SpecError: ``workers`` is no whole number of at least 1, or the session is for a partition without a gallery.

    Example:
        >>> registry = PublicRegistry(dry_run=True)
        >>> plan = registry.ensure(PublicRepositorySpec("tools"))  # doctest: +SKIP
    """

    def __init__(
        self,
        session: boto3.Session | None = None,
        *,
        workers: int = 20,
        retry: RetryPolicy | None = None,
        dry_run: bool = False,
        on_wait: OnWait | None = None,
    ) -> None:
        super().__init__(session, workers=workers, retry=retry, dry_run=dry_run, on_wait=on_wait)
        region = self.aws.session.region_name
        if region and is_region(region) and partition_of(region).name != "aws":
            raise SpecError(
                f"session: the public gallery is in the partition aws, and {region} in {partition_of(region).name}: "
                "give a session with credentials for aws"
            )
        self.aws = self.aws.in_region(REGION)

    def __repr__(self) -> str:
        return f"PublicRegistry(dry_run={self.dry_run})"

    def _shown(self) -> Mapping[str, Any]:
        return {**super()._shown(), "region": REGION}

    # Names

    @property
    def aliases(self) -> list[RegistryAlias]:
        """The aliases of the registry; none before its first repository was made. Calls ``DescribeRegistries``."""
        return [
            RegistryAlias(
                alias["name"],
                alias["status"],
                alias.get("primaryRegistryAlias", False),
                alias.get("defaultRegistryAlias", False),
            )
            for alias in self._described().get("aliases", ())
        ]

    @property
    def alias(self) -> str:
        """The alias that URIs are shown with: the primary one.

        Raises:
            EcropsError: The registry has none: AWS gives it one when its first repository is made.
        """
        return self.uri.partition("/")[2]

    @property
    def uri(self) -> str:
        """The address of the registry, such as ``public.ecr.aws/a1b2c3d4``. Calls ``DescribeRegistries``.

        Raises:
            EcropsError: The registry has none: AWS gives it one when its first repository is made.
        """
        uri: str = self._described().get("registryUri", "")
        if "/" not in uri:
            raise EcropsError(
                "the public registry has no alias yet, and so no URI: AWS gives it one when its first repository is "
                "made"
            )
        return uri

    def _described(self) -> dict[str, Any]:
        pages = self.aws.pages(PUBLIC, "DescribeRegistries", "registries")
        return next((registry for page in pages for registry in page), {})

    def host(
        self,
        account: str | None = None,
        region: str | None = None,
        *,
        dual_stack: bool | None = None,
        fips: bool | None = None,
    ) -> str:
        """Return the host of all public registries: ``public.ecr.aws``.

        Raises:
            SpecError: An argument is given: there is one host.
        """
        from ecrops.login.hosts import PUBLIC as HOST

        if any(value is not None for value in (account, region, dual_stack, fips)):
            raise SpecError(f"all public registries have one host, {HOST}: leave the arguments out")
        return HOST

    # Repositories

    def repository(self, name: str) -> PublicRepository:
        """Return a handle of a public repository, whether it exists or not. Calls nothing.

        Raises:
            SpecError: It is no name of a public repository.
        """
        return PublicRepository(self, name)

    def plan(self, *specs: PublicRepositorySpec, on_wait: OnWait | None = None) -> Plan:
        """Return what is missing for the specs to be true. Reads only.

        Args:
            specs: Public repositories as they should be, one argument each.
            on_wait: Called on this thread with a ``Wait`` before ecrops waits.

        Raises:
            SpecError: Two specs have one name.
        """
        with self.telling(on_wait=on_wait) as registry:
            return registry.plan_wants(list(wants.of_specs(specs)))

    def ensure(
        self,
        *specs: PublicRepositorySpec,
        on_change: OnChange | None = None,
        on_wait: OnWait | None = None,
        progress: bool = False,
    ) -> Plan:
        """Make the specs true: ``plan`` and ``apply``.

        Args:
            specs: Public repositories as they should be, one argument each.
            on_change: Called on this thread with every change that was made.
            on_wait: Called on this thread with a ``Wait`` before ecrops waits.
            progress: Whether to draw how far it is, on the standard error.

        Returns:
            The changes that were made; false if there was nothing to do.

        Raises:
            ConflictError: Something differs that cannot be changed; nothing was changed.
            ApplyError: Some of several repositories failed; its ``applied`` lists what was done.
            ClientError: botocore's own error, if the specs are about one repository.
        """
        with self.telling(on_change, on_wait, progress) as registry:
            return registry.make(*wants.of_specs(specs))

    def describe(self, *names: str) -> list[PublicRepositorySpec]:
        """Return public repositories as specs for which ``ensure`` has nothing to do.

        A logo is not described: it cannot be read.

        Args:
            names: The names of repositories; all repositories of the registry without one. Then a part of one that
                cannot be read stops no other, and ``unread`` of its spec says what is missing.

        Raises:
            ClientError: botocore's ``RepositoryNotFoundException``: one does not exist. Or a part cannot be read of one
                that is named, or of any repository.
        """
        check_one_by_one(names, "describe(*names)")
        return wants.describe(self.aws, [check_public_name(name) for name in names])

    def remove(self, *names: str, empty_on_delete: bool = False, **misspelt: Never) -> Plan:
        """Delete public repositories, and wait until they are gone. One that does not exist is no error.

        Args:
            names: The names of repositories.
            empty_on_delete: Whether to delete those that hold images with their images.
            misspelt: No other keyword is accepted. The error says which one was probably meant.

        Raises:
            SpecError: A name is none of a public repository, or there is no such option.
            ClientError: botocore's ``RepositoryNotEmptyException``: one holds images.
        """
        refuse_options(misspelt, ["empty_on_delete"], DELETION)
        check_one_by_one(names, "remove(*names)")
        edit = absent(empty_on_delete)
        return self.make(*(Want(existence, name, edit) for name in dict.fromkeys(map(check_public_name, names))))

    # Login

    @property
    def authorization_token(self) -> PublicGalleryAuthorizationToken:
        """The token to log in with: to push, and to pull at a higher rate."""
        from ecrops.login.tokens import PublicGalleryAuthorizationToken

        return PublicGalleryAuthorizationToken(self)

    def docker_login(self, config: str | PathLike[str] | None = None) -> Token:
        """Log in to public.ecr.aws: with the Docker CLI, or into the file that docker, podman and skopeo read.

        Args:
            config: As in ``Registry.docker_login``.

        Returns:
            The token. A dry run gets one too, and logs nobody in.

        Raises:
            SpecError: ``config`` is no path of a regular file.
            EcropsError: As in ``Registry.docker_login``.
            DeadlineError: The time given with ``within`` was over before the Docker CLI had ended.
        """
        from ecrops.login.docker import docker_login

        get: Callable[[], Token] = self.authorization_token.get
        if self.dry_run:
            return get()
        return docker_login(get, config, lambda: self.aws.remaining, (), self.host, self.aws.tell)

    def docker_config(self) -> str:
        """Return the text of a configuration file with a token, such as the ``.dockerconfigjson`` of Kubernetes.

        The text holds the secret. Like the token, it is of use for twelve hours.
        """
        from ecrops.login.docker import config_of

        return config_of(self.authorization_token.get())
