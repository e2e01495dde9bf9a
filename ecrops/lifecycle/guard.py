"""Guards: limits of what a lifecycle policy may remove, checked before the policy is written. Pure.

Made by users, for a registry, a spec or a verb. The aspect simulates the desired policy, and ``impact_of`` compares the
result with the guards: what a guard refuses becomes a conflict of the plan. This module reads no images.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, NamedTuple, Self, cast

from ecrops.base.problems import Problems, compact, is_number, is_whole, suggesting
from ecrops.base.render import page
from ecrops.base.wildcards import fits
from ecrops.errors import SpecError
from ecrops.lifecycle.simulation.compiled import segments_of
from ecrops.lifecycle.simulation.verdicts import Evaluation, Verdict

if TYPE_CHECKING:
    from types import UnionType


MAX_EXAMPLES = 5


@suggesting()
@dataclass(frozen=True, slots=True)
class Guard:
    """Limits of what a lifecycle policy may do to the current images. A policy that exceeds them is a conflict.

    A guard without limits refuses nothing: the plan then only says what the policy would remove. The images are read
    when a guarded policy is about to change, and only then.

    Args:
        max_expired: How many images may be deleted.
        max_fraction: Which part of all images of the repository may be deleted, from 0 to 1.
        never: Patterns of tags; an image with such a tag may be neither deleted nor archived, which makes it
            impossible to pull.

    Raises:
        SpecError: A limit is not a number, or out of range.

    Example:
        >>> Guard(max_expired=50, max_fraction=0.2, never=("prod*", "release-*"))
        Guard(max_expired=50, max_fraction=0.2, never=('prod*', 'release-*'))
    """

    max_expired: int | None = None
    max_fraction: float | None = None
    never: Sequence[str] = ()

    def __repr__(self) -> str:
        return compact(self)

    def __post_init__(self) -> None:
        problems = Problems()
        limit, fraction = self.max_expired, self.max_fraction
        right = limit is None or (is_whole(limit) and limit >= 0)
        problems.check(right, "max_expired", f"expected a number of images, 0 or more, got {limit!r}")
        right = fraction is None or (is_number(fraction) and 0 <= fraction <= 1)
        problems.check(right, "max_fraction", f"expected a part of all images, from 0 to 1, got {fraction!r}")
        object.__setattr__(self, "never", problems.strings("never", self.never) or ())
        problems.check("" not in self.never, "never", "expected patterns of tags, got '', which no tag fits")
        problems.raise_any()

    def refusals(self, evaluation: Evaluation) -> Iterator[str]:
        """Yield each limit that a policy exceeds, in words."""
        expired, total = len(evaluation.expired), len(evaluation.verdicts)
        if self.max_expired is not None and expired > self.max_expired:
            yield f"at most {self.max_expired} images may expire"
        if self.max_fraction is not None and expired and expired / total > self.max_fraction:
            limit, percentage = 100 * self.max_fraction, 100 * expired / total
            yield f"at most {limit:.3g}% of the images may expire, {percentage:.3g}% would"
        if protected := len(self.protected(evaluation)):
            verb = "goes" if protected == 1 else "go"
            yield f"images with tags like {', '.join(self.never)} must stay, {protected} of them {verb}"

    def protected(self, evaluation: Evaluation) -> list[Verdict]:
        """Return the verdicts on images that a policy removes, and that ``never`` protects."""
        patterns = [segments_of(pattern) for pattern in self.never]
        return [
            verdict
            for verdict in (*evaluation.expired, *evaluation.archived)
            if any(fits(tag, pattern) for tag in verdict.image.tags for pattern in patterns)
        ]

    def of(self, name: str) -> Guard:
        """Return the guard of a repository when this guard is set for a registry: itself, for every name."""
        return self

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Read what ``to_dict`` wrote.

        Raises:
            SpecError: With the path of each field that is unknown or wrong.
        """
        problems = Problems()
        values = problems.known(data, [field.name for field in fields(cls)], "a guard")
        guard = problems.take("", lambda: cls(**values))
        problems.raise_any()
        return cast("Self", guard)

    def to_dict(self) -> dict[str, Any]:
        """Return the limits that are set, ready for JSON."""
        limits = {"max_expired": self.max_expired, "max_fraction": self.max_fraction, "never": list(self.never) or None}
        return {name: limit for name, limit in limits.items() if limit is not None}


@dataclass(frozen=True, slots=True)
class RegistryGuard:
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
        return next((guard for pattern, guard in self.guards.items() if fits(name, segments_of(pattern))), None)


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
    """Return what a policy would do, and what the guards say. Protected images are the first examples."""
    refusals = tuple(dict.fromkeys(reason for guard in guards for reason in guard.refusals(evaluation)))
    if not refusals:
        return Impact(evaluation.summary)
    protected = [verdict for guard in guards for verdict in guard.protected(evaluation)]
    by_last_use = sorted(evaluation.expired, key=lambda verdict: verdict.image.used_at, reverse=True)
    verdicts = {verdict.image.digest: verdict for verdict in (*protected, *by_last_use)}
    return Impact(evaluation.summary, refusals, tuple(map(_words, list(verdicts.values())[:MAX_EXAMPLES])))


def _words(verdict: Verdict) -> str:
    image, rule = verdict.image, f" by rule {verdict.rule_priority}" if verdict.rule_priority else ""
    used = f"pulled {image.last_pulled_at:%Y-%m-%d}" if image.last_pulled_at else f"pushed {image.pushed_at:%Y-%m-%d}"
    return f"{image.name} ({used}{rule})"


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
