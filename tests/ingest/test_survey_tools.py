"""Exports of survey tools: question texts as headers, constants in the path, numbers that a tool does not give."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.contract import load_contracts
from ingest.readers.headers import HeaderError
from tests.support.small_files import candidates_of, conform_file, select, write_small_registry, write_workbook

CONTRACT = load_contracts()["survey_responses"]
PERIOD = "_20150801_20151130"
PLACE, LIGHT = "Nơi ngồi chờ có đủ chỗ không?", "Trang thiết bị phục vụ thế nào?"
TEXTS = [("QADM", "v1", PLACE, "A1_1"), ("QADM", "v1", LIGHT, "A1_2"), ("QADM", "v1", "Ông/Bà nộp ở đâu?", "A0_5")]


@pytest.fixture(scope="module")
def registry(tmp_path_factory) -> Path:
    folder = write_small_registry(tmp_path_factory.mktemp("registry"))
    names = ["questionnaire_id", "questionnaire_version", "question_text", "item_code"]
    # QHOS asks the same question under its own code.
    rows = [*TEXTS, ("QHOS", "v1", PLACE, "HA1")]
    pq.write_table(pa.table(dict(zip(names, zip(*rows, strict=True), strict=True))), folder / "question_texts.parquet")
    return folder


def write(path: Path, *rows: list[str]) -> Path:
    path.write_text("\n".join(",".join(f'"{cell}"' for cell in row) for row in rows), encoding="utf-8")
    return path


def answers_of(conformed) -> list[tuple]:
    rows = select(f"select line, item_code, answer, missing_reason from '{conformed.batch.items}' order by all")
    return [tuple(row.values()) for row in rows]


def test_google_forms_has_question_texts_moments_and_numbered_labels(tmp_path, registry):
    header = ["Dấu thời gian", "Địa chỉ email", f"1. {PLACE}", f"Đánh giá chung [{LIGHT}]", "Ông/Bà nộp ở đâu?"]
    rows = [
        ["05/08/2015 9:01:22", "a@example.vn", "5 - Rất hài lòng", "4. Hài lòng", "Trực tiếp, Trực tuyến"],
        ["2015/08/06 9:01:22 SA GMT+7", "b@example.vn", "Rất hài lòng", "5 - Hài lòng", ""],
        ["05/08/2015 9:01:22", "c@example.vn", "Không biết", "4,5", ""],
    ]
    name = f"don-vi Sở Nội vụ/mau QADM phien-ban v1{PERIOD}.csv"
    conformed = conform_file(write(tmp_path / "bieu_mau.csv", header, *rows), CONTRACT, registry, name)
    found = candidates_of(conformed)
    assert [(row["agency_id"], row["questionnaire_id"], row["interviewed_date"]) for row in found] == [
        ("SNV", "QADM", date(2015, 8, 5)),
        ("SNV", "QADM", date(2015, 8, 6)),
        ("SNV", "QADM", date(2015, 8, 5)),
    ]
    assert [row["form_id"] for row in found] == [
        "QADM · v1 · Sở Nội vụ · 05/08/2015 9:01:22",
        "QADM · v1 · Sở Nội vụ · 2015/08/06 9:01:22 SA GMT+7",
        "QADM · v1 · Sở Nội vụ · 05/08/2015 9:01:22 #2",
    ]
    assert answers_of(conformed) == [
        (2, "A1_1", 5, None),
        (2, "A1_2", 4, None),
        (3, "A1_1", 5, None),
        (3, "A1_2", None, "unmapped"),
        (4, "A1_1", None, "dont_know"),
        (4, "A1_2", None, "invalid"),
    ]


def test_a_moment_whose_order_of_day_and_month_is_unknown_sets_its_row_aside(tmp_path, registry):
    header, rows = (
        ["Timestamp", PLACE, LIGHT],
        [["8/5/2015 9:01:22", "5", "5"], ["2015/08/05 9:01:22 AM GMT+7", "5", "5"]],
    )
    name = f"don-vi Sở Nội vụ/mau QADM/phien-ban v1{PERIOD}.csv"
    conformed = conform_file(write(tmp_path / "form.csv", header, *rows), CONTRACT, registry, name)
    assert conformed.batch.outcomes == {"rejected": 1}
    assert [(row["line"], row["interviewed_date"]) for row in candidates_of(conformed)] == [(3, date(2015, 8, 5))]


def test_kobotoolbox_has_groups_choices_and_columns_of_its_own(tmp_path, registry):
    header = ["start", "end", "today", "Cơ quan", "Mẫu phiếu", "Phiên bản", "nhom_1/A1_1", f"nhom_1/{LIGHT}"]
    header += ["A0_5", "A0_5/truc_tiep", "A0_5/qua_mang", "__version__", "_id", "_uuid", "_submission_time", "_index"]
    moments = ["2015-08-05T23:50:00.000+07:00", "2015-08-06T00:05:00.000+07:00", "2015-08-05"]
    row = [*moments, "Sở Tư pháp", "QADM", "v1", "4", "5", "truc_tiep qua_mang", "1", "1", "vX", "17", "u-1"]
    path = write_workbook(tmp_path / f"kobo{PERIOD}.xlsx", [header, [*row, "2015-08-05T17:06:00", "1"]])
    conformed = conform_file(path, CONTRACT, registry)
    (found,) = candidates_of(conformed)
    assert (found["form_id"], found["interviewed_date"]) == ("u-1", date(2015, 8, 5))
    assert answers_of(conformed) == [(2, "A1_1", 4, None), (2, "A1_2", 5, None)]
    assert conformed.ignored_headers == []


def test_limesurvey_numbers_each_survey_from_one(tmp_path, registry):
    header = ["id. Response ID", "submitdate. Date submitted", "lastpage. Last page", "seed. Seed"]
    header += [f"B1[SQ001]. Đánh giá [{PLACE}]", f"B1[SQ002]. Đánh giá [{LIGHT}]", "A0_5[SQ001]", "A0_5[SQ002]"]
    rows = [["1", "2015-08-05 09:01:22", "3", "99", "5", "4", "Y", ""]]
    ids = []
    for agency in ("Sở Nội vụ", "Sở Tư pháp"):
        name = f"don-vi {agency}/mau-QADM_phien-ban-v1{PERIOD}.csv"
        conformed = conform_file(write(tmp_path / "results.csv", header, *rows), CONTRACT, registry, name)
        ids.append(candidates_of(conformed)[0]["form_id"])
        assert answers_of(conformed) == [(2, "A1_1", 5, None), (2, "A1_2", 4, None)]
    assert ids == ["QADM · v1 · Sở Nội vụ · 1", "QADM · v1 · Sở Tư pháp · 1"]


def test_a_contract_may_say_what_no_file_says(tmp_path, registry):
    said = {"questionnaire_id": "QHOS", "questionnaire_version": "v1", "agency_id": "Sở Nội vụ"}
    columns = [column.model_copy(update={"constant": said.get(column.name)}) for column in CONTRACT.columns]
    contract = CONTRACT.model_copy(update={"columns": columns})
    path = write(tmp_path / f"f{PERIOD}.csv", ["Dấu thời gian", PLACE], ["05/08/2015 9:01:22", "5"])
    conformed = conform_file(path, contract, registry)
    assert [row["agency_id"] for row in candidates_of(conformed)] == ["SNV"]
    assert answers_of(conformed) == [(2, "HA1", 5, None)]


def test_a_question_without_code_that_no_table_knows_holds_the_file(tmp_path, registry):
    path = write(
        tmp_path / f"mau QADM phien-ban v1{PERIOD}.csv", ["Dấu thời gian", "Cơ quan", PLACE, LIGHT, "Vệ sinh?"]
    )
    with path.open("a", encoding="utf-8") as handle:
        handle.write('\n"05/08/2015 9:01:22","Sở Nội vụ","5","5","5"\n')
    with pytest.raises(HeaderError, match="không khai báo: «Vệ sinh\\?»"):
        conform_file(path, CONTRACT, registry)
