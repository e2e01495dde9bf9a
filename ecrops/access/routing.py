"""From grants to wants: the side, the account and the policy that each is written in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ecrops.access import actions, identity_policy, managed_policy, resource_policy
from ecrops.access.conditions import without_resources
from ecrops.access.edits import Allow, Forbid
from ecrops.access.grants import IDENTITY, REPOSITORY, Grant, Side, places_of, ready_document, sides_of
from ecrops.access.homes import POLICY, Home
from ecrops.access.identity_policy import LOGIN
from ecrops.access.principals import (
    AccountPrincipal,
    AnyOne,
    AnyPrincipal,
    ArnPrincipal,
    FederatedPrincipal,
    Group,
    OrganizationPrincipal,
    Role,
    User,
)
from ecrops.access.statements import RESOURCE, Policy, Subject, condition_text
from ecrops.aspect import Want
from ecrops.aws import Arn, Aws
from ecrops.errors import SpecError
from ecrops.spec import RepositorySpec

if TYPE_CHECKING:
    import boto3


_GRANT_READ = "registry.authorization_token.grant_read"


def wants_of_spec(aws: Aws, spec: RepositorySpec) -> Iterator[Want]:
    """What the grants of a spec want of policies. They are added to what is there; ``revoke`` takes one away."""
    for index, grant in enumerate(spec.grants or ()):
        assert isinstance(grant, Grant)  # the spec has read it
        try:
            yield from granted(aws, spec.name, grant)
        except SpecError as error:
            raise error.at(f"{spec.name}: grants[{index}]") from None


def granted(aws: Aws, name: str, grant: Grant) -> Iterator[Want]:
    """The wants that make a grant true, and the notes of what they cannot."""
    resource = grant.resource(name)
    place = Place.of(aws, grant.principal, grant.session)
    if place.side & IDENTITY and place.home is not None:
        allowed = _allowed_to(grant, repository_arn(aws, resource))
        yield place.want(allowed, grant.attach, grant.policy_name)
    if place.side & REPOSITORY:
        there = tuple(action for action in grant.actions if not actions.is_of_identities(action))
        notes = (*_notes(aws, name, grant, place), *_lost(name, grant, place))
        yield Want(resource_policy, name, Allow(place.subject(aws), there, notes=notes))


def revoked(
    aws: Aws,
    name: str,
    principal: AnyOne,
    taken: tuple[str, ...] | None,
    *,
    on: str | None = None,
    attach: str = "inline",
    policy_name: str = POLICY,
    session: boto3.Session | None = None,
) -> Iterator[Want]:
    """The wants that undo grants, on both sides."""
    place = Place.of(aws, principal, session)
    if place.home is not None:
        subject = Subject(repository_arn(aws, on or name), condition_text(principal.all_conditions))
        yield place.want(Forbid(subject, taken, repository_arn(aws, name)), attach, policy_name)
    if not isinstance(principal, Group):
        stays = (
            "" if place.home or not place.account else _stays(name, place, taken, places_of(on, attach, policy_name))
        )
        yield Want(resource_policy, name, Forbid(place.subject(aws), taken, stays=stays))


def _stays(name: str, place: Place, taken: tuple[str, ...] | None, options: dict[str, str]) -> str:
    """What is not taken away in another account, and how it is."""
    actions_ = "".join(f", {action!r}" for action in taken or ())
    said = "".join(f", {option}={value!r}" for option, value in options.items())
    return (
        f"{name}: what account {place.account} allows {place.principal} in a policy of its own stays there, and lets "
        f"nobody in without this one: revoke({place.principal!r}{actions_}{said}, session=...) takes away what ecrops "
        "wrote there"
    )


def token(aws: Aws, principal: AnyOne, edit: Allow | Forbid, session: boto3.Session | None, **options: str) -> Want:
    """The want of a token, which only a policy of IAM can grant.

    Raises:
        SpecError: The principal has no such policy here.
    """
    place = Place.of(aws, principal, session)
    if place.home is None:
        raise SpecError(
            f"{principal} has no policy of IAM in this account, and nothing else can grant a token: name a User, Role "
            f"or Group, give session= for account {place.account}"
            if place.account
            else f"{principal} has no policy of IAM, and nothing else can grant a token: name a User, Role or Group"
        )
    return place.want(edit, options.get("attach", "inline"), options.get("policy_name", POLICY))


def token_subject(subject: Subject, condition: str) -> Subject:
    """A token, under the conditions of a principal that can hold for it: it is about no resource."""
    return replace(subject, condition=without_resources(condition))


def repository_arn(aws: Aws, name: str) -> str:
    """The ARN of a repository of the registry, or of those that a wildcard names."""
    return str(Arn(aws.partition.name, "ecr", aws.region, aws.account_id, f"repository/{name}"))


@dataclass(frozen=True)
class Place:
    """Where the grants of a principal are written.

    Args:
        principal: Who.
        side: In which policies.
        account: The account of a user, role or group; empty for others, and where only a name says who.
        home: What opens that account; ``None`` where the principal has no policy that can be written.
        local: Whether that is the registry's account.
        by_session: Whether a session was given for it, whose credentials count, in the registry's account too.
    """

    principal: AnyOne
    side: Side
    account: str
    home: Aws | None
    local: bool
    by_session: bool = False

    @classmethod
    def of(cls, aws: Aws, principal: AnyOne, session: boto3.Session | None = None) -> Place:
        """The place of a principal, as the table says.

        Raises:
            SpecError: It is of another partition than the registry, or the session of another account than it.
        """
        _check_partition(aws, principal)
        if not isinstance(principal, User | Role | Group):
            return cls(principal, sides_of(principal)[0], "", None, True)
        if session is None and not principal.account:  # a name, of the registry's account, whichever that is
            return cls(principal, sides_of(principal)[0], "", aws, True)
        other = aws if session is None else aws.beside(session)
        account = principal.account or other.account_id
        local = account == aws.account_id
        _check(principal, None if session is None else other, account, local)
        home = None if session is None and not local else other
        return cls(principal, sides_of(principal)[not local], account, home, local, session is not None)

    def want(self, edit: Any, attach: str, policy_name: str) -> Want:
        """An edit of the principal's policy."""
        assert isinstance(self.principal, User | Role | Group)
        if isinstance(edit, Allow):
            _check_own(self.principal)
        aspect: ModuleType = managed_policy if attach == "managed" else identity_policy
        home = Home(self.principal.kind, self.principal.friendly_name, "" if self.local else self.account, policy_name)
        return Want(aspect, _key(home, attach), edit, home=self.home if self.by_session else None)

    def subject(self, aws: Aws) -> Subject:
        """The principal as a repository policy names it."""
        partition = aws.partition.name
        if isinstance(self.principal, User | Role | Group):
            name = f"AWS:{self.principal.arn(partition, self.account or aws.account_id)}"
        else:
            name = self.principal.subject(partition)
        return Subject(name, condition_text(self.principal.all_conditions))


