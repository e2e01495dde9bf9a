"""Patterns of image tags: their parts, which is within which, and which no tag can fit. Pure.

Called by the verbs about images, the simulation, the findings, guards and ``shield``. A pattern that no tag can fit is
accepted by ECR, so this module only says so; who calls it decides whether that is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ecrops.base.wildcards import fits

Segments = tuple[str, ...]
"""A pattern of tags, cut at each ``*``. One segment alone is a whole tag."""

WILD = "\N{REPLACEMENT CHARACTER}"
"""Stands for the ``*`` of a pattern that is matched as if it were a tag: no tag has this character."""
# The grammar of tags, from the specification of registries. ECR's maintainers refer to it:
# https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
# https://github.com/awsdocs/amazon-ecr-user-guide/issues/17
_NO_CHARACTER = re.compile(r"[^A-Za-z0-9_.-]")
_NO_START = (".", "-")
MAX_LENGTH = 128
"""The longest tag of that grammar. ECR's API model (``ImageTag``) has 300, but no client pushes or pulls such a tag."""
_EXPRESSION = re.compile(r"[\^$|()\[\]{}+?\\]|\.\*")
TAGS = "tags are made of letters, digits, '_', '.' and '-'"


def segments_of(pattern: str) -> Segments:
    """Return the texts of a pattern between its ``*``. ECR's patterns have no other wildcard, and no escapes."""
    return tuple(pattern.split("*"))


class TagPatterns:
    """Patterns of tags, ready to be asked about many tags: whole tags among them cost nothing more.

    Args:
        patterns: The patterns.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        known = dict.fromkeys(patterns)
        self._whole = {pattern for pattern in known if "*" not in pattern}
        self._wild = [segments_of(pattern) for pattern in known if "*" in pattern]

    def fit(self, tag: str) -> bool:
        """Whether a tag fits one of them."""
        return tag in self._whole or any(fits(tag, segments) for segments in self._wild)

    def first(self, tags: Iterable[str]) -> str | None:
        """Return the first of some tags that fits one of them."""
        return next(filter(self.fit, tags), None)


def is_within(narrow: Segments, wide: Segments) -> bool:
    """Whether every tag that fits one pattern fits the other: only a ``*`` fits what a ``*`` stands for."""
    return fits(WILD.join(narrow), wide)


def misfit(segments: Segments) -> str:
    """Return why no tag can fit a pattern, with the way out; empty if a tag can.

    Args:
        segments: The pattern. A prefix is its text and an empty one.
    """
    return f"{reason}; {_way_out(segments)}" if (reason := _reason(segments)) else ""


def _reason(segments: Segments) -> str:
    for segment in segments:
        if wrong := _NO_CHARACTER.search(segment):
            return f"no tag has {wrong[0]!r} in it"
    if segments[0].startswith(_NO_START):
        return f"no tag starts with {segments[0][0]!r}"
    if sum(map(len, segments)) > MAX_LENGTH:
        return f"no tag has more than {MAX_LENGTH} characters"
    return "" if any(segments) or len(segments) > 1 else "no tag is empty"


def _way_out(segments: Sequence[str]) -> str:
    text = "*".join(segments)
    if any("*" in segment for segment in segments):
        return "'*' is a wildcard in patterns only, not in prefixes"
    if text.startswith(("sha256:", "sha512:")):
        return "this is no tag but a digest, or a part of one"
    if _EXPRESSION.search(text):
        return (
            "a pattern is no regular expression: '*' stands for any characters, and alternatives are given one by one"
        )
    if ":" in text:
        return "give the part behind the ':' alone"
    return TAGS
