"""What a policy removes though it runs, or though somebody protects it. Pure.

Called by ``simulate``, and by ``result`` for the words. A simulation only says it; ``Guard(never=…)`` refuses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from ecrops.images.image import Image
from ecrops.images.usage.uses import InUse
from ecrops.images.usage.values import Protected, checked, resolve
from ecrops.lifecycle.simulation.verdicts import Verdict

MAX_NAMES = 5
NONE: Mapping[str, str] = MappingProxyType({})


class Staying(NamedTuple):
    """Which images of a repository must stay, by digest, with the reasons.

    Args:
        running: Those that something uses, and what belongs to them.
        protected: Others that somebody protects, and what belongs to them.
    """

    running: Mapping[str, str] = NONE
    protected: Mapping[str, str] = NONE


def staying(never: Protected, images: Iterable[Image], repository: str | None, host: str | None) -> Staying:
    """Return which images must stay.

    Args:
        never: What must stay.
        images: All images of the repository.
        repository: The name of the repository, if it is known.
        host: The host of its registry, if it is known.
    """
    entries, known = checked(never), list(images)
    used = [entry for entry in entries if isinstance(entry, InUse)]
    named = [entry for entry in entries if not isinstance(entry, InUse)]
    running = resolve(used, known, repository=repository, host=host)
    protected = resolve(named, known, repository=repository, host=host)
    return Staying(running, {digest: reason for digest, reason in protected.items() if digest not in running})


def among(verdicts: Sequence[Verdict], reasons: Mapping[str, str]) -> tuple[Verdict, ...]:
    """Return the verdicts on images that must stay."""
    return tuple(verdict for verdict in verdicts if verdict.image.digest in reasons) if reasons else ()


def lines(expired: Sequence[Verdict], archived: Sequence[Verdict], stays: Staying) -> Iterator[str]:
    """Yield a line for each way in which a policy removes images that must stay."""
    for verb, verdicts in (("expires", expired), ("archives", archived)):
        for reasons, one, several in (
            (stays.running, "is running", "are running"),
            (stays.protected, "is protected", "are protected"),
        ):
            if found := among(verdicts, reasons):
                what = "1 image" if len(verdicts) == 1 else f"{len(verdicts):,} images"
                state = one if len(found) == 1 else several
                yield f"{len(found):,} of the {what} that this policy {verb} {state}: {_names(found, reasons)}"


def _names(verdicts: Sequence[Verdict], reasons: Mapping[str, str]) -> str:
    shown = [f"{verdict.image.name} ({reasons[verdict.image.digest]})" for verdict in verdicts[:MAX_NAMES]]
    more = [f"and {len(verdicts) - MAX_NAMES:,} more"] if len(verdicts) > MAX_NAMES else []
    return ", ".join([*shown, *more])
