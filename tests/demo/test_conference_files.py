"""The demo's survey forms and workbooks, read independently of the pipeline, give the conference's figures."""

from __future__ import annotations

import csv
import hashlib
import math
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import fastexcel
import pytest

from demo import DemoReport, write_correction, write_demo
from demo.conference import OFFICIAL_PCT, PUBLISHED
from demo.demo import draw_year
from demo.log import draw_log
from ingest.vietnamese.text import normalise_name
from tests.support.deliveries import REGISTRY, agencies_by_alias, read_cells, read_registry, read_rows

DOSSIERS, SEED = 400, 1
ANSWERS = {"Rất hài lòng": 5, "Hài lòng": 4, "Bình thường": 3, "Không hài lòng": 2, "Rất không hài lòng": 1} | {
    **{"RHL": 5, "HL": 4, "BT": 3, "KHL": 2, "RKHL": 1},
    **{str(answer): answer for answer in range(1, 6)},
}
NO_ANSWERS = {"", "0", "9", "Không biết", "Không sử dụng"}
ITEM = re.compile(r"([A-Z]+\d(?:_\d)?)\. ")
FLOORS = {"tot": 85.0, "kha": 70.0, "trung_binh": 50.0, "yeu": 0.0}


class Form(NamedTuple):
    year: int
    agency: str
    questionnaire: str
    is_sampled: bool
    answers: dict[str, int | None]


class Demo(NamedTuple):
    inbox: Path
    report: DemoReport
    forms: list[Form]
    index: dict[tuple[int, str], float]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    inbox = tmp_path_factory.mktemp("conference") / "inbox"
    report = write_demo(inbox, REGISTRY, DOSSIERS, SEED, sources=("survey_responses", "assessments"))
    forms = read_forms(report)
    units: dict[tuple[int, str], list[Form]] = defaultdict(list)
    for form in forms:
        if is_valid(form):
            units[form.year, form.agency].append(form)
    return Demo(inbox, report, forms, {unit: index_pct(listed) for unit, listed in units.items()})


def read_forms(report: DemoReport) -> list[Form]:
    known, forms = agencies_by_alias(), {}
    in_index = {row["item_code"] for row in read_registry("questionnaire_items") if row["is_in_index"] == "1"}
    for file in report.files:
        for row in read_rows(file.path) if file.source == "survey_responses" else []:
            coded = {found[1]: text for header, text in row.items() if (found := ITEM.match(header))}
            answers = {code: ANSWERS.get(text) for code, text in coded.items() if code in in_index}
            assert all(coded[code] in NO_ANSWERS for code, answer in answers.items() if answer is None)
            agency = known[normalise_name(row["Cơ quan, đơn vị được khảo sát"])]
            is_sampled = row["Loại mẫu"] == "Chọn mẫu"
            forms[row["Mã phiếu"]] = Form(file.last.year, agency, row["Mẫu phiếu"], is_sampled, answers)
    return list(forms.values())


def is_valid(form: Form) -> bool:
    answered = sum(answer is not None for answer in form.answers.values())
    return form.is_sampled and 100 * answered >= 66.66 * len(form.answers)


def shares(forms: list[Form]) -> dict[str, tuple[int, int]]:
    """(satisfied, answered) per item."""
    given = {
        code: [form.answers[code] for form in forms if form.answers[code] is not None] for code in forms[0].answers
    }
    return {code: (sum(answer >= 4 for answer in answers if answer), len(answers)) for code, answers in given.items()}


def index_pct(forms: list[Form], factor: str | None = None) -> float:
    """Returns the index of methods §3.1: top2_pooled for hospitals, else top2_weighted with equal weights."""
    items = shares(forms)
    if forms[0].questionnaire == "QHOS":
        return 100 * sum(good for good, _ in items.values()) / sum(n for _, n in items.values())
    factors = defaultdict(list)
    for code, (good, answered) in items.items():
        factors[code[1]].append(good / answered)
    return 100 * (fmean(factors[factor]) if factor else fmean(fmean(listed) for listed in factors.values()))