def _key(home: Home, attach: str) -> str:
    return f"{home} attached" if attach == "managed" else str(home)


def _check_own(principal: User | Role | Group) -> None:
    """Refuse a role whose policies IAM lets nobody change.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage_modify.html

    Raises:
        SpecError: It is one; with who can be granted something in its place.
    """
    if principal.is_of_aws:
        raise SpecError(
            f"{principal.value} is a role that AWS manages, and nobody else writes its policies: "
            "ArnPrincipal(<its ARN>) is granted in the policy of the repository, and for the token its permission set "
            "in IAM Identity Center says ecr:GetAuthorizationToken"
        )


def _check_partition(aws: Aws, principal: AnyOne) -> None:
    """An account of 12 digits is another account in each partition, and none lets in those of another."""
    partition = principal.partition if isinstance(principal, User | Role | Group) else principal.own_partition
    if partition not in ("", aws.partition.name):
        raise SpecError(f"{principal.value} is of another partition than the registry's, {aws.partition.name}")


def _check(principal: User | Role | Group, session: Aws | None, account: str, local: bool) -> None:
    if session is not None and session.account_id != account:
        raise SpecError(f"session: expected one for account {account}, got one for {session.account_id}")
    if isinstance(principal, Group) and not local:
        raise SpecError(
            f"{principal.name_or_arn} is a group of another account, which no repository policy can name: grant "
            f"AccountPrincipal({account!r}), and let that account's policy choose the group"
        )


