"""What an invocation answers: how far the work is, as JSON that stays below the limit of Step Functions.

Called by ``entry`` when the work has ended, or the time has. It counts everything, and leaves out what does not fit.
https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ecrops.aws_lambda.failures import (
    clean,
    failed_owners,
    is_of_deadline,
    rows_of,
    unfinished_owners,
)
from ecrops.base.change import Change, Kind
from ecrops.base.render import brief, count

if TYPE_CHECKING:
    from ecrops.aws_lambda.clock import Invocation
    from ecrops.aws_lambda.job import Record

LIMIT = 262_144
"""Bytes of the input or output of a state."""
LARGEST = 200_000
"""Bytes of an answer: the state that calls the function adds some, and may keep its own input beside it."""
_SHARES = {"errors": 0.5, "notes": 0.2, "changes": 1.0}
"""How much of what is left each list may take, in this order."""
_BETWEEN = 2
"""Bytes between two items of a list."""


def answer_of(record: Record, invocation: Invocation, secrets: Sequence[str]) -> dict[str, Any]:
    """Return the answer of an invocation.

    Args:
        record: What was done, and what ended it.
        invocation: The invocation.
        secrets: Texts that no answer has.
    """
    error, applied = record.error, list(record.applied)
    changes = record.missing if record.options.dry_run else applied
    failures = rows_of(error, secrets)
    done = record.is_over and not is_of_deadline(error)
    left = _left(record, applied)
    answer: dict[str, Any] = {
        "done": done,
        "ok": done and error is None,
        "left": left,
        "failed": len(failed_owners(error)) or len(failures),
        "made": _counts(applied),
        "missing": _counts(_unmade(record, applied)),
        "summary": _summary(record, applied, done=done, left=left, failed=len(failures)),
        "dry_run": record.options.dry_run,
        "only": list(record.options.only),
        "checksum": record.checksum,
        "account": record.account,
        "region": record.region,
        "request_id": invocation.request_id,
        "seconds": round(invocation.seconds, 3),
    }
    lists: dict[str, list[Any]] = {
        "errors": [*failures],
        "notes": [clean(brief(note), secrets) for note in record.notes],
        "changes": [data_of(change, secrets) for change in changes],
    }
    return _filled(answer, lists)


def data_of(change: Change, secrets: Sequence[str] = ()) -> dict[str, str]:
    """Return a change as an answer and a log have it: not its parameters, which may be long."""
    texts = {
        "owner": change.owner,
        "kind": str(change.kind),
        "what": change.what,
        "difference": clean(change.difference, secrets),
        "operation": f"{change.service}:{change.operation}" if change.call else "",
        "account": change.account,
        "region": change.region,
    }
    return {name: text for name, text in texts.items() if text}


def _counts(changes: Iterable[Change]) -> dict[str, int]:
    found = Counter(str(change.kind) for change in changes)
    return {str(kind): found[kind] for kind in Kind if kind is not Kind.CONFLICT}


def _unmade(record: Record, applied: Sequence[Change]) -> list[Change]:
    """Return the changes that were planned and not made: as many of each owner, aspect and operation as are missing."""
    if record.is_over and record.error is None and not record.options.dry_run:
        return []  # what another writer made in the meantime is not missing
    made = Counter((change.owner, change.what, change.operation) for change in applied)
    unmade = []
    for change in record.missing:
        name = change.owner, change.what, change.operation
        made[name] -= 1
        if made[name] < 0:
            unmade.append(change)
    return unmade


def _left(record: Record, applied: Sequence[Change]) -> int:
    """Return how many owners are left to be made; all specs as long as it is not known what is missing."""
    if record.options.dry_run and record.is_over and record.error is None:
        return 0
    if record.plan is None:
        is_left = not record.is_over or is_of_deadline(record.error)
        return max(1, record.specs) if is_left else 0
    owners = {change.owner for change in _unmade(record, applied)} | unfinished_owners(record.error)
    return len(owners - failed_owners(record.error)) or int(not record.is_over)


def _summary(record: Record, applied: Sequence[Change], *, done: bool, left: int, failed: int) -> str:
    """Return the answer in words."""
    if record.options.dry_run and record.plan is not None:
        return record.plan.summary
    made = "nothing was changed" if not applied else count(len(applied), "change was made", "changes were made")
    parts = [made] if applied or not done or failed else ["nothing to do"]
    if failed:
        parts.append(f"{failed:,} failed")
    if not done:
        parts.append(f"the time was over, and {left:,} are left: call again")
        if not applied and record.plan is None:
            parts.append("if this repeats, the time does not suffice to read all: give it more time, or more memory")
    elif left:
        parts.append(f"{left:,} were not begun")
    return "; ".join(parts)


def _filled(answer: dict[str, Any], lists: dict[str, list[Any]]) -> dict[str, Any]:
    """Add to an answer as much of some lists as fits, and how many items of each are left out."""
    names = dict.fromkeys(lists, 0)
    free = LARGEST - _size({**answer, "left_out": names, **{name: [] for name in lists}})
    left_out = {}
    for name, share in _SHARES.items():
        budget, kept = free * share, []
        for item in lists[name]:
            size = _size(item) + _BETWEEN
            if size > budget:
                break
            kept.append(item)
            budget, free = budget - size, free - size
        answer[name] = kept
        left_out[name] = len(lists[name]) - len(kept)
    answer["left_out"] = left_out
    return answer


def _size(value: object) -> int:
    """Return the bytes of a value as JSON: with escapes, which are longer than the UTF-8 that some runtimes write."""
    return len(json.dumps(value))
