"""The aspect of a function's permissions: one for each rule that invokes it. Its key is the function's ARN."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ecrops.aws import Aws, ClientError, code_of
from ecrops.base.change import Call, Change, Kind, Races
from ecrops.engine.aspect import Read, one_by_one
from ecrops.events.targets import policy
from ecrops.events.targets.permissions import EVENTS, Allow, Edit, Forbid, in_steps, sid_of

base = None
MISSING = "ResourceNotFoundException"
EXISTS = "ResourceConflictException"
INVOKE = "lambda:InvokeFunction"
ADVICE = {
    MISSING: "there is no such function, version or alias",
    "PolicyLengthExceededException": "a function's policy has 20 KB: let fewer rules invoke it",
}


def reads(aws: Aws, wants: Mapping[str, Sequence[Edit]]) -> Iterator[Read]:
    """Yield one reading for each function, version or alias."""
    return one_by_one(wants, lambda key: _read(aws, key, wants[key]), services=("lambda",))


def _read(aws: Aws, key: str, edits: Sequence[Edit]) -> policy.Policy:
    """Lambda says of a function without a policy what it says of none: before one is needed, it must be there."""
    try:
        return policy.parse(aws.get("lambda", "GetPolicy", "Policy", **_named(key)))
    except ClientError as error:
        if code_of(error) != MISSING:
            raise
    if any(isinstance(edit, Allow) for edit in edits):
        _demand(aws, key)
    return policy.parse(None)


def _demand(aws: Aws, key: str) -> None:
    try:
        aws.call("lambda", "GetFunctionConfiguration", _named(key))
    except ClientError as error:
        if code_of(error) == MISSING:
            error.add_note(ADVICE[MISSING])
        raise


def changes(key: str, edits: Sequence[Edit], have: policy.Policy) -> Iterator[Change]:
    """Each permission is added and removed by itself."""
    for _, some in in_steps(edits):
        for edit in some:
            ours = policy.ours(have, sid_of(edit.rule), lambda each, rule=edit.rule: _made(each, rule))  # type: ignore[misc]
            if isinstance(edit, Allow) and ours is None and not policy.lets_in(have, INVOKE, key, edit.rule):
                yield _add(key, policy.free_sid(have, sid_of(edit.rule)), edit)
            elif isinstance(edit, Forbid) and ours is not None:
                yield _remove(key, str(ours["Sid"]), edit)


def _made(statement: Mapping[str, Any], rule: str) -> dict[str, Any]:
    """How Lambda writes down what ``AddPermission`` was told."""
    return {
        "Effect": "Allow",
        "Principal": {"Service": EVENTS},
        "Action": INVOKE,
        "Resource": statement.get("Resource"),
        "Condition": {"ArnLike": {"AWS:SourceArn": rule}},
    }


def _add(key: str, sid: str, edit: Edit) -> Change:
    """Without ``SourceAccount``, which keeps EventBridge out.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-troubleshooting.html
    """
    params = {
        **_named(key),
        "StatementId": sid,
        "Action": INVOKE,
        "Principal": EVENTS,
        "SourceArn": edit.rule,
    }
    return Change(
        owner=key,
        kind=Kind.CREATE,
        what="permission",
        after=edit.owner,
        call=Call("lambda", "AddPermission", params),
        races=Races(superseded=(EXISTS,)),
        for_owners=[edit.owner],
        step=edit.step,
        advice=ADVICE,
    )


def _remove(key: str, sid: str, edit: Edit) -> Change:
    return Change(
        owner=key,
        kind=Kind.DELETE,
        what="permission",
        before=edit.owner,
        call=Call("lambda", "RemovePermission", {**_named(key), "StatementId": sid}),
        races=Races(superseded=(MISSING,)),
        for_owners=[edit.owner],
        step=edit.step,
    )


def _named(key: str) -> dict[str, str]:
    head, _, name = key.partition(":function:")
    name, _, qualifier = name.partition(":")
    return {"FunctionName": f"{head}:function:{name}"} | ({"Qualifier": qualifier} if qualifier else {})


def verify(edit: Edit) -> bool:
    """Whether the edit could be lost to a concurrent writer: each permission is written by itself, so never."""
    return False
