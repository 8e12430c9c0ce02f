"""Filled-in survey forms: one row per form in the file, one row per answered question in the landing."""

from datetime import date
from pathlib import Path

import pytest

from ingest.contract import load_contracts
from ingest.deliver import write_quarantine
from ingest.readers.headers import HeaderError
from tests.support.small_files import (
    KEY,
    candidates_of,
    conform_file,
    land,
    select,
    write_small_registry,
    write_workbook,
)

CONTRACT = load_contracts()["survey_responses"]
HEADERS = [
    "Mã phiếu",
    "Cơ quan, đơn vị được khảo sát",
    "Mẫu phiếu",
    "Phiên bản",
    "Ngày phỏng vấn",
    "Hình thức khảo sát",
    "Loại mẫu",
    "Cấp điều tra",
    "Điều tra viên",
    "Họ tên người trả lời",
    "Góp ý khác",
    "A1_1. Nơi ngồi chờ đủ chỗ, sạch, thoáng",
    "Câu A1_2",
    "A0_1",
    "A0_2 Số lần đi lại",
    "A0_5",
    "HA1",
]
FORM = [
    "P1",
    "Sở Nội vụ",
    "QADM",
    "v1",
    "03/08/2015",
    "Họp nhóm",
    "Tự nguyện",
    "Tỉnh",
    "LÊ MÔ PHỎNG 1",
    "TRẦN MÔ PHỎNG",
]
NAME = "phieu_20150801_20151130.csv"


@pytest.fixture(scope="module")
def registry(tmp_path_factory) -> Path:
    return write_small_registry(tmp_path_factory.mktemp("registry"))


def form(code: str, *answers: str, **changes: str) -> list[str]:
    """A line of the file; answers to A1_1, A1_2, A0_1, then columns that are not read, then HA1."""
    fixed = dict(zip(HEADERS, FORM, strict=False)) | {"Mã phiếu": code} | changes
    return [*fixed.values(), "góp ý 0912345678", *answers]


def write_csv(folder: Path, *rows: list[str], header: list[str] = HEADERS) -> Path:
    path = folder / NAME
    path.write_text("".join(";".join(row) + "\r\n" for row in [header, *rows]), encoding="utf-8", newline="")
    return path


def items_of(path: Path) -> list[tuple]:
    rows = select(f"select form_id, item_code, answer, missing_reason from '{path}' order by all")
    return [tuple(row.values()) for row in rows]


def test_a_form_lands_with_the_items_of_its_own_questionnaire_version(tmp_path, registry):
    path = write_csv(
        tmp_path,
        form("P1", "4", "Rất  hài lòng", "Không biết", "7", "lời góp ý", ""),
        form("P2", "1", "5", "5", "", "", "3", **{"Phiên bản": "v2"}),
        form("P3", "", "", "", "", "", "0", **{"Mẫu phiếu": "QHOS"}),
    )
    conformed = conform_file(path, CONTRACT, registry)
    target, count = land(conformed, CONTRACT)
    assert count == 3
    assert items_of(target) == [
        ("P1", "A0_1", None, "dont_know"),
        ("P1", "A1_1", 4, None),
        ("P1", "A1_2", 5, None),
        ("P2", "A1_1", 5, None),
        ("P3", "HA1", None, "not_used"),
    ]
    described = [(row["column_name"], row["column_type"]) for row in select(f"describe select * from '{target}'")]
    assert described == CONTRACT.landing_schema()
    (first,) = select(f"select * from '{target}' where form_id = 'P1' and item_code = 'A1_1'")
    assert (first["agency_id"], first["interviewed_date"], first["line"]) == ("SNV", date(2015, 8, 3), 2)
    assert (first["channel"], first["sampling_basis"], first["investigator_level"]) == (
        "group_meeting",
        "volunteer",
        "province",
    )
    assert conformed.data_until == date(2015, 11, 30)
    assert conformed.ignored_headers == [], "item columns of free text are known, and not read"


def test_two_ticks_are_invalid_and_an_empty_cell_is_blank(tmp_path, registry):
    answers = [("4,5", " "), ("4; 5", ""), ("4.5", "\u00a0"), ("Hài lòng và rất hài lòng", "-")]
    header = [*HEADERS[:12], "A1_2"]
    rows = [form(f"P{n}", f'"{two}"', empty) for n, (two, empty) in enumerate(answers)]
    conformed = conform_file(write_csv(tmp_path, *rows, header=header), CONTRACT, registry)
    found = select(f"select line, item_code, missing_reason from '{conformed.batch.items}' order by all")
    assert [row["missing_reason"] for row in found] == ["invalid", "blank"] * 3 + ["invalid", "unmapped"]


