"""What a grant or a revoke cannot do by itself, in words: what other accounts have to allow, and what stays.

Called by ``wants``. It writes sentences, and decides nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ecrops.access import actions
from ecrops.access.edits import allowance
from ecrops.access.grants import Grant
from ecrops.access.principals.named import (
    AccountPrincipal,
    AnyOne,
    AnyPrincipal,
    ArnPrincipal,
    FederatedPrincipal,
    OrganizationPrincipal,
)
from ecrops.access.sides import Place
from ecrops.aws import Arn, Aws
from ecrops.iam.policy import RESOURCE, Policy
from ecrops.repositories.calls import arn_of as repository_arn

_GRANT_READ = "registry.authorization_token.grant_read"


def left_elsewhere(name: str, place: Place, taken: tuple[str, ...] | None, options: dict[str, str]) -> str:
    """What is not taken away in another account, and how it is."""
    actions_ = "".join(f", {action!r}" for action in taken or ())
    said = "".join(f", {option}={value!r}" for option, value in options.items())
    return (
        f"{name}: what account {place.account} allows {place.principal} in a policy of its own stays there, and lets "
        f"nobody in without this one: revoke({place.principal!r}{actions_}{said}, session=...) takes away what ecrops "
        "wrote there"
    )


def of_grant(aws: Aws, name: str, grant: Grant, place: Place) -> Iterator[str]:
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


def not_allowed(name: str, grant: Grant, place: Place) -> Iterator[str]:
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
    policy = allowance(grant, arn)(Policy(RESOURCE, actions.sid))
    statements: Sequence[dict[str, Any]] = policy.document["Statement"]
    return ready_document([{key: value for key, value in each.items() if key != "Sid"} for each in statements])


def ready_document(statements: Iterator[Mapping[str, Any]] | Sequence[Mapping[str, Any]]) -> str:
    """A policy document to copy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