def of_kind(demo: Demo, year: int, start: str) -> dict[str, float]:
    return {unit: pct for (when, unit), pct in demo.index.items() if when == year and re.match(start, unit)}


def printed(code: str) -> str:
    return next(figure.value for figure in PUBLISHED if figure.code == code)


def vi(value: float, digits: int = 2) -> str:
    return f"{math.floor(value * 10**digits + 0.5) / 10**digits:.{digits}f}".replace(".", ",") + " %"


def test_agencies_give_p1_to_p7(demo: Demo) -> None:
    blocks = {row["agency_id"]: row["block_code"] for row in read_registry("agencies") if row["block_code"]}
    agencies = {year: {a: demo.index[year, a] for a in blocks if (year, a) in demo.index} for year in (2014, 2015)}
    assert [len(listed) for listed in agencies.values()] == [31, 31]
    assert (vi(fmean(agencies[2015].values())), vi(fmean(agencies[2014].values()))) == (printed("P1"), printed("P2"))
    change = {
        block: fmean(agencies[2015][a] - agencies[2014][a] for a in agencies[2015] if blocks[a] == block)
        for block in set(blocks.values())
    }
    assert str(len(change)) == printed("P3")
    assert {block for block, points in change.items() if points > 0.3} == set(change) - {"cong_an", "so"}
    assert {block for block, points in change.items() if points < -0.3} == {"cong_an", "so"}
    so = {a: pct for a, pct in agencies[2015].items() if blocks[a] == "so"}
    assert f"Sở LĐ-TB&XH {vi(so['SLDTBXH'])}" == printed("P6")
    assert f"Sở KH&ĐT {vi(so['SKHDT'])}" == printed("P7")
    assert (max(so, key=lambda a: so[a]), min(so, key=lambda a: so[a])) == ("SLDTBXH", "SKHDT")


def test_communes_give_p8_to_p10_and_two_districts_tie_exactly(demo: Demo) -> None:
    communes = of_kind(demo, 2015, "X")
    assert len(communes) == 137
    assert vi(fmean(communes.values())) == printed("P8")
    district = {row["agency_id"]: row["district_code"] for row in read_registry("agencies")}
    means = {
        code: fmean(pct for unit, pct in communes.items() if district[unit] == code)
        for code in {district[unit] for unit in communes}
    }
    assert means["572"] == pytest.approx(means["574"], abs=1e-9)
    assert vi(means["572"]) == vi(max(means.values())) == printed("P9")[-7:]
    assert sorted(code for code, mean in means.items() if mean > max(means.values()) - 1e-9) == ["572", "574"]
    assert (min(means, key=lambda code: means[code]), vi(means["575"])) == ("575", printed("P10")[-7:])


def test_hospitals_and_stations_give_p11_to_p13(demo: Demo) -> None:
    hospitals = of_kind(demo, 2015, "BV")
    assert f"{len(hospitals)}; {vi(fmean(hospitals.values()), 1)}" == printed("P11")
    assert max(hospitals, key=lambda unit: hospitals[unit]) == "BV08"
    assert min(hospitals, key=lambda unit: hospitals[unit]) == "BV05"
    assert str(len(of_kind(demo, 2015, "T[0-9]"))) == printed("P13")


