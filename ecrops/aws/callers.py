"""What threads of ecrops have to tell is told on the caller's thread: the one that called a verb.

Called by ``waiting``, by ``parallel`` and by ``engine/apply``. The caller's thread waits for its workers, and takes
what they put into its **inbox** meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from contextvars import ContextVar
from queue import SimpleQueue
from typing import Any

Inbox = SimpleQueue[Any]
_INBOX = ContextVar["Inbox | None"]("inbox", default=None)


def is_worker() -> bool:
    """Whether this thread works for another one, which has an inbox."""
    return _INBOX.get() is not None


def work_for(inbox: Inbox) -> None:
    """Let what this thread has to tell be put into an inbox. Its context should be its own."""
    _INBOX.set(inbox)


def tell(call: Callable[[], object]) -> None:
    """Call a function of the caller on the caller's thread: now if this is it, else when that looks into its inbox."""
    inbox = _INBOX.get()
    if inbox is None:
        run(call)
    else:
        inbox.put(call)


def run(call: Callable[[], object]) -> None:
    """Call a function of the caller. An error that it raises ends the verb, and is no error of an owner."""
    try:
        call()
    except Exception as error:
        vars(error)["_is_of_caller"] = True
        raise


def is_of_caller(error: BaseException) -> bool:
    """Whether a function of the caller raised an error."""
    return "_is_of_caller" in vars(error)


def listen(inbox: Inbox, futures: list[Future[None]]) -> None:
    """Take what workers put into an inbox, until all have ended, or one has ended with an error."""
    remaining = len(futures)
    for future in futures:
        future.add_done_callback(inbox.put)
    while remaining:
        event = inbox.get()
        if not isinstance(event, Future):
            run(event)
        elif event.exception():
            return
        else:
            remaining -= 1
