"""A change: one AWS call not yet made, and the difference that it makes in the user's words.

Made by ``changes`` of every aspect, printed by ``base/render``, carried out by ``engine/making``. A change never calls
AWS itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple, Self

from ecrops.base.plain_json import data_of
from ecrops.base.secret import has_secret, hidden
from ecrops.text import printable

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Kind(StrEnum):
    """What a change does to its owner."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    CONFLICT = "conflict"


SIGNS = {Kind.CREATE: "+", Kind.UPDATE: "~", Kind.DELETE: "-", Kind.CONFLICT: "!"}


def always(answer: Mapping[str, Any]) -> bool:
    """Return true for every answer: the default of ``Call.is_kept``."""
    return True


@dataclass(frozen=True, slots=True)
class Call:
    """A call of AWS that is not made yet.

    Args:
        service: The service, as boto3 names it.
        operation: The operation of that service.
        params: The members of its input. A ``Secret`` among them is revealed when the call is sent, and never shown.
        needs: IAM actions that the call needs besides the one of its own name.
        is_kept: Whether an answer shows that the service keeps what was sent. If not, the owner is read again.
        confirm: Called with the account of the change once it took effect. It raises an error if what was made does not
            work, as the service says. ``None`` if there is nothing to ask.
        prepare: Called with the account of the change right before the call is made. It makes what the call needs, such
            as the layers of an image, and is safe to repeat. ``None`` if it needs nothing.
        refusal: Returns the error in an answer that the service calls a success, such as one of a batch.
        partly: Returns what an answer says of a change that was made in part, such as a batch.
    """

    service: str
    operation: str
    params: Mapping[str, Any] = field(default_factory=dict)
    needs: Collection[str] = ()
    is_kept: Callable[[Mapping[str, Any]], bool] = field(default=always, repr=False, compare=False)
    confirm: Callable[[Any], None] | None = field(default=None, repr=False, compare=False)
    prepare: Callable[[Any], None] | None = field(default=None, repr=False, compare=False)
    refusal: Callable[[Mapping[str, Any]], Exception | None] | None = field(default=None, repr=False, compare=False)
    partly: Callable[[Change, Mapping[str, Any]], Partly] | None = field(default=None, repr=False, compare=False)


def never(error: Exception) -> bool:
    """Return false for every error: the default of ``Races.awaits``."""
    return False


