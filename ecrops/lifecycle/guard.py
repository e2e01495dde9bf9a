"""What a lifecycle policy may take away at most, checked before it is written. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, NamedTuple, Self, cast

from ecrops.base.problems import Problems, compact, suggesting
from ecrops.base.wildcards import fits
from ecrops.errors import SpecError
from ecrops.lifecycle.simulation.compiled import segments_of
from ecrops.lifecycle.simulation.verdicts import Evaluation, Verdict

if TYPE_CHECKING:
    from types import UnionType


MOST_NAMED = 5


@suggesting()
@dataclass(frozen=True, slots=True)
class Guard:
    """Limits of what a lifecycle policy may do to the images that are there. A policy beyond them is a conflict.

    A guard without limits stops nothing: the plan then only says what would go. The images are read when a guarded
    policy is about to change, and only then.

    Args:
        max_expired: How many images may be deleted.
        max_fraction: Which part of all images of the repository may be deleted, from 0 to 1.
        never: Patterns of tags; an image with such a tag may be neither deleted nor archived, which makes it
            impossible to pull.

    Raises:
        SpecError: A limit is no number, or out of range.

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
        most, part = self.max_expired, self.max_fraction
        right = most is None or (isinstance(most, int) and not isinstance(most, bool) and most >= 0)
        problems.check(right, "max_expired", f"expected a number of images, 0 or more, got {most!r}")
        right = part is None or (isinstance(part, int | float) and not isinstance(part, bool) and 0 <= part <= 1)
        problems.check(right, "max_fraction", f"expected a part of all images, from 0 to 1, got {part!r}")
        object.__setattr__(self, "never", problems.strings("never", self.never) or ())
        problems.check("" not in self.never, "never", "expected patterns of tags, got '', which no tag fits")
        problems.raise_any()

    def refusals(self, found: Evaluation) -> Iterator[str]:
        """Each limit that a policy breaks, in words."""
        gone, total = len(found.expired), len(found.verdicts)
        if self.max_expired is not None and gone > self.max_expired:
            yield f"at most {self.max_expired} images may expire"
        if self.max_fraction is not None and gone and gone / total > self.max_fraction:
            most, part = 100 * self.max_fraction, 100 * gone / total
            yield f"at most {most:.3g}% of the images may expire, {part:.3g}% would"
        if lost := len(self.protected(found)):
            verb = "goes" if lost == 1 else "go"
            yield f"images with tags like {', '.join(self.never)} must stay, {lost} of them {verb}"

    def protected(self, found: Evaluation) -> list[Verdict]:
        """The images that go although they never may."""
        patterns = [segments_of(pattern) for pattern in self.never]
        going = (*found.expired, *found.archived)
        return [each for each in going if any(fits(tag, pieces) for tag in each.image.tags for pieces in patterns)]

    def of(self, name: str) -> Guard:
        """The guard of a repository, when this one is set for a registry: itself, whatever its name."""
        return self

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Read what ``to_dict`` wrote.

        Raises:
            SpecError: With the path of each field that is unknown or wrong.
        """
        problems = Problems()
        values = problems.known(data, [field.name for field in fields(cls)], "a guard")
        made = problems.take("", lambda: cls(**values))
        problems.raise_any()
        return cast("Self", made)

    def to_dict(self) -> dict[str, Any]:
        """The limits that are set, ready for JSON."""
        said = {"max_expired": self.max_expired, "max_fraction": self.max_fraction, "never": list(self.never) or None}
        return {name: limit for name, limit in said.items() if limit is not None}


@dataclass(frozen=True, slots=True)
class RegistryGuard:
    """A guard for each repository of a registry, by name.

    Args:
        guards: Patterns of repository names, each with the guard of those that fit it, or with ``None`` to leave them
            unguarded. The first that fits counts; a repository that none fits is not guarded.

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
        """The guard of a repository."""
        return next((guard for pattern, guard in self.guards.items() if fits(name, segments_of(pattern))), None)


class Impact(NamedTuple):
    """What a policy that is about to be written would do, as far as a plan has to tell.

    Args:
        summary: In words, such as ``expires 312 of 340 images, 41.2 GB``.
        refusals: Why a guard refuses it.
        worst: The images whose loss hurts most.
    """

    summary: str
    refusals: tuple[str, ...] = ()
    worst: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.refusals:
            return self.summary
        such = f"; such as {', '.join(self.worst)}" if self.worst else ""
        return f"{self.summary}; the guard refuses it: {'; '.join(self.refusals)}{such}"


def look(found: Evaluation, guards: Iterable[Guard]) -> Impact:
    """What the guards say to what a policy would do."""
    refusals = tuple(dict.fromkeys(reason for guard in guards for reason in guard.refusals(found)))
    if not refusals:
        return Impact(found.summary)
    protected = [verdict for guard in guards for verdict in guard.protected(found)]
    others = sorted(found.expired, key=lambda verdict: verdict.image.used_at, reverse=True)
    worst = {verdict.image.digest: verdict for verdict in (*protected, *others)}
    return Impact(found.summary, refusals, tuple(_named(worst[digest]) for digest in list(worst)[:MOST_NAMED]))


def _named(verdict: Verdict) -> str:
    image, by = verdict.image, f" by rule {verdict.rule_priority}" if verdict.rule_priority else ""
    used = f"pulled {image.last_pulled_at:%Y-%m-%d}" if image.last_pulled_at else f"pushed {image.pushed_at:%Y-%m-%d}"
    return f"{image.name} ({used}{by})"


def check(guard: object, kind: type | UnionType, expected: str) -> None:
    """Refuse what is no guard.

    Raises:
        SpecError: It is not of the kind expected.
    """
    if not isinstance(guard, kind):
        raise SpecError(f"{expected}, got {guard!r}")
