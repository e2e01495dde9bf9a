"""Registries that threads of this process work on, and that can be stopped between two calls. Called by ``running``."""

from __future__ import annotations

import threading
from concurrent.futures import Executor, ThreadPoolExecutor

from ecrops.aws import Aws
from ecrops.registries.results.row import Row
from ecrops.registries.tasks.task import Task, run


def is_of_threads(executor: Executor) -> bool:
    """Whether an executor does its work on threads of this process."""
    return isinstance(executor, ThreadPoolExecutor)


class Threads:
    """The registries that are worked on at this moment. Once stopped, they begin no call and no wait any more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun: dict[int, Aws] = {}
        self._is_stopped = False

    def run(self, task: Task) -> Row:
        """Do the work of one registry on this thread, until it is done or stopped."""
        try:
            return run(task, self._begin)
        finally:
            with self._lock:
                self._begun.pop(threading.get_ident(), None)

    def _begin(self, aws: Aws) -> None:
        with self._lock:
            self._begun[threading.get_ident()] = aws
            if self._is_stopped:
                aws.stop()

    def stop(self) -> None:
        """Stop what is worked on, and what begins now."""
        with self._lock:
            self._is_stopped = True
            for aws in self._begun.values():
                aws.stop()
