"""``registry.replication``: the verbs of the replication configuration."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from ecrops.base.problems import Problems
from ecrops.base.shown import ShownTuple
from ecrops.engine.aspect import Want
from ecrops.engine.plan import Plan
from ecrops.errors import SpecError
from ecrops.registry_settings.replication import aspect
from ecrops.registry_settings.replication.edits import Edit, Exactly, Exclude, Include
from ecrops.registry_settings.replication.elsewhere import Sessions, permissions
from ecrops.registry_settings.replication.values import (
    PREFIX_MATCH,
    ReplicationRule,
    check,
    check_destinations,
    check_prefixes,
)
from ecrops.registry_settings.setting import Handle

if TYPE_CHECKING:
    from ecrops.base.waits import OnWait
    from ecrops.registry_settings.replication.backfill import BackfillResult


class Replication(Handle):
    """Where the images of the registry are replicated to. A rule is known by its prefixes: each verb owns those.

    ``session``: a boto3 session of the account of a destination, or several by account. The registry policy there is
    written too, before the rule, so that it takes the images. Without it, a note has the statement.
    """

    aspect = aspect
    key = aspect.KEY

    def describe(self) -> tuple[ReplicationRule, ...]:
        """Return the rules that AWS has."""
        return ShownTuple(aspect.field(self._current()))

    def set(self, *rules: ReplicationRule, session: Sessions = None) -> Plan:
        """Make these all rules: those of others go. Without a rule, nothing is replicated any more.

        Args:
            rules: The rules.
            session: As for the class.

        Raises:
            SpecError: ECR would refuse them; with every reason.
        """
        if len(rules) == 1 and isinstance(rules[0], Sequence):
            raise SpecError("expected ReplicationRules, one argument each, got a list: write set(*rules)")
        return self._written(Exactly(check(rules)), rules, session)

    def add(
        self,
        *,
        prefix: str | Sequence[str] | None = None,
        to: Sequence[str] = (),
        delete_replication: bool | None = None,
        session: Sessions = None,
    ) -> Plan:
        """Replicate some repositories to these destinations too. Other rules, and other destinations, stay.

        What is there already is not replicated: ``backfill`` does that.

        Args:
            prefix: What the names of the repositories begin with, or several of that; every repository without it.
            to: Destinations, such as ``eu-central-1`` or ``111122223333/us-east-1``.
            delete_replication: Whether deletions of images, removals of tags and expirations by lifecycle policies
                reach all destinations of the rule too; ``None``: as it is. Needs botocore 1.44.4.
            session: As for the class.

        Raises:
            SpecError: ECR would refuse it, or a destination is this registry, or in another partition.
        """
        rule = ReplicationRule(prefix=prefix, to=to, delete_replication=delete_replication)
        return self._written(Include(rule), [rule], session)

    def remove(self, *, prefix: str | Sequence[str] | None = None, to: Sequence[str] | None = None) -> Plan:
        """Replicate some repositories to these destinations no longer. What was replicated before stays there.

        Args:
            prefix: The prefixes of the rule: all that it has. Without it, the rule for every repository is meant.
            to: The destinations; without it, the whole rule goes.

        Raises:
            SpecError: A prefix or destination is wrong.
        """
        problems = Problems()
        prefixes = check_prefixes(problems, "prefix", prefix)
        destinations = None if to is None else frozenset(check_destinations(problems, "to", to))
        problems.check(to is None or bool(to), "to", "expected destinations; without to=, the whole rule goes")
        problems.raise_any()
        return self._make(Exclude(frozenset((PREFIX_MATCH, text) for text in prefixes), destinations))

    def backfill(
        self,
        to: str,
        *,
        timeout: float = 3600.0,
        on_wait: OnWait | None = None,
    ) -> BackfillResult:
        """Replicate to one destination what was pushed before there was a rule, and wait until that is done.

        One that runs is waited for, and not started twice. A dry run starts nothing, and waits for nothing. Needs
        botocore 1.43.119.

        Args:
            to: A destination of a rule, such as ``eu-central-1`` or ``111122223333/us-east-1``.
            timeout: Seconds to wait in all.
            on_wait: Called on this thread with a ``Wait`` before each wait.

        Returns:
            What became of it, and of each image.

        Raises:
            SpecError: ``to`` is no destination of a rule, or the installed botocore is older.
            DeadlineError: The time is over. The backfill goes on, and the same call waits for it again.
        """
        from ecrops.registry_settings.replication.backfill import backfill

        registry = self._registry
        with registry.telling(on_wait=on_wait) as told:
            return backfill(told, partial(self._current, registry.assumed), to, timeout)

    def _written(self, edit: Exactly | Include, rules: Iterable[ReplicationRule], session: Sessions) -> Plan:
        aws, given = self._registry.aws, tuple(rules)
        aspect.check_of_region(aws, given)
        wants = permissions(aws, given, session) if session is not None else []
        accounts = frozenset(want.account.account_id for want in wants if want.account)
        own: Edit = edit._replace(written=accounts)
        return self._registry.make(*wants, Want(aspect, self.key, own))
