"""The principals that must be let in for Lambda functions to run from images: Lambda, and the owners of the functions.

Called by ``wants`` for ``grant_lambda``. It makes principals, and decides in no policy where they are granted. Pure.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html (two statements for another account),
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html (``aws:SourceOrgID``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ecrops.access.principals.named import AccountPrincipal, Grantee, OrganizationPrincipal, ServicePrincipal
from ecrops.access.principals.parse import principal_of
from ecrops.aws import Arn, Aws
from ecrops.base.problems import Problems
from ecrops.errors import SpecError
from ecrops.iam.wildcards import matches

Owner = AccountPrincipal | OrganizationPrincipal
_SERVICE = "lambda.amazonaws.com"


def of_functions(aws: Aws, owners: object, pattern: str | None) -> Iterator[Grantee]:
    """Yield the principals that pull for the functions of some owners.

    Args:
        aws: The registry's account.
        owners: An account, an organization, a list of these, or ``None`` for the registry's account.
        pattern: The ARN of the functions, with wildcards; ``None`` for all in the registry's region.

    Raises:
        SpecError: An argument is wrong; with every reason.
    """
    problems = Problems()
    parsed = problems.take("account", lambda: _owners(owners))
    if pattern is not None:
        problems.take("function_arn_pattern", lambda: _check_functions(aws, pattern))
    problems.raise_any()
    for owner in parsed or [AccountPrincipal(aws.account_id)]:
        yield ServicePrincipal(_SERVICE, conditions=_conditions(aws, owner, pattern))
        if owner.value != aws.account_id:
            yield owner


def _owners(owners: object) -> list[Owner]:
    if owners is None:
        return []
    if isinstance(owners, list | tuple | set | frozenset):
        problems = Problems()
        problems.check(bool(owners), "", "expected at least one account or organization")
        listed = sorted(owners) if isinstance(owners, set | frozenset) else owners
        parsed = problems.each("", listed, _owner)
        problems.raise_any()
        return list(dict.fromkeys(parsed))
    return [_owner(owners)]


def _owner(value: object) -> Owner:
    if isinstance(value, str) and value.startswith(("o-", "arn:")):
        value = principal_of(value)
    if not isinstance(value, AccountPrincipal | OrganizationPrincipal):
        return AccountPrincipal(value)  # type: ignore[arg-type]  # it says what is wrong with the value
    if value.conditions:
        raise SpecError(f"expected {value} without conditions: grant_lambda() makes those of Lambda itself")
    return value


def _conditions(aws: Aws, owner: Owner, pattern: str | None) -> dict[str, Any]:
    """Return the conditions under which Lambda works for an owner."""
    if isinstance(owner, OrganizationPrincipal):
        if pattern is not None and Arn.parse(pattern, pattern=True).account != "*":
            raise SpecError(
                f"function_arn_pattern: expected functions of any account of the {owner}, "
                f"arn:{aws.partition.name}:lambda:{aws.region}:*:function:NAME, got {pattern}"
            )
        arns = {} if pattern is None else {"ArnLike": {"aws:SourceArn": pattern}}
        return {"StringEquals": {"aws:SourceOrgID": owner.organization}, **arns}
    functions = Arn(aws.partition.name, "lambda", aws.region, owner.account, "function:*")
    if pattern is not None:
        functions = Arn.parse(pattern, pattern=True)
        functions = functions._replace(account=owner.account) if functions.account == "*" else functions
    if functions.account != owner.account:
        raise SpecError(
            f"function_arn_pattern: expected functions of account {owner.account}, got {pattern}: "
            "grant_lambda(account, function_arn_pattern=...) lets in another account, the same in both"
        )
    return {"ArnLike": {"aws:SourceArn": str(functions)}}


def _check_functions(aws: Aws, pattern: object) -> None:
    """Refuse a pattern that matches no function that could run an image of this registry.

    Raises:
        SpecError: It is no ARN of functions, or of functions of another partition or region.
    """
    example = Arn(aws.partition.name, "lambda", aws.region, "111122223333", "function:*")
    if not isinstance(pattern, str):
        raise SpecError(f"expected the ARN of functions, such as {example}, got {pattern!r}")
    arn = Arn.parse(pattern, pattern=True)
    names_functions = arn.resource.startswith("function:") and arn.resource != "function:"
    if (arn.partition, arn.service) != (example.partition, "lambda") or not names_functions:
        raise SpecError(f"expected the ARN of functions, such as {example}, got {pattern!r}")
    if not matches(arn.region, aws.region):
        raise SpecError(
            f"Lambda runs images of its own region only, and these functions are in {arn.region}, the repository in "
            f"{aws.region}: grant it on a repository there"
        )
