"""Decisions about many callers: what statements say of several of them is weighed once. Pure.

Called for a matrix of principals and resources; ``decide`` is for one caller, and both decide alike. Statements are
weighed in *parts*: an identity policy, a boundary, the statements of resource policies that are about everybody. What
a part says depends on what its conditions ask for, and on little else: callers that agree in this share it. So the work
grows with the number of statements, and not with callers times resources.

What a part says is kept as a *tally*: the votes of one kind together, without the statements that cast them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from ecrops.iam.evaluation.caller import Caller
from ecrops.iam.evaluation.compiled import CompiledPolicy, CompiledStatement, Source
from ecrops.iam.evaluation.decide import Layer, Policies, Ruling, Vote, is_by_arn, ruling_of, votes_of
from ecrops.iam.evaluation.extent import Extent
from ecrops.iam.evaluation.facts import Facts
from ecrops.iam.evaluation.naming import Way
from ecrops.iam.evaluation.resource_policies import (
    Key,
    Placed,
    ResourcePolicies,
    keys_of_caller,
    keys_of_names,
)
from ecrops.iam.evaluation.universe import Universe

T = TypeVar("T")
CHUNK = 16
"""The statements about everybody that are weighed anew for a caller whom one of them names."""
MOST_KEPT = 1024
"""The tallies of policies, and the rulings, that are kept: more are seldom of use again."""
_TOGETHER = {
    (allows, denies): CompiledStatement(Source("together"), {}, allows=allows, denies=denies)
    for allows in (False, True)
    for denies in (False, True)
}


class _Kind(NamedTuple):
    """Votes that count alike."""

    layer: Layer
    way: Way | None
    allows: bool
    denies: bool


_Tally = dict[str, dict[_Kind, Extent]]
"""By action, and by kind of vote: where there is such a vote."""


class _Question(NamedTuple):
    """What is asked of statements.

    Args:
        actions: The actions.
        universe: The resources.
        caller: Who asks.
        facts: What is known of the request.
    """

    actions: tuple[str, ...]
    universe: Universe
    caller: Caller
    facts: Facts

    def tally(self, layer: Layer, placed: Iterable[Placed]) -> _Tally:
        """Return what some statements say."""
        tally: _Tally = {}
        for mask, statement in placed:
            if covered := statement.covered(self.actions):
                for vote in votes_of(layer, mask, statement, self.caller, self.universe, self.facts):
                    # what everyone of a certain ARN is allowed, no boundary limits: as if the caller were named
                    way = Way.DIRECT if vote.way is Way.EVERYONE and is_by_arn(statement) else vote.way
                    kind = _Kind(layer, way, vote.allows, vote.denies)
                    for action in covered:
                        _add(tally, action, kind, vote.extent)
        return tally

    def known(self, keys: Iterable[str]) -> tuple[object, ...]:
        """Return what is known under some keys."""
        return tuple(map(self.facts.get, keys))


def _add(tally: _Tally, action: str, kind: _Kind, extent: Extent) -> None:
    kinds = tally.setdefault(action, {})
    kinds[kind] = kinds[kind].either(extent) if kind in kinds else extent


def _union(tallies: Iterable[_Tally]) -> _Tally:
    union: _Tally = {}
    for tally in tallies:
        for action, kinds in tally.items():
            for kind, extent in kinds.items():
                _add(union, action, kind, extent)
    return union


class _Kept(dict[Hashable, T]):
    """A bounded number of results by what they depend on."""

    def find(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return a result that is made if it is not there."""
        found = self.get(key)
        if found is None:
            if len(self) >= MOST_KEPT:
                self.clear()
            found = self[key] = make()
        return found


class _Chunk:
    """Some statements about everybody, with the keys of those whom they name beside."""

    def __init__(self, layer: Layer, placed: Sequence[Placed]) -> None:
        self.layer, self.placed = layer, placed
        self.names = frozenset(filter(_is_of_one, (key for _, each in placed for key in keys_of_names(each))))
        self.kept = _Kept[_Tally]()


def _is_of_one(key: Key) -> bool:
    """Whether a key tells a caller from others of its kind and account."""
    kind, name = key
    return kind in ("identity", "other") or (kind == "name" and not name.isdecimal())


class _Everybody:
    """The statements about everybody whose conditions ask for the same keys."""

    def __init__(self, layer: Layer, placed: Sequence[Placed], keys: Iterable[str]) -> None:
        self._chunks = [_Chunk(layer, placed[start : start + CHUNK]) for start in range(0, len(placed), CHUNK)]
        self._names = frozenset[Key]().union(*(chunk.names for chunk in self._chunks))
        self._keys = tuple(keys)
        self._kept = _Kept[_Tally]()

    def tally(self, question: _Question, names: frozenset[Key]) -> _Tally:
        """Return what the statements say of a request, by a caller with some names."""
        caller = question.caller
        alike = caller.kind, caller.account, caller.has_boundary, question.known(self._keys)
        if names.isdisjoint(self._names):
            return self._kept.find(alike, lambda: self._tally(question, names, alike))
        return self._tally(question, names, alike)

    def _tally(self, question: _Question, names: frozenset[Key], alike: Hashable) -> _Tally:
        return _union(_of_chunk(chunk, question, names, alike) for chunk in self._chunks)


