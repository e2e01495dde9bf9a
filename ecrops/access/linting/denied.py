"""Grants that a denial makes void: what a statement allows somebody, and another one denies in every request. Pure.

Called by ``lint``, with a part of the repositories at a time. A statement is void as far as each action of one of its
``Action`` patterns is denied for certain, on each repository that it allows it on. What depends on a request is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import chain

from ecrops.access import actions, words
from ecrops.access.answers.askers import asker_named
from ecrops.access.answers.asking import Evaluation, asker_of
from ecrops.access.answers.documents import Documents
from ecrops.access.answers.identities import AWS_MANAGED, Identity
from ecrops.access.answers.parts import REPOSITORY
from ecrops.access.answers.words import source_text
from ecrops.access.linting.remark import Remark
from ecrops.access.linting.statements import may
from ecrops.access.principals.reach import EVERYONE
from ecrops.base.render import several
from ecrops.iam.evaluation.compiled import CompiledPolicy, CompiledStatement, Source
from ecrops.iam.evaluation.decide import Ruling, Vote
from ecrops.iam.policy import PRINCIPAL
from ecrops.iam.statements import listed

Rulings = Mapping[str, Ruling]
_WAY_OUT = "take one of the two out, or narrow the denial"


def of_repositories(evaluation: Evaluation) -> Iterator[tuple[str, CompiledStatement, Remark]]:
    """Yield the statements of repository policies that are void for somebody whom they name, each with its repository.

    Args:
        evaluation: The repositories, and what decides about them.
    """
    asked: dict[str, Rulings] = {}
    deniable = _deniable(_of_resources(evaluation.documents))
    for index, name in enumerate(evaluation.names):
        policy = evaluation.documents.policies.get(name)
        for statement in policy.statements if policy else ():
            for principal in _principals(statement):
                if principal not in asked:
                    asked[principal] = _rulings(principal, evaluation, deniable)
                if asked[principal] and (found := _void(statement, principal, asked[principal], 1 << index)):
                    yield name, statement, found


def _of_resources(documents: Documents) -> Iterator[CompiledPolicy]:
    yield from filter(None, (*documents.policies.values(), documents.registry))


def _deniable(policies: Iterable[CompiledPolicy]) -> frozenset[str]:
    """Return the actions that a statement could deny: no others need be asked about."""
    denials = (statement for policy in policies for statement in policy.statements if statement.denies)
    return frozenset().union(*(statement.covered(_every()) for statement in denials))


def _principals(statement: CompiledStatement) -> Iterable[str]:
    """Return whom a statement names that allows something."""
    return PRINCIPAL.read(statement.document.get("Principal", {})) if statement.allows else ()


def _rulings(principal: str, evaluation: Evaluation, deniable: frozenset[str]) -> Rulings:
    """Return what becomes of the actions of a principal that could be denied.

    Nothing is asked of one whose denial is not one of all that it means: the own account is more than its root user.
    """
    asker = asker_named(principal, evaluation.documents)
    if asker is None or (asker.caller.kind, asker.caller.account) == ("account", evaluation.documents.account):
        return {}
    own = (*(asker.identity or ()), *filter(None, [asker.boundary]))
    return evaluation.rulings(asker, sorted(deniable | _deniable(own)))


def _void(statement: CompiledStatement, principal: str, rulings: Rulings, bit: int) -> Remark | None:
    """Return that a statement of a repository policy is void for a principal."""
    standing = _Standing(is_of_everyone=principal == EVERYONE)
    for pattern, covered in _patterns(statement).items():
        standing.add(pattern, ((bit, rulings.get(action)) for action in covered))
    return standing.remark(statement, words.who(principal.partition(":")[2]))


class Identities:
    """The statements of users, roles and groups that are void on all repositories that were added."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int], tuple[Identity, CompiledStatement, _Standing]] = {}

    def add(self, evaluation: Evaluation) -> None:
        """Add some repositories.

        Args:
            evaluation: The repositories, and what decides about them.
        """
        documents = evaluation.documents
        shared = _deniable(_of_resources(documents))
        for identity in documents.directory or ():
            own = _deniable((*identity.policies, *filter(None, [identity.boundary])))
            allowing = [statement for statement in _allowing(identity) if _patterns(statement)]
            if allowing and (deniable := shared | own):
                asker = asker_of(identity, documents.account, documents.organization)
                self._judge(identity, allowing, evaluation.rulings(asker, sorted(deniable)))

    def _judge(self, identity: Identity, allowing: Iterable[CompiledStatement], rulings: Rulings) -> None:
        allowed: dict[tuple[int, str], int] = {}
        for action, ruling in rulings.items():
            for vote in ruling.votes:
                allowed[id(vote.statement), action] = vote.extent.possible
        for statement in allowing:
            _, _, standing = self._found.setdefault((identity.arn, id(statement)), (identity, statement, _Standing()))
            for pattern, covered in _patterns(statement).items():
                masks = (allowed.get((id(statement), action), 0) for action in covered)
                standing.add(pattern, zip(masks, map(rulings.get, covered), strict=True))

    def void(self) -> Iterator[tuple[str, CompiledStatement, Remark]]:
        """Yield the statements that are void, each with whose it is in words."""
        for identity, statement, standing in self._found.values():
            found = standing.remark(statement, str(identity))
            if found and not (statement.source.kind == AWS_MANAGED and standing.is_part):
                yield str(identity), statement, found


