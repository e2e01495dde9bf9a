"""The aspect of a repository's lifecycle policy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ecrops import ecr, settings
from ecrops.aspect import Want
from ecrops.aws import Aws, ClientError, code_of
from ecrops.change import Change, Kind, Note
from ecrops.errors import SpecError
from ecrops.lifecycle.checks import COUNT_TYPES
from ecrops.lifecycle.document import Rules, canonical, parse, to_text
from ecrops.lifecycle.edits import Edit, Exactly
from ecrops.lifecycle.rule import LifecycleRule
from ecrops.lifecycle.words import difference
from ecrops.spec import RepositorySpec

if TYPE_CHECKING:
    from ecrops.lifecycle.guard import Guard, Outlook, RegistryGuard

stands_on = settings
missing = ecr.MISSING
NO_POLICY = "LifecyclePolicyNotFoundException"
WAY_OUT = "if these images may go, give a guard that lets them, or none with guard=False (lifecycle_guard in a spec)"


class Stored(NamedTuple):
    """What is there: the rules of a policy, none without one.

    Args:
        rules: In their canonical form.
        outlook: What the policy that is wanted would do to the images, where a guard has to know.
    """

    rules: Rules
    outlook: Outlook | None = None


def of_spec(spec: RepositorySpec) -> Edit | None:
    """What a spec wants."""
    return None if spec.lifecycle_rules is None else Exactly(spec.lifecycle_rules, spec.lifecycle_guard)


def to_spec(have: Stored) -> dict[str, Any]:
    """The fields of the spec that describes what is there."""
    return {"lifecycle_rules": [LifecycleRule.from_ecr(rule) for rule in have.rules]}


def guarded(want: Want, guard: Guard | RegistryGuard | None) -> Want:
    """The want, with the guard of the registry where it has none of its own."""
    if guard is None or not isinstance(want.edit, Edit) or want.edit.guard is not None:
        return want
    return want._replace(edit=want.edit._replace(guard=guard.of(want.key)))


def prepare(aws: Aws) -> None:
    """What must be there before reads run in parallel."""
    aws.client("ecr")


def read(aws: Aws, name: str) -> Stored:
    """The rules of a repository; none if it has no policy."""
    try:
        text = ecr.get(aws, name, "GetLifecyclePolicy", "lifecyclePolicyText", repositoryName=name)
    except ClientError as error:
        if code_of(error) != NO_POLICY:
            raise
        return Stored([])
    return Stored(canonical(parse(text)))


class Reader(NamedTuple):
    """Reads the rules and, where a guarded edit is about to change them, what that would do to the images.

    Args:
        edits: Of one repository.
        missing: The code of an error that means that nothing is there; none with a guard, which must not take an
            answer that comes too early, or too late, for a repository without images.
    """

    edits: Sequence[Edit]
    missing: str = missing

    def read(self, aws: Aws, name: str) -> Stored:
        """What is there."""
        have = read(aws, name)
        guards = [edit.guard for edit in self.edits if edit.guard]
        want = wanted(self.edits, have.rules) if guards else []
        if not want or canonical(want) == have.rules:
            return have
        return have._replace(outlook=_outlook(aws, name, canonical(want), guards))


def reader(edits: Sequence[Edit]) -> Reader:
    """What reads what these edits need."""
    return Reader(edits, "" if any(edit.guard for edit in edits) else missing)


def _outlook(aws: Aws, name: str, rules: Rules, guards: Sequence[Guard]) -> Outlook:
    from ecrops.lifecycle.evaluation import evaluate
    from ecrops.lifecycle.guard import Outlook, look
    from ecrops.lifecycle.images import describe

    try:
        return look(evaluate(rules, describe(aws, name)), guards)
    except SpecError as error:
        return Outlook("what it expires is not known", error.reasons)


def wanted(edits: Sequence[Edit], have: Rules) -> Rules:
    """The rules after the edits."""
    for edit in edits:
        have = edit(have)
    return have


def changes(name: str, edits: Sequence[Edit], there: Stored | None) -> Iterator[Change | Note]:
    """A policy is overwritten in place, never deleted first."""
    have, outlook = (there.rules, there.outlook) if there else ([], None)
    want = wanted(edits, have)
    yield from _newer(name, want)
    if canonical(want) == have:
        return
    before, after = difference(have, canonical(want))
    params: dict[str, Any] = {"repositoryName": name}
    if outlook:
        after = f"{after} ({outlook})"
        if outlook.refusals:
            yield Change(name, Kind.CONFLICT, "lifecycle", before, after, advice={"": WAY_OUT})
            return
    if not want:
        kind, operation = Kind.DELETE, "DeleteLifecyclePolicy"
    else:
        kind, operation = Kind.UPDATE if have else Kind.CREATE, "PutLifecyclePolicy"
        params["lifecyclePolicyText"] = to_text(want)
    yield Change(
        name,
        kind,
        "lifecycle",
        before,
        after,
        "ecr",
        operation,
        params,
        derived=any(map(look_again, edits)),
        races=(NO_POLICY,),
        unseen=(ecr.MISSING,),
    )


def _newer(name: str, rules: Rules) -> Iterator[Note]:
    for rule in rules:
        kind = rule["selection"]["countType"]
        if kind not in COUNT_TYPES:
            yield Note(f"{name}: rule {rule['rulePriority']} counts by {kind}, which only ECR can check")


def look_again(edit: Edit) -> bool:
    """Whether to look again afterwards: a writer who had read the policy before may have overwritten it."""
    return not isinstance(edit, Exactly)
