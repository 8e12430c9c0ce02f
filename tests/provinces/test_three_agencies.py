"""Another province with the same code: the hand-computed numbers of three agencies, compared with the marts."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.support.night_homes import THREE_AGENCIES, LoadedHome
from tests.support.nights import select
from warehouse.config import Home

EXPECTED = {
    "expected.csv": "core.fct_dossier",
    "expected_agency_month.csv": "timeliness.on_time_by_agency_month",
    "expected_agency_period.csv": "timeliness.on_time_by_agency_period",
    "expected_agency_year.csv": "timeliness.on_time_by_agency_year",
    "expected_procedure_year.csv": "timeliness.on_time_by_procedure_year",
    "expected_overdue_ageing.csv": "timeliness.overdue_ageing",
    "expected_notice_compliance_by_agency_month.csv": "timeliness.notice_compliance_by_agency_month",
    "expected_digital_by_agency_month.csv": "timeliness.digital_by_agency_month",
    "expected_turnaround_by_agency_year.csv": "timeliness.turnaround_by_agency_year",
    "expected_turnaround_curve.csv": "timeliness.turnaround_curve",
    "expected_integrity_flags_by_agency_year.csv": "timeliness.integrity_flags_by_agency_year",
    "expected_index_by_agency.csv": "satisfaction.index_by_agency",
    "expected_index_by_factor.csv": "satisfaction.index_by_factor",
    "expected_index_by_population.csv": "satisfaction.index_by_population",
    "expected_criterion_scores.csv": "cchc.criterion_scores",
    "expected_ranking.csv": "cchc.ranking",
}
KEYS = {
    "expected.csv": ("dossier_code",),
    "expected_agency_month.csv": ("month", "agency_id"),
    "expected_agency_period.csv": ("period_id", "agency_id"),
    "expected_agency_year.csv": ("year", "agency_id"),
    "expected_procedure_year.csv": ("year", "agency_id", "procedure_code"),
    "expected_overdue_ageing.csv": ("agency_id", "age_class"),
    "expected_notice_compliance_by_agency_month.csv": ("month", "agency_id", "notice_kind"),
    "expected_digital_by_agency_month.csv": ("month", "agency_id"),
    "expected_turnaround_by_agency_year.csv": ("year", "agency_id"),
    "expected_turnaround_curve.csv": ("year", "agency_id", "net_days"),
    "expected_integrity_flags_by_agency_year.csv": ("year", "agency_id", "flag"),
    "expected_index_by_agency.csv": ("year", "agency_id", "index_form"),
    "expected_index_by_factor.csv": ("year", "agency_id", "factor_code", "index_form"),
    "expected_index_by_population.csv": ("year", "population", "index_form"),
    "expected_criterion_scores.csv": ("year", "agency_id", "criterion_code"),
    "expected_ranking.csv": ("year", "agency_id"),
}


@pytest.fixture(scope="module")
def home(three_agencies: LoadedHome) -> Home:
    outcome = three_agencies.outcome
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    return three_agencies.home


def read_expected(name: str) -> list[dict[str, str]]:
    with (THREE_AGENCIES / name).open(encoding="utf-8", newline="") as file:
        return [{column: text for column, text in row.items() if column != "by_hand"} for row in csv.DictReader(file)]


def as_text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_value_worked_out_by_hand_is_published(home: Home, name: str) -> None:
    expected = read_expected(name)
    columns = list(expected[0])
    rows = [
        dict(zip(columns, row, strict=True))
        for row in select(home, f"SELECT {', '.join(columns)} FROM {EXPECTED[name]}")
    ]
    found = {tuple(as_text(row[column]) for column in KEYS[name]): row for row in rows}
    assert len(found) == len(rows)
    for row in expected:
        key = tuple(row[column] for column in KEYS[name])
        if name == "expected_agency_month.csv" and not any(row[column] not in ("0", "") for column in columns[2:]):
            assert key not in found, "an agency-month in which nothing happened has no row"
            continue
        published = found[key]
        for column, text in row.items():
            value = published[column]
            if isinstance(value, (float, Decimal)) and text:
                assert float(value) == pytest.approx(float(text), abs=1e-9), (row, column)
            else:
                assert as_text(value) == text, (row, column)


@pytest.mark.parametrize("name", [name for name in sorted(EXPECTED) if "notice" in name or "turnaround" in name])
def test_every_notice_and_every_curve_was_worked_out_by_hand(home: Home, name: str) -> None:
    published = select(home, f"SELECT {', '.join(KEYS[name])} FROM {EXPECTED[name]}")
    expected = {tuple(row[column] for column in KEYS[name]) for row in read_expected(name)}
    assert {tuple(as_text(value) for value in key) for key in published} == expected


def test_every_published_dossier_was_worked_out_by_hand(home: Home) -> None:
    codes = {code for (code,) in select(home, "SELECT dossier_code FROM core.fct_dossier")}
    assert codes == {row["dossier_code"] for row in read_expected("expected.csv")}
    assert len(codes) == 21


def test_every_month_in_which_something_happened_was_worked_out_by_hand(home: Home) -> None:
    eventful = select(
        home,
        "SELECT CAST(month AS VARCHAR), agency_id FROM timeliness.on_time_by_agency_month "
        "WHERE n_received + n_finished + n_due_cohort > 0",
    )
    assert set(eventful) <= {(row["month"], row["agency_id"]) for row in read_expected("expected_agency_month.csv")}


def test_the_province_has_its_own_agencies_days_off_and_data_date(home: Home) -> None:
    assert len(select(home, "SELECT agency_id FROM core.agency")) == 3
    days = "SELECT calendar_date FROM core.dim_date WHERE calendar_date BETWEEN '2024-03-13' AND '2024-03-16' "
    assert select(home, days + "AND is_working_day ORDER BY 1") == [
        (date(2024, 3, 14),),
        (date(2024, 3, 15),),
        (date(2024, 3, 16),),
    ]
    assert select(home, "SELECT DISTINCT as_of_date FROM core.fct_dossier") == [(date(2024, 3, 31),)]
    assert home.current.readlink().name.startswith("0001-20240331-")


def test_deleted_test_and_total_rows_are_counted_and_not_published(home: Home) -> None:
    counts = "SELECT rows_read, rows_accepted, rows_excluded FROM quality.load_ledger WHERE source = 'dossiers'"
    assert select(home, counts) == [(24, 21, 3)]
