"""What the jobs of many registries have done so far, as one: read by the answer. It decides nothing, and calls nothing.

Each registry has a record of its own, as if it were alone. Written by ``many`` on its threads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from ecrops.aws_lambda.event import Options, Progress, fingerprint_of
from ecrops.aws_lambda.record import Record
from ecrops.base.change import Change

if TYPE_CHECKING:
    import boto3

    from ecrops.registries.results.plan import RegistriesPlan
    from ecrops.registries.tasks.task import Task


class PlanOfAll(NamedTuple):
    """What a dry run found in all registries.

    Args:
        changes: What is missing.
        notes: What there is to know.
        summary: Both in words.
    """

    changes: Sequence[Change]
    notes: Sequence[str]
    summary: str


@dataclass
class Records:
    """What the jobs of many registries have done so far.

    Args:
        options: The options of the event.
        waves: The registries, wave by wave; empty as long as they are not known.
        begun: The record of each registry whose work was begun in this invocation, by its number.
        errors: The errors of no single registry.
        is_blocked: Whether a wave had failures, so that the later ones are not begun.
        is_over: Whether the work has ended.
    """

    options: Options
    waves: Sequence[Sequence[Task]] = ()
    begun: dict[int, Record] = field(default_factory=dict)
    errors: list[Exception] = field(default_factory=list)
    is_blocked: bool = False
    is_over: bool = False

    def begin(self, waves: Sequence[Sequence[Task]]) -> None:
        """Begin where the invocation before has ended; anew, if it was about other registries."""
        self.waves = waves
        if self.options.progress.fleet != self._fingerprint:
            self.options = self.options._replace(progress=Progress())

    def snapshot(self) -> Records:
        """Return a copy that jobs that go on change no more."""
        is_over = self.is_over
        begun = {number: record.snapshot() for number, record in dict(self.begun).items()}
        return replace(self, begun=begun, errors=list(self.errors), is_over=is_over)

    def give_up(self) -> None:
        """End each job that made nothing in several invocations in a row."""
        for record in self.begun.values():
            record.give_up()
        if self.begun and not self.unfinished:
            self.is_over = True  # what hung until now is given up too

    def options_of(self, number: int) -> Options:
        """Return the options of one registry: where its own job begins."""
        beginning = self.options.progress.under_way.get(str(number))
        return self.options if beginning is None else self.options._replace(next=beginning)

    @property
    def tasks(self) -> list[Task]:
        """The registries, in the order of their numbers."""
        return [task for wave in self.waves for task in wave]

    @property
    def waiting(self) -> list[int]:
        """The numbers of the registries that were finished in no invocation before."""
        mask = int(self.options.progress.finished or "0", 16)
        return [number for number in range(len(self.tasks)) if not mask >> number & 1]

    @property
    def unfinished(self) -> list[int]:
        """The numbers of the registries that are left."""
        return [number for number in self.waiting if number not in self.begun or not self.begun[number].done]

    @property
    def unbegun(self) -> list[int]:
        """The numbers of the registries whose turn has not come in this invocation."""
        return [number for number in self.waiting if number not in self.begun]

    @property
    def done(self) -> bool:
        """Whether calling again makes no more."""
        if not self.is_over:
            return False
        is_finished = all(record.done for record in self.begun.values())
        return bool(self.errors) or (is_finished and (self.is_blocked or not self.unbegun))

    @property
    def left(self) -> int:
        """How many owners are left in all registries: as many specs as the others have where none was planned."""
        size = max((record.specs for record in self.begun.values()), default=0) or 1
        return sum(record.left for record in self.begun.values()) + size * len(self.unbegun)

    @property
    def failed(self) -> Mapping[str, Exception]:
        """The error of each owner that failed, with its registry before its name, or of a registry alone."""
        failed: dict[str, Exception] = {}
        for name, record in self._named():
            failed |= {f"{name}: {owner}": error for owner, error in record.failed.items()}
            failed |= dict.fromkeys([name], record.errors[-1]) if record.errors else {}
        return failed

    @property
    def failed_before(self) -> int:
        """How many owners have failed before this invocation."""
        progress = self.options.progress
        return progress.failed + sum(beginning.failed for beginning in progress.under_way.values())

    @property
    def next(self) -> Progress | None:
        """Where the next invocation begins; ``None`` if there is nothing to do for it."""
        if self.done:
            return None
        before, left = self.options.progress, self.unfinished
        mask = (1 << len(self.tasks)) - 1 - sum(1 << number for number in left)
        finished = [record for record in self.begun.values() if record.done]
        failed = before.failed + sum(
            record.failed_before + len(record.failed) + len(record.errors) for record in finished
        )
        under_way = {str(number): before.under_way.get(str(number)) for number in left} | {
            str(number): record.next for number, record in self.begun.items()
        }
        known = {number: beginning for number, beginning in under_way.items() if beginning is not None}
        return Progress(f"{mask:x}", known, failed, self._fingerprint)

    @property
    def applied(self) -> list[Change]:
        """The changes that were made."""
        return [change for record in self.begun.values() for change in record.applied]

    @property
    def unmade(self) -> list[Change]:
        """The changes that earlier batches lack."""
        return [change for record in self.begun.values() for change in record.unmade]

    @property
    def unmade_here(self) -> list[Change]:
        """The changes that the batches under way lack."""
        return [change for record in self.begun.values() for change in record.unmade_here]

    @property
    def notes(self) -> list[str]:
        """The notes of what was made."""
        return [note for record in self.begun.values() for note in record.notes]

    @property
    def plan(self) -> PlanOfAll | None:
        """What a dry run found."""
        plan = self._planned
        if plan is None:
            return None
        plans = [record.plan for record in self.begun.values() if record.plan]
        changes = [change for found in plans for change in found.changes]
        return PlanOfAll(changes, [note for found in plans for note in found.notes], plan.summary)

    @property
    def _planned(self) -> RegistriesPlan | None:
        """The plan of a dry run, for the registries that this invocation has begun."""
        if not self.options.dry_run or not self.begun:
            return None
        from ecrops.registries.results.plan import RegistriesPlan
        from ecrops.registries.results.row import Row, RowError

        tasks, rows = self.tasks, []
        for number, record in sorted(self.begun.items()):
            place, late = tasks[number].location, record.late
            errors = [*record.errors, *([late] if late else [])]
            error = RowError.of(errors[0]) if errors and record.plan is None else None
            account, region = record.account or place.account or "", record.region or place.region or ""
            rows.append(Row(place, record.plan, error, account=account, region=region))
        return RegistriesPlan.collect(rows, [row.location for row in rows], keep=False)

    @property
    def reason(self) -> str:
        """What took the time, such as throttling."""
        return next((record.reason for record in self.begun.values() if record.reason), "")

    @property
    def checksum(self) -> str:
        """The checksum of a dry run of all registries, as ``registries.plan`` has it; empty without one of all."""
        plan = self._planned if self.done and len(self.begun) == len(self.tasks) else None
        return plan.checksum if plan else ""

    @property
    def account(self) -> str:
        """There are several."""
        return ""

    @property
    def region(self) -> str:
        """There are several."""
        return ""

    @property
    def sessions(self) -> list[boto3.Session]:
        """The sessions that were used, whose secrets no answer has."""
        return [session for record in self.begun.values() for session in record.sessions]

    @property
    def registries(self) -> dict[str, int] | None:
        """How many registries there are, are left, and have failures in this invocation."""
        failed = sum(bool(record.failed or record.errors) for record in self.begun.values())
        return {"all": len(self.tasks), "left": len(self.unfinished), "failed": failed}

    @property
    def _fingerprint(self) -> str:
        return fingerprint_of(f"{task.location} {task.location.place}" for task in self.tasks)

    def _named(self) -> Iterator[tuple[str, Record]]:
        tasks = self.tasks
        for number, record in sorted(self.begun.items()):
            yield tasks[number].location.label, record


def _failures(record: Record) -> int:
    """Return how many owners of a registry have failed, in all invocations."""
    return record.failed_before + len(record.failed) + len(record.errors)
