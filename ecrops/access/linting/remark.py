"""A finding before anybody knows where it is. Pure."""

from __future__ import annotations

from typing import NamedTuple


class Remark(NamedTuple):
    """What is remarkable about a statement.

    Args:
        code: The code of the finding.
        message: What is so, as a sentence about the statement without its subject.
        way_out: What can be done about it.
    """

    code: str
    message: str
    way_out: str
