"""What ECR accepts as a registry policy. Pure.

Called by specs and by the verbs. Its scope is V2: it may speak of every action of ECR.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-permissions.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ecrops.access import policy_checks
from ecrops.access.policy_checks import LONGEST
from ecrops.access.statement_checks import check_statement as check_any
from ecrops.base.problems import Problems
from ecrops.errors import SpecError
from ecrops.iam.sids import is_reserved
from ecrops.iam.statements import Document, Statement, listed, statements
from ecrops.repositories.values import ECR

KIND = "registry policy"
_RESOURCE = re.compile(r"\*|arn:(aws[a-z*-]*|\*):ecr:[a-z0-9*?-]*:[0-9*?]*:.+")
_PARTITION = re.compile(r"arn:(aws[a-z-]*):")


class Accepted(dict[str, Any]):
    """A document that AWS has: it is compared, kept and written as it is, and not checked."""


def check(document: object) -> Document:
    """Return a copy of a registry policy in plain JSON. An empty document means no policy.

    Raises:
        SpecError: ECR would refuse it; with every reason, each naming its statement.
    """
    if isinstance(document, Accepted):
        return document
    return policy_checks.check_document(document, kind=KIND, check=check_statement)


def check_statement(statement: object, service: str = ECR) -> dict[str, Any]:
    """Return a copy of a statement, in plain JSON.

    Raises:
        SpecError: ECR would refuse it; with every reason.
    """
    problems = Problems()
    checked = problems.take("", lambda: check_any(statement, service, KIND))
    if isinstance(statement, Mapping):
        sid = f"the statement {statement['Sid']!r}: " if statement.get("Sid") else ""
        for reason in _resource_problems(statement):
            problems.add("", f"{sid}{reason}")
    problems.raise_any()
    return checked or {}


def _resource_problems(statement: Statement) -> Iterator[str]:
    elements = [element for element in ("Resource", "NotResource") if statement.get(element)]
    if len(elements) != 1:
        yield (
            "it has both Resource and NotResource: leave one of them out"
            if elements
            else "it has no Resource: say which repositories, such as "
            "'arn:aws:ecr:eu-west-1:111122223333:repository/prod/*', or '*'"
        )
    for element in elements:
        for resource in listed(statement[element]):
            if not isinstance(resource, str) or not _RESOURCE.fullmatch(resource):
                yield (
                    f"a {element} is an ARN of ECR, such as 'arn:aws:ecr:eu-west-1:111122223333:repository/prod/*', "
                    f"or '*', got {resource!r}"
                )


def check_added(statement: object) -> dict[str, Any]:
    """Return a copy of a statement that a user adds, in plain JSON.

    Raises:
        SpecError: ECR would refuse it, or its Sid is one of ecrops; with every reason.
    """
    checked = check_statement(statement)
    if is_reserved(checked):
        raise SpecError(f"the Sid {checked['Sid']!r} is one that statements of ecrops have: choose another")
    return checked


def check_partition(document: Mapping[str, Any], partition: str) -> None:
    """Refuse a policy that names a principal or a repository of another partition than the registry's.

    Raises:
        SpecError: It does; with every ARN of another partition.
    """
    problems = Problems()
    problems.take("", lambda: policy_checks.check_partition(document, partition))
    for statement in statements(document):
        for resource in listed(statement.get("Resource", statement.get("NotResource", []))):
            other = _PARTITION.match(str(resource))
            right = other is None or other[1] == partition
            problems.check(right, "", f"{resource} is of another partition than the registry's, {partition}")
    problems.raise_any()


def too_long(length: int) -> str:
    """Return the message about a registry policy that is too long."""
    return policy_checks.too_long(length, KIND)


__all__ = ["LONGEST", "Accepted", "check", "check_added", "check_partition", "check_statement", "too_long"]
