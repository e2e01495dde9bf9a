"""The aspect of the signing configuration of a registry. Called by the engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import Any

from ecrops.aws import Aws
from ecrops.base.change import Call, Change, Note
from ecrops.engine.aspect import Read
from ecrops.registry_settings.setting import Setting, part, put, reading
from ecrops.registry_settings.signing.edits import Edit, Exactly, Rule, Rules, as_value, in_order
from ecrops.registry_settings.signing.values import Accepted, SigningRule, check_here

base = None
KEY = "signing configuration"
READ_BY = "GetSigningConfiguration"
ABSENT = "SigningConfigurationNotFoundException"


def exactly(rules: Sequence[SigningRule]) -> Exactly:
    """Return the edit of a spec's field."""
    return Exactly(frozenset(map(Rule.of, rules)))


def field(value: Rules) -> Accepted:
    """Return the current rules as a spec's field."""
    return as_value(value)


def check_of_region(aws: Aws, rules: Sequence[SigningRule]) -> None:
    """Refuse profiles that are in another region than the registry."""
    check_here(rules, aws.partition.name, aws.region)


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield the one reading."""
    for key in wants:
        yield from reading(key, aws, READ_BY, _parsed, ABSENT)


def _parsed(answer: Mapping[str, Any]) -> Rules:
    return frozenset(map(Rule.parsed, answer.get("signingConfiguration", {}).get("rules", ())))


def changes(key: str, edits: Sequence[Edit], current: Setting) -> Iterator[Change | Note]:
    """Put the rules, with those of others; delete the configuration when none remains."""
    before: Rules = current.value
    after = reduce(lambda value, edit: edit(value), edits, before)
    if after == before:
        return
    for profile in sorted({rule.profile for rule in after} - {rule.profile for rule in before}):
        yield Note(f"{key}: whoever pushes an image needs signer:SignPayload on the signing profile {profile}")
    rules = [rule.to_ecr for rule in in_order(after)]
    operation, params = "PutSigningConfiguration", {"signingConfiguration": {"rules": rules}}
    call = Call("ecr", operation, params) if rules else Call("ecr", "DeleteSigningConfiguration")
    yield put(
        key,
        call,
        set(map(_part, before - after)),
        set(map(_part, after - before)),
        unknown=current.unknown,
        words=(_words(before - after), _words(after - before)),
        superseded=() if rules else (ABSENT,),
    )


def _part(rule: Rule) -> str:
    return part(rule.profile, None if rule.filters is None else sorted(rule.filters))


def _words(rules: Rules) -> str:
    """Return rules in words."""
    named = [(rule, "everything" if rule.names is None else " ".join(rule.names)) for rule in in_order(rules)]
    return "; ".join(f"{names} with {rule.profile}" for rule, names in named)


def after(change: Change, current: Setting) -> Setting:
    """Return the rules after a change."""
    return Setting(_parsed(change.params))


def verify(edit: Edit) -> bool:
    """Whether the engine reads again after the edit: a writer with an older reading may have overwritten it."""
    return not isinstance(edit, Exactly)
