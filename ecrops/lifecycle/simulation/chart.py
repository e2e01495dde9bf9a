"""The chart of a forecast: SVG, written by hand.

Called by ``Forecast.plot``. A notebook gets it as an image: GitHub, and Jupyter for a notebook that somebody else ran,
drop SVG that stands in HTML, and leave its words. An image does not know the page that shows it. So in a notebook it is
transparent, and its text is of middle lightness, as all other colours are: their contrast is at least 3 to white and to
near black. A file is a light card with dark text, readable on any page.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ecrops.base.render import markup, text_size
from ecrops.errors import SpecError
from ecrops.lifecycle.simulation.days import Day
from ecrops.text import printable

STORED, ARCHIVED, WITHOUT = "#2f7de1", "#8f6bd8", "#7d8590"
RULES = ("#d9730d", "#1f9d61", "#d6459c", "#158f9c", "#a8780a", "#dd4b4b", "#5f7ce8")
OTHERS = "#7d8590"
CARD, CARD_TEXT, CARD_MARGIN = "#ffffff", "#1f2328", 20
NEUTRAL = "#787878"
FAINT = 'opacity="0.75"'
WIDTH, LEFT, RIGHT = 900, 64, 170
TOP, ROW, GAP = 66, 18, 58
STORAGE_HEIGHT, REMOVED_HEIGHT = 200, 130
MAX_ENTRY = 90
"""The characters of an entry of the legend."""
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: notebooks show it; ``save`` writes it to a file.

    Attributes:
        body: The SVG elements of the chart.
        height: The height of the chart, in the units of its elements; its width is fixed.
        label: What it shows, for people who do not see it.
    """

    body: str
    height: int
    label: str

    @property
    def svg(self) -> str:
        """The chart for a file: a card with a background and colours of its own, readable on light and dark pages."""
        width, height = WIDTH + 2 * CARD_MARGIN, self.height + 2 * CARD_MARGIN
        background = f'<rect width="{width}" height="{height}" rx="8" fill="{CARD}"/>'
        content = f'{background}<g transform="translate({CARD_MARGIN} {CARD_MARGIN})">{self.body}</g>'
        return self._svg(width, height, f"max-width:{width}px;color:{CARD_TEXT}", content)

    def save(self, path: str | Path) -> None:
        """Write the chart to a file, such as ``forecast.svg``.

        Raises:
            SpecError: The name of the file has the ending of another format, such as PNG.
        """
        if Path(path).suffix.lower() not in ("", ".svg"):
            raise SpecError(f"the picture is SVG, which goes into a file such as 'forecast.svg', got {str(path)!r}")
        Path(path).write_text(self.svg, encoding="utf-8")

    def __repr__(self) -> str:
        return f"<Chart: {printable(self.label)}>"

    def _repr_html_(self) -> str:
        from base64 import b64encode

        body = self.body.replace(FAINT, "")
        svg = self._svg(WIDTH, self.height, f"color:{NEUTRAL}", body)
        source = f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
        return f"<img src='{source}' alt='{markup(self.label)}' style='width:100%;max-width:{WIDTH}px'/>"

    def _svg(self, width: int, height: int, style: str, content: str) -> str:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="ecrops-chart" viewBox="0 0 {width} {height}" '
            f'width="100%" style="{style}" role="img" aria-label="{markup(self.label)}" '
            f'font-family="system-ui,sans-serif" font-size="12" fill="currentColor">{content}</svg>'
        )


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers over time, drawn as an area or as a line."""

    name: str
    color: str
    values: Sequence[float]


class Panel:
    """A part of the chart with axes of its own.

    Args:
        top: Where it starts.
        height: How high it is.
        steps: How many steps the horizontal axis has.
        maximum: The largest value that is drawn.
    """

    def __init__(self, top: float, height: float, steps: int, maximum: float) -> None:
        self._bottom, self._height, self._steps = top + height, height, max(1, steps)
        self._ticks = list(_ticks(maximum))
        self._highest_tick = self._ticks[-1]

    def point(self, step: float, value: float) -> Point:
        """Return where a value is drawn."""
        x = LEFT + (WIDTH - LEFT - RIGHT) * step / self._steps
        return round(x, 1), round(self._bottom - self._height * value / self._highest_tick, 1)

    def axes(self, label: Callable[[float], str], dates: Sequence[tuple[int, str]]) -> Iterator[str]:
        """Yield horizontal lines with their values, and dates below."""
        for value in self._ticks:
            x, y = self.point(0, value)
            opacity = 0.55 if value == 0 else 0.15
            yield _line([(x, y), self.point(self._steps, value)], "currentColor", f'stroke-opacity="{opacity}"')
            yield _text(x - 8, y + 4, label(value), f'text-anchor="end" {FAINT}')
        for step, date in dates:
            yield _text(self.point(step, 0)[0], self._bottom + 18, date, f'text-anchor="middle" {FAINT}')

    def areas(self, stack: Sequence[Series]) -> Iterator[str]:
        """Yield areas on top of each other, the first at the bottom."""
        lower: Sequence[float] = [0.0] * (self._steps + 1)
        for series in stack:
            upper = [low + value for low, value in zip(lower, series.values, strict=True)]
            edge = self._points(upper)
            yield _area([*edge, *reversed(self._points(lower))], series)
            yield _line(edge, series.color, 'stroke-width="2"')
            lower = upper

    def dashed_line(self, series: Series) -> str:
        """Return a dashed line."""
        return _line(self._points(series.values), series.color, 'stroke-width="2" stroke-dasharray="6 4"')

    def _points(self, values: Sequence[float]) -> list[Point]:
        return [self.point(step, value) for step, value in enumerate(values)]


def forecast_chart(days: Sequence[Day], words: Mapping[int, str], title: str, subtitle: str) -> Chart:
    """Return a chart of storage with and without the policy, and of the images that each rule has removed so far.

    Args:
        days: The days of the forecast.
        words: The rules, in words, by priority.
        title: The first words of the chart.
        subtitle: The line below.
    """
    label = f"{title + ': storage' if title else 'Storage'} over {len(days) - 1} days, with and without the policy"
    rules = list(_by_rule(days, words))
    height = TOP + STORAGE_HEIGHT + GAP
    parts = [
        _text(0, 16, label, 'font-size="15" font-weight="600"'),
        _text(0, 36, subtitle, FAINT),
        *_storage(days),
    ]
    if rules:
        parts += _removed(days, rules, height)
        height += REMOVED_HEIGHT + 46
    for series in reversed(rules):  # from top to bottom, in the order of the areas
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
    yield from panel.axes(lambda size: text_size(size).replace(".0 ", " "), _dates(days))
    yield from panel.areas(stack)
    yield panel.dashed_line(without)
    total, ends = 0.0, []
    for series in stack:
        total += series.values[-1]
        ends.append((panel.point(len(days) - 1, total), series))
    yield from _end_labels([(panel.point(len(days) - 1, without.values[-1]), without), *reversed(ends)])


def _end_labels(ends: Sequence[tuple[Point, Series]]) -> Iterator[str]:
    """Yield the name and the last value of each series at its end, from top to bottom, without overlaps."""
    free = 0.0
    for (x, y), series in sorted(ends, key=lambda end: end[0][1]):
        free = max(y, free)
        yield _text(x + 8, free, series.name, f'fill="{series.color}" font-weight="600"')
        yield _text(x + 8, free + 15, text_size(series.values[-1]), "")
        free += 34


def _removed(days: Sequence[Day], rules: Sequence[Series], top: float) -> Iterator[str]:
    steps = len(days) - 1
    total = sum(series.values[-1] for series in rules)
    yield _text(0, top - 14, "Images expired or archived so far, by rule", 'font-size="13" font-weight="600"')
    panel = Panel(top, REMOVED_HEIGHT, steps, total)
    yield from panel.axes(lambda value: f"{value:,.0f}", _dates(days))
    yield from panel.areas(rules)
    x, y = panel.point(steps, total)
    yield _text(x + 8, y + 4, f"{total:,.0f} images", "")


def _by_rule(days: Sequence[Day], words: Mapping[int, str]) -> Iterator[Series]:
    """Yield how many images each rule has removed up to each day. The busiest rules have colours of their own."""
    totals: dict[int | None, int] = {}
    for day in days:
        for rule, number in _removed_by(day).items():
            totals[rule] = totals.get(rule, 0) + number
    busiest = sorted(totals, key=lambda rule: -totals[rule])
    shown, remaining = busiest[: len(RULES)], busiest[len(RULES) :]
    for rule, color in zip(shown, RULES, strict=False):
        name = f"rule {rule}: {words[rule]}" if rule is not None else "artifacts, after the image that they are about"
        yield Series(name, color, _running_total(days, [rule]))
    if remaining:
        yield Series(f"{len(remaining)} more rules", OTHERS, _running_total(days, remaining))


def _removed_by(day: Day) -> dict[int | None, int]:
    """Return how many images went on a day, by the priority of the rule. None is for artifacts, which go by no rule."""
    removed: dict[int | None, int] = dict(day.acted.items())
    if day.artifacts:
        removed[None] = day.artifacts
    return removed


def _running_total(days: Sequence[Day], rules: Sequence[int | None]) -> list[float]:
    total, values = 0, []
    for day in days:
        removed = _removed_by(day)
        total += sum(removed.get(rule, 0) for rule in rules)
        values.append(float(total))
    return values


def _entry(x: float, y: float, series: Series) -> Iterator[str]:
    """Yield an entry of the legend."""
    name = series.name if len(series.name) <= MAX_ENTRY else f"{series.name[: MAX_ENTRY - 1]}…"
    yield f'<rect x="{x}" y="{y - 9}" width="10" height="10" rx="2" fill="{series.color}"/>'
    yield _text(x + 18, y, f"{name} ({series.values[-1]:,.0f})", "")


def _dates(days: Sequence[Day]) -> list[tuple[int, str]]:
    """Return about six dates, from the first day on, each with its step."""
    distance = max(1, math.ceil((len(days) - 1) / 6))
    format_ = "%b %Y" if len(days) > 300 else "%d %b"
    return [(step, days[step].at.strftime(format_)) for step in range(0, len(days), distance)]


def _ticks(maximum: float) -> Iterator[float]:
    """Return about five round numbers, from 0 to at least ``maximum``."""
    distance = max(maximum, 1) / 5
    unit = 10 ** math.floor(math.log10(distance))
    step = max(1.0, next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= distance))
    return (step * number for number in range(math.ceil(max(maximum, 1) / step) + 1))


def _text(x: float, y: float, text: str, attributes: str) -> str:
    return f'<text x="{x}" y="{y}" {attributes}>{markup(text)}</text>'


def _line(points: Sequence[Point], color: str, attributes: str) -> str:
    return f'<polyline points="{_path(points)}" fill="none" stroke="{color}" {attributes}/>'


def _area(points: Sequence[Point], series: Series) -> str:
    return (
        f'<polygon points="{_path(points)}" fill="{series.color}" fill-opacity="0.3">'
        f"<title>{markup(series.name)}</title></polygon>"
    )


def _path(points: Sequence[Point]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)
