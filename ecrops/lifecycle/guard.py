"""Guards: limits of what a lifecycle policy may remove, checked before the policy is written. Pure.

Made by users, for a registry, a spec or a verb. The aspect simulates the desired policy, and ``impact_of`` compares the
result with the guards: what a guard refuses becomes a conflict of the plan. This module reads no images.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Self, cast

from ecrops.base.problems import Problems, compact, from_fields, is_number, is_whole, suggesting
from ecrops.base.render import page
from ecrops.base.shown import Shown
from ecrops.base.wildcards import fits
from ecrops.errors import SpecError
from ecrops.images.graph import Graph
from ecrops.images.image import Image
from ecrops.images.names import is_digest
from ecrops.images.tag_patterns import segments_of
from ecrops.images.usage.uses import InUse
from ecrops.images.usage.values import (
    Entry,
    Match,
    Protected,
    Protection,
    checked,
    is_reference,
    names_registries,
    within,
)
from ecrops.lifecycle.simulation.verdicts import Evaluation, Verdict

if TYPE_CHECKING:
    from types import UnionType


MAX_EXAMPLES = 5


class Breach(NamedTuple):
    """A limit that a policy exceeds.

    Args:
        reason: The limit, in words.
        verdicts: The verdicts that exceed it.
    """

    reason: str
    verdicts: Sequence[Verdict]


@suggesting()
@dataclass(frozen=True, slots=True)
class Guard(Shown):
    """Limits of what a lifecycle policy may do to the current images. A policy that exceeds them is a conflict.

    A guard without limits refuses nothing: the plan then only says what the policy would remove. The images are read
    when a guarded policy is about to change, and only then.

    Args:
        max_expired: How many images may be deleted.
        max_fraction: Which part of all images of the repository may be deleted, from 0 to 1.
        never: Patterns of tags, whole digests, images such as ``HOST/NAME:TAG``, or what ``ecrops.images.in_use``
            found: one or several. Such an image may be neither deleted nor archived, which makes it impossible to pull.
        max_archived: How many images may be archived: an archived image cannot be pulled.

    Raises:
        SpecError: A limit is not a number, or out of range; or no image can be what is protected.

    Example:
        >>> Guard(max_expired=50, max_fraction=0.2, never=("prod*", "release-*"))
        Guard(max_expired=50, max_fraction=0.2, never=('prod*', 'release-*'))
    """

    max_expired: int | None = None
    max_fraction: float | None = None
    never: Protected = ()
    max_archived: int | None = None

    def __repr__(self) -> str:
        return compact(self)

    def __post_init__(self) -> None:
        problems = Problems()
        for name in ("max_expired", "max_archived"):
            limit = getattr(self, name)
            right = limit is None or (is_whole(limit) and limit >= 0)
            problems.check(right, name, f"expected a number of images, 0 or more, got {limit!r}")
        fraction = self.max_fraction
        right = fraction is None or (is_number(fraction) and 0 <= fraction <= 1)
        problems.check(right, "max_fraction", f"expected a part of all images, from 0 to 1, got {fraction!r}")
        object.__setattr__(self, "never", problems.take("never", lambda: checked(self.never)) or ())
        problems.raise_any()

    def refusals(self, evaluation: Evaluation) -> Iterator[str]:
        """Yield each limit that a policy exceeds, in words."""
        yield from (breach.reason for breach in self.breaches(evaluation))

    def breaches(self, evaluation: Evaluation) -> Iterator[Breach]:
        """Yield each limit that a policy exceeds, with the verdicts that exceed it."""
        expired, archived, total = evaluation.expired, evaluation.archived, len(evaluation.verdicts)
        if self.max_expired is not None and len(expired) > self.max_expired:
            yield Breach(f"at most {self.max_expired} images may expire", expired)
        if self.max_fraction is not None and expired and len(expired) / total > self.max_fraction:
            limit, percentage = 100 * self.max_fraction, 100 * len(expired) / total
            yield Breach(f"at most {limit:.3g}% of the images may expire, {percentage:.3g}% would", expired)
        if self.max_archived is not None and len(archived) > self.max_archived:
            yield Breach(f"at most {self.max_archived} images may be archived", archived)
        if protected := self.protected(evaluation):
            verb = "goes" if len(protected) == 1 else "go"
            yield Breach(f"images {self._protection} must stay, {len(protected)} of them {verb}", protected)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What ``never`` protects, one entry after another."""
        return cast("tuple[Entry, ...]", self.never)

    @property
    def _protection(self) -> str:
        """What ``never`` says, as the end of "images"."""
        texts = [entry for entry in self.entries if isinstance(entry, str)]
        tags = [text for text in texts if not is_reference(text)]
        digests = [text[:19] for text in texts if is_digest(text)]
        images = [text for text in texts if is_reference(text) and not is_digest(text)]
        parts = [("with tags like", tags), ("with the digest", digests), ("such as", images)]
        words = [f"{head} {', '.join(names)}" for head, names in parts if names]
        return " or ".join([*words, "in use"] if len(texts) < len(self.entries) else words)

    def protected(self, evaluation: Evaluation) -> list[Verdict]:
        """Return the verdicts on images that a policy removes, and that ``never`` protects."""
        names = self.names(verdict.image for verdict in evaluation.verdicts) if self.never else {}
        removed = (*evaluation.expired, *evaluation.archived) if names else ()
        return [verdict for verdict in removed if verdict.image.digest in names]

    def names(self, images: Iterable[Image]) -> dict[str, tuple[str, str]]:
        """Return which images ``never`` protects, by digest: the tag that protects it, and what uses it, in words.

        An image that is protected has its index, its parts and its artifacts protected too, as far as they are known.

        Args:
            images: All images of the repository.
        """
        known = list(images)
        matches = Protection(self.never).matches(known)
        if not matches:
            return {}
        reasons = Graph(known).protected({digest: match.reason for digest, match in matches.items()})
        return {digest: _named(matches.get(digest), reason) for digest, reason in reasons.items()}

    def of(self, name: str) -> Guard:
        """Return the guard of a repository when this guard is set for a registry: images of others are left out."""
        return self.within(name)

    def within(self, repository: str, host: str | None = None) -> Guard:
        """Return the guard of one repository: of ``never``, what may be an image of it.

        Args:
            repository: The name of the repository.
            host: The host of its registry, if it is known.
        """
        return replace(self, never=within(self.entries, repository, host))

    @property
    def names_registries(self) -> bool:
        """Whether it makes a difference which registry a repository is in."""
        return names_registries(self.entries)

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Read what ``to_dict`` wrote.

        Raises:
            SpecError: With the path of each field that is unknown or wrong.
        """
        if isinstance(data, Mapping) and isinstance(never := data.get("never"), list | tuple):
            problems = Problems()
            entries = problems.each("never", never, lambda each: InUse.from_dict(each) if _is_plain(each) else each)
            problems.raise_any()
            data = {**data, "never": entries}
        return from_fields(cls, data, "a guard")

    def to_dict(self) -> dict[str, Any]:
        """Return the limits that are set, ready for JSON."""
        never = [entry.to_dict() if isinstance(entry, InUse) else entry for entry in self.entries]
        limits = {field.name: getattr(self, field.name) for field in fields(self)} | {"never": never or None}
        return {name: limit for name, limit in limits.items() if limit is not None}


@dataclass(frozen=True, slots=True)
class RegistryGuard(Shown):
    """A guard for each repository of a registry, by name.

    Args:
        guards: Patterns of repository names, each with a guard, or with ``None`` for no guard. The first pattern that
            fits a name counts. A repository whose name fits no pattern has no guard.

    Raises:
        SpecError: It is not such a mapping.

    Example:
        >>> guards = RegistryGuard({"scratch/*": None, "prod/*": Guard(max_expired=0), "*": Guard(max_fraction=0.5)})
        >>> guards.of("prod/api")
        Guard(max_expired=0, never=())
    """

    guards: Mapping[str, Guard | None]

    def __post_init__(self) -> None:
        if not isinstance(self.guards, Mapping):
            raise SpecError(f"expected a mapping of repository names to guards, got {self.guards!r}")
        for pattern, guard in self.guards.items():
            if not isinstance(pattern, str) or not isinstance(guard, Guard | None):
                raise SpecError(f"expected a pattern and a Guard or None, got {pattern!r}: {guard!r}")

    def of(self, name: str) -> Guard | None:
        """Return the guard of a repository."""
        guard = next((guard for pattern, guard in self.guards.items() if fits(name, segments_of(pattern))), None)
        return guard.of(name) if guard else None


class Impact(NamedTuple):
    """What a policy that is about to be written would do to images, and what the guards say.

    Args:
        summary: In words, such as ``expires 312 of 340 images, 41.2 GB``.
        refusals: Why a guard refuses it.
        examples: Removed images that people most probably want to keep.
    """

    summary: str
    refusals: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.refusals:
            return self.summary
        examples = f"; such as {', '.join(self.examples)}" if self.examples else ""
        return page([f"{self.summary}; the guard refuses it: {'; '.join(self.refusals)}{examples}"])


def impact_of(evaluation: Evaluation, guards: Sequence[Guard]) -> Impact:
    """Return what a policy would do, and what the guards say.

    The examples are images that exceed a limit: first those that a guard protects by a tag, then the last used ones.
    """
    breaches = [breach for guard in guards for breach in guard.breaches(evaluation)]
    if not breaches:
        return Impact(evaluation.summary)
    verdicts = {verdict.image.digest: verdict for breach in breaches for verdict in breach.verdicts}
    names: dict[str, tuple[str, str]] = {}
    for guard in guards:
        names = (guard.names(verdict.image for verdict in evaluation.verdicts) if guard.never else {}) | names
    by_last_use = sorted(verdicts.values(), key=lambda verdict: verdict.image.used_at, reverse=True)
    by_last_use.sort(key=lambda verdict: verdict.image.digest not in names)
    examples = (_words(verdict, *names.get(verdict.image.digest, ("", ""))) for verdict in by_last_use[:MAX_EXAMPLES])
    return Impact(evaluation.summary, tuple(dict.fromkeys(breach.reason for breach in breaches)), tuple(examples))


def _named(match: Match | None, reason: str) -> tuple[str, str]:
    """Return the tag that protects an image, and its reason if the guard does not say it."""
    if match is None:
        return "", reason
    return match.tag, match.reason if match.is_used else ""


def _words(verdict: Verdict, tag: str, reason: str) -> str:
    image, rule = verdict.image, f" by rule {verdict.rule_priority}" if verdict.rule_priority else ""
    used = f"pulled {image.last_pulled_at:%Y-%m-%d}" if image.last_pulled_at else f"pushed {image.pushed_at:%Y-%m-%d}"
    return f"{tag or image.name} ({f'{reason}, ' if reason else ''}{used}{rule})"


def _is_plain(entry: object) -> bool:
    """Whether an entry is what ``InUse.to_dict`` returned."""
    return isinstance(entry, Mapping)


def check(guard: object, kind: type | UnionType, expected: str) -> None:
    """Refuse what is not a guard.

    Args:
        guard: The value.
        kind: The class that it should have.
        expected: The first words of the error.

    Raises:
        SpecError: It has another class.
    """
    if not isinstance(guard, kind):
        raise SpecError(f"{expected}, got {guard!r}")
