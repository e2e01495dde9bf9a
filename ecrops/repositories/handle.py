"""What every handle of a repository has: its names, and the way from a verb to a plan.

The ``verbs.py`` of ``lifecycle``, ``access`` and ``events`` add their verbs in classes derived from ``Handle``, and
``Repository`` joins them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ecrops.aws import Arn, ClientError, code_of, is_of_partition
from ecrops.base.shown import Shown
from ecrops.engine.account import Account
from ecrops.engine.aspect import Aspect, Want
from ecrops.engine.plan import Plan
from ecrops.errors import ApplyError, SpecError
from ecrops.repositories import calls
from ecrops.repositories.checks import check_existing_name, check_name
from ecrops.repositories.values import repository_arn


class Uris(Shown):
    """The addresses of the images of a repository."""

    @property
    def uri(self) -> str:
        """The address that images are pushed to and pulled from, without a tag."""
        raise NotImplementedError

    def uri_for_tag(self, tag: str | None = None) -> str:
        """Return the URI of the image with a tag; without one, the URI of the repository."""
        return f"{self.uri}:{tag}" if tag else self.uri

    def uri_for_digest(self, digest: str | None = None) -> str:
        """Return the URI of the image with a digest; without one, the URI of the repository."""
        return f"{self.uri}@{digest}" if digest else self.uri

    def uri_for_tag_or_digest(self, tag_or_digest: str | None = None) -> str:
        """Return the URI of an image: by digest if the argument starts with ``sha256:``, else by tag."""
        by_digest = tag_or_digest is not None and tag_or_digest.startswith("sha256:")
        return self.uri_for_digest(tag_or_digest) if by_digest else self.uri_for_tag(tag_or_digest)


class Handle(Uris):
    """A repository of a registry by name, whether it exists or not.

    By its ARN it may be in another account or region. Then it has its names and URIs. Users, roles and groups of the
    registry's account can be granted access to it in IAM. Every other call is refused.
    """

    def __init__(self, registry: Account, name_or_arn: str) -> None:
        self.registry = registry
        self._elsewhere: Arn | None = None
        self.name = self._parse(name_or_arn)

    def __repr__(self) -> str:
        return f"Repository({str(self._elsewhere or self.name)!r})"

    def _shown(self) -> Mapping[str, Any]:
        if self._elsewhere:
            return {"name": self.name, "account": self._elsewhere.account, "region": self._elsewhere.region}
        return {"name": self.name, **self.registry._shown()}

    def __eq__(self, other: object) -> bool:
        """Whether another handle is of the same kind, registry, account and name."""
        return isinstance(other, Handle) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def _identity(self) -> tuple[object, ...]:
        return type(self), id(self.registry), self._elsewhere, self.name

    def _parse(self, name_or_arn: str) -> str:
        if not isinstance(name_or_arn, str) or not name_or_arn.startswith("arn:"):
            return check_name(name_or_arn)
        arn = Arn.parse(name_or_arn)
        kind, _, name = arn.resource.partition("/")
        if arn.service != "ecr" or kind != "repository" or not arn.is_of_account:
            raise SpecError(f"expected arn:PARTITION:ecr:REGION:ACCOUNT:repository/NAME, got {name_or_arn!r}")
        if not is_of_partition(arn):
            raise SpecError(f"expected the ARN of a repository, and {arn.partition} has no region {arn.region!r}")
        self._elsewhere = arn
        return check_existing_name(name)

    # Names

    @property
    def arn(self) -> str:
        """The repository's ARN."""
        if self._elsewhere:
            return str(self._elsewhere)
        return repository_arn(self.registry.partition, self.registry.region, self.registry.account_id, self.name)

    @property
    def registry_uri(self) -> str:
        """The host of the repository's registry."""
        if self._elsewhere:
            return self.registry.host(self._elsewhere.account, self._elsewhere.region)
        return self.registry.uri

    @property
    def uri(self) -> str:
        """The address that images are pushed to and pulled from, without a tag."""
        return f"{self.registry_uri}/{self.name}"

    def _make(self, aspect: Aspect, edit: Any) -> Plan:
        """Make one edit of one aspect of this repository."""
        return self._make_all(Want(aspect, self.name, edit))

    def _make_all(self, *wants: Want) -> Plan:
        """Make some wants, after a check that this repository is in the account of the registry."""
        self._check_account()
        return self.registry.make(*wants)

    def _check_account(self) -> None:
        """Refuse a call about a repository that is elsewhere: its ARN names another region or account.

        Raises:
            SpecError: It does.
        """
        arn, registry = self._elsewhere, self.registry
        if arn is None:
            return
        if (arn.partition, arn.region) != (registry.partition, registry.region):
            raise SpecError(f"{arn} is not in {registry.region}: make a Registry with a session for it")
        if arn.account != registry.account_id:
            raise SpecError(
                f"{arn} is of another account than this registry's, {registry.account_id}: "
                "make a Registry with a session for it"
            )


def revoke_both(registry: Account, of_identity: Iterable[Want], of_repository: Iterable[Want]) -> Plan:
    """Make the wants of a revoke. A repository that does not exist has no policy to remove anything from.

    Args:
        registry: The registry.
        of_identity: The wants for policies of IAM.
        of_repository: The wants for the policy of the repository.

    Raises:
        ClientError: botocore's own error, if one policy is changed.
        ApplyError: Some of several policies could not be changed.
    """
    of_identity = list(of_identity)
    try:
        return registry.make(*of_identity, *of_repository)
    except (ClientError, ApplyError) as error:
        if not _is_repository_missing(error):
            raise
        made = error.applied if isinstance(error, ApplyError) else ()
    plan = registry.make(*of_identity)
    return replace(plan, changes=(*made, *plan.changes), applied=(*made, *plan.applied))


def _is_repository_missing(error: Exception) -> bool:
    """Whether the only thing that went wrong is that the repository does not exist."""
    errors = error.exceptions if isinstance(error, ApplyError) else (error,)
    return all(code_of(reason) == calls.MISSING for reason in errors)
