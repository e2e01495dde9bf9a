"""The work of one invocation over many registries: the job of one registry in each, some at a time, wave by wave.

Called by ``entry``. A registry that fails stops no other one, but the waves after its own. What a thread is at when the
time is over ends by itself: it begins no other call.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ecrops.aws.sessions import explain
from ecrops.aws_lambda.job import Job
from ecrops.aws_lambda.record import Record
from ecrops.errors import DeadlineError
from ecrops.fleet.fleet import Fleet
from ecrops.registries.tasks.running import THREADS

if TYPE_CHECKING:
    from ecrops.aws_lambda.clock import Invocation
    from ecrops.aws_lambda.records import Records
    from ecrops.aws_lambda.source import Source
    from ecrops.base.change import Change
    from ecrops.registries.tasks.task import Task


class Jobs:
    """The work of one invocation over many registries.

    Args:
        records: Hears of everything that is done. Its waves are known.
        source: Where the specs come from.
        event: The event.
        invocation: The invocation.
        on_change: Called with each change that was made, on the thread of its registry.
    """

    def __init__(
        self,
        records: Records,
        source: Source,
        event: Any,
        invocation: Invocation,
        on_change: Callable[[Change], object],
    ) -> None:
        self._records, self._source, self._event = records, source, event
        self._invocation, self._on_change = invocation, on_change
        self._turn = threading.Lock()

    def make(self) -> None:
        """Do the work of the registries that are left, until all is done or the time is over."""
        records, waiting, first = self._records, set(self._records.waiting), 0
        for wave in records.waves:
            numbers = [number for number in range(first, first + len(wave)) if number in waiting]
            if numbers and first and self._has_failures():
                records.is_blocked = True
                return
            self._in_parallel(numbers, wave, first)
            first += len(wave)
            if any(number < first for number in records.unfinished):
                return  # the time is over

    def _has_failures(self) -> bool:
        return bool(self._records.failed_before or self._records.failed)

    def _in_parallel(self, numbers: Sequence[int], wave: Sequence[Task], first: int) -> None:
        queue = iter(numbers)

        def work() -> None:
            for number in self._taken(queue):
                self._job(number, wave[number - first])

        # daemons: a call that hangs keeps no process alive
        threads = [threading.Thread(target=work, name="ecrops-registry", daemon=True) for _ in numbers[:THREADS]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _taken(self, queue: Iterator[int]) -> Iterator[int]:
        """Yield the numbers of registries whose turn it is, as long as there is time."""
        while self._invocation.working > 0:
            with self._turn:
                number = next(queue, None)
            if number is None:
                return
            yield number

    def _job(self, number: int, task: Task) -> None:
        """Do the work of one registry. It raises nothing: what goes wrong is in its record."""
        record = Record(self._records.options_of(number))
        self._records.begun[number] = record
        until = time.time() + self._invocation.working
        options = replace(task.options, until=min(until, task.options.until or until))
        try:
            record.registry = registry = options.registry(task.location)
            fleet = self._source.elsewhere().fleet(self._event, registry)
            fleet = fleet.only(*record.options.only) if record.options.only else fleet
            specs = task.overrides.applied(task.location, fleet.specs)
            job = Job(registry, Fleet(specs), record, self._on_change)
            (job.plan if record.options.dry_run else job.make)()
        except DeadlineError as error:
            record.late = error
        except Exception as error:
            explain(error, task.location)
            record.errors.append(error)
        record.is_over = True
