"""The aspect of a repository's lifecycle policy.

Called by the engine. It compares policies by their canonical form. For a guarded edit that changes the policy it also
reads the images, and simulates the desired policy on them. ``changes`` decides, and calls nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from ecrops.aws import Aws, ClientError, code_of, registry_host
from ecrops.base.change import Call, Change, Kind, Note, Races
from ecrops.base.conflicts import conflict
from ecrops.engine.aspect import Read, Want, one_by_one
from ecrops.errors import SpecError
from ecrops.lifecycle.edits import Edit, Exactly, Include
from ecrops.lifecycle.policy.checks import COUNT_TYPES, part_of
from ecrops.lifecycle.policy.document import Rules, body, canonical, stored, to_ecr, to_text
from ecrops.lifecycle.policy.memory import remembered
from ecrops.lifecycle.policy.words import difference
from ecrops.repositories import calls, settings, verbatim

if TYPE_CHECKING:
    from ecrops.lifecycle.guard import Guard, Impact, RegistryGuard

base = settings
NO_POLICY = "LifecyclePolicyNotFoundException"
GUARD_ADVICE = (
    "if these images may go, give a guard that lets them, or none with guard=False (lifecycle_guard in a spec)"
)


class Found(NamedTuple):
    """The current rules of a repository.

    Args:
        rules: In their canonical form; empty without a policy.
        impact: What the desired policy would do to the images, if a guard has to know.
    """

    rules: Rules
    impact: Impact | None = None


def guarded(want: Want, guard: Guard | RegistryGuard) -> Want:
    """Return a want, with the guard of the registry if its edit has none of its own."""
    if not isinstance(want.edit, Edit) or want.edit.guard is not None:
        return want
    return want._replace(edit=want.edit._replace(guard=guard.of(want.key)))


# Read


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield one reading for each repository; with the images if a guarded edit is about to change the policy.

    With a guard, a missing repository is an error: a not-found that comes too early must not pass as "no images".
    """
    for name, edits in wants.items():
        guards = [edit.guard for edit in edits if edit.guard]
        base_missing = () if guards else (calls.MISSING,)
        yield from one_by_one([name], partial(_read_guarded, aws, edits, guards), ("ecr",), base_missing)


def _read_guarded(aws: Aws, edits: Sequence[Edit], guards: Sequence[Guard], name: str) -> Found:
    current = read(aws, name)
    desired = edited(edits, current.rules) if guards else []
    if not desired or canonical(desired) == current.rules:
        return current
    return current._replace(impact=_impact(aws, name, canonical(desired), guards))


def read(aws: Aws, name: str) -> Found:
    """Read the rules of a repository."""
    try:
        text = calls.get(aws, name, "GetLifecyclePolicy", "lifecyclePolicyText", repositoryName=name)
    except ClientError as error:
        if code_of(error) != NO_POLICY:
            raise
        return Found([])
    return Found(stored(text))


def _impact(aws: Aws, name: str, rules: Rules, guards: Sequence[Guard]) -> Impact:
    """Simulate rules on the images of a repository. Rules that ecrops does not understand are refused."""
    from ecrops.images.image import describe
    from ecrops.lifecycle.guard import Impact, impact_of
    from ecrops.lifecycle.simulation.simulate import evaluate

    try:
        evaluation = evaluate(rules, describe(aws, name))
        return impact_of(evaluation, [_within(aws, name, guard) for guard in guards])
    except SpecError as error:
        return Impact("what it expires is not known", error.reasons)


def _within(aws: Aws, name: str, guard: Guard) -> Guard:
    """Return what a guard says of one repository: images of another registry protect none of it."""
    host = registry_host(aws.account_id, aws.region) if guard.names_registries else None
    return guard.within(name, host)


# Decide


def edited(edits: Sequence[Edit], current: Rules) -> Rules:
    """Return the desired rules."""
    desired = current
    for edit in edits:
        desired = edit(desired)
    return desired


def changes(name: str, edits: Sequence[Edit], current: Found | None) -> Iterator[Change | Note]:
    """Put or delete the policy. It is overwritten in place, never deleted first."""
    rules, impact = Found([]) if current is None else current
    desired = edited(edits, rules)
    if canonical(desired) == rules:
        return
    yield from _notes(name, desired)
    before, after = difference(rules, canonical(desired))
    if any(isinstance(edit, Exactly) and edit.verbatim for edit in edits):
        yield verbatim.conflict(name, "lifecycle", before, after)
        return
    if impact:
        after = f"{after} ({impact})"
        if impact.refusals:
            yield conflict(name, "lifecycle", before, after, GUARD_ADVICE)
            return
    is_exact = any(isinstance(edit, Exactly) for edit in edits)
    params: dict[str, Any] = {"repositoryName": name}
    if not desired:
        kind, operation = Kind.DELETE, "DeleteLifecyclePolicy"
    else:
        kind, operation = Kind.UPDATE if rules else Kind.CREATE, "PutLifecyclePolicy"
        params["lifecyclePolicyText"] = to_text(desired)
    yield Change(
        owner=name,
        kind=kind,
        what="lifecycle",
        before=before,
        after=after,
        call=Call("ecr", operation, params, is_kept=partial(_is_kept, params)),
        removed=_parts(rules, canonical(desired), is_exact),
        added=[*_parts(canonical(desired), rules, is_exact), *_given_priorities(rules, edits)],
        races=Races(derived=True, superseded=(NO_POLICY,), not_yet_visible=(calls.MISSING,)),
    )


def _is_kept(params: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    """Whether an answer has the rules that were sent. The answer to a deletion has those that were deleted."""
    sent, kept = params.get("lifecyclePolicyText"), answer.get("lifecyclePolicyText")
    try:
        return not sent or not kept or stored(sent) == stored(kept)
    except SpecError:
        return False


@remembered
def _parts(rules: Rules, other: Rules, is_exact: bool) -> list[str]:
    """Return the rules that another policy lacks. Only an exact edit is about all priorities."""
    texts = ([json.dumps(rule if is_exact else body(rule), sort_keys=True) for rule in side] for side in (rules, other))
    mine, others = map(Counter, texts)
    return sorted(mine - others)


def _given_priorities(rules: Rules, edits: Sequence[Edit]) -> Iterator[str]:
    """Yield the rules that get a priority of the user's choice."""
    for rule in (to_ecr(edit.rule) for edit in edits if isinstance(edit, Include)):
        if "rulePriority" in rule and canonical([rule])[0] not in rules:
            yield f"{json.dumps(body(rule), sort_keys=True)} at priority {rule['rulePriority']}"


def _notes(name: str, rules: Rules) -> Iterator[Note]:
    """Yield a note for each rule with a count type that is newer than ecrops."""
    for rule in rules:
        count_type = part_of(rule, "selection").get("countType")
        if count_type not in COUNT_TYPES:
            yield Note(f"{name}: rule {rule.get('rulePriority')} counts by {count_type}, which only ECR can check")


def after(change: Change, current: Found | None) -> Found:
    """Return the rules after a change."""
    text = change.params.get("lifecyclePolicyText")
    return Found(stored(text) if text else [])


def verify(edit: Edit) -> bool:
    """Whether the engine reads again after the edit: a writer with an older reading may have overwritten it."""
    return not isinstance(edit, Exactly)
