"""The verbs of a registry about access to all its repositories. Called by users, through ``Registry``.

What they need is imported inside the verbs: a program that uses none need not wait for it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from ecrops.engine.account import Account

if TYPE_CHECKING:
    from ecrops.access.effects.changes import AccessChanges
    from ecrops.access.linting.findings import AccessFinding
    from ecrops.access.reports.matrix import AccessMatrix
    from ecrops.base.shown import ShownTuple
    from ecrops.engine.plan import Plan
    from ecrops.repositories.prefixes import Prefix


class RegistryVerbs(Account):
    """Who can use which repositories."""

    def access(self, *names_or_prefixes: str | Prefix) -> AccessMatrix:
        """Return who can use which repositories, by every policy: a matrix of principals and repositories. Reads only.

        One listing reads all users, groups and roles of the account, a page at a time, and one call each repository.
        ``repo.access()`` tells more of one repository: where it says so, and on what it depends.

        Args:
            names_or_prefixes: The repositories, by names or by ``prefix("team/")``; all of the registry without one.

        Returns:
            A matrix whose rows come while it is iterated: one for each principal that can do something.

        Raises:
            SpecError: A name is none of a repository.
            ClientError: botocore's ``RepositoryNotFoundException``: the only repository that is named does not exist.

        Needs the IAM actions ``ecr:DescribeRepositories``, ``ecr:GetRepositoryPolicy``, ``ecr:GetRegistryPolicy`` and
        ``iam:GetAccountAuthorizationDetails``. What cannot be read is told, and what depends on it is not known.

        Example:
            >>> matrix = registry.access(prefix("team/"))  # doctest: +SKIP
            >>> matrix.who_can("push", "team/api")  # doctest: +SKIP
            >>> print(matrix.what_can(Role("nodes")))  # doctest: +SKIP
        """
        from ecrops.access.reports.reading import matrix_of
        from ecrops.repositories.prefixes import check_selected

        return matrix_of(self.aws, check_selected(names_or_prefixes, "access(*names)"))

    def lint_access(
        self, *names: str | Prefix, accounts: Collection[object] = (), ignore: Collection[str] = ()
    ) -> ShownTuple[AccessFinding]:
        """Return what an auditor asks about the policies of repositories and of the registry. Reads only.

        One call reads the policies of all users, roles and groups, a page at a time, and one call each repository. What
        cannot be read is a finding with the code ``unread``. The codes, by how grave they are:

        - high: ``everyone`` and ``loose-organization`` (a condition on an organization that keeps nobody out),
          ``other-account``, ``other-organization``, ``not-principal``;
        - medium: ``confused-deputy`` (a service that is let in for whomever it works), ``deleted-principal``,
          ``denied-grant`` (a denial makes it void), ``impossible-arn``, ``misspelt-organization``, ``no-login-token``
          (a pull without the right to log in), ``unreadable-policy``;
        - low: ``own-account`` (which grants nothing by itself), ``unread``.

        Args:
            names: The repositories, by names or by ``prefix("team/")``; all of the registry without one.
            accounts: Other accounts that may use the repositories, by their 12 digits or the ARN of their root, and
                other organizations, by their ids.
            ignore: Codes of findings that somebody has seen and accepted. They are left out.

        Returns:
            The findings, the gravest first: each has ``code``, ``severity``, ``repository``, ``where``, ``message`` and
            ``way_out``.

        Raises:
            SpecError: A name, an account or a code is none.
            ClientError: botocore's ``RepositoryNotFoundException``: the only repository that is named does not exist.

        Example:
            ``print(registry.lint_access(accounts=["111122223333"], ignore=["own-account"]))``
        """
        from ecrops.access.linting.findings import CODES
        from ecrops.access.linting.known import check_accounts
        from ecrops.access.linting.lint import lint
        from ecrops.base.problems import check_codes
        from ecrops.repositories.prefixes import check_selected, selected

        checked = check_selected(names, "lint_access(*names)")
        accepted, ignored = check_accounts(accounts), check_codes(ignore, CODES)
        return lint(self.aws, selected(self.aws, checked), accepted, ignored)

    def access_changes(self, plan: Plan) -> AccessChanges:
        """Return who gains and loses what by a plan, by all policies before and after it. Reads only.

        One call reads the policies of all users, roles and groups, a page at a time, and one call the policy of each
        repository that is concerned. A plan that changes no policy is answered without a call.

        Args:
            plan: A plan for this registry that was not made yet: of ``plan(*specs)``, or of any verb of a registry with
                ``dry_run=True``.

        Returns:
            What each principal gains and loses, on which repositories, and by which statement; false if that is
            nothing. Its ``unchanged`` has what the plan grants in vain: allowed already, or denied anyway.

        Raises:
            SpecError: It is no plan, it was made already, or it is for another registry.

        Example:
            ``print(registry.access_changes(registry.plan(*specs)))``
        """
        from ecrops.access.effects.effects import access_changes

        return access_changes(self.aws, plan)
