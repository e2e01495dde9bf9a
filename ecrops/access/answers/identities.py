"""The users, roles and groups of an account, with every policy of IAM that is in force for them.

Called by ``documents``, and for the other account of a question. One listing of IAM has all of it:
``GetAccountAuthorizationDetails``, page after page. A policy that several identities have is compiled once.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from ecrops.access.answers.compiling import Compiler, text_of
from ecrops.aws import Aws
from ecrops.iam.evaluation.compiled import CompiledPolicy, unreadable_policy

LISTING = "iam:GetAccountAuthorizationDetails"
KINDS = ("User", "Group", "Role")
FILTER = (*KINDS, "LocalManagedPolicy", "AWSManagedPolicy")
PAGE = 500
"""Identities and policies on a page, 1,000 at most. The documents of a page are in memory at once, twice as text."""
INLINE, MANAGED, AWS_MANAGED, BOUNDARY = "inline policy", "managed policy", "AWS managed policy", "permissions boundary"


@dataclass(frozen=True, slots=True)
class Identity:
    """A user, a role or a group.

    Args:
        kind: ``user``, ``role`` or ``group``.
        name: The name, without a path.
        arn: The ARN, with the path.
        unique_id: The id that no other identity ever has, such as ``AROA…``.
        tags: The tags; groups have none.
        policies: The policies that are in force: inline and managed ones, then those of the groups of a user.
        boundary: The permissions boundary; ``None`` for none. It is unreadable if its policy is not there.
        groups: The names of the groups of a user.
    """

    kind: str
    name: str
    arn: str
    unique_id: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    policies: tuple[CompiledPolicy, ...] = field(default=(), repr=False)
    boundary: CompiledPolicy | None = field(default=None, repr=False)
    groups: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Directory:
    """The users, roles and groups of one account: iterable, in the order of IAM.

    Args:
        identities: The identities.
        asked: Of a directory that holds only some identities: the kinds and names that were asked for, whether they
            are there or not. ``None`` if it holds all of the account.
    """

    def __init__(self, identities: Iterable[Identity], asked: Iterable[tuple[str, str]] | None = None) -> None:
        self._by_name = {(identity.kind, identity.name): identity for identity in identities}
        self._by_arn = {identity.arn: identity for identity in self}
        self._by_id = {identity.unique_id: identity for identity in self if identity.unique_id}
        self._asked = None if asked is None else frozenset(asked)

    @property
    def is_whole(self) -> bool:
        """Whether it holds all identities of the account: then what it does not find is not there."""
        return self._asked is None

    def knows(self, kind: str, name: str) -> bool:
        """Whether it was asked if there is such an identity: then one that ``find`` does not find is not there."""
        return self._asked is None or (kind, name) in self._asked

    def find(self, kind: str, name: str) -> Identity | None:
        """Return an identity by ``user``, ``role`` or ``group`` and its name without a path."""
        return self._by_name.get((kind, name))

    def by_arn(self, arn: str) -> Identity | None:
        """Return an identity by its ARN with its path. A session is none: find its role by name."""
        return self._by_arn.get(arn)

    def by_id(self, unique_id: str) -> Identity | None:
        """Return the identity that has an id such as ``AROA…`` now. That of a deleted one is never used again."""
        return self._by_id.get(unique_id)

    def __iter__(self) -> Iterator[Identity]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    def __repr__(self) -> str:
        return f"<Directory: {len(self):,} identities>"


def read(aws: Aws) -> Directory:
    """Read all users, groups and roles of the account, in one listing.

    Raises:
        ClientError: botocore's own error; the caller may not list them, for example.
    """
    pages = aws.pages("iam", "GetAccountAuthorizationDetails", Filter=list(FILTER), MaxItems=PAGE)
    return parse(pages)


def parse(pages: Iterable[Mapping[str, Any]], asked: Iterable[tuple[str, str]] | None = None) -> Directory:
    """Return the identities in answers of ``GetAccountAuthorizationDetails``: each page is forgotten before the next.

    Args:
        pages: The answers, with documents as JSON.
        asked: As in ``Directory``.
    """
    gathered = Gathered()
    for page in pages:
        gathered.add(page)
    return Directory(gathered.identities(), asked)


class Draft(NamedTuple):
    """An identity whose managed policies and groups may be on a later page.

    Args:
        identity: The identity with its inline policies.
        attached: The names and ARNs of its managed policies.
        boundary: The ARN of its permissions boundary; empty for none.
    """

    identity: Identity
    attached: tuple[tuple[str, str], ...]
    boundary: str


class Gathered:
    """What the pages of a listing have told.

    Attributes:
        compiler: Compiles each document once.
    """

    def __init__(self) -> None:
        self.compiler = Compiler()
        self._drafts: dict[str, list[Draft]] = {kind: [] for kind in KINDS}
        self._managed: dict[str, str] = {}

    def add(self, page: Mapping[str, Any]) -> None:
        """Add a page."""
        for kind in KINDS:
            self._drafts[kind] += [self._draft(kind, detail) for detail in page.get(f"{kind}DetailList", ())]
        for policy in page.get("Policies", ()):
            for version in policy.get("PolicyVersionList", ()):
                if version.get("IsDefaultVersion") and "Document" in version:
                    self._managed[policy["Arn"]] = text_of(version["Document"])

    def _draft(self, kind: str, detail: Mapping[str, Any]) -> Draft:
        name = detail[f"{kind}Name"]
        inline = [
            self.compiler.compiled(policy.get("PolicyDocument"), whose(kind, name, INLINE), policy["PolicyName"])
            for policy in detail.get(f"{kind}PolicyList", ())
        ]
        identity = Identity(
            kind=kind.lower(),
            name=name,
            arn=detail["Arn"],
            unique_id=detail.get(f"{kind}Id", ""),
            tags={tag["Key"]: tag["Value"] for tag in detail.get("Tags", ())},
            policies=tuple(inline),
            groups=tuple(detail.get("GroupList", ())),
        )
        attached = [(policy["PolicyName"], policy["PolicyArn"]) for policy in detail.get("AttachedManagedPolicies", ())]
        boundary = (detail.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn") or ""
        return Draft(identity, tuple(attached), boundary)

    def identities(self) -> Iterator[Identity]:
        """Yield the identities, after the last page: users, groups and roles."""
        groups = {draft.identity.name: self._whole(draft, {}) for draft in self._drafts["Group"]}
        yield from (self._whole(draft, groups) for draft in self._drafts["User"])
        yield from groups.values()
        yield from (self._whole(draft, groups) for draft in self._drafts["Role"])

    def _whole(self, draft: Draft, groups: Mapping[str, Identity]) -> Identity:
        identity, kind = draft.identity, draft.identity.kind.title()
        managed = [
            self._of_arn(arn, whose(kind, identity.name, AWS_MANAGED if is_of_aws(arn) else MANAGED), name)
            for name, arn in draft.attached
        ]
        of_groups = [
            policy
            for name in identity.groups
            for policy in (groups[name].policies if name in groups else (_unseen_group(name),))
        ]
        boundary = draft.boundary and self._of_arn(draft.boundary, BOUNDARY, draft.boundary.rpartition("/")[2])
        return replace(identity, policies=(*identity.policies, *managed, *of_groups), boundary=boundary or None)

    def _of_arn(self, arn: str, kind: str, name: str) -> CompiledPolicy:
        if arn not in self._managed:
            return unreadable_policy(kind, name, f"IAM lists no default version of {arn}")
        return self.compiler.compiled_text(self._managed[arn], kind, name)


def whose(kind: str, name: str, policy: str) -> str:
    """Return what kind of policy it is: that of a group is in force for others, so the group is named."""
    return f"group {name}: {policy}" if kind == "Group" else policy


def _unseen_group(name: str) -> CompiledPolicy:
    return unreadable_policy("policies of the group", name, f"IAM does not list the group {name}")


def is_of_aws(arn: str) -> bool:
    """Whether AWS manages a policy: the ARN has ``aws`` in the place of the account."""
    return arn.split(":")[4:5] == ["aws"]
