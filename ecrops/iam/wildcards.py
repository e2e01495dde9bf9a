"""The wildcards of policies: what a pattern of actions or resources matches. Pure.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

import re
from functools import lru_cache

_VARIABLE = re.compile(r"\$\{[^}]*\}")


def matches(pattern: str, text: str) -> bool:
    """Whether a resource is among those that a pattern means; a variable of IAM may stand for anything."""
    return pattern == text or bool(_regex(_VARIABLE.sub("*", pattern)).fullmatch(text))


def covers(pattern: str, action: str) -> bool:
    """Whether a pattern of actions means an action, or all that another pattern means; case does not count."""
    return bool(_regex(pattern.lower()).fullmatch(action.lower()))


@lru_cache(1024)
def _regex(pattern: str) -> re.Pattern[str]:
    """``*`` is anything, ``?`` any one character: one that is there, so not what another pattern has a ``*`` for."""
    parts = {"*": ".*", "?": r"[^*]"}
    return re.compile("".join(parts.get(each) or re.escape(each) for each in pattern), re.DOTALL)
