"""What an aspect is: a part of something that has a key, such as the tags of a repository.

An aspect is a module with the members of ``Aspect``. An **edit** is what is wanted of an aspect; a **want** is an edit
of one aspect of one key; a **reading** is one call, or a few, that tells the current values of some keys.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple, Protocol, cast

from ecrops.aws import Aws
from ecrops.base.change import Change, Note


class Read(NamedTuple):
    """One reading, not made yet. The engine makes it, on a thread of its own.

    Args:
        keys: The keys that the reading is about.
        call: Makes the calls, and returns the current value of each key.
        services: The boto3 services that it calls. Their clients are made before, on the caller's thread.
        base_missing: Error codes that mean that the base does not exist. If the base was read a moment ago and existed,
            the current value is ``None`` then; else the error is raised.
        settles: The seconds for which the service may answer with an older value after a write.
    """

    keys: Sequence[str]
    call: Callable[[], Mapping[str, Any]]
    services: Collection[str]
    base_missing: Collection[str] = ()
    settles: float = 0.0


def one_by_one(
    keys: Iterable[str],
    read: Callable[[str], Any],
    services: Collection[str],
    base_missing: Collection[str] = (),
    settles: float = 0.0,
) -> Iterator[Read]:
    """Yield one reading for each key.

    Args:
        keys: The keys.
        read: Reads the current value of one key.
        services: As in ``Read``.
        base_missing: As in ``Read``.
        settles: As in ``Read``.
    """
    for key in keys:
        yield Read((key,), partial(_read_one, key, read), services, base_missing, settles)


def _read_one(key: str, read: Callable[[str], Any]) -> dict[str, Any]:
    return {key: read(key)}


class Aspect(Protocol):
    """What the engine asks of an aspect."""

    @property
    def base(self) -> Aspect | None:
        """The aspect of the same key without which this one has nothing to read, such as the repository itself."""

    def reads(self, aws: Aws, wants: Mapping[str, Sequence[Any]]) -> Iterator[Read]:
        """Yield the readings that tell the current values of some keys. Calls nothing by itself.

        Args:
            aws: The account and region that the keys are in.
            wants: The edits by key. Some aspects read more for some edits.
        """

    def changes(self, key: str, edits: Sequence[Any], current: Any) -> Iterator[Change | Note]:
        """Yield what is missing. Pure: it decides, and never calls AWS.

        Args:
            key: Of what.
            edits: What is wanted.
            current: The current value; ``None`` if the base does not exist yet.
        """

    def after(self, change: Change, current: Any) -> Any:
        """Return the value after a change was made, as a dry run remembers it. Pure.

        Args:
            change: A change of this aspect.
            current: The value before it.
        """

    def verify(self, edit: Any) -> bool:
        """Whether the engine reads again after the edit was made, and plans again if it was undone."""


def name_of(aspect: Aspect) -> str:
    """Return the name of an aspect: that of its module."""
    return getattr(aspect, "__name__", "")


def rederived(edit: Any) -> Any:
    """Return an edit as it is derived again: without what is judged only once, such as a guard of images.

    An edit has a method ``rederived`` if the two differ.
    """
    return edit.rederived() if hasattr(edit, "rederived") else edit


class Want(NamedTuple):
    """An edit of one aspect of one key.

    Args:
        aspect: The aspect.
        key: Of what.
        edit: What is wanted.
        for_owner: The only owner that wants it, if there is one. It goes no further without the edit.
        account: The account that the key is in, if it is not the registry's.
    """

    aspect: Aspect
    key: str
    edit: Any
    for_owner: str = ""
    account: Aws | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the aspect by its name: a module cannot be pickled.

        Raises:
            TypeError: The key is in the account of another session. Credentials are never pickled.
        """
        if self.account is not None:
            raise TypeError(
                f"{self.key} is in the account of another session, and credentials are never pickled: "
                "make the plan where it is applied"
            )
        return _unpickled, (name_of(self.aspect), self.key, self.edit, self.for_owner)


def _unpickled(aspect: str, key: str, edit: Any, for_owner: str) -> Want:
    return Want(cast("Aspect", import_module(aspect)), key, edit, for_owner)
