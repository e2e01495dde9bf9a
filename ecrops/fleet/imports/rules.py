"""EventBridge rules on events of ECR, as the events of a fleet file. Pure.

A rule is carried over if an event of ecrops has exactly its pattern. ecrops marks a rule that it takes over with tags,
so the first plan after that is not empty: none is carried over, unless the caller of the import asks for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ecrops.errors import SpecError
from ecrops.fleet.imports.building import Builder

if TYPE_CHECKING:
    from ecrops.events.event import Event
    from ecrops.events.targets.target import Target

STAYS = (
    "is on events of ECR, and stays in EventBridge as it is; with events=True it is in the fleet file, and ecrops tags "
    "it as one that it looks after"
)
NO_SCHEDULE = "a rule of ecrops has no schedule"
NO_ROLE = "the role of a rule stays as it is; a Target has a role of its own"
DEFAULT_BUS = "default"


def is_on_ecr(pattern: Any) -> bool:
    """Whether an event pattern names ECR, or Inspector on images, as its source."""
    if not isinstance(pattern, Mapping):
        return False
    sources = pattern.get("source", ())
    named = [source for source in sources if isinstance(source, str)] if isinstance(sources, list) else []
    text = json.dumps(pattern, default=str).lower()
    return "aws.ecr" in named or ("aws.inspector2" in named and ("ecr" in text or "repository" in text))


def bus_of(bus: object) -> str:
    """Return the name of a bus from its name or its ARN; that of the default bus if a rule names none."""
    return bus.rpartition("/")[2] if isinstance(bus, str) and bus else DEFAULT_BUS


def target_of(builder: Builder, address: str, field: str, document: Mapping[str, Any]) -> Target | None:
    """Return a target; ``None`` if ecrops would not write it, which is listed.

    Args:
        builder: Lists it.
        address: The resource that has the target.
        field: The property of the resource; empty if the resource is the target.
        document: The target, as EventBridge takes it.
    """
    from ecrops.events.targets.target import Target

    try:
        return Target.from_aws(document)
    except (SpecError, KeyError) as error:
        builder.leave(address, field, f"ecrops would not write the target: {error}")
        return None


def carry_rule(
    builder: Builder, address: str, field: str, pattern: Mapping[str, Any], fields: Mapping[str, Any]
) -> None:
    """Carry over a rule, or list it.

    Args:
        builder: Takes the event.
        address: The resource of the rule.
        field: The property with its pattern.
        pattern: The pattern.
        fields: The other fields of the event.
    """
    try:
        builder.event(address, event_of(pattern, fields))
    except SpecError as error:
        builder.leave(address, field, f"{error}: it stays in EventBridge as it is")


def event_of(pattern: Mapping[str, Any], fields: Mapping[str, Any]) -> Event:
    """Return the event whose rule has this pattern.

    Args:
        pattern: The pattern.
        fields: The other fields of the event, such as ``name`` and ``targets``.

    Raises:
        SpecError: There is none, or ecrops would not write it.
    """
    from ecrops.events.event import Event
    from ecrops.events.patterns.limits import canonical

    wanted = canonical(dict(pattern))
    for guess in _guesses(pattern):
        try:
            event = Event(**guess, name=fields.get("name"))
            made = canonical(json.loads(str(event.pattern())))
        except SpecError:
            continue
        if made == wanted:
            return Event(**{**guess, **fields})
    raise SpecError("no event of ecrops has this pattern")


def _guesses(pattern: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the fields of events that may have a pattern: the kinds first, then any event with a further pattern."""
    from ecrops.events.patterns.kinds import KINDS

    detail = pattern.get("detail")
    detail = detail if isinstance(detail, Mapping) else {}
    selection = _selection(detail)
    options = _options(detail)
    for kind, known in KINDS.items():
        kind_options = {name: value for name, value in options.items() if name in known.options}
        types: Sequence[dict[str, str]] = ({"scan_type": "BASIC"}, {"scan_type": "ENHANCED"})
        for scan_type in types if "scan_type" in known.options else ({},):
            yield {"kind": kind, "repositories": selection, "options": {**kind_options, **scan_type}}
    rest = {name: value for name, value in pattern.items() if name != "source"}
    members = {name: value for name, value in detail.items() if name != "repository-name"}
    shorter = {**rest, "detail": members} if members else {name: rest[name] for name in rest if name != "detail"}
    yield {"kind": "event", "repositories": selection, "event_pattern": shorter or None}
    yield {"kind": "event", "event_pattern": rest or None}


def _selection(detail: Mapping[str, Any]) -> Any:
    """Return the repositories that the detail of a pattern names, as far as a selection can."""
    from ecrops.repositories.prefixes import Prefix

    parameters, resources = detail.get("requestParameters"), detail.get("resources")
    names = detail.get("repository-name")
    if names is None and isinstance(parameters, Mapping):
        names = parameters.get("repositoryName")
    if names is None and isinstance(resources, Mapping):
        details = resources.get("details")
        image = details.get("awsEcrContainerImage") if isinstance(details, Mapping) else None
        names = image.get("repositoryName") if isinstance(image, Mapping) else None
    if not isinstance(names, list) or not names:
        return None
    if len(names) == 1 and isinstance(names[0], Mapping) and isinstance(names[0].get("prefix"), str):
        return Prefix(names[0]["prefix"].partition(":repository/")[2] or names[0]["prefix"])
    texts = [name.partition(":repository/")[2] or name for name in names if isinstance(name, str)]
    return tuple(texts) if len(texts) == len(names) else None


def _options(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of kinds that the detail of a pattern may come from."""
    parameters = detail.get("requestParameters")
    tags = detail.get("image-tag", detail.get("image-tags"))
    image_tag = parameters.get("imageTag") if isinstance(parameters, Mapping) else None
    results, severities = detail.get("result"), detail.get("severity") or _counted(detail)
    options = {
        "image_tags": tags,
        "image_tag": image_tag[0] if isinstance(image_tag, list) and len(image_tag) == 1 else None,
        "result": results[0] if isinstance(results, list) and len(results) == 1 else None,
        "severities": severities,
    }
    return {name: value for name, value in options.items() if value}


def _counted(detail: Mapping[str, Any]) -> list[str]:
    """Return the severities whose findings a pattern counts."""
    alternatives = detail.get("$or", [detail])
    severities: list[str] = []
    for part in alternatives if isinstance(alternatives, list) else ():
        counts = part.get("finding-severity-counts") if isinstance(part, Mapping) else None
        severities += counts if isinstance(counts, Mapping) else ()
    return severities
