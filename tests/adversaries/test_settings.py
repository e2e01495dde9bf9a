"""The promise of ``test_writers``, for the settings of a registry: other writers before any call of an apply.

Each of them reads before one call of ours and writes before the same or a later one, as a second program does that
owns a part of the same setting. Nobody's rule is lost unless a change names it, and nothing is done that an approved
plan did not say.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ecrops import ConflictError
from ecrops.engine.turns import TURNS
from ecrops.testing import FAULTS, Cloud, Fault, in_memory
from support import examples, sampled

from .contents import begin
from .settings import SETTINGS, Setting, view_of
from .watch import Watch
from .world import Judged

EXAMPLES = examples(12)
STEP = sampled(23)
ACTS = [(name, act) for name, setting in SETTINGS.items() for act in setting.acts]


class Other(NamedTuple):
    """A write of another writer.

    Args:
        kind: One of the ``others`` of a setting.
        reads: Before which call of ours it reads.
        waits: How many calls of ours later it writes.
    """

    kind: str
    reads: int
    waits: int


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, str, list[Other]]:
    """A setting, what is wanted of it, and what one to three other writers write."""
    name, act = draw(st.sampled_from(ACTS))
    other = st.builds(Other, st.sampled_from(sorted(SETTINGS[name].others)), st.integers(0, 5), st.integers(0, 2))
    return name, act, draw(st.lists(other, min_size=1, max_size=3))


class SettingWorld(Judged):
    """An emulated registry with all settings, of which one is written."""

    def __init__(self, cloud: Cloud, name: str, act: str, *, approved: bool) -> None:
        TURNS.renew()
        self.setting: Setting = SETTINGS[name]
        self.owns_its_own = act in ("add", "update", "remove")
        begin(cloud)
        super().__init__(
            cloud,
            self.setting.acts[act],
            Watch(cloud, approved=approved, view=view_of(self.setting)),
            approved=approved,
        )

    def check(self, error: Exception | None) -> None:
        """Assert the promise, and that a verb that owns its own rules alone took or gave no others."""
        super().check(error)
        for effect in self.watch.effects if self.owns_its_own else ():
            is_own = any(name in effect.cell.text for name in ("ours", "Ours", "before", "Before"))
            assert is_own or effect.in_open_moment or effect.was_lost, f"{effect}\n{self.watch.story()}"

    def aspect_of(self, aspect: str) -> str:
        """The aspect of cells that an aspect of ecrops is about."""
        return "setting"

    def prepare(self, kind: str, number: int) -> Callable[[], None]:
        """Let another writer read, and return what lets it write."""
        client = self.cloud.client("ecr")
        made: list[Callable[[], object]] = []
        with suppress(ClientError):
            self.watch.aside(lambda: made.append(self.setting.others[kind](client, number)))

        def write() -> None:
            with suppress(ClientError):
                self.watch.act(lambda: [each() for each in made], f"{kind} {number}")

        return write

    def interleave(self, others: list[Other]) -> None:
        """Let others read and write before calls of ours."""
        ready: dict[int, list[Callable[[], None]]] = {}

        def before_call(number: int, owners: frozenset[str]) -> None:
            for index, other in enumerate(others, 1):
                if other.reads == number:
                    ready.setdefault(number + other.waits, []).append(self.prepare(other.kind, index))
            for write in ready.pop(number, ()):
                write()

        self.watch.before_call = before_call


@pytest.mark.parametrize("approved", [True, False], ids=["approved", "ensure"])
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize="ECROPS_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
@given(case=cases())
def test_what_others_write_to_a_setting_stays_or_is_named(approved: bool, case: tuple[str, str, list[Other]]) -> None:
    name, act, others = case
    with in_memory() as cloud:
        world = SettingWorld(cloud, name, act, approved=approved)
        world.interleave(others)
        error = world.run()
        event(f"{name} {act}: {type(error).__name__}")
        world.check(error)


@pytest.mark.parametrize("approved", [True, False], ids=["approved", "ensure"])
@pytest.mark.parametrize(("name", "act"), ACTS)
def test_without_other_writers_nothing_is_refused_and_nothing_is_missing(name: str, act: str, approved: bool) -> None:
    with in_memory() as cloud:
        world = SettingWorld(cloud, name, act, approved=approved)
        error = world.run()
        world.check(error)
        assert error is None, error
        assert world.watch.effects
        assert all(not effect.in_open_moment for effect in world.watch.effects)


@pytest.mark.parametrize("approved", [True, False], ids=["approved", "ensure"])
@pytest.mark.parametrize(("name", "act"), ACTS)
def test_what_another_writer_writes_to_a_setting_during_a_wait_stays_or_is_named(
    name: str, act: str, approved: bool
) -> None:
    setting = SETTINGS[name]
    cases = [
        (number, fault, kind)
        for number in range(_calls(name, act, approved=approved))
        for fault in FAULTS
        for kind in setting.others
    ]
    for number, fault, kind in cases[(len(name) + len(act)) % STEP :: STEP]:
        with in_memory() as cloud:
            world = SettingWorld(cloud, name, act, approved=approved)
            _meet(world, number, fault, kind)
            error = world.run()
            assert cloud.faults.hits, (number, fault)
            world.check(error)


def _calls(name: str, act: str, *, approved: bool) -> int:
    with in_memory() as cloud:
        world = SettingWorld(cloud, name, act, approved=approved)
        assert world.run() is None
        return world.watch.calls


def _meet(world: SettingWorld, number: int, fault: Fault, kind: str) -> None:
    """Let one call meet a fault, and another writer write in the first wait after that."""
    world.cloud.faults.at(number + 1, fault)
    waits: list[str] = [kind]

    def on_wait() -> None:
        if waits:
            world.prepare(waits.pop(), 1)()

    world.watch.on_wait = on_wait


@pytest.mark.parametrize("approved", [True, False], ids=["approved", "ensure"])
@pytest.mark.parametrize(
    ("name", "act", "error"),
    [("caches", "add", ConflictError), ("caches", "exact", ConflictError), ("templates", "exact", None)],
)
def test_what_another_made_otherwise_while_an_answer_was_lost_is_not_reported_as_made(
    name: str, act: str, error: type[Exception] | None, approved: bool
) -> None:
    create = {"caches": "CreatePullThroughCacheRule", "templates": "CreateRepositoryCreationTemplate"}[name]
    with in_memory() as cloud:
        world = SettingWorld(cloud, name, act, approved=approved)
        cloud.faults.on("reset_before", where=lambda call: call.operation == create)
        waits = [1]
        world.watch.on_wait = lambda: world.prepare("remakes ours", waits.pop())() if waits else None
        raised = world.run()
        assert cloud.faults.hits
        world.check(raised)
        assert create not in [change.operation for change in world.watch.changes]
        assert isinstance(raised, ConflictError) if error or approved else raised is None
