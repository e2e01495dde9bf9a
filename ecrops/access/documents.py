"""What ECR accepts as the policy of a repository. Pure.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ecrops.access.statements import Document, is_ours, listed, statements, to_text
from ecrops.errors import SpecError
from ecrops.fields import Problems

LONGEST = 10_240
_GROUP = re.compile(r"arn:[^:]+:iam::\d{12}:group/.+")
RESERVED = ("LambdaECRImageRetrievalPolicy",)


class Stored(dict[str, Any]):
    """A document as AWS has it: not judged, because it is there."""


def check_document(document: object) -> Document:
    """The policy of a repository; an empty one is none.

    Raises:
        SpecError: ECR would refuse it; with every reason, each naming its statement.
    """
    if isinstance(document, Stored):
        return document
    if not isinstance(document, Mapping):
        raise SpecError(f'expected a policy document, {{"Statement": [...]}}, got {document!r}; {{}} is no policy')
    part = document.get("Statement", [])
    if not isinstance(part, Mapping | list | tuple):
        raise SpecError(f"Statement: expected a list of statements, got {part!r}")
    problems = Problems()
    problems.check(not document or bool(part), "Statement", "expected at least one statement; {} is no policy")
    given = [part] if isinstance(part, Mapping) else part
    for index, statement in enumerate(given):
        problems.take(f"Statement[{index}]", lambda statement=statement: check_statement(statement))  # type: ignore[misc]
    problems.raise_any()
    _check_sids(problems, given)
    length = len(to_text(document))
    problems.check(length <= LONGEST, "", too_long(length))
    problems.raise_any()
    return dict(document)


def too_long(length: int) -> str:
    """What to say of a policy that is too long."""
    return (
        f"a repository policy has at most {LONGEST:,} characters, this one {length:,}: name accounts or an "
        "organization instead of many roles, and let their own policies choose among them"
    )


def _check_sids(problems: Problems, given: Any) -> None:
    count = Counter(str(statement["Sid"]) for statement in given if statement.get("Sid"))
    for sid, times in count.items():
        problems.check(times == 1, "Statement", f"{times} statements have the Sid {sid!r}: give each its own")


def check_statement(statement: object) -> dict[str, Any]:
    """A statement of a repository policy.

    Raises:
        SpecError: ECR would refuse it; with every reason.
    """
    if not isinstance(statement, Mapping):
        raise SpecError(f"expected a statement, a mapping with Effect, Principal and Action, got {statement!r}")
    if reasons := list(_problems(statement)):
        sid = f"the statement {statement['Sid']!r}: " if statement.get("Sid") else ""
        raise SpecError(*(f"{sid}{reason}" for reason in reasons))
    return dict(statement)


def _problems(statement: Mapping[str, Any]) -> Iterator[str]:
    for element in ("Resource", "NotResource"):
        if element in statement:
            yield f"{element} is not allowed: the policy is about the repository that has it; leave it out"
    if not statement.get("Action") and not statement.get("NotAction"):
        yield "it has no Action: say what may be done, such as 'ecr:BatchGetImage'"
    if not statement.get("Principal") and not statement.get("NotPrincipal"):
        yield 'it has no Principal: say who may, such as {"AWS": "arn:aws:iam::111122223333:root"}'
    if statement.get("Effect") not in ("Allow", "Deny"):
        yield f"its Effect is 'Allow' or 'Deny', got {statement.get('Effect')!r}"
    for action in listed(statement.get("Action", [])):
        yield from _action_problems(action)
    yield from _principal_problems(statement.get("Principal", {}))


def _action_problems(action: object) -> Iterator[str]:
    if not isinstance(action, str):
        yield f"an action is a string, got {action!r}"
    elif action.lower() == "ecr:getauthorizationtoken":
        yield (
            "a repository policy cannot grant ecr:GetAuthorizationToken: leave it out here, and "
            "registry.authorization_token.grant_read(principal) grants it"
        )
    elif action != "*" and not action.lower().startswith("ecr:"):
        yield f"an action in a repository policy is ECR's, such as 'ecr:BatchGetImage', got {action!r}"


def _principal_problems(principal: object) -> Iterator[str]:
    if not isinstance(principal, Mapping):
        if principal != "*":
            yield f"its Principal is '*' or a mapping such as {{\"AWS\": ...}}, got {principal!r}"
        return
    for value in principal.values():
        for who in listed(value):
            if not isinstance(who, str):
                yield f"a principal is a string, got {who!r}"
            elif _GROUP.fullmatch(who):
                yield f"a repository policy cannot name a group, {who}: repo.grant(Group(...)) writes to the group"


def check_added(statement: object) -> dict[str, Any]:
    """A statement that somebody adds: sound, and with a Sid that is nobody else's.

    Raises:
        SpecError: It is not; with every reason.
    """
    checked = check_statement(statement)
    sid = checked.get("Sid")
    if is_ours(checked) or sid in RESERVED:
        whose = "of ecrops" if is_ours(checked) else "of Lambda"
        raise SpecError(f"the Sid {sid!r} is one that statements {whose} have: choose another")
    return checked


def named(document: Mapping[str, Any]) -> list[str]:
    """The principals of AWS that the statements name: ARNs, accounts, ids and ``*``."""
    parts = [each.get("Principal", each.get("NotPrincipal", {})) for each in statements(document)]
    return [
        who
        for part in parts
        for who in (listed(part.get("AWS", [])) if isinstance(part, Mapping) else [part])
        if isinstance(who, str)
    ]
