"""The verbs of a repository about access: grants and revokes, the repository policy, and the report.

``Repository`` inherits them. Each verb hands its arguments to ``wants``, and the resulting wants to the registry,
which plans and applies them. A verb checks nothing and calls nothing itself.

``wants``, ``answers`` and ``reports`` are imported inside the verbs: a program that uses none need not wait for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ecrops.access.grant_verbs import GrantVerbs
from ecrops.engine.plan import Plan

if TYPE_CHECKING:
    import boto3

    from ecrops.access.answers.answer import Answer
    from ecrops.access.answers.checks.check import AccessCheck
    from ecrops.access.principals.named import Grantee
    from ecrops.access.reports.access import Access


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
        """Return who can use the repository, by every policy: one row for each principal, and why.

        It reads the policy of the repository and that of the registry, and all users, groups and roles of the account
        with their policies, groups and boundaries, and evaluates them as IAM does. A pull and a push need the token to
        log in too. Another account, and an organization, is allowed something if its own policies allow it too.

        Raises:
            ClientError: botocore's ``RepositoryNotFoundException``.

        Needs the IAM actions ``ecr:GetRepositoryPolicy``, ``ecr:GetRegistryPolicy`` and
        ``iam:GetAccountAuthorizationDetails``. Without one, the report says what is missing from it.

        Example:
            >>> access = repo.access()  # doctest: +SKIP
            >>> print(access)  # doctest: +SKIP
            >>> access.who_can("pull")  # doctest: +SKIP
        """
        self._check_account()
        from ecrops.access.reports.reading import access_of

        return access_of(self.registry.aws, self.name)

    def can(
        self,
        principal: Grantee | str,
        verb_or_action: str,
        *,
        context: Mapping[str, Any] | None = None,
        session: boto3.Session | None = None,
    ) -> Answer:
        """Return whether somebody can do something with the repository, by every policy that decides, and why.

        It reads the policies of the user, role or group with its groups and boundary, the policy of the repository and
        that of the registry, and evaluates them as IAM does. As a truth value the answer is true for a certain yes
        only. ``print`` shows it in a few lines.

        Args:
            principal: A principal such as ``Role("nodes")``, or a string that stands for one; also the ARN of a session
                of a role, or ``*`` for everyone. A group stands for a member that has no other policies.
            verb_or_action: ``read``, ``pull``, ``push``, ``pull_push``, ``pull_through_cache``, ``scan_findings``,
                ``delete_images``, ``lifecycle`` or ``change_policies``; an action such as ``ecr:ListImages``; or a
                wildcard, which means every action on the repository that it covers. A pull or a push needs the token to
                log in too, except for a service of AWS.
            context: What is known of the request beside, by the keys of conditions: ``{"aws:SourceIp": "192.0.2.1"}``.
                ``None`` is for a key that the request is known not to have. What a condition asks for and nobody knows
                makes an answer depend on it.
            session: A boto3 session for the account of a user, role or group of another account, to read its policies.
                Without one, the answer says what has to hold there.

        Raises:
            SpecError: There can be no such principal, verb or action; or no condition asks for a key of the context.
            ClientError: botocore's ``RepositoryNotFoundException``.

        Needs the IAM actions ``ecr:GetRepositoryPolicy``, ``ecr:GetRegistryPolicy`` and
        ``iam:GetAccountAuthorizationDetails``. Without one, the answer depends on what it would have read.

        Example:
            >>> answer = repo.can(Role("nodes"), "pull")  # doctest: +SKIP
            >>> answer.allowed, answer.missing  # doctest: +SKIP
        """
        self._check_account()
        from ecrops.access.answers.questions.can import can

        return can(self.registry.aws, self.name, principal, verb_or_action, context, session)

    def explain_denied(self, text: str) -> Answer:
        """Return what all policies say of a message that denies access to this repository, and which reason AWS named.

        Args:
            text: The message as it was logged: ``User: arn:aws:… is not authorized to perform: ecr:… on resource: …``,
                with whatever Docker, containerd, a kubelet, ECS, CloudTrail or a terminal put around it; or what Lambda
                says when it may not pull.

        Returns:
            The answer of ``can`` about the principal and the action in the message, and first the reason that AWS
            named. If all policies that can be seen allow it, and AWS named one that cannot, such as a service
            control policy, the answer depends on that.

        Raises:
            SpecError: It names nobody, as ``no basic auth credentials`` and ``403 Forbidden`` do, or no action of ECR,
                or another repository; with what it means, and what to do.
            ClientError: botocore's ``RepositoryNotFoundException``.

        Example:
            >>> print(repo.explain_denied(log))  # doctest: +SKIP
        """
        self._check_account()
        from ecrops.access.answers.checks.explaining import explain

        return explain(self.registry.aws, self.name, text)

    def check_access(
        self, principal: Grantee | str, verb_or_action: str = "pull", *, context: Mapping[str, Any] | None = None
    ) -> AccessCheck:
        """Compare the answer of ecrops with that of IAM's own simulator, action by action.

        A user is compared by its policies and the policy of the repository. The simulator simulates no policies of
        resources for roles and groups, so these are compared by their own policies alone. The simulator knows service
        control policies, which ecrops does not see: they are the usual reason for a difference.

        Args:
            principal: A user, a role, a session of a role or a group, of the registry's account.
            verb_or_action: As in ``can``.
            context: As in ``can``. The simulator gets it too.

        Returns:
            The comparison, true if the two do not differ.

        Raises:
            SpecError: The principal is none that IAM simulates here.
            ClientError: botocore's ``NoSuchEntity``, if there is no such principal.

        Needs the IAM action ``iam:SimulatePrincipalPolicy`` on the principal, and those of ``can``.

        Example:
            >>> check = repo.check_access(Role("nodes"), "push")  # doctest: +SKIP
            >>> check.differences  # doctest: +SKIP
        """
        self._check_account()
        from ecrops.access.answers.checks.checking import check

        return check(self.registry.aws, self.name, principal, verb_or_action, context)
