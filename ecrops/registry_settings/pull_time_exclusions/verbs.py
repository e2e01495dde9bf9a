"""``registry.pull_time_exclusions``: the verbs of the pull-time exclusions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecrops.base.problems import Problems
from ecrops.base.shown import ShownTuple
from ecrops.engine.plan import Plan
from ecrops.errors import SpecError
from ecrops.registry_settings.pull_time_exclusions import aspect
from ecrops.registry_settings.pull_time_exclusions.values import arn_of, check
from ecrops.registry_settings.setting import Handle

if TYPE_CHECKING:
    from ecrops.access.principals.identities import Role, User
    from ecrops.access.principals.named import ArnPrincipal


class PullTimeExclusions(Handle):
    """The roles and users whose pulls leave no pull time: scanners and backups that read everything.

    Lifecycle rules that count the time since the last pull do not see their pulls. A principal is a ``Role`` or a
    ``User`` of ecrops, or an ARN. A name is one of the registry's account, and needs its path if it has one:
    ``Role("service/scanner")``. ECR is not known to check that a principal exists.
    """

    aspect = aspect
    key = aspect.KEY

    def describe(self) -> tuple[str, ...]:
        """Return the ARNs of the principals that AWS has, sorted."""
        return ShownTuple(aspect.field(self._current()))

    def set(self, *principals: Role | User | ArnPrincipal | str) -> Plan:
        """Make these the principals: others go. Without one, every pull leaves a pull time.

        Args:
            principals: The principals, one argument each.

        Raises:
            SpecError: One is no role or user of this partition, or they are too many.
        """
        return self._make(aspect.exactly(self._arns(principals)))

    def add(self, *principals: Role | User | ArnPrincipal | str) -> Plan:
        """Add principals. Others stay.

        Args:
            principals: The principals, one argument each.

        Raises:
            SpecError: One is no role or user of this partition, none is given, or there would be too many.
        """
        return self._make(aspect.Include(frozenset(self._some(principals))))

    def remove(self, *principals: Role | User | ArnPrincipal | str) -> Plan:
        """Take principals away. Others stay.

        Args:
            principals: The principals, one argument each.

        Raises:
            SpecError: One is no role or user of this partition, or none is given.
        """
        return self._make(aspect.Exclude(frozenset(self._some(principals))))

    def _some(self, principals: tuple[object, ...]) -> tuple[str, ...]:
        if not principals:
            raise SpecError("expected principals, such as Role('scanner'); got none")
        return self._arns(principals)

    def _arns(self, principals: tuple[object, ...]) -> tuple[str, ...]:
        """Return the ARNs of principals. STS is asked for the account, if one is given by its name."""
        from ecrops.access.principals.identities import Identity

        for principal in principals:
            if isinstance(principal, list | tuple | set | frozenset):
                raise SpecError("expected principals, one argument each, got a list: write add(*principals)")
        aws, problems = self._registry.aws, Problems()
        named = [principal for principal in principals if isinstance(principal, Identity) and not principal.account]
        problems.each(
            "", principals, lambda principal: arn_of(principal, aws.partition.name, "0" * 12)
        )  # before any call
        problems.raise_any()
        account = aws.account_id if named else ""
        arns = check([arn_of(principal, aws.partition.name, account) for principal in principals])
        aspect.check_of_region(aws, arns)
        return arns
