"""How users carry out a lifecycle policy at once: called by ``RepositoryTrials.run_lifecycle``.

The images are read and the policy is simulated here, since what is to go is decided once, by all of them. ``running``
and ``images/archiving`` say how it goes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from ecrops.aws import Aws
from ecrops.base.render import several
from ecrops.engine.aspect import Want
from ecrops.engine.reading import Readings
from ecrops.errors import SpecError
from ecrops.images.archiving import aspect as archiving
from ecrops.images.archiving.choosing import to_archive
from ecrops.images.archiving.edits import Move, moves
from ecrops.images.archiving.words import archive_note, by_ecr_note
from ecrops.images.deleting import aspect as deleting
from ecrops.images.deleting import replicas
from ecrops.images.deleting.edits import Delete, Present, batches_of
from ecrops.images.deleting.words import total_note
from ecrops.images.graph import Graph
from ecrops.images.image import ARCHIVE
from ecrops.images.statuses import check_known
from ecrops.images.usage.values import Entry, checked, elsewhere, resolve
from ecrops.images.words import kept_note
from ecrops.lifecycle import aspect as lifecycle
from ecrops.lifecycle import running, transition
from ecrops.lifecycle.edits import check_guard
from ecrops.lifecycle.guard import Guard, Impact, impact_of
from ecrops.lifecycle.policy.document import Rules
from ecrops.lifecycle.simulation.compiled import Action, compile_rules, rules_of
from ecrops.lifecycle.simulation.result import Simulation
from ecrops.lifecycle.simulation.simulate import evaluate
from ecrops.lifecycle.simulation.verdicts import Evaluation

if TYPE_CHECKING:
    from ecrops.base.waits import OnWait
    from ecrops.engine.account import Account
    from ecrops.engine.plan import Plan
    from ecrops.engine.telling import OnChange
    from ecrops.images.usage.values import Protected
    from ecrops.images.verbs import RepositoryVerbs
    from ecrops.lifecycle.edits import GuardOption
    from ecrops.lifecycle.simulation.compiled import LifecyclePolicy

NO_POLICY = "there is no lifecycle policy, so nothing expires"


class _Wanted(NamedTuple):
    """What a user wants, checked.

    Args:
        rules: The policy; ``None`` for the current one.
        never: What must stay.
        guard: The guard, if there is one.
        references: Whether the manifests of indexes are read.
    """

    rules: Rules | None
    never: tuple[Entry, ...]
    guard: Guard | None
    references: bool


def run_lifecycle(
    repository: RepositoryVerbs,
    rules: LifecyclePolicy | None,
    never: Protected,
    guard: GuardOption,
    *,
    references: bool,
    on_change: OnChange | None,
    on_wait: OnWait | None,
    progress: bool,
) -> Plan:
    """Carry out a policy: see ``RepositoryTrials.run_lifecycle``."""
    wanted = _checked(repository, rules, never, guard, references)
    repository._check_account()
    name = repository.name
    with repository.registry.telling(on_change, on_wait, progress) as registry:
        aws, known = registry.aws.stoppable(), Readings()
        policy = _policy(registry, name) if wanted.rules is None else wanted.rules
        present = _present(registry, aws, name, wanted)
        host = repository.registry_uri if wanted.never or (wanted.guard and wanted.guard.names_registries) else ""
        simulation = evaluate(policy, present.now.images.values())
        never = resolve(wanted.never, present.now, repository=name, host=host or None)
        moved, archive_notes = _moves(name, present.now, simulation, never)
        edit = _edit(aws, name, present.now, simulation, never, wanted, host, archive_notes)
        wants = [Want(running, name, edit)]
        for key, move in moved.items():
            wants.append(Want(transition, key, transition.Transition(move, policy, simulation.now)))
            known[transition, key] = transition.Present(present.now.images[move.digest])
        known.take(aws, (running, name), present)
        return registry.make(*wants, known=known)


def _checked(
    repository: RepositoryVerbs, rules: LifecyclePolicy | None, never: Protected, guard: GuardOption, references: object
) -> _Wanted:
    check_guard(guard)
    if not isinstance(references, bool):
        raise SpecError(f"references: expected True or False, got {references!r}")
    policy = None if rules is None else rules_of(rules)
    compile_rules(policy or ())
    if guard is None and (own := getattr(repository.registry, "guard", None)) is not None:
        guard = own.of(repository.name)
    return _Wanted(policy, checked(never), guard or None, references)


def _policy(registry: Account, name: str) -> Rules:
    """Return the current policy; in a dry run the one that it would have made before."""
    assumed = registry.assumed.get((lifecycle, name))
    rules: Rules = (assumed or lifecycle.read(registry.aws, name)).rules
    return rules


def _present(registry: Account, aws: Aws, name: str, wanted: _Wanted) -> Present:
    """Read the images; in a dry run they are those that it would have left."""
    for aspect in (running, deleting):
        if assumed := registry.assumed.get((aspect, name)):
            present: Present = assumed
            return present
    return Present(running.read_graph(aws, name, references=wanted.references))


def _moves(
    name: str, graph: Graph, simulation: Simulation, never: Mapping[str, str]
) -> tuple[dict[str, Move], list[str]]:
    """Return how images go to the archive, by key, and what the user must know of it."""
    archived = {verdict.image.digest for verdict in simulation.archived}
    if not archived:
        return {}, []
    check_known(archiving.OPERATION)
    choice = to_archive(graph, archived, never)
    order = [digest for digest in choice.order if digest in archived]  # what belongs to them goes as the policy says
    notes = [archive_note([graph.images[digest] for digest in order])] if order else []
    by_ecr = [graph.images[digest].name for digest in choice.by_ecr]
    notes += [by_ecr_note(by_ecr, is_archived=True)] if order and by_ecr else []
    reasons = {
        digest: reason for digest, reason in choice.kept.items() if graph.images[digest].storage_class != ARCHIVE
    }
    return moves(name, graph, order, ARCHIVE), notes + ([kept_note(reasons, graph)] if reasons else [])


def _edit(
    aws: Aws,
    name: str,
    graph: Graph,
    simulation: Simulation,
    never: Mapping[str, str],
    wanted: _Wanted,
    host: str,
    archive_notes: Sequence[str],
) -> running.Run:
    """Return the edit, and what the user must know of it. What goes and what stays is decided here."""
    expired = [verdict.image.digest for verdict in simulation.expired]
    deletion = graph.deletion(expired, never, alone=True)
    batches = batches_of(graph.groups(deletion.order))
    notes = list(archive_notes) if simulation.rules else [NO_POLICY]
    if deletion.order:
        notes += [total_note(graph, deletion.order, set(expired), _why(simulation, set(deletion.order)))]
        notes += replicas.notes(aws, name, len(deletion.order))
    if host and (copies := elsewhere(wanted.never, graph, deletion.order, repository=name, host=host)):
        named = several(f"{graph.images[digest].name} ({reason})" for digest, reason in copies.items())
        notes.append(f"these go, and their replicas in other registries are not protected by it: {named}")
    if deletion.kept:
        notes.append(kept_note(deletion.kept, graph))
    tags = {digest: frozenset(graph.images[digest].tags) for digest in deletion.order}
    delete = Delete(batches, tags, never=wanted.never, host=host, notes=tuple(notes))
    staying = {*deletion.kept, *never}
    impact = _impact(simulation, staying, wanted.guard, name, host) if wanted.guard else None
    return running.Run(delete, list(simulation.rules), simulation.now, wanted.references, impact)


def _why(simulation: Simulation, going: Collection[str]) -> str:
    """Return by which rules images go."""
    rules = Counter(verdict.rule_priority for verdict in simulation.expired if verdict.image.digest in going)
    words = [
        f"{number:,} after their subjects" if rule is None else f"{number:,} by rule {rule}"
        for rule, number in sorted(rules.items(), key=lambda pair: (pair[0] is None, pair[0] or 0))
    ]
    return f"by the lifecycle policy ({', '.join(words)})"


def _impact(simulation: Simulation, kept: Collection[str], guard: Guard, name: str, host: str) -> Impact:
    """Return what the guard says of the images that go."""
    verdicts = [
        replace(verdict, action=Action.KEEP) if verdict.image.digest in kept else verdict
        for verdict in simulation.verdicts
    ]
    going = Evaluation(simulation.rules, simulation.now, verdicts, simulation.tallies)
    return impact_of(going, [guard.within(name, host or None)])
