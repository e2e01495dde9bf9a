"""One account in one region: its clients, and the ways to call them.

Called by the engine and by every reading. It makes calls, retries them and remembers what was made a moment ago. It
does not know what a repository is.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar, cast

import boto3
from botocore.exceptions import ClientError, NoRegionError

from ecrops.aws.arn import Partition, partition_of
from ecrops.aws.attempt.answers import account_in
from ecrops.aws.attempt.sending import send
from ecrops.aws.budgets import Budgets
from ecrops.aws.classes import LOST, NO_LONGER_VALID, code_of, explain, is_throttled
from ecrops.aws.clients import Clients, account_known_to
from ecrops.aws.deadline import Deadline
from ecrops.aws.locks import Locks
from ecrops.aws.pacing.gate import Gate
from ecrops.aws.pages import Pages
from ecrops.aws.parallel import in_parallel
from ecrops.aws.recent import Recent
from ecrops.aws.retry import RetryPolicy, persistently
from ecrops.aws.waiting import Waiting
from ecrops.base.problems import is_number, is_whole
from ecrops.base.quotas import Quotas
from ecrops.base.waits import Waited
from ecrops.errors import SpecError

T = TypeVar("T")
R = TypeVar("R")


class Aws(Waiting):
    """One account in one region: its clients, made when they are first needed, and the ways to call them."""

    def __init__(
        self, session: boto3.Session | None, workers: int, retry: RetryPolicy, region: str | None = None
    ) -> None:
        if not isinstance(session, boto3.Session | None):
            raise SpecError(f"session: expected a boto3.Session, got {session!r}")
        if not isinstance(retry, RetryPolicy):
            raise SpecError(f"retry: expected a RetryPolicy, got {retry!r}")
        if not is_whole(workers) or workers < 1:
            raise SpecError(f"workers: expected a whole number of at least 1, got {workers!r}")
        self.session = session or boto3.DEFAULT_SESSION or boto3.Session()
        self.workers = workers
        self.retry = retry
        self.quotas = Quotas()
        self._deadline = Deadline()
        self._budgets: Budgets | None = None
        self._gate = Gate(workers)
        self._clients = Clients(self.session, workers)
        self._locks = Locks()
        self._learned: dict[str, str] = account_known_to(self.session)
        self.made = Recent(retry.propagation_budget)
        self._of_run: dict[str, Any] | None = None
        self._region = region
        self._other_region = ""
        self._sessions: dict[boto3.Session, Aws] = {}

    def within(self, seconds: float) -> Aws:
        """Return the same clients and memory, with a deadline ``seconds`` from now, or the earlier one that it has."""
        if not is_number(seconds) or math.isnan(seconds):
            raise SpecError(f"expected seconds, got {seconds!r}")
        return self._until(self._deadline.sooner(seconds))

    def without_deadline(self) -> Aws:
        """Return the same clients and memory, without a deadline."""
        return self._until(Deadline())

    @property
    def remaining(self) -> float:
        """The seconds that remain until the deadline: infinite without one. For work that is no call of AWS."""
        return self._deadline.remaining

    def stoppable(self) -> Aws:
        """Return the same clients and memory, for a run that can be stopped alone, or for a part of this run."""
        run = self._until(self._deadline.of_new_run(self.session))
        run._of_run = {} if self._of_run is None else self._of_run
        return run

    def once_per_run(self, name: str, read: Callable[[], T]) -> T:
        """Return a value that is read once in a run of ``stoppable``, such as a setting of the whole registry."""
        if self._of_run is None:
            return read()
        with self._locks.run:
            if name not in self._of_run:
                self._of_run[name] = read()
            return cast("T", self._of_run[name])

    def bound_to(self, run: Aws) -> Aws:
        """Return the same clients and memory, with the deadline, the stop, the budgets and the listeners of a run."""
        other = self._until(run._deadline.of_account(self.session))
        other._budgets, other._of_run = run._budgets, None
        return other.telling(run.on_wait, run.on_amount)

    def for_owner(self, owner: str = "") -> Aws:
        """Return the same clients and memory, for one owner: all its calls share one budget of failed attempts."""
        other = copy.copy(self)
        other._budgets = Budgets(self.retry, owner)
        return other

    @property
    def has_waited(self) -> bool:
        """Whether a call of this run, or of this part of one, waited for its next attempt."""
        return self._deadline.has_waited

    @property
    def failures(self) -> int:
        """How many attempts for this owner failed, each before a wait: see ``for_owner``."""
        return self._budgets.failures if self._budgets else 0

    def stop(self) -> None:
        """Begin no call and no wait of the run any more, in any account."""
        self._deadline.stop()

    def for_session(self, session: boto3.Session) -> Aws:
        """Return the account of another session, with the same retry policy and deadline. Its clients are made once.

        A session without a region is for the region of this one.

        Raises:
            SpecError: It is no session.
        """
        if not isinstance(session, boto3.Session):
            raise SpecError(f"session: expected a boto3.Session, got {session!r}")
        with self._locks.clients:
            if session not in self._sessions:
                self._sessions[session] = Aws(session, self.workers, self.retry, self.region)
            return self._sessions[session].bound_to(self)

    def in_region(self, region: str) -> Aws:
        """Return the same account in another region, with the same retry policy and deadline."""
        other = Aws(self.session, self.workers, self.retry, region)
        other._other_region, other._learned = region, self._learned
        return other.bound_to(self)

    def _until(self, deadline: Deadline) -> Aws:
        other = copy.copy(self)
        other._deadline = deadline
        return other

    @property
    def region(self) -> str:
        """The region of the session.

        Raises:
            NoRegionError: botocore's own error: the session has none.
        """
        region = self._other_region or self.session.region_name or self._region
        if not region:
            raise NoRegionError
        return region

    @property
    def partition(self) -> Partition:
        """The partition that the region is in."""
        return partition_of(self.region)

    @property
    def known_account(self) -> str:
        """The account if an answer named it, else an empty string."""
        return self._learned.get("account", "")

    @property
    def account_id(self) -> str:
        """The account: from whichever answer named it first, else from STS, which needs no permission."""
        with self._locks.account:  # threads that ask at the same time make one call
            if "account" not in self._learned:
                self._learned["account"] = self.get("sts", "GetCallerIdentity", "Account")
            return self._learned["account"]

    def client(self, service: str, calls: int = 1) -> Any:
        """Return the client of a service. Make it on the caller's thread: boto3 sessions are not thread-safe.

        Args:
            service: A service of boto3, such as ``ecr``.
            calls: About how many calls are to come. For many it becomes a client that takes less time for each.
        """
        with self._locks.clients:
            return self._clients.of(service, self.region, calls)

    @property
    def connections(self) -> dict[str, Any]:
        """HTTP sessions for what is no API of AWS, by scheme and host: see ``http``."""
        return self._clients.connections

    def call(
        self,
        service: str,
        operation: str,
        params: Mapping[str, Any],
        *,
        needs: str = "",
        awaits: Collection[str] = (),
        on_lost: Callable[[], object] = lambda: None,
    ) -> dict[str, Any]:
        """Make one call, as often as the retry policy allows.

        Args:
            service: A service of boto3, such as ``ecr``.
            operation: An operation of it, such as ``DescribeRepositories``.
            params: The members of its input.
            needs: A member that every whole answer has. An answer without it was truncated.
            awaits: Error codes that mean "not visible yet". They are waited for.
            on_lost: Called when the answer of an attempt was lost: the call may have taken effect.
        """
        doing = f"{service}:{operation}"

        def attempt() -> dict[str, Any]:
            try:
                return self.once(service, operation, params, needs)
            except LOST:
                on_lost()
                raise

        return self.persist(attempt, doing, awaits)

    def persist(self, attempt: Callable[[], T], doing: str, awaits: Collection[str] = ()) -> T:
        """Repeat an attempt as often as the retry policy allows."""
        return persistently(attempt, self.retry, self._deadline, doing, awaits, self._budgets, self.tell)

    def once(self, service: str, operation: str, params: Mapping[str, Any], needs: str = "") -> dict[str, Any]:
        """Make one attempt of a call, in its turn."""
        doing, client = f"{service}:{operation}", self.client(service)

        def attempt() -> dict[str, Any]:
            try:
                return send(client, operation, params, needs)
            except ClientError as error:
                explain(error, doing)
                if code_of(error) in NO_LONGER_VALID:
                    self._deadline.break_off(error)
                raise

        answer = self.in_turn(attempt, doing)
        if account := account_in(answer):
            self._learned.setdefault("account", account)
        return answer

    def in_turn(self, attempt: Callable[[], T], doing: str) -> T:
        """Make one attempt in its turn: while places are free, not after the deadline, and as fast as AWS takes it."""
        is_begun = self._budgets is not None and self._budgets.successes > 0  # for this owner
        waited = Waited(outer=self._budgets.waited if self._budgets else None)
        pauses = partial(self._pause_for_turn, doing, waited), partial(self._pause_for_place, doing, waited)
        began = self._gate.enter(doing, *pauses, is_begun=is_begun)
        throttled = False
        try:
            self._deadline.check(doing, operation=doing)
            try:
                result = attempt()
            except ClientError as error:
                throttled = is_throttled(error)
                raise
        finally:
            self._gate.leave(doing, began, throttled=throttled)
        self._count_success(doing)
        return result

    def _count_success(self, doing: str) -> None:
        if self._deadline.breaker:
            self._deadline.breaker.count_success(doing)
        if self._budgets:
            self._budgets.count_success(doing, self._deadline.breaker)

    def get(self, service: str, operation: str, member: str, *, awaits: Collection[str] = (), **params: Any) -> Any:
        """Make a call, and return one member of its answer. An answer without that member was truncated."""
        return self.call(service, operation, params, needs=member, awaits=awaits)[member]

    def pages(
        self, service: str, operation: str, member: str = "", *, awaits: Collection[str] = (), **params: Any
    ) -> Pages:
        """Return the pages of a listing, or one member of each page. A page is read when it is asked for."""

        def ask(token: dict[str, str]) -> dict[str, Any]:
            return self.call(service, operation, {**params, **token}, needs=member, awaits=awaits)

        return Pages(ask, member)

    def map(self, do: Callable[[T], R], items: Iterable[T], on_error: Callable[[], object] = lambda: None) -> list[R]:
        """Call ``do`` for each item in parallel, and return the results in order.

        Args:
            do: What to do with one item.
            items: The items.
            on_error: Called at the first error, or Ctrl-C: it stops what has begun. What has not begun is not begun.
        """
        tasks = list(items)
        if len(tasks) < 2:
            return [do(item) for item in tasks]
        return in_parallel(self.workers, do, tasks, on_error)
