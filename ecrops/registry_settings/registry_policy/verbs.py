"""``registry.registry_policy``: the verbs of the policy of a registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ecrops.access.edits import Add, Drop, Exactly
from ecrops.access.principals.identities import Group
from ecrops.access.principals.parse import principal_of
from ecrops.access.sides import Place
from ecrops.aws import is_account
from ecrops.base.plain_json import check_size, plain
from ecrops.base.problems import Problems
from ecrops.engine.plan import Plan
from ecrops.errors import SpecError
from ecrops.iam.statements import Document
from ecrops.registry_settings.pull_through_cache.values import ROOT
from ecrops.registry_settings.registry_policy import aspect
from ecrops.registry_settings.registry_policy.checks import check, check_added, check_partition
from ecrops.registry_settings.registry_policy.statements import (
    PULL_THROUGH,
    Allow,
    Permission,
    Revoke,
    replication,
)
from ecrops.registry_settings.replication.values import PREFIX
from ecrops.registry_settings.setting import Handle
from ecrops.repositories.values import repository_arn

if TYPE_CHECKING:
    from ecrops.access.principals.named import Grantee


class RegistryPolicy(Handle):
    """The policy of the registry. ECR enforces it in all requests, in those about every repository.

    A statement is known by its ``Sid``. Statements of others stay. ``prefix`` is what the names of repositories begin
    with, such as ``prod/``; without it, every repository.
    """

    aspect = aspect
    key = aspect.KEY

    def describe(self) -> Document:
        """Return the document that AWS has; empty if there is none."""
        return aspect.field(self._current())

    def set(self, document: Mapping[str, Any]) -> Plan:
        """Make this the whole policy: statements of others go. ``{}`` removes it.

        Args:
            document: The policy document. Its statements have a ``Resource``.

        Raises:
            SpecError: ECR would refuse it; with every reason.
        """
        checked = check(document)
        aspect.check_of_region(self._registry.aws, checked)
        return self._make(Exactly(checked))

    def add(self, statement: Mapping[str, Any], *, replace: bool = False) -> Plan:
        """Add a statement. Adding the same statement twice is no change.

        Args:
            statement: As in a policy document, with a ``Resource``.
            replace: Whether it replaces another statement with its ``Sid``.

        Raises:
            SpecError: ECR would refuse it, or another statement has its ``Sid``.
        """
        if not isinstance(replace, bool):
            raise SpecError(f"replace: expected True or False, got {replace!r}")
        checked = check_added(statement)
        check_partition({"Statement": [checked]}, self._registry.partition)
        return self._make(Add(checked, replace))

    def remove(self, statement: Mapping[str, Any] | str) -> Plan:
        """Remove a statement, by its ``Sid`` or by its content.

        Args:
            statement: The statement, or its ``Sid``.

        Raises:
            SpecError: Several statements have the ``Sid``.
        """
        check_size(statement)
        if not isinstance(statement, str | Mapping) or not statement:
            raise SpecError(f"expected a statement, or the Sid of one, got {statement!r}")
        return self._make(Drop(statement if isinstance(statement, str) else plain(statement)))

    def allow_replication(self, from_account: str, prefix: str | None = None) -> Plan:
        """Let the registry of another account replicate into this one.

        Args:
            from_account: The account, 12 digits.
            prefix: As for the class.

        Raises:
            SpecError: An argument is wrong; with every reason.
        """
        permission = self._replication(from_account)
        return self._make(Allow(permission, self._resources(prefix)))

    def revoke_replication(self, from_account: str, prefix: str | None = None) -> Plan:
        """Take away what ``allow_replication`` gave. What was replicated stays.

        Args:
            from_account: The account, 12 digits.
            prefix: A prefix that was given; all of them without it.

        Raises:
            SpecError: An argument is wrong; with every reason.
        """
        permission = self._replication(from_account)
        return self._make(Revoke(permission, None if prefix is None else self._resources(prefix)))

    def allow_pull_through_cache(self, principal: Grantee | str, prefix: str) -> Plan:
        """Let a principal make repositories of a pull-through cache by pulling, and import images into them.

        To pull, it needs ``Repository.grant_pull`` or a policy of its own besides.

        Args:
            principal: Such as ``Role("nodes")``, or a string that stands for a principal.
            prefix: The prefix of the cache rule, such as ``docker-hub``; ``ROOT`` for every repository.

        Raises:
            SpecError: An argument is wrong; with every reason.
        """
        permission = self._pull_through(principal)
        return self._make(Allow(permission, self._cached(prefix)))

    def revoke_pull_through_cache(self, principal: Grantee | str, prefix: str | None = None) -> Plan:
        """Take away what ``allow_pull_through_cache`` gave.

        Args:
            principal: As there.
            prefix: A prefix that was given; all of them without it.

        Raises:
            SpecError: An argument is wrong; with every reason.
        """
        permission = self._pull_through(principal)
        return self._make(Revoke(permission, None if prefix is None else self._cached(prefix)))

    def _replication(self, account: object) -> Permission:
        problems = Problems()
        right = isinstance(account, str) and is_account(account)
        problems.check(right, "from_account", f"expected an account of 12 digits, got {account!r}")
        problems.raise_any()
        aws = self._registry.aws
        if account == aws.account_id:
            raise SpecError(f"from_account: {account} is this registry's own account, which needs no permission")
        return replication(str(account), aws.partition.name)

    def _pull_through(self, principal: Grantee | str) -> Permission:
        parsed = principal_of(principal)
        if isinstance(parsed, Group):
            raise SpecError(f"a registry policy cannot name a group, {parsed.value}: grant it to the group in IAM")
        aws = self._registry.aws
        subject = Place.of(aws, parsed).subject(aws)
        kind, _, name = subject.name.partition(":")
        if kind != "AWS":
            raise SpecError(f"expected a user, a role, an account or an organization, got {principal!r}")
        return Permission(PULL_THROUGH, name, subject.condition)

    def _cached(self, prefix: str) -> frozenset[str]:
        return self._resources(None if prefix == ROOT else f"{_checked(prefix).rstrip('/')}/")

    def _resources(self, prefix: str | None) -> frozenset[str]:
        checked = "" if prefix is None else _checked(prefix)
        aws = self._registry.aws
        return frozenset([repository_arn(aws.partition.name, aws.region, aws.account_id, f"{checked}*")])


def _checked(prefix: object) -> str:
    if isinstance(prefix, str) and prefix and PREFIX.fullmatch(prefix):
        return prefix
    raise SpecError(f"prefix: expected what the names of repositories begin with, such as 'prod/', got {prefix!r}")
