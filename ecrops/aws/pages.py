"""Listings: page after page, each read when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

PAGE_TOKENS = {"nextToken": "nextToken", "NextToken": "NextToken", "Marker": "Marker", "NextMarker": "Marker"}
"""The members of answers that have the token of the next page, with the members of the input that take it."""


class Pages:
    """An iterator over the pages of a listing.

    Attributes:
        more: Whether there is another page.
    """

    def __init__(self, ask: Callable[[dict[str, str]], dict[str, Any]], member: str) -> None:
        self._ask = ask
        self._member = member
        self._token: dict[str, str] = {}
        self.more = True

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if not self.more:
            raise StopIteration
        answer = self._ask(self._token)
        token = {name: answer[member] for member, name in PAGE_TOKENS.items() if answer.get(member)}
        self.more = bool(token) and token != self._token
        self._token = token
        return answer[self._member] if self._member else answer
