"""Draws the dot chart: one row per unit with a filled dot, a hollow one for comparison, and figures at the right.

Dots instead of bars allow an axis that does not start at zero. Fill carries the meaning, colour does not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports.page.svg import bar, dot, line, picture, text

_ROW, _AXIS = 24, 26
# Margins of the chart in pixels, as in summary.css: names on the left, figures on the right.
_NAMES, _FIGURES, _ASIDES = 160, 60, 150


@dataclass(frozen=True)
class DotRow:
    """One row: `value` filled, `other` hollow, `span` a range of possible values (all on the scale of the axis).

    `figure` is printed at the right, `aside` further right on wide pages, `absent` in place of the dots. `is_open`
    leaves `value` unfilled: what it shows may be chance. `is_shaded` draws a band behind the row.
    """

    name: str
    value: float | None
    other: float | None = None
    span: tuple[float, float] | None = None
    figure: str = ""
    aside: str = ""
    absent: str = ""
    is_open: bool = False
    is_shaded: bool = False


@dataclass(frozen=True)
class Scale:
    """The axis from `lo` to `hi`, in per cent unless `unit` says otherwise."""

    lo: int
    hi: int
    unit: str = "%"

    def place(self, value: float) -> float:
        """Returns the position of `value` across the chart, 0 to 1."""
        return (value - self.lo) / (self.hi - self.lo)

    @property
    def ticks(self) -> range:
        """Returns the percentages that have a grid line."""
        width = self.hi - self.lo
        return range(self.lo, self.hi + 1, 5 if width <= 20 else 10 if width <= 50 else 20)


def fit_scale(values: Iterable[float | None], *, hi: int | None = None) -> Scale:
    """Returns an axis for `values`: from the ten below the lowest, at most 90, to the ten above the highest or `hi`."""
    known = [value for value in values if value is not None]
    lo = min(90, 10 * math.floor(min(known, default=90) / 10))
    above = 10 * math.ceil(max(known, default=100) / 10)
    return Scale(lo, hi or min(100, max(lo + 10, above)))


def scale_of(rows: Iterable[DotRow]) -> Scale:
    """Returns an axis that covers every dot of `rows`; a range may exceed it, unless there are only ranges."""
    rows = list(rows)
    points = [value for row in rows for value in (row.value, row.other) if value is not None]
    return fit_scale(points or [end for row in rows for end in row.span or ()])


def draw_dots(rows: Sequence[DotRow], scale: Scale, title: str, description: str) -> Markup:
    """Draws `rows` in their order. Each group gets its own chart, so that a printed page breaks between groups."""
    bottom = _AXIS + _ROW * len(rows)
    grid = [mark for tick in scale.ticks for mark in _gridline(tick, scale, bottom)]
    marks = [mark for i, row in enumerate(rows) for mark in _draw_row(row, _AXIS + _ROW * (i + 0.5), scale)]
    return picture("dots", title, description, bottom, [*grid, *marks])


def _draw_row(row: DotRow, middle: float, scale: Scale) -> Iterator[Markup]:
    baseline = middle + 4
    if row.is_shaded:
        yield bar(0, 1, middle - _ROW / 2, middle + _ROW / 2, "band")
    yield text(0, baseline, row.name, dx=-_NAMES)
    yield line(0, middle, 1, middle, "row")
    if row.span is not None:
        places = [scale.place(end) for end in row.span]
        yield line(max(0, places[0]), middle, min(1, places[1]), middle, "span")
        # An end beyond the axis gets no mark, because the range continues.
        yield from (line(end, middle - 5, end, middle + 5, "gap") for end in places if 0 <= end <= 1)
    if row.value is not None and row.other is not None:
        yield line(scale.place(row.value), middle, scale.place(row.other), middle, "gap")
    if row.other is not None:
        yield dot(scale.place(row.other), middle, 4.5, "hollow")
    if row.value is not None:
        yield dot(scale.place(row.value), middle, 5, "open" if row.is_open else "solid")
    elif row.absent:
        yield text(0, baseline, row.absent, "count", dx=8)
    if row.figure:
        yield text(1, baseline, row.figure, "value", anchor="end", dx=_FIGURES)
    if row.aside:
        yield text(1, baseline, row.aside, "count wide", anchor="end", dx=_ASIDES)


def _gridline(tick: int, scale: Scale, bottom: float) -> Iterator[Markup]:
    x = scale.place(tick)
    yield line(x, _AXIS - 4, x, bottom, "grid")
    yield text(x, _AXIS - 10, f"{tick}{scale.unit}", "tick", anchor="middle")