class Races(NamedTuple):
    """What the errors of a change say about other writers, and what is done then.

    Args:
        derived: Whether the change was derived from a reading that another writer may have made stale. Such a change
            is not repeated as it is after a wait: the owner is read and planned again first.
        superseded: Error codes that mean that another writer was faster. The owner is read and planned again.
        not_yet_visible: Error codes that mean that the owner does not exist. They are waited for if the owner was made
            a moment ago, else they count as ``superseded``.
        awaits: Whether an error means that something the call names is not visible yet, such as a new role. The owner
            is planned again until it is.
        is_made_between: Whether AWS made the owner between two times, as ``time.time`` counts. It is asked if the
            answer to a creation was lost and the owner exists: another caller may have made it.
        done: Error codes that mean that AWS has what the change makes. Such a change counts as made.
        is_made: Whether AWS has what the change makes although it answered with an error. It is asked with the account
            of the change and the error, and may call AWS. Such a change counts as made.
    """

    derived: bool = False
    superseded: Collection[str] = ()
    not_yet_visible: Collection[str] = ()
    awaits: Callable[[Exception], bool] = never
    is_made_between: Callable[[Any, float, float], bool] | None = None
    done: Collection[str] = ()
    is_made: Callable[[Any, Exception], bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One AWS call not yet made, and the difference that it makes.

    Args:
        owner: What is changed: a repository, a principal, an EventBridge rule. Changes of one owner are made in order.
        kind: ``create``, ``update``, ``delete``, or ``conflict`` for what AWS cannot change.
        what: The part of the owner, such as ``lifecycle``; empty if the owner says it.
        before: The current value, in words; empty if there is none.
        after: The desired value, in words.
        call: The call to make; ``None`` for a conflict.
        removed: Each part of the owner that the change takes away or overwrites, as canonical text: complete, where
            words name a few. By default it is made of ``before``.
        added: Each part that the change adds. By default it is made of ``after``.
        races: What its errors say about other writers.
        makes_owner: Whether the change makes or removes the owner itself, and not a part of it.
        identity: What tells the owner from a later one of the same name, such as the time it was created at. A removal
            is for this owner only.
        images: How many images the change removes: with the owner, if it removes that, else by themselves.
        for_owners: Owners that the change is made for. They go no further without it, nor it without them.
        step: The changes of all owners in a lower step come first.
        advice: The way out, by error code; with the code of the service behind it, after a blank, if it differs by
            that: ``KmsException NotFoundException``. A conflict has its advice under the empty code.
        aspect: The name of the aspect that it is of: set by the engine.
        account: The account that the owner is in; empty as long as it is not known.
        region: The region that the owner is in.
    """

    owner: str
    kind: Kind
    what: str
    before: str = ""
    after: str = ""
    call: Call | None = None
    removed: Collection[str] | None = field(default=None, repr=False, compare=False)
    added: Collection[str] | None = field(default=None, repr=False, compare=False)
    races: Races = field(default=Races(), repr=False, compare=False)
    makes_owner: bool = field(default=False, repr=False, compare=False)
    identity: str = field(default="", repr=False, compare=False)
    images: int = field(default=0, repr=False, compare=False)
    for_owners: Collection[str] = field(default=(), repr=False, compare=False)
    step: int = field(default=0, repr=False, compare=False)
    advice: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    aspect: str = field(default="", repr=False, compare=False)
    account: str = field(default="", repr=False)
    region: str = field(default="", repr=False)

    def __str__(self) -> str:
        head = " ".join(filter(None, (self.sign, self.owner, self.what)))
        return printable(f"{head}{': ' if self.difference else ''}{self.difference}")

    def _repr_html_(self) -> str:
        from ecrops.base import html

        return html.output(html.changes_table([self]))

    @property
    def sign(self) -> str:
        """The sign that a diff starts with: ``+``, ``~``, ``-`` or ``!``."""
        return SIGNS[self.kind]

    @property
    def difference(self) -> str:
        """The current value, the desired one, or both. An update that only takes away says ``-> nothing``."""
        only_takes = self.kind is Kind.UPDATE and bool(self.before) and not self.after
        return " -> ".join(side for side in (self.before, "nothing" if only_takes else self.after) if side)

    @property
    def parts(self) -> frozenset[tuple[str, str]]:
        """The whole difference: ``("-", part)`` for what is removed, ``("+", part)`` for what is added.

        An owner that is made or removed is a part of the difference, with its identity.
        """
        removed = _or_words(self.removed, self.before)
        added = _or_words(self.added, self.after)
        parts = {*(("-", part) for part in removed), *(("+", part) for part in added)}
        if self.makes_owner:
            parts.add(("-" if self.kind is Kind.DELETE else "+", f"{self.owner} itself {self.identity}".rstrip()))
        return frozenset(parts)

    @property
    def checksum(self) -> str:
        """The fingerprint of the whole difference: of account, region, owner, what, operation, and all ``parts``.

        It is not made of the words, which shorten.
        """
        names = (self.account, self.region, self.owner, self.what, self.operation)
        return hashlib.sha256(json.dumps([*names, sorted(self.parts)]).encode()).hexdigest()

    @property
    def service(self) -> str:
        """The boto3 service that is called; empty for a conflict."""
        return self.call.service if self.call else ""

    @property
    def operation(self) -> str:
        """The operation that is called; empty for a conflict."""
        return self.call.operation if self.call else ""

    @property
    def params(self) -> Mapping[str, Any]:
        """The members of the call's input."""
        return self.call.params if self.call else NOTHING

    @property
    def removes_owner(self) -> bool:
        """Whether the change removes the owner itself."""
        return self.makes_owner and self.kind is Kind.DELETE

    @property
    def deletions(self) -> int:
        """How many things the change deletes: a batch of images counts as its images, everything else as one."""
        if self.kind is not Kind.DELETE:
            return 0
        return self.images if self.images and not self.makes_owner else 1

    @property
    def refuses_existing(self) -> bool:
        """Whether the change makes the owner, and AWS refuses it if somebody made the owner in the meantime."""
        return self.makes_owner and self.kind is Kind.CREATE and bool(self.races.superseded)

    @property
    def permissions(self) -> tuple[str, ...]:
        """The IAM actions that the change needs."""
        return (f"{self.service}:{self.operation}", *self.call.needs) if self.call else ()

    def without_secrets(self) -> Self:
        """Return the change with what stands for its secrets: a change that was made needs none, and errors travel."""
        if self.call is None or not has_secret(self.params):
            return self
        return replace(self, call=replace(self.call, params=hidden(self.params)))

    def to_dict(self) -> dict[str, Any]:
        """Return the change, ready for JSON."""
        names = ("account", "region", "owner", "kind", "what", "before", "after", "service", "operation")
        texts = {name: str(getattr(self, name)) for name in names}
        return texts | {"params": data_of(hidden(self.params)), "checksum": self.checksum}


class Partly(NamedTuple):
    """What was made of a change.

    Args:
        made: The change with what was made alone; ``None`` if nothing was.
        error: Why the rest was not. The owner fails with it in the end, and what follows is made.
    """

    made: Change | None
    error: Exception | None = None


def _or_words(parts: Collection[str] | None, words: str) -> Collection[str]:
    """Return the parts of one side of a difference; its words if it names no parts."""
    return parts if parts is not None else [words] if words else []


class Note(str):
    """Something that the user must know, and that no change tells. Control characters in it are escaped.

    Notes are texts. A plan tells the same about many owners in one note: see ``base/notes``.

    Attributes:
        owner: What the note is about, and what its text starts with; empty if it is not known.
        document: A policy document for the user to copy, as JSON: the end of its text. Empty if there is none.
        only_with: The owner without whose change in the plan there is no reason for the note; empty if there is none.
        parts: The notes that it was made of.
        brief: The note as a plan prints it: complete, or with some of many names.
    """

    owner: str = ""
    document: str = ""
    only_with: str = ""
    parts: tuple[Note, ...] = ()
    brief: str

    def __new__(cls, text: str, document: str = "") -> Self:
        """Make the note: strings take their text in ``__new__``.

        Args:
            text: The note; a note stays as it is.
            document: A policy document as JSON, which is put behind the text.
        """
        note = super().__new__(cls, printable(f"{text} {document}" if document else text))
        if isinstance(text, Note):
            vars(note).update(vars(text))
        else:
            note.document, note.brief = document, str(note)
        return note

    def about(self, owner: str) -> Self:
        """Return the note with its owner, if its text starts with it."""
        if self.startswith(f"{printable(owner)}: "):
            self.owner = printable(owner)
        return self
