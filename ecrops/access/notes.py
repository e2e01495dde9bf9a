"""Notes of grants and revokes: what other accounts must allow too, and what stays in their policies. Pure.

Called by ``wants``. It words sentences, and decides nothing. What stays in this account is worded in ``leftovers``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ecrops.access import actions, words
from ecrops.access.aspects.statement_notes import for_any_account
from ecrops.access.edits import Allow, allowance
from ecrops.access.grants import Grant
from ecrops.access.principals.identities import Identity
from ecrops.access.principals.named import (
    AccountPrincipal,
    AnyPrincipal,
    ArnPrincipal,
    FederatedPrincipal,
    Grantee,
    OrganizationPrincipal,
    ServicePrincipal,
    is_for_any_account,
)
from ecrops.access.sides import Place
from ecrops.aws import Arn, Aws
from ecrops.base.change import Note
from ecrops.iam.policy import PRINCIPAL, RESOURCE, Policy, Subject
from ecrops.iam.statements import VERSION, Document
from ecrops.repositories.calls import arn_of as repository_arn
from ecrops.repositories.values import ECR

_GRANT_READ = "registry.authorization_token.grant_read"


def left_elsewhere(name: str, place: Place, removed: Iterable[str] | None, options: Mapping[str, str]) -> str:
    """Return the note of a revoke that the identity policy of another account is left as it is.

    Args:
        name: The repository.
        place: The place of the principal.
        removed: The actions of the revoke; ``None`` for all.
        options: The options of the revoke that are not at their default.
    """
    arguments = "".join(f", {action!r}" for action in removed or ())
    arguments += "".join(f", {option}={value!r}" for option, value in options.items())
    return (
        f"{name}: what account {place.account} allows {place.principal} in a policy of its own stays there, and lets "
        f"nobody in without this one: revoke({place.principal!r}{arguments}, session=...) takes away what ecrops "
        "wrote there"
    )


def of_all_policies(name: str, place: Place, removed: Sequence[str] | None, service: str) -> str:
    """Return the note of a revoke which verb tells what remains by all policies; empty where that verb cannot.

    Args:
        name: The repository.
        place: The place of the principal.
        removed: The actions of the revoke; ``None`` for all.
        service: The service that has the repository.
    """
    principal = place.principal
    answers = isinstance(principal, Identity | ArnPrincipal | AccountPrincipal | ServicePrincipal)
    if service != ECR or not answers or principal.conditions or not place.local:
        return ""
    what = removed[0] if removed else "pull"
    return (
        f"{name}: other policies were not read, which may go on allowing {principal} what is revoked: "
        f"repo.can({principal!r}, {what!r}) tells"
    )


def of_grant(aws: Aws, name: str, grant: Grant, place: Place) -> Iterator[str]:
    """Yield notes of what else must be allowed outside this registry's policies, with a document to copy."""
    principal, may = grant.principal, actions.words(grant.actions)
    if isinstance(principal, ServicePrincipal) and is_for_any_account(principal.all_conditions):
        yield f"{name}: this {for_any_account(principal.service)}"
    account = place.account or _account_of(principal)
    if isinstance(principal, AnyPrincipal | FederatedPrincipal):
        yield from _of_any_account(aws, name, grant)
        return
    if place.account_aws is not None or not (account or isinstance(principal, OrganizationPrincipal)):
        return
    if isinstance(principal, ArnPrincipal) and account == aws.account_id:
        if grant.needs_login:
            by = "its permission set in IAM Identity Center" if principal.is_of_aws else _GRANT_READ
            yield f"{name}: {principal} needs the token to log in too, which no repository policy can grant: {by}"
        return
    grantees = f"users and roles of {principal}" if isinstance(principal, AccountPrincipal) else str(principal)
    accounts = f"account {account} allows" if account else "the accounts of the organization allow"
    document = _document(grant, repository_arn(aws, name, grant.service))
    yield Note(f"{name}: {grantees} can {may} only if {accounts} it too, in a policy of IAM such as", document)
    if options := grant.options():
        unused = ", ".join(f"{option}={value!r}" for option, value in options.items())
        yield (
            f"{name}: {unused} did nothing, for it is about the policy in account {account}, which is written only "
            "with session= for that account"
        )


def of_puller(name: str, grant: Grant, principal: Subject, repository: Arn) -> Iterator[str]:
    """Yield notes of what the account of a repository must allow, for a grant in the account of the principal.

    Args:
        name: The repository, or the wildcard of repositories.
        grant: The grant.
        principal: The principal, as a repository policy names it.
        repository: The repository.
    """
    who, account = words.who(principal.name.partition(":")[2], {}), repository.account
    in_policy = [action for action in grant.actions if not actions.is_of_identities(action)]
    if in_policy:
        document = Allow(principal, tuple(in_policy))(Policy(PRINCIPAL, actions.sid)).document
        yield Note(
            f"{name}: {who} can {actions.words(in_policy)} only if account {account} allows it too, in the policy of "
            "the repository such as",
            _without_sids(document),
        )
    if len(in_policy) < len(set(grant.actions)):
        others = [action for action in grant.actions if actions.is_of_identities(action)]
        may = actions.words(others)
        yield f"{name}: {who} can {may} only if the registry policy of account {account} allows it too"


def left_in_repository(name: str, principal: Subject, repository: Arn) -> str:
    """Return the note of a revoke that the policy of a repository of another account is left as it is."""
    who = words.who(principal.name.partition(":")[2], {})
    return (
        f"{name}: what account {repository.account} allows {who} in the policy of the repository stays there, and lets "
        f"nobody in without a policy of IAM here"
    )


def _of_any_account(aws: Aws, name: str, grant: Grant) -> Iterator[str]:
    """Yield the notes of a principal that may be of any account, the registry's included."""
    principal, may = grant.principal, actions.words(grant.actions)
    yield Note(
        f"{name}: {principal} of other accounts can {may} only if their account allows it too, in a policy of IAM such "
        "as",
        _document(grant, repository_arn(aws, name, grant.service)),
    )
    if grant.needs_login:
        yield (
            f"{name}: {principal} of this account need the token to log in too, which no repository policy can grant: "
            f"{_GRANT_READ} for the users and roles that they call as"
        )


def not_allowed(name: str, grant: Grant, place: Place) -> Iterator[str]:
    """Yield a note of the actions that a repository policy cannot allow, if no identity policy is written either."""
    unwritten = [action for action in grant.actions if actions.is_of_identities(action)]
    if unwritten and place.account_aws is None:
        yield (
            f"{name}: {grant.principal} is not allowed {actions.words(unwritten)} by this, for the repository that "
            "would allow it is not there yet: only a policy of IAM, or of the registry, can"
        )


def _account_of(principal: Grantee) -> str:
    if isinstance(principal, AccountPrincipal):
        return principal.account
    return Arn.parse(principal.principal_arn).account if isinstance(principal, ArnPrincipal) else ""


def _document(grant: Grant, arn: str) -> str:
    """Return the identity policy that a grant needs, as JSON to copy."""
    policy = allowance(grant, arn)(Policy(RESOURCE, actions.sid))
    return _without_sids(policy.document)


def _without_sids(document: Document) -> str:
    statements: list[dict[str, Any]] = document["Statement"]
    without_sids = [{key: value for key, value in item.items() if key != "Sid"} for item in statements]
    return json.dumps({"Version": VERSION, "Statement": without_sids})
