"""The aspect of a repository policy. Its key is the name of the repository, its reading is the document.

``public/policy`` is the same for public repositories.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ecrops.access import actions, leftovers, words
from ecrops.access.aspects import denials, edited_statements, in_vain, statement_notes
from ecrops.access.edits import (
    Add,
    Allow,
    Drop,
    Edit,
    Elsewhere,
    Exactly,
    Forbid,
    added_parts,
    check_variables,
    edited,
)
from ecrops.access.policy_checks import LONGEST, may_lock_out, named, too_long
from ecrops.access.removals import removal
from ecrops.aws import DENIED, Aws, ClientError, code_of
from ecrops.base.change import Call, Change, Kind, Note, Races, never
from ecrops.base.plain_json import received
from ecrops.base.render import several
from ecrops.engine.aspect import Read, one_by_one
from ecrops.errors import SpecError
from ecrops.iam.form import check_form
from ecrops.iam.policy import PRINCIPAL, Policy, Subject
from ecrops.iam.statements import VERSION, Document, Statement, same
from ecrops.iam.text import to_text
from ecrops.repositories import calls, settings, verbatim
from ecrops.repositories.values import ECR

base = settings
NO_POLICY = "RepositoryPolicyNotFoundException"
REFUSED = "InvalidParameterException"
# ECR's answers while a new principal is not visible to it yet, before and since 2024:
# https://github.com/hashicorp/terraform-provider-aws/issues/39064. A policy that is wrong has the second text too.
NOT_YET_VISIBLE = ("Principal not found", "Invalid repository policy provided", "Invalid registry policy provided")
NEWER_VERSION = (
    f"set_resource_policy writes it with the Version {VERSION}, if what others have in it may have variables too"
)
_ALWAYS_VISIBLE = re.compile(r"\*|[0-9]{12}|arn:[^:]+:iam::[0-9]{12}:root")


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]], service: str = ECR) -> Iterator[Read]:
    """Yield one reading for each repository."""

    def read_for(name: str) -> Document:
        is_for_notes = wants[name] and all(isinstance(edit, Elsewhere) for edit in wants[name])
        return _read_for_notes(aws, name, service) if is_for_notes else read(aws, name, service)

    return one_by_one(wants, read_for, services=(service,), base_missing=(calls.MISSING,))


def _read_for_notes(aws: Aws, name: str, service: str) -> Document:
    """Read the policy, of which only notes are made: a grant in IAM does not fail because it cannot be read."""
    try:
        return read(aws, name, service)
    except ClientError as error:
        if code_of(error) not in (*DENIED, calls.MISSING):
            raise
        return {}


def read(aws: Aws, name: str, service: str = ECR) -> Document:
    """Read the policy of a repository; empty if it has none."""
    try:
        text = calls.get(aws, name, "GetRepositoryPolicy", "policyText", service=service, repositoryName=name)
    except ClientError as error:
        if code_of(error) != NO_POLICY:
            raise
        return {}
    return _parsed(text)


def _parsed(text: str) -> Document:
    """Return the document that AWS has.

    Raises:
        SpecError: It is none; with the reasons.
    """
    try:
        return check_form(received(text))
    except SpecError as error:
        reasons = several(error.reasons)
        raise SpecError(
            f"expected a policy document, {{'Statement': [...]}}, and AWS has {text[:200]!r}: {reasons}"
        ) from None


def changes(name: str, edits: Sequence[Edit], current: Document | None, service: str = ECR) -> Iterator[Change | Note]:
    """Overwrite the policy in place, or delete it if nothing remains of it."""
    current = current or {}
    before = Policy.parse(current, PRINCIPAL, actions.sid)
    after = before
    for edit in edits:
        after = _edited(name, edit, after)
    for edit in edits:
        yield from map(Note, _notes(name, edit, before, after))
        yield from _denials(name, edit, before, after)
    if after is before or same(after.document, before.document):
        return
    if _is_unwritten(edits, before, after):
        yield verbatim.conflict(name, "policy", *words.difference(current, after.document))
        return
    yield from edited_statements.notes(name, before, after)
    yield from map(Note, statement_notes.of_new(name, before, after))
    stale = [subject for subject in after.allowed if _deleted(subject)]
    for subject in stale:  # AWS refuses a policy that names a deleted principal
        yield Note(
            f"{name}: {_deleted(subject)} is taken out of the policy; "
            "one made again under the name must be granted again"
        )
    after = edited(map(Forbid, stale), after)
    desired = after.document
    if (length := len(to_text(desired))) > LONGEST:
        raise SpecError(f"{name}: {too_long(length)}")
    warnings = [warning for statement in after.foreign for warning in _warnings(statement, after)]
    yield from (Note(f"{name}: {warning}") for warning in warnings)
    forced = any(isinstance(edit, Exactly | Add | Drop) and edit.force for edit in edits)
    change = _change(name, current, desired, warnings, service, forced=forced)
    added = added_parts(edits, before, after) | ({"force"} if forced else set())
    yield replace(change, removed=before.parts - after.parts, added=added)


def _is_unwritten(edits: Sequence[Edit], before: Policy, after: Policy) -> bool:
    """Whether what is never written would have to be: other edits may add to it, if AWS has it already."""
    wanted = [
        edit(Policy(before.element, before.namer)) for edit in edits if isinstance(edit, Exactly) and edit.verbatim
    ]
    return any(policy.parts - before.parts or before.parts - after.parts for policy in wanted)


def _edited(name: str, edit: Edit, policy: Policy) -> Policy:
    try:
        if isinstance(edit, Drop):
            leftovers.check_drop(edit, policy)
        check_variables(edit, policy, NEWER_VERSION)
        return edit(policy)
    except SpecError as error:
        raise error.at(name) from None


def _notes(name: str, edit: Edit, before: Policy, after: Policy) -> Iterator[str]:
    if isinstance(edit, Forbid):
        yield from leftovers.of_repository(name, edit, after)
        if edit.stays and edit(before).allowed != before.allowed:
            yield edit.stays
    if isinstance(edit, Allow) and edit.notes:
        was_there = bool(edit.actions) and edit(before).parts == before.parts
        yield from () if was_there else edit.notes
    if isinstance(edit, Allow):
        yield from in_vain.of_repository(name, edit, before)


def _denials(name: str, edit: Edit, before: Policy, after: Policy) -> Iterator[Note]:
    """Yield the notes of statements that deny what an edit grants: those that are new, and all for a new grant."""
    if not isinstance(edit, Allow | Elsewhere):
        return
    standing = set(denials.of_grant(name, edit.subject, edit.actions, before))
    for text in denials.of_grant(name, edit.subject, edit.actions, after):
        note = Note(text)
        if text in standing and isinstance(edit, Elsewhere):
            note.only_with = edit.policy_key
        if text not in standing or isinstance(edit, Elsewhere) or not edit.is_met(before):
            yield note


def _deleted(subject: Subject) -> str:
    return words.deleted(subject.name.partition(":")[2])


def _warnings(statement: Statement, policy: Policy) -> Iterator[str]:
    """Yield a warning for each deleted principal in a foreign statement, which ecrops does not change."""
    sid = statement.get("Sid")
    which = f"the statement {sid!r}" if sid else "a statement without a Sid"
    for deleted in filter(None, map(words.deleted, named({"Statement": [statement]}))):
        yield (
            f"{which}, which ecrops did not write, names {deleted}, and AWS may refuse a policy that does: "
            f"{removal(statement, policy)} takes the whole statement away"
        )


def _change(
    name: str, current: Document, desired: Document, warnings: Sequence[str], service: str, *, forced: bool
) -> Change:
    before, after = words.difference(current, desired)
    params: dict[str, Any] = {"repositoryName": name}
    # ECR has seen the principals of the current policy, and a deleted one does not come back under its unique id
    added = sorted(set(named(desired)) - set(named(current)))
    identities, awaits = visible_later(added)
    if desired:
        kind, operation = Kind.UPDATE if current else Kind.CREATE, "SetRepositoryPolicy"
        params |= {"policyText": to_text(desired)} | ({"force": True} if forced else {})
    else:
        kind, operation = Kind.DELETE, "DeleteRepositoryPolicy"
    locks_out = service if may_lock_out(desired, service) and not forced else ""
    advice = [*warnings, *_advice(identities, warnings, locks_out)]
    return Change(
        owner=name,
        kind=kind,
        what="policy",
        before=before,
        after=after,
        call=Call(service, operation, params),
        races=Races(
            derived=True,
            superseded=(NO_POLICY,),
            not_yet_visible=(calls.MISSING,),
            awaits=awaits,
        ),
        advice={REFUSED: "; ".join(advice)},
    )


def visible_later(added: Sequence[str]) -> tuple[list[str], Callable[[Exception], bool]]:
    """Return the principals that may not be visible to ECR yet, and whether an error means that one is not.

    Args:
        added: The principals that a policy comes to name.
    """
    identities = [principal for principal in added if not _ALWAYS_VISIBLE.fullmatch(principal)]
    identities = [principal for principal in identities if not words.deleted(principal)]
    return identities, _is_not_yet_visible if identities else never


def _is_not_yet_visible(error: Exception) -> bool:
    return code_of(error) == REFUSED and any(text in str(error) for text in NOT_YET_VISIBLE)


def _advice(identities: Sequence[str], warnings: Sequence[str], locks_out: str) -> Iterator[str]:
    """Yield what may be wrong. ``locks_out`` is the service whose policy it may keep the caller from setting."""
    if locks_out:
        yield (
            f"it forbids {locks_out}:SetRepositoryPolicy, and ECR refuses a policy that keeps the caller from setting "
            "another: allow that, or say force=True to set_resource_policy or add_to_resource_policy"
        )
    if identities:
        names = ", ".join(identities)
        yield f"it names {names}: each must exist, under its path, in an account that has this region enabled"
    elif not warnings and not locks_out:
        yield "it names no user or role that might be missing: its actions, conditions or accounts are wrong"


def after(change: Change, current: Document | None) -> Document:
    """Return the policy after a change."""
    document: Document = json.loads(change.params.get("policyText", "{}"))
    return document


def verify(edit: Edit) -> bool:
    """Whether the engine reads again after the edit: a writer who read the policy before may have overwritten it."""
    return not isinstance(edit, Exactly | Elsewhere)
