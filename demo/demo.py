"""Writes everything that the demo province delivers over its years."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from demo.assessments import write_assessments
from demo.delivered import DeliveredFile, stamp
from demo.fieldwork import SurveyedUnit, survey
from demo.files import SYNTHETIC_LABEL
from demo.log import YearOfDossiers, draw_log, write_log
from demo.measures import measure_year
from demo.programme import write_feedback, write_plan
from demo.questionnaires import read_units
from demo.scoring import ScoredAgency, score_year
from demo.surveys import write_surveys

SOURCES = ("dossiers", "dossier_events", "survey_responses", "assessments", "plan_tasks", "citizen_feedback")
# Names of the random streams beside those of the log.
_ANSWERS, _FORMS, _POINTS, _FEEDBACK = 11, 12, 13, 14
_README = f"""{SYNTHETIC_LABEL}

Mọi hồ sơ, phiếu khảo sát, điểm số, tên người, số giấy tờ, số điện thoại, địa chỉ trong thư mục này do máy tính tạo
ra để chạy thử. Không có người thật, không có hồ sơ thật, không phản ánh kết quả của cơ quan nào.

SYNTHETIC DATA - no real dossier, person or result. Names contain "Mô Phỏng" or "Công Vụ", identity numbers begin
with 99, phone numbers with 0900, e-mail addresses end in @example.vn.
"""


@dataclass(frozen=True)
class DemoReport:
    """The output of write_demo: distinct real dossiers, their distinct events until `as_of`, and every file."""

    dossiers: int
    events: int
    as_of: date
    files: tuple[DeliveredFile, ...]


@dataclass(frozen=True)
class YearOfSurveysAndPoints:
    """The survey of one year, and the CCHC points of its agencies."""

    surveyed: list[SurveyedUnit]
    scored: list[ScoredAgency]


def write_demo(
    inbox: Path,
    registry: Path,
    dossiers: int = 120_000,
    seed: int = 1,
    years: Sequence[int] = (2014, 2015),
    *,
    sources: Collection[str] = SOURCES,
    without_assessments_of: Collection[str] = (),
) -> DemoReport:
    """Writes the deliveries of a province over `years` (ascending): the one-stop log, survey forms, CCHC workbooks.

    For the last year it also writes citizen feedback and, at the end of the year, the plan for the following years.

    The same arguments give byte-identical files with the same times. Besides `dossiers` real dossiers there are a few
    test rows and deleted rows, and files repeat a few rows. Every other row is valid. Agencies in
    `without_assessments_of` deliver no self-assessment of the last year and are missing from its appraisal. A registry
    without survey frames or criteria gives no surveys or no workbooks, one without departments no plan. `sources`
    limits the sources that are written (dossiers come with their events) and does not change their files.

    Raises ValueError when the registry has nothing to simulate in one of the years.
    """
    log = draw_log(registry, dossiers, seed, years)
    files = write_log(inbox, log) if {"dossiers", "dossier_events"} & set(sources) else []
    for year in years if {"survey_responses", "assessments"} & set(sources) else ():
        drawn = draw_year(registry, log, seed, year)
        if "survey_responses" in sources:
            files += write_surveys(inbox, registry, drawn.surveyed, _stream(seed, year, _FORMS))
        if "assessments" in sources:
            is_left_out = without_assessments_of if year == max(years) else ()
            scored = [one for one in drawn.scored if one.agency_id not in is_left_out]
            files += write_assessments(inbox, registry, scored)
    if "plan_tasks" in sources:
        files += write_plan(inbox, registry, max(years))
    if "citizen_feedback" in sources:
        files += write_feedback(inbox, registry, max(years), _stream(seed, max(years), _FEEDBACK))
    stamp(files)
    inbox.mkdir(parents=True, exist_ok=True)
    (inbox / "README.txt").write_text(_README, encoding="utf-8")
    as_of = date(max(years), 12, 31)
    events = sum(part.count_events(as_of) for part in log)
    return DemoReport(dossiers, events, as_of, tuple(files))


def draw_year(registry: Path, log: Sequence[YearOfDossiers], seed: int, year: int) -> YearOfSurveysAndPoints:
    """Draws the surveys and points of one year of the log; points of dossier criteria come from the log."""
    last = max(part.scene.province.year for part in log)
    surveyed = survey(read_units(registry, year), _stream(seed, year, _ANSWERS))
    measures = measure_year(log, year, date(last, 12, 31))
    scored = score_year(registry, year, last, surveyed, measures, _stream(seed, year, _POINTS))
    return YearOfSurveysAndPoints(surveyed, scored)


def _stream(seed: int, year: int, name: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([seed, year, name]))
