"""How long an invocation may work, and when it has to answer. Pure, but for the clock.

Called by ``entry`` at the start of each invocation. A call of AWS that has begun is never broken off: the margin is for
it. The answer does not wait for one that takes longer.
"""

from __future__ import annotations

import math
import time
from typing import Any

from ecrops.aws.clients import CONNECT_SECONDS, READ_SECONDS
from ecrops.base.problems import is_number
from ecrops.errors import SpecError

_ASKED = "get_remaining_time_in_millis"
ANSWER_SECONDS = 2.0
"""The seconds in which an answer is made and sent. In a function with 128 MB that takes a second for 5,000 changes."""
SLOWEST = CONNECT_SECONDS + READ_SECONDS + ANSWER_SECONDS
"""The margin if the invocation is long enough for it: the slowest call that ends by itself, and the answer."""
LARGEST_SHARE = 1 / 3
"""How much of an invocation the margin is at most, if nobody says how long it is."""
ANSWER_SHARE = 1 / 6
"""How much of an invocation is kept for the answer at most."""


class Invocation:
    """One invocation of the function: its id, and its end.

    Args:
        context: The context that Lambda gives. ``None``, as where a handler is tried out, is one without an end.
        margin: The seconds before the end in which no call begins; ``None`` for the default.

    Attributes:
        request_id: The id that Lambda's own logs have.
        margin: The margin, in seconds.
        whole: The seconds that it has.
    """

    def __init__(self, context: Any, margin: float | None) -> None:
        self._began = time.monotonic()
        self._context = context
        self.request_id = str(getattr(context, "aws_request_id", None) or "")
        self.whole = whole = _remaining(context)
        self.margin = min(float(SLOWEST), whole * LARGEST_SHARE) if margin is None else float(margin)
        self._answer_at = self._began + whole - min(ANSWER_SECONDS, whole * ANSWER_SHARE)
        self._stop_at = min(self._began + whole - self.margin, self._answer_at)

    def check(self) -> None:
        """Refuse an invocation that has no time to work in.

        Raises:
            SpecError: Its context is none, or the margin is as long as the invocation.
        """
        if self._context is not None and not hasattr(self._context, _ASKED):
            raise SpecError(f"context: expected the context that Lambda gives to its handlers, got {self._context!r}")
        if self.margin >= self.whole:
            raise SpecError(
                f"margin: {self.margin:g} s is no less than the {self.whole:g} s that the invocation has: "
                "give the function a longer timeout, or the handler a shorter margin"
            )

    @property
    def working(self) -> float:
        """The seconds in which calls may still begin."""
        return max(0.0, self._stop_at - time.monotonic())

    @property
    def patience(self) -> float | None:
        """The seconds after which the answer has to be made, whatever is under way; ``None`` for any number."""
        return None if math.isinf(self._answer_at) else max(0.0, self._answer_at - time.monotonic())

    @property
    def seconds(self) -> float:
        """The seconds since it began."""
        return time.monotonic() - self._began


def check_margin(margin: object) -> None:
    """Refuse what is no margin.

    Raises:
        SpecError: It is no number of seconds.
    """
    if margin is not None and not (is_number(margin) and 0 <= margin < math.inf):
        raise SpecError(f"margin: expected seconds, at least 0, got {margin!r}")


def _remaining(context: Any) -> float:
    """Return the seconds that an invocation has; infinite if nobody says."""
    milliseconds: float = getattr(context, _ASKED, lambda: math.inf)()
    return milliseconds / 1000
