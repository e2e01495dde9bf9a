"""The aspect of a function's permissions, one for each EventBridge rule that invokes it.

Its key is the ARN of the function, a version or an alias, and its reading is ``FunctionPolicy``. Lambda writes the
policy itself: each permission is one call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ecrops.aws import Aws, ClientError, code_of
from ecrops.base.change import Call, Change, Kind, Note, Races
from ecrops.engine.aspect import Read, one_by_one
from ecrops.events.targets import policy
from ecrops.events.targets.permissions import (
    EVENTS,
    Allow,
    Edit,
    Forbid,
    in_steps,
    owners,
    part,
    shared_rules,
    sid_of,
    words,
)
from ecrops.iam.sids import find, free_sid, used_sids
from ecrops.iam.statements import Document, Statement, statements

base = None
MISSING = "ResourceNotFoundException"
EXISTS = "ResourceConflictException"
REVISED = "PreconditionFailedException"
INVOKE = "lambda:InvokeFunction"
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 20 KB for a resource-based policy
QUOTA = policy.Quota(bytes=20_480)
ADVICE = {
    MISSING: "there is no such function, version or alias",
    "PolicyLengthExceededException": "a function's policy has 20 KB: let fewer rules invoke it",
}


@dataclass(frozen=True)
class FunctionPolicy:
    """The current policy of a function, a version or an alias.

    Args:
        document: The policy; an empty one if there is none.
        revision: The revision of the policy; empty if there is none.
    """

    document: Document
    revision: str = ""


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield one reading for each function, version or alias."""
    return one_by_one(wants, lambda key: _read(aws, key, wants[key]), services=("lambda",))


def _read(aws: Aws, key: str, edits: Sequence[Edit]) -> FunctionPolicy:
    """Read the policy. Lambda answers the same for no policy as for no function: then see whether there is one."""
    try:
        answer = aws.call("lambda", "GetPolicy", _params(key), needs="Policy")
    except ClientError as error:
        if code_of(error) != MISSING:
            raise
    else:
        return FunctionPolicy(policy.parse(answer["Policy"]), answer.get("RevisionId", ""))
    if any(isinstance(edit, Allow) for edit in edits):
        _demand(aws, key)
    return FunctionPolicy(policy.parse(None))


def _demand(aws: Aws, key: str) -> None:
    try:
        aws.call("lambda", "GetFunctionConfiguration", _params(key))
    except ClientError as error:
        if code_of(error) == MISSING:
            error.add_note(ADVICE[MISSING])
        raise


def changes(key: str, edits: Sequence[Edit], current: FunctionPolicy) -> Iterator[Change | Note]:
    """Add and remove each permission by itself.

    The first change is for the revision that was read: if somebody else has changed the policy since, it is planned
    again. Later changes meet another revision, which Lambda's answer does not tell.
    """
    document, revision = current.document, current.revision
    for _, step_edits in in_steps(edits):
        for edit in step_edits:
            sid = sid_of(edit.rule)
            statement = find(statements(document), sid, partial(_written, edit.rule))
            if isinstance(edit, Forbid):
                if statement is not None:
                    yield _remove(key, str(statement["Sid"]), edit, revision)
                    revision = ""
            elif statement is None and not _is_let_in(document, key, edit.rule):
                yield from policy.edited_statements(key, document, sid, None)
                same = [other for other in step_edits if isinstance(other, Allow) and other.rule == edit.rule]
                change = _add(key, free_sid(sid, used_sids(statements(document))), same, revision)
                yield change
                document, revision = _with(document, change), ""
    if document is not current.document:
        policy.text_of(key, document, QUOTA)  # Lambda writes the text: here it is only measured


def _is_let_in(document: Document, key: str, rule: str) -> bool:
    """Whether a statement of others, or the one for all rules with names that ecrops makes, lets a rule in."""
    shared = shared_rules(rule)
    has_shared = shared and find(statements(document), sid_of(shared), partial(_written, shared)) is not None
    return bool(has_shared) or policy.lets_in(document, INVOKE, key, rule)


def _written(rule: str, statement: Statement) -> dict[str, Any]:
    """Return the statement that Lambda writes for ``AddPermission``, about the resource of ``statement``."""
    return {
        "Effect": "Allow",
        "Principal": {"Service": EVENTS},
        "Action": INVOKE,
        "Resource": statement.get("Resource"),
        "Condition": {"ArnLike": {"AWS:SourceArn": rule}},
    }


def _add(key: str, sid: str, edits: Sequence[Edit], revision: str) -> Change:
    """Return the change that adds a permission, without ``SourceAccount``, which keeps EventBridge out.

    Several edits are of owners that share one permission.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-troubleshooting.html
    """
    params = {
        **_params(key),
        "StatementId": sid,
        "Action": INVOKE,
        "Principal": EVENTS,
        "SourceArn": edits[0].rule,
        **_for_revision(revision),
    }
    return Change(
        owner=key,
        kind=Kind.CREATE,
        what="permission",
        after=words(edits),
        call=Call("lambda", "AddPermission", params),
        removed=(),
        added=[part(edits[0])],
        races=Races(derived=True, superseded=(EXISTS, REVISED)),
        for_owners=owners(edits),
        step=edits[0].step,
        advice=ADVICE,
    )


def _remove(key: str, sid: str, edit: Edit, revision: str) -> Change:
    params = {**_params(key), "StatementId": sid, **_for_revision(revision)}
    return Change(
        owner=key,
        kind=Kind.DELETE,
        what="permission",
        before=edit.owner,
        call=Call("lambda", "RemovePermission", params),
        removed=[part(edit)],
        added=(),
        races=Races(derived=True, superseded=(MISSING, REVISED)),
        for_owners=[edit.owner],
        step=edit.step,
    )


def _for_revision(revision: str) -> dict[str, str]:
    return {"RevisionId": revision} if revision else {}


def _params(key: str) -> dict[str, str]:
    head, _, name = key.partition(":function:")
    name, _, qualifier = name.partition(":")
    return {"FunctionName": f"{head}:function:{name}"} | ({"Qualifier": qualifier} if qualifier else {})


def after(change: Change, current: FunctionPolicy) -> FunctionPolicy:
    """Return the policy after a change."""
    return replace(current, document=_with(current.document, change))


def _with(document: Document, change: Change) -> Document:
    sid, rule = change.params["StatementId"], change.params.get("SourceArn")
    remaining = [statement for statement in statements(document) if statement.get("Sid") != sid]
    added = [{"Sid": sid, **_written(rule, {"Resource": change.owner})}] if rule else []
    return {**document, "Statement": [*remaining, *added]}


def verify(edit: Edit) -> bool:
    """Whether the edit could be lost to a concurrent writer: each permission is written by itself, so never."""
    return False
