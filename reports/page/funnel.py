"""The funnel chapter: agencies that differ from the province by more than chance, and the rule behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

from reports.database import fetch
from reports.format import format_count_vi, format_date_vi, format_decimal_vi, format_percent_vi
from reports.page.findings import lower_first

# methods §4.7: the 99.8 % limits, in standard errors on either side.
LIMIT = 3.09


@dataclass(frozen=True)
class Placed:
    """An agency in the funnel: R1 over its dossiers due (0-100), and its distance from the target in standard errors.

    z accounts for chance alone, z_adj also for over-dispersion; None where it could not be computed.
    """

    agency_name: str
    n_due: int
    on_time_pct: float
    z: float | None
    z_adj: float | None


@dataclass(frozen=True)
class Funnel:
    """Agencies with dossiers due in the last year that has any, furthest below the target first.

    `flags` are warnings about its reading, in Vietnamese.
    """

    year: int
    as_of_date: date
    target_pct: float
    flags: tuple[str, ...]
    agencies: tuple[Placed, ...]

    @property
    def period(self) -> str:
        """The year, with the data date when the year is not over."""
        is_over = self.as_of_date >= date(self.year, 12, 31)
        return f"năm {self.year}" + ("" if is_over else f" (đến {format_date_vi(self.as_of_date)})")

    @property
    def outside(self) -> tuple[Placed, ...]:
        """Agencies outside the 99.8 % limits after adjustment for over-dispersion."""
        return tuple(one for one in self.agencies if one.z_adj is not None and abs(one.z_adj) > LIMIT)


def read_funnel(connection: duckdb.DuckDBPyConnection) -> Funnel | None:
    """Reads the funnel from a published database; None when no dossier fell due. Raises duckdb.Error."""
    rows = fetch(connection, _AGENCIES)
    if not rows:
        return None
    shared = {name: rows[0][name] for name in ("year", "as_of_date", "target_pct")}
    flags = tuple(row["label"] for row in fetch(connection, _FLAGS))
    names = ("agency_name", "n_due", "on_time_pct", "z", "z_adj")
    return Funnel(**shared, flags=flags, agencies=tuple(Placed(**{name: row[name] for name in names}) for row in rows))


def describe_rule(funnel: Funnel) -> str:
    """Explains the rule by which an agency is named, and what it means to be named."""
    limit = format_decimal_vi(LIMIT, 2)
    return (
        f"R1 của mỗi cơ quan được so với R1 chung của tỉnh ({format_percent_vi(funnel.target_pct, 1)}), có tính đến "
        "hai điều: cơ quan ít hồ sơ thì tỷ lệ lên xuống nhiều hơn do ngẫu nhiên, và giữa các cơ quan vốn đã có chênh "
        "lệch. Cơ quan nằm ngoài giới hạn 99,8% khi độ lệch sau khi hiệu chỉnh theo chênh lệch vốn có đó (z_adj) lớn "
        f"hơn {limit} hoặc nhỏ hơn −{limit}. Nằm ngoài giới hạn có nghĩa là cần tìm nguyên nhân; đây không phải là xếp "
        "hạng hay kết luận vi phạm."
    )


def describe_outcome(funnel: Funnel) -> str:
    """Counts the agencies outside the limits, or explains why there is no conclusion."""
    n_agencies = format_count_vi(len(funnel.agencies))
    period = funnel.period[0].upper() + funnel.period[1:]
    if all(one.z_adj is None for one in funnel.agencies):
        if funnel.flags:
            why = "; ".join(lower_first(flag) for flag in funnel.flags)
            return f"{period} chưa thể kết luận cơ quan nào nằm ngoài giới hạn ({why})."
        return f"{period} không có chênh lệch để so sánh: R1 chung là {format_percent_vi(funnel.target_pct, 0)}."
    by_chance = sum(one.z is not None and abs(one.z) > LIMIT for one in funnel.agencies)
    unadjusted = f"nếu chỉ tính dao động ngẫu nhiên, không hiệu chỉnh, thì có {format_count_vi(by_chance)}"
    if not funnel.outside:
        return f"{period} không có cơ quan nào trong {n_agencies} cơ quan nằm ngoài giới hạn 99,8% ({unadjusted})."
    n_outside = format_count_vi(len(funnel.outside))
    return f"{period} có {n_outside} trong {n_agencies} cơ quan nằm ngoài giới hạn 99,8% ({unadjusted})."


def describe_placed(agency: Placed) -> str:
    """Describes one agency outside the limits: its side, rate and distance."""
    side = "cao hơn" if (agency.z_adj or 0) > 0 else "thấp hơn"
    return (
        f"{agency.agency_name}: {side} mức chung, R1 là {format_percent_vi(agency.on_time_pct, 1)} trên "
        f"{format_count_vi(agency.n_due)} hồ sơ đến hạn (z_adj = {format_decimal_vi(agency.z_adj, 2)})."
    )


_LAST = "(SELECT max(year) FROM timeliness.on_time_by_agency_year WHERE n_due_cohort > 0)"
_AGENCIES = f"""
SELECT y.year, y.as_of_date, y.target_pct, coalesce(a.agency_name, y.agency_id) AS agency_name,
    y.n_due_cohort AS n_due, y.on_time_pct, y.z, y.z_adj
FROM timeliness.on_time_by_agency_year AS y
LEFT JOIN core.agency AS a ON a.agency_id = y.agency_id
WHERE y.year = {_LAST} AND y.n_due_cohort > 0
ORDER BY y.z_adj NULLS LAST, y.z NULLS LAST, y.agency_id
"""
_FLAGS = f"""
WITH f AS (
    SELECT DISTINCT unnest(string_split(flags, ';')) AS flag
    FROM timeliness.on_time_by_agency_year WHERE year = {_LAST} AND flags IS NOT NULL
)
SELECT coalesce(l.label_vi, f.flag) AS label
FROM f LEFT JOIN core.label AS l ON l.list_name = 'funnel_flag' AND l.value = f.flag
ORDER BY l.sort_order, f.flag
"""
