"""Doing the same to many items in parallel, until the first error.

Called by ``client``, and by ``engine/apply``. It knows no call.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import Generic, TypeVar

from ecrops.aws import callers

T = TypeVar("T")
R = TypeVar("R")


class Work(Generic[T]):
    """Items that threads take one after another, each by one thread.

    Args:
        items: The items.
    """

    def __init__(self, items: Iterable[T]) -> None:
        self._items = iter(items)
        self._turn = threading.Lock()
        self._is_over = False

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        with self._turn:
            if self._is_over:
                raise StopIteration
            return next(self._items)

    def end(self) -> None:
        """End the work: what no thread has taken is not begun."""
        self._is_over = True


class Crew(Generic[T]):
    """Threads that share the work on many items. Whatever ends it early, what they have begun is known.

    Args:
        threads: How many there are.
        do: Takes items from the work, until none is left.
        items: The items.
        stop: Begins nothing any more of what one item takes, and ends its waits.
    """

    def __init__(
        self, threads: int, do: Callable[[Work[T]], object], items: Iterable[T], stop: Callable[[], object]
    ) -> None:
        self._threads, self._do, self._stop = threads, do, stop
        self._work, self._pool = Work(items), pool_of(threads)
        self._busy, self._changed = 0, threading.Condition()

    def run(self, listen: Callable[[list[Future[None]]], object]) -> None:
        """Start the threads, and listen to them. An error of ``listen``, or Ctrl-C, ends the work.

        What is in flight is waited for then. It is not, if another Ctrl-C comes.
        """
        try:
            listen([self._pool.submit(self._work_on) for _ in range(self._threads)])
            self._pool.shutdown()
        except BaseException:
            try:
                self._end()
                with self._changed:  # the pool does not know a thread that Ctrl-C came in the start of
                    self._changed.wait_for(lambda: not self._busy)
                self._pool.shutdown(cancel_futures=True)
            except BaseException:
                self._end()
                self._pool.shutdown(wait=False, cancel_futures=True)
                raise
            raise

    def _end(self) -> None:
        self._work.end()
        self._stop()

    def _work_on(self) -> None:
        with self._changed:
            self._busy += 1
        try:
            self._do(self._work)
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify_all()


def pool_of(threads: int) -> ThreadPoolExecutor:
    """Return a pool of so many threads."""
    return ThreadPoolExecutor(max(1, threads), thread_name_prefix="ecrops")


def in_parallel(workers: int, do: Callable[[T], R], items: Sequence[T], on_error: Callable[[], object]) -> list[R]:
    """Call ``do`` for each item on threads, in the context of the caller.

    Args:
        workers: How many threads there are at most.
        do: What to do with one item.
        items: The items.
        on_error: Called at the first error, or Ctrl-C: it stops what has begun. What has not begun is not begun.

    Returns:
        The results in the order of the items.
    """
    results: dict[int, R] = {}
    errors: dict[int, BaseException] = {}
    work = Work(enumerate(items))
    inbox = None if callers.is_worker() else callers.Inbox()

    def take_turns() -> None:
        if inbox:
            callers.work_for(inbox)
        for index, item in work:
            try:
                results[index] = do(item)
            except BaseException as error:
                errors[index] = error
                work.end()
                raise

    threads = min(workers, len(items))
    with pool_of(threads) as pool:
        try:
            futures = [pool.submit(copy_context().run, take_turns) for _ in range(threads)]
            if inbox:
                callers.listen(inbox, futures)
            else:
                wait(futures, return_when=FIRST_EXCEPTION)
            if errors:
                raise errors[min(errors)]
        except BaseException:
            work.end()
            on_error()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [results[index] for index in range(len(items))]
