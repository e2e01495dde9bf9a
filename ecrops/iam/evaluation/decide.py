"""IAM's decision: from the votes of statements to a ruling for each action. Pure.

Called by ``access/answers``. It follows the guide's chart of one account, and that of two:

1. A statement that denies wins, in whichever policy it is.
2. Within an account, an allowance of one side is enough: of an identity policy, as far as a boundary allows it too, or
   of the resource policy. The resource policy has to name the caller or everyone: an allowance of the account itself
   delegates to identity policies. A boundary limits what a role gets from a resource policy that names the role.
3. Across accounts, both sides have to allow.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from ecrops.iam.evaluation.caller import Caller
from ecrops.iam.evaluation.compiled import CompiledPolicy, CompiledStatement
from ecrops.iam.evaluation.conditions import met
from ecrops.iam.evaluation.extent import NOWHERE, Extent, maybe, surely
from ecrops.iam.evaluation.facts import Facts
from ecrops.iam.evaluation.naming import Way, named, unnamed
from ecrops.iam.evaluation.resource_policies import ResourcePolicies
from ecrops.iam.evaluation.universe import Universe

if TYPE_CHECKING:
    from ecrops.iam.evaluation.everybody import Everybody


class Layer(Enum):
    """The kinds of policies that IAM tells apart."""

    IDENTITY = "identity policies"
    BOUNDARY = "the permissions boundary"
    RESOURCE = "the resource policy"
    REGISTRY = "the policy over all resources"


class Vote(NamedTuple):
    """What one statement says of a request.

    Args:
        statement: The statement.
        layer: The kind of its policy.
        extent: The resources on which it applies to the request.
        keys: What that depends on.
        way: How it names the caller, in a resource policy.
    """

    statement: CompiledStatement
    layer: Layer
    extent: Extent
    keys: tuple[str, ...] = ()
    way: Way | None = None

    @property
    def allows(self) -> bool:
        """Whether it allows, or may."""
        return self.statement.allows or bool(self.statement.unreadable)

    @property
    def denies(self) -> bool:
        """Whether it denies, or may."""
        return self.statement.denies or bool(self.statement.unreadable)


class Policies(NamedTuple):
    """The policies that a request is judged by.

    Args:
        identity: The policies of the caller; ``None`` if they are not known.
        boundary: The boundary of the caller; ``None`` if it has none, or that is not known.
        resource: The policies of the resources.
        registry: The policy over all resources; ``None`` if there is none.
        is_of_account: Whether the caller is of the account that has the resources.
        everybody: The statements of ``resource`` about everybody, weighed together for many callers. Then the votes of
            a ruling do not tell them apart. Without it each is weighed for the caller.
    """

    identity: Sequence[CompiledPolicy] | None
    boundary: CompiledPolicy | None = None
    resource: ResourcePolicies | None = None
    registry: CompiledPolicy | None = None
    is_of_account: bool = True
    everybody: Everybody | None = None


class Ruling(NamedTuple):
    """What becomes of a request.

    Args:
        allowed: Where it is allowed.
        denied: Where a statement denies it.
        identity: Where the policies of the caller allow it, as far as its boundary lets them.
        resource: Where the policies of the resources allow it.
        votes: What the statements say that are about it.
    """

    allowed: Extent
    denied: Extent
    identity: Extent
    resource: Extent
    votes: tuple[Vote, ...]


def decide(
    caller: Caller, actions: tuple[str, ...], universe: Universe, facts: Facts, policies: Policies
) -> dict[str, Ruling]:
    """Return the ruling for each action.

    Args:
        caller: Who asks.
        actions: The actions, with the name of their service.
        universe: The resources.
        facts: What is known of the request.
        policies: The policies.
    """
    votes: dict[str, list[Vote]] = {action: [] for action in actions}
    for layer, mask, statement in _statements(caller, universe, facts, policies):
        if covered := statement.covered(actions):
            for vote in votes_of(layer, mask, statement, caller, universe, facts):
                for action in covered:
                    votes[action].append(vote)
    for action, vote in policies.everybody.votes(caller, facts, actions) if policies.everybody else ():
        votes[action].append(vote)
    return {action: _ruling(tuple(cast), caller, universe, policies) for action, cast in votes.items()}


def _statements(
    caller: Caller, universe: Universe, facts: Facts, policies: Policies
) -> Iterator[tuple[Layer, int, CompiledStatement]]:
    for policy in policies.identity or ():
        for statement in policy.statements:
            yield Layer.IDENTITY, universe.all, statement
    if policies.boundary is not None:
        for statement in policies.boundary.statements:
            yield Layer.BOUNDARY, universe.all, statement
    if policies.resource is not None:
        placed = policies.resource.naming if policies.everybody else policies.resource.about
        for mask, statement in placed(caller, facts):
            yield Layer.RESOURCE, mask, statement
    if policies.registry is not None:
        for statement in policies.registry.statements:
            yield Layer.REGISTRY, universe.all, statement


# What a statement says


def votes_of(
    layer: Layer, mask: int, statement: CompiledStatement, caller: Caller, universe: Universe, facts: Facts
) -> Iterator[Vote]:
    """Yield what a statement that the resources of a mask have says of a request; nothing if it is not about it."""
    if statement.unreadable:
        way = Way.DIRECT if layer in (Layer.RESOURCE, Layer.REGISTRY) else None
        yield Vote(statement, layer, maybe(mask), (f"{statement.source} (unreadable)",), way)
        return
    ways: dict[Way | None, bool] = {None: True}
    if layer in (Layer.RESOURCE, Layer.REGISTRY):
        ways = dict(_ways(statement, caller))
    if not ways:
        return
    extent, keys = _applied(statement, mask, universe, facts)
    if not extent.possible:
        return
    for way, certain in ways.items():
        if certain:
            yield Vote(statement, layer, extent, keys, way)
        else:
            yield Vote(statement, layer, maybe(extent.possible), (*keys, f"who calls ({statement.source})"), way)


def _ways(statement: CompiledStatement, caller: Caller) -> Iterator[tuple[Way, bool]]:
    if statement.names is None:
        return
    if not statement.excludes_names:
        ways = named(statement.names, caller)
        if statement.denies and Way.EVERYONE in ways:
            # AWS's own samples exempt services from a denial of everyone by a condition, so it is about them:
            # https://github.com/aws-samples/resource-control-policy-examples. No document says so of an allowance.
            ways[Way.EVERYONE] = True
        yield from ways.items()
        return
    is_about = unnamed(statement.names, caller, denies=statement.denies)
    is_user = caller.kind not in ("service", "federated")
    if is_about is not False:
        yield Way.EVERYONE, is_about is True and (is_user or statement.denies)


def _applied(
    statement: CompiledStatement, mask: int, universe: Universe, facts: Facts
) -> tuple[Extent, tuple[str, ...]]:
    """Return on which resources of a mask a statement applies, and what that depends on."""
    if not (universe.varying and any(key.startswith(universe.varying) for key in statement.keys)):
        return _applied_alike(statement, mask, universe, facts)
    extent, keys = NOWHERE, list[str]()
    for index in universe.indexes(mask):
        of_one, more_keys = _applied_alike(statement, 1 << index, universe, universe.facts(index).over(facts))
        extent = extent.either(of_one)
        keys += more_keys
    return extent, tuple(dict.fromkeys(keys))


def _applied_alike(
    statement: CompiledStatement, mask: int, universe: Universe, facts: Facts
) -> tuple[Extent, tuple[str, ...]]:
    """Return the same, for resources of which the same is known."""
    extent, keys = _fitting(statement, universe, facts)
    extent = extent.both(surely(mask))
    if statement.tests and extent.possible:
        truth = met(statement.tests, facts)
        if truth.value is False:
            return NOWHERE, ()
        if truth.value is None:
            return maybe(extent.possible), (*keys, *truth.keys)
    return extent, keys if extent.certain != extent.possible else ()


def _fitting(statement: CompiledStatement, universe: Universe, facts: Facts) -> tuple[Extent, tuple[str, ...]]:
    """Return the resources that the patterns of a statement fit."""
    if statement.resources is None:
        return surely(universe.all), ()
    certain, possible, keys = 0, 0, list[str]()
    for pattern in statement.resources:
        filled = pattern.filled(facts)
        if filled.unknown:
            possible = universe.all
            keys += filled.unknown
        elif not filled.is_nothing:
            certain |= universe.fitting(filled)
    possible |= certain
    if statement.excludes_resources:
        certain, possible = universe.all & ~possible, universe.all & ~certain
    return Extent(certain, possible), tuple(keys)


# What becomes of the request


def _ruling(votes: tuple[Vote, ...], caller: Caller, universe: Universe, policies: Policies) -> Ruling:
    everywhere = surely(universe.all)
    denied = _union(vote.extent for vote in votes if vote.denies)
    if policies.identity is None and caller.kind not in ("root", "service", "federated"):
        denied = denied.either(maybe(universe.all))  # a policy that nobody has read may deny
    identity = _identity(votes, caller, universe, policies)
    limit = everywhere if caller.has_boundary is False else maybe(universe.all)
    if policies.boundary is not None:
        limit = _union(vote.extent for vote in votes if vote.layer is Layer.BOUNDARY and vote.allows)
    within = identity.both(limit)
    resource = _resource(votes, policies, limit, universe)
    if caller.kind in ("service", "federated"):
        allowed = resource
    else:
        allowed = resource.either(within) if policies.is_of_account else resource.both(within)
    return Ruling(allowed.without(denied), denied, within, resource, votes)


def _identity(votes: Iterable[Vote], caller: Caller, universe: Universe, policies: Policies) -> Extent:
    if policies.identity is not None:
        return _union(vote.extent for vote in votes if vote.layer is Layer.IDENTITY and vote.allows)
    return surely(universe.all) if caller.kind == "root" else maybe(universe.all)


def _resource(votes: Iterable[Vote], policies: Policies, limit: Extent, universe: Universe) -> Extent:
    """Return where the resource policy allows the request; the registry policy may, nobody says whether it does."""
    allowed = NOWHERE
    if universe.is_nothing:
        return allowed  # what is about no resource, identity policies alone can allow
    for vote in votes:
        if not vote.allows or vote.layer not in (Layer.RESOURCE, Layer.REGISTRY):
            continue
        extent = vote.extent
        if policies.is_of_account:
            if vote.way is Way.ACCOUNT:
                continue
            if vote.way is Way.ROLE:
                extent = extent.both(limit)
            elif vote.way is Way.EVERYONE and not vote.statement.is_by_arn:
                extent = extent.both(Extent(limit.certain, universe.all))  # no document says whether it limits this
        allowed = allowed.either(extent if vote.layer is Layer.RESOURCE else maybe(extent.possible))
    return allowed


def _union(extents: Iterable[Extent]) -> Extent:
    union = NOWHERE
    for extent in extents:
        union = union.either(extent)
    return union
