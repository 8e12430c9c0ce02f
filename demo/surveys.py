"""Writes the survey forms of one year as files: per block and team, per district, per population."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from demo import people
from demo.answers import draw_volunteers
from demo.delivered import DeliveredFile
from demo.fieldwork import SurveyedUnit
from demo.form_files import write_form_book, write_form_csv, write_form_page
from demo.forms import FIRST_DAY, LAST_DAY, Batch, form_rows
from demo.province import registry_rows

SOURCE = "survey_responses"
SAMPLE, VOLUNTARY = "Chọn mẫu", "Tự nguyện"

_TEAM_SIZE = 9
_REPEATED_FORMS = 2
_INVESTIGATORS = 5
_KIOSK_AGENCIES, _KIOSK_FORMS = 2, 35
_KINDS = {"communes": "xa", "health_stations": "tram", "hospitals": "benh_vien", "agencies": "co_quan"}
_TITLE = "KẾT QUẢ KHẢO SÁT MỨC ĐỘ HÀI LÒNG CỦA NGƯỜI DÂN, TỔ CHỨC NĂM {year}"
_HOSPITAL_TITLE = "KẾT QUẢ KHẢO SÁT MỨC ĐỘ HÀI LÒNG CỦA NGƯỜI BỆNH NĂM {year}"
_LOCAL_FIELDS = ["Chứng thực", "Hộ tịch", "Đất đai", "Bảo trợ xã hội"]


@dataclass(frozen=True)
class _Team:
    """Forms that one team delivers in one file; `number` decides the notation of answers."""

    name: str
    number: int
    units: list[SurveyedUnit]

    @property
    def population(self) -> str:
        return self.units[0].unit.questionnaire.population


def write_surveys(
    inbox: Path, registry: Path, surveyed: Sequence[SurveyedUnit], rng: np.random.Generator
) -> list[DeliveredFile]:
    """Writes the forms of one year into inbox/survey_responses; the last forms of a file are entered twice."""
    if not surveyed:
        return []
    year = surveyed[0].unit.year
    period = (date(year, *FIRST_DAY), date(year, *LAST_DAY))
    labels = registry_rows(registry / "labels.csv")
    factors = {row["value"]: row["label_vi"] for row in labels if row["list_name"] == "factor_code"}
    fields = _fields_by_agency(registry, labels)
    files = []
    for team in _teams(surveyed):
        rows = [row for one in team.units for row in _unit_rows(one, team, fields, rng)]
        files.append(_write(inbox, team, period, factors, _numbered(rows)))
    files += _write_kiosks(inbox, period, surveyed, rng)
    return files


def _teams(surveyed: Sequence[SurveyedUnit]) -> list[_Team]:
    """Returns one team per block, two for a large block; one per district for communes and stations."""
    grouped: dict[str, list[SurveyedUnit]] = {}
    for one in surveyed:
        unit, population = one.unit, one.unit.questionnaire.population
        if population == "agencies":
            name = unit.block_code or _KINDS[population]
        elif population == "hospitals":
            name = _KINDS[population]
        else:
            name = f"{_KINDS[population]}_{unit.district_code}"
        grouped.setdefault(name, []).append(one)
    teams: list[_Team] = []
    for name, units in grouped.items():
        parts = [units[at : at + _TEAM_SIZE] for at in range(0, len(units), _TEAM_SIZE)]
        is_split = len(parts) > 1 and units[0].unit.questionnaire.population == "agencies"
        for number, part in enumerate(parts if is_split else [units], 1):
            teams.append(_Team(f"{name}_doan{number}" if is_split else name, len(teams), part))
    return teams


def _unit_rows(
    one: SurveyedUnit, team: _Team, fields: dict[str, list[str]], rng: np.random.Generator
) -> list[list[Any]]:
    is_local = team.population in ("communes", "health_stations")
    first = 7 * team.number % len(people.OFFICIAL_NAMES)
    investigators = [people.OFFICIAL_NAMES[(first + at) % len(people.OFFICIAL_NAMES)] for at in range(_INVESTIGATORS)]
    rows: list[list[Any]] = []
    for answers, prefix in zip(one.draw_forms(rng), ("P", "Q"), strict=True):
        batch = Batch(
            unit=one.unit,
            answers=answers,
            prefix=prefix,
            basis=SAMPLE,
            style=team.number % 3,
            fields=_LOCAL_FIELDS if is_local else fields.get(one.unit.agency_id, []),
            investigators=investigators,
        )
        rows += form_rows(batch, rng)
    return rows


def _write(
    inbox: Path, team: _Team, period: tuple[date, date], factors: dict[str, str], rows: list[list[Any]]
) -> DeliveredFile:
    questionnaire = team.units[0].unit.questionnaire
    stem = inbox / SOURCE / f"phieu_{team.name}_{period[0]:%Y%m%d}_{period[1]:%Y%m%d}"
    listed = rows + rows[-_REPEATED_FORMS:]
    if team.population == "agencies":
        path = stem.with_suffix(".xlsx")
        write_form_book(path, _TITLE.format(year=period[0].year), period, questionnaire, factors, listed)
    elif team.population == "hospitals":
        path = stem.with_suffix(".xls")
        write_form_page(path, _HOSPITAL_TITLE.format(year=period[0].year), period, questionnaire, listed)
    else:
        path = stem.with_suffix(".csv")
        write_form_csv(path, questionnaire, listed)
    totals = int(path.suffix == ".xlsx")
    repeated = len(listed) - len(rows)
    return DeliveredFile(path, SOURCE, *period, rows=len(listed), rows_repeated=repeated, total_lines=totals)


def _write_kiosks(
    inbox: Path, period: tuple[date, date], surveyed: Sequence[SurveyedUnit], rng: np.random.Generator
) -> list[DeliveredFile]:
    """Writes the forms of two agencies with a feedback kiosk at the counter, filled in by volunteers."""
    agencies = [one for one in surveyed if one.unit.questionnaire.population == "agencies"]
    chosen = agencies[:: max(1, len(agencies) // _KIOSK_AGENCIES)][:_KIOSK_AGENCIES]
    rows: list[list[Any]] = []
    for one in chosen:
        answers = draw_volunteers(_KIOSK_FORMS, len(one.answered), rng)
        batch = Batch(one.unit, answers, "K", VOLUNTARY, 0, [], [], channels=(("Ki-ốt", 1.0),))
        rows += form_rows(batch, rng)
    if not rows:
        return []
    path = inbox / SOURCE / f"phieu_kiosk_{period[0]:%Y%m%d}_{period[1]:%Y%m%d}.csv"
    write_form_csv(path, chosen[0].unit.questionnaire, _numbered(rows))
    return [DeliveredFile(path, SOURCE, *period, rows=len(rows))]


def _numbered(rows: list[list[Any]]) -> list[list[Any]]:
    return [[number, *row[1:]] for number, row in enumerate(rows, 1)]


def _fields_by_agency(registry: Path, labels: list[dict[str, str]]) -> dict[str, list[str]]:
    """Returns the names of the fields in which each agency has procedures; districts share theirs."""
    named = {row["value"]: row["label_vi"] for row in labels if row["list_name"] == "field_code"}
    fields: dict[str, list[str]] = {}
    for row in registry_rows(registry / "procedures.csv"):
        name = named.get(row["field_code"])
        listed = fields.setdefault(row["owner_agency_id"], [])
        if name and name not in listed:
            listed.append(name)
    shared = fields.get("", [])
    for row in registry_rows(registry / "agencies.csv"):
        if row["unit_kind"] == "huyen":
            fields[row["agency_id"]] = shared
    return fields
