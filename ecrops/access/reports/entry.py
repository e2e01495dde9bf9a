"""The statements of all policies about one repository, one entry for each principal that one is about. Pure.

Called by ``reading``, for those who want to know what is written, and not what comes of it: ``rows`` are what IAM makes
of all statements together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from ecrops.access import actions, words
from ecrops.access.answers.needs import VERBS
from ecrops.access.answers.words import source_text
from ecrops.access.principals.reach import EVERYONE, Reach, account_of, plain, reach
from ecrops.aws import Arn
from ecrops.base.render import page, several
from ecrops.base.shown import Shown
from ecrops.iam.evaluation.compiled import CompiledPolicy, CompiledStatement
from ecrops.iam.narrowing import narrowing
from ecrops.iam.policy import PRINCIPAL, Subject
from ecrops.iam.statements import Statement, condition_text, denies, listed
from ecrops.iam.wildcards import matches

_SHORT = ("read", "pull", "push")
_GRANTED = {"read": actions.READ, "pull": actions.PULL, "push": actions.PUSH}
_EVERYTHING = "everything else"
_NAMES = ("who", "can", "where", "condition", "denied")


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
        taken_off: The actions that it allows, and another statement of the repository policy denies in every request
            of the principal.
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

    def __str__(self) -> str:
        return page([" | ".join(filter(None, self.cells()))])

    def to_dict(self) -> dict[str, Any]:
        """Return the entry, ready for JSON."""
        facts = {name: getattr(self, name) for name in _NAMES} | {"can": list(self.can)}
        return facts | {"actions": sorted(self.actions), "taken_off": sorted(self.taken_off)}


class Holder(NamedTuple):
    """A user, role or group, with its policies of IAM.

    Args:
        who: The principal, in words.
        arn: Its ARN.
        policies: Its policies.
    """

    who: str
    arn: str
    policies: Iterable[CompiledPolicy]


def entries(policy: CompiledPolicy | None, holders: Iterable[Holder], arn: str) -> Iterator[Entry]:
    """Yield the entries of a repository: those of its own policy, then those of the policies of IAM.

    Args:
        policy: The policy of the repository.
        holders: The users, roles and groups of the account.
        arn: The ARN of the repository.
    """
    account = Arn.parse(arn).account
    own = [statement for statement in (policy.statements if policy else ()) if not statement.unreadable]
    denials = [(statement.document, _actions(statement)) for statement in own if statement.denies]
    for statement in own:
        for entry, subject in _of_repository(statement, account):
            yield _weighed(entry, subject, denials)
    about: dict[int, Entry | None] = {}
    for who, holder_arn, policies in holders:
        # what is denied to the account is denied to the users of a group
        subject = Subject(f"AWS:{account if ':group/' in holder_arn else holder_arn}")
        for statement in (statement for held in policies for statement in held.statements):
            if id(statement) not in about:
                about[id(statement)] = _entry("", statement) if _is_about(statement, arn) else None
            if found := about[id(statement)]:
                condition = condition_text(statement.document.get("Condition"))
                yield _weighed(replace(found, who=who), replace(subject, condition=condition), denials)


def _of_repository(statement: CompiledStatement, account: str) -> Iterator[tuple[Entry, Subject]]:
    document = statement.document
    condition = document.get("Condition") or {}
    text = condition_text(condition)
    for principal in PRINCIPAL.read(document.get("Principal", {})):
        who = own_name(principal, account) or narrowed(principal, condition)
        yield _entry(who or words.who(principal.partition(":")[2]), statement), Subject(principal, text)
    if "Principal" not in document:
        yield _entry(words.all_but(document.get("NotPrincipal", {})), statement), Subject(EVERYONE, text)


def own_name(principal: str, account: str) -> str:
    """Return a user or role of the registry's account by its name, as its identity policies are listed; else empty."""
    _, of_account, name = plain(principal).rpartition(f"AWS:{account}:")
    return name.replace("/", " ", 1) if of_account else ""


def narrowed(principal: str, condition: Mapping[str, Any]) -> str:
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
    denied = [denied for statement, denied in denials if reach(statement, subject) is Reach.WHOLE]
    return replace(entry, taken_off=entry.actions.intersection(frozenset().union(*denied))) if denied else entry


def _is_about(statement: CompiledStatement, arn: str) -> bool:
    """Whether a statement of an identity policy is about a repository, and about actions that one has."""
    if statement.unreadable or not _actions(statement):
        return False
    document = statement.document
    if "NotResource" in document:
        return not any(matches(str(pattern), arn) for pattern in listed(document["NotResource"]))
    return any(matches(str(pattern), arn) for pattern in listed(document.get("Resource", [])))


def _actions(statement: CompiledStatement) -> frozenset[str]:
    """Return the actions on repositories that a statement is about."""
    return frozenset(statement.covered(_every_action()))


def _every_action() -> tuple[str, ...]:
    return tuple(sorted(actions.about_repositories()))


def _entry(who: str, statement: CompiledStatement) -> Entry:
    document = statement.document
    included = _actions(statement)
    verbs = [verb for verb in _SHORT if included.issuperset(VERBS[verb][0])]
    is_everything = included == actions.about_repositories()
    further = [_EVERYTHING] if is_everything else list(_further(document, verbs))
    if "NotAction" in document:
        further.append(f"all but {several(map(str, listed(document['NotAction'])))}")
    condition = document.get("Condition")
    return Entry(
        who=who,
        can=(*verbs, *further),
        where=source_text(statement.source),
        condition="" if not condition or who == words.organization(condition) else str(condition),
        denied=denies(document),
        actions=included,
    )


def _further(document: Statement, verbs: list[str]) -> Iterator[str]:
    """Yield the actions of a statement, as they are written, that are not among those of the verbs."""
    of_verbs = {action for verb in verbs for action in _GRANTED[verb]}
    for action in map(str, listed(document.get("Action", []))):
        included = actions.expanded([action])
        if not included or not included <= of_verbs:
            yield action.removeprefix("ecr:")
