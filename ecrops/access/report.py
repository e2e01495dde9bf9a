"""Who can use a repository, and where it says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ecrops.access import actions, words
from ecrops.access.aspects import repository_policy
from ecrops.access.edits import RESERVED_SIDS
from ecrops.aws import Aws
from ecrops.errors import SpecError
from ecrops.iam.policy import RESOURCE
from ecrops.iam.sids import sid_of_ours
from ecrops.iam.statements import listed, statements
from ecrops.iam.wildcards import matches
from ecrops.repositories.calls import arn_of as repository_arn

# What each verb covers, and what of that is enough: pulling works without asking which layers there are.
_VERBS = {"read": actions.READ, "pull": actions.PULL, "push": actions.PUSH}
_ENOUGH = {**_VERBS, "pull": actions.LAMBDA}
_EVERYTHING = "everything else"
_COLUMNS = ("who", "can", "where", "condition")


@dataclass(frozen=True, slots=True)
class Entry:
    """One statement about one principal.

    Args:
        who: The principal, in words.
        can: What of ``read``, ``pull`` and ``push`` it is allowed, and the other actions in words; ``everything else``
            for all of them.
        where: The policy, and the statement in it.
        condition: On which it depends; empty for none.
        denied: Whether it forbids.
        actions: The actions of a repository that it allows or forbids, each by its name.
    """

    who: str
    can: tuple[str, ...]
    where: str
    condition: str = ""
    denied: bool = False
    actions: frozenset[str] = field(default=frozenset(), repr=False)

    def cells(self) -> tuple[str, ...]:
        """The entry as text."""
        verb = "not " if self.denied else ""
        return self.who, f"{verb}{', '.join(self.can)}", self.where, self.condition


@dataclass(frozen=True, slots=True)
class Access:
    """Who can use a repository: iterable, printed as lines, and a table in a notebook."""

    repository: str
    entries: tuple[Entry, ...]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def who_can(self, verb: str) -> tuple[str, ...]:
        """The principals that are allowed ``read``, ``pull``, ``push`` or an action, by all their entries together.

        With a wildcard, those that are allowed every action of a repository that it means.

        Some may be allowed it under conditions only, and an entry that forbids is not taken off: see ``who_cannot``.

        Raises:
            SpecError: It is none of these.
        """
        needed = _needed(verb)
        allowed = [entry for entry in self.entries if not entry.denied]
        always: dict[str, frozenset[str]] = {}
        for entry in allowed:
            always[entry.who] = always.get(entry.who, frozenset()) | (frozenset() if entry.condition else entry.actions)
        return tuple(dict.fromkeys(entry.who for entry in allowed if needed <= entry.actions | always[entry.who]))

    def who_cannot(self, verb: str) -> tuple[str, ...]:
        """The principals that are forbidden a part of it, perhaps under conditions, whatever else allows it.

        Raises:
            SpecError: As ``who_can``.
        """
        needed = _needed(verb)
        return tuple(dict.fromkeys(entry.who for entry in self.entries if entry.denied and needed & entry.actions))

    def __str__(self) -> str:
        lines = [" | ".join(filter(None, entry.cells())) for entry in self.entries]
        return "\n".join(lines) or f"{self.repository}: no policy allows anybody anything"

    def _repr_html_(self) -> str:
        from html import escape

        head = "".join(f"<th>{title}</th>" for title in _COLUMNS)
        rows = (
            "<tr>" + "".join(f"<td style='text-align:left'>{escape(cell)}</td>" for cell in entry.cells()) + "</tr>"
            for entry in self.entries
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _needed(verb: str) -> frozenset[str]:
    if not isinstance(verb, str):
        raise SpecError(f"expected one of {', '.join(_ENOUGH)} or an action, got {verb!r}")
    if verb in _ENOUGH:
        return frozenset(_ENOUGH[verb])
    return actions.expanded(actions.check([verb if ":" in verb else f"ecr:{verb}"]))


def access_of(aws: Aws, name: str) -> Access:
    """The entries of the repository's policy, and of the IAM policies that ecrops wrote."""
    document = repository_policy.read(aws, name)
    return Access(name, (*_of_repository(document), *_of_identities(aws, repository_arn(aws, name))))


