"""The two charts of the summary: on time by agency (dots), stock and flow by month (lines over bars)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from markupsafe import Markup

from reports.format import format_count_vi, format_decimal_vi, format_month_vi
from reports.night import Group, Month, OnTime
from reports.svg import bar, dot, line, lowered, picture, text

_ROW, _AXIS = 24, 26
# Margins of the charts in pixels, as in summary.css: names on the left, figures on the right.
_NAMES, _FIGURES, _COUNTS, _LEVELS = 160, 60, 150, 56


def draw_on_time(group: Group, floor: int, title: str, description: str) -> Markup:
    """One row per agency: a filled dot at R1, a hollow one at R2, a line between; no colour carries meaning.

    Dots and not bars, because the axis starts at `floor` (see `axis_floor`) and not at zero. One picture per group, so
    that a printed page breaks between groups.
    """
    bottom = _AXIS + _ROW * len(group.agencies)
    grid = [mark for tick in _ticks(floor) for mark in _gridline(tick, floor, bottom)]
    rows = [
        mark
        for position, agency in enumerate(group.agencies)
        for mark in _draw_row(agency, _AXIS + _ROW * (position + 0.5), floor)
    ]
    return picture("on-time", title, description, bottom, [*grid, *rows])


def axis_floor(groups: Sequence[Group]) -> int:
    """Where the axis of percentages starts: the ten below the lowest rate shown, at most 90."""
    rates = [
        rate
        for group in groups
        for agency in group.agencies
        for rate in (agency.on_time_pct, agency.completed_only_pct)
        if rate is not None
    ]
    return min(90, 10 * math.floor(min(rates, default=90) / 10))


def _draw_row(agency: OnTime, middle: float, floor: int) -> Iterator[Markup]:
    fair, flattering = agency.on_time_pct, agency.completed_only_pct
    baseline = middle + 4
    yield text(0, baseline, agency.short_name, dx=-_NAMES)
    yield line(0, middle, 1, middle, "row")
    if fair is not None and flattering is not None:
        yield line(_place(fair, floor), middle, _place(flattering, floor), middle, "gap")
    if flattering is not None:
        yield dot(_place(flattering, floor), middle, 4.5, "hollow")
    if fair is None:
        yield text(0, baseline, "không có hồ sơ đến hạn", "count", dx=8)
    else:
        yield dot(_place(fair, floor), middle, 5, "solid")
        yield text(1, baseline, f"{format_decimal_vi(fair, 1)}%", "value", anchor="end", dx=_FIGURES)
    yield text(1, baseline, f"n = {format_count_vi(agency.n_due)}", "count wide", anchor="end", dx=_COUNTS)


def _gridline(tick: int, floor: int, bottom: float) -> Iterator[Markup]:
    x = _place(tick, floor)
    yield line(x, _AXIS - 4, x, bottom, "grid")
    yield text(x, _AXIS - 10, f"{tick}%", "tick", anchor="middle")


def _place(rate: float, floor: int) -> float:
    return (rate - floor) / (100 - floor)


def _ticks(floor: int) -> range:
    return range(floor, 101, 5 if floor >= 80 else 10 if floor >= 50 else 20)


_TOP, _PANEL, _BETWEEN = 30, 120, 52


def draw_stock_and_flow(months: Sequence[Month], title: str, description: str) -> Markup:
    """Above, open dossiers at the end of each month and those overdue (lines); below, received and finished (bars).

    Both axes start at zero and have their own scale.
    """
    flow_top = _TOP + _PANEL + _BETWEEN
    stock_limit = round_up(max(month.n_open for month in months))
    flow_limit = round_up(max(max(month.n_received, month.n_finished) for month in months))
    stock = [*_levels(stock_limit), *_stock_marks(months, stock_limit)]
    flow = [*_levels(flow_limit), *_flow_marks(months, flow_limit), *_month_names(months)]
    children = [
        text(0, _TOP - 14, "Tồn cuối tháng (hồ sơ)", "heading", dx=-_LEVELS),
        lowered(_TOP, stock),
        text(0, flow_top - 14, "Tiếp nhận và giải quyết trong tháng (hồ sơ)", "heading", dx=-_LEVELS),
        lowered(flow_top, flow),
    ]
    return picture("stock-flow", title, description, flow_top + _PANEL + 40, children)


def round_up(value: int) -> int:
    """The next of 10, 20, 30, 40, 50, 60, 80, 100, 200 … that holds `value`: an axis limit whose half is whole too."""
    power = 10 ** max(1, len(str(max(value, 1))) - 1)
    return next(step * power for step in (1, 2, 3, 4, 5, 6, 8, 10) if step * power >= value)


def _levels(limit: int) -> Iterator[Markup]:
    for level in (0, limit // 2, limit):
        y = _PANEL * (1 - level / limit)
        yield line(0, y, 1, y, "base" if level == 0 else "grid")
        yield text(0, y + 4, format_count_vi(level), "tick", anchor="end", dx=-10)


def _stock_marks(months: Sequence[Month], limit: int) -> Iterator[Markup]:
    series: list[tuple[Callable[[Month], int], str, str]] = [
        (lambda month: month.n_open_overdue, "dashed", "hollow"),
        (lambda month: month.n_open, "strong", "solid"),
    ]
    for read, line_class, dot_class in series:
        points = [(_month_middle(i, months), _PANEL * (1 - read(month) / limit)) for i, month in enumerate(months)]
        for (x1, y1), (x2, y2) in pairwise(points):
            yield line(x1, y1, x2, y2, line_class)
        for x, y in points:
            yield dot(x, y, 4, dot_class)
        x, y = points[-1]
        yield text(x, y - 9, format_count_vi(read(months[-1])), "value", anchor="middle")


def _flow_marks(months: Sequence[Month], limit: int) -> Iterator[Markup]:
    width = 0.34 / len(months)
    for i, month in enumerate(months):
        middle = _month_middle(i, months)
        yield bar(middle - width, width * 0.94, _PANEL * (1 - month.n_received / limit), _PANEL, "outlined")
        yield bar(middle + width * 0.06, width * 0.94, _PANEL * (1 - month.n_finished / limit), _PANEL, "filled")


def _month_names(months: Sequence[Month]) -> Iterator[Markup]:
    for i, month in enumerate(months):
        yield text(_month_middle(i, months), _PANEL + 17, f"{month.month:%m}", "tick", anchor="middle")
    for i, month in enumerate(months):
        if i == 0 or month.month.month == 1:
            yield text(_month_middle(i, months), _PANEL + 32, f"{month.month:%Y}", "tick", anchor="middle")


def _month_middle(position: int, months: Sequence[Month]) -> float:
    return (position + 0.5) / len(months)


def describe_months(months: Sequence[Month]) -> str:
    """What the stock and flow chart shows, in one sentence for its description."""
    first, last = months[0], months[-1]
    return (
        f"Từ {format_month_vi(first.month)} đến {format_month_vi(last.month)}: tồn cuối kỳ từ "
        f"{format_count_vi(first.n_open)} đến {format_count_vi(last.n_open)} hồ sơ, trong đó quá hạn từ "
        f"{format_count_vi(first.n_open_overdue)} đến {format_count_vi(last.n_open_overdue)}."
    )
