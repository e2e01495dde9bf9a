"""The verbs of a repository about access: grants and revokes, the repository policy, and the report.

``Repository`` inherits them. Each verb hands its arguments to ``wants``, and the resulting wants to the registry,
which plans and applies them. A verb checks nothing and calls nothing itself.

``wants`` and ``report`` are imported inside the verbs: a program that uses neither need not wait for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ecrops.access.grant_verbs import GrantVerbs
from ecrops.engine.plan import Plan

if TYPE_CHECKING:
    from ecrops.access.report import Access


class RepositoryVerbs(GrantVerbs):
    """Grants and revokes, the repository policy, and the report of access."""

    def add_to_resource_policy(
        self, statement: Mapping[str, Any], *, replace: bool = False, force: bool = False
    ) -> Plan:
        """Add a statement to the repository policy. Adding the same statement twice is no change.

        Args:
            statement: As in a policy document, without ``Resource``.
            replace: Whether it replaces another statement with its ``Sid``.
            force: Whether ECR takes it even if it keeps the caller from ever setting another policy. ECR refuses such
                a policy otherwise.

        Raises:
            SpecError: ECR would refuse it, or another statement has its ``Sid``.
        """
        from ecrops.access import wants

        return self._want([wants.add(self.registry.aws, self.name, statement, replace, force)])

    def remove_from_resource_policy(self, statement: Mapping[str, Any] | str, *, force: bool = False) -> Plan:
        """Remove a statement from the repository policy, by its ``Sid`` or by its content.

        Args:
            statement: The statement, or its ``Sid``.
            force: As in ``add_to_resource_policy``, for the remaining policy.

        Raises:
            SpecError: It holds what ecrops granted, which ``revoke`` removes.
        """
        from ecrops.access import wants

        return self._want([wants.drop(self.name, statement, force)])

    def set_resource_policy(self, document: Mapping[str, Any], *, force: bool = False) -> Plan:
        """Replace the repository policy; ``{}`` removes it.

        Args:
            document: The policy document.
            force: As in ``add_to_resource_policy``.

        Raises:
            SpecError: ECR would refuse it; with every reason.
        """
        from ecrops.access import wants

        return self._want([wants.put(self.registry.aws, self.name, document, force)])

    def access(self) -> Access:
        """Report who can read, pull or push, by the repository policy and by the IAM policies that ecrops wrote.

        Needs the IAM action ``iam:GetAccountAuthorizationDetails``.
        """
        self._check_account()
        from ecrops.access.report import access_of

        return access_of(self.registry.aws, self.name)
