"""What an invocation answers: how far the work is, as JSON that stays below the limit of Step Functions.

Called by ``entry`` when the work has ended, or the time has. It counts everything, and leaves out what does not fit.
https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ecrops.aws_lambda import runtime
from ecrops.aws_lambda.event import Next, Progress
from ecrops.aws_lambda.failures import clean, cleaned, rows_of
from ecrops.base.change import Change, Kind
from ecrops.base.render import brief, count

if TYPE_CHECKING:
    from ecrops.aws_lambda.clock import Invocation
    from ecrops.aws_lambda.record import Record
    from ecrops.aws_lambda.records import Records

LIMIT = 262_144
"""Bytes of the input or output of a state."""
LARGEST = 200_000
"""Bytes of an answer: the state that calls the function adds some, and may keep its own input beside it."""
_SHARES = {"errors": 0.5, "notes": 0.2, "changes": 1.0}
"""How much of what is left each list may take, in this order."""
_BETWEEN = 2
"""Bytes between two items of a list."""


def answer_of(record: Record | Records, invocation: Invocation, secrets: Sequence[str]) -> dict[str, Any]:
    """Return the answer of an invocation.

    Args:
        record: What was done, and what ended it.
        invocation: The invocation.
        secrets: Texts that no answer has.
    """
    failures = rows_of(record.failed, record.errors)
    failed = record.failed_before + len(record.failed) + len(record.errors)
    is_dry = record.options.dry_run
    answer: dict[str, Any] = {
        "done": record.done,
        "ok": record.done and not failed,
        "left": record.left,
        "failed": failed,
        "made": _counts(record.applied),
        "missing": _counts([*record.unmade, *record.unmade_here]),
        "summary": clean(_summary(record, failed), secrets),
        "next": record.next and _plain(record.next),
        "dry_run": is_dry,
        "only": list(record.options.only),
        "checksum": record.checksum,
        **({"registries": record.registries} if record.registries else {}),
        "account": record.account,
        "region": record.region,
        "request_id": invocation.request_id,
        "seconds": round(invocation.seconds, 3),
    }
    changes = (record.plan.changes if record.plan else ()) if is_dry else record.applied
    of_plan = (record.plan.notes if record.plan else ()) if is_dry else record.notes
    notes = list(dict.fromkeys([*runtime.notes(), *of_plan]))
    counts = {"errors": len(failures), "notes": len(notes), "changes": len(changes)}
    items: dict[str, Iterable[Any]] = {
        "errors": (cleaned(row, secrets) for row in failures),
        "notes": (clean(brief(note), secrets) for note in notes),
        "changes": (data_of(change, secrets) for change in changes),
    }
    return _filled(answer, counts, items)


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


def _plain(beginning: Next | Progress) -> dict[str, Any]:
    """Return where the next invocation begins, ready for JSON."""
    if isinstance(beginning, Next):
        return beginning._asdict()
    return beginning._asdict() | {"under_way": {key: value._asdict() for key, value in beginning.under_way.items()}}


def _counts(changes: Iterable[Change]) -> dict[str, int]:
    found = Counter(str(change.kind) for change in changes)
    return {str(kind): found[kind] for kind in Kind if kind is not Kind.CONFLICT}


def _summary(record: Record | Records, failed: int) -> str:
    """Return the answer in words."""
    made, left = len(record.applied), record.left
    if record.options.dry_run:
        parts = [record.plan.summary] if record.plan else ["nothing is known"]
    elif made:
        parts = [count(made, "change was made", "changes were made")]
    else:
        parts = ["nothing was changed" if failed or not record.done else "nothing to do"]
    if failed:
        parts.append(f"{failed:,} failed")
    if not record.done:
        reason = f" ({record.reason})" if record.reason else ""
        parts.append(f"the time was over{reason}, and {left:,} are left: call again")
    elif left:
        reason = " (a wave had failures)" if isinstance(record.registries, dict) and not record.errors else ""
        parts.append(f"{left:,} were not begun{reason}")
    return "; ".join(parts)


def _filled(answer: dict[str, Any], counts: Mapping[str, int], items: Mapping[str, Iterable[Any]]) -> dict[str, Any]:
    """Add to an answer as much of some lists as fits, and how many items of each are left out.

    Args:
        answer: The rest of the answer.
        counts: How many items there are of each list.
        items: The items: those that do not fit are not asked for.
    """
    free = LARGEST - _size({**answer, "left_out": counts, **{name: [] for name in counts}})
    left_out = {}
    for name, share in _SHARES.items():
        budget, kept = free * share, []
        for item in items[name]:
            size = _size(item) + _BETWEEN
            if size > budget:
                break
            kept.append(item)
            budget, free = budget - size, free - size
        answer[name] = kept
        left_out[name] = counts[name] - len(kept)
    answer["left_out"] = left_out
    return answer


def _size(value: object) -> int:
    """Return the bytes of a value as JSON: with escapes, which are longer than the UTF-8 that some runtimes write."""
    return len(json.dumps(value))
