"""The options of every verb about events, and the event that is made from them.

Called by the verbs (``on``, ``wants``) when an event is made. It refuses misspelt options; their values are checked by
``Event``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from ecrops.base.problems import hint
from ecrops.errors import SpecError
from ecrops.events.event import Event, RuleState, StateName, target_list
from ecrops.events.patterns.kinds import KINDS
from ecrops.events.patterns.selection import Selection
from ecrops.events.targets.target import Target


class RuleOptions(TypedDict, total=False):
    """The options of every verb about events. A verb has options of its own too, such as ``image_tags``.

    The default name of a rule is made from its kind of event, repositories, own options and pattern: if one of them
    changes, that is another rule, and the old one stays. A rule with a name stays the same rule.

    Attributes:
        target: The target to invoke: an ARN or a ``Target``.
        targets: Up to five targets to invoke.
        repositories: The repositories whose events are meant, for a registry: a name, several names,
            ``prefix("team/")``, or all by default.
        event_pattern: A further pattern; both must match.
        description: The description of the rule, at most 512 characters.
        state: ``ENABLED``, ``DISABLED``, or ``ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS``. By default a new rule is
            enabled, and a current one stays as it is.
        bus: The name of the event bus of the rule; AWS's own events come on ``default`` only.
        tags: The tags of the rule, besides those of ecrops.
        split: For a registry and a rule with a name: whether to make several rules, ``NAME-1``, ``NAME-2`` and so on,
            as many as the names of the repositories need to make patterns that are short enough. Rules of earlier runs
            with higher numbers are removed, and so is the rule ``NAME``. Without it the rule ``NAME`` replaces them.
    """

    target: Target | str
    targets: Sequence[Target | str]
    repositories: Selection
    event_pattern: Mapping[str, Any]
    description: str
    state: StateName | RuleState
    bus: str
    tags: Mapping[str, str]
    split: bool


def make_event(kind: str, arguments: Mapping[str, Any]) -> Event:
    """Return the event that a verb is about.

    Args:
        kind: The kind of event.
        arguments: The name of the rule, and the options that the caller of the verb gave.

    Raises:
        SpecError: An option is misspelt, EventBridge would refuse the rule, or it could never invoke a target; with
            every reason.
    """
    kind_options = KINDS[kind].options
    names = [*kind_options, *RuleOptions.__annotations__]
    if misspelt := [name for name in arguments if name not in (*names, "name")]:
        raise SpecError(*(f"{name}: unknown option{hint(name, names)}" for name in misspelt))
    if arguments.get("split"):
        raise SpecError("split: is for the verbs of a registry, registry.on_...(name, repositories=[...], split=True)")
    target = [arguments["target"]] if "target" in arguments else []
    return Event(
        kind,
        targets=(*target, *target_list(arguments.get("targets", ()))),
        options={name: value for name, value in arguments.items() if name in kind_options},
        **{
            name: value
            for name, value in arguments.items()
            if name not in (*kind_options, "target", "targets", "split")
        },
    )
