"""What a load covers, from landed rows worked by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import pytest

from ingest.contract import Contract, load_contracts
from ingest.coverage import coverage_sql


def covered(source: str, columns: str, *rows: str) -> list[tuple[Any, ...]]:
    relation = f"(select * from (values {', '.join(rows)}) as t({columns}))"
    with duckdb.connect() as connection:
        found = connection.execute(coverage_sql(load_contracts()[source], relation)).fetchall()
    assert {row[0] for row in found} <= {source}
    return [row[1:] for row in found]


def test_a_dossier_counts_for_both_agencies_by_month() -> None:
    assert covered(
        "dossiers",
        "resolving_agency_id, receiving_agency_id, received_at",
        "('A', 'A', timestamp '2015-01-05 09:00')",
        "('A', 'B', timestamp '2015-01-30 16:00')",
        "('A', null, timestamp '2015-03-02 08:00')",
        "('C', null, null)",
    ) == [
        ("A", date(2015, 1, 5), date(2015, 1, 30)),
        ("A", date(2015, 3, 2), date(2015, 3, 2)),
        ("B", date(2015, 1, 30), date(2015, 1, 30)),
    ]


def test_a_workbook_covers_its_year_and_only_the_agency_s_own_counts() -> None:
    assert covered(
        "assessments",
        "agency_id, year, workbook",
        "('A', 2015, 'self_assessment')",
        "('B', 2015, 'appraisal')",
    ) == [("A", date(2015, 1, 1), date(2015, 12, 31))]


def test_what_one_office_delivers_for_all_covers_no_agency_by_name() -> None:
    assert covered("plan_tasks", "month", "(date '2015-02-01')") == [(None, date(2015, 2, 1), date(2015, 2, 1))]


def test_a_source_that_declares_nothing_covers_nothing() -> None:
    bare = load_contracts()["dossiers"].model_copy(update={"covers": None})
    with duckdb.connect() as connection:
        assert connection.execute(coverage_sql(bare, "nowhere")).fetchall() == []


@pytest.mark.parametrize(
    ("covers", "fault"),
    [
        ({"day": "status"}, "not as such: status"),
        ({"day": "received_at", "agencies": ["status"]}, "not as such: status"),
        ({"day": "received_at", "only": {"nobody": ["x"]}}, "not as such: nobody"),
    ],
)
def test_a_contract_that_names_a_wrong_column_is_refused(covers: dict[str, Any], fault: str) -> None:
    declared = load_contracts()["dossiers"].model_dump()
    with pytest.raises(ValueError, match=fault):
        Contract.model_validate({**declared, "covers": covers})
