"""Tasks on an executor: rows as they come, a stop after failures, waves, and workers that are lost.

Called by ``registries``. It knows executors by ``concurrent.futures`` alone, so that any of them can be used: threads,
processes, Dask's ``client.get_executor(pure=False)``, loky. How many registries are worked on at once is up to the
executor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import contextmanager
from itertools import islice

from ecrops.errors import SpecError
from ecrops.registries.row import NOT_BEGUN, WORKER_LOST, Row, RowError
from ecrops.registries.task import Task, run

THREADS = 8
"""The registries that are worked on at once without an executor. Each has threads of its own."""
IN_FLIGHT = 256
"""The tasks that an executor is given at once. More wait here, so that their specs and results take no memory."""
OnResult = Callable[[Row], object]


@contextmanager
def executor_of(executor: Executor | None, tasks: int) -> Iterator[Executor]:
    """Yield the executor of the user, or threads that end with the work.

    Raises:
        SpecError: It is no executor.
    """
    if executor is not None:
        if not callable(getattr(executor, "submit", None)):
            raise SpecError(
                "executor: expected a concurrent.futures.Executor, such as ProcessPoolExecutor() or Dask's "
                f"client.get_executor(pure=False), got {executor!r}"
            )
        yield executor
        return
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(min(THREADS, max(1, tasks)), thread_name_prefix="ecrops-registry")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def run_all(
    tasks: Sequence[Task], executor: Executor | None, on_result: OnResult | None = None, stop_after: int | None = None
) -> Iterator[Row]:
    """Yield a row for each task, as they come.

    Args:
        tasks: The work.
        executor: Where it is done; threads here without one.
        on_result: Called on this thread with each row.
        stop_after: After how many failures no work is begun any more; ``None`` for never.
    """
    with executor_of(executor, len(tasks)) as pool:
        failures = 0
        waiting = iter(tasks)
        pending: dict[Future[Row], Task] = {}
        try:
            while True:
                is_stopped = stop_after is not None and failures >= stop_after
                if is_stopped:
                    _cancel(pending)
                else:
                    pending |= _submitted(pool, islice(waiting, IN_FLIGHT - len(pending)))
                if not pending:
                    break
                for future in wait(pending, return_when=FIRST_COMPLETED).done:
                    row = _row(future, pending.pop(future))
                    failures += row.failed
                    if on_result is not None:
                        on_result(row)
                    yield row
        except BaseException:
            _cancel(pending)
            raise
        for task in waiting:
            row = not_begun(task, f"{failures} registries had failed before, and stop_after is {stop_after}")
            if on_result is not None:
                on_result(row)
            yield row


def not_begun(task: Task, reason: str) -> Row:
    """Return the row of a task that was not begun."""
    return Row(task.location, error=RowError(NOT_BEGUN, f"not begun: {reason}"))


def _submitted(pool: Executor, tasks: Iterable[Task]) -> dict[Future[Row], Task]:
    futures: dict[Future[Row], Task] = {}
    for task in tasks:
        try:
            future = pool.submit(run, task)
        except Exception as error:  # a pool that broke takes nothing any more
            future = Future()
            future.set_exception(error)
        futures[future] = task
    return futures


def _cancel(pending: Iterable[Future[Row]]) -> None:
    for future in pending:
        future.cancel()


def _row(future: Future[Row], task: Task) -> Row:
    """Return what became of a task."""
    try:
        return future.result()
    except CancelledError:
        return not_begun(task, "the work was stopped")
    except BrokenExecutor as error:
        message = (
            "the process that did this work, or another one of its pool, ended before it answered: what it did is not "
            "known; run it again, which makes only what is missing"
        )
        return Row(task.location, error=RowError(WORKER_LOST, message, notes=(str(error),)))
    except Exception as error:
        # the executor's own errors: it cannot pickle the task, or a worker of another machine is gone
        return Row(task.location, error=RowError.of(error))


def in_waves(
    waves: Sequence[Sequence[Task]],
    executor: Executor | None,
    on_result: OnResult | None = None,
    stop_after: int | None = None,
) -> Iterator[Row]:
    """Yield the rows of waves of tasks. A wave begins when the one before is done, and only if nothing failed in it."""
    failed: list[Row] = []
    last = 0
    for number, tasks in enumerate(waves, 1):
        if failed:
            for task in tasks:
                row = not_begun(task, f"wave {last} had failures, the first of them {failed[0].location}")
                if on_result is not None:
                    on_result(row)
                yield row
            continue
        last = number
        for row in run_all(tasks, executor, on_result, stop_after):
            if row.failed:
                failed.append(row)
            yield row
