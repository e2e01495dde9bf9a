"""A secret among the members of a call: it is never shown, and its text is made when the call is sent.

Made by the verbs that take secrets, put into the ``params`` of a call, and revealed by ``aws/attempt/sending`` alone.
No ``repr``, no plan, no dictionary, no copy and no pickle has the text.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, Self, SupportsIndex

from ecrops.errors import SpecError

SHOWN = "<secret>"
DEEPEST = 4
"""How many times a message might put a text into another one."""


class Secret:
    """A text that is never shown.

    Args:
        source: The text, or a function that returns it: it is called each time the text is needed.
        what: What it is, for messages, such as ``access_token``.

    Raises:
        SpecError: It is neither, or an empty text.
    """

    __slots__ = ("_source", "_what")

    def __init__(self, source: str | Callable[[], str], what: str) -> None:
        if not isinstance(source, str) and not callable(source):
            raise SpecError(f"{what}: expected a string, or a function that returns it, got {_kind(source)}")
        if isinstance(source, str):
            _check(source, what)
        self._source = source
        self._what = what

    def reveal(self) -> str:
        """Return the text.

        Raises:
            SpecError: The function returned none.
        """
        return self._source if isinstance(self._source, str) else _check(self._source(), f"{self._what}()")

    def forms(self, text: str) -> list[str]:
        """Return the forms in which a message might repeat a text that ``reveal`` returned."""
        return spellings(text)

    def __repr__(self) -> str:
        return SHOWN

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, Secret) and self._source == other._source

    def __hash__(self) -> int:
        return hash(self._source)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        """Pickle a function of a module by its name.

        Raises:
            TypeError: It is a text, or a function that only its text or its variables could tell.
        """
        self.check_importable()
        return Secret, (self._source, self._what)

    def check_importable(self) -> None:
        """Refuse to be pickled, unless the secret is a function of a module."""
        if isinstance(self._source, str) or not _is_importable(self._source):
            _refuse(self._what, is_text=isinstance(self._source, str))


def spellings(text: str) -> list[str]:
    """Return how a message might spell a text: in JSON, in JSON in JSON, and in what Python shows of either."""
    found = {text}
    for _ in range(DEEPEST):
        found |= {
            form for each in found for form in (json.dumps(each)[1:-1], repr(each)[1:-1], repr(each.encode())[2:-1])
        }
    return sorted(found, key=len, reverse=True)


def _refuse(what: str, *, is_text: bool) -> NoReturn:
    got = "a text" if is_text else "no function of a module, and might hold the secret"
    raise TypeError(
        f"{what} is {got}, and secrets are never pickled: give a function that is defined in a module, and gets the "
        "secret where the plan is applied"
    )


def _is_importable(source: object) -> bool:
    """Whether a function is found by its name alone, so that a pickle of it has nothing else."""
    found: Any = sys.modules.get(getattr(source, "__module__", None) or "")
    for name in getattr(source, "__qualname__", "<none>").split("."):
        found = getattr(found, name, None)
    return found is source


def _check(text: object, what: str) -> str:
    if not isinstance(text, str) or not text:
        expected = f"{what}: expected a string of at least one character"
        raise SpecError(f"{expected}, got {'an empty one' if text == '' else _kind(text)}")
    if any("\ud800" <= character <= "\udfff" for character in text):  # the error of encode() would have the text
        raise SpecError(f"{what}: expected a text that can be sent to AWS, got half of a character")
    return text


def _kind(value: object) -> str:
    """Return the type of a value: the value itself might be the secret."""
    return f"a value of type {type(value).__name__}"


def has_secret(params: Mapping[str, Any]) -> bool:
    """Whether a member of a call's input is a secret."""
    return any(isinstance(value, Secret) for value in params.values())


def revealed(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a call's input with the texts of secrets. For the moment of sending only."""
    return {name: value.reveal() if isinstance(value, Secret) else value for name, value in params.items()}


def forms(params: Mapping[str, Any], plain: Mapping[str, Any]) -> list[str]:
    """Return the forms in which an error might repeat the secrets among the members of a call's input."""
    return [text for name, value in params.items() if isinstance(value, Secret) for text in value.forms(plain[name])]


def hidden(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a call's input, with what stands for secrets: ready for JSON."""
    return {name: SHOWN if isinstance(value, Secret) else value for name, value in params.items()}