def test_an_answer_that_no_scale_knows_names_its_cell_and_never_lands(tmp_path, registry):
    path = write_csv(
        tmp_path,
        form("P1", "4", "Tốt 0912345678", "4", "", "", ""),
        form("P2", "4", "4", "4", "", "", ""),
        form("P3", "4", "4", "8", "", "", "", **{"Ngày phỏng vấn": "31/09/2015"}),
    )
    conformed = conform_file(path, CONTRACT, registry)
    critical = {2: "SUR-09"}
    target, count = land(conformed, CONTRACT, critical)
    assert count == 1
    assert {row[0] for row in items_of(target)} == {"P2"}
    rows = path.parent / "rows.parquet"
    concerns = {"SUR-09": ["form_id"]}
    assert write_quarantine(path, CONTRACT, KEY, registry, conformed, critical, concerns, rows) == 2
    details = {row["line"]: row["detail"] for row in select(f"select line, detail from '{rows}'")}
    assert details == {
        2: "cột «Mã phiếu» ghi «P1»; cột «A1_2» ghi «••• (14 ký tự)»",
        4: "cột «Ngày phỏng vấn» ghi «31/09/2015», không phải ngày (dd/mm/yyyy)",
    }


def test_a_file_without_a_question_of_the_index_is_held(tmp_path, registry):
    path = write_csv(tmp_path, form("P1", "4"), header=HEADERS[:12])
    with pytest.raises(HeaderError, match=r"thiếu cột câu hỏi «A1_2» \(QADM v1\)") as refused:
        conform_file(path, CONTRACT, registry)
    assert refused.value.rows == 1
    with pytest.raises(HeaderError, match="không có cột câu hỏi nào"):
        conform_file(write_csv(tmp_path, form("P1"), header=HEADERS[:11]), CONTRACT, registry)


def test_a_form_of_an_unknown_questionnaire_is_not_lost(tmp_path, registry):
    path = write_csv(tmp_path, form("P1", "4", "4", "4", "", "", "", **{"Mẫu phiếu": "QLẠ"}))
    target, count = land(conform_file(path, CONTRACT, registry), CONTRACT)
    assert (count, items_of(target)) == (1, [("P1", None, None, None)])


def test_broken_and_repeated_lines_keep_items_at_their_form(tmp_path, registry):
    path = write_csv(
        tmp_path,
        form("P1", "1", "1", "1", "", "", ""),
        ["P0", "cắt ngang"],
        form("P2", "2", "2", "2", "", "", ""),
        form("P1", "3", "3", "3", "", "", ""),
    )
    conformed = conform_file(path, CONTRACT, registry)
    assert (conformed.batch.rows_read, conformed.batch.outcomes) == (4, {"duplicate": 1})
    target, count = land(conformed, CONTRACT)
    assert count == 2
    rows = select(f"select distinct form_id, line, answer from '{target}' order by line")
    assert [tuple(row.values()) for row in rows] == [("P2", 4, 2), ("P1", 5, 3)], "the last line of a form stays"


def test_nothing_of_a_person_reaches_the_candidates_or_items(tmp_path, registry):
    path = write_csv(
        tmp_path,
        form("P1", "4", "4", "4", "3", "lời riêng", ""),
        form("P2", "4", "4", "4", "3", "lời riêng", "", **{"Điều tra viên": "TÔ MÔ PHỎNG 1"}),
    )
    conformed = conform_file(path, CONTRACT, registry)
    rows = [*candidates_of(conformed), *select(f"select * from '{conformed.batch.items}'")]
    shown = str(rows)
    assert not [text for text in ("MÔ PHỎNG", "0912345678", "lời riêng", "A0_2", "A0_5") if text in shown]
    keys = {row["investigator_key"] for row in candidates_of(conformed)}
    assert len(keys) == 2
    assert all(key.startswith("k1:") for key in keys), "two people with the same number in their names"


def test_questions_below_a_merged_header_and_a_form_named_above_the_table(tmp_path, registry):
    path = write_workbook(
        tmp_path / "phieu.xlsx",
        [
            ["KẾT QUẢ KHẢO SÁT MỨC ĐỘ HÀI LÒNG NĂM 2015"],
            ["Mẫu phiếu:", "QADM", None, "Phiên bản: v1"],
            ["Đơn vị: Sở Tư pháp"],
            ["Số phiếu", "Ngày khảo sát", "F1. Tiếp cận dịch vụ"],
            [None, None, "A1_1", "A1_2"],
            ["P1", "15/09/2015", 4, 5],
        ],
    )
    conformed = conform_file(path, CONTRACT, registry)
    (row,) = candidates_of(conformed)
    assert (row["agency_id"], row["questionnaire_id"], row["questionnaire_version"]) == ("STP", "QADM", "v1")
    assert (row["line"], conformed.data_until) == (6, date(2015, 12, 31))
    target, _ = land(conformed, CONTRACT)
    assert items_of(target) == [("P1", "A1_1", 4, None), ("P1", "A1_2", 5, None)]
