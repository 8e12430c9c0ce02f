"""The chapter on certainty: its sentences and charts, from figures by hand."""

from __future__ import annotations

import pytest

from reports.page import certainty
from reports.page.certainty import Certainty, Change, Item, Moved, Standing
from reports.page.likert import draw_likert

# The five units of methods §3.5; 95 % intervals of two standard errors.
STANDINGS = tuple(
    Standing(name, score, score - 2 * se, score + 2 * se, rank, lo, hi, tier, 100)
    for rank, (name, score, se, lo, hi, tier) in enumerate(
        [
            ("A", 90.0, 1.0, 1, 2, 1),
            ("B", 86.0, 1.5, 1, 4, 1),
            ("C", 85.0, 1.0, 2, 4, 2),
            ("D", 84.0, 2.0, 2, 4, 2),
            ("E", 75.0, 2.0, 5, 5, 3),
        ],
        start=1,
    )
)
CHANGES = (
    Change("Các sở", 75.0, 76.2, -1.2, 0.3, "no_clear_change"),
    Change("Thuế", 80.0, 70.0, 10.0, 0.001, "improved"),
    Change("Công an", 60.0, 66.0, -6.0, 0.01, "declined"),
)
ITEMS = (
    Item("A1", "Nơi ngồi chờ", (0, 10, 10, 40, 40), 3),
    Item("A2", "Trả đúng hẹn", (20, 10, 10, 30, 30), 0),
)


def of(**parts: object) -> Certainty:
    empty = {"standings": (), "blocks": (), "units": (), "items": (), "moved": ()}
    return Certainty(year=2015, population_name="Cơ quan", **{**empty, **parts})  # type: ignore[arg-type]


def test_the_units_that_cannot_be_told_apart_from_the_first_are_counted():
    told = certainty.describe_first(of(standings=STANDINGS))
    assert told.startswith("1 trong 5 đơn vị không thể phân biệt với đơn vị đứng đầu (A)")
    alone = (STANDINGS[0], *(one for one in STANDINGS if one.tier > 1))
    assert certainty.describe_first(of(standings=alone)) == "A đứng đầu và khác rõ với mọi đơn vị còn lại."


def test_the_width_of_rank_sets_is_told():
    # Widths 2, 4, 3, 3, 1: the middle one is 3.
    told = certainty.describe_ranks(STANDINGS)
    assert "3 hạng khác nhau hoặc hơn; 1 đơn vị có hạng chắc chắn" in told


def test_a_verdict_is_that_of_the_test_and_not_of_the_sign():
    told = certainty.describe_verdict(CHANGES, "khối")
    assert "1 khối tăng và 2 khối giảm" in told
    assert "1 khối tăng rõ, 1 khối giảm rõ, 1 khối chưa thể kết luận" in told
    assert [row.is_open for row in certainty.change_rows(CHANGES)] == [True, False, False]


def test_tiers_are_shaded_in_turn_and_every_interval_fits_the_axis():
    rows = certainty.standing_rows(STANDINGS)
    assert [row.is_shaded for row in rows] == [True, True, False, False, True]
    scale = certainty.standing_scale(STANDINGS)
    assert scale.lo <= 71
    assert scale.hi >= 92
    assert (certainty.rank_scale(STANDINGS).hi, certainty.rank_scale(STANDINGS).unit) == (10, "")


def test_the_worst_item_is_named_and_bars_meet_in_the_middle():
    assert "Trả đúng hẹn (30,0%" in certainty.describe_items(ITEMS)
    drawn = str(draw_likert(ITEMS, "Tiêu đề", "Mô tả"))
    assert drawn.count("<rect") == 10
    # 35 of 100 lie left of the middle in the second item, 85 right of it in the first: the axis has 1.20.
    assert f'x1="{100 * 0.35 / 1.2:.3f}%"' in drawn
    assert "không trả lời 3" in drawn


def test_a_small_unit_moves_towards_its_block():
    moved = (Moved("Xã Một", 62.6, 73.3, 12),)
    assert "Xã Một từ 62,6% còn 73,3%" in certainty.describe_moved(moved)
    (row,) = certainty.moved_rows(moved)
    assert (row.value, row.other) == pytest.approx((73.3, 62.6))
