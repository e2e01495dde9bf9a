"""The verbs of a repository about who may use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ecrops.aws import ClientError, code_of
from ecrops.engine.plan import Plan
from ecrops.errors import ApplyError
from ecrops.repositories import calls
from ecrops.repositories.handle import Handle

if TYPE_CHECKING:
    from ecrops.access.principals.named import AnyOne
    from ecrops.access.report import Access
    from ecrops.engine.aspect import Want


def _is_gone(error: Exception) -> bool:
    """Whether all that went wrong is that there is no repository."""
    errors = error.exceptions if isinstance(error, ApplyError) else (error,)
    return all(code_of(each) == calls.MISSING for each in errors)


class RepositoryVerbs(Handle):
    """Granting, revoking, and the policy of the repository.

    A principal is a value such as ``Role("nodes")``, or a string that stands for one: an ARN, an account of 12
    digits, a service such as ``codebuild.amazonaws.com``, an organization ``o-…``. The options of the verbs that
    grant are the fields of a ``Grant``: ``on``, ``attach``, ``policy_name`` and ``session``.
    """

    def grant_read(self, principal: AnyOne | str, **options: Any) -> Plan:
        """Let somebody describe the repository and its images; not pull them.

        Args:
            principal: Who: a principal, or a string that stands for one.
            options: ``on``, a wildcard of repositories such as ``team/*`` that the policy of IAM has in place of this
                one; ``attach``, ``inline`` or ``managed``; ``policy_name``, of that policy; and ``session``, for the
                account of a user or role of another. As the fields of ``Grant``.

        Raises:
            SpecError: There is no such principal, or IAM has no room for it.
            ClientError: botocore's ``NoSuchEntity``: there is no such user, role or group.
        """
        return self._grant(principal, "read", options)

    def grant_pull(self, principal: AnyOne | str, **options: Any) -> Plan:
        """Let somebody pull images.

        Args:
            principal: Who: a principal, or a string that stands for one.
            options: ``on``, a wildcard of repositories such as ``team/*`` that the policy of IAM has in place of this
                one; ``attach``, ``inline`` or ``managed``; ``policy_name``, of that policy; and ``session``, for the
                account of a user or role of another. As the fields of ``Grant``.

        Raises:
            SpecError: There is no such principal, or IAM has no room for it.
            ClientError: botocore's ``NoSuchEntity``: there is no such user, role or group.
        """
        return self._grant(principal, "pull", options)

    def grant_push(self, principal: AnyOne | str, **options: Any) -> Plan:
        """Let somebody push images.

        Args:
            principal: Who: a principal, or a string that stands for one.
            options: ``on``, a wildcard of repositories such as ``team/*`` that the policy of IAM has in place of this
                one; ``attach``, ``inline`` or ``managed``; ``policy_name``, of that policy; and ``session``, for the
                account of a user or role of another. As the fields of ``Grant``.

        Raises:
            SpecError: There is no such principal, or IAM has no room for it.
            ClientError: botocore's ``NoSuchEntity``: there is no such user, role or group.
        """
        return self._grant(principal, "push", options)

    def grant_pull_push(self, principal: AnyOne | str, **options: Any) -> Plan:
        """Let somebody pull and push images.

        Args:
            principal: Who: a principal, or a string that stands for one.
            options: ``on``, a wildcard of repositories such as ``team/*`` that the policy of IAM has in place of this
                one; ``attach``, ``inline`` or ``managed``; ``policy_name``, of that policy; and ``session``, for the
                account of a user or role of another. As the fields of ``Grant``.

        Raises:
            SpecError: There is no such principal, or IAM has no room for it.
            ClientError: botocore's ``NoSuchEntity``: there is no such user, role or group.
        """
        return self._grant(principal, "pull_push", options)

    def grant_pull_through_cache(self, principal: AnyOne | str, **options: Any) -> Plan:
        """Let somebody pull images that a pull-through cache has yet to fetch, into a repository it has yet to make."""
        return self._grant(principal, "pull_through_cache", options)

    def grant_scan_findings(self, principal: AnyOne | str, **options: Any) -> Plan:
        """Let somebody see what scans of images have found."""
        return self._grant(principal, "scan_findings", options)

    def grant_delete_images(self, principal: AnyOne | str, **options: Any) -> Plan:
        """Let somebody list and delete images."""
        return self._grant(principal, "delete_images", options)

    def grant_lifecycle(self, principal: AnyOne | str, **options: Any) -> Plan:
        """Let somebody read, write and preview the lifecycle policy."""
        return self._grant(principal, "lifecycle", options)

    def grant(self, principal: AnyOne | str, *actions: str, **options: Any) -> Plan:
        """Allow somebody these actions, and nothing else: no token to log in.

        Args:
            principal: Who.
            actions: Such as ``ecr:ListImages``.
            options: The fields of a ``Grant``.

        Raises:
            SpecError: An action is not ECR's, or not one about a repository.
        """
        return self._grant(principal, self._wanting.check_one_by_one("grant", actions), options)

    def grant_lambda(self, account: str | None = None, *, function_arn_pattern: str | None = None) -> Plan:
        """Let Lambda functions run from images of the repository.

        Args:
            account: The account that has the functions; the registry's own without.
            function_arn_pattern: Which functions of it; all in this region without.

        Raises:
            SpecError: The functions are of another account, or of another region, whose images Lambda does not run.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
        """
        wants = self._wanting.grant_lambda(self.registry.aws, self.name, account, function_arn_pattern)
        return self._want(*wants)

    def revoke(
        self,
        principal: AnyOne | str,
        *actions: str,
        on: str | None = None,
        attach: str = "inline",
        policy_name: str = "ecrops",
        session: Any = None,
    ) -> Plan:
        """Take away what ecrops granted to somebody, in the repository's policy and in IAM.

        The plan's notes say what these policies still allow them on this repository, and what takes that away.

        Args:
            principal: Who, with the conditions of the grant if it had any.
            actions: Which of the actions that were granted. A wildcard takes away every action that was granted by a
                name that it matches; a wildcard that was granted is taken away by itself or a wider one. Without any,
                all are taken away.
            on: As in the grant.
            attach: As in the grant.
            policy_name: As in the grant.
            session: As in the grant.

        Raises:
            SpecError: There is no such principal or action, or ``on`` does not match this repository.
            ClientError: botocore's own error, where one policy is changed.
            ApplyError: Some of several policies could not be changed; its ``applied`` says what was done.
        """
        self._wanting.check_one_by_one("revoke", actions)
        places = {"on": on, "attach": attach, "policy_name": policy_name, "session": session}
        here, elsewhere = self._wanting.revoke(self.registry.aws, self.name, principal, actions, places)
        try:
            return self._want(*elsewhere, *here)
        except (ClientError, ApplyError) as error:
            if not _is_gone(error):
                raise
            made = error.applied if isinstance(error, ApplyError) else ()
        plan = self._want(*elsewhere)  # there is no repository, and nobody may use it
        return replace(plan, changes=(*made, *plan.changes), applied=(*made, *plan.applied))

    def add_to_resource_policy(
        self, statement: Mapping[str, Any], *, replace: bool = False, force: bool = False
    ) -> Plan:
        """Add a statement to the policy of the repository. The same statement twice is no change.

        Args:
            statement: As in a policy document, without ``Resource``.
            replace: Whether it takes the place of another one with its ``Sid``.
            force: Whether ECR is to take it even if it keeps the caller from ever setting another policy, which ECR
                refuses without.

        Raises:
            SpecError: ECR would refuse it, or another statement has its ``Sid``.
        """
        return self._want(self._wanting.add(self.registry.aws, self.name, statement, replace, force))

    def remove_from_resource_policy(self, statement: Mapping[str, Any] | str, *, force: bool = False) -> Plan:
        """Remove a statement from the policy of the repository, by its ``Sid`` or by what it says.

        Args:
            statement: The statement, or its ``Sid``.
            force: As in ``add_to_resource_policy``, for what is left.

        Raises:
            SpecError: It holds what ecrops granted, which ``revoke`` takes away.
        """
        return self._want(self._wanting.drop(self.name, statement, force))

    def set_resource_policy(self, document: Mapping[str, Any], *, force: bool = False) -> Plan:
        """Replace the policy of the repository; ``{}`` removes it.

        Args:
            document: The policy.
            force: As in ``add_to_resource_policy``.

        Raises:
            SpecError: ECR would refuse it; with every reason.
        """
        return self._want(self._wanting.put(self.registry.aws, self.name, document, force))

    def access(self) -> Access:
        """Who can read, pull or push: by the policy of the repository, and by the IAM policies that ecrops wrote.

        Needs the IAM action ``iam:GetAccountAuthorizationDetails``.
        """
        self._check_account()
        from ecrops.access.report import access_of

        return access_of(self.registry.aws, self.name)

    @property
    def _wanting(self) -> ModuleType:
        from ecrops.access import wants  # here, because who grants nothing need not wait for its import

        return wants

    def _grant(self, principal: Any, allow: Any, options: Mapping[str, Any]) -> Plan:
        return self._want(*self._wanting.grant(self.registry.aws, self.name, principal, allow, options))

    def _want(self, *wanted: Want) -> Plan:
        self._check_account()
        return self.registry.make(*wanted)
