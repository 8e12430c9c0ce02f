"""A second reading of a nation's tables: from its provinces' files one by one, in plain Python."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from tests.support.nations import national
from tests.support.nights import query
from warehouse.config import Home

# National table -> the table of a province of which it is the union, the rows that it takes, and the columns of both.
UNIONS = {
    "province_agency": ("core.agency", "true", "agency_id, agency_name, unit_kind, cchc_group, is_current, as_of_date"),
    "on_time_by_province_agency_year": (
        "timeliness.on_time_by_agency_year",
        "true",
        "year, agency_id, n_received, n_finished, n_late, n_open, n_due_cohort, n_due_on_time, on_time_pct, ci_lo",
    ),
    "satisfaction_by_province_year": (
        "satisfaction.index_by_population",
        "is_official_form",
        "year, population, index_form, n_units, n_valid, estimate_pct",
    ),
    "satisfaction_by_province_agency_year": (
        "satisfaction.index_by_agency",
        "is_official_form",
        "year, agency_id, population, index_form, n_valid, estimate_pct, estimate_status, score_rank, rank_status",
    ),
    "cchc_by_province_agency_year": (
        "cchc.ranking",
        "true",
        "year, agency_id, cchc_group, set_id, stage, official_pct, rating, estimate_status, group_rank, rank_status",
    ),
}
# Ranked table -> what is ranked, and what those compared have in common.
RANKS = {
    "on_time_by_province_year": ("on_time_pct", ("year",)),
    "on_time_by_province_agency_year": ("on_time_pct", ("year", "unit_kind")),
    "satisfaction_by_province_year": ("estimate_pct", ("year", "population", "index_form")),
    "satisfaction_by_province_agency_year": ("estimate_pct", ("year", "population", "unit_kind", "index_form")),
    "cchc_by_province_year": ("mean_official_pct", ("year", "cchc_group", "comparable_set_id")),
    "cchc_by_province_agency_year": ("official_pct", ("year", "unit_kind", "cchc_group", "comparable_set_id")),
}
Row = tuple[Any, ...]


def union_differences(nation: Home, included: Iterable[str]) -> Iterator[str]:
    """Yields a sentence per national table whose rows of a province are not those that the province publishes."""
    for table, (origin, where, columns) in UNIONS.items():
        expected = sorted(
            repr((code, *row)) for code in included for row in _published(nation, code, origin, where, columns)
        )
        found = sorted(repr(row) for row in national(nation, f"SELECT province_code, {columns} FROM national.{table}"))
        if expected != found:
            yield f"{table} is not the union of {origin}"


def sum_differences(nation: Home, included: Iterable[str]) -> Iterator[str]:
    """Yields a sentence per province and year whose on-time rate is not that of its agencies' sums."""
    columns = "year, n_due_on_time, n_due_cohort"
    found = {
        (code, year): pct
        for code, year, pct in national(
            nation, "SELECT province_code, year, on_time_pct FROM national.on_time_by_province_year"
        )
    }
    sums: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
    for code in included:
        for year, on_time, due in _published(nation, code, "timeliness.on_time_by_agency_year", "true", columns):
            sums[code, year][0] += on_time
            sums[code, year][1] += due
    expected = {key: 100 * on_time / due if due else None for key, (on_time, due) in sums.items()}
    if found != expected:
        yield f"on-time rates are {found}, from the sums {expected}"


def rank_differences(nation: Home) -> Iterator[str]:
    """Yields a sentence per row whose rank is not one more than the number of better ones of its comparison."""
    for table, (value, peers) in RANKS.items():
        compared: dict[Row, list[Row]] = defaultdict(list)
        for row in national(
            nation,
            f"SELECT province_code, as_of_date, {value}, national_rank, n_compared, {', '.join(peers)} "
            f"FROM national.{table} WHERE national_rank_status = 'ranked'",
        ):
            code, as_of, number, rank, n_compared, *common = row
            until = min(as_of, date(common[0], 12, 31)).month if "on_time" in table else None
            compared[*common, until].append((code, round(number, 9), rank, n_compared))
        for common_to, rows in compared.items():
            values = [number for _, number, _, _ in rows]
            if len({code for code, *_ in rows}) < 2:
                yield f"{table} {common_to}: one province alone is ranked"
            for code, number, rank, n_compared in rows:
                wanted = (1 + sum(other > number for other in values), len(values))
                if (rank, n_compared) != wanted:
                    yield f"{table} {common_to} {code}: rank {rank} of {n_compared}, should be {wanted}"


def _published(nation: Home, code: str, table: str, where: str, columns: str) -> list[Row]:
    database = Home(nation.provinces / code).current / "warehouse.duckdb"
    return query(database, f"SELECT {columns} FROM {table} WHERE {where}")
