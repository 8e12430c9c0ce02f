"""Draws answers on a scale of five as bars around the middle: unsatisfied to the left, satisfied to the right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from reports.format import format_count_vi, format_percent_vi
from reports.page.certainty import Item
from reports.page.svg import bar, line, picture, text

_ROW, _TOP, _NAMES = 24, 26, 160


def draw_likert(items: Sequence[Item], title: str, description: str) -> Markup:
    """Draws one bar per item; half of the middle level lies on each side, missing answers are counted apart."""
    sides = [_sides(item) for item in items]
    left = max(left for left, _ in sides)
    width = left + max(right for _, right in sides)
    middle = left / width
    bottom = _TOP + _ROW * len(items)
    marks = [mark for i, item in enumerate(items) for mark in _draw(item, _TOP + _ROW * (i + 0.5), middle, width)]
    zero = [line(middle, _TOP - 4, middle, bottom, "base")]
    heads = [
        text(middle, _TOP - 10, "chưa hài lòng ◂", "tick", anchor="end", dx=-6),
        text(middle, _TOP - 10, "▸ hài lòng", "tick", dx=6),
    ]
    return picture("dots", title, description, bottom, [*marks, *zero, *heads])


def _sides(item: Item) -> tuple[float, float]:
    total = sum(item.counts)
    one, two, three, four, five = (count / total for count in item.counts)
    return one + two + three / 2, three / 2 + four + five


def _draw(item: Item, middle_y: float, middle: float, width: float) -> Iterator[Markup]:
    total = sum(item.counts)
    x = middle - _sides(item)[0] / width
    yield text(0, middle_y + 4, item.code, dx=-_NAMES)
    for level, count in enumerate(item.counts, start=1):
        share = count / total / width
        yield bar(x, share, middle_y - 8, middle_y + 8, f"level-{level}")
        x += share
    satisfied = 100 * (item.counts[3] + item.counts[4]) / total
    yield text(1, middle_y + 4, format_percent_vi(satisfied, 1), "value", anchor="end", dx=60)
    yield text(1, middle_y + 4, f"không trả lời {format_count_vi(item.n_missing)}", "count wide", anchor="end", dx=150)
