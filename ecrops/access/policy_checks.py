"""What ECR accepts as the policy of a repository. Pure.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ecrops.access.statement_checks import check_statement, unknown
from ecrops.aws import Arn
from ecrops.base.problems import Problems
from ecrops.errors import SpecError
from ecrops.iam.plain_json import plain
from ecrops.iam.sids import is_reserved
from ecrops.iam.statements import OLD_VERSION, VERSION, Document, listed, statements
from ecrops.iam.text import to_text
from ecrops.iam.wildcards import covers

LONGEST = 10_240
MEMBERS = ("Version", "Id", "Statement")
RESERVED = ("LambdaECRImageRetrievalPolicy",)


class Stored(dict[str, Any]):
    """A document that AWS has accepted, and that is therefore not checked."""


def stored(document: Document) -> Stored:
    """Return a document that was read from AWS, with the Version that AWS assumes if it has none."""
    return Stored({"Version": OLD_VERSION, **document} if document else {})


def check_document(document: object) -> Document:
    """The policy of a repository, a copy in plain JSON; an empty one is none.

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
    for reason in _problems(document):
        problems.add("", reason)
    problems.check(not document or bool(part), "Statement", "expected at least one statement; {} is no policy")
    given = [part] if isinstance(part, Mapping) else part
    for index, statement in enumerate(given):
        problems.take(f"Statement[{index}]", lambda statement=statement: check_statement(statement))  # type: ignore[misc]
    _check_sids(problems, [each for each in given if isinstance(each, Mapping)])
    problems.raise_any()
    copied: Document = plain(document)
    length = len(to_text(copied))
    problems.check(length <= LONGEST, "", too_long(length))
    problems.raise_any()
    return copied


def _problems(document: Mapping[str, Any]) -> Iterator[str]:
    yield from unknown(document, MEMBERS, "a policy document")
    if "Version" in document and document["Version"] not in (VERSION, OLD_VERSION):
        yield f"Version: expected {VERSION!r}, or the older {OLD_VERSION!r}, got {document['Version']!r}"
    if not isinstance(document.get("Id", ""), str):
        yield f"Id: expected a string, got {document['Id']!r}"


def too_long(length: int) -> str:
    """What to say of a policy that is too long."""
    return (
        f"a repository policy has at most {LONGEST:,} characters, this one {length:,}: name accounts or an "
        "organization instead of many roles, and let their own policies choose among them"
    )


def _check_sids(problems: Problems, given: Any) -> None:
    count = Counter(statement["Sid"] for statement in given if isinstance(statement.get("Sid"), str))
    del count[""]  # the same as none
    for sid, times in count.items():
        problems.check(times == 1, "Statement", f"{times} statements have the Sid {sid!r}: give each its own")


def check_added(statement: object) -> dict[str, Any]:
    """A statement that somebody adds: sound, and with a Sid that is nobody else's.

    Raises:
        SpecError: It is not; with every reason.
    """
    checked = check_statement(statement)
    sid = checked.get("Sid")
    if is_reserved(checked) or sid in RESERVED:
        whose = "of ecrops" if is_reserved(checked) else "of Lambda"
        raise SpecError(f"the Sid {sid!r} is one that statements {whose} have: choose another")
    return checked


def may_lock_out(document: Mapping[str, Any]) -> bool:
    """Whether a policy forbids somebody to set another one: ECR refuses that if it is the caller, unless forced."""
    return any(
        str(each.get("Effect")).lower() == "deny" and _means(each, "ecr:SetRepositoryPolicy")
        for each in statements(document)
    )


def _means(statement: Mapping[str, Any], action: str) -> bool:
    but = "NotAction" in statement
    patterns = map(str, listed(statement["NotAction" if but else "Action"]))
    return any(covers(pattern, action) for pattern in patterns) != but


def check_partition(document: Mapping[str, Any], partition: str) -> None:
    """Refuse a policy that names somebody of another partition than the registry's: ECR knows nobody there.

    Raises:
        SpecError: It does; with every ARN.
    """
    if isinstance(document, Stored):
        return
    arns = dict.fromkeys(who for who in named(document, ("AWS", "Federated")) if who.startswith("arn:"))
    wrong = [arn for arn in arns if Arn.parse(arn).partition != partition]
    if wrong:
        raise SpecError(*(f"{arn} is of another partition than the registry's, {partition}" for arn in wrong))


def named(document: Mapping[str, Any], kinds: Sequence[str] = ("AWS",)) -> list[str]:
    """The principals of some kinds that the statements name: of AWS they are ARNs, accounts, ids and ``*``."""
    parts = [each.get("Principal", each.get("NotPrincipal", {})) for each in statements(document)]
    return [
        who
        for part in parts
        for kind in kinds
        for who in (listed(part.get(kind, [])) if isinstance(part, Mapping) else [part])
        if isinstance(who, str)
    ]
