"""The verbs of a repository that grant and revoke.

``RepositoryVerbs`` inherits them. Each verb hands its arguments to ``wants``, and the resulting wants to the registry,
which plans and applies them. A verb checks nothing and calls nothing itself.

``wants`` is imported inside the verbs: a program that grants nothing need not wait for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Never

from ecrops.aws import Arn
from ecrops.engine.plan import Plan
from ecrops.repositories.handle import Handle, revoke_both

if TYPE_CHECKING:
    import boto3

    from ecrops.access.grants import Verb
    from ecrops.access.principals.functions import Owner
    from ecrops.access.principals.named import Grantee
    from ecrops.engine.aspect import Want


class GrantVerbs(Handle):
    """Grants and revokes.

    A principal is a value such as ``Role("nodes")``, or a string that stands for one: an ARN, an account of 12
    digits, a service such as ``codebuild.amazonaws.com``, an organization ``o-…``.

    ``revoke`` and all verbs that grant, except ``grant_lambda``, have the same four options. These are about IAM
    policies: they are refused for a principal that is no user, role or group.

    ``on``
        A wildcard of repository names, such as ``team/*``, that the IAM policy names in place of this repository.
    ``attach``
        ``inline``, or ``managed`` for customer managed policies, which have more room.
    ``policy_name``
        The name of the IAM policy.
    ``session``
        A boto3 session for the account of a user or role of another account: the policy is written there too.

    A grant raises ``SpecError`` if there is no such principal, or if IAM has no room for the policy, and botocore's
    ``ClientError`` with the code ``NoSuchEntity`` if the user, role or group does not exist.

    The handle of a repository of another account or region, by its ARN, grants and revokes in IAM policies of users,
    roles and groups here. A note says what the account of the repository must allow too.
    """

    def grant_read(
        self,
        principal: Grantee | str,
        *,
        on: str | None = None,
        attach: Literal["inline", "managed"] = "inline",
        policy_name: str = "ecrops",
        session: boto3.Session | None = None,
        **misspelt: Never,
    ) -> Plan:
        """Let a principal describe the repository and its images, and not pull them.

        The principal and the options ``on``, ``attach``, ``policy_name`` and ``session`` are as in ``Grant``.
        """
        return self._grant("read", locals())

    def grant_pull(
        self,
        principal: Grantee | str,
        *,
        on: str | None = None,
        attach: Literal["inline", "managed"] = "inline",
        policy_name: str = "ecrops",
        session: boto3.Session | None = None,
        **misspelt: Never,
    ) -> Plan:
        """Let a principal pull images.

        The principal and the options ``on``, ``attach``, ``policy_name`` and ``session`` are as in ``Grant``.

        Example:
            >>> repo.grant_pull(Role("nodes"), on="team/*")  # doctest: +SKIP
        """
        return self._grant("pull", locals())

    def grant_push(
        self,
        principal: Grantee | str,
        *,
        on: str | None = None,
        attach: Literal["inline", "managed"] = "inline",
        policy_name: str = "ecrops",
        session: boto3.Session | None = None,
        **misspelt: Never,
    ) -> Plan:
        """Let a principal push images.

        The principal and the options ``on``, ``attach``, ``policy_name`` and ``session`` are as in ``Grant``.
        """
        return self._grant("push", locals())

    def grant_pull_push(
        self,
        principal: Grantee | str,
        *,
        on: str | None = None,
        attach: Literal["inline", "managed"] = "inline",
        policy_name: str = "ecrops",
        session: boto3.Session | None = None,
        **misspelt: Never,
    ) -> Plan:
        """Let a principal pull and push images.

        The principal and the options ``on``, ``attach``, ``policy_name`` and ``session`` are as in ``Grant``.
        """
        return self._grant("pull_push", locals())

    def grant_pull_through_cache(
        self,
        principal: Grantee | str,
        *,
        on: str | None = None,
        attach: Literal["inline", "managed"] = "inline",
        policy_name: str = "ecrops",
        session: boto3.Session | None = None,
        **misspelt: Never,
    ) -> Plan:
        """Let a principal pull images that a pull-through cache fetches first, into a repository that it makes first.

        The principal and the options ``on``, ``attach``, ``policy_name`` and ``session`` are as in ``Grant``.
        """
        return self._grant("pull_through_cache", locals())

    def grant_scan_findings(
        self,
        principal: Grantee | str,
        *,
        on: str | None = None,
        attach: Literal["inline", "managed"] = "inline",
        policy_name: str = "ecrops",
        session: boto3.Session | None = None,
        **misspelt: Never,
    ) -> Plan:
        """Let a principal see the findings of image scans.

        The principal and the options ``on``, ``attach``, ``policy_name`` and ``session`` are as in ``Grant``.
        """
        return self._grant("scan_findings", locals())

    def grant_delete_images(
        self,
        principal: Grantee | str,
        *,
        on: str | None = None,
        attach: Literal["inline", "managed"] = "inline",
        policy_name: str = "ecrops",
        session: boto3.Session | None = None,
        **misspelt: Never,
    ) -> Plan:
        """Let a principal list and delete images.

        The principal and the options ``on``, ``attach``, ``policy_name`` and ``session`` are as in ``Grant``.
        """
        return self._grant("delete_images", locals())

    def grant_lifecycle(
        self,
        principal: Grantee | str,
        *,
        on: str | None = None,
        attach: Literal["inline", "managed"] = "inline",
        policy_name: str = "ecrops",
        session: boto3.Session | None = None,
        **misspelt: Never,
    ) -> Plan:
        """Let a principal read, write and preview the lifecycle policy.

        The principal and the options ``on``, ``attach``, ``policy_name`` and ``session`` are as in ``Grant``.
        """
        return self._grant("lifecycle", locals())

    def grant(
        self,
        principal: Grantee | str,
        *actions: str,
        on: str | None = None,
        attach: Literal["inline", "managed"] = "inline",
        policy_name: str = "ecrops",
        session: boto3.Session | None = None,
        **misspelt: Never,
    ) -> Plan:
        """Allow a principal these actions and no others: not even the token to log in.

        The options ``on``, ``attach``, ``policy_name`` and ``session`` are as in ``Grant``.

        Args:
            principal: A principal, or a string that stands for one.
            actions: Such as ``ecr:ListImages``.

        Raises:
            SpecError: An action is not ECR's, or not one about a repository.
        """
        return self._grant(actions, locals())

    def grant_lambda(
        self,
        account: str | Owner | Sequence[str | Owner] | None = None,
        *,
        function_arn_pattern: str | None = None,
    ) -> Plan:
        """Let Lambda functions run from images of the repository.

        Args:
            account: The account of the functions, an organization ``o-…``, or a list of these. The default is the
                registry's account.
            function_arn_pattern: The ARN of the functions, with wildcards. The default is all functions of the account
                in this region. With ``*`` in the place of the account it is about each account in the list, or any of
                the organization.

        Raises:
            SpecError: The functions are of another account, or of another region, whose images Lambda does not run.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
        """
        from ecrops.access import wants

        return self._want(wants.grant_lambda(self.registry.aws, self.name, account, function_arn_pattern))

    def revoke(
        self,
        principal: Grantee | str,
        *actions: str,
        on: str | None = None,
        attach: Literal["inline", "managed"] = "inline",
        policy_name: str = "ecrops",
        session: boto3.Session | None = None,
        **misspelt: Never,
    ) -> Plan:
        """Remove what ecrops granted to a principal, from the repository policy and from its IAM policy.

        The plan's notes say what these policies still allow the principal on this repository, and how to remove that.
        The options ``on``, ``attach``, ``policy_name`` and ``session`` are as in the grant.

        Args:
            principal: The principal, with the conditions of the grant if it had any.
            actions: The granted actions to remove. A wildcard removes every granted action whose name it matches; a
                granted wildcard is removed by itself or by a wider one. Without any, all are removed.

        Raises:
            SpecError: There is no such principal or action, or ``on`` does not match this repository.
            ClientError: botocore's own error, if one policy is changed.
            ApplyError: Some of several policies could not be changed; its ``applied`` lists what was done.
        """
        arguments = locals()
        from ecrops.access import wants

        elsewhere = self._arn_elsewhere()
        on_repository, on_identity = wants.revoke(
            self.registry.aws, self.name, principal, actions, arguments, elsewhere
        )
        if elsewhere:
            return self.registry.make(*on_identity)
        self._check_account()
        return revoke_both(self.registry, on_identity, on_repository)

    def _grant(self, allow: Verb | tuple[str, ...], arguments: Mapping[str, Any]) -> Plan:
        """Grant, with the ``locals()`` of a verb as its arguments."""
        from ecrops.access import wants

        elsewhere = self._arn_elsewhere()
        made = wants.grant(self.registry.aws, self.name, allow, arguments, elsewhere)
        return self.registry.make(*made) if elsewhere else self._want(made)

    def _arn_elsewhere(self) -> Arn | None:
        """Return the ARN of the repository if it is in another account or region; ``None`` if it is here."""
        arn, registry = self._elsewhere, self.registry
        if arn is None or arn.partition != registry.partition:  # no policy allows anything across partitions
            return None
        return None if (arn.account, arn.region) == (registry.account_id, registry.region) else arn

    def _want(self, wants: Iterable[Want]) -> Plan:
        self._check_account()
        return self.registry.make(*wants)
