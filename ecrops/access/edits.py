"""What is wanted of a policy document, as values that are called on the policy. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ecrops.access import actions
from ecrops.access.grants import Grant
from ecrops.errors import SpecError
from ecrops.iam.conditions import without_resources
from ecrops.iam.statements import PREFIX, VERSION, Policy, Statement, Subject, condition_text, meaning

# What is allowed on "*" stands in statements of its own. The first comes with a grant that needs it, and goes with it.
LOGIN, TOKEN, PUBLIC_TOKEN = (Subject("*", sid=f"{PREFIX}{name}") for name in ("Login", "Token", "PublicToken"))
OWN_SIDS = {LOGIN.sid: actions.TOKEN, TOKEN.sid: actions.TOKEN, PUBLIC_TOKEN.sid: actions.PUBLIC_TOKEN}


@dataclass(frozen=True)
class Exactly:
    """An edit: this document and no other.

    Args:
        document: The document.
        force: Whether ECR takes it even if it keeps the caller from setting another.
    """

    document: Mapping[str, Any]
    force: bool = False

    def __call__(self, policy: Policy) -> Policy:
        """The policy after the edit."""
        return Policy.parse({"Version": VERSION, **self.document}, policy.element, actions.sid)


@dataclass(frozen=True)
class Allow:
    """An edit: a subject may do this too.

    Args:
        subject: Who, or on what.
        actions: What.
        also: Subjects of statements of their own that go with it, and what they are allowed.
        notes: What the user must know about it.
    """

    subject: Subject
    actions: tuple[str, ...]
    also: tuple[tuple[Subject, tuple[str, ...]], ...] = ()
    notes: tuple[str, ...] = ()

    def __call__(self, policy: Policy) -> Policy:
        """The policy after the edit."""
        policy.allow(self.subject, self.actions)
        for subject, allowed in self.also:
            policy.allow(subject, allowed)
        return policy


@dataclass(frozen=True)
class Forbid:
    """An edit: a subject may not do this any longer, as far as ecrops allowed it.

    Args:
        subject: Who, or on what.
        actions: What; everything without.
        repository: The ARN of the repository that it is for, where the subject is a resource.
        stays: What the user must know if it takes something away: where else it would have to.
    """

    subject: Subject
    actions: tuple[str, ...] | None = None
    repository: str = ""
    stays: str = ""

    def __call__(self, policy: Policy) -> Policy:
        """The policy after the edit."""
        policy.forbid(self.subject, self.actions)
        return policy


@dataclass(frozen=True)
class Add:
    """An edit: this statement too.

    Args:
        statement: The statement.
        replace: Whether it takes the place of another one with its Sid.
        force: Whether ECR takes it even if it keeps the caller from setting another policy.
    """

    statement: Statement
    replace: bool = False
    force: bool = False

    def __call__(self, policy: Policy) -> Policy:
        """The policy after the edit."""
        sid = self.statement.get("Sid")
        if any(_same(self.statement, each) for each in policy.others):
            return policy
        taken = [each for each in policy.others if sid and each.get("Sid") == sid]
        if taken and not self.replace:
            raise SpecError(
                f"another statement has the Sid {sid!r} already: choose another, or replace it with replace=True"
            )
        policy.others = [each for each in policy.others if each not in taken] + [dict(self.statement)]
        return policy


@dataclass(frozen=True)
class Drop:
    """An edit: not this statement, or not the one with this Sid.

    Args:
        statement: The statement, or its Sid.
        force: Whether ECR takes what is left even if it keeps the caller from setting another policy.
    """

    statement: Statement | str
    force: bool = False

    def __call__(self, policy: Policy) -> Policy:
        """The policy after the edit."""
        policy.others = [each for each in policy.others if not self.means(each)]
        return policy

    def means(self, other: Statement) -> bool:
        """Whether a statement is the one."""
        if isinstance(self.statement, str):
            return other.get("Sid") == self.statement
        return _same(self.statement, other)


Edit = Exactly | Allow | Forbid | Add | Drop


def token_subject(subject: Subject, condition: str) -> Subject:
    """Return a token under the conditions of a principal, without those on a resource: a token is about none."""
    return replace(subject, condition=without_resources(condition))


def allowance(grant: Grant, arn: str) -> Allow:
    """Return what a grant allows in an IAM policy, with the token to log in if it needs one.

    Args:
        grant: The grant.
        arn: The repository, or a wildcard of repositories.
    """
    subject = Subject(arn, condition_text(grant.principal.all_conditions))
    login = ((token_subject(LOGIN, subject.condition), actions.TOKEN),) if grant.needs_login else ()
    return Allow(subject, grant.actions, also=login)


def check_variables(edit: Edit, policy: Policy, way_out: str) -> None:
    """Refuse a grant whose condition has variables, in a document that is older than they are.

    They are plain text there, and a test that was to shut somebody out lets everybody in:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html

    Raises:
        SpecError: It has, with its Version and the way out.
    """
    version = policy.rest.get("Version", VERSION)
    if isinstance(edit, Allow) and "${" in edit.subject.condition and version != VERSION:
        raise SpecError(
            f"the policy has the Version {version}, said or unsaid, in which ${{...}} in a condition is plain text and "
            f"no variable, and this grant has it in its conditions: {way_out}"
        )


def _same(one: Statement, other: Statement) -> bool:
    """Whether two statements mean the same; without a Sid one means the same under any but ours."""
    if "Sid" in one or str(other.get("Sid", "")).startswith(PREFIX):
        return meaning(one) == meaning(other)
    return meaning(one) == meaning({key: value for key, value in other.items() if key != "Sid"})
