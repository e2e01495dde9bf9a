"""The handle ``Rule`` on one EventBridge rule.

Made by ``Registry.rule`` and ``Registry.rules``. Each of its verbs makes one edit of the rule (``edits``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ecrops.aws import Aws, ClientError, code_of
from ecrops.base.shown import Shown, ShownList
from ecrops.engine.plan import Plan
from ecrops.errors import SpecError
from ecrops.events import reading, wants
from ecrops.events.edits import Absent, Edit, Exclude, Include, Switch
from ecrops.events.event import check_rule_name
from ecrops.events.targets.target import Target, check_target, id_of, plain_arn
from ecrops.events.value import Origin

if TYPE_CHECKING:
    from ecrops.engine.account import Account
    from ecrops.events.testing import TestReport


class Rule(Shown):
    """A handle on an EventBridge rule, whether it exists or not. Get one from ``Registry.rule``.

    Every verb returns a ``Plan``: the changes that it made, false if there was nothing to do. The name of a rule that
    was split (``split=True``) stands for all of its parts in the verbs that change it.
    """

    def __init__(self, registry: Account, name: str, bus: str = "default") -> None:
        check_rule_name(name, bus)
        self.registry = registry
        self.name = name
        self.bus = bus

    def __repr__(self) -> str:
        return f"Rule({self.name!r})" if self.bus == reading.DEFAULT_BUS else f"Rule({self.name!r}, {self.bus!r})"

    def _shown(self) -> Mapping[str, Any]:
        return {"name": self.name, "bus": self.bus}

    def __str__(self) -> str:
        return self._key

    @property
    def arn(self) -> str:
        """The ARN of the rule."""
        return reading.arn_of(reading.location_of(self._aws), self._key)

    def exists(self) -> bool:
        """Whether the rule exists."""
        try:
            self.describe()
        except ClientError as error:
            if code_of(error) != reading.MISSING:
                raise
            return False
        return True

    def describe(self) -> dict[str, Any]:
        """Return the rule as EventBridge describes it, with ``EventPattern`` as a mapping.

        Raises:
            ClientError: botocore's ``ResourceNotFoundException``.
        """
        return reading.describe(self._aws, self._key)

    def targets(self) -> list[dict[str, Any]]:
        """Return all targets of the rule as EventBridge lists them, also those that ecrops did not put there.

        Raises:
            ClientError: botocore's ``ResourceNotFoundException``.
        """
        return reading.read_targets(self._aws, self._key)

    def add_target(self, target: Target | str) -> Plan:
        """Add a target to the rule, and let EventBridge invoke it.

        Raises:
            SpecError: EventBridge would refuse the target, or could never invoke it.
            ConflictError: The rule has five targets.
            ClientError: botocore's ``ResourceNotFoundException``: there is no such rule.
        """
        return self._edit(Include([check_target(target)]))

    def remove_target(self, target: Target | str) -> Plan:
        """Remove a target, and the permission that was added for it.

        Args:
            target: Its ARN, its id, or a ``Target``. A ``Target`` without an id of its own stands for its ARN.

        Raises:
            SpecError: It is neither a target, nor an ARN, nor an id.
        """
        if not isinstance(target, str | Target) or not target:
            raise SpecError(f"expected a Target, its ARN or its id, got {target!r}")
        if isinstance(target, str):
            return self._edit(Exclude([plain_arn(target)]))
        has_own_id = target.id != id_of(target.arn)
        return self._edit(Exclude([str(target.id)] if has_own_id else [str(target.id), target.arn]))

    def enable(self) -> Plan:
        """Enable the rule, as it fired before it was disabled."""
        return self._edit(Switch(on=True))

    def disable(self) -> Plan:
        """Disable the rule, and record how it fired."""
        return self._edit(Switch(on=False))

    def remove(self) -> Plan:
        """Remove the rule with all its targets, and the permissions that were added for it; also the parts of a split.

        A part that has targets of others stays without those of ecrops; a note names it.
        """
        return self._edit(Absent())

    def send_test_event(self, event: Mapping[str, Any] | None = None, *, timeout: float = 60) -> TestReport:
        """Send a sample event through a copy of the rule, to its targets, and report what arrived.

        EventBridge accepts events of ``aws.ecr`` from ECR only. So ecrops tries the event against the rule's pattern
        with ``TestEventPattern``, and sends a copy of it, with a source of its own, through temporary rules: they have
        the targets of the rule, and an SQS queue that shows what arrived. Rules and queue are removed afterwards.
        The targets are really invoked.

        Args:
            event: The event to send. By default the sample that ECR documents for the kind of event, changed so that it
                matches the pattern.
            timeout: Seconds to wait for the event to arrive.

        Raises:
            SpecError: ``event`` is not an event, or the rule has a schedule instead of a pattern.
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
        return wants.edit_rule(self.registry, self.name, self.bus, edit)


def every_rule(registry: Account, bus: str) -> list[Rule]:
    """Return handles on the rules of a bus that ecrops made or has adopted, as their tags say.

    Reading tags takes a call for each rule, so only rules on events of AWS are asked for theirs.
    """
    check_rule_name("any", bus)
    aws = registry.aws
    listed = [rule for rule in reading.every(aws, bus) if "aws." in rule.get("EventPattern", "")]
    tags_of_rules = aws.map(lambda rule: reading.read_tags(aws, rule["Arn"]), listed)
    rules = [Rule(registry, rule["Name"], bus) for rule in listed]
    both = zip(rules, tags_of_rules, strict=True)
    return ShownList(rule for rule, tags in both if Origin.of(tags, rule.arn) is not Origin.FOREIGN)
