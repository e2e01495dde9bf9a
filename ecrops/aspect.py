"""What an aspect is: a part of something that has a key, such as the tags of a repository.

An aspect is a module with the functions of ``Aspect``, and with ``read`` or ``read_all``. An **edit** is what is wanted
of it; a **want** is an edit of one aspect of one key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

from ecrops.aws import Aws
from ecrops.change import Change, Note


class Aspect(Protocol):
    """What the engine asks of an aspect. ``changes`` is pure: it decides, and never calls AWS."""

    @property
    def stands_on(self) -> Aspect | None:
        """The aspect without which this one has nothing to read."""

    def prepare(self, aws: Aws) -> None:
        """Make, on the caller's thread, what ``read`` needs."""

    def changes(self, key: str, edits: Sequence[Any], have: Any) -> Iterator[Change | Note]:
        """What is missing. ``have`` is ``None`` where that which the aspect stands on is not there yet."""

    def look_again(self, edit: Any) -> bool:
        """Whether what is there is read once more after the edit was made, and planned again if need be."""


@runtime_checkable
class ReadsOne(Protocol):
    """An aspect that is read with one call for each key."""

    @property
    def missing(self) -> str:
        """The error code that says that what the aspect stands on is not there."""

    def read(self, aws: Aws, key: str) -> Any:
        """What is there."""


@runtime_checkable
class ReadsByEdits(Protocol):
    """An aspect of which more is read for some edits than for others."""

    def reader(self, edits: Sequence[Any]) -> ReadsOne:
        """What reads what these edits need."""


@runtime_checkable
class ReadsAll(Protocol):
    """An aspect of which many are read with one call."""

    def read_all(self, aws: Aws, wants: Mapping[str, Sequence[Any]]) -> Mapping[str, Any]:
        """What is there, by key."""


class Want(NamedTuple):
    """An edit of one aspect of one key.

    Args:
        aspect: The aspect.
        key: Of what.
        edit: What is wanted.
        serves: The key that it is only wanted for, if there is one.
        home: Where it lives, if not in the registry's account.
    """

    aspect: Aspect
    key: str
    edit: Any
    serves: str = ""
    home: Aws | None = None