def _of_repository(document: Mapping[str, Any]) -> Iterator[Entry]:
    for statement in statements(document):
        condition = statement.get("Condition") or {}
        part = statement.get("Principal", {})
        named = [who for value in part.values() for who in listed(value)] if isinstance(part, Mapping) else [part]
        for principal in named or ["everyone but some"]:
            yield _entry(words.who(principal, condition), statement, "repository policy")


def _of_identities(aws: Aws, arn: str) -> Iterator[Entry]:
    documents: dict[str, Any] = {}
    identities: list[tuple[str, Mapping[str, Any]]] = []
    params: Any = {"Filter": ["User", "Role", "Group", "LocalManagedPolicy"]}
    # one call tells of all: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
    for answer in aws.pages("iam", "GetAccountAuthorizationDetails", **params):
        for kind in ("User", "Role", "Group"):
            identities += [(kind, detail) for detail in answer.get(f"{kind}DetailList", [])]
        for policy in answer.get("Policies", []):
            versions: list[dict[str, Any]] = policy.get("PolicyVersionList", [])
            default = [each for each in versions if each.get("IsDefaultVersion")]
            documents[policy["Arn"]] = default[0]["Document"] if default else {}
    for kind, detail in identities:
        who = f"{kind.lower()} {detail[f'{kind}Name']}"
        inline = [(each["PolicyName"], each["PolicyDocument"]) for each in detail.get(f"{kind}PolicyList", [])]
        attached = [
            (each["PolicyName"], documents.get(each["PolicyArn"], {}))
            for each in detail.get("AttachedManagedPolicies", [])
        ]
        for policy_name, document in (*inline, *attached):
            yield from _of_policy(who, policy_name, document, arn)


def _of_policy(who: str, policy_name: str, document: Mapping[str, Any], arn: str) -> Iterator[Entry]:
    for statement in statements(document):
        if sid_of_ours(statement, RESOURCE.name, actions.sid, RESERVED_SIDS) is None:
            continue
        resources = listed(statement.get("Resource", []))
        if any(resource != "*" and matches(resource, arn) for resource in resources):
            yield _entry(who, statement, f"policy {policy_name}")


def _entry(who: str, statement: Mapping[str, Any], where: str) -> Entry:
    said = [str(action) for action in listed(statement.get("Action", []))]
    means = _meant(statement)
    verbs = [verb for verb, needed in _ENOUGH.items() if means.issuperset(needed)]
    rest = [_EVERYTHING] if means == actions.about_repositories() else [*_beyond(said, verbs)]
    if "NotAction" in statement:
        rest.append(f"all but {words.several(listed(statement['NotAction']))}")
    sid = statement.get("Sid")
    condition = statement.get("Condition")
    return Entry(
        who,
        (*verbs, *rest),
        f"{where}, {sid}" if sid else where,
        "" if not condition or who.startswith("organization") else str(condition),
        str(statement.get("Effect")).lower() == "deny",
        means,
    )


def _beyond(said: list[str], verbs: list[str]) -> Iterator[str]:
    """The actions, as they are written, that mean more than the verbs."""
    of_verbs = {each for verb in verbs for each in _VERBS[verb]}
    for action in said:
        means = actions.expanded([action])
        if not means or not means <= of_verbs:
            yield action.removeprefix("ecr:")


def _meant(statement: Mapping[str, Any]) -> frozenset[str]:
    """The actions of a repository that a statement means, whether it names them or all others."""
    named = list(map(str, listed(statement.get("NotAction", statement.get("Action", [])))))
    others = "NotAction" in statement
    return frozenset(each for each in actions.about_repositories() if actions.is_among(each, named) != others)
