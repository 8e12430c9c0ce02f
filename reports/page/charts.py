"""Draws the charts of dossiers: on-time rates by agency (dots), stock and flow by month (lines over bars)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from markupsafe import Markup

from reports.format import format_count_vi, format_decimal_vi, format_month_vi
from reports.page.dots import DotRow, Scale, fit_scale
from reports.page.night import Group, Month
from reports.page.svg import bar, dot, line, lowered, picture, text

# The margin left of the stock and flow chart in pixels, as in summary.css.
_LEVELS = 56


def on_time_rows(group: Group) -> list[DotRow]:
    """Returns one row per agency for the dot chart: R1 filled, R2 hollow."""
    return [
        DotRow(
            agency.short_name,
            agency.on_time_pct,
            agency.completed_only_pct,
            figure="" if agency.on_time_pct is None else f"{format_decimal_vi(agency.on_time_pct, 1)}%",
            aside=f"n = {format_count_vi(agency.n_due)}",
            absent="không có hồ sơ đến hạn",
        )
        for agency in group.agencies
    ]


def on_time_scale(groups: Sequence[Group]) -> Scale:
    """Returns one axis for the charts of all groups; it ends at 100 %."""
    return fit_scale(
        (
            rate
            for group in groups
            for agency in group.agencies
            for rate in (agency.on_time_pct, agency.completed_only_pct)
        ),
        hi=100,
    )


_TOP, _PANEL, _BETWEEN = 30, 120, 52


def draw_stock_and_flow(months: Sequence[Month], title: str, description: str) -> Markup:
    """Draws open and overdue dossiers at month ends (lines, above), and received and finished ones (bars, below).

    Both axes start at zero; each has its own scale.
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
    """Rounds up to the next of 10, 20, 30, 40, 50, 60, 80, 100, 200 …: axis limits whose half is a whole number."""
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
    """Describes the stock and flow chart in one sentence, for readers who cannot see it."""
    first, last = months[0], months[-1]
    return (
        f"Từ {format_month_vi(first.month)} đến {format_month_vi(last.month)}: tồn cuối kỳ từ "
        f"{format_count_vi(first.n_open)} đến {format_count_vi(last.n_open)} hồ sơ, trong đó quá hạn từ "
        f"{format_count_vi(first.n_open_overdue)} đến {format_count_vi(last.n_open_overdue)}."
    )