def _allowing(identity: Identity) -> Iterator[CompiledStatement]:
    """Yield the statements of an identity's own policies that allow something."""
    for policy in identity.policies:
        if not policy.source.kind.startswith("group ") or identity.kind == "group":
            yield from (statement for statement in policy.statements if statement.allows)


@dataclass
class _Standing:
    """What remains of a statement, by its patterns.

    Attributes:
        is_of_everyone: Whether it names everyone: then a denial of all but some is not one of all that it names.
        remains: Whether something of a pattern remains, for the patterns that are about a repository.
        by: The statements that deny something of a pattern.
    """

    is_of_everyone: bool = False
    remains: dict[str, bool] = field(default_factory=dict)
    by: dict[str, dict[str, None]] = field(default_factory=dict)

    @property
    def is_part(self) -> bool:
        """Whether something remains of one pattern at least."""
        return any(self.remains.values())

    def add(self, pattern: str, rulings: Iterable[tuple[int, Ruling | None]]) -> None:
        """Add the actions of a pattern: each with the repositories on which the statement allows it.

        An action without a ruling is one that nothing denies.
        """
        for mask, ruling in rulings:
            if ruling is None:
                self.remains[pattern] = True
            elif mask:
                self._add(pattern, mask, ruling)

    def _add(self, pattern: str, mask: int, ruling: Ruling) -> None:
        left = mask
        for vote in ruling.votes:
            if vote.extent.certain & mask and self._counts(vote):
                left &= ~vote.extent.certain
                self.by.setdefault(pattern, {})[_text(vote.statement.source)] = None
        self.remains[pattern] = self.remains.get(pattern, False) or bool(left)

    def _counts(self, vote: Vote) -> bool:
        excepts_some = self.is_of_everyone and vote.statement.excludes_names
        return vote.denies and not vote.statement.unreadable and not excepts_some

    def remark(self, statement: CompiledStatement, who: str) -> Remark | None:
        """Return what is void of the statement; ``None`` if nothing is."""
        void = [pattern for pattern, remains in self.remains.items() if not remains]
        if not void:
            return None
        is_whole = len(void) == len(listed(statement.document.get("Action", "")))
        what = may(statement.document) if is_whole else several(map(actions.short, void))
        by = several(dict.fromkeys(chain.from_iterable(self.by[pattern] for pattern in void)))
        message = f"lets {who} {what}, and that is denied in every request by {by}"
        return Remark("denied-grant", message, _WAY_OUT)


def _text(source: Source) -> str:
    """Return where a statement is: one of many repositories is named."""
    return f"{source_text(source)} of {source.policy}" if source.kind == REPOSITORY else source_text(source)


def _patterns(statement: CompiledStatement) -> dict[str, tuple[str, ...]]:
    """Return the patterns of a statement as they are written, each with the actions on repositories that it covers."""
    if statement.excludes_actions:
        covered = {"NotAction": statement.covered(_every())}
    else:
        covered = {str(name): _expanded(str(name)) for name in listed(statement.document.get("Action", []))}
    return {pattern: names for pattern, names in covered.items() if names}


@lru_cache(4096)
def _expanded(pattern: str) -> tuple[str, ...]:
    return tuple(sorted(actions.expanded([pattern])))


@cache
def _every() -> tuple[str, ...]:
    return tuple(sorted(actions.about_repositories()))