def test_forms_vary_like_real_ones(demo: Demo) -> None:
    assert 22_000 < len(demo.forms) < 25_000
    valid = [form for form in demo.forms if is_valid(form)]
    assert 0.005 < sum(form.is_sampled for form in demo.forms) / len(valid) - 1 < 0.03
    volunteers = [form for form in demo.forms if not form.is_sampled]
    assert Counter(Counter((form.year, form.agency) for form in volunteers).values()) == {35: 4}
    answers = Counter(answer for form in valid for answer in form.answers.values())
    assert 0.02 < answers[None] / answers.total() < 0.12
    assert all(answers[level] / answers.total() > 0.01 for level in range(1, 6))
    planned = {(int(row["year"]), row["agency_id"]): int(row["n_planned"]) for row in read_registry("survey_frames")}
    delivered = Counter((form.year, form.agency) for form in demo.forms if form.is_sampled)
    assert all(0.9 < delivered[unit] / n <= 1 for unit, n in planned.items())
    by_agency = defaultdict(list)
    for form in valid:
        if form.year == 2015:
            by_agency[form.agency].append(form)
    # The weak points that the report names.
    for agency in ("CA", "BHXH"):
        assert index_pct(by_agency[agency], "1") < min(index_pct(by_agency[agency], factor) for factor in "2345") - 8
    presence = [
        shares(listed)[code] for agency, listed in by_agency.items() if agency[0] == "X" for code in ("C3_1", "C3_5")
    ]
    assert 100 * sum(good for good, _ in presence) / sum(n for _, n in presence) < 74


def test_declared_row_counts_match_the_files(demo: Demo) -> None:
    for file in demo.report.files:
        rows = read_rows(file.path)
        assert len(rows) == file.rows, file.path
        key = "Mã phiếu" if file.source == "survey_responses" else "Mã tiêu chí"
        if file.path.name.startswith(("phieu", "tu_cham")):
            assert len(rows) - len({row[key] for row in rows}) == file.rows_repeated
        if file.path.suffix == ".xlsx":
            cells = read_cells(file.path)
            at = next(number for number, row in enumerate(cells) if key in row)
            below = [row for row in cells[at + 1 :] if any(row)]
            is_double = not cells[at + 1][cells[at].index(key)]
            assert len(below) - is_double == file.rows + file.lines_besides, file.path
    kinds = Counter((file.source, file.path.suffix) for file in demo.report.files)
    assert kinds["assessments", ".xlsx"] == 2 * 42 + 2
    assert kinds["survey_responses", ".xls"] == 1
    assert kinds["survey_responses", ".csv"] == 8 + 8 + 2


def appraised(path: Path, agencies: Iterable[str]) -> dict[str, list[dict[str, str]]]:
    """Returns the rows of each agency, whose name is only in the first of them."""
    known, found = agencies_by_alias(), defaultdict(list)
    agency = ""
    for row in read_rows(path):
        agency = known[normalise_name(row["Đơn vị"])] if row["Đơn vị"] else agency
        found[agency].append(row)
    assert set(found) == set(agencies)
    return found


def test_workbooks_give_p14_with_a_margin_to_the_floors(demo: Demo) -> None:
    log = draw_log(REGISTRY, DOSSIERS, SEED, (2014, 2015))
    dossier_points = {one.agency_id: one for one in draw_year(REGISTRY, log, SEED, 2015).scored}
    valid = defaultdict(list)
    for form in demo.forms:
        if form.year == 2015 and is_valid(form):
            valid[form.agency].append(form)
    ratings: Counter[str] = Counter()
    rows_of = appraised(demo.inbox / "assessments" / "tham_dinh_2015.xlsx", OFFICIAL_PCT)
    for agency, rows in rows_of.items():
        assert len(rows) == 42
        applicable = [row for row in rows if row["Áp dụng"] == "Có"]
        assert all(not row["Thẩm định"] and row["Lý do không áp dụng"] for row in rows if row not in applicable)
        earned = sum(float(row["Thẩm định"] or 0) for row in applicable)
        if agency in valid:
            forms = valid[agency]
            earned += 4 * (index_pct(forms, "2") + index_pct(forms, "3") + index_pct(forms)) / 100
        measured = dossier_points[agency].measured
        earned += sum(points for code, points in measured.items() if code in ("7.4", "7.6", "8.3", "8.4"))
        official = 100 * earned / sum(float(row["Tối đa"]) for row in applicable)
        assert all(abs(official - floor) >= 1.5 for floor in FLOORS.values())
        ratings[next(rating for rating, floor in FLOORS.items() if official >= floor)] += 1
    assert " / ".join(str(ratings[rating]) for rating in FLOORS) == printed("P14")


