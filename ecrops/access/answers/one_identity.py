"""The identities that can be seen: all of them in one listing, else those that are asked about, one by one.

Called by ``documents``, and for the other account of a question. An identity that is not there is told from one that
cannot be seen: IAM has an error for the first, and denies the second.

Sources: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html,
https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedRolePolicies.html and the same for users and groups
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from ecrops.access.answers import identities
from ecrops.access.answers.identities import Directory
from ecrops.access.answers.unread import Unread, unread
from ecrops.aws import DENIED, Aws, ClientError, code_of
from ecrops.engine.reading import is_of_one

Alone: TypeAlias = Iterable[tuple[str, str]]
"""Kinds and names of identities: ``("role", "nodes")``."""
MISSING = "NoSuchEntity"
Json: TypeAlias = dict[str, Any]


def seen(aws: Aws, alone: Alone = ()) -> tuple[Directory | None, tuple[Unread, ...]]:
    """Return the identities of the account that can be seen, and what cannot.

    Args:
        aws: The account.
        alone: Those to read one by one if the caller may not list all.

    Returns:
        All identities; or those to read one by one, as a directory that is not whole; ``None`` if none can be seen.
    """
    try:
        return identities.read(aws), ()
    except ClientError as error:
        if code_of(error) not in DENIED:
            raise
        listing = unread("users, roles and groups of the account", error, identities.LISTING)
    pages: list[Json] = []
    asked: list[tuple[str, str]] = []
    problems = [listing]
    for kind, name in dict.fromkeys(alone):
        try:
            pages += _pages(aws, kind.title(), name)
            asked.append((kind, name))
        except ClientError as error:
            if not is_of_one(error):
                raise
            problems.append(unread(f"{kind} {name}", error, f"iam:{error.operation_name}"))
    directory = identities.parse(pages, asked=asked) if asked else None
    return directory, tuple(problems)


def _pages(aws: Aws, kind: str, name: str) -> Iterator[Json]:
    """Yield one identity as the listing of all has it; nothing if it does not exist."""
    try:
        detail: Json = dict(aws.get("iam", f"Get{kind}", kind, **{f"{kind}Name": name}))
    except ClientError as error:
        if code_of(error) != MISSING:
            raise
        return
    detail |= _policies(aws, kind, name)
    boundary = (detail.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
    groups: list[Json] = []
    if kind == "User":
        listing = aws.pages("iam", "ListGroupsForUser", "Groups", UserName=name)
        groups = [{**group, **_policies(aws, "Group", group["GroupName"])} for page in listing for group in page]
        detail["GroupList"] = [group["GroupName"] for group in groups]
    attached = [policy["PolicyArn"] for owner in (detail, *groups) for policy in owner["AttachedManagedPolicies"]]
    arns = dict.fromkeys([*attached, *([boundary] if boundary else [])])
    yield {f"{kind}DetailList": [detail], "Policies": [_managed(aws, arn) for arn in arns]}
    yield {"GroupDetailList": groups}


def _policies(aws: Aws, kind: str, name: str) -> Json:
    """Return the inline policies of an identity, and the ARNs of the managed ones."""
    whose = {f"{kind}Name": name}
    names = [each for page in aws.pages("iam", f"List{kind}Policies", "PolicyNames", **whose) for each in page]
    documents = aws.map(
        lambda each: aws.get("iam", f"Get{kind}Policy", "PolicyDocument", **whose, PolicyName=each), names
    )
    attached = aws.pages("iam", f"ListAttached{kind}Policies", "AttachedPolicies", **whose)
    return {
        f"{kind}PolicyList": [
            {"PolicyName": each, "PolicyDocument": document} for each, document in zip(names, documents, strict=True)
        ],
        "AttachedManagedPolicies": [policy for page in attached for policy in page],
    }


def _managed(aws: Aws, arn: str) -> Json:
    """Return a managed policy with its default version."""
    version = aws.get("iam", "GetPolicy", "Policy", PolicyArn=arn)["DefaultVersionId"]
    document = aws.get("iam", "GetPolicyVersion", "PolicyVersion", PolicyArn=arn, VersionId=version)["Document"]
    return {"Arn": arn, "PolicyVersionList": [{"IsDefaultVersion": True, "Document": document}]}
