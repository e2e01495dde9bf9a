"""One account in one region, and the way from wants to changes that were made.

``Registry`` is one. Its verbs, those of the handles of its repositories, and those of EventBridge rules end here: they
hand in wants, and get the plan of what was made, or with ``dry_run`` of what would be.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

from ecrops.aws import Aws, RetryPolicy
from ecrops.base.problems import check_function
from ecrops.base.quotas import Quotas
from ecrops.base.shown import Shown
from ecrops.engine.aspect import Want
from ecrops.engine.hosts import Hosts, check_choices
from ecrops.engine.plan import Plan
from ecrops.engine.planning import accounts, located, make_plan
from ecrops.engine.reading import NONE, Goal, OnError
from ecrops.errors import SpecError

if TYPE_CHECKING:
    import boto3

    from ecrops.base.waits import OnWait
    from ecrops.engine.dry_run import DryRun
    from ecrops.engine.telling import Listener, OnChange


class Account(Shown, Hosts):
    """What a registry and the handles of its repositories share: names, clients, and plans that are applied."""

    def __init__(
        self,
        session: boto3.Session | None = None,
        *,
        workers: int = 20,
        retry: RetryPolicy | None = None,
        dry_run: bool = False,
        quotas: Mapping[str, int] | None = None,
        dual_stack: bool | None = None,
        fips: bool | None = None,
        on_wait: OnWait | None = None,
    ) -> None:
        check_choices(dual_stack=dual_stack, fips=fips)
        check_function("on_wait", on_wait, "wait")
        if not isinstance(dry_run, bool):
            raise SpecError(f"dry_run: expected True or False, got {dry_run!r}")
        self.dry_run = dry_run
        self._dry_run = _new_dry_run() if dry_run else None
        self._listener: Listener | None = None
        self.aws = Aws(session, workers, RetryPolicy() if retry is None else retry).telling(on_wait)
        self.aws.quotas = Quotas.of(quotas)
        self._dual_stack, self._fips = dual_stack, fips

    def __repr__(self) -> str:
        return f"{type(self).__name__}(region={self.aws.session.region_name!r}, dry_run={self.dry_run})"

    def _shown(self) -> Mapping[str, Any]:
        """Return what a notebook shows of it, and of every handle that belongs to it. It calls nothing."""
        known = {
            "account": self.aws.known_account or "not known yet",
            "region": self.aws.session.region_name or "none: give it a session with a region",
            "dry_run": self.dry_run,
        }
        return {**known, "guard": guard} if (guard := getattr(self, "guard", None)) is not None else known

    def __copy__(self) -> Self:
        """Return a copy with the same clients and memory."""
        other = object.__new__(type(self))
        vars(other).update(vars(self))
        return other

    def __deepcopy__(self, memo: object) -> Self:
        """Return a copy with the same clients: the clients of a session cannot be copied."""
        return self.__copy__()

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} holds credentials and connections, and is not pickled: make one where it is used"
        )

    def within(self, seconds: float) -> Self:
        """Return the same registry with a deadline: what is not done ``seconds`` from now is not begun.

        Leave some seconds for the call that is in flight then. Its connection gives up after 30 seconds. In a Lambda
        function, ``ecrops.aws_lambda.handler`` does that.

        Args:
            seconds: Seconds from now.

        Returns:
            A registry whose verbs raise ``DeadlineError`` when the time is over.
        """
        other = copy.copy(self)
        other.aws = self.aws.within(seconds)
        return other

    @contextmanager
    def telling(
        self, on_change: OnChange | None = None, on_wait: OnWait | None = None, progress: bool = False
    ) -> Iterator[Self]:
        """Yield this account for one verb, whose changes and waits are told, and drawn.

        Args:
            on_change: Called on this thread with every change that was made.
            on_wait: Called on this thread with every wait, before it.
            progress: Whether to draw how far the verb is, on the standard error.
        """
        if on_change is None and on_wait is None and progress is False:
            yield self
            return
        from ecrops.engine.telling import telling  # most verbs tell nobody

        with telling(self, on_change, on_wait, progress) as other:
            yield other

    def apply(
        self,
        plan: Plan,
        on_change: OnChange | None = None,
        *,
        on_wait: OnWait | None = None,
        progress: bool = False,
    ) -> Plan:
        """Make the changes of a plan.

        Everything that the plan changes is read again: other writers may have changed it since the plan was made. What
        they added stays. Nothing is removed, overwritten or made that the plan did not show: that is a
        ``ConflictError``.

        Args:
            plan: A plan of ``plan``, or of a verb with ``dry_run``.
            on_change: Called on this thread with every change that was made. An error that it raises ends the apply:
                changes that have not begun are not begun.
            on_wait: Called on this thread with a ``Wait`` before ecrops waits, such as while AWS throttles. Workers do
                not wait for it. An error that it raises ends the apply too.
            progress: Whether to draw how far it is, on the standard error: ``3 of 38``, and what it waits for.

        Returns:
            The changes that were made.

        Raises:
            ConflictError: The plan has conflicts, or goes beyond what it showed; nothing was changed.
            ApplyError: Some of several owners failed; its ``applied`` lists what was done.
            ClientError: botocore's own error, if the plan is for one owner.
            DeadlineError: The time given with ``within`` is over.
        """
        if not isinstance(plan, Plan):
            raise SpecError(f"expected a Plan, got {plan!r}")
        with self.telling(on_change, on_wait, progress) as registry:
            return plan if self.dry_run else plan.result(registry._apply(plan, approved=True))

    def _apply(self, plan: Plan, *, approved: bool = False) -> Plan:
        from ecrops.engine.apply import apply  # a plan alone does not need it
        from ecrops.engine.telling import Listener

        return apply(self.aws, plan, self._listener or Listener(), approved=approved)

    def plan_wants(
        self, wants: Iterable[Want], known: Mapping[Goal, Any] = NONE, on_error: OnError | None = None
    ) -> Plan:
        """Return what is missing for the wants to be true.

        Args:
            wants: What is wanted.
            known: Current values that were read before, and are not read again.
            on_error: Takes the errors of single keys, which then stop no other key. Without it the first one is raised.
        """
        return self._plan(wants, known, on_error)

    def as_planned(self, wants: Iterable[Want]) -> list[Want]:
        """Return wants as this account plans them. A registry adds its guard."""
        return list(wants)

    def _plan(
        self,
        wants: Iterable[Want],
        known: Mapping[Goal, Any],
        on_error: OnError | None = None,
        *,
        remember: bool = False,
    ) -> Plan:
        plan = self._missing(wants, known, on_error, remember=remember)
        for account in (self.aws, *accounts(plan.wants).values()) if plan else ():
            _ = account.account_id  # an approval says where: STS is asked if no answer has named the account
        return located(plan, self.aws)

    def _missing(
        self,
        wants: Iterable[Want],
        known: Mapping[Goal, Any],
        on_error: OnError | None = None,
        *,
        remember: bool = False,
    ) -> Plan:
        return make_plan(self.aws, self.as_planned(wants), known, on_error, self._dry_run, remember=remember)

    @property
    def assumed(self) -> Mapping[Goal, Any]:
        """The values that this dry run would have made before; none if it is no dry run."""
        return NONE if self._dry_run is None else self._dry_run.values

    def make(
        self,
        *wants: Want,
        known: Mapping[Goal, Any] = NONE,
        on_error: OnError | None = None,
        choose: Callable[[Plan], Plan] | None = None,
    ) -> Plan:
        """Plan the wants, and apply the plan. A dry run remembers the values that it would have made.

        Args:
            wants: The wants.
            known: Current values that were read before.
            on_error: As in ``plan_wants``.
            choose: Returns which part of what is missing is made. Whatever ends the apply, the rest is known then.
        """
        if self.dry_run:
            return self._plan(wants, known, on_error, remember=True)
        plan = self._missing(wants, known, on_error)
        return self._apply(choose(plan) if choose else plan)


def _new_dry_run() -> DryRun:
    from ecrops.engine.dry_run import DryRun  # most registries are none

    return DryRun()


A = TypeVar("A", bound=Account)


def without_deadline(account: A) -> A:
    """Return the same account without a deadline, for what must be cleaned up after one."""
    other = copy.copy(account)
    other.aws = account.aws.without_deadline()
    return other
