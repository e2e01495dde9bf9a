"""The grants that statements of ecrops hold, and no spec has: in repository policies, and in policies of IAM.

Only what ecrops wrote counts: a statement with its Sid that says what ecrops writes under it. A grant is in a spec if
the ``grants`` of a repository have it, with the same principal, policy and wildcard. The token to log in is of no
repository: it goes with the last grant that needs it. The policy of a repository in no spec goes with the repository.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple, cast

from ecrops.access import actions
from ecrops.access.aspects import inline_policy, managed_policies, repository_policy
from ecrops.access.leftovers import in_words
from ecrops.access.wants import granted
from ecrops.aws import Aws, code_of
from ecrops.engine.aspect import Aspect
from ecrops.engine.reading import Readings, is_of_one, read
from ecrops.iam.policy import NO_ACTIONS, PRINCIPAL, Policy, Subject
from ecrops.iam.wildcards import covers
from ecrops.repositories import calls
from ecrops.repositories.calls import arn_of
from ecrops.unmanaged import identities
from ecrops.unmanaged.managed import Managed
from ecrops.unmanaged.values import Attach, Part, UnmanagedGrant
from ecrops.unmanaged.within import Within, matching

if TYPE_CHECKING:
    from ecrops.access.grants import Grant

ASPECTS: Mapping[Attach, Aspect] = {
    "repository": repository_policy,
    "inline": inline_policy,
    "managed": managed_policies,
}
Wanted = dict[tuple[Attach, str], dict[Subject, frozenset[str]]]
"""The actions that specs grant, by policy and subject."""


class Left(NamedTuple):
    """What a subject is allowed, apart: what no spec grants, and what specs grant."""

    actions: tuple[str, ...]
    granted: tuple[str, ...]

    @classmethod
    def of(cls, allowed: frozenset[str], wanted: frozenset[str]) -> Left:
        """Return the two parts of what is allowed."""
        return cls(tuple(sorted(allowed - wanted)), tuple(sorted(allowed & wanted)))

    @property
    def total(self) -> int:
        """As how many grants it counts."""
        return bool(self.actions) + bool(self.granted)

    @property
    def kept(self) -> tuple[str, ...]:
        """What specs grant, and would go with a wildcard that they do not."""
        is_covered = any(covers(pattern, action) for pattern in self.actions for action in self.granted)
        return self.granted if is_covered else ()


def wanted_by(aws: Aws, managed: Managed) -> Wanted:
    """Return what the grants of specs allow.

    Raises:
        SpecError: There can be no such grant.
    """
    attach_of = {id(aspect): attach for attach, aspect in ASPECTS.items()}
    wanted: Wanted = {}
    for spec in managed.repositories.values():
        for grant in spec.grants or ():
            for want in granted(aws, spec.name, cast("Grant", grant)):
                allowed = wanted.setdefault((attach_of[id(want.aspect)], want.key), {})
                allowed[want.edit.subject] = allowed.get(want.edit.subject, NO_ACTIONS).union(want.edit.actions)
    return wanted


# Repository policies


def policies(aws: Aws, managed: Managed, within: Within, known: Readings) -> tuple[Readings, dict[str, Exception]]:
    """Read the policies of the repositories whose specs have grants. One call each.

    Args:
        aws: The account and region.
        managed: What the specs manage.
        within: The names that are looked at.
        known: What was read before.

    Returns:
        What was read, with what was known, and why some policies were not read.

    Raises:
        ClientError: The credentials are not valid any more, for example. An error of one repository hides no other.
    """
    errors: dict[str, Exception] = {}

    def on_error(name: str, error: Exception) -> None:
        if not is_of_one(error):
            raise error
        errors[name] = error

    read_of = [name for name, spec in managed.repositories.items() if within.has(name) and spec.grants is not None]
    specs = managed.repositories
    goals = {(repository_policy, name): () for name in read_of if specs[name].resource_policy is None}
    return read(aws, goals, known, on_error=on_error), errors  # type: ignore[arg-type]


def in_repositories(
    aws: Aws, managed: Managed, within: Within, known: Readings, errors: Mapping[str, Exception], wanted: Wanted
) -> Part[UnmanagedGrant]:
    """Return the grants in the policies of repositories that no spec has.

    Args:
        aws: The account and region.
        managed: What the specs manage.
        within: The names that are looked at.
        known: The policies.
        errors: Why some were not read.
        wanted: What specs grant.
    """
    found: list[UnmanagedGrant] = []
    total = 0
    for name, spec in managed.repositories.items():
        document = known.get((repository_policy, name))
        if not document or spec.grants is None or spec.resource_policy is not None or not within.has(name):
            continue
        allowed = wanted.get(("repository", name), {})
        for subject, names in Policy.parse(document, PRINCIPAL, actions.sid).allowed.items():
            left = Left.of(names, allowed.get(subject, NO_ACTIONS))
            total += left.total
            if left.actions:
                grant = UnmanagedGrant(
                    account=aws.account_id,
                    region=aws.region,
                    name=name,
                    principal=in_words(subject),
                    actions=left.actions,
                    attach="repository",
                    policy="",
                    key=name,
                    subject=subject,
                    kept=left.kept,
                )
                found.append(grant)
    missing = [name for name, error in errors.items() if code_of(error) == calls.MISSING]
    notes = [f"{name}: grants in its policy are not known: {errors[name]}" for name in errors if name not in missing]
    return Part(found, total, tuple(notes))


# Policies of IAM


def in_identities(aws: Aws, managed: Managed, within: Within, wanted: Wanted) -> Part[UnmanagedGrant]:
    """Return the grants in policies of users, roles and groups of the account that no spec has. One listing of IAM.

    Args:
        aws: The account and region.
        managed: What the specs manage.
        within: The names that are looked at.
        wanted: What specs grant.

    Raises:
        ClientError: botocore's own error; the caller may not list them, for example.
    """
    gathered = identities.read(aws)
    found: list[UnmanagedGrant] = []
    total = 0
    for written in gathered.written():
        for name, subject, allowed in _within(aws, managed, within, written.policy):
            key = f"{written.key} attached" if written.attach == "managed" else str(written.key)
            left = Left.of(allowed, wanted.get((written.attach, key), {}).get(subject, NO_ACTIONS))
            total += left.total
            if left.actions:
                values = {"account": aws.account_id, "region": aws.region, "name": name, "subject": subject}
                grant = UnmanagedGrant.of_identity(
                    written.key, written.attach, actions=left.actions, kept=left.kept, **values
                )
                found.append(grant)
    found.sort(key=lambda grant: (grant.name, grant.key))
    return Part(found, total, tuple(gathered.notes))


def _within(
    aws: Aws, managed: Managed, within: Within, policy: Policy
) -> Iterator[tuple[str, Subject, frozenset[str]]]:
    """Yield what a policy of ecrops allows on repositories within the prefix: those in no spec, or with grants in it.

    A wildcard that matches a repository whose spec leaves its grants out is not managed.
    """
    here = arn_of(aws, "")
    for subject, allowed in policy.allowed.items():
        name = subject.name.removeprefix(here)
        if subject.sid or name == subject.name or not within.has(name):
            continue
        specs = map(managed.repositories.__getitem__, matching(name, managed.repositories))
        if all(spec.grants is not None for spec in specs):
            yield name, subject, allowed
