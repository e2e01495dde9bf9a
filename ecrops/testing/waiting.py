"""How long tests wait: not at all."""

from __future__ import annotations

from ecrops import RetryPolicy


def _go_on(seconds: float) -> None:
    """Wait for nothing."""


AT_ONCE = RetryPolicy(sleep=_go_on)
"""The ``retry=`` of a registry in tests: as many attempts as usual, and no pause between them.

Edits are verified at once then. So several threads that edit one policy can undo each other's edits unseen: tests of
writers that race keep the pauses.
"""
