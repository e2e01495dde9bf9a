"""Progress is drawn on the standard error, as the output allows, and never where it was not asked for."""

from __future__ import annotations

import io
import subprocess
import sys
from typing import Any

import pytest

from ecrops import Change, LifecycleRule, RepositorySpec, Wait
from ecrops.base import progress
from ecrops.base.change import Kind
from ecrops.base.progress import Bar, Cell, Line, Lines, drawn
from ecrops.testing import Cloud
from support import registry_of

RULES = [LifecycleRule(max_image_count=3)]
SPECS = [RepositorySpec(f"app{n}", lifecycle_rules=RULES) for n in range(4)]
MADE = Change(owner="team/api", kind=Kind.CREATE, what="repository")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    """The time that progress is drawn by."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(progress, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_nothing_is_drawn_unless_it_is_asked_for(memory_cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    registry = registry_of(memory_cloud)
    registry.apply(registry.plan(*SPECS))
    registry.repository("app0").ensure(tags={"a": "b"}, on_change=str, on_wait=str)
    assert capsys.readouterr() == ("", "")


def test_without_a_terminal_the_end_is_one_line_on_the_standard_error(
    memory_cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    registry = registry_of(memory_cloud)
    registry.ensure(*SPECS[:2], progress=True)
    assert capsys.readouterr() == ("", "4 of 4 changes made\n")
    registry.apply(registry.plan(*SPECS[:3]), progress=True)
    assert capsys.readouterr() == ("", "2 of 2 changes made\n")
    registry.repository("app3").ensure(progress=True)
    assert capsys.readouterr() == ("", "1 of 1 change made\n")
    registry.repository("app3").ensure(progress=True)
    assert capsys.readouterr() == ("", "")


def test_an_apply_that_ends_early_says_how_far_it_came(memory_cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    memory_cloud.faults.on("denied", operation="PutLifecyclePolicy", times=None)
    with pytest.raises(ExceptionGroup):
        registry_of(memory_cloud).ensure(*SPECS, progress=True)
    assert capsys.readouterr().err == "4 of 8 changes made\n"


def test_a_total_rises_if_something_is_planned_again(memory_cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    ecr, registry = memory_cloud.client("ecr"), registry_of(memory_cloud)
    registry.ensure(SPECS[0], SPECS[1])
    undone: list[object] = []

    def undo(wait: Wait) -> None:
        if not undone:
            undone.append(ecr.delete_repository_policy(repositoryName="app1"))

    grants: list[Any] = [{"allow": "pull", "principal": "111122223333"}]
    fleet = [RepositorySpec(name, grants=grants) for name in ("app0", "app1")]
    assert len(registry.ensure(*fleet, on_wait=undo, progress=True)) == 3
    assert capsys.readouterr().err == "3 of 3 changes made\n", "two were planned at first"


def test_lines_are_seconds_apart_and_name_long_waits(clock: Clock) -> None:
    stream = io.StringIO()
    with drawn(stream) as drawing:
        assert isinstance(drawing, Lines)
        drawing.begin(3)
        drawing.change(MADE)
        clock.now += 4.9
        drawing.change(MADE)
        drawing.wait(Wait(4.0, "AWS throttles ecr:CreateRepository"))
        assert stream.getvalue() == ""
        clock.now += 0.1
        drawing.wait(Wait(4.0, "AWS throttles ecr:CreateRepository"))
        assert stream.getvalue() == ""
        drawing.wait(Wait(4.0, "AWS throttles ecr:CreateRepository", waited=2.0))
        assert stream.getvalue() == "2 of 3: waiting 4.0 s: AWS throttles ecr:CreateRepository\n"
        drawing.begin(5)
        clock.now += 5
        drawing.change(MADE)
    lines = stream.getvalue().splitlines()[1:]
    assert lines == ["3 of 5: + team/api repository", "3 of 5 changes made"]


def test_without_rich_a_terminal_has_one_line_that_is_written_over(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setattr(progress, "find_spec", lambda name: None)
    stream = Terminal()
    with drawn(stream) as drawing:
        assert isinstance(drawing, Line)
        drawing.begin(2)
        clock.now += 1
        drawing.change(MADE)
        clock.now += 0.01
        drawing.change(MADE)
        clock.now += 1
        drawing.wait(Wait(9.0, "AWS throttles ecr:CreateRepository"))
    drawings = stream.getvalue().split("\r\x1b[K")[1:]
    assert drawings == [
        "reading what is there",
        "1 of 2: + team/api repository",
        "2 of 2: waiting 9.0 s: AWS th",
        "2 of 2 changes made\n",
    ]


def test_with_rich_a_terminal_has_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    stream = Terminal()
    with drawn(stream) as drawing:
        assert isinstance(drawing, Bar)
        drawing.begin(2)
        drawing.change(Change(owner="[red]api", kind=Kind.CREATE, what="repository"))
    assert "1 of 2: + [red]api repository" in stream.getvalue()
    assert stream.getvalue().endswith("1 of 2 changes made\n")


def test_a_dumb_terminal_has_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    with drawn(Terminal()) as drawing:
        assert isinstance(drawing, Lines)


def test_what_is_printed_meanwhile_stays_on_the_standard_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], memory_cloud: Cloud
) -> None:
    stream = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", stream)
    registry_of(memory_cloud).ensure(RepositorySpec("ab"), progress=True, on_change=print)
    assert capsys.readouterr().out == "+ ab repository\n"
    assert stream.getvalue().endswith("1 of 1 change made\n")


def test_a_closed_output_ends_no_apply(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Closed(Terminal):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    for stream in (Closed(), None):
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setattr(progress, "find_spec", lambda name: None)
        assert registry_of(memory_cloud).ensure(RepositorySpec(f"app{stream is None}".lower()), progress=True)
    assert capsys.readouterr().out == ""  # nor is it the standard output that is written to instead


class Notebook:
    """What a kernel of IPython offers, and the outputs that it shows."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import IPython
        import IPython.display

        self.kernel, self.shown = self, list[str]()
        monkeypatch.setattr(IPython, "get_ipython", lambda: self)
        monkeypatch.setattr(IPython.display, "display", self.display)

    def display(self, value: Any, display_id: bool) -> Notebook:
        self.update(value)
        return self

    def update(self, value: Any) -> None:
        self.shown.append(value._repr_html_())


def test_a_notebook_has_an_output_that_is_written_over(
    memory_cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook = Notebook(monkeypatch)
    registry_of(memory_cloud).ensure(*SPECS, progress=True)
    assert notebook.shown[0] == "<span>reading what is there</span>"
    assert notebook.shown[-1] == "<progress max='8' value='8'></progress> <span>8 of 8 changes made</span>"
    assert capsys.readouterr() == ("", "")
    with drawn() as drawing:
        assert isinstance(drawing, Cell)
        drawing.begin(1)
        drawing.change(Change(owner="<b>", kind=Kind.CREATE, what="x"))
        assert "&lt;b&gt;" in drawing._repr_html_()


def test_rich_is_imported_only_to_draw() -> None:
    code = (
        "import io, sys, ecrops; from ecrops.base.progress import drawn\n"
        "with drawn(io.StringIO()) as drawing: drawing.begin(1)\n"
        "print([name for name in sys.modules if name.partition('.')[0] in ('rich', 'IPython')])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
