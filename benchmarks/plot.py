"""Plots as SVG text: lines over a number, bars by name. Knows axes and ink; no benchmark.

No script, font or image from elsewhere: a page of these opens anywhere, for ever. Colours are told
apart by people who see few of them, and every series is named beside its last point.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import ceil, floor, log10
from typing import Final, NamedTuple

WIDTH, HEIGHT = 720, 350
LEFT, RIGHT, TOP, BOTTOM = 64, 210, 30, 48
COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
BAR: Final = 22
LABELS: Final = 270


class Series(NamedTuple):
    """Named points."""

    name: str
    points: Sequence[tuple[float, float]]
    dashed: bool = False


class Axis(NamedTuple):
    """What an axis counts, in which unit; ``logarithmic`` needs positive values."""

    title: str
    logarithmic: bool = False


class Bar(NamedTuple):
    """A name, its value, and the part of it that is drawn dark."""

    name: str
    value: float
    part: float = 0.0


class Scale:
    """From values to places between two ends of an axis."""

    def __init__(self, axis: Axis, values: Sequence[float], ends: tuple[float, float]) -> None:
        self._log = axis.logarithmic
        self._ends = ends
        if self._log:
            low, high = floor(log10(min(values))), ceil(log10(max(values)))
            self._low, self._high = float(low), float(max(high, low + 1))
            self.ticks = [10.0**power for power in range(low, int(self._high) + 1)]
        else:
            step = _step(max(values))
            self._low, self._high = 0.0, max(1, ceil(max(values) / step)) * step
            self.ticks = [step * tick for tick in range(round(self._high / step) + 1)]

    def at(self, value: float) -> float:
        """The place of a value."""
        value = log10(value) if self._log else value
        share = (value - self._low) / (self._high - self._low)
        return round(self._ends[0] + share * (self._ends[1] - self._ends[0]), 1)


def lines(series: Sequence[Series], across: Axis, up: Axis) -> str:
    """A plot of several series. Empty ones are left out; nothing at all is an empty text."""
    series = [each for each in series if each.points]
    if not series:
        return ""
    points = [point for each in series for point in each.points]
    x = Scale(across, [point[0] for point in points], (LEFT, WIDTH - RIGHT))
    y = Scale(up, [point[1] for point in points], (HEIGHT - BOTTOM, TOP))
    ink = [_grid(x, y), _titles(across, up)]
    placed: list[float] = []
    for number, each in enumerate(series):
        ink.append(_curve(each, COLOURS[number % len(COLOURS)], x, y, placed))
    return _svg(HEIGHT, ink, f"{up.title} by {across.title}")


def bars(rows: Sequence[Bar], unit: str) -> str:
    """A bar a row, longest values whole; the dark part of each, if there is one, at its left."""
    if not rows:
        return ""
    most = max(row.value for row in rows) or 1.0
    room = WIDTH - LABELS - 120
    ink = []
    for number, row in enumerate(rows):
        top, width = number * BAR + 6, row.value / most * room
        ink.append(_text(LABELS - 8, top + 12, row.name, "end"))
        ink.append(_rect(LABELS, top, width, COLOURS[4]))
        if row.part:
            ink.append(_rect(LABELS, top, min(row.part, row.value) / most * room, COLOURS[0]))
        shown = f"{_short(row.value)} {unit}" + (f" ({_short(row.part)})" if row.part else "")
        ink.append(_text(LABELS + width + 6, top + 12, shown, "start"))
    return _svg(len(rows) * BAR + 12, ink, f"{unit} by {rows[0].name} and others")


def _curve(each: Series, colour: str, x: Scale, y: Scale, placed: list[float]) -> str:
    at = [(x.at(across), y.at(up)) for across, up in sorted(each.points)]
    path = " ".join(f"{a},{b}" for a, b in at)
    dash = ' stroke-dasharray="5 4"' if each.dashed else ""
    ink = [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>']
    if not each.dashed:
        ink += [f'<circle cx="{a}" cy="{b}" r="3" fill="{colour}"/>' for a, b in at]
    where = at[-1][1] + 4
    while any(abs(where - other) < 13 for other in placed):
        where += 13
    placed.append(where)
    ink.append(_text(WIDTH - RIGHT + 10, where, each.name, "start", colour))
    return "".join(ink)


def _grid(x: Scale, y: Scale) -> str:
    ink = []
    for tick in y.ticks:
        at = y.at(tick)
        ink.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at}" y2="{at}" stroke="#ddd"/>')
        ink.append(_text(LEFT - 8, at + 4, _short(tick), "end"))
    below = HEIGHT - BOTTOM + 18
    ink += [_text(x.at(tick), below, _short(tick), "middle") for tick in x.ticks]
    return "".join(ink)


def _titles(across: Axis, up: Axis) -> str:
    middle = (LEFT + WIDTH - RIGHT) / 2
    return _text(middle, HEIGHT - 8, across.title, "middle") + _text(4, 11, up.title, "start")


def _svg(height: float, ink: Sequence[str], title: str) -> str:
    body = "".join(ink)
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}" '
        f'xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" font-size="12">{body}</svg>'
    )


def _text(x: float, y: float, text: str, anchor: str, colour: str = "#333") -> str:
    place = f'x="{round(x, 1)}" y="{round(y, 1)}"'
    return f'<text {place} text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'


def _rect(x: float, y: float, width: float, colour: str) -> str:
    place = f'x="{x}" y="{y}" width="{round(width, 1)}" height="{BAR - 6}"'
    return f'<rect {place} fill="{colour}"/>'


def _step(most: float) -> float:
    """1, 2 or 5 times a power of ten, so that four to ten steps reach the most."""
    if most <= 0:
        return 1.0
    power = 10.0 ** floor(log10(most / 4))
    return next(power * times for times in (1, 2, 5, 10) if most / (power * times) <= 8)


def _short(value: float) -> str:
    """As few digits as tell it."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
