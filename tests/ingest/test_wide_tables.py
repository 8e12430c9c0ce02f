"""Tables as decisions print them: a row per agency and a column per criterion, or per area that is one criterion."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from ingest.contract import load_contracts
from ingest.deliver import Conformed
from ingest.readers.headers import HeaderError
from tests.support.small_files import candidates_of, conform_file, write_small_registry, write_workbook

CONTRACT = load_contracts()["assessments"]
TITLE = "TỔNG HỢP KẾT QUẢ THẨM ĐỊNH ĐIỂM CCHC NĂM 2018"
CRITERIA = [
    ("C01", "Chỉ đạo, điều hành", "I", "Lĩnh vực một"),
    ("C02", "Thể chế", "II", "Lĩnh vực hai"),
    ("3.1", "Bộ máy", "III", "Lĩnh vực ba"),
    ("3.2", "Biên chế", "III", "Lĩnh vực ba"),
]


@pytest.fixture(scope="module")
def registry(tmp_path_factory) -> Path:
    folder = write_small_registry(tmp_path_factory.mktemp("registry"))
    names = ["criterion_code", "criterion_name", "area_code", "area_name"]
    table = pa.table(dict(zip(names, map(list, zip(*CRITERIA, strict=True)), strict=True)))
    for name, value in (("set_id", "S"), ("scored_by", "appraisal")):
        table = table.append_column(name, pa.array([value] * len(CRITERIA)))
    pq.write_table(table, folder / "criteria.parquet")
    agencies = pq.read_table(folder / "agencies.parquet")
    own = agencies.filter(pc.equal(agencies["agency_id"], "SNV"))
    other = own.set_column(0, "agency_id", pa.array(["STP"]))
    pq.write_table(pa.concat_tables([own, other]), folder / "agencies.parquet")
    return folder


def points_of(conformed: Conformed) -> list[tuple]:
    names = ("agency_id", "criterion_code", "max_points", "self_points", "appraised_points")
    return [tuple(row[name] for name in names) for row in candidates_of(conformed)]


SNV, STP = "Sở Nội vụ", "Sở Tư pháp"
READ = [
    ("SNV", "C01", Decimal(10), None, Decimal("9.5")),
    ("STP", "C01", Decimal(10), None, Decimal(8)),
    ("SNV", "C02", Decimal(5), None, Decimal(4)),
    ("STP", "C02", Decimal(5), None, None),
]


def test_maxima_stand_in_the_headers_and_totals_are_left_out(tmp_path, registry):
    header = ["TT", "Đơn vị", "Chỉ đạo, điều hành (10)", "C02 (tối đa 5 điểm)", "Tổng điểm", "Chỉ số (%)", "Xếp hạng"]
    rows = [["A", "CÁC SỞ"], [1, SNV, 9.5, 4, 13.5, 90, 1], [2, STP, 8, None, 8, 53.3, 2]]
    path = write_workbook(tmp_path / "tham_dinh_2018.xlsx", [[TITLE], header, *rows])
    conformed = conform_file(path, CONTRACT, registry)
    assert points_of(conformed) == READ
    assert conformed.batch.outcomes == {"excluded:group": 2}
    assert [conformed.sheet.place_of(row["line"]) for row in candidates_of(conformed)] == [
        "cột «Chỉ đạo, điều hành (10)», dòng 4",
        "cột «Chỉ đạo, điều hành (10)», dòng 5",
        "cột «C02 (tối đa 5 điểm)», dòng 4",
        "cột «C02 (tối đa 5 điểm)», dòng 5",
    ]


def test_maxima_stand_in_a_row_and_areas_are_criteria(tmp_path, registry):
    path = tmp_path / "tham_dinh_2018.csv"
    lines = [TITLE, "Đơn vị;Lĩnh vực một;Lĩnh vực hai", "Điểm tối đa;10;5", f"{SNV};9,5;4", f"{STP};8;"]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert points_of(conform_file(path, CONTRACT, registry)) == READ


def test_a_table_of_self_scores_per_sheet(tmp_path, registry):
    header = ["Đơn vị", "C01 (10)", "C02 (5)"]
    sheets = [[["TỔNG HỢP ĐIỂM TỰ CHẤM NĂM 2018"], header, [name, 9, 4]] for name in (SNV, STP)]
    path = write_workbook(tmp_path / "tu_cham_2018.xlsx", *sheets, names=["Khối 1", "Khối 2"])
    conformed = conform_file(path, CONTRACT, registry)
    assert [(agency, code, own) for agency, code, _, own, _ in points_of(conformed)] == [
        ("SNV", "C01", 9),
        ("SNV", "C02", 4),
        ("STP", "C01", 9),
        ("STP", "C02", 4),
    ]


def test_points_of_an_area_with_several_criteria_cannot_be_divided(tmp_path, registry):
    rows = [[TITLE], ["TT", "Đơn vị", "Lĩnh vực hai", "Lĩnh vực ba"], [1, SNV, 4, 9]]
    path = write_workbook(tmp_path / "tham_dinh_2018.xlsx", rows)
    with pytest.raises(HeaderError, match="mỗi lĩnh vực một cột: các lĩnh vực «Lĩnh vực ba»") as refused:
        conform_file(path, CONTRACT, registry)
    assert refused.value.rows == 1
