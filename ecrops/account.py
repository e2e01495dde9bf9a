"""One account in one region, and the way from wants to changes that were made."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self

from ecrops import engine
from ecrops.apply import OnChange, apply
from ecrops.aspect import Want
from ecrops.aws import Aws, RetryPolicy
from ecrops.change import Kind
from ecrops.errors import SpecError
from ecrops.plan import Plan

if TYPE_CHECKING:
    import boto3


class Account:
    """What a registry and the handles of its repositories share: names, clients, and plans that are applied."""

    def __init__(
        self,
        session: boto3.Session | None = None,
        *,
        workers: int = 16,
        retry: RetryPolicy | None = None,
        dry_run: bool = False,
    ) -> None:
        if not isinstance(dry_run, bool):
            raise SpecError(f"dry_run: expected True or False, got {dry_run!r}")
        self.dry_run = dry_run
        self._would_be: set[str] = set()
        self.aws = Aws(session, workers, RetryPolicy() if retry is None else retry)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(region={self.aws.session.region_name!r}, dry_run={self.dry_run})"

    @property
    def region(self) -> str:
        """The region, such as ``eu-west-1``."""
        return self.aws.region

    @property
    def partition(self) -> str:
        """The partition of the region, such as ``aws`` or ``aws-cn``."""
        return self.aws.partition.name

    @property
    def account_id(self) -> str:
        """The account: from whichever answer named it first, else from STS, which needs no permission."""
        return self.aws.account_id

    @property
    def uri(self) -> str:
        """The host that images are pushed to and pulled from."""
        return self.host(self.account_id)

    def host(self, account: str) -> str:
        """The host of the registry of an account in this region."""
        return f"{account}.dkr.ecr.{self.region}.{self.aws.partition.dns_suffix}"

    def within(self, seconds: float) -> Self:
        """The same registry with a deadline: what is not done ``seconds`` from now is not begun.

        In a Lambda function: ``registry.within(context.get_remaining_time_in_millis() / 1000 - 5).ensure(*fleet)``.
        Leave some seconds for the call that is in flight then; its connection gives up after 30.

        Args:
            seconds: From now.

        Returns:
            A registry whose verbs raise ``DeadlineError`` when the time is over.
        """
        other = copy.copy(self)
        other.aws = self.aws.within(seconds)
        return other

    def at_leisure(self) -> Self:
        """The same registry without a deadline, for what must be cleaned up after one."""
        other = copy.copy(self)
        other.aws = self.aws.at_leisure()
        return other

    def apply(self, plan: Plan, on_change: OnChange | None = None) -> Plan:
        """Make the changes of a plan.

        What an edit was derived from, such as the policy that a grant is added to, is read again: others may have
        written since. Where somebody was faster, what is missing now is made, as ``ensure`` would; but nothing is
        deleted, and no repository is made, that the plan did not say: then the plan is out of date, and that is a
        ``ConflictError``.

        Args:
            plan: As ``plan`` returned it.
            on_change: Called on this thread with every change that was made. An error that it raises comes out, and
                what has not begun is not begun.

        Returns:
            The changes that were made.

        Raises:
            ConflictError: The plan has conflicts; nothing was changed.
            ApplyError: Some of several owners failed; its ``applied`` says what was done.
            ClientError: botocore's own error, where the plan is for one owner.
            DeadlineError: The time given with ``within`` is over.
        """
        if not isinstance(plan, Plan):
            raise SpecError(f"expected a Plan, got {plan!r}")
        return plan if self.dry_run else apply(self.aws, plan, on_change, bound=True)

    def plan_wants(self, wants: Iterable[Want], known: Mapping[engine.Goal, Any] | None = None) -> Plan:
        """What is missing for the wants to be true, where what is ``known`` to be there need not be read.

        A dry run remembers what it would have made.
        """
        plan = engine.make_plan(self.aws, list(wants), self._would_be, known or {})
        if self.dry_run:
            self._would_be |= {change.owner for change in plan if change.whole and change.kind is Kind.CREATE}
        return plan

    def would_make(self, key: str) -> bool:
        """Whether a dry run would have made this before."""
        return key in self._would_be

    def make(
        self, *wants: Want, known: Mapping[engine.Goal, Any] | None = None, on_change: OnChange | None = None
    ) -> Plan:
        """Make the wants true."""
        plan = self.plan_wants(wants, known)
        return plan if self.dry_run else apply(self.aws, plan, on_change)
