"""A live handle on one rule of EventBridge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ecrops.aws import Aws, ClientError, code_of
from ecrops.engine.plan import Plan
from ecrops.errors import SpecError
from ecrops.events import reading, wants
from ecrops.events.edits import TAG, Absent, Edit, Exclude, Include, Switch
from ecrops.events.event import check_rule_name
from ecrops.events.targets.target import Target, check_target, id_of, plain_arn

if TYPE_CHECKING:
    from ecrops.engine.account import Account
    from ecrops.events.testing import TestReport


class Rule:
    """A rule of a registry's account, whether it exists or not. Get one from ``Registry.rule``.

    Every verb returns a ``Plan``: the changes that it made, false if there was nothing to do.
    """

    def __init__(self, registry: Account, name: str, bus: str = "default") -> None:
        check_rule_name(name, bus)
        self.registry = registry
        self.name = name
        self.bus = bus

    def __repr__(self) -> str:
        return f"Rule({self.name!r})" if self.bus == reading.DEFAULT else f"Rule({self.name!r}, {self.bus!r})"

    @property
    def arn(self) -> str:
        """The rule's ARN."""
        return reading.arn_of(reading.place_of(self._aws), self._key)

    def exists(self) -> bool:
        """Whether the rule is there."""
        try:
            self.describe()
        except ClientError as error:
            if code_of(error) != reading.MISSING:
                raise
            return False
        return True

    def describe(self) -> dict[str, Any]:
        """The rule as EventBridge describes it, with ``EventPattern`` as a mapping.

        Raises:
            ClientError: botocore's ``ResourceNotFoundException``.
        """
        return reading.describe(self._aws, self._key)

    def targets(self) -> list[dict[str, Any]]:
        """The targets as EventBridge lists them; those of others too.

        Raises:
            ClientError: botocore's ``ResourceNotFoundException``.
        """
        return reading.targets(self._aws, self._key)

    def add_target(self, target: Target | str) -> Plan:
        """Let the rule invoke a target, and the target be invoked by the rule.

        Raises:
            SpecError: EventBridge would refuse the target, or could never invoke it.
            ConflictError: The rule has five targets.
            ClientError: botocore's ``ResourceNotFoundException``: there is no such rule.
        """
        return self._edit(Include([check_target(target)]))

    def remove_target(self, target: Target | str) -> Plan:
        """Remove a target, given by its ARN, its id or itself, and the permission that was added for it.

        One that has no id of its own stands for its ARN.

        Raises:
            SpecError: It is none of the three.
        """
        if not isinstance(target, str | Target) or not target:
            raise SpecError(f"expected a Target, its ARN or its id, got {target!r}")
        if isinstance(target, str):
            return self._edit(Exclude([plain_arn(target)]))
        named = target.id != id_of(target.arn)
        return self._edit(Exclude([str(target.id)] if named else [str(target.id), target.arn]))

    def enable(self) -> Plan:
        """Let the rule fire."""
        return self._edit(Switch(on=True))

    def disable(self) -> Plan:
        """Stop the rule from firing."""
        return self._edit(Switch(on=False))

    def remove(self) -> Plan:
        """Remove all targets of the rule, the rule, and the permissions that were added for it."""
        return self._edit(Absent())

    def send_test_event(self, event: Mapping[str, Any] | None = None, *, timeout: float = 60) -> TestReport:
        """Send a sample event through a copy of the rule, to its targets, and report what arrived.

        EventBridge takes no events of ``aws.ecr`` from anybody but ECR. So the event is tried against the rule's
        pattern with ``TestEventPattern``, and a copy of it with a source of its own is sent through temporary rules,
        which have the rule's targets, and an SQS queue that shows what passed. They are removed afterwards.
        The targets are really invoked.

        Args:
            event: An event; the documented sample for the kind of the rule without one, made to match.
            timeout: Seconds to wait for the event to arrive.

        Raises:
            SpecError: It is no event, or the rule has a schedule instead of a pattern.
        """
        from ecrops.events.testing import send_test_event

        return send_test_event(self.registry, self._key, event, timeout)

    @property
    def _aws(self) -> Aws:
        return self.registry.aws

    @property
    def _key(self) -> str:
        return reading.key_of(self.name, self.bus)

    def _edit(self, edit: Edit) -> Plan:
        return wants.edit_rules(self.registry, {self._key: [edit]})


def every_rule(registry: Account, bus: str) -> list[Rule]:
    """The rules that ecrops made: a tag says so, and only rules on events that it knows are asked for theirs."""
    check_rule_name("any", bus)
    aws = registry.aws
    listed = [each for each in reading.every(aws, bus) if "aws." in each.get("EventPattern", "")]
    tags = aws.map(lambda each: reading.read_tags(aws, each["Arn"]), listed)
    return [Rule(registry, each["Name"], bus) for each, there in zip(listed, tags, strict=True) if TAG in there]
