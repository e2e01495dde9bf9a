"""The front door: the private registry of one account in one region.

Users start here. A registry makes handles, plans and applies specs, and describes what exists. The verbs about
lifecycle policies and events over many repositories are in the ``verbs.py`` of ``lifecycle`` and ``events``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING

from ecrops.access import registry_verbs as access
from ecrops.aws import RetryPolicy
from ecrops.base.problems import suggesting
from ecrops.engine.aspect import Want
from ecrops.engine.plan import Plan
from ecrops.errors import SpecError
from ecrops.events import verbs as events
from ecrops.inventory import verbs as inventory
from ecrops.lifecycle import verbs as lifecycle
from ecrops.registry_settings import verbs as settings_verbs
from ecrops.report import verbs as report_verbs
from ecrops.repositories.checks import check_existing_name, check_one_by_one
from ecrops.repository import Repository
from ecrops.spec import RepositorySpec
from ecrops.unmanaged import verbs as unmanaged

if TYPE_CHECKING:
    import boto3

    from ecrops.base.waits import OnWait
    from ecrops.engine.telling import OnChange
    from ecrops.lifecycle.guard import Guard, RegistryGuard
    from ecrops.login.tokens import AuthorizationToken, PublicGalleryAuthorizationToken, Token
    from ecrops.registry_settings.spec import RegistrySpec
    from ecrops.repositories.prefixes import Prefix


_SESSION = "give it a session: Registry(boto3.Session(region_name=..., profile_name=...))"


@suggesting(dict.fromkeys(("region", "region_name", "profile", "profile_name"), _SESSION))
class Registry(
    lifecycle.RegistryVerbs,
    events.RegistryVerbs,
    settings_verbs.RegistryVerbs,
    inventory.RegistryVerbs,
    report_verbs.RegistryVerbs,
    access.RegistryVerbs,
    unmanaged.RegistryVerbs,
):
    """The private registry of one account in one region. Making one calls nothing.

    The verbs ``on_…`` make EventBridge rules. ``help(ecrops.events.RuleOptions)`` lists their options. A rule without
    a name is named after the kind of event, the repositories and the filters.

    Args:
        session: Credentials and region. Without one, the default session of boto3: the one that
            ``boto3.setup_default_session`` made, if there is one.
        workers: How many calls may be in flight. While AWS throttles, ecrops begins no more of them a second than AWS
            takes.
        retry: How long ecrops tries.
        dry_run: Whether every verb returns its plan, and changes nothing.
        guard: What lifecycle policies may take away, where neither a spec nor a verb has a guard of its own.
        quotas: The quotas that AWS has raised for the account: ``rules`` on an event bus, and ``pattern_characters`` of
            an event pattern. A plan that exceeds a quota has a note with the number, and AWS decides.
        dual_stack: Whether ``uri`` and logins use the hosts with addresses of IPv6 too. By default as the configuration
            of the session says for the API, ``use_dualstack_endpoint``.
        fips: Whether they use the hosts of FIPS 140, which some regions of the USA have. By default as the
            configuration of the session says for the API, ``use_fips_endpoint``.
        on_wait: Called with a ``Wait`` before ecrops waits in a verb, on the thread that called the verb. A verb that
            has an ``on_wait`` of its own calls that one.

    Raises:
        SpecError: ``workers`` is no whole number of at least 1, ``guard`` is no guard, or ``quotas`` are no quotas.

    Example:
        >>> registry = Registry(dry_run=True)
        >>> plan = registry.ensure(RepositorySpec("team/api", image_scan_on_push=True))  # doctest: +SKIP
    """

    def __init__(
        self,
        session: boto3.Session | None = None,
        *,
        workers: int = 20,
        retry: RetryPolicy | None = None,
        dry_run: bool = False,
        guard: Guard | RegistryGuard | None = None,
        quotas: Mapping[str, int] | None = None,
        dual_stack: bool | None = None,
        fips: bool | None = None,
        on_wait: OnWait | None = None,
    ) -> None:
        if isinstance(session, str):
            name = "region_name" if re.fullmatch(r"[a-z]+(-[a-z]+)+-\d+", session) else "profile_name"
            raise SpecError(f"session: expected a boto3.Session, got a string: write boto3.Session({name}={session!r})")
        super().__init__(
            session,
            workers=workers,
            retry=retry,
            dry_run=dry_run,
            quotas=quotas,
            dual_stack=dual_stack,
            fips=fips,
            on_wait=on_wait,
        )
        if guard is not None:
            from ecrops.lifecycle.guard import Guard, RegistryGuard, check

            check(guard, Guard | RegistryGuard, "guard: expected a Guard or a RegistryGuard")
        self.guard = guard

    def as_planned(self, wants: Iterable[Want]) -> list[Want]:
        """Return wants as this registry plans them: edits without a guard get the guard of the registry."""
        if self.guard is None:
            return list(wants)
        from ecrops.lifecycle.aspect import guarded

        return [guarded(want, self.guard) for want in wants]

    def repository(self, name_or_arn: str) -> Repository:
        """Return a handle of a repository, whether it exists or not. Calls nothing.

        Args:
            name_or_arn: The name of the repository, or its ARN. A repository of another account or region has names and
                URIs. Users, roles and groups here can be granted access to it in IAM. Every other call is refused.

        Raises:
            SpecError: It is no name or ARN of a repository.
        """
        return Repository(self, name_or_arn)

    def plan(
        self,
        *specs: RepositorySpec | RegistrySpec,
        remove_unmanaged: Prefix | None = None,
        force: bool = False,
        empty_on_delete: bool = False,
        on_wait: OnWait | None = None,
    ) -> Plan:
        """Return what is missing for the specs to be true. Reads only.

        Args:
            specs: Repositories, and the settings of the registry, as they should be, one argument each.
            remove_unmanaged: As in ``ensure``. To delete more than half of what is there is a conflict in the plan.
            force: As in ``ensure``.
            empty_on_delete: As in ``ensure``.
            on_wait: Called on this thread with a ``Wait`` before ecrops waits.

        Raises:
            SpecError: Two specs have one name.
        """
        with self.telling(on_wait=on_wait) as registry:
            return registry.plan_wants(*registry._wanted(specs, remove_unmanaged, force, empty_on_delete))

    def ensure(
        self,
        *specs: RepositorySpec | RegistrySpec,
        remove_unmanaged: Prefix | None = None,
        force: bool = False,
        empty_on_delete: bool = False,
        on_change: OnChange | None = None,
        on_wait: OnWait | None = None,
        progress: bool = False,
    ) -> Plan:
        """Make the specs true: ``plan`` and ``apply``.

        Args:
            specs: Repositories, and the settings of the registry, as they should be, one argument each. Settings come
                first.
            remove_unmanaged: Delete what is there with these names and in no spec, such as ``prefix("team/")``: see
                ``unmanaged``. A repository that holds images stays.
            force: Whether more than half of what is there may be deleted.
            empty_on_delete: Whether repositories in no spec are deleted with the images in them.
            on_change: Called on this thread with every change that was made.
            on_wait: Called on this thread with a ``Wait`` before ecrops waits.
            progress: Whether to draw how far it is, on the standard error.

        Returns:
            The changes that were made; false if there was nothing to do.

        Raises:
            ConflictError: Something differs that cannot be changed, or more than half of what is there would be
                deleted; nothing was changed.
            ApplyError: Some of several repositories failed; its ``applied`` lists what was done.
            ClientError: botocore's own error, if the specs are about one repository.
        """
        with self.telling(on_change, on_wait, progress) as registry:
            wants, known = registry._wanted(specs, remove_unmanaged, force, empty_on_delete)
            return registry.make(*wants, known=known)

    def describe(self, *names: str) -> list[RepositorySpec]:
        """Return repositories as specs for which ``ensure`` has nothing to do.

        What AWS has accepted can be described, also if ecrops would not write it: ``verbatim`` of the spec names it.

        Args:
            names: The names of repositories; all repositories of the registry without one. Then a part of one that
                cannot be read stops no other, and ``unread`` of its spec says what is missing.

        Raises:
            ClientError: botocore's ``RepositoryNotFoundException``: one does not exist. Or a part cannot be read of one
                that is named, or of any repository.
        """
        from ecrops.describing import describe

        check_one_by_one(names, "describe(*names)")
        return describe(self.aws, [check_existing_name(name) for name in names])

    @property
    def authorization_token(self) -> AuthorizationToken:
        """The token to log in to the registry with."""
        from ecrops.login.tokens import AuthorizationToken

        return AuthorizationToken(self)

    @property
    def public_gallery_authorization_token(self) -> PublicGalleryAuthorizationToken:
        """The token to log in to the public gallery with."""
        from ecrops.login.tokens import PublicGalleryAuthorizationToken

        return PublicGalleryAuthorizationToken(self)

    def docker_login(
        self, config: str | PathLike[str] | None = None, *, hosts: Sequence[str] = (), public: bool = False
    ) -> Token:
        """Log in to the registry: with the Docker CLI, or into the file that docker, podman and skopeo read.

        Args:
            config: The file, such as ``~/.docker/config.json``; only its owner may read it. Without one, the Docker
                CLI is run, and gets the password through its standard input.
            hosts: Further hosts in this region that the token is for: registries of other accounts, by host or by the
                12 digits of the account, and the dual-stack and FIPS hosts. The Docker CLI is run for each.
            public: Whether to log in to the public gallery, public.ecr.aws, in place of the registry.

        Returns:
            The token. A dry run gets one too, and logs nobody in.

        Raises:
            SpecError: ``config`` is no path of a regular file, or a host is none of this region.
            EcropsError: There is no Docker CLI, or it failed; or the file is broken or cannot be written, or it names
                a credential store or helper for this registry, or holds a token for a part of it, or the variable
                ``DOCKER_AUTH_CONFIG`` holds another token, so that nobody would read the token in the file. Nothing
                was written.
            DeadlineError: The time given with ``within`` was over before the Docker CLI had ended.
        """
        from ecrops.login.docker import docker_login
        from ecrops.login.hosts import PUBLIC

        get, checked = self._login(hosts, public)
        own = (lambda: PUBLIC) if public else (lambda: self.uri)
        return (
            get()
            if self.dry_run
            else docker_login(get, config, lambda: self.aws.remaining, checked, own, self.aws.tell)
        )

    def docker_config(self, *, hosts: Sequence[str] = (), public: bool = False) -> str:
        """Return the text of a configuration file with a token, such as the ``.dockerconfigjson`` of Kubernetes.

        The text holds the secret. Like the token, it is of use for twelve hours.

        Args:
            hosts: As in ``docker_login``.
            public: As in ``docker_login``.

        Raises:
            SpecError: A host is none of this region.
        """
        from ecrops.login.docker import config_of

        get, checked = self._login(hosts, public)
        return config_of(get(), checked)

    def _login(self, hosts: Sequence[str], public: bool) -> tuple[Callable[[], Token], tuple[str, ...]]:
        """Return what gets a token, and the further hosts that it is for."""
        from ecrops.login.hosts import check_hosts

        if not isinstance(public, bool):
            raise SpecError(f"public: expected True or False, got {public!r}")
        if public and hosts:
            raise SpecError("hosts: the token of the public gallery is for public.ecr.aws alone: leave hosts= out")
        checked = check_hosts(self, hosts) if hosts else ()
        token = self.public_gallery_authorization_token if public else self.authorization_token
        return token.get, checked
