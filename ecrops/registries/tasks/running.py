"""Tasks on an executor: rows as they come, a stop after failures, waves, and workers that are lost.

Called by ``work``. It knows executors by ``concurrent.futures`` alone, so that any of them can be used: threads,
processes, Dask's ``client.get_executor(pure=False)``, loky.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import contextmanager
from queue import SimpleQueue

from ecrops.base.change import Change
from ecrops.base.render import count, several
from ecrops.errors import SpecError
from ecrops.registries.location import RegistryLocation
from ecrops.registries.results.row import CANCELLED, NOT_BEGUN, WORKER_LOST, Row, RowError
from ecrops.registries.tasks.task import Task, run
from ecrops.registries.tasks.threads import Threads, is_of_threads

THREADS = 8
"""The registries that are worked on at once without an executor. Each has threads of its own."""
IN_FLIGHT = 256
"""The tasks that an executor is given at once. More wait here, so that their specs and results take no memory."""
OnResult = Callable[[Row], object]
Made = dict[RegistryLocation, tuple[Change, ...]]
"""The changes that were made, by registry."""


@contextmanager
def executor_of(executor: Executor | None, tasks: int) -> Iterator[Executor]:
    """Yield the executor of the user, or threads that end with the work.

    Raises:
        SpecError: It is no executor.
    """
    if executor is not None:
        if isinstance(executor, type) or not callable(getattr(executor, "submit", None)):
            raise SpecError(_expected(executor))
        yield executor
        return
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(min(THREADS, max(1, tasks)), thread_name_prefix="ecrops-registry")
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)  # who ended the work has waited, unless for a second Ctrl-C
        raise
    pool.shutdown()


def _expected(got: object) -> str:
    return (
        "executor: expected a concurrent.futures.Executor, such as ProcessPoolExecutor() or Dask's "
        f"client.get_executor(pure=False), got {got!r}"
    )


class _Run:
    """Tasks that an executor has, and those that are done.

    Args:
        pool: The executor.
    """

    def __init__(self, pool: Executor) -> None:
        self._pool = pool
        self._threads = Threads() if is_of_threads(pool) else None
        self._done: SimpleQueue[Future[Row]] = SimpleQueue()
        self.pending: dict[Future[Row], Task] = {}

    def begin(self, waiting: Iterator[Task]) -> None:
        """Give tasks to the executor: so many, or until one is done at once, as with an executor without threads."""
        while len(self.pending) < IN_FLIGHT and (task := next(waiting, None)) is not None:
            future = self._submitted(task)
            self.pending[future] = task
            future.add_done_callback(self._done.put)  # also if it is cancelled, which wait() may never hear of
            if future.done():
                return

    def _submitted(self, task: Task) -> Future[Row]:
        try:
            future = self._pool.submit(self._threads.run if self._threads else run, task)
        except Exception as error:  # a pool that broke, or was shut down, takes nothing any more
            future = Future()
            future.set_exception(error)
        if not isinstance(future, Future):
            raise SpecError(_expected(f"one whose submit returns {future!r}"))
        return future

    def next_row(self) -> Row:
        """Wait for a task, and return what became of it."""
        future = self._done.get()
        return self._row(future, self.pending.pop(future))

    def _row(self, future: Future[Row], task: Task) -> Row:
        try:
            return future.result()
        except CancelledError:
            if _knows_begun(self._pool):
                return not_begun(task, "the work was stopped")
            message = "stopped, and its executor does not tell whether it had begun: run it again"
            return Row(task.location, error=RowError(CANCELLED, message))
        except BrokenExecutor as error:
            message = (
                "the process that did this work, or another one of its pool, ended before it answered: what it did is "
                "not known; run it again, which makes only what is missing"
            )
            return Row(task.location, error=RowError(WORKER_LOST, message, notes=(str(error),)))
        except Exception as error:
            # the executor's own errors: it cannot pickle the task, or a worker of another machine is gone
            return Row(task.location, error=RowError.of(error))

    def cancel(self) -> None:
        """Begin nothing any more."""
        for future in list(self.pending):
            future.cancel()

    def end(self) -> Iterator[Row]:
        """End the work, and yield what became of it, as far as it is done in this process: soon, between two calls."""
        self.cancel()
        if self._threads:
            self._threads.stop()
            while self.pending:
                yield self.next_row()


def _knows_begun(pool: Executor) -> bool:
    """Whether a future of an executor refuses to be cancelled once its work has begun."""
    return type(pool).__module__.partition(".")[0] in ("concurrent", "loky") or is_of_threads(pool)


def check_travels(pool: Executor, tasks: Sequence[Task]) -> None:
    """Refuse work that cannot be sent to processes.

    Raises:
        SpecError: With the reason.
    """
    processes = sys.modules.get("concurrent.futures.process")
    if processes is None or not isinstance(pool, processes.ProcessPoolExecutor) or not tasks:
        return
    import pickle

    try:
        pickle.dumps(tasks[0])
    except Exception as error:
        raise SpecError(
            f"this work cannot be sent to processes: {error}; give a function of a module, no lambda and none that is "
            "made in another function, or take threads"
        ) from error


def run_all(
    tasks: Sequence[Task],
    executor: Executor | None,
    on_result: OnResult | None = None,
    stop_after: int | None = None,
    made: Made | None = None,
) -> Iterator[Row]:
    """Yield a row for each task, as they come.

    Args:
        tasks: The work.
        executor: Where it is done; threads here without one.
        on_result: Called on this thread with each row.
        stop_after: After how many failures no work is begun any more; ``None`` for never.
        made: Takes the changes that were made.

    Raises:
        SpecError: It is no executor, or the work cannot be sent to its processes. Nothing was begun.
    """
    made = {} if made is None else made
    with executor_of(executor, len(tasks)) as pool:
        check_travels(pool, tasks)
        work, waiting, failures = _Run(pool), iter(tasks), 0
        try:
            while True:
                if stop_after is not None and failures >= stop_after:
                    work.cancel()
                else:
                    work.begin(waiting)
                if not work.pending:
                    break
                row = work.next_row()
                failures += row.failed
                yield _heard(row, on_result, made)
            for task in waiting:
                reason = f"{failures} registries had failed before, and stop_after is {stop_after}"
                yield _heard(not_begun(task, reason), on_result, made)
        except BaseException:
            for row in work.end():
                _heard(row, None, made)
            raise


def _heard(row: Row, on_result: OnResult | None, made: Made) -> Row:
    if row.applied:
        made[row.location] = row.applied
    if on_result is not None:
        on_result(row)
    return row


def not_begun(task: Task, reason: str) -> Row:
    """Return the row of a task that was not begun."""
    return Row(task.location, error=RowError(NOT_BEGUN, f"not begun: {reason}"))


def in_waves(
    waves: Sequence[Sequence[Task]],
    executor: Executor | None,
    on_result: OnResult | None = None,
    stop_after: int | None = None,
    failed: Iterable[tuple[int, Row]] = (),
) -> Iterator[Row]:
    """Yield the rows of waves of tasks. A wave begins when the one before is done, and only if nothing failed in it.

    Whatever ends the work, such as Ctrl-C or an error of ``on_result``, has the changes that were made as ``applied``.

    Args:
        waves: The tasks, wave by wave.
        executor: Where they are done; threads here without one.
        on_result: Called on this thread with each row.
        stop_after: After how many failures no work is begun any more.
        failed: What failed before the first wave, with the number of its wave, from 0.
    """
    before = dict(reversed(list(failed)))
    made: Made = {}
    reason = ""
    try:
        for number, tasks in enumerate(waves):
            if reason:
                for task in tasks:
                    yield _heard(not_begun(task, reason), on_result, made)
                continue
            first = before.get(number)
            for row in run_all(tasks, executor, on_result, stop_after, made):
                first = first or (row if row.failed else None)
                yield row
            if first is not None:
                reason = f"wave {number + 1} had failures, the first of them {first.location}"
    except BaseException as error:
        _say(error, made)
        raise


def _say(error: BaseException, made: Made) -> None:
    """Add to what ended the work what was made before."""
    if isinstance(error, GeneratorExit) or not made:
        return
    vars(error)["applied"] = made
    changes = sum(map(len, made.values()))
    places = several(f"{place.label} ({len(of_place)})" for place, of_place in made.items())
    error.add_note(f"{count(changes, 'change')} made before, in {places}; running again makes what is still missing")
