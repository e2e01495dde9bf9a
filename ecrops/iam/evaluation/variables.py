"""Texts of policies with variables and wildcards: parsed once, and filled in for each request. Pure.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from ecrops.base.wildcards import One, Segment, fits
from ecrops.iam.evaluation.facts import Facts
from ecrops.iam.statements import VERSION

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_DEFAULT = re.compile(r"\s*([^,\s]+)\s*(?:,\s*'([^']*)'\s*)?")
_LITERALS = frozenset("*?$")
_STAR = "**"  # a token: any text
_ANY_ONE = One()
Pieces = tuple[tuple[str, bool], ...]
Token = str | One
"""One character of a text, ``One`` for a ``?``, or two stars for a ``*``."""


class Variable(NamedTuple):
    """A variable in a text.

    Args:
        key: The key in lower case.
        default: What it stands for where the request has no such key; ``None`` for nothing.
    """

    key: str
    default: str | None


class Filled(NamedTuple):
    """A text with its variables filled in.

    Args:
        pieces: The pieces of the text, and whether a ``*`` or ``?`` in it is a wildcard.
        unknown: The keys that are not known; then nothing is known of the text.
        is_nothing: Whether a variable has no value, so that the text fits nothing.
    """

    pieces: Pieces = ()
    unknown: tuple[str, ...] = ()
    is_nothing: bool = False

    @property
    def text(self) -> str:
        """The text, without a meaning of wildcards."""
        return "".join(text for text, _ in self.pieces)


class Template(NamedTuple):
    """A text of a policy: literal pieces, and variables."""

    pieces: tuple[str | Variable, ...]

    @property
    def keys(self) -> frozenset[str]:
        """The keys of its variables."""
        return frozenset(piece.key for piece in self.pieces if isinstance(piece, Variable) and piece.key)

    def filled(self, facts: Facts) -> Filled:
        """Return the text for a request."""
        pieces: list[tuple[str, bool]] = []
        unknown: list[str] = []
        is_nothing = False
        for piece in self.pieces:
            if isinstance(piece, str):
                pieces.append((piece, True))
                continue
            values = facts.get(piece.key) if piece.key else ()
            if values is None:
                unknown.append(piece.key)
            elif not values and piece.default is not None:
                pieces.append((piece.default, False))
            elif len(values) == 1:
                pieces.append((values[0], False))
            else:  # missing, or a key of several values: no text can stand for it
                is_nothing = True
        # whatever an unknown variable is, a text with one that has no value fits nothing
        return Filled(tuple(pieces), () if is_nothing else tuple(unknown), is_nothing)


@lru_cache(4096)
def template(text: str, version: str) -> Template:
    """Return a text of a policy, parsed. Policies of an older version have no variables."""
    if version != VERSION or "${" not in text:
        return Template((text,))
    pieces: list[str | Variable] = []
    end = 0
    for found in _VARIABLE.finditer(text):
        variable = _variable(found[1])
        if variable is None:
            continue
        pieces += [text[end : found.start()], variable]
        end = found.end()
    return Template(tuple(piece for piece in (*pieces, text[end:]) if piece != ""))


def _variable(inner: str) -> Variable | None:
    """Return a variable by what is between its braces; ``None`` if that is no variable, but text."""
    if inner in _LITERALS:
        return Variable("", inner)
    parsed = _DEFAULT.fullmatch(inner)
    return Variable(parsed[1].lower(), parsed[2]) if parsed else None


def fits_pattern(text: str, filled: Filled) -> bool:
    """Whether a text fits a filled one, with its wildcards."""
    return fits(text, segments_of(filled.pieces))


@lru_cache(4096)
def segments_of(pieces: Pieces) -> tuple[Segment, ...]:
    """Return the pieces of a filled text as the segments between its stars."""
    return _segments(_tokens(pieces))


def fits_arn(text: str, filled: Filled) -> bool:
    """Whether an ARN fits another one with wildcards: each of their six parts has to fit.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    """
    parts, values = _parts(filled.pieces), text.split(":", 5)
    if not parts:
        return len(values) == 6
    return len(parts) == len(values) == 6 and all(map(fits, values, parts))


@lru_cache(4096)
def _parts(pieces: Pieces) -> tuple[tuple[Segment, ...], ...]:
    """Return the parts of an ARN with wildcards, as their segments; none for a star, which fits every ARN."""
    tokens = list(_tokens(pieces))
    if tokens == [_STAR]:
        return ()
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token == ":" and len(parts) < 6:
            parts.append([])
        else:
            parts[-1].append(token)
    return tuple(map(_segments, parts))


def _tokens(pieces: Pieces) -> Iterator[Token]:
    for text, has_wildcards in pieces:
        for character in text:
            if has_wildcards and character == "*":
                yield _STAR
            else:
                yield _ANY_ONE if has_wildcards and character == "?" else character


def _segments(tokens: Iterable[Token]) -> tuple[Segment, ...]:
    """Return tokens as the segments between the stars."""
    segments: list[list[Token]] = [[]]
    for token in tokens:
        if token == _STAR:
            segments.append([])
        else:
            segments[-1].append(token)
    return tuple(
        "".join(map(str, segment)) if all(isinstance(token, str) for token in segment) else tuple(segment)
        for segment in segments
    )
