"""The report on access: which principals can use a repository, and which statement lets them.

Called by ``repository.access()``. It reads the repository policy, and the identity policies of the account as far as
ecrops wrote them. It does not evaluate policies as IAM does: conditions are listed, not weighed, and of the denials
only those are weighed that are about every request of a principal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ecrops.access import actions, words
from ecrops.access.aspects import repository_policy
from ecrops.access.edits import RESERVED_SIDS
from ecrops.access.grants import VERBS
from ecrops.access.principals.reach import EVERYONE, Reach, account_of, plain, reach
from ecrops.aws import Arn, Aws
from ecrops.base import html, render
from ecrops.base.problems import nearest
from ecrops.base.render import several
from ecrops.base.shown import Shown
from ecrops.errors import SpecError
from ecrops.iam.form import check_form
from ecrops.iam.narrowing import narrowing
from ecrops.iam.policy import PRINCIPAL, RESOURCE, Subject
from ecrops.iam.sids import sid_of_ours
from ecrops.iam.statements import Statement, condition_text, denies, listed, statements
from ecrops.iam.wildcards import matches
from ecrops.repositories.calls import arn_of as repository_arn

# The actions that each verb grants, and those that are enough: pulling works without asking which layers there are.
_VERBS = {"read": actions.READ, "pull": actions.PULL, "push": actions.PUSH}
_ENOUGH = {**_VERBS, "pull": actions.LAMBDA}
_EVERYTHING = "everything else"
_POLICY = "repository policy"
_COLUMNS = ("who", "can", "where", "condition")


@dataclass(frozen=True, slots=True)
class Entry(Shown):
    """One statement about one principal.

    Args:
        who: The principal, in words.
        can: The verbs among ``read``, ``pull`` and ``push`` that it is allowed, and the other actions in words;
            ``everything else`` for all of them.
        where: The policy, and the statement in it.
        condition: The condition that it depends on; empty for none.
        denied: Whether the statement forbids it.
        actions: The actions of a repository that it allows or forbids, each by its name.
        taken_off: The actions that it allows, and another statement denies in every request of the principal.
    """

    who: str
    can: tuple[str, ...]
    where: str
    condition: str = ""
    denied: bool = False
    actions: frozenset[str] = field(default=frozenset(), repr=False)
    taken_off: frozenset[str] = field(default=frozenset(), repr=False)

    def cells(self) -> tuple[str, ...]:
        """Return the entry as the cells of a row."""
        verb = "not " if self.denied else ""
        return self.who, f"{verb}{', '.join(self.can)}", self.where, self.condition

    def to_dict(self) -> dict[str, Any]:
        """Return the entry, ready for JSON."""
        names = ("who", "can", "where", "condition", "denied")
        plain = {name: getattr(self, name) for name in names} | {"can": list(self.can)}
        return plain | {"actions": sorted(self.actions), "taken_off": sorted(self.taken_off)}


@dataclass(frozen=True, slots=True)
class Access:
    """The principals that can use a repository, one entry for each statement: iterable, and a table in a notebook.

    Args:
        repository: The name of the repository.
        entries: The entries.
    """

    repository: str
    entries: tuple[Entry, ...]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def who_can(self, verb: str) -> tuple[str, ...]:
        """Return the principals that are allowed a verb or an action, by all their entries together.

        A principal may be allowed it under conditions only, or be forbidden it under conditions: see ``who_cannot``.
        One who is forbidden it in every request is left out, and so is a user or role that was deleted.

        Args:
            verb: ``read``, ``pull``, ``push`` or an action. With a wildcard, every action of a repository that it
                includes is needed.

        Raises:
            SpecError: It is none of these.
        """
        needed = _needed(verb)
        allowed = [entry for entry in self.entries if not entry.denied]
        always: dict[str, frozenset[str]] = {}
        for entry in allowed:
            if not entry.condition:
                always[entry.who] = always.get(entry.who, frozenset()) | entry.actions - entry.taken_off
        return tuple(
            dict.fromkeys(
                entry.who
                for entry in allowed
                if needed <= (entry.actions | always.get(entry.who, frozenset())) - entry.taken_off
            )
        )

    def who_cannot(self, verb: str) -> tuple[str, ...]:
        """Return the principals that are forbidden a part of it, whatever other entries allow.

        A principal may be forbidden it under conditions only.

        Args:
            verb: As in ``who_can``.

        Raises:
            SpecError: As ``who_can``.
        """
        needed = _needed(verb)
        return tuple(dict.fromkeys(entry.who for entry in self.entries if entry.denied and needed & entry.actions))

    def __str__(self) -> str:
        lines = [" | ".join(filter(None, entry.cells())) for entry in self.entries]
        return render.page(lines) or f"{self.repository}: no policy allows anybody anything"

    def to_dict(self) -> dict[str, Any]:
        """Return the report, ready for JSON."""
        return {"repository": self.repository, "entries": [entry.to_dict() for entry in self.entries]}

    def __repr__(self) -> str:
        return f"<Access: {self.repository}, {len(self):,} statements>"

    def _repr_html_(self) -> str:
        if not self.entries:
            return html.output(html.title(self))
        rows = [entry.cells() for entry in self.entries[: html.MAX_CHANGES]]
        head = html.title(f"who can use {self.repository}", render.count(len(self), "statement"))
        return html.output(head, html.table(_COLUMNS, rows, len(self), ".entries"))


def _needed(verb: str) -> frozenset[str]:
    if isinstance(verb, str) and verb in _ENOUGH:
        return frozenset(_ENOUGH[verb])
    if not isinstance(verb, str) or _is_no_action(verb):
        # The other verbs of grants are spelled right: for them, the nearest verb here would be another one
        close = nearest(verb, _ENOUGH) if isinstance(verb, str) and verb not in VERBS else None
        hint = f"; did you mean {close!r}?" if close else ""
        raise SpecError(f"expected {', '.join(_ENOUGH)} or an action such as 'ecr:ListImages', got {verb!r}{hint}")
    return actions.expanded(actions.check([verb if ":" in verb else f"ecr:{verb}"]))


def _is_no_action(word: str) -> bool:
    """Whether a word without ``ecr:`` is no action, and resembles none."""
    return word in VERBS or (not {":", "*", "?"} & set(word) and nearest(word, actions.known().values()) is None)


def access_of(aws: Aws, name: str) -> Access:
    """Read the repository policy, and the identity policies of the account, and return the entries."""
    document = repository_policy.read(aws, name)
    arn = repository_arn(aws, name)
    entries = [*_of_repository(document, Arn.parse(arn).account), *_of_identities(aws, arn)]
    denials = [(statement, _actions(statement)) for statement in statements(document) if denies(statement)]
    return Access(name, tuple(_weighed(entry, subject, denials) for entry, subject in entries))


def _of_repository(document: Mapping[str, Any], account: str) -> Iterator[tuple[Entry, Subject]]:
    for statement in statements(document):
        condition = statement.get("Condition") or {}
        text = condition_text(condition)
        for principal in PRINCIPAL.read(statement.get("Principal", {})):
            who = _own(principal, account) or _narrowed(principal, condition)
            yield _entry(who or words.who(principal.partition(":")[2]), statement, _POLICY), Subject(principal, text)
        if "Principal" not in statement:
            who = words.all_but(statement.get("NotPrincipal", {}))
            yield _entry(who, statement, _POLICY), Subject(EVERYONE, text)


def _own(principal: str, account: str) -> str:
    """Return a user or role of the registry's account by its name, as its identity policies are listed; else empty."""
    _, of_account, name = plain(principal).rpartition(f"AWS:{account}:")
    return name.replace("/", " ", 1) if of_account else ""


