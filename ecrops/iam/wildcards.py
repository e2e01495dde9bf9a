"""The wildcards of IAM: parsed here, matched by ``base/wildcards``. Pure.

Called by everything that asks whether a pattern of actions or resources includes one. The patterns may be a user's, so
they never become regular expressions.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

from functools import lru_cache

from ecrops.base.wildcards import One, Segment, fits

_ANY_ONE = One(excluded="*")


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern includes a resource. A variable of IAM, such as ``${aws:username}``, may stand for any text."""
    return pattern == text or fits(text, _resource(pattern))


def covers(pattern: str, action: str) -> bool:
    """Whether a pattern includes an action, or all that another pattern includes. Case makes no difference."""
    return fits(action.lower(), _segments(pattern.lower()))


@lru_cache(1024)
def _resource(pattern: str) -> tuple[Segment, ...]:
    parts: list[str] = []
    text, _, tail = pattern.partition("${")
    while "}" in tail:  # else the variable is not closed, and is text
        parts.append(text)
        pattern = tail.partition("}")[2]
        text, _, tail = pattern.partition("${")
    return _segments("*".join([*parts, pattern]))


@lru_cache(1024)
def _segments(pattern: str) -> tuple[Segment, ...]:
    """Return a pattern as segments between the ``*``.

    ``?`` is any one character but a literal ``*``, so that a pattern can be tested against another pattern.
    """
    return tuple(
        tuple(_ANY_ONE if character == "?" else character for character in part) if "?" in part else part
        for part in pattern.split("*")
    )
