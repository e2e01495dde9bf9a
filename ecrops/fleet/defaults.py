"""The fields that a fleet file gives to every repository. Pure.

What a repository says itself replaces the default, and ``null`` is a field that is not managed. Tags alone are merged,
key by key: a tag that is ``null`` is none, and ``tags: {}`` is no tag at all.

The defaults of a document are for its own repositories. Those of a document without ``repositories`` are for all that
is read with it; a document's own come before them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ecrops.errors import SpecError
from ecrops.fleet.document import Findings, Origin, steps_of
from ecrops.repositories.combinations import FILTERS
from ecrops.repositories.verbatim import GROUPS
from ecrops.spec import UNNAMED, RepositorySpec

OWN = ("name", "verbatim", "unread")
"""Fields that a repository says itself, or nobody."""
_EXCLUDED = {
    "image_tag_mutability": (("MUTABLE", "IMMUTABLE"), FILTERS),
    "encryption": (("AES256",), "encryption_key"),
}
"""Values beside which another field has none, so that its default is not for them."""
_TOGETHER = {"image_tag_mutability": FILTERS, "encryption": "encryption_key"}
_TOGETHER |= {other: name for name, other in _TOGETHER.items()}
"""Fields that are judged together, so that a reason about one may be about the default of the other."""
_NULL_TAG = "; null takes away the tag of a default, and no default here has this tag"


@dataclass(frozen=True, slots=True)
class Defaults:
    """The fields that repositories have without saying so.

    Args:
        values: The fields.
        origins: Where each was written.
        reasons: What is wrong with them, also without a repository.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)
    reasons: Collection[str] = ()

    def with_own(self, findings: Findings, values: Mapping[str, Any], origin: Origin) -> Defaults:
        """Return these defaults with those of one document before them.

        Args:
            findings: Takes what is wrong with a field by itself. What is wrong with several together is said of the
                repositories that have them.
            values: The fields.
            origin: Where they are written.
        """
        if not values:
            return self
        both, origins = merged(self.values, values), {**self.origins, **{name: origin.at(name) for name in values}}
        for name, value in values.items():
            for reason in _reasons({**_companion(name, value), name: value}):
                findings.add(origin, reason)
        return Defaults(both, origins, _reasons(both))

    def say(self, findings: Findings, reason: str, fields: Collection[str]) -> bool:
        """Add a reason where the default was written that it is about.

        Args:
            findings: Takes the reason.
            reason: Why a repository with these defaults is wrong.
            fields: The fields that the repository says itself.

        Returns:
            Whether it is about a default.
        """
        name = str((*steps_of(reason), "")[0])
        if reason not in self.reasons or name in fields or name not in self.origins:
            return False
        findings.add(self.origins[name], reason, moved=(name,))
        return True

    def explained(self, reason: str, fields: object) -> str:
        """Return a reason with what it says of defaults: they do not stand where the repository stands.

        Args:
            reason: Why a repository with these defaults is wrong.
            fields: The fields that the repository says itself.
        """
        steps = steps_of(reason)
        if steps == ("tags",) and reason.endswith("got None"):
            return reason + _NULL_TAG
        if not steps or not isinstance(fields, Mapping) or reason in _reasons_of(fields):
            return reason
        path = str(steps[0])
        names = [name for name in (path, _TOGETHER.get(path, "")) if name in self.origins]
        added = [f"; {name} comes from the defaults{self._at(name)}" for name in names if name not in fields]
        if path in names and path not in fields:
            added.append(f": null in the repository leaves {path} out")
        if path == "tags" and path in names and path in fields:
            added.append(f"; the tags of the defaults{self._at('tags')} count too")
        return reason + "".join(added)

    def _at(self, name: str) -> str:
        """Return where a default stands, after a comma; empty if there is no file."""
        place = self.origins[name].place
        return f", {place}" if place else ""


def shared(findings: Findings, parts: Iterable[tuple[Mapping[str, Any], Origin]]) -> Defaults:
    """Return the defaults of several documents that are for all. No two of them say the same field."""
    defaults = Defaults()
    for values, origin in parts:
        for name in values.keys() & defaults.values.keys():
            findings.add(origin.at(name), f"is in {defaults.origins[name].place} too: say it in one of them")
        defaults = defaults.with_own(findings, values, origin)
    return defaults


def _reasons(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return why a repository cannot have some fields."""
    return _reasons_of({"name": UNNAMED, **values})


def _reasons_of(fields: Mapping[str, Any]) -> tuple[str, ...]:
    try:
        RepositorySpec.from_dict(fields)
    except SpecError as error:
        return error.reasons
    return ()


def _companion(name: str, value: Any) -> dict[str, Any]:
    """Return the field without which another one is never right."""
    if name == FILTERS:
        return {"image_tag_mutability": "MUTABLE_WITH_EXCLUSION"}
    is_exclusion = name == "image_tag_mutability" and str(value).endswith("_WITH_EXCLUSION")
    return {FILTERS: ["x"]} if is_exclusion else {}


def merged(defaults: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a repository: its own, and the defaults of the others."""
    values = {**defaults, **fields}
    if "tags" in defaults and "tags" in fields:
        values["tags"] = _tags(defaults["tags"], fields["tags"])
    for name in _left_to_aws(fields):
        if name not in fields:
            values.pop(name, None)
    for name, (modes, other) in _EXCLUDED.items():
        if other not in fields and fields.get(name) in modes:
            values.pop(other, None)
    return values


def _tags(defaults: Any, fields: Any) -> Any:
    if not isinstance(defaults, Mapping) or not isinstance(fields, Mapping) or not fields:
        return fields
    return {key: value for key, value in {**defaults, **fields}.items() if value is not None or key not in defaults}


def _left_to_aws(fields: Mapping[str, Any]) -> list[str]:
    """Return the fields of a repository that are as AWS has them, or unread: no default is for them."""
    verbatim, unread = (
        part if isinstance(part, Mapping) else {} for part in (fields.get("verbatim"), fields.get("unread"))
    )
    groups = [group for group in GROUPS if any(field in verbatim for field in group)]
    return [*(field for group in groups for field in group), *map(str, unread)]
