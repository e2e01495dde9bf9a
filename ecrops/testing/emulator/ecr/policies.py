"""Which repository policies ECR accepts, and how it gives them back.

Models the guide, and what users of the real service report of it: it refuses ``Resource``, it wants each
principal to exist, it writes the text anew, and whom it names by ARN is shown by unique id once deleted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from moto.iam.models import iam_backends

from ..wildcards import includes
from . import model
from .errors import invalid

REFUSED, NOT_FOUND = "Invalid repository policy provided", "Principal not found"
_ORDER = (
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
)  # fmt: skip
_LOCATED = {"Resource", "NotResource"}
_PERMISSION_ONLY = ("BatchImportUpstreamImage", "GetImageCopyStatus", "ReplicateImage")
_IDENTITY = re.compile(r"arn:[^:]+:iam::(\d{12}):(user|role)/(?:.*/)?([^/]+)")
_ACCOUNT = re.compile(r"\*|\d{12}|arn:[^:]+:iam::\d{12}:root")


def checked(text: str, partition: str, *, unseen: bool, service: str = "ecr") -> list[dict[str, Any]]:
    """The statements of a policy that ECR accepts; ``unseen``: it has not heard of any user or role yet.

    unverified: that ``ecr-public`` has the same rules. Its guide has the same elements in its examples:
    https://docs.aws.amazon.com/AmazonECR/latest/public/public-repository-policy-examples.html
    """
    found = statements(text)
    if not found or not all(is_sound(each, service=service) for each in found):
        raise invalid("PolicyText", REFUSED)
    check_principals(found, partition, unseen=unseen)
    return found


def statements(text: str) -> list[dict[str, Any]]:
    """The statements of a policy; none if it is no policy."""
    try:
        found = listed(json.loads(text)["Statement"])
    except (ValueError, KeyError, TypeError):
        return []
    return found if all(isinstance(each, dict) for each in found) else []


def check_principals(statements: list[dict[str, Any]], partition: str, *, unseen: bool) -> None:
    """Refuse principals that ECR does not find."""
    for name in _principals(statements):
        if not _ACCOUNT.fullmatch(name) and (unseen or id_of(name, partition) is None):
            raise invalid("PolicyText", NOT_FOUND)


def locks_out(text: str, service: str = "ecr") -> bool:
    """Whether a policy forbids everybody to set another one; ECR asks it of the caller.

    https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SetRepositoryPolicy.html has no words of the error.
    """
    try:
        statements = listed(json.loads(text)["Statement"])
        return any(_forbids_setting(statement, service) for statement in statements)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


def _forbids_setting(statement: dict[str, Any], service: str) -> bool:
    part = statement.get("Principal", {})
    everybody = "*" in (listed(part.get("AWS", [])) if isinstance(part, dict) else [part])
    patterns = listed(statement.get("NotAction", statement.get("Action", [])))
    meant = any(includes(each.lower(), f"{service}:setrepositorypolicy") for each in patterns)
    denied = statement["Effect"] == "Deny" and not statement.get("Condition")
    return denied and everybody and meant != ("NotAction" in statement)


def is_sound(statement: dict[str, Any], *, resource: bool = False, service: str = "ecr") -> bool:
    """Whether ECR takes a statement; ``resource``: it may name resources, as one of a registry does."""
    try:
        return _is_sound(statement, set(_ORDER) if resource else set(_ORDER) - _LOCATED, service)
    except (TypeError, AttributeError):
        return False


def _is_sound(statement: dict[str, Any], allowed: set[str], service: str) -> bool:
    named = ("Principal" in statement) ^ ("NotPrincipal" in statement)
    acts = ("Action" in statement) ^ ("NotAction" in statement)
    known = set(statement) <= allowed and statement.get("Effect") in ("Allow", "Deny")
    return named and acts and known and all(_is_action(each, service) for each in listed(statement.get("Action", [])))


def _is_action(action: str, service: str) -> bool:
    prefix, _, name = action.partition(":")
    known = [*model.service(service).operation_names, *(_PERMISSION_ONLY if service == "ecr" else ())]
    matching = [each for each in known if includes(name.lower(), each.lower())]
    return action == "*" or (prefix.lower() == service and bool(matching) and matching != ["GetAuthorizationToken"])


def listed(value: Any) -> list[Any]:
    """A list, or the one value as a list."""
    return value if isinstance(value, list) else [value]


def _principals(statements: list[dict[str, Any]]) -> Iterator[str]:
    for statement in statements:
        part: Any = statement.get("Principal", statement.get("NotPrincipal"))
        yield from listed(part.get("AWS", [])) if isinstance(part, dict) else [part]


def id_of(arn: str, partition: str) -> str | None:
    """The unique id of the user or role that an ARN names, if there is one."""
    if not (parts := _IDENTITY.fullmatch(arn)):
        return None
    account, kind, name = parts.groups()
    iam: Any = iam_backends[account][partition]
    for each in list((iam.users if kind == "user" else iam.roles).values()):
        if each.name == name and each.arn.partition(":iam:")[2] == arn.partition(":iam:")[2]:
            return str(each.id)
    return None


def ids(statements: list[dict[str, Any]], partition: str) -> dict[str, str]:
    """The unique ids of the users and roles that the statements name."""
    found = {name: id_of(name, partition) for name in _principals(statements)}
    return {name: known for name, known in found.items() if known}


def shown(document: dict[str, Any], known: dict[str, str], partition: str) -> str:
    """The text as it is given back: keys in another order, names too, and ids of those who are no longer there.

    unverified: that ECR shows a deleted user or role by its id, as IAM does in the trust policies of roles:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    gone = {arn: known[arn] for arn in known if id_of(arn, partition) != known[arn]}
    statements = [_spelled(each, gone) for each in listed(document["Statement"])]
    return json.dumps({**document, "Statement": statements}, indent=2)


def _spelled(statement: dict[str, Any], gone: dict[str, str]) -> dict[str, Any]:
    spelled = {key: statement[key] for key in (*_ORDER, *statement) if key in statement}
    for key in ("Principal", "NotPrincipal"):
        if isinstance(spelled.get(key), dict):
            spelled[key] = {kind: _names(value, gone) for kind, value in spelled[key].items()}
    if "Condition" in spelled:
        spelled["Condition"] = {
            operator: {key: _scalar(values) for key, values in test.items()}
            for operator, test in spelled["Condition"].items()
        }
    return spelled


def _scalar(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _names(value: Any, gone: dict[str, str]) -> Any:
    names = [gone.get(name, name) for name in reversed(listed(value))]
    return _scalar(names)
