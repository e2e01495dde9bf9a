"""Patterns of IAM: wildcards, and the variables that are replaced in them.

A pattern is a list of tokens: a character is itself, ``STAR`` is any text and ``ANY`` is any one character. So the text
that a variable stands for is no wildcard, whatever it holds.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterator, Sequence

Values = tuple[str, ...]
Facts = Callable[[str], Values | None]
"""The values of a key of the request, by its name in small letters: none if it is missing, ``None`` if not known."""


class Wildcard(enum.Enum):
    """What is no character of a pattern."""

    STAR = "*"
    ANY = "?"


Token = str | Wildcard
Pattern = list[Token]
STAR, ANY = Wildcard.STAR, Wildcard.ANY
VARIABLE = re.compile(r"\$\{([^{}]*)\}")
WITH_DEFAULT = re.compile(r"(?P<key>[^,]*?)\s*,\s*'(?P<default>.*)'")


class NotKnown(Exception):
    """A variable stands for a key of which nobody knows the value."""


class NoText(Exception):
    """A variable stands for a key that the request does not have, or that has several values."""


def plain(text: str) -> Pattern:
    """Return a pattern of wildcards, without variables."""
    return [STAR if each == "*" else ANY if each == "?" else each for each in text]


def filled(text: str, facts: Facts) -> Pattern:
    """Return a pattern in which the variables are replaced.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html: ``${key}`` is the key's value,
    ``${key, 'text'}`` has a text for requests without the key, and ``${*}``, ``${?}`` and ``${$}`` are the characters.

    Raises:
        NotKnown: The value of a key is not known.
        NoText: A key is missing and has no default, or has several values.
    """
    return list(_filled(text, facts))


def _filled(text: str, facts: Facts) -> Iterator[Token]:
    position, unknown = 0, False
    for variable in VARIABLE.finditer(text):
        yield from plain(text[position : variable.start()])
        try:
            yield from _text_of(variable[1], facts)
        except NotKnown:
            unknown = True  # a further one that stands for nothing decides
        position = variable.end()
    yield from plain(text[position:])
    if unknown:
        raise NotKnown


def _text_of(variable: str, facts: Facts) -> str:
    if variable in ("*", "?", "$"):
        return variable
    with_default = WITH_DEFAULT.fullmatch(variable.strip())
    key = with_default["key"] if with_default else variable.strip()
    values = facts(key.lower())
    if values is None:
        raise NotKnown
    if len(values) == 1:
        return values[0]
    if not values and with_default:
        return with_default["default"]
    raise NoText


def matches(pattern: Sequence[Token], text: str) -> bool:
    """Return whether a pattern matches a whole text.

    Each token takes the beginnings of the text that the tokens before it can match to those that it can match too: at
    most as many steps as the pattern has tokens times the text characters.
    """
    reached = {0}
    for token in pattern:
        if not reached:
            return False
        if token is STAR:
            reached = set(range(min(reached), len(text) + 1))
        else:
            reached = {end + 1 for end in reached if end < len(text) and token in (ANY, text[end])}
    return len(text) in reached


def parts(pattern: Sequence[Token]) -> list[Pattern]:
    """Return the six components of an ARN's pattern; the last one has all further colons."""
    found: list[Pattern] = [[]]
    for token in pattern:
        if token == ":" and len(found) < 6:
            found.append([])
        else:
            found[-1].append(token)
    return found
