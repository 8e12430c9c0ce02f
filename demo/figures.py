"""Computes the conference's figures from a publication and compares them with the printed report.

Each figure is one query over the published marts. Only the generator (`demo/conference.py`) contains the figures
printed in 2016; neither this module nor the pipeline does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table
from rich.text import Text

from demo.conference import PUBLISHED
from reports.format import format_count_vi, format_decimal_vi
from warehouse.engine import connect
from warehouse.publication.staged import DATABASE

_RATINGS = ("tot", "kha", "trung_binh", "yeu")


@dataclass(frozen=True)
class Comparison:
    """One figure: the printed text of the report, and the value of the marts in the same notation."""

    code: str
    wording: str
    published: str
    computed: str

    @property
    def is_equal(self) -> bool:
        """The two texts have the same numbers and units; the order of names in a list does not matter."""
        return _names(self.published) == _names(self.computed)


def compare_figures(publication: Path) -> list[Comparison]:
    """Computes the figures of domain §2 from the database of one publication's folder.

    Raises duckdb.Error when a mart is missing.
    """
    with connect(publication / DATABASE, read_only=True) as connection:
        return [
            Comparison(figure.code, figure.wording, figure.value, _FIGURES[figure.code](connection, figure.year))
            for figure in PUBLISHED
        ]


def print_figures(console: Console, compared: list[Comparison]) -> None:
    """Prints the comparison as a table 80 columns wide, and one sentence."""
    table = Table(box=None, pad_edge=False)
    for column in ("", "chỉ tiêu", "công bố", "tính được", ""):
        table.add_column(column, overflow="fold")
    for figure in compared:
        mark = "✓" if figure.is_equal else Text("khác", style="bold red")
        table.add_row(figure.code, figure.wording, figure.published, figure.computed, mark)
    console.print("\nSố liệu của hội nghị: công bố năm 2016 và tính lại từ dữ liệu mô phỏng")
    console.print(table)
    n_equal = sum(figure.is_equal for figure in compared)
    console.print(f"{n_equal} of {len(compared)} figures are equal to the printed ones.")


def _population_mean(population: str, digits: int) -> Callable[[duckdb.DuckDBPyConnection, int], str]:
    def compute(connection: duckdb.DuckDBPyConnection, year: int) -> str:
        ((mean,),) = connection.execute(
            "select estimate_pct from satisfaction.index_by_population where year = ? and population = ?"
            " and is_official_form",
            [year, population],
        ).fetchall()
        return _percent(mean, digits)

    return compute


def _blocks_assessed(connection: duckdb.DuckDBPyConnection, year: int) -> str:
    return format_count_vi(len(_block_changes(connection, year)))


def _blocks_moved(sign: int) -> Callable[[duckdb.DuckDBPyConnection, int], str]:
    def compute(connection: duckdb.DuckDBPyConnection, year: int) -> str:
        moved = [name for name, change in _block_changes(connection, year) if change is not None and change * sign > 0]
        return f"{len(moved)}: {', '.join(moved)}"

    return compute


def _block_changes(connection: duckdb.DuckDBPyConnection, year: int) -> list[tuple[str, float | None]]:
    """Returns (name, change on the year before) of every block, by the official form of its agencies.

    A block of one agency has the agency's short name, as in the report.
    """
    return connection.execute(
        """
        select case when b.n_agencies = 1 then a.short_name else d.block_name end, b.diff_points
        from satisfaction.index_by_block as b
        inner join core.dim_block as d on d.block_code = b.block_code and d.valid_to is null
        left join core.agency as a on a.agency_id = b.max_agency_id
        where b.year = ? and b.index_form = (
            select index_form from satisfaction.index_by_population
            where year = b.year and population = 'agencies' and is_official_form
        )
        order by d.sort_order
        """,
        [year],
    ).fetchall()


def _agency_at(end: str, where: str, digits: int | None) -> Callable[[duckdb.DuckDBPyConnection, int], str]:
    """Finds the unit with the highest or lowest index, with its value where the report prints one."""

    def compute(connection: duckdb.DuckDBPyConnection, year: int) -> str:
        name, value = connection.execute(
            f"""
            select a.short_name, i.estimate_pct from satisfaction.index_by_agency as i
            inner join core.agency as a using (agency_id)
            where i.year = ? and i.is_official_form and i.estimate_pct is not null and {where}
            order by i.estimate_pct {end}, i.agency_id limit 1
            """,
            [year],
        ).fetchall()[0]
        return name if digits is None else f"{name} {_percent(value, digits)}"

    return compute


def _districts_at(end: str) -> Callable[[duckdb.DuckDBPyConnection, int], str]:
    """Finds all districts that share the highest or lowest mean of their communes, and that mean."""

    def compute(connection: duckdb.DuckDBPyConnection, year: int) -> str:
        rows = connection.execute(
            f"""
            select district_name, estimate_pct from satisfaction.index_by_district
            where year = ? and is_official_form
            qualify rank() over (order by round(estimate_pct, 9) {end}) = 1
            order by district_name
            """,
            [year],
        ).fetchall()
        return f"{', '.join(name for name, _ in rows)} {_percent(rows[0][1], 2)}"

    return compute


def _hospitals(connection: duckdb.DuckDBPyConnection, year: int) -> str:
    return f"{_units(connection, year, 'hospitals')}; {_population_mean('hospitals', 1)(connection, year)}"


def _best_and_worst_hospital(connection: duckdb.DuckDBPyConnection, year: int) -> str:
    best = _agency_at("desc", "i.population = 'hospitals'", None)(connection, year)
    worst = _agency_at("asc", "i.population = 'hospitals'", None)(connection, year)
    return f"{best}, {worst}"


def _stations(connection: duckdb.DuckDBPyConnection, year: int) -> str:
    return _units(connection, year, "health_stations")


def _units(connection: duckdb.DuckDBPyConnection, year: int, population: str) -> str:
    ((n,),) = connection.execute(
        "select n_units from satisfaction.index_by_population where year = ? and population = ? and is_official_form",
        [year, population],
    ).fetchall()
    return format_count_vi(n)


def _ratings(connection: duckdb.DuckDBPyConnection, year: int) -> str:
    counts = dict(
        connection.execute(
            "select rating, sum(n_agencies)::bigint from cchc.rating_counts where year = ? group by rating", [year]
        ).fetchall()
    )
    return " / ".join(format_count_vi(counts.get(rating, 0)) for rating in _RATINGS)


def _plan(connection: duckdb.DuckDBPyConnection, year: int) -> str:
    """Counts objectives, tasks and focus topics of the plan whose tasks are due from the year on."""
    ((objectives, tasks, topics),) = connection.execute(
        "select count(distinct objective_no), count(*), count(distinct focus_topic) from core.dim_plan_task"
        " where extract(year from due_date) >= ?",
        [year],
    ).fetchall()
    counts = [format_count_vi(count) for count in (objectives, tasks, topics)]
    return f"{counts[0]} mục tiêu; {counts[1]} nhiệm vụ trọng tâm; {counts[2]} chủ đề"


def _percent(value: float | Decimal | None, digits: int) -> str:
    return f"{format_decimal_vi(value, digits)} %"


def _names(text: str) -> list[str]:
    """Splits a list into comparable parts: the report writes «sở» for the registry's block «Các sở»."""
    parts = (part.strip().casefold() for part in text.replace(": ", ", ").split(", "))
    return sorted(part.removeprefix("các ") for part in parts)


_FIGURES: dict[str, Callable[[duckdb.DuckDBPyConnection, int], str]] = {
    "P1": _population_mean("agencies", 2),
    "P2": _population_mean("agencies", 2),
    "P3": _blocks_assessed,
    "P4": _blocks_moved(1),
    "P5": _blocks_moved(-1),
    "P6": _agency_at("desc", "i.block_code = 'so'", 2),
    "P7": _agency_at("asc", "i.block_code = 'so'", 2),
    "P8": _population_mean("communes", 2),
    "P9": _districts_at("desc"),
    "P10": _districts_at("asc"),
    "P11": _hospitals,
    "P12": _best_and_worst_hospital,
    "P13": _stations,
    "P14": _ratings,
    "P16": _plan,
}
