"""What statements about everybody say, together: weighed once for all callers of whom the same is known. Pure.

Called by ``decide`` for a matrix of callers and resources, where thousands of resources may each have a statement of
their own about everybody. What these say depends on what their conditions ask for, on the kind and the account of a
caller, and on whether it has a boundary. Callers that agree in this share it, but for those whom a statement names.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import NamedTuple

from ecrops.iam.evaluation.caller import Caller
from ecrops.iam.evaluation.compiled import CompiledStatement, Source
from ecrops.iam.evaluation.decide import Layer, Vote, votes_of
from ecrops.iam.evaluation.distinction import Distinction
from ecrops.iam.evaluation.extent import NOWHERE, Extent
from ecrops.iam.evaluation.facts import Facts
from ecrops.iam.evaluation.naming import Way
from ecrops.iam.evaluation.resource_policies import Key, Placed, ResourcePolicies, keys_of_caller, keys_of_names
from ecrops.iam.evaluation.universe import Universe

CHUNK = 16
"""The statements that are weighed anew for a caller whom one of them tells apart."""
MOST_KNOWN = 256
Votes = dict[str, dict["Sort", Extent]]
"""By action, and by sort of vote: where there is such a vote."""


class Sort(NamedTuple):
    """Votes that count alike."""

    way: Way | None
    allows: bool
    denies: bool

    def vote(self, extent: Extent) -> Vote:
        """Return all votes of the sort as one, whose statement is none of them."""
        statement = CompiledStatement(Source("several statements"), {}, allows=self.allows, denies=self.denies)
        return Vote(statement, Layer.RESOURCE, extent, (), self.way)


class Everybody:
    """The statements of resource policies that are about everybody.

    Args:
        policies: The policies of the resources.
        universe: The resources.
    """

    def __init__(self, policies: ResourcePolicies, universe: Universe) -> None:
        by_keys: dict[frozenset[str], list[Placed]] = {}
        for mask, statement in policies.about_everybody():
            by_keys.setdefault(statement.keys, []).append((mask, statement))
        self._chunks = [
            _Chunk(placed[start : start + CHUNK], universe)
            for placed in by_keys.values()
            for start in range(0, len(placed), CHUNK)
        ]
        self._known = _Known()

    def votes(self, caller: Caller, facts: Facts, actions: tuple[str, ...]) -> Iterator[tuple[str, Vote]]:
        """Yield what the statements say of a request: for each action, the votes of one sort together."""
        names = frozenset(keys_of_caller(caller))
        alike = tuple(chunk.alike(caller, names, facts) for chunk in self._chunks)
        votes = self._known.find((actions, alike), lambda: self._together(alike, caller, facts, actions))
        for action, sorts in votes.items():
            for sort, extent in sorts.items():
                yield action, sort.vote(extent)

    def _together(self, alike: tuple[Hashable, ...], caller: Caller, facts: Facts, actions: tuple[str, ...]) -> Votes:
        votes: Votes = {}
        for chunk, key in zip(self._chunks, alike, strict=True):
            for action, sorts in chunk.votes(key, caller, facts, actions).items():
                for sort, extent in sorts.items():
                    _add(votes, action, sort, extent)
        return votes


class _Known(dict[Hashable, Votes]):
    """What statements say, by what it depends on: the last results, and no more than a bounded number of them."""

    def find(self, key: Hashable, make: Callable[[], Votes]) -> Votes:
        """Return a result; it is made if it is not known."""
        if key not in self:
            if len(self) >= MOST_KNOWN:
                self.clear()
            self[key] = make()
        return self[key]


class _Chunk:
    """Some statements about everybody whose conditions ask for the same keys."""

    def __init__(self, placed: Sequence[Placed], universe: Universe) -> None:
        self._placed, self._universe = placed, universe
        self._names = frozenset(filter(_is_of_one, (key for _, each in placed for key in keys_of_names(each))))
        self._distinction = Distinction(statement for _, statement in placed)
        self._known = _Known()

    def alike(self, caller: Caller, names: frozenset[Key], facts: Facts) -> Hashable:
        """Return what the statements tell callers apart by; of a caller whom one of them names, the caller."""
        named = None if names.isdisjoint(self._names) else caller
        return caller.kind, caller.account, caller.has_boundary, named, self._distinction.of(facts)

    def votes(self, alike: Hashable, caller: Caller, facts: Facts, actions: tuple[str, ...]) -> Votes:
        """Return what the statements say of a request."""
        return self._known.find((actions, alike), lambda: self._weighed(caller, facts, actions))

    def _weighed(self, caller: Caller, facts: Facts, actions: tuple[str, ...]) -> Votes:
        votes: Votes = {}
        for mask, statement in self._placed:
            if covered := statement.covered(actions):
                for vote in votes_of(Layer.RESOURCE, mask, statement, caller, self._universe, facts):
                    # what everyone of a certain ARN is allowed, no boundary limits: as if the caller were named
                    way = Way.DIRECT if vote.way is Way.EVERYONE and statement.is_by_arn else vote.way
                    for action in covered:
                        _add(votes, action, Sort(way, vote.allows, vote.denies), vote.extent)
        return votes


def _is_of_one(key: Key) -> bool:
    """Whether a key tells a caller from others of its kind and account."""
    kind, name = key
    return kind in ("identity", "other") or (kind == "name" and not name.isdecimal())


def _add(votes: Votes, action: str, sort: Sort, extent: Extent) -> None:
    sorts = votes.setdefault(action, {})
    sorts[sort] = sorts.get(sort, NOWHERE).either(extent)
