"""A watch on every call of an apply: it lets other writers act before a call, and knows what each write took and gave.

The rule that it judges by: what a write of ours takes away or gives, a change names, unless another writer put or took
it in the moment that AWS leaves open. That is between our last reading of it and the write: no other owner was called
in between, and nothing was waited for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

from ecrops import Change
from ecrops.aws import Aws
from ecrops.testing import Cloud

from .cells import REPOSITORIES, Cell, View

WHOLE = ("tags", "settings")
"""Aspects whose values are written whole: only an approved plan has them read again right before they are written."""


class Event(NamedTuple):
    """Something that happened.

    Args:
        owners: The owners that a call of ours was about; empty for a wait.
        reads: The owners and aspects that it read.
        seen: What was there when it read.
        touched: The owners and aspects that another writer changed.
        text: What it was, for people.
    """

    owners: frozenset[str] = frozenset()
    reads: frozenset[tuple[str, str]] = frozenset()
    seen: frozenset[Cell] = frozenset()
    touched: frozenset[tuple[str, str]] = frozenset()
    text: str = ""


class Effect(NamedTuple):
    """What a write of ours took away or gave.

    Args:
        sign: ``-`` or ``+``.
        cell: What.
        in_open_moment: Whether another writer put or took it in the moment that AWS leaves open.
        call: The place of the call in the events.
        was_lost: Whether the answer was lost.
    """

    sign: str
    cell: Cell
    in_open_moment: bool
    call: int
    was_lost: bool


class Watch(logging.Handler):
    """Watches one apply.

    Attributes:
        changes: The changes that were made.
        effects: What the writes of ours did, in order.
        events: What happened, in order.
    """

    def __init__(self, cloud: Cloud, *, approved: bool, view: View = REPOSITORIES) -> None:
        super().__init__()
        self._view = view
        self._cloud = cloud
        self._approved = approved
        self._acts = False
        self.before_call: Callable[[int, frozenset[str]], object] = lambda number, owners: None
        self.on_wait: Callable[[], object] = lambda: None
        self.calls = 0
        self.changes: list[Change] = []
        self.effects: list[Effect] = []
        self.events: list[Event] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Take a change that was made from the line of the log that says so."""
        if not self._acts and isinstance(record.args, tuple) and isinstance(record.args[0], Change):
            self.changes.append(record.args[0])

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch what is done inside."""
        once, logger = Aws.once, logging.getLogger("ecrops.engine.making")
        watch = self

        def watched(self: Aws, service: str, operation: str, params: Any, *args: Any) -> dict[str, Any]:
            return watch._call(lambda: once(self, service, operation, params, *args), service, operation, params)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Aws, "once", watched)
            patch.setattr(logger, "propagate", False)
            logger.setLevel(logging.INFO)
            logger.addHandler(self)
            try:
                yield
            finally:
                logger.removeHandler(self)
                logger.setLevel(logging.NOTSET)

    def act(self, write: Callable[[], object], text: str) -> None:
        """Let another writer write, in one moment: its own calls are not watched."""
        before = self._view.cells_of(self._cloud)
        self.aside(write)
        touched = frozenset((cell.owner, cell.aspect) for cell in before ^ self._view.cells_of(self._cloud))
        self.events.append(Event(touched=touched, text=text))

    def aside(self, call: Callable[[], object]) -> None:
        """Let another program call AWS, unwatched."""
        self._acts = True
        try:
            call()
        finally:
            self._acts = False

    def wait(self, seconds: float) -> None:
        """What a retry policy calls to wait."""
        if not self._acts:
            self.events.append(Event(text="wait"))
            self.on_wait()

    def _call(
        self, make: Callable[[], dict[str, Any]], service: str, operation: str, params: Mapping[str, Any]
    ) -> dict[str, Any]:
        if self._acts:
            return make()
        owners = self._view.owners_of(f"{service}:{operation}", params)
        self.before_call(self.calls, owners)
        self.calls += 1
        before = self._view.cells_of(self._cloud)
        try:
            return make()
        finally:
            self._note(f"{service}:{operation}", owners, before)

    def _note(self, doing: str, owners: frozenset[str], before: frozenset[Cell]) -> None:
        after = self._view.cells_of(self._cloud)
        was_answered = self._cloud.calls[-1].fault is None
        for sign, cells in (("-", before - after), ("+", after - before)):
            for cell in sorted(cells):
                effect = Effect(sign, cell, self._is_open(sign, cell), len(self.events), not was_answered)
                self.effects.append(effect)
        reads = (
            {(owner, aspect) for owner in owners for aspect in self._view.reads.get(doing, ())}
            if was_answered
            else set()
        )
        self.events.append(Event(owners, frozenset(reads), after, text=f"{doing} {', '.join(sorted(owners))}"))

    def _is_open(self, sign: str, cell: Cell) -> bool:
        """Whether another writer put or took a cell after we had last read it, in the moment that AWS leaves open."""
        is_strict = self._approved or cell.aspect not in WHOLE
        for event in reversed(self.events):
            if (cell.owner, cell.aspect) in event.reads:
                return (cell in event.seen) == (sign == "+")
            is_elsewhere = event.owners and cell.owner not in event.owners
            if is_strict and (is_elsewhere or event.text == "wait"):
                return False
        return not is_strict

    def unsaid(self) -> list[Effect]:
        """What writes of ours did, outside of the open moment, and no change names."""
        return [
            effect
            for effect in self.effects
            if not (effect.in_open_moment or self._is_named(effect) or self._is_untraceable(effect))
        ]

    def _is_untraceable(self, effect: Effect) -> bool:
        """Whether nobody can tell what a write did: its answer was lost, and another writer came in the wait."""
        goal = effect.cell.owner, effect.cell.aspect
        return effect.was_lost and any(goal in event.touched for event in self.events[effect.call + 1 :][:2])

    def _is_named(self, effect: Effect) -> bool:
        cell = effect.cell
        return any(
            sign == effect.sign and cell.text in part
            for change in self.changes
            if change.owner == cell.owner
            for sign, part in change.parts
        )

    def is_touched_late(self, owner: str, aspect: str) -> bool:
        """Whether another writer changed an owner after we had last read it."""
        aspects = ("rule", "targets") if aspect == "rule" else (aspect,)
        for name in aspects:
            for event in reversed(self.events):
                if (owner, name) in event.reads:
                    break
                if (owner, name) in event.touched:
                    return True
        return False

    def story(self) -> str:
        """What happened, for people."""
        lines = [f"{event.text}{' !' if event.touched else ''}" for event in self.events]
        return "\n".join([*lines, *map(str, self.changes)])