def _allowed_to(grant: Grant, arn: str) -> Allow:
    subject = Subject(arn, condition_text(grant.principal.all_conditions))
    return Allow(
        subject,
        grant.actions,
        also=((token_subject(LOGIN, subject.condition), actions.TOKEN),) if grant.needs_login else (),
    )


def _notes(aws: Aws, name: str, grant: Grant, place: Place) -> Iterator[str]:
    """What else must be allowed, where this registry cannot: a ready document for whoever can."""
    principal, what = grant.principal, actions.words(grant.actions)
    account = place.account or _account_of(principal)
    if isinstance(principal, AnyPrincipal | FederatedPrincipal):
        yield from _open_notes(aws, name, grant)
        return
    if place.home is not None or not (account or isinstance(principal, OrganizationPrincipal)):
        return
    if isinstance(principal, ArnPrincipal) and account == aws.account_id:
        if grant.needs_login:
            by = "its permission set in IAM Identity Center" if principal.is_of_aws else _GRANT_READ
            yield f"{name}: {principal} needs the token to log in too, which no repository policy can grant: {by}"
        return
    who = f"users and roles of {principal}" if isinstance(principal, AccountPrincipal) else str(principal)
    whose = f"account {account} allows" if account else "the accounts of the organization allow"
    document = _document(grant, repository_arn(aws, name))
    yield f"{name}: {who} can {what} only if {whose} it too, in a policy of IAM such as {document}"
    if options := grant.options():
        said = ", ".join(f"{option}={value!r}" for option, value in options.items())
        yield (
            f"{name}: {said} did nothing, for it is about the policy in account {account}, which is written only with "
            "session= for that account"
        )


def _open_notes(aws: Aws, name: str, grant: Grant) -> Iterator[str]:
    """What those need who may be of any account, this one too."""
    who, what = grant.principal, actions.words(grant.actions)
    yield (
        f"{name}: {who} of other accounts can {what} only if their account allows it too, in a policy of IAM such as "
        f"{_document(grant, repository_arn(aws, name))}"
    )
    if grant.needs_login:
        yield (
            f"{name}: {who} of this account need the token to log in too, which no repository policy can grant: "
            f"{_GRANT_READ} for the users and roles that they call as"
        )


def _lost(name: str, grant: Grant, place: Place) -> Iterator[str]:
    """What the policy of a repository cannot allow, and nothing else here does."""
    lost = [action for action in grant.actions if actions.is_of_identities(action)]
    if lost and place.home is None:
        yield (
            f"{name}: {grant.principal} is not allowed {actions.words(lost)} by this, for the repository that would "
            "allow it is not there yet: only a policy of IAM, or of the registry, can"
        )


def _account_of(principal: AnyOne) -> str:
    if isinstance(principal, AccountPrincipal):
        return principal.account
    return Arn.parse(principal.principal_arn).account if isinstance(principal, ArnPrincipal) else ""


def _document(grant: Grant, arn: str) -> str:
    policy = _allowed_to(grant, arn)(Policy(RESOURCE))
    statements: Sequence[dict[str, Any]] = policy.document(actions.sid)["Statement"]
    return ready_document([{key: value for key, value in each.items() if key != "Sid"} for each in statements])
