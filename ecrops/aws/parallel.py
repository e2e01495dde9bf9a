"""Doing the same to many items in parallel, until the first error.

Called by ``client``. It knows no call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_parallel(
    pool: ThreadPoolExecutor, do: Callable[[T], R], items: Sequence[T], on_error: Callable[[], object]
) -> list[R]:
    """Call ``do`` for each item on a pool, in the context of the caller, and return the results in order.

    Args:
        pool: The threads. It is used up.
        do: What to do with one item.
        items: The items.
        on_error: Called at the first error, or Ctrl-C: it stops what has begun. What has not begun is not begun.
    """
    with pool:
        futures = [pool.submit(copy_context().run, do, item) for item in items]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
            for future in futures:
                if future.done():
                    future.result()
            return [future.result() for future in futures]
        except BaseException:
            on_error()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
