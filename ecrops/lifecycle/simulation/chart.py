"""A forecast as a picture: SVG, written by hand, for notebooks and pages that are light or dark.

Text and axes have the colour of the text around the picture. The other colours are of middle lightness, so that they
can be told from white and from near black (a contrast of at least 3 to each).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape as escaped
from pathlib import Path

from ecrops.base.render import text_size
from ecrops.errors import SpecError
from ecrops.lifecycle.simulation.days import Day

STORED, ARCHIVED, WITHOUT = "#2f7de1", "#8f6bd8", "#7d8590"
RULES = ("#d9730d", "#1f9d61", "#d6459c", "#158f9c", "#a8780a", "#dd4b4b", "#5f7ce8")
OTHERS = "#7d8590"
WIDTH, LEFT, RIGHT = 900, 64, 170
TOP, ROW, GAP = 66, 18, 58
STORAGE_HEIGHT, REMOVED_HEIGHT = 200, 130
MOST_WORDS = 90
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STANDALONE = (
    "<style>.ecrops-chart{color:#1f2328}@media (prefers-color-scheme:dark){.ecrops-chart{color:#e6edf3}}</style>"
)


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture: notebooks show it; ``save`` writes it to a file.

    Attributes:
        body: What is drawn.
        height: Of the picture; its width is fixed.
        label: What it shows, for those who do not see it.
    """

    body: str
    height: int
    label: str

    @property
    def svg(self) -> str:
        """A picture for a file or a page: its text is light where the reader prefers dark."""
        return self._svg(_STANDALONE)

    def save(self, path: str | Path) -> None:
        """Write the picture to a file, such as ``forecast.svg``.

        Raises:
            SpecError: The file's name says that it is something else, such as PNG.
        """
        if Path(path).suffix.lower() not in ("", ".svg"):
            raise SpecError(f"the picture is SVG, which goes into a file such as 'forecast.svg', got {str(path)!r}")
        Path(path).write_text(self.svg, encoding="utf-8")

    def _repr_html_(self) -> str:
        return self._svg("")

    def _svg(self, style: str) -> str:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="ecrops-chart" viewBox="0 0 {WIDTH} {self.height}" '
            f'width="100%" style="max-width:{WIDTH}px" role="img" aria-label="{escape(self.label)}" '
            f'font-family="system-ui,sans-serif" font-size="12" fill="currentColor">{style}{self.body}</svg>'
        )


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers over time, to be stacked or drawn as a line."""

    name: str
    color: str
    values: Sequence[float]


class Panel:
    """A part of the picture with axes of its own."""

    def __init__(self, top: float, height: float, steps: int, most: float) -> None:
        self._bottom, self._height, self._steps = top + height, height, max(1, steps)
        self._ticks = list(_ticks(most))
        self._most = self._ticks[-1]

    def at(self, step: float, value: float) -> tuple[float, float]:
        """Where a value is drawn."""
        across = LEFT + (WIDTH - LEFT - RIGHT) * step / self._steps
        return round(across, 1), round(self._bottom - self._height * value / self._most, 1)

    def axes(self, say: Callable[[float], str], dates: Sequence[tuple[int, str]]) -> Iterator[str]:
        """Lines across with their values, and dates below."""
        for value in self._ticks:
            x, y = self.at(0, value)
            faint = 0.55 if value == 0 else 0.15
            yield _line([(x, y), self.at(self._steps, value)], "currentColor", f'stroke-opacity="{faint}"')
            yield _text(x - 8, y + 4, say(value), 'text-anchor="end" opacity="0.75"')
        for step, date in dates:
            yield _text(self.at(step, 0)[0], self._bottom + 18, date, 'text-anchor="middle" opacity="0.75"')

    def stack(self, all_series: Sequence[Series]) -> Iterator[str]:
        """Areas on top of each other, the first at the bottom."""
        below: Sequence[float] = [0.0] * (self._steps + 1)
        for series in all_series:
            above = [low + value for low, value in zip(below, series.values, strict=True)]
            upper, lower = self._points(above), self._points(below)
            yield _area([*upper, *reversed(lower)], series)
            yield _line(upper, series.color, 'stroke-width="2"')
            below = above

    def dashes(self, series: Series) -> str:
        """A dashed line."""
        return _line(self._points(series.values), series.color, 'stroke-width="2" stroke-dasharray="6 4"')

    def _points(self, values: Sequence[float]) -> list[tuple[float, float]]:
        return [self.at(step, value) for step, value in enumerate(values)]


def forecast_chart(days: Sequence[Day], words: Mapping[int, str], title: str, below: str) -> Chart:
    """Storage with and without the policy, and below it what each rule has removed so far.

    Args:
        days: Of the forecast.
        words: The rules, in words, by priority.
        title: The first words of the chart.
        below: A line below the first.
    """
    label = f"{title + ': storage' if title else 'Storage'} over {len(days) - 1} days, with and without the policy"
    rules = list(_by_rule(days, words))
    height = TOP + STORAGE_HEIGHT + GAP
    parts = [
        _text(0, 16, label, 'font-size="15" font-weight="600"'),
        _text(0, 36, below, 'opacity="0.75"'),
        *_storage(days),
    ]
    if rules:
        parts += _removed(days, rules, height)
        height += REMOVED_HEIGHT + 46
    for series in reversed(rules):  # from top to bottom, as they are stacked
        parts += _entry(LEFT, height, series)
        height += ROW
    return Chart("".join(parts), height, label)


def _storage(days: Sequence[Day]) -> Iterator[str]:
    standard = [float(day.stored.bytes) for day in days]
    archived = [float(day.stored.archived_bytes) for day in days]
    without = Series("without", WITHOUT, [float(day.without.bytes + day.without.archived_bytes) for day in days])
    stack = [Series("with the policy", STORED, standard)]
    if any(archived):
        stack = [Series("standard storage", STORED, standard), Series("in the archive", ARCHIVED, archived)]
    totals = [sum(values) for values in zip(standard, archived, strict=True)]
    panel = Panel(TOP, STORAGE_HEIGHT, len(days) - 1, max(*without.values, *totals))
    yield from panel.axes(_tick, _dates(days))
    yield from panel.stack(stack)
    yield panel.dashes(without)
    height, labels = 0.0, []
    for series in stack:
        height += series.values[-1]
        labels.append((panel.at(len(days) - 1, height), series))
    yield from _labels([(panel.at(len(days) - 1, without.values[-1]), without), *reversed(labels)])


def _labels(ends: Sequence[tuple[tuple[float, float], Series]]) -> Iterator[str]:
    """The name and the last value of each series at its end, from top to bottom, none on another."""
    free = 0.0
    for (x, y), series in sorted(ends, key=lambda end: end[0][1]):
        free = max(y, free)
        yield _text(x + 8, free, series.name, f'fill="{series.color}" font-weight="600"')
        yield _text(x + 8, free + 15, text_size(series.values[-1]), "")
        free += 34


def _removed(days: Sequence[Day], rules: Sequence[Series], top: float) -> Iterator[str]:
    steps = len(days) - 1
    most = sum(series.values[-1] for series in rules)
    yield _text(0, top - 14, "Images expired or archived so far, by rule", 'font-size="13" font-weight="600"')
    panel = Panel(top, REMOVED_HEIGHT, steps, most)
    yield from panel.axes(lambda value: f"{value:,.0f}", _dates(days))
    yield from panel.stack(rules)
    x, y = panel.at(steps, most)
    yield _text(x + 8, y + 4, f"{most:,.0f} images", "")


def _by_rule(days: Sequence[Day], words: Mapping[int, str]) -> Iterator[Series]:
    """How many images each rule has removed up to each day, the busiest rules each with a colour."""
    totals: dict[int, int] = {}
    for day in days:
        for rule, number in day.acted.items():
            totals[rule] = totals.get(rule, 0) + number
    busiest = sorted(totals, key=lambda rule: -totals[rule])
    shown, rest = busiest[: len(RULES)], busiest[len(RULES) :]
    for rule, color in zip(shown, RULES, strict=False):
        name = f"rule {rule}: {words[rule]}" if rule else "artifacts, after the image that they are about"
        yield Series(name, color, _so_far(days, [rule]))
    if rest:
        yield Series(f"{len(rest)} more rules", OTHERS, _so_far(days, rest))


def _so_far(days: Sequence[Day], rules: Sequence[int]) -> list[float]:
    total, values = 0, []
    for day in days:
        total += sum(day.acted.get(rule, 0) for rule in rules)
        values.append(float(total))
    return values


def _entry(x: float, y: float, series: Series) -> Iterator[str]:
    name = series.name if len(series.name) <= MOST_WORDS else f"{series.name[: MOST_WORDS - 1]}…"
    yield f'<rect x="{x}" y="{y - 9}" width="10" height="10" rx="2" fill="{series.color}"/>'
    yield _text(x + 18, y, f"{name} ({series.values[-1]:,.0f})", "")


def _dates(days: Sequence[Day]) -> list[tuple[int, str]]:
    """Some six dates, from the first day on."""
    apart = max(1, math.ceil((len(days) - 1) / 6))
    long = len(days) > 300
    return [(day, f"{days[day].at:{'%b %Y' if long else '%d %b'}}") for day in range(0, len(days), apart)]


def _tick(size: float) -> str:
    return text_size(size).replace(".0 ", " ")


def _ticks(most: float) -> Iterator[float]:
    """Round numbers from 0 to at least ``most``, some five of them."""
    wide = max(most, 1) / 5
    unit = 10 ** math.floor(math.log10(wide))
    step = max(1.0, next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= wide))
    return (step * number for number in range(math.ceil(max(most, 1) / step) + 1))


def escape(words: str) -> str:
    """Words as XML can say them: it has no way to write most control characters."""
    return escaped(_NOT_XML.sub("\ufffd", words))


def _text(x: float, y: float, words: str, more: str) -> str:
    return f'<text x="{x}" y="{y}" {more}>{escape(words)}</text>'


def _line(points: Sequence[tuple[float, float]], color: str, more: str) -> str:
    return f'<polyline points="{_path(points)}" fill="none" stroke="{color}" {more}/>'


def _area(points: Sequence[tuple[float, float]], series: Series) -> str:
    return (
        f'<polygon points="{_path(points)}" fill="{series.color}" fill-opacity="0.3">'
        f"<title>{escape(series.name)}</title></polygon>"
    )


def _path(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)
