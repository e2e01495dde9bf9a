"""From the verbs of a repository to wants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecrops.access import documents, edits, resource_policy, routing
from ecrops.access.actions import LAMBDA
from ecrops.access.actions import check as check_actions
from ecrops.access.grants import Grant
from ecrops.access.homes import check_attach
from ecrops.access.parse import principal_of
from ecrops.access.plain import plain
from ecrops.access.principals import AccountPrincipal, ServicePrincipal
from ecrops.access.report import access_of
from ecrops.aspect import Want
from ecrops.aws import Arn, Aws
from ecrops.errors import SpecError

report = access_of


def grant(aws: Aws, name: str, principal: Any, allow: Any, options: Mapping[str, Any]) -> list[Want]:
    """Somebody may do something."""
    try:
        made = Grant(principal, allow, **options)
    except TypeError:
        raise SpecError(*(f"{key}: unknown option" for key in options if key not in Grant.__slots__)) from None
    return list(routing.granted(aws, name, made))


def grant_lambda(aws: Aws, name: str, account: str | None, function_arn_pattern: str | None) -> list[Want]:
    """Lambda may pull, for the functions of an account, and so may the account if it is another."""
    owner = AccountPrincipal(account or aws.account_id)
    functions = Arn(aws.partition.name, "lambda", aws.region, owner.account, "function:*")
    pattern = str(functions) if function_arn_pattern is None else function_arn_pattern
    if not isinstance(pattern, str) or Arn.parse(pattern).service != "lambda":
        raise SpecError(f"function_arn_pattern: expected the ARN of functions, such as {functions}, got {pattern!r}")
    service = ServicePrincipal("lambda.amazonaws.com", conditions={"ArnLike": {"aws:SourceArn": pattern}})
    grants = [Grant(service, LAMBDA)]
    if owner.account != aws.account_id:
        grants.append(Grant(owner, LAMBDA))
    return [want for each in grants for want in routing.granted(aws, name, each)]


def revoke(
    aws: Aws, name: str, principal: Any, actions: tuple[str, ...], places: Mapping[str, Any]
) -> tuple[list[Want], list[Want]]:
    """Somebody may not any longer: in the policy of the repository, and in others."""
    check_attach(places["attach"], places["policy_name"])
    who, taken = principal_of(principal), check_actions(actions) if actions else None
    wants = list(routing.revoked(aws, name, who, taken, **places))
    here = [want for want in wants if want.aspect is resource_policy]
    return here, [want for want in wants if want not in here]


def add(name: str, statement: Mapping[str, Any], replace: bool) -> Want:
    """A statement is in the policy."""
    return Want(resource_policy, name, edits.Add(documents.check_added(statement), replace))


def drop(name: str, statement: Mapping[str, Any] | str) -> Want:
    """A statement is not in the policy."""
    if not isinstance(statement, str | Mapping) or not statement:
        raise SpecError(f"expected a statement, or the Sid of one, got {statement!r}")
    # it is not judged: what is there may be anything
    return Want(resource_policy, name, edits.Drop(statement if isinstance(statement, str) else plain(statement)))


def put(name: str, document: Mapping[str, Any]) -> Want:
    """The policy is this document."""
    return Want(resource_policy, name, edits.Exactly(documents.check_document(document)))
