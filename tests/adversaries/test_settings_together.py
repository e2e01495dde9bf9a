"""The promise of ``test_settings``, for one apply of all settings: other writers write any of them at any call.

Each setting is read again right before it is written, since others were written in between.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ecrops import EcropsError, PullThroughCacheRule
from ecrops.engine.turns import TURNS
from ecrops.registry_settings import RegistrySpec, ReplicationRule, ScanningConfiguration, SigningRule
from ecrops.testing import FAULTS, Cloud, Fault, in_memory
from support import examples, first_of, sampled
from tests.registry_settings.full import document, profile, role

from .cells import Cell, View
from .contents import begin
from .settings import OURS, SETTINGS, view_of
from .watch import Watch
from .world import Act, Judged

EXAMPLES = examples(6)
STEP = sampled(37)
WRITE_STEP = sampled(29)
CALLS = 6
"""How many calls about one setting there are, and some more if another writer is in between."""
NONE = RegistrySpec(
    scanning=ScanningConfiguration("ENHANCED"),
    signing=(),
    pull_time_exclusions=(),
    replication=(),
    registry_policy={},
    creation_templates=(),
    pull_through_cache=(),
)
EXACT = RegistrySpec(
    scanning=ScanningConfiguration("ENHANCED", continuous_scan=["ours"]),
    signing=[SigningRule(profile("ours"))],
    pull_time_exclusions=[role("ours")],
    replication=[ReplicationRule(prefix="ours", to=["eu-central-1"])],
    registry_policy=document("Ours"),
    creation_templates=[OURS],
    pull_through_cache=[PullThroughCacheRule("ours", "quay.io")],
)
ACTS: dict[str, Act] = {
    "exact": lambda registry: registry.ensure(EXACT),
    "none": lambda registry: registry.ensure(NONE),
}


class Other(NamedTuple):
    """A write of another writer.

    Args:
        setting: Which setting it changes.
        kind: One of its ``others``.
        reads: Before which call of ours it reads.
        waits: How many calls of ours later it writes.
        of_setting: Whether only the calls about that setting count.
    """

    setting: str
    kind: str
    reads: int
    waits: int
    of_setting: bool


@st.composite
def others(draw: st.DrawFn) -> Other:
    name = draw(st.sampled_from(sorted(SETTINGS)))
    kind = draw(st.sampled_from(sorted(SETTINGS[name].others)))
    of_setting = draw(st.integers(0, 3)) > 0
    return Other(name, kind, draw(st.integers(0, 5 if of_setting else 40)), draw(st.integers(0, 2)), of_setting)


def whole_view() -> View:
    """What a watch looks at that judges the writes of all settings."""
    views = [view_of(setting) for setting in SETTINGS.values()]

    def cells_of(cloud: Cloud) -> frozenset[Cell]:
        return frozenset[Cell]().union(*(view.cells_of(cloud) for view in views))

    def owners_of(doing: str, params: Mapping[str, Any]) -> frozenset[str]:
        return frozenset[str]().union(*(view.owners_of(doing, params) for view in views))

    return View(cells_of, owners_of, {doing: aspects for view in views for doing, aspects in view.reads.items()})


class SettingsWorld(Judged):
    """An emulated registry of which all settings are written in one apply."""

    def __init__(self, cloud: Cloud, act: str, *, approved: bool) -> None:
        TURNS.renew()
        begin(cloud)
        super().__init__(cloud, ACTS[act], Watch(cloud, approved=approved, view=whole_view()), approved=approved)

    def aspect_of(self, aspect: str) -> str:
        """The aspect of cells that an aspect of ecrops is about."""
        return "setting"

    def prepare(self, setting: str, kind: str, number: int) -> Callable[[], None]:
        """Let another writer read, and return what lets it write."""
        client = self.cloud.client("ecr")
        made: list[Callable[[], object]] = []
        with suppress(ClientError):
            self.watch.aside(lambda: made.append(SETTINGS[setting].others[kind](client, number)))

        def write() -> None:
            with suppress(ClientError):
                self.watch.act(lambda: [each() for each in made], f"{setting}: {kind} {number}")

        return write

    def interleave(self, writers: list[Other]) -> None:
        """Let others read and write before calls of ours."""
        seen = [0] * len(writers)
        ready: dict[int, Callable[[], None]] = {}

        def before_call(number: int, owners: frozenset[str]) -> None:
            for index, other in enumerate(writers):
                if other.of_setting and SETTINGS[other.setting].owner not in owners:
                    continue
                if seen[index] == other.reads:
                    ready[index] = self.prepare(other.setting, other.kind, index + 1)
                if seen[index] == other.reads + other.waits:
                    ready.pop(index)()
                seen[index] += 1

        self.watch.before_call = before_call


@pytest.mark.parametrize("approved", [True, False], ids=["approved", "ensure"])
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize="ECROPS_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
@given(act=st.sampled_from(sorted(ACTS)), writers=st.lists(others(), min_size=2, max_size=5))
def test_what_others_write_to_settings_of_one_apply_stays_or_is_named(
    approved: bool, act: str, writers: list[Other]
) -> None:
    with in_memory() as cloud:
        world = SettingsWorld(cloud, act, approved=approved)
        world.interleave(writers)
        error = world.run()
        event(f"{act}: {type(error).__name__}")
        world.check(error)
        assert all(isinstance(each, EcropsError) for each in reasons(error)), f"{reasons(error)}\n{world.watch.story()}"


def reasons(error: Exception | None) -> list[Exception]:
    """The errors that an apply ended with, each by itself."""
    if isinstance(error, ExceptionGroup):
        return [reason for each in error.exceptions for reason in reasons(each)]
    return [] if error is None else [error]


@pytest.mark.parametrize("approved", [True, False], ids=["approved", "ensure"])
@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("act", ACTS)
def test_one_write_of_each_kind_before_each_call_about_its_setting_is_no_error_of_aws(
    act: str, name: str, approved: bool
) -> None:
    every = [(kind, number) for number in range(CALLS) for kind in SETTINGS[name].others]
    for kind, number in every[approved::WRITE_STEP]:
        with in_memory() as cloud:
            world = SettingsWorld(cloud, act, approved=approved)
            world.interleave([Other(name, kind, number, 0, True)])
            error = world.run()
            world.check(error)
            assert all(isinstance(each, EcropsError) for each in reasons(error)), f"{kind} {number}: {error!r}"


@pytest.mark.parametrize("approved", [True, False], ids=["approved", "ensure"])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("act", ACTS)
def test_what_another_writer_writes_during_a_wait_of_any_setting_stays_or_is_named(
    act: str, fault: Fault, approved: bool
) -> None:
    with in_memory() as cloud:
        world = SettingsWorld(cloud, act, approved=approved)
        assert world.run() is None
        world.check(None)
        count = world.watch.calls
    assert count >= 20
    for number in range(first_of(2 * FAULTS.index(fault) + approved, 2 * len(FAULTS), STEP), count, STEP):
        with in_memory() as cloud:
            world = SettingsWorld(cloud, act, approved=approved)
            meet(world, fault, number)
            error = world.run()
            assert cloud.faults.hits, number
            world.check(error)


def meet(world: SettingsWorld, fault: Fault, number: int) -> None:
    """Let one call meet a fault, and another writer change its setting in the first wait after that."""
    failed: list[str] = []
    world.cloud.faults.at(number + 1, fault)

    def before_call(at: int, owners: frozenset[str]) -> None:
        if at == number:
            failed.extend(name for name, setting in SETTINGS.items() if setting.owner in owners)

    def on_wait() -> None:
        if failed:
            name = failed.pop()
            kinds = sorted(SETTINGS[name].others)
            world.prepare(name, kinds[number % len(kinds)], number % 9 + 1)()

    world.watch.before_call, world.watch.on_wait = before_call, on_wait
