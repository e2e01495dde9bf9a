"""Images that are in use, as a value: each with what uses it. Pure.

Made by the readers of services (``ecs``, ``functions``, ``kubernetes``) and by users. What must stay because of them is
decided in ``values``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, NamedTuple, Self

from ecrops.base.problems import Problems
from ecrops.base.render import count, page
from ecrops.base.shown import Shown
from ecrops.errors import SpecError
from ecrops.images.usage.references import FORMS, Reference, parse

MAX_ROWS = 200
"""The images that ``print`` shows."""
MAX_REASONS = 3
UNSEEN = "other accounts and regions may use these images too: only those that sessions were given for are seen"


class Use(NamedTuple):
    """An image that is in use.

    Args:
        image: ``HOST/NAME:TAG``, ``HOST/NAME@sha256:…``, or a digest.
        reasons: What uses it, such as ``ECS service web in cluster prod``.
    """

    image: str
    reasons: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Why the image must stay, such as ``runs in ECS service web in cluster prod``."""
        if not self.reasons:
            return "is in use"
        number = len(self.reasons) - 1
        return f"runs in {self.reasons[0]}" + (f" and {count(number, 'other')}" if number else "")


@dataclass(frozen=True, repr=False)
class InUse(Shown):
    """Images that are in use, each with what uses it. ``|`` joins two; an iteration yields the images.

    Args:
        images: The images: ``HOST/NAME:TAG``, ``HOST/NAME@sha256:…`` or digests; or a mapping of them
            to what uses each.
        read: What was read, such as ``ECS of account 111122223333 in eu-west-1``.

    Raises:
        SpecError: Something is no image.

    Example:
        >>> InUse(["111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/api:v1"])
        <InUse: 1 image>
    """

    images: Mapping[str, Sequence[str]] | Iterable[str] = ()
    read: Sequence[str] = ()
    _uses: tuple[Use, ...] = field(default=(), init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        problems = Problems()
        images: Any = self.images
        if isinstance(images, str | bytes) or not isinstance(images, Iterable):
            raise SpecError(f"images: expected a list of images, {FORMS}, or a mapping of them, got {images!r}")
        reasons = images if isinstance(images, Mapping) else dict.fromkeys(images, ())
        reasons_by_image: dict[str, tuple[str, ...]] = {}
        for image, words in reasons.items():
            if (reference := problems.take("images", partial(parse, image))) is not None:
                texts = problems.strings(f"images[{image!r}]", words) or ()
                reasons_by_image[str(reference)] = tuple(
                    dict.fromkeys((*reasons_by_image.get(str(reference), ()), *texts))
                )
        read = tuple(dict.fromkeys(problems.strings("read", self.read) or ()))
        problems.raise_any()
        object.__setattr__(self, "images", reasons_by_image)
        object.__setattr__(self, "read", read)
        object.__setattr__(self, "_uses", tuple(Use(image, words) for image, words in reasons_by_image.items()))

    def __hash__(self) -> int:
        return hash((frozenset(self._uses), self.read))

    def __iter__(self) -> Iterator[str]:
        return (use.image for use in self._uses)

    def __len__(self) -> int:
        return len(self._uses)

    def __contains__(self, image: object) -> bool:
        """Whether an image is among them: by its reference, or by its digest in whichever repository."""
        return image in self._digests or any(image == use.image for use in self._uses)

    def __or__(self, other: object) -> InUse:
        if not isinstance(other, InUse):
            return NotImplemented
        joined = {use.image: use.reasons for use in self._uses}
        for use in other._uses:
            joined[use.image] = (*joined.get(use.image, ()), *use.reasons)
        return InUse(joined, (*self.read, *other.read))

    @property
    def uses(self) -> tuple[Use, ...]:
        """The images with their reasons."""
        return self._uses

    def reasons(self, image: str) -> tuple[str, ...]:
        """Return what uses an image, by its reference or by its digest; nothing if it is not in use."""
        matching = (use.reasons for use in self._uses if image in (use.image, parse(use.image).digest))
        return tuple(dict.fromkeys(reason for reasons in matching for reason in reasons))

    @cached_property
    def _digests(self) -> frozenset[str]:
        return frozenset(filter(None, (parse(image).digest for image in self)))

    @cached_property
    def _by_name(self) -> Mapping[str, Sequence[tuple[Reference, Use]]]:
        """The images of each repository. Those whose repository is not known are under the empty name."""
        references: dict[str, list[tuple[Reference, Use]]] = {}
        for use in self._uses:
            reference = parse(use.image)
            references.setdefault(reference.name, []).append((reference, use))
        return references

    def of(self, repository: str | None, host: str | None = None) -> InUse:
        """Return those that may be of one repository.

        Args:
            repository: Its name, if it is known.
            host: The host of its registry, if it is known.
        """
        return InUse({use.image: use.reasons for _, use in self.references(repository, host)}, self.read)

    def references(self, repository: str | None, host: str | None) -> Iterator[tuple[Reference, Use]]:
        """Yield those that may be of one repository, in their parts: for the arguments see ``of``."""
        names = self._by_name if repository is None else ("", repository)
        candidates = (pair for name in names for pair in self._by_name.get(name, ()))
        return ((reference, use) for reference, use in candidates if reference.is_of(repository, host))

    def __repr__(self) -> str:
        return f"<InUse: {count(len(self), 'image')}>"

    def __str__(self) -> str:
        shown = self._uses[:MAX_ROWS]
        width = max((len(use.image) for use in shown), default=0)
        rows = [f"{use.image:{width}}  {_brief(use.reasons)}".rstrip() for use in shown]
        more = [f"and {len(self) - MAX_ROWS:,} more"] if len(self) > MAX_ROWS else []
        return page([f"{count(len(self), 'image')} in use", *rows, *more, *self._ends()])

    def _ends(self) -> list[str]:
        """Return the last lines: what was read, and what is not seen."""
        return [f"read: {', '.join(self.read)}", UNSEEN] if self.read else []

    def _repr_html_(self) -> str:
        from ecrops.base import html

        rows = [(use.image, _brief(use.reasons)) for use in self._uses[: html.MAX_ROWS]]
        table = html.table(("image", "used by"), rows, len(self), ".uses")
        return html.output(html.title(f"{count(len(self), 'image')} in use"), table, html.items(self._ends()))

    def to_dict(self) -> dict[str, Any]:
        """Return the images and what uses each, ready for JSON."""
        return {"images": {use.image: list(use.reasons) for use in self._uses}, "read": list(self.read)}

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Read what ``to_dict`` wrote.

        Raises:
            SpecError: With the path of each field that is unknown or wrong.
        """
        problems = Problems()
        known = problems.known(data, ("images", "read"), "images in use")
        problems.check("images" in known, "images", "expected the images that are in use, and there are none")
        problems.raise_any()
        return cls(**known)


def _brief(reasons: Sequence[str]) -> str:
    more = [f"{len(reasons) - MAX_REASONS:,} more"] if len(reasons) > MAX_REASONS else []
    return ", ".join([*reasons[:MAX_REASONS], *more])
