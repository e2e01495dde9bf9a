"""The edits of a policy document: values that are called on a policy, and return the policy after them. Pure.

Made by ``wants`` and ``login/tokens``, called by the aspects. An edit never changes the policy that it is called on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from itertools import chain
from typing import Any

from ecrops.access import actions
from ecrops.access.grants import Grant
from ecrops.errors import SpecError
from ecrops.iam.conditions import without_resources
from ecrops.iam.policy import NO_ACTIONS, Policy, Subject
from ecrops.iam.sids import PREFIX, is_reserved
from ecrops.iam.statements import VERSION, Statement, condition_text, meaning
from ecrops.repositories.values import ECR, PUBLIC

# What is allowed on "*" stands in statements of its own. The first comes with a grant that needs it, and goes with it.
# So does the third, with a grant on public repositories.
LOGIN, TOKEN, PUBLIC_LOGIN, PUBLIC_TOKEN = (
    Subject("*", sid=f"{PREFIX}{name}") for name in ("Login", "Token", "PublicLogin", "PublicToken")
)
LOGINS = {ECR: LOGIN, PUBLIC: PUBLIC_LOGIN}
"""The token that comes with grants on the repositories of a service."""
TOKENS = {ECR: actions.TOKEN, PUBLIC: actions.PUBLIC_TOKEN}
RESERVED_SIDS = {
    LOGIN.sid: actions.TOKEN,
    TOKEN.sid: actions.TOKEN,
    PUBLIC_LOGIN.sid: actions.PUBLIC_TOKEN,
    PUBLIC_TOKEN.sid: actions.PUBLIC_TOKEN,
}


@dataclass(frozen=True)
class Exactly:
    """An edit: the policy is this document.

    Args:
        document: The document.
        force: Whether ECR takes it even if it keeps the caller from setting another.
        verbatim: Whether it is compared and never written: AWS has accepted it, and ecrops would not write it.
    """

    document: Mapping[str, Any]
    force: bool = False
    verbatim: bool = False

    def __call__(self, policy: Policy) -> Policy:
        """Return the policy after the edit."""
        return Policy.parse({"Version": VERSION, **self.document}, policy.element, policy.namer)


@dataclass(frozen=True)
class Allow:
    """An edit: a subject is allowed these actions too.

    Args:
        subject: The principal or the resource.
        actions: The actions.
        login: Subjects of statements of their own, for the token to log in, and what those are allowed.
        notes: What the user must know about it.
        is_elsewhere: Whether the subject is a repository of another registry, which is shown by its ARN.
        is_of_other_account: Whether the subject is known to be a principal of another account than the repository.
    """

    subject: Subject
    actions: tuple[str, ...]
    login: tuple[tuple[Subject, tuple[str, ...]], ...] = ()
    notes: tuple[str, ...] = ()
    is_elsewhere: bool = False
    is_of_other_account: bool = False

    def __call__(self, policy: Policy) -> Policy:
        """Return the policy after the edit."""
        return policy.allowing_all([(self.subject, self.actions), *self.login])

    def is_met(self, policy: Policy) -> bool:
        """Whether the edit changes nothing in a policy."""
        allowances = ((self.subject, self.actions), *self.login)
        return all(policy.allowed.get(subject, NO_ACTIONS).issuperset(actions) for subject, actions in allowances)


@dataclass(frozen=True)
class Forbid:
    """An edit: the statements of ecrops allow a subject these actions no longer.

    Args:
        subject: The principal or the resource.
        actions: The actions; all of them if ``None``.
        repository: The ARN of the repository that it is about, if the subject is a resource.
        stays: What the user must know if it takes something away: which other policy still allows it.
        is_elsewhere: Whether the subject is a repository of another registry, which is shown by its ARN.
        service: The service that has the repository.
    """

    subject: Subject
    actions: tuple[str, ...] | None = None
    repository: str = ""
    stays: str = ""
    is_elsewhere: bool = False
    service: str = ECR

    def __call__(self, policy: Policy) -> Policy:
        """Return the policy after the edit."""
        return policy.forbidding(self.subject, self.actions)

    def is_met(self, policy: Policy) -> bool:
        """Whether the edit changes nothing in a policy."""
        return self(policy).allowed.get(self.subject) == policy.allowed.get(self.subject)


@dataclass(frozen=True)
class Add:
    """An edit: the policy has this statement too.

    Args:
        statement: The statement.
        replace: Whether it takes the place of another one with its Sid.
        force: Whether ECR takes it even if it keeps the caller from setting another policy.
    """

    statement: Statement
    replace: bool = False
    force: bool = False

    def __call__(self, policy: Policy) -> Policy:
        """Return the policy after the edit.

        Raises:
            SpecError: Another statement has the Sid, and is not to be replaced, or several have it.
        """
        sid = self.statement.get("Sid")
        if any(_is_same(self.statement, statement) for statement in policy.foreign):
            return policy
        remaining = [statement for statement in policy.foreign if not sid or statement.get("Sid") != sid]
        if self.replace and sid:
            check_one(policy, sid, "replace=True replaces")
        if len(remaining) < len(policy.foreign) and not self.replace:
            raise SpecError(
                f"another statement has the Sid {sid!r} already: choose another, or replace it with replace=True"
            )
        return policy.with_foreign([*remaining, dict(self.statement)])


@dataclass(frozen=True)
class Drop:
    """An edit: the policy does not have this foreign statement, or the one with this Sid.

    Args:
        statement: The statement, or its Sid.
        force: Whether ECR takes the remaining policy even if it keeps the caller from setting another.
    """

    statement: Statement | str
    force: bool = False

    def __call__(self, policy: Policy) -> Policy:
        """Return the policy after the edit.

        Raises:
            SpecError: Several statements have the Sid.
        """
        if isinstance(self.statement, str):
            check_one(policy, self.statement, "a Sid takes away")
        return policy.with_foreign(statement for statement in policy.foreign if not self.means(statement))

    def means(self, statement: Statement) -> bool:
        """Whether the edit is about a statement."""
        if isinstance(self.statement, str):
            return statement.get("Sid") == self.statement
        return _is_same(self.statement, statement)


@dataclass(frozen=True)
class Elsewhere:
    """An edit that changes nothing: an identity policy grants this, and the notes say which statement denies it.

    Args:
        subject: The principal, as a repository policy names it.
        actions: The actions.
        policy_key: The key of the identity policy.
    """

    subject: Subject
    actions: tuple[str, ...]
    policy_key: str

    def __call__(self, policy: Policy) -> Policy:
        """Return the policy as it is."""
        return policy


Edit = Exactly | Allow | Forbid | Add | Drop | Elsewhere
IDENTITIES = 1
"""The step of changes of identity policies: after that of repositories, so that none is for one that is not made."""


def edited(edits: Iterable[Edit], policy: Policy) -> Policy:
    """Return the policy after the edits, in their order."""
    return reduce(lambda before, edit: edit(before), edits, policy)


def elsewhere(edits: Iterable[Edit]) -> frozenset[str]:
    """Return the repositories of other registries that edits are about."""
    return frozenset(edit.subject.name for edit in edits if isinstance(edit, Allow | Forbid) and edit.is_elsewhere)


def is_met(edit: Edit, policy: Policy) -> bool:
    """Whether an edit changes nothing in a policy. A grant looks at its subject alone: a policy may have hundreds."""
    return edit.is_met(policy) if isinstance(edit, Allow | Forbid) else edit(policy).parts == policy.parts


def added_parts(edits: Iterable[Edit], before: Policy, after: Policy) -> frozenset[str]:
    """Return what edits add to a policy, part by part.

    An edit that is not met yet counts whole: that some of it is there may be due to another grant, which may go.

    Args:
        edits: The edits.
        before: The policy before them.
        after: The policy after them.
    """
    nothing = Policy(before.element, before.namer)
    whole = (edit(nothing).parts for edit in edits if not is_met(edit, before))
    return after.parts - before.parts | after.parts.intersection(chain.from_iterable(whole))


def token_subject(subject: Subject, condition: str) -> Subject:
    """Return a token under the conditions of a principal, without those on a resource: a token is about none."""
    return replace(subject, condition=without_resources(condition))


def allowance(grant: Grant, arn: str) -> Allow:
    """Return what a grant allows in an identity policy, with the token to log in if it needs one.

    Args:
        grant: The grant.
        arn: The repository, or a wildcard of repositories.
    """
    subject = Subject(arn, condition_text(grant.principal.all_conditions))
    login = token_subject(LOGINS[grant.service], subject.condition)
    return Allow(subject, grant.actions, ((login, TOKENS[grant.service]),) if grant.needs_login else ())


def check_one(policy: Policy, sid: str, verb: str) -> None:
    """Refuse an edit by a Sid that several foreign statements have, unless all of them mean the same.

    Raises:
        SpecError: Several have it; with each of them.
    """
    having = {meaning(statement): statement for statement in policy.foreign if statement.get("Sid") == sid}
    if len(having) > 1:
        raise SpecError(
            f"{len(having)} statements have the Sid {sid!r}, and {verb} one: remove the one that is meant, as a whole "
            f"statement, {' or '.join(map(str, having.values()))}"
        )


def check_variables(edit: Edit, policy: Policy, way_out: str) -> None:
    """Refuse a grant whose condition has variables, in a document whose Version is older than variables.

    They are plain text there, and a test that was to shut somebody out lets everybody in:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html

    Raises:
        SpecError: The grant has variables, and the document is older; with its Version and the way out.
    """
    version = policy.members.get("Version", VERSION)
    if isinstance(edit, Allow) and "${" in edit.subject.condition and version != VERSION:
        raise SpecError(
            f"the policy has the Version {version}, said or unsaid, in which ${{...}} in a condition is plain text and "
            f"no variable, and this grant has it in its conditions: {way_out}"
        )


def _is_same(statement: Statement, current: Statement) -> bool:
    """Whether a given statement means a current one. Without a Sid it means the same under any Sid but ecrops's."""
    if "Sid" in statement or is_reserved(current):
        return meaning(statement) == meaning(current)
    return meaning(statement) == meaning({key: value for key, value in current.items() if key != "Sid"})
