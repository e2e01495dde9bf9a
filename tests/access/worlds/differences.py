"""Where ministack decides otherwise than AWS's documents: a statement that shows it, why, and what AWS says.

A world is put into ministack without such statements. Each is shown once, and a test notices a difference that is gone.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from .pools import IDS, OTHER, ROLE_ARNS, SESSIONS, USER_ARNS, iam
from .strategies import UNSEEN

JSON = dict[str, Any]
GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
OPERATORS = f"{GUIDE}reference_policies_elements_condition_operators.html"
KEYS = f"{GUIDE}reference_policies_condition-keys.html"
PRINCIPAL = f"{GUIDE}reference_policies_elements_principal.html"
UNKNOWN = re.compile(r"aws:(principalisawsservice|principalservicename|viaawsservice)|(aws|ecr):resourcetag/.*")


class Difference(NamedTuple):
    """A difference between ministack and AWS.

    Args:
        name: What it is.
        reason: What ministack does, and the source of what is right.
        meets: Whether a statement has to do with it.
        caller: Who asks.
        layer: ``identity`` or ``repository``: the policy that has the statement which shows it.
        shown: That statement, about every action.
        allowed: Whether AWS allows what ministack does not, or the other way round.
    """

    name: str
    reason: str
    meets: Callable[[JSON], bool]
    caller: str
    layer: str
    shown: JSON
    allowed: bool


def tests(statement: JSON) -> Iterator[tuple[str, str, Any]]:
    """Yield operator, key and values of each test of a statement, the key in small letters."""
    for operator, keys in statement.get("Condition", {}).items():
        yield from ((operator, key.lower(), values) for key, values in keys.items())


def named(statement: JSON) -> list[str]:
    """The principals of AWS that a statement names."""
    principal = statement.get("Principal", {})
    names = principal.get("AWS", []) if isinstance(principal, dict) else principal
    return names if isinstance(names, list) else [names]


def of_key(*keys: str) -> Callable[[JSON], bool]:
    """Whether a statement tests one of some keys."""
    return lambda statement: any(key in keys for _, key, _ in tests(statement))


def of_arn(statement: JSON) -> bool:
    """Whether a statement compares ARNs as such."""
    return any("Arn" in operator for operator, _, _ in tests(statement))


def allow(**elements: Any) -> JSON:
    """A statement of an identity policy."""
    return {"Effect": "Allow", "Action": "ecr:*", "Resource": "*", **elements}


def names(*principals: str, **elements: Any) -> JSON:
    """A statement of a repository policy."""
    return {"Effect": "Allow", "Principal": {"AWS": list(principals)}, "Action": "ecr:*", **elements}


USER, ROLE, SESSION = USER_ARNS["ci"], ROLE_ARNS["nodes"], SESSIONS[0]
DIFFERENCES = (
    Difference(
        "variables",
        f"it takes them for text: {GUIDE}reference_policies_variables.html",
        lambda statement: "${" in str(statement),
        USER,
        "identity",
        allow(Condition={"StringEquals": {"aws:username": "${aws:username}"}}),
        allowed=True,
    ),
    Difference(
        "NotPrincipal",
        f"no such statement applies: {GUIDE}reference_policies_elements_notprincipal.html",
        lambda statement: "NotPrincipal" in statement,
        USER,
        "repository",
        {"Effect": "Allow", "NotPrincipal": {"AWS": iam("root", OTHER)}, "Action": "ecr:*"},
        allowed=True,
    ),
    Difference(
        "unique ids",
        f"they name nobody: {PRINCIPAL}",
        lambda statement: any(name in IDS.values() for name in named(statement)),
        USER,
        "repository",
        names(IDS["ci"]),
        allowed=True,
    ),
    Difference(
        "the path of a role",
        f"a role is named without it too: {PRINCIPAL}",
        lambda statement: any(":role/" in name and name not in ROLE_ARNS.values() for name in named(statement)),
        SESSION,
        "repository",
        names(iam("role/nodes")),
        allowed=False,
    ),
    Difference(
        "aws:PrincipalArn of a session",
        f"it is that of the session, not of the role: {KEYS}#condition-keys-principalarn",
        of_key("aws:principalarn"),
        SESSION,
        "identity",
        allow(Condition={"StringEquals": {"aws:PrincipalArn": ROLE}}),
        allowed=True,
    ),
    Difference(
        "keys of services and of tags",
        f"the request lacks them: {KEYS}",
        lambda statement: any(UNKNOWN.fullmatch(key) for _, key, _ in tests(statement)),
        USER,
        "identity",
        allow(Condition={"Bool": {"aws:ViaAWSService": "false"}}),
        allowed=True,
    ),
    Difference(
        "ARNs part by part",
        f"it compares them as texts: {OPERATORS}#Conditions_ARN",
        of_arn,
        USER,
        "identity",
        allow(Condition={"ArnLike": {"aws:username": "c?"}}),
        allowed=False,
    ),
    Difference(
        "several values of Null",
        f"the first one alone counts: {OPERATORS}#Conditions_Null",
        lambda statement: any(
            operator == "Null" and isinstance(values, list) for operator, _, values in tests(statement)
        ),
        USER,
        "identity",
        allow(Condition={"Null": {"aws:username": ["true", "false"]}}),
        allowed=True,
    ),
)


def without_differences(world: JSON) -> JSON:
    """A world without what ministack decides otherwise, and without what IAM and ECR do not take, or do not have."""
    found: JSON = copy.deepcopy({**world, "registry_policy": None, "others": {}})
    details, repository = found["details"], found["repository"]
    for kind in ("User", "Role", "Group"):
        for identity in details[f"{kind}DetailList"]:
            for policy in identity[f"{kind}PolicyList"]:
                policy["PolicyDocument"] = _taken(policy["PolicyDocument"])
            attached = identity["AttachedManagedPolicies"]
            identity["AttachedManagedPolicies"] = [policy for policy in attached if policy["PolicyArn"] != UNSEEN]
            if identity.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn") == UNSEEN:
                del identity["PermissionsBoundary"]
    for policy in details["Policies"]:
        for version in policy["PolicyVersionList"]:
            version["Document"] = _taken(version["Document"])
    policy = _taken(repository["policy"])
    return {**found, "repository": {**repository, "policy": policy if policy["Statement"] else None}}


def _taken(document: Any) -> JSON:
    """A policy with the statements that every evaluator understands alike."""
    if not isinstance(document, dict) or "Statement" not in document:
        return {"Version": "2012-10-17", "Statement": []}
    body = document["Statement"]
    statements = body if isinstance(body, list) else [body]
    return {**document, "Statement": [statement for statement in statements if _is_taken(statement)]}


def _is_taken(statement: JSON) -> bool:
    readable = statement["Effect"] != "Maybe" and not {"Action", "NotAction"}.isdisjoint(statement)
    readable = readable and "StringResembles" not in statement.get("Condition", {})
    return readable and not any(difference.meets(statement) for difference in DIFFERENCES)
