"""The aspect of the policy of a registry. Called by the engine.

Its key names the registry, if that is of another account than ours: replication writes there too, before its own
configuration.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial, reduce
from typing import Any, NamedTuple

from ecrops.access import actions
from ecrops.access.aspects.repository_policy import visible_later
from ecrops.access.edits import Add, Drop, Exactly
from ecrops.access.policy_checks import named, stored
from ecrops.aws import Aws
from ecrops.base.change import Call, Change, Note, never
from ecrops.base.conflicts import conflict
from ecrops.base.plain_json import received
from ecrops.engine.aspect import Read
from ecrops.errors import SpecError
from ecrops.iam.form import check_form
from ecrops.iam.policy import PRINCIPAL, Policy
from ecrops.iam.statements import Document, meaning, same
from ecrops.iam.text import to_text
from ecrops.registry_settings.registry_policy import lock_out, words
from ecrops.registry_settings.registry_policy.checks import LONGEST, Accepted, check_partition, too_long
from ecrops.registry_settings.registry_policy.parts import parts
from ecrops.registry_settings.registry_policy.statements import Allow, Revoke
from ecrops.registry_settings.replication.values import SETTING, Destination
from ecrops.registry_settings.setting import Setting, put, reading

base = None
KEY = "registry policy"
NO_POLICY = "RegistryPolicyNotFoundException"
REFUSED = "InvalidParameterException"
Edit = Exactly | Add | Drop | Allow | Revoke


class Stored(NamedTuple):
    """A registry policy as AWS has it.

    Args:
        document: The document; empty for none.
        caller: The ARN of the caller, if an edit may lock somebody out; else empty.
    """

    document: Document
    caller: str = ""


def key_of(destination: Destination) -> str:
    """Return the key of the policy of the registry of another account."""
    return f"{KEY} of {destination.account} in {destination.region}"


def exactly(document: Mapping[str, Any]) -> Exactly:
    """Return the edit of a spec's field."""
    return Exactly(document)


def field(value: Stored) -> Document:
    """Return the current value as a spec's field."""
    return Accepted(stored(value.document))


def check_of_region(aws: Aws, document: Mapping[str, Any]) -> None:
    """Refuse a document that names principals or resources of another partition.

    Raises:
        SpecError: With every reason.
    """
    if not isinstance(document, Accepted):
        check_partition(document, aws.partition.name)


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield the one reading. It asks for the caller too if an edit denies somebody to put another policy."""
    for key, edits in wants.items():
        asks = any(lock_out.denials(_statements_of(edit)) for edit in edits)
        yield from reading(key, aws, "GetRegistryPolicy", partial(_parsed, aws if asks else None), NO_POLICY)


def _statements_of(edit: Edit) -> Document:
    if isinstance(edit, Exactly):
        return dict(edit.document)
    return {"Statement": [edit.statement]} if isinstance(edit, Add) else {}


def _parsed(asked: Aws | None, answer: Mapping[str, Any]) -> Stored:
    """Return the policy that AWS has.

    Raises:
        SpecError: Its text is no document; with the reasons.
    """
    caller = str(asked.get("sts", "GetCallerIdentity", "Arn")) if asked else ""
    text = answer.get("policyText")
    try:
        return Stored(check_form(received(text)) if text else {}, caller)
    except SpecError as error:
        raise SpecError(*(f"AWS has {str(text)[:200]!r}: {reason}" for reason in error.reasons)) from None


def _policy(document: Document) -> Policy:
    return Policy.parse(document, PRINCIPAL, actions.sid)


def changes(key: str, edits: Sequence[Edit], current: Setting) -> Iterator[Change | Note]:
    """Put the whole policy, with the statements of others in it, or delete it if nothing remains of it."""
    document: Document = current.value.document
    before = _policy(document)
    try:
        after: Document = reduce(lambda policy, edit: edit(policy), edits, before).document
    except SpecError as error:
        raise error.at(key) from None
    if same(after, before.document):
        return
    if (length := len(to_text(after))) > LONGEST:
        raise SpecError(f"{key}: {too_long(length)}")
    sides = words.difference(before.document, after)
    had = {meaning(statement) for statement in before.foreign}
    for denial in lock_out.denials(after):
        if meaning(denial) in had or not lock_out.covers_caller(denial, current.value.caller):
            continue
        if not denial.get("Condition"):
            yield conflict(key, "", *sides, lock_out.ADVICE)
            return
        yield Note(f"{key}: {lock_out.doubt(denial)}")
    removed, added = parts(before.document) - parts(after), parts(after) - parts(before.document)
    change = _change(key, document, after, sides, removed, added, current.unknown)
    # Images that are pushed before the other account takes them are never replicated.
    yield change if key == KEY else replace(change, step=change.step - 1, for_owners=(SETTING,))


def _change(
    key: str,
    current: Document,
    desired: Document,
    sides: tuple[str, str],
    removed: set[str],
    added: set[str],
    unknown: Collection[str],
) -> Change:
    identities, awaits = visible_later(sorted(set(named(desired)) - set(named(current))))
    call = (
        Call("ecr", "PutRegistryPolicy", {"policyText": to_text(desired)})
        if desired
        else Call("ecr", "DeleteRegistryPolicy")
    )
    advice = (
        f"it names {', '.join(identities)}: each must exist, under its path, in an account that has this region enabled"
        if identities
        else "it names no user or role that might be missing: its actions, resources, conditions or accounts are wrong"
    )
    return put(
        key,
        call,
        removed,
        added,
        unknown=unknown,
        words=sides,
        advice={REFUSED: advice},
        superseded=(NO_POLICY,),
        awaits=awaits if identities else never,
    )


def after(change: Change, current: Setting) -> Setting:
    """Return the policy after a change."""
    return Setting(Stored(json.loads(change.params.get("policyText", "{}")), current.value.caller))


def verify(edit: Edit) -> bool:
    """Whether the engine reads again after the edit: a writer with an older reading may have overwritten it."""
    return not isinstance(edit, Exactly)