def _of_chunk(chunk: _Chunk, question: _Question, names: frozenset[Key], alike: Hashable) -> _Tally:
    if names.isdisjoint(chunk.names):
        return chunk.kept.find(alike, lambda: question.tally(chunk.layer, chunk.placed))
    return question.tally(chunk.layer, chunk.placed)


class SharedDecisions:
    """Rulings for many callers about the same actions and resources.

    Args:
        actions: The actions, with the name of their service.
        universe: The resources.
        resource: The policies of the resources.
        registry: The policy over all resources; ``None`` if there is none.
    """

    def __init__(
        self,
        actions: Iterable[str],
        universe: Universe,
        resource: ResourcePolicies | None = None,
        registry: CompiledPolicy | None = None,
    ) -> None:
        self._actions, self._universe = tuple(actions), universe
        over_all = ResourcePolicies([(universe.all, registry)] if registry else ())
        self._layers = (Layer.RESOURCE, resource or ResourcePolicies()), (Layer.REGISTRY, over_all)
        self._everybody = [group for layer, policies in self._layers for group in _grouped(layer, policies)]
        self._of_policies = _Kept[_Tally]()
        self._rulings = _Kept[tuple[list[_Tally], dict[str, Ruling]]]()

    def rulings(
        self,
        caller: Caller,
        facts: Facts,
        identity: Sequence[CompiledPolicy] | None,
        boundary: CompiledPolicy | None,
        *,
        is_of_account: bool,
    ) -> dict[str, Ruling]:
        """Return the ruling for each action, as ``decide`` does, but without the votes.

        Args:
            caller: Who asks.
            facts: What is known of the request.
            identity: The policies of the caller; ``None`` if they are not known.
            boundary: The boundary of the caller, if it has one.
            is_of_account: Whether the caller is of the account that has the resources.
        """
        question = _Question(self._actions, self._universe, caller, facts)
        policies = Policies(identity, boundary, is_of_account=is_of_account)
        own = _union(question.tally(layer, placed.naming(caller, facts)) for layer, placed in self._layers)
        shared = list(self._shared(question, policies))
        if own:
            return self._ruled([*shared, own], caller, policies)
        alike = (
            tuple(map(id, shared)),
            caller.kind if caller.kind in ("service", "federated", "account") else "",
            caller.has_boundary,
            (identity is None, boundary is None, is_of_account),
        )
        # the tallies are kept with the rulings: an id is of one tally as long as that is there
        return self._rulings.find(alike, lambda: (shared, self._ruled(shared, caller, policies)))[1]

    def _shared(self, question: _Question, policies: Policies) -> Iterator[_Tally]:
        """Yield what the parts say that several callers may have."""
        for policy in policies.identity or ():
            yield self._of_policy(Layer.IDENTITY, policy, question)
        if policies.boundary is not None:
            yield self._of_policy(Layer.BOUNDARY, policies.boundary, question)
        names = frozenset(keys_of_caller(question.caller))
        for group in self._everybody:
            yield group.tally(question, names)

    def _of_policy(self, layer: Layer, policy: CompiledPolicy, question: _Question) -> _Tally:
        alike = layer, policy, question.known(sorted(policy.keys))
        placed = ((self._universe.all, statement) for statement in policy.statements)
        return self._of_policies.find(alike, lambda: question.tally(layer, placed))

    def _ruled(self, tallies: Iterable[_Tally], caller: Caller, policies: Policies) -> dict[str, Ruling]:
        union = _union(tallies)
        return {
            action: ruling_of(tuple(_votes(union.get(action, {}))), caller, self._universe, policies)._replace(votes=())
            for action in self._actions
        }


def _grouped(layer: Layer, policies: ResourcePolicies) -> Iterator[_Everybody]:
    by_keys: dict[frozenset[str], list[Placed]] = {}
    for mask, statement in policies.about_everybody():
        by_keys.setdefault(statement.keys, []).append((mask, statement))
    for keys, placed in by_keys.items():
        yield _Everybody(layer, placed, sorted(keys))


def _votes(kinds: dict[_Kind, Extent]) -> Iterator[Vote]:
    for kind, extent in kinds.items():
        yield Vote(_TOGETHER[kind.allows, kind.denies], kind.layer, extent, (), kind.way)
