"""Whether EventBridge finds the wildcards of a field too complex. Pure.

Called by ``checks``. EventBridge reads a value once, and keeps every beginning of every wildcard that the text so far
matches. Its library counts how many those can be for the worst text, and EventBridge refuses a rule with more than ten:
"Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard".

https://github.com/aws/event-ruler (README, and ``MachineComplexityEvaluator``)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ecrops.errors import SpecError
from ecrops.events.patterns.limits import wildcards
from ecrops.events.patterns.matching import tokens

MOST_BEGINNINGS = 10
MOST_STATES = 20_000
"""How many states are visited at most: what is complex shows long before."""
Beginning = tuple[int, int]
"""The number of a wildcard of the field, and how many of its characters a text has matched."""
State = frozenset[Beginning]


def check_wildcards(wanted: Sequence[Any]) -> None:
    """Refuse the wildcards of one field if EventBridge finds them too complex.

    Raises:
        SpecError: They are; with the number and the way out.
    """
    found = sorted(set(wildcards(wanted)))
    if found and (count := complexity(found)) > MOST_BEGINNINGS:
        raise SpecError(
            f"EventBridge finds {', '.join(map(repr, found))} too complex: a text can match {count} of their "
            f"beginnings or more at once, and {MOST_BEGINNINGS} is the most; use fewer '*', fewer characters that come "
            'again after a "*", or {"prefix": ...}'
        )


def complexity(found: Sequence[str]) -> int:
    """Return how many beginnings of the wildcards one text can match at once; more than the limit is not counted on.

    A value is text in quotes, so each wildcard begins and ends with a quote.
    """
    texts = [['"', *tokens(wildcard), '"'] for wildcard in found]
    letters = {token for text in texts for token in text if token is not None} | {""}  # "" stands for all others
    waiting, known, most = [_with_stars(texts, ((number, 0) for number in range(len(texts))))], set[State](), 0
    while waiting and len(known) < MOST_STATES:
        state = waiting.pop()
        for letter in letters:
            reached = _after(texts, state, letter)
            most = max(most, len(reached))
            if most > MOST_BEGINNINGS:
                return most
            if reached and reached not in known:
                known.add(reached)
                waiting.append(reached)
    return most


def _after(texts: Sequence[Sequence[str | None]], state: State, letter: str) -> State:
    """Return the beginnings that match after one more letter."""
    kept = ((number, length) for number, length in state if length and texts[number][length - 1] is None)
    grown = (
        (number, length + 1)
        for number, length in state
        if length < len(texts[number]) and texts[number][length] == letter
    )
    return _with_stars(texts, (*kept, *grown))


def _with_stars(texts: Sequence[Sequence[str | None]], beginnings: Iterable[Beginning]) -> State:
    """Return beginnings with those that end with the ``*`` that follows: it also stands for no character."""
    reached = set(beginnings)
    stars = {
        (number, length + 1)
        for number, length in reached
        if length < len(texts[number]) and texts[number][length] is None
    }
    return frozenset(reached | stars)
