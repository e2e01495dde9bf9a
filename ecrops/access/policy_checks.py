"""What ECR accepts as a repository policy. Pure.

Called by specs, by the verbs that set a repository policy, and by its aspect. The statements are checked by
``statement_checks``.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ecrops.access import actions
from ecrops.access.statement_checks import REPOSITORY, check_statement, unknown
from ecrops.aws import Arn
from ecrops.base.plain_json import check_size, plain
from ecrops.base.problems import Problems
from ecrops.errors import SpecError
from ecrops.iam.sids import is_reserved
from ecrops.iam.statements import OLD_VERSION, VERSION, Document, Statement, denies, listed, statements
from ecrops.iam.text import to_text
from ecrops.iam.wildcards import covers
from ecrops.repositories.values import ECR

LONGEST = 10_240
MEMBERS = ("Version", "Id", "Statement")
# What Lambda writes under its Sid: https://docs.aws.amazon.com/lambda/latest/dg/images-create.html, and the three
# actions on the policy itself in https://github.com/terraform-aws-modules/terraform-aws-ecr/issues/34
LAMBDA_SID, LAMBDA = "LambdaECRImageRetrievalPolicy", "lambda.amazonaws.com"
_LAMBDA_ACTIONS = {
    *map(str.lower, actions.LAMBDA),
    *(f"ecr:{verb}repositorypolicy" for verb in ("get", "set", "delete")),
}


def stored(document: Document) -> Document:
    """Return a document that was read from AWS, with the Version that AWS assumes if it has none."""
    return {"Version": OLD_VERSION, **document} if document else {}


def check_document(
    document: object,
    service: str = ECR,
    kind: str = REPOSITORY,
    check: Callable[[object, str], Statement] = check_statement,
) -> Document:
    """Return a copy of a policy of ECR in plain JSON. An empty document means no policy.

    Args:
        document: The policy.
        service: The service that has the repository.
        kind: As in ``check_statement``.
        check: Returns a checked statement.

    Raises:
        SpecError: ECR would refuse it; with every reason, each naming its statement.
    """
    check_size(document)
    if not isinstance(document, Mapping):
        raise SpecError(f'expected a policy document, {{"Statement": [...]}}, got {document!r}; {{}} is no policy')
    part = document.get("Statement", [])
    if not isinstance(part, Mapping | list | tuple):
        raise SpecError(f"Statement: expected a list of statements, got {part!r}")
    problems = Problems()
    for reason in _member_problems(document):
        problems.add("", reason)
    problems.check(not document or bool(part), "Statement", "expected at least one statement; {} is no policy")
    items = [part] if isinstance(part, Mapping) else part
    problems.each("Statement", items, lambda item: check(item, service))
    problems.raise_any()
    copied: Document = plain(document)
    length = len(to_text(copied))
    if length > LONGEST:
        raise SpecError(too_long(length, kind))
    return copied


def _member_problems(document: Mapping[str, Any]) -> Iterator[str]:
    yield from unknown(document, MEMBERS, "a policy document")
    if "Version" in document and document["Version"] not in (VERSION, OLD_VERSION):
        yield f"Version: expected {VERSION!r}, or the older {OLD_VERSION!r}, got {document['Version']!r}"
    if not isinstance(document.get("Id", ""), str):
        yield f"Id: expected a string, got {document['Id']!r}"


def too_long(length: int, kind: str = REPOSITORY) -> str:
    """Return the message about a policy that is too long."""
    return (
        f"a {kind} has at most {LONGEST:,} characters, this one {length:,}: name accounts or an "
        "organization instead of many roles, and let their own policies choose among them"
    )


def check_added(statement: object, service: str = ECR) -> dict[str, Any]:
    """Return a copy of a statement that a user adds, in plain JSON.

    Args:
        statement: The statement.
        service: The service that has the repository.

    Raises:
        SpecError: ECR would refuse it, or its Sid is one of ecrops, or Lambda's and the statement not; with every
            reason.
    """
    checked = check_statement(statement, service)
    sid = checked.get("Sid")
    if is_reserved(checked):
        raise SpecError(f"the Sid {sid!r} is one that statements of ecrops have: choose another")
    if sid == LAMBDA_SID and not _is_of_lambda(checked):
        raise SpecError(
            f"the Sid {sid!r} is one that Lambda gives to a statement that lets {LAMBDA} pull, and this one says "
            "something else: choose another; grant_lambda() lets Lambda pull"
        )
    return checked


def _is_of_lambda(statement: Statement) -> bool:
    """Whether a statement lets Lambda do nothing but what Lambda's own statement lets it do."""
    is_lambda = statement.get("Principal") in ({"Service": LAMBDA}, {"Service": [LAMBDA]})
    if statement["Effect"] != "Allow" or not is_lambda or "Action" not in statement:
        return False
    return {name.lower() for name in listed(statement["Action"])} <= _LAMBDA_ACTIONS


def may_lock_out(document: Mapping[str, Any], service: str = ECR) -> bool:
    """Whether a policy denies setting another one. ECR refuses it, unless forced, if it denies that to the caller."""
    for statement in statements(document):
        if denies(statement):
            is_negated = "NotAction" in statement
            patterns = map(str, listed(statement.get("NotAction" if is_negated else "Action", [])))
            if any(covers(pattern, f"{service}:SetRepositoryPolicy") for pattern in patterns) != is_negated:
                return True
    return False


def check_partition(document: Mapping[str, Any], partition: str) -> None:
    """Refuse a policy that names a principal of another partition than the registry's: ECR does not know it.

    Raises:
        SpecError: It does; with every ARN of another partition.
    """
    principals = named(document, ("AWS", "Federated"))
    arns = dict.fromkeys(principal for principal in principals if principal.startswith("arn:"))
    wrong = [arn for arn in arns if Arn.parse(arn).partition != partition]
    if wrong:
        raise SpecError(*(f"{arn} is of another partition than the registry's, {partition}" for arn in wrong))


def named(document: Mapping[str, Any], kinds: Sequence[str] = ("AWS",)) -> list[str]:
    """Return the principals of some types that the statements name.

    Args:
        document: The policy.
        kinds: The types, such as ``AWS``. Those of ``AWS`` are ARNs, accounts, unique ids and ``*``.
    """
    parts = [item.get("Principal", item.get("NotPrincipal", {})) for item in statements(document)]
    return [
        principal
        for part in parts
        for kind in kinds
        for principal in (listed(part.get(kind, [])) if isinstance(part, Mapping) else [part])
        if isinstance(principal, str)
    ]
