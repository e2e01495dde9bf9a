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

    def with_own(self, values: Mapping[str, Any], origin: Origin) -> Defaults:
        """Return these defaults with those of one document before them."""
        if not values:
            return self
        both, origins = merged(self.values, values), {**self.origins, **{name: origin.at(name) for name in values}}
        try:
            RepositorySpec.from_dict({"name": UNNAMED, **both})
        except SpecError as error:
            return Defaults(both, origins, error.reasons)
        return Defaults(both, origins)

    def say(self, findings: Findings, reason: str, own: Collection[str] = ()) -> bool:
        """Add a reason where the default was written that it is about.

        Args:
            findings: Takes the reason.
            reason: Why a repository with these defaults is wrong.
            own: The fields of its own.

        Returns:
            Whether it is about a default.
        """
        name = str((*steps_of(reason), "")[0])
        if reason not in self.reasons or name in own or name not in self.origins:
            return False
        findings.add(self.origins[name], reason, moved=(name,))
        return True

    def say_all(self, findings: Findings) -> None:
        """Add every reason, where no repository has the defaults."""
        for reason in self.reasons:
            self.say(findings, reason)


def shared(findings: Findings, parts: Iterable[tuple[Mapping[str, Any], Origin]]) -> Defaults:
    """Return the defaults of several documents that are for all. No two of them say the same field."""
    values: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    for part, origin in parts:
        for name, value in part.items():
            if name in values:
                findings.add(origin.at(name), f"is in {origins[name].place} too: say it in one of them")
            values[name], origins[name] = value, origin.at(name)
    checked = Defaults().with_own(values, Origin(next(iter(origins.values())).document)) if values else Defaults()
    return Defaults(checked.values, origins, checked.reasons)


def merged(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a repository: its own, and the defaults of the others."""
    values = {**defaults, **own}
    if "tags" in defaults and "tags" in own:
        values["tags"] = _tags(defaults["tags"], own["tags"])
    for name in _left_to_aws(own):
        if name not in own:
            values.pop(name, None)
    for name, (modes, other) in _EXCLUDED.items():
        if other not in own and own.get(name) in modes:
            values.pop(other, None)
    return values


def _tags(defaults: Any, own: Any) -> Any:
    if not isinstance(defaults, Mapping) or not isinstance(own, Mapping) or not own:
        return own
    return {key: value for key, value in {**defaults, **own}.items() if value is not None or key not in defaults}


def _left_to_aws(own: Mapping[str, Any]) -> list[str]:
    """Return the fields of a repository that are as AWS has them, or unread: no default is for them."""
    verbatim, unread = (part if isinstance(part, Mapping) else {} for part in (own.get("verbatim"), own.get("unread")))
    groups = [group for group in GROUPS if any(field in verbatim for field in group)]
    return [*(field for group in groups for field in group), *map(str, unread)]
