"""The aspect of a repository's lifecycle policy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ecrops import ecr, settings
from ecrops.aws import Aws, ClientError, code_of
from ecrops.change import Change, Kind, Note
from ecrops.lifecycle.checks import COUNT_TYPES
from ecrops.lifecycle.document import Edit, Exactly, Rules, canonical, parse, to_text
from ecrops.lifecycle.rule import LifecycleRule
from ecrops.lifecycle.words import difference
from ecrops.spec import RepositorySpec

stands_on = settings
missing = ecr.MISSING
NO_POLICY = "LifecyclePolicyNotFoundException"


def of_spec(spec: RepositorySpec) -> Edit | None:
    """What a spec wants."""
    return None if spec.lifecycle_rules is None else Exactly(spec.lifecycle_rules)


def to_spec(have: Rules) -> dict[str, Any]:
    """The fields of the spec that describes what is there."""
    return {"lifecycle_rules": [LifecycleRule.from_ecr(rule) for rule in have]}


def prepare(aws: Aws) -> None:
    """What must be there before reads run in parallel."""
    aws.client("ecr")


def read(aws: Aws, name: str) -> Rules:
    """The rules of a repository; none if it has no policy."""
    try:
        text = ecr.get(aws, name, "GetLifecyclePolicy", "lifecyclePolicyText", repositoryName=name)
    except ClientError as error:
        if code_of(error) != NO_POLICY:
            raise
        return []
    return canonical(parse(text))


def changes(name: str, edits: Sequence[Edit], have: Rules | None) -> Iterator[Change | Note]:
    """A policy is overwritten in place, never deleted first."""
    want = have = have or []
    for edit in edits:
        want = edit(want)
    yield from _newer(name, want)
    before, after = difference(have, want)
    params: dict[str, Any] = {"repositoryName": name}
    if canonical(want) == have:
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
