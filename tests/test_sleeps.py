"""Nothing in the package waits in silence: each place that waits is known, and tells of it."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent / "ecrops"
WAITS = {"sleep", "wait", "wait_for", "acquire", "communicate", "run_until_complete", "select", "poll"}
KNOWN = {
    ("aws/deadline.py", "sleep"): "Deadline.wait: called by retry and by Waiting, which tell",
    ("aws/deadline.py", "wait_for"): "Deadline.wait: the same",
    ("aws/retry.py", "wait"): "Deadline.wait: told by _before_sleep",
    ("aws/waiting.py", "wait"): "Deadline.wait: told before it",
    ("aws/pacing/gate.py", "wait_for"): "a place among the calls: enter calls on_full, which tells, twice a second",
    (
        "aws/pacing/paces.py",
        "wait_for",
    ): "joins a line, and does not wait: the gate calls pause, which tells",
    ("engine/turns.py", "wait"): "a turn: check tells, five times a second",
    ("login/locking.py", "sleep"): "the lock of a directory: told before it",
    ("aws/parallel.py", "wait"): "for own workers, each of which tells of its waits",
    ("aws/parallel.py", "wait_for"): "for calls in flight after Ctrl-C: one attempt each, and no wait begins any more",
    ("engine/apply.py", "wait"): "for own workers, each of which tells of its waits",
    ("images/archiving/wants.py", "wait_for"): "the waiter of restores: it pauses with Aws.pause, which tells",
    ("images/copying/layers.py", "wait_for"): "for memory that other workers of the copy hold, whose calls tell",
    ("images/scans.py", "wait"): "Waiter.wait: it pauses with Aws.pause, which tells",
    ("lifecycle/simulation/preview.py", "wait"): "Waiter.wait: it pauses with Aws.pause, which tells",
    ("registry_settings/replication/backfill.py", "wait"): "Waiter.wait: it pauses with Aws.pause, which tells",
    ("base/progress.py", "wait"): "draws a wait, and does not wait",
    ("engine/telling.py", "wait"): "draws a wait, and does not wait",
}


def calls_of(path: Path) -> set[str]:
    """The names of functions called in a module that may wait."""
    called = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    names = {func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "") for func in called}
    return names & WAITS


def test_each_place_that_waits_is_known_and_tells_of_it() -> None:
    found = {
        (str(path.relative_to(ROOT)), name)
        for path in ROOT.rglob("*.py")
        if path.relative_to(ROOT).parts[0] not in ("testing", "cli")  # they run in programs of their own
        for name in calls_of(path)
    }
    assert found <= KNOWN.keys(), "a new place that waits: let it pass Aws.pause or Aws.tell, and say here how it tells"
    assert KNOWN.keys() - found <= {("engine/telling.py", "wait"), ("base/progress.py", "wait")}
