"""Makes the rows of the dot charts on satisfaction and the CCHC index."""

from __future__ import annotations

from collections.abc import Sequence

from reports.format import format_below_vi, format_percent_vi, format_signed_vi
from reports.page.dots import DotRow, Scale, scale_of
from reports.page.ranking import RankedAgency, RankedGroup
from reports.page.satisfaction import Block, District, Unit


def block_rows(blocks: Sequence[Block]) -> list[DotRow]:
    """Returns one row per block: this year filled, the year before hollow, the difference beside."""
    return [
        DotRow(
            block.name,
            block.estimate_pct,
            block.previous_pct,
            figure=format_percent_vi(block.estimate_pct, 2),
            aside=format_signed_vi(block.diff_points, 2) if block.diff_points is not None else "",
            absent="không có kết quả",
        )
        for block in blocks
    ]


def unit_rows(units: Sequence[Unit]) -> list[DotRow]:
    """Returns one row per unit, like `block_rows`; a unit set apart shows its status instead of a difference."""
    return [
        DotRow(
            unit.short_name,
            unit.estimate_pct,
            unit.previous_pct if unit.estimate_pct is not None else None,
            figure=format_percent_vi(unit.estimate_pct, 2),
            aside=_aside(unit),
            absent=unit.status_label.lower() if unit.set_apart else "không có kết quả",
        )
        for unit in units
    ]


def district_rows(districts: Sequence[District]) -> list[DotRow]:
    """Returns one row per district with a filled dot."""
    return [
        DotRow(
            district.name,
            district.estimate_pct,
            figure=format_percent_vi(district.estimate_pct, 2),
            aside=f"{district.n_communes} xã",
            absent="không có kết quả",
        )
        for district in districts
    ]


def ranking_rows(group: RankedGroup) -> list[DotRow]:
    """Returns one row per agency: this year filled, last year hollow; without an index, the range still possible."""
    return [
        DotRow(
            agency.short_name,
            agency.official_pct,
            agency.previous_pct if agency.official_pct is not None and agency.diff_points is not None else None,
            span=_span(agency),
            figure=f"{index_vi(agency)}%" if agency.official_pct is not None else "chưa đủ",
            aside=agency.rating or "",
            absent="" if _span(agency) else "chưa đủ điểm",
        )
        for agency in group.agencies
    ]


def ranking_scale(groups: Sequence[RankedGroup]) -> Scale:
    """Returns one axis for the charts of all groups."""
    return scale_of(row for group in groups for row in ranking_rows(group))


def index_vi(agency: RankedAgency) -> str:
    """Formats the official index with two decimals, more where two would round it up to a floor that it misses."""
    return format_below_vi(agency.official_pct, agency.next_floor, 2)


def _span(agency: RankedAgency) -> tuple[float, float] | None:
    if agency.official_pct is not None or agency.bound_lo is None or agency.bound_hi is None:
        return None
    return agency.bound_lo, agency.bound_hi


def _aside(unit: Unit) -> str:
    if unit.set_apart and unit.estimate_pct is not None:
        return "không so sánh"
    return format_signed_vi(unit.diff_points, 2) if unit.diff_points is not None else ""
