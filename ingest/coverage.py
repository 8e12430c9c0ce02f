"""Computes what a load covers by the contract's declaration: agencies, first and last day."""

from __future__ import annotations

from ingest.contract import ColumnType, Contract, Covers
from warehouse.sql import quote_text

# One row per agency and month (or year, where a year is all that dates a row); agency_id is NULL where one office
# delivers for all.
COVERAGE_SCHEMA = [
    ("source", "VARCHAR"),
    ("agency_id", "VARCHAR"),
    ("first_date", "DATE"),
    ("last_date", "DATE"),
]


def coverage_sql(contract: Contract, rows: str) -> str:
    """Returns the query of the coverage of landed rows (the relation `rows`); empty without a declaration."""
    covers = contract.covers
    if covers is None:
        columns = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in COVERAGE_SCHEMA)
        return f"select {columns} limit 0"
    is_year = next(c.type for c in contract.columns if c.name == covers.day) is ColumnType.INTEGER
    first, last = (
        (f"make_date({covers.day}, 1, 1)", f"make_date({covers.day}, 12, 31)")
        if is_year
        else (f"cast({covers.day} as date)",) * 2
    )
    dated = " union all ".join(
        f"select {agency} as agency_id, {first} as first_day, {last} as last_day from {rows} where {condition}"
        for agency, condition in _agencies(covers)
    )
    return (
        f"select {quote_text(contract.source)} as source, agency_id, min(first_day) as first_date, "
        f"max(last_day) as last_date from ({dated}) group by agency_id, date_trunc('month', first_day) order by all"
    )


def _agencies(covers: Covers) -> list[tuple[str, str]]:
    """Returns the agency columns (or NULL) of a row, each with the condition that the row counts."""
    kept = [
        f"{covers.day} is not null",
        *(f"{name} in ({', '.join(map(quote_text, values))})" for name, values in covers.only.items()),
    ]
    if not covers.agencies:
        return [("cast(null as varchar)", " and ".join(kept))]
    return [(name, " and ".join([*kept, f"{name} is not null"])) for name in covers.agencies]
