"""Functions of lifecycle rules that remember their results: most repositories of a fleet have the same rules. Pure.

Called by everything that computes with whole policies. Rules are compared by value, with the types of all that is in
them, so that ``1`` and ``True`` are two values.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Hashable
from copy import copy
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from ecrops.lifecycle.policy.rule import LifecycleRule

P = ParamSpec("P")
R = TypeVar("R")
MOST = 512
"""How many results a function remembers."""
VERSION = 2
"""The last version of ``marshal`` that writes equal values in equal bytes."""


def remembered(function: Callable[P, R]) -> Callable[P, R]:
    """Return a function that remembers its results. What it raises is not remembered.

    Args:
        function: A pure function of rules, texts and truth values. The size of rules of a caller was checked before.
            Nobody changes the rules that it returns: what goes out to users is a copy.
    """
    known: dict[Hashable, Any] = {}

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            key = (*map(_key, args), *map(_key, kwargs.items()))
        except (TypeError, ValueError):  # no rules: the function says what is wrong
            return function(*args, **kwargs)
        result = known.get(key)
        if result is None:
            result = function(*args, **kwargs)
            if len(known) >= MOST:
                known.clear()
            known[key] = result
        return cast("R", copy(result) if type(result) is list else result)

    return call


def _key(value: Any) -> Hashable:
    """Return what stands for a value.

    Raises:
        TypeError: It has a part that cannot be compared.
        ValueError: It has a part that is no JSON.
    """
    if type(value) in (list, tuple):
        return tuple(rule if type(rule) is LifecycleRule else marshal.dumps(rule, VERSION) for rule in value)
    return marshal.dumps(value, VERSION)
