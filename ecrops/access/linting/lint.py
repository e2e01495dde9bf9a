"""What an auditor looks for in a registry: the policies that were read, and what they decide together.

Called by the verb ``lint_access``. It reads part after part, and keeps the findings alone. What cannot be read is
a finding too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ecrops.access.answers.asking import Evaluation
from ecrops.access.answers.documents import Documents, windows
from ecrops.access.answers.parts import ABSENT, DESCRIBE_ORGANIZATION, REPOSITORY, organization_of, what_of
from ecrops.access.answers.unread import Unread
from ecrops.access.answers.words import source_text
from ecrops.access.linting import denied, statements
from ecrops.access.linting.findings import AccessFinding
from ecrops.access.linting.known import Known
from ecrops.access.linting.logins import Logins
from ecrops.access.linting.remark import Remark
from ecrops.aws import Aws
from ecrops.base.shown import ShownTuple
from ecrops.iam.evaluation.compiled import CompiledPolicy

AT_ONCE = 1000
"""The repositories that are judged together: an identity is asked about once for all of them."""
_GRAVITY = {"high": 0, "medium": 1, "low": 2}
_WRITE_ANEW = "write it anew: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html"


def lint(
    aws: Aws, names: Iterable[str], accepted: frozenset[str], ignored: frozenset[str]
) -> ShownTuple[AccessFinding]:
    """Return what an auditor asks about repositories and the registry policy, the gravest first.

    Args:
        aws: The account and region.
        names: The repositories.
        accepted: Other accounts and organizations that may use them.
        ignored: The codes that are left out.
    """
    audit = Audit(aws, accepted)
    found = dict.fromkeys(finding for part in windows(aws, names, size=AT_ONCE) for finding in audit.of_part(part))
    found |= dict.fromkeys(audit.of_all())
    kept = [finding for finding in found if finding.code not in ignored]
    return ShownTuple(sorted(kept, key=lambda finding: (_GRAVITY[finding.severity], finding.repository)))


class Audit:
    """An audit of a registry, part after part.

    Args:
        aws: The account and region.
        accepted: Other accounts and organizations that may use it.
    """

    def __init__(self, aws: Aws, accepted: frozenset[str]) -> None:
        self._aws, self._accepted = aws, accepted
        self._logins, self._identities = Logins(), denied.Identities()
        self._organization: str | None = None
        self._unread: tuple[Unread, ...] = ()
        self._is_known = False

    def of_part(self, documents: Documents) -> Iterator[AccessFinding]:
        """Yield the findings of some repositories.

        Args:
            documents: What was read about them.
        """
        known = Known(documents.account, self._accepted, lambda: self._own(documents), _presence(documents))
        yield from _of_unread(documents)
        for name, policy in documents.policies.items():
            yield from _of_policy(policy, name, known)
        yield from _of_policy(documents.registry, "", known)
        yield from _of_identities(documents)
        evaluation = Evaluation(documents)
        for name, statement, remark in denied.of_repositories(evaluation):
            yield _finding(name, source_text(statement.source), remark)
        self._identities.add(evaluation)
        self._logins.add(evaluation)

    def of_all(self) -> Iterator[AccessFinding]:
        """Yield the findings of users, roles and groups, about all repositories."""
        for who, statement, remark in self._identities.void():
            yield _finding("", f"{who}: {source_text(statement.source)}", remark)
        for who, remark in self._logins.remarks():
            yield _finding("", who, remark)
        for unread in self._unread:
            yield _unread(unread, "")

    def _own(self, documents: Documents) -> str | None:
        """Return the organization of the account, which is read when the first statement asks for one."""
        if not self._is_known:
            self._is_known = True
            self._organization = documents.organization
            is_denied = any(unread.permission == DESCRIBE_ORGANIZATION for unread in documents.unread)
            if self._organization is None and not is_denied:
                self._organization, self._unread = organization_of(self._aws)
        return self._organization


def _presence(documents: Documents) -> Callable[[str], bool | None]:
    """Return what tells whether the account has a user or role, by its ARN or unique id."""
    directory = documents.directory

    def is_there(name: str) -> bool | None:
        if directory is None:
            return None
        found = directory.by_arn(name) or directory.by_id(name)
        return True if found else False if directory.is_whole else None

    return is_there


def _of_policy(policy: CompiledPolicy | None, name: str, known: Known) -> Iterator[AccessFinding]:
    """Yield the findings of a repository policy, or of the registry policy, whose name is empty."""
    for statement in policy.statements if policy and not policy.unreadable else ():
        where = source_text(statement.source)
        if statement.unreadable:
            yield _unreadable(name, where, statement.unreadable)
            continue
        for remark in statements.remarks(statement.document, known, is_of_registry=not name):
            yield _finding(name, where, remark)


def _of_identities(documents: Documents) -> Iterator[AccessFinding]:
    """Yield the statements of users, roles and groups that nobody can read."""
    for identity in documents.directory or ():
        for policy in (*identity.policies, *filter(None, [identity.boundary])):
            for statement in policy.statements:
                if statement.unreadable and (identity.kind == "group" or not policy.source.kind.startswith("group ")):
                    yield _unreadable("", f"{identity}: {source_text(statement.source)}", statement.unreadable)


def _of_unread(documents: Documents) -> Iterator[AccessFinding]:
    """Yield what could not be read, each with the repository that it is about."""
    repositories = {what_of(REPOSITORY, name): name for name in documents.policies}
    for unread in documents.unread:
        if unread.why == ABSENT:
            name = unread.what.removeprefix("repository ")
            yield _finding(name, "", Remark("unread", ABSENT, "see its name, and the account and region"))
        else:
            yield _unread(unread, repositories.get(unread.what, ""))


def _unread(unread: Unread, repository: str) -> AccessFinding:
    where = REPOSITORY if repository else unread.what
    if unread.is_garbled:
        return _unreadable(repository, where, unread.why)
    way_out = f"allow the caller {unread.permission}" if unread.permission else "until then nobody knows what it says"
    return _finding(repository, where, Remark("unread", f"was not read: {unread.why}", way_out))


def _unreadable(repository: str, where: str, reason: str) -> AccessFinding:
    return _finding(
        repository, where, Remark("unreadable-policy", f"is no policy that IAM documents: {reason}", _WRITE_ANEW)
    )


def _finding(repository: str, where: str, remark: Remark) -> AccessFinding:
    return AccessFinding(remark.code, repository, where, remark.message, remark.way_out)