def _narrowed(principal: str, condition: Mapping[str, Any]) -> str:
    """Return everyone under a condition on who calls, as those who are left; else empty."""
    values = {test.key: test.values for test in narrowing(condition)} if principal == EVERYONE else {}
    arns = values.get("aws:principalarn", ())
    accounts = values.get("aws:principalaccount") or tuple(dict.fromkeys(map(account_of, arns)))
    if arns and not any({"*", "?"} & set(arn) for arn in arns):
        return several(map(words.who, arns))
    if accounts and all(accounts):
        return several(map(words.who, accounts))
    for key, kind in (("aws:principalorgpaths", "organization path"), ("aws:principalorgid", "organization")):
        if key in values:
            return f"{kind} {several(values[key])}"
    return ""


def _weighed(entry: Entry, subject: Subject, denials: Iterable[tuple[Statement, frozenset[str]]]) -> Entry:
    """Return an entry with the actions that denials take off in every request; all those of a deleted principal."""
    if entry.denied:
        return entry
    if words.deleted(subject.name.partition(":")[2]):
        return replace(entry, taken_off=entry.actions)
    denied = [actions for statement, actions in denials if reach(statement, subject) is Reach.WHOLE]
    return replace(entry, taken_off=entry.actions.intersection(frozenset().union(*denied)))


