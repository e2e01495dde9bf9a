"""The front door: one account in one region."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from os import PathLike
from typing import TYPE_CHECKING, Any

from ecrops import ecr, engine, settings, tags
from ecrops.access import resource_policy, routing, tokens
from ecrops.apply import OnChange, apply
from ecrops.aws import Aws, RetryPolicy
from ecrops.engine import Want
from ecrops.errors import SpecError
from ecrops.lifecycle import aspect as lifecycle
from ecrops.plan import Plan
from ecrops.repository import Repository
from ecrops.spec import RepositorySpec, check_name

if TYPE_CHECKING:
    import boto3

ASPECTS = (settings, tags, lifecycle, resource_policy)


class Registry:
    """The private registry of one account in one region. Making one calls nothing.

    Args:
        session: Credentials and region; the default session of boto3 without one.
        workers: How many calls may be in flight.
        retry: How long ecrops tries.
        dry_run: Every verb returns its plan, and changes nothing.

    Raises:
        SpecError: ``workers`` is not a whole number of at least 1.

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
    ) -> None:
        if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
            raise SpecError(f"workers: expected a whole number of at least 1, got {workers!r}")
        self.dry_run = dry_run
        self._aws = Aws(session, workers, retry or RetryPolicy())

    def __repr__(self) -> str:
        return f"Registry(region={self._aws.session.region_name!r}, dry_run={self.dry_run})"

    @property
    def region(self) -> str:
        """The region, such as ``eu-west-1``."""
        return self._aws.region

    @property
    def partition(self) -> str:
        """The partition of the region, such as ``aws`` or ``aws-cn``."""
        return self._aws.partition.name

    @property
    def account_id(self) -> str:
        """The account: from whichever answer named it first, else from STS, which needs no permission."""
        return self._aws.account_id

    @property
    def uri(self) -> str:
        """The host that images are pushed to and pulled from."""
        return f"{self.account_id}.dkr.ecr.{self.region}.{self._aws.partition.dns_suffix}"

    def within(self, seconds: float) -> Registry:
        """The same registry with a deadline: what is not done ``seconds`` from now is not begun.

        In a Lambda function: ``registry.within(context.get_remaining_time_in_millis() / 1000 - 5).ensure(*fleet)``.
        Leave some seconds for the call that is in flight then; its connection gives up after 30.

        Args:
            seconds: From now.

        Returns:
            A registry whose verbs raise ``DeadlineError`` when the time is over.
        """
        other = copy.copy(self)
        other._aws = self._aws.within(seconds)
        return other

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
        return self._plan(wants(self._aws, specs))

    def apply(self, plan: Plan, on_change: OnChange | None = None) -> Plan:
        """Make the changes of a plan.

        Args:
            plan: As ``plan`` returned it.
            on_change: Called on this thread with every change that was made.

        Returns:
            The changes that were made.

        Raises:
            ConflictError: The plan has conflicts; nothing was changed.
            ApplyError: Some of several owners failed; its ``applied`` says what was done.
            ClientError: botocore's own error, where the plan is for one owner.
            DeadlineError: The time given with ``within`` is over.
        """
        return plan if self.dry_run else apply(self._aws, plan, on_change)

    def ensure(self, *specs: RepositorySpec, on_change: OnChange | None = None) -> Plan:
        """Make the specs true: ``plan`` and ``apply``.

        Returns:
            The changes that were made; false if there was nothing to do.
        """
        return self.apply(self.plan(*specs), on_change)

    def describe(self, *names: str) -> list[RepositorySpec]:
        """What is there, as specs that ``ensure`` would find nothing to do for.

        Args:
            names: Of repositories; all repositories of the registry without one.

        Raises:
            ClientError: botocore's ``RepositoryNotFoundException``: one is not there.
        """
        for name in names:
            check_name(name)
        known: dict[engine.Goal, Any] = {}
        if not names:
            known = {(settings, name): there for name, there in settings.every(self._aws).items()}
        keys = names or sorted(name for _, name in known)
        have = engine.read(self._aws, {(aspect, key): () for key in keys for aspect in ASPECTS}, known)
        for key in keys:
            if have[settings, key] is None:
                ecr.demand(self._aws, key)
        return [
            RepositorySpec(
                key, **{field: value for part in ASPECTS for field, value in part.to_spec(have[part, key]).items()}
            )
            for key in keys
        ]

    def remove(self, *names: str, empty_on_delete: bool = False) -> Plan:
        """Delete repositories, and wait until they are gone. One that is not there is no error.

        Args:
            names: Of repositories.
            empty_on_delete: Delete those that hold images with their images.

        Raises:
            ClientError: botocore's ``RepositoryNotEmptyException``: one holds images.
        """
        gone = settings.Absent(empty_on_delete)
        return self._make(Want(settings, check_name(name), gone) for name in dict.fromkeys(names))

    @property
    def authorization_token(self) -> tokens.AuthorizationToken:
        """The token to log in to the registry with."""
        return tokens.AuthorizationToken(self)

    @property
    def public_gallery_authorization_token(self) -> tokens.PublicGalleryAuthorizationToken:
        """The token to log in to the public gallery with."""
        return tokens.PublicGalleryAuthorizationToken(self)

    def docker_login(self, config: str | PathLike[str] | None = None) -> tokens.Token:
        """Log in to the registry: with the Docker CLI, or into the file that docker, podman and skopeo read.

        Args:
            config: The file, such as ``~/.docker/config.json``; only its owner may read it. Without one the Docker
                CLI is run, and given the password through its standard input.

        Raises:
            EcropsError: There is no Docker CLI, or it failed.
        """
        return tokens.docker_login(self.authorization_token.get(), config)

    def _plan(self, wanted: Iterable[Want]) -> Plan:
        return engine.make_plan(self._aws, list(wanted))

    def _make(self, wanted: Iterable[Want]) -> Plan:
        return self.apply(self._plan(wanted))


def wants(aws: Aws, specs: Iterable[RepositorySpec]) -> Iterable[Want]:
    """What the specs want of each aspect.

    Raises:
        SpecError: Two specs have one name, or one is no spec.
    """
    seen: set[str] = set()
    result = []
    for spec in specs:
        if not isinstance(spec, RepositorySpec):
            raise SpecError(f"expected a RepositorySpec, got {spec!r}")
        if spec.name in seen:
            raise SpecError(f"two specs have the name {spec.name!r}: merge them into one")
        seen.add(spec.name)
        edits = ((aspect, aspect.of_spec(spec)) for aspect in ASPECTS)
        result += [Want(aspect, spec.name, edit) for aspect, edit in edits if edit is not None]
        result += routing.wants_of_spec(aws, spec)
    return result
