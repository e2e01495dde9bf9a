"""The entry of the command ``ecrops``."""

from __future__ import annotations


def main() -> int:
    """Run the command that the arguments of the process name, and return its exit code."""
    return 0
