"""The aspect of a repository's lifecycle policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from ecrops.aws import Aws, ClientError, code_of
from ecrops.base.change import Call, Change, Kind, Note, Races
from ecrops.engine.aspect import Read, Want, one_by_one
from ecrops.errors import SpecError
from ecrops.lifecycle.edits import Edit, Exactly
from ecrops.lifecycle.policy.checks import COUNT_TYPES
from ecrops.lifecycle.policy.document import Rules, canonical, parse, to_text
from ecrops.lifecycle.policy.words import difference
from ecrops.repositories import calls, settings

if TYPE_CHECKING:
    from ecrops.lifecycle.guard import Guard, Impact, RegistryGuard

base = settings
NO_POLICY = "LifecyclePolicyNotFoundException"
WAY_OUT = "if these images may go, give a guard that lets them, or none with guard=False (lifecycle_guard in a spec)"


class Found(NamedTuple):
    """What is there: the rules of a policy, none without one.

    Args:
        rules: In their canonical form.
        outlook: What the policy that is wanted would do to the images, where a guard has to know.
    """

    rules: Rules
    outlook: Impact | None = None


def guarded(want: Want, guard: Guard | RegistryGuard | None) -> Want:
    """The want, with the guard of the registry where it has none of its own."""
    if guard is None or not isinstance(want.edit, Edit) or want.edit.guard is not None:
        return want
    return want._replace(edit=want.edit._replace(guard=guard.of(want.key)))


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield one reading for each repository; with the images where a guarded edit is about to change the policy.

    With a guard a missing repository is an error. A not-found that comes too early must not pass as "no images".
    """
    for name, edits in wants.items():
        guards = [edit.guard for edit in edits if edit.guard]
        missing = () if guards else (calls.MISSING,)
        yield from one_by_one([name], partial(_read_guarded, aws, edits, guards), ("ecr",), missing)


def _read_guarded(aws: Aws, edits: Sequence[Edit], guards: Sequence[Guard], name: str) -> Found:
    current = read(aws, name)
    desired = edited(edits, current.rules) if guards else []
    if not desired or canonical(desired) == current.rules:
        return current
    return current._replace(outlook=_outlook(aws, name, canonical(desired), guards))


def read(aws: Aws, name: str) -> Found:
    """The rules of a repository; none if it has no policy."""
    try:
        text = calls.get(aws, name, "GetLifecyclePolicy", "lifecyclePolicyText", repositoryName=name)
    except ClientError as error:
        if code_of(error) != NO_POLICY:
            raise
        return Found([])
    return Found(canonical(parse(text)))


def _outlook(aws: Aws, name: str, rules: Rules, guards: Sequence[Guard]) -> Impact:
    from ecrops.images.image import describe
    from ecrops.lifecycle.guard import Impact, look
    from ecrops.lifecycle.simulation.simulate import evaluate

    try:
        return look(evaluate(rules, describe(aws, name)), guards)
    except SpecError as error:
        return Impact("what it expires is not known", error.reasons)


def edited(edits: Sequence[Edit], current: Rules) -> Rules:
    """Return the desired rules."""
    for edit in edits:
        current = edit(current)
    return current


def changes(name: str, edits: Sequence[Edit], current: Found | None) -> Iterator[Change | Note]:
    """A policy is overwritten in place, never deleted first."""
    have, outlook = (current.rules, current.outlook) if current else ([], None)
    want = edited(edits, have)
    yield from _newer(name, want)
    if canonical(want) == have:
        return
    before, after = difference(have, canonical(want))
    params: dict[str, Any] = {"repositoryName": name}
    if outlook:
        after = f"{after} ({outlook})"
        if outlook.refusals:
            yield Change(
                owner=name, kind=Kind.CONFLICT, what="lifecycle", before=before, after=after, advice={"": WAY_OUT}
            )
            return
    if not want:
        kind, operation = Kind.DELETE, "DeleteLifecyclePolicy"
    else:
        kind, operation = Kind.UPDATE if have else Kind.CREATE, "PutLifecyclePolicy"
        params["lifecyclePolicyText"] = to_text(want)
    yield Change(
        owner=name,
        kind=kind,
        what="lifecycle",
        before=before,
        after=after,
        call=Call("ecr", operation, params),
        races=Races(derived=any(map(verify, edits)), superseded=(NO_POLICY,), not_yet_visible=(calls.MISSING,)),
    )


def _newer(name: str, rules: Rules) -> Iterator[Note]:
    for rule in rules:
        kind = rule["selection"]["countType"]
        if kind not in COUNT_TYPES:
            yield Note(f"{name}: rule {rule['rulePriority']} counts by {kind}, which only ECR can check")


def verify(edit: Edit) -> bool:
    """Whether to look again afterwards: a writer who had read the policy before may have overwritten it."""
    return not isinstance(edit, Exactly)