def test_a_self_assessment_adds_up_and_agrees_with_the_appraisal(demo: Demo) -> None:
    final = appraised(demo.inbox / "assessments" / "tham_dinh_2015.xlsx", OFFICIAL_PCT)
    gaps, commas = [], 0
    for agency, rows in final.items():
        path = demo.inbox / "assessments" / f"tu_cham_{agency}_2015.xlsx"
        cells = read_cells(path)
        assert cells[0][0] == "BẢNG TỰ CHẤM ĐIỂM CẢI CÁCH HÀNH CHÍNH NĂM 2015"
        assert agencies_by_alias()[normalise_name(cells[1][0].removeprefix("Đơn vị: "))] == agency
        commas += any("," in row[3] for row in cells[5:] if re.fullmatch(r"L\d", row[0]))
        own = {row["Mã tiêu chí"]: row for row in read_rows(path)}
        points = {code: float((row["Điểm tự chấm"] or "0").replace(",", ".")) for code, row in own.items()}
        assert list(own) == [row["Mã tiêu chí"] for row in rows]
        for row in cells:
            if re.fullmatch(r"L\d", row[0]):
                of_area = [code for code in own if code.startswith(f"{row[0][1]}.")]
                assert float(row[3].replace(",", ".")) == pytest.approx(sum(points[code] for code in of_area))
        assert {code for code, row in own.items() if row["Áp dụng"] == "Không"} == {
            row["Mã tiêu chí"] for row in rows if row["Áp dụng"] == "Không"
        }
        gaps.append(sum(points.values()) - sum(float(row["Thẩm định"] or 0) for row in rows))
    assert 10 < commas < 32
    assert 1.2 < fmean(gaps) < 4
    assert min(gaps) < 0


def test_a_correction_changes_one_agency_only(demo: Demo, tmp_path: Path) -> None:
    inbox = Path(shutil.copytree(demo.inbox / "assessments", tmp_path / "inbox" / "assessments")).parent
    own, again = write_correction(inbox, REGISTRY, "H571", seed=3)
    assert (own.rows, again.rows) == (42, 42)
    assert read_cells(again.path)[0][0] == "BẢNG THẨM ĐỊNH LẠI ĐIỂM CẢI CÁCH HÀNH CHÍNH NĂM 2015"
    before = appraised(inbox / "assessments" / "tham_dinh_2015.xlsx", OFFICIAL_PCT)["H571"]
    after = appraised(again.path, ["H571"])["H571"]
    gain = [float(b["Thẩm định"] or 0) - float(a["Thẩm định"] or 0) for a, b in zip(before, after, strict=True)]
    assert min(gain) == 0
    assert 3 < sum(gain) <= 5
    with pytest.raises(ValueError, match="KHONGCO"):
        write_correction(inbox, REGISTRY, "KHONGCO", seed=3)


def test_the_same_arguments_give_the_same_forms_and_workbooks(tmp_path: Path) -> None:
    registry = Path(shutil.copytree(REGISTRY, tmp_path / "registry"))
    frames = read_registry("survey_frames")
    few = [row for row in frames if row["agency_id"] in ("SNV", "CA", "X22327", "X22330", "T22327", "BV01")]
    with (registry / "survey_frames.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(frames[0]))
        writer.writeheader()
        writer.writerows(few)
    digests = []
    for name in ("one", "two"):
        report = write_demo(
            tmp_path / name, registry, 200, seed=5, years=(2015,), sources=("survey_responses", "assessments"),
            without_assessments_of=("QDTPT",),
        )  # fmt: skip
        listed = [(file.path, file.path.stat().st_mtime) for file in report.files]
        digests.append([(hashlib.sha256(path.read_bytes()).hexdigest(), when) for path, when in listed])
        assert not [file.path for file in report.files if "QDTPT" in file.path.name]
    assert digests[0] == digests[1]
    sheet = fastexcel.read_excel(tmp_path / "one" / "assessments" / "tham_dinh_2015.xlsx").load_sheet(0)
    assert sheet.total_height > 41 * 42
