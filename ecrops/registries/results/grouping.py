"""The same in many registries, told once: lines with the registries that have them. Pure.

Account and region are left out of a line, so that what differs by them alone is the same. What is kept grows with the
number of different lines, not with lines times registries; of too many different ones only the number is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ecrops.base.render import several

MOST_KINDS = 10_000
"""The different lines that are kept. A text shows far fewer."""
MOST_LINES = 160
"""The lines of a text."""
MOST_NAMES = 5
_NAMES = ("{account}", "{region}")


class Grouping:
    """Lines, each with the numbers of the registries that have it."""

    def __init__(self) -> None:
        self._masks: dict[str, int] = {}
        self._places: dict[int, tuple[str, str]] = {}
        self.total = 0
        self.left_out = 0

    def add(self, number: int, line: str, account: str = "", region: str = "") -> None:
        """Add a line of a registry.

        Args:
            number: The number of the registry.
            line: The line.
            account: The account of the registry, which is left out of the line.
            region: Its region.
        """
        self._places[number] = account, region
        for value, name in zip((account, region), _NAMES, strict=True):
            line = line.replace(value, name) if value else line
        self.total += 1
        if line not in self._masks and len(self._masks) >= MOST_KINDS:
            self.left_out += 1
            return
        self._masks[line] = self._masks.get(line, 0) | 1 << number

    def groups(self) -> list[tuple[int, list[str]]]:
        """Return the registries that have the same lines, as a mask, with these lines: most registries first."""
        by_mask: dict[int, list[str]] = {}
        for line, mask in self._masks.items():
            by_mask.setdefault(mask, []).append(line)
        return sorted(by_mask.items(), key=lambda group: -group[0].bit_count())

    def _restored(self, line: str, mask: int) -> str:
        """Return a line with the account and the region, if they are the same in all registries that have it."""
        if not any(name in line for name in _NAMES):
            return line
        places = [place for number, place in self._places.items() if mask >> number & 1]
        for name, values in zip(_NAMES, map(set, zip(*places, strict=True)), strict=True):
            line = line.replace(name, next(iter(values))) if len(values) == 1 else line
        return line

    def lines(self, names: Sequence[str], most: int = MOST_LINES) -> Iterator[str]:
        """Yield the text: which registries, then their lines.

        Args:
            names: The names of the registries, by their numbers.
            most: How many lines are shown.
        """
        groups = self.groups()
        shown = left = 0
        for mask, lines in groups:
            room = most - shown - 1
            if room < 1:
                left += len(lines)
                continue
            yield f"{where(mask, names)}:"
            yield from (f"  {self._restored(line, mask)}" for line in lines[:room])
            shown += 1 + min(room, len(lines))
            left += max(0, len(lines) - room)
        if left or self.left_out:
            yield f"and {left + self.left_out:,} more: to_dict() has them all, by registry"


def where(mask: int, names: Sequence[str]) -> str:
    """Return which registries a mask has, in words, such as ``in 40 registries, not in dev/eu-west-1``."""
    inside = [name for number, name in enumerate(names) if mask >> number & 1]
    outside = [name for number, name in enumerate(names) if not mask >> number & 1]
    if not outside:
        return f"in all {len(names):,} registries" if len(names) > 1 else f"in {names[0]}"
    if len(outside) < len(inside):
        return f"in {len(inside):,} registries, not in {several(outside, most=MOST_NAMES)}"
    return f"in {several(inside, most=MOST_NAMES)}"


def joined(parts: Iterable[str]) -> str:
    """Return the parts that are not empty, as one line."""
    return "; ".join(filter(None, parts))
