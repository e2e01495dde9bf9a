"""What a user knows of a request beforehand: the keys of conditions, with their values. Pure.

Called by ``can``. Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial

from ecrops.access.answers.asking import Context
from ecrops.base.plain_json import check_depth
from ecrops.base.problems import Problems, hint
from ecrops.errors import SpecError
from ecrops.iam.evaluation.compiled import CompiledPolicy
from ecrops.iam.statements import value_text

_EXAMPLE = '{"aws:SourceIp": "192.0.2.1"}'


def context_of(context: object) -> Context:
    """Return the context of a question as the evaluator has it: texts, by key in lower case.

    Args:
        context: Values by key: texts, truth values, numbers, times, or lists of these. ``None`` is for a key that the
            request is known not to have. A key may be in any case.

    Raises:
        SpecError: It is no such mapping; with every reason.
    """
    if context is None:
        return {}
    problems, values = Problems(), dict[str, tuple[str, ...]]()
    problems.take("context", partial(check_depth, context))
    problems.raise_any()
    if not isinstance(context, Mapping):
        raise SpecError(f"context: expected values by key, such as {_EXAMPLE}, got {context!r}")
    for key, value in context.items():
        if not isinstance(key, str) or ":" not in key.strip(":"):
            problems.add("context", f"expected keys such as 'aws:SourceIp', got {key!r}")
        elif key.lower() in values:
            problems.add(f"context[{key!r}]", "the same key is there twice: keys may be in any case")
        else:
            found = problems.take(f"context[{key!r}]", partial(_texts, value))
            values[key.lower()] = found or ()
    problems.raise_any()
    return values


def _texts(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, list | tuple | set | frozenset):
        if not value:
            raise SpecError("expected at least one value; None says that the request has no such key")
        return tuple(_text(item) for item in (sorted(value, key=str) if isinstance(value, set | frozenset) else value))
    return (_text(value),)


def _text(value: object) -> str:
    """Return a value as IAM compares it."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise SpecError(f"expected a time with its time zone, got {value!r}")
        return value.astimezone(UTC).isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        raise SpecError(f"expected a number that is finite, got {value!r}")
    if isinstance(value, str | bool | int | float):
        return value_text(value)
    raise SpecError(f"expected a text, a truth value, a number, a time, a list of these or None, got {value!r}")


def spelled_keys(policies: Iterable[CompiledPolicy]) -> dict[str, str]:
    """Return the keys that conditions and variables of policies ask for, in lower case, each as it is written first."""
    spelled: dict[str, str] = {}
    for policy in policies:
        for statement in policy.statements:
            for key in _written(statement.document.get("Condition")):
                spelled.setdefault(key.lower(), key)
            for key in sorted(statement.keys):
                spelled.setdefault(key, key)
    return spelled


def _written(condition: object) -> Iterator[str]:
    for test in condition.values() if isinstance(condition, Mapping) else ():
        yield from test if isinstance(test, Mapping) else ()


def check_used(context: object, keys: Collection[str]) -> None:
    """Refuse a context with a key that nothing asks for: it would change nothing, and was probably misspelt.

    Args:
        context: The context, as it was given.
        keys: The keys that are asked for, as they are written.

    Raises:
        SpecError: It has one; with the keys that are asked for.
    """
    if not isinstance(context, Mapping):
        return
    asked = {key.lower() for key in keys}
    problems = Problems()
    for key in context:
        if key.lower() not in asked:
            way_out = hint(key, keys) if keys else ": none has a condition"
            problems.add(f"context[{key!r}]", f"no condition of the policies that decide asks for it{way_out}")
    problems.raise_any()
