"""A correction after the appraisal: one agency delivers its workbook again and is appraised again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import fastexcel
import numpy as np

from demo.assessments import SOURCE, agency_names, write_appraisal, write_self_assessment
from demo.delivered import DeliveredFile, stamp
from demo.province import registry_rows
from demo.scoring import ScoredAgency, read_criteria, read_exclusions

_TITLE = "BẢNG THẨM ĐỊNH LẠI ĐIỂM CẢI CÁCH HÀNH CHÍNH NĂM {year}"
_AGENCY, _CODE, _SELF, _APPRAISED = 1, 2, 5, 6
# Enough to pass a neighbour in the ranking.
_GAIN = 5.0


def write_correction(
    inbox: Path, registry: Path, agency_id: str, seed: int, year: int = 2015
) -> tuple[DeliveredFile, DeliveredFile]:
    """Writes the corrected self-assessment of one agency and its re-appraisal, about five points better.

    The points come from the appraisal workbook of the year that write_demo wrote into `inbox`; `seed` decides which
    criteria are corrected. The rest of the two workbooks is unchanged.

    Raises ValueError when that workbook does not contain the agency, FileNotFoundError when it does not exist.
    """
    names = agency_names(registry, year)
    before = _read_appraised(inbox, registry, agency_id, names.get(agency_id, [""])[0], year)
    rng = np.random.Generator(np.random.PCG64([seed, year, 14]))
    appraised, left = dict(before.appraised), _GAIN
    open_criteria = [c for c in before.criteria if appraised.get(c.code, c.max_points) < c.max_points]
    for at in rng.permutation(len(open_criteria)):
        criterion = open_criteria[at]
        if left >= criterion.max_points - appraised[criterion.code]:
            left -= criterion.max_points - appraised[criterion.code]
            appraised[criterion.code] = criterion.max_points
    own = {code: max(points, appraised[code]) for code, points in before.self_points.items()}
    after = replace(before, appraised=appraised, self_points=own)
    groups = {row["agency_id"]: row["cchc_group"] for row in registry_rows(registry / "agencies.csv")}
    path = inbox / SOURCE / f"tham_dinh_lai_{agency_id}_{year}.xlsx"
    own_file = write_self_assessment(inbox, after, names[agency_id], suffix="_bo_sung")
    again = write_appraisal(path, _TITLE.format(year=year), [after], names, groups)
    stamp([own_file, again])
    return own_file, again


def _read_appraised(inbox: Path, registry: Path, agency_id: str, name: str, year: int) -> ScoredAgency:
    path = inbox / SOURCE / f"tham_dinh_{year}.xlsx"
    if not path.exists():
        raise FileNotFoundError(f"{path}: write_demo has written no appraisal of {year} here")
    sheet = fastexcel.read_excel(path).load_sheet(0, header_row=None, dtypes="string").to_arrow()
    appraised: dict[str, float] = {}
    own: dict[str, float] = {}
    agency = None
    for row in zip(*(column.to_pylist() for column in sheet.columns), strict=True):
        agency = row[_AGENCY] or agency
        if agency == name and row[_CODE] and row[_APPRAISED]:
            appraised[row[_CODE]], own[row[_CODE]] = float(row[_APPRAISED]), float(row[_SELF])
    criteria = read_criteria(registry, year)
    codes = {criterion.code for criterion in criteria}
    appraised = {code: points for code, points in appraised.items() if code in codes}
    if not appraised:
        raise ValueError(f"{path} holds no appraised points of {agency_id}")
    exclusions = read_exclusions(registry, criteria, date(year, 12, 31)).get(agency_id, {})
    own = {code: own[code] for code in appraised}
    return ScoredAgency(year, agency_id, criteria, exclusions, appraised, own, {})