def _of_identities(aws: Aws, arn: str) -> Iterator[tuple[Entry, Subject]]:
    documents: dict[str, Any] = {}
    identities: list[tuple[str, Mapping[str, Any]]] = []
    params: Any = {"Filter": ["User", "Role", "Group", "LocalManagedPolicy"]}
    # one call reads all: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
    for answer in aws.pages("iam", "GetAccountAuthorizationDetails", **params):
        for kind in ("User", "Role", "Group"):
            identities += [(kind, detail) for detail in answer.get(f"{kind}DetailList", [])]
        for policy in answer.get("Policies", []):
            versions: list[dict[str, Any]] = policy.get("PolicyVersionList", [])
            default = [version for version in versions if version.get("IsDefaultVersion")]
            documents[policy["Arn"]] = default[0]["Document"] if default else {}
    for kind, detail in identities:
        identity = f"{kind.lower()} {detail[f'{kind}Name']}"
        # what is denied to the account is denied to the users of a group
        subject = Subject(f"AWS:{Arn.parse(arn).account if kind == 'Group' else detail['Arn']}")
        inline = [(policy["PolicyName"], policy["PolicyDocument"]) for policy in detail.get(f"{kind}PolicyList", [])]
        attached = [
            (policy["PolicyName"], documents.get(policy["PolicyArn"], {}))
            for policy in detail.get("AttachedManagedPolicies", [])
        ]
        for policy_name, document in (*inline, *attached):
            for entry, condition in _of_policy(identity, policy_name, document, arn):
                yield entry, replace(subject, condition=condition)


def _of_policy(identity: str, policy_name: str, document: Mapping[str, Any], arn: str) -> Iterator[tuple[Entry, str]]:
    for statement in statements(_readable(document)):
        if sid_of_ours(statement, RESOURCE.name, actions.sid, RESERVED_SIDS) is None:
            continue
        resources = listed(statement.get("Resource", []))
        if any(resource != "*" and matches(resource, arn) for resource in resources):
            condition = condition_text(statement.get("Condition"))
            yield _entry(identity, statement, f"policy {policy_name}"), condition


def _readable(document: object) -> Mapping[str, Any]:
    """Return a document of IAM; an empty one if it has not the form of a policy: then ecrops wrote none of it."""
    try:
        return check_form(document)
    except SpecError:
        return {}


def _actions(statement: Mapping[str, Any]) -> frozenset[str]:
    """Return the actions on repositories that a statement is about."""
    excludes = "NotAction" in statement
    patterns = list(map(str, listed(statement.get("NotAction", statement.get("Action", [])))))
    return frozenset(
        action for action in actions.about_repositories() if actions.is_among(action, patterns) != excludes
    )


def _entry(principal: str, statement: Mapping[str, Any], policy: str) -> Entry:
    excludes = "NotAction" in statement
    included = _actions(statement)
    verbs = [verb for verb, needed in _ENOUGH.items() if included.issuperset(needed)]
    is_everything = included == actions.about_repositories()
    further = [_EVERYTHING] if is_everything else list(_further(statement, verbs))
    if excludes:
        further.append(f"all but {several(listed(statement['NotAction']))}")
    sid, condition = statement.get("Sid"), statement.get("Condition")
    return Entry(
        who=principal,
        can=(*verbs, *further),
        where=f"{policy}, {sid}" if sid else policy,
        condition="" if not condition or principal == words.organization(condition) else str(condition),
        denied=denies(statement),
        actions=included,
    )


def _further(statement: Mapping[str, Any], verbs: list[str]) -> Iterator[str]:
    """Yield the actions of a statement, as they are written, that are not among those of the verbs."""
    of_verbs = {action for verb in verbs for action in _VERBS[verb]}
    for action in map(str, listed(statement.get("Action", []))):
        included = actions.expanded([action])
        if not included or not included <= of_verbs:
            yield action.removeprefix("ecr:")
