from __future__ import annotations

import hashlib
import re
import zipfile
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import fastexcel
import pytest

from demo import write_bench, write_demo, write_trouble
from demo.log import draw_log
from demo.measures import measure_year
from demo.scene import set_scene
from ingest.vietnamese.text import normalise_name
from tests.support.deliveries import (
    BEFORE,
    DOSSIER_CSV_HEADER,
    REGISTRY,
    Log,
    agencies_by_alias,
    is_real,
    moment,
    personal_values,
    read_csv_cells,
    read_log,
    read_registry,
    read_rows,
    read_sheet_cells,
)

OTHER_PROVINCE = Path(__file__).resolve().parents[1] / "provinces" / "three_agencies" / "registry"
DOSSIERS = 6000
LOG = ("dossiers", "dossier_events")
AS_OF = datetime(2015, 12, 31, 23, 59)
SHEET_HEADER = (
    "STT;Số hồ sơ;Mã TTHC;Đơn vị tiếp nhận;Đơn vị;Đơn vị trả kết quả;Hình thức nộp;Hồ sơ điện tử;Ngày nộp;"
    "Ngày tiếp nhận;Ngày hẹn trả kết quả;Ngày có kết quả;Ngày trả kết quả;Trạng thái;Chủ hồ sơ;Số giấy tờ;"
    "Số điện thoại;Địa chỉ;Trích yếu;Người nhận hồ sơ"
)
EVENT_HEADER = "Mã hồ sơ;Loại sự kiện;Thời điểm;Đơn vị;Số văn bản;Ngày hẹn mới;Người thực hiện"
OPEN = {"Được tiếp nhận", "Đang xử lý", "Yêu cầu bổ sung", "Chờ nghĩa vụ tài chính"}
PAUSES = {"Yêu cầu bổ sung": "Đã bổ sung", "Thông báo thuế": "Đã nộp thuế", "Tạm dừng": "Tiếp tục"}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    inbox = tmp_path_factory.mktemp("demo") / "inbox"
    return read_log(inbox, write_demo(inbox, REGISTRY, DOSSIERS, seed=1, years=(2015,), sources=LOG))


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_demo(tmp_path / name, REGISTRY, 400, seed=5, years=(2015,), sources=LOG)
        write_trouble(tmp_path / name, REGISTRY, seed=5)
        write_bench(tmp_path / name / "bench", REGISTRY, 900, seed=5, chunk=400)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    assert len(digests(tmp_path / "one")) == 12 + 1 + 5 + 2


def test_another_seed_gives_another_year(tmp_path: Path) -> None:
    for seed in (5, 6):
        write_demo(tmp_path / str(seed), REGISTRY, 400, seed=seed, years=(2015,), sources=LOG)
    five, six = digests(tmp_path / "5"), digests(tmp_path / "6")
    assert [name for name in five if five[name] == six[name]] == ["README.txt"]


def test_a_csv_has_bom_crlf_semicolons_and_quotes_where_needed(log: Log) -> None:
    for source, header in (("dossiers", DOSSIER_CSV_HEADER), ("dossier_events", EVENT_HEADER)):
        paths = sorted((log.inbox / source).glob("*.csv"))
        assert [path.name[-21:-4] for path in paths] == ["20150101_20150630", "20150701_20151231"]
        for path in paths:
            data = path.read_bytes()
            assert data.startswith(b"\xef\xbb\xbf" + header.encode() + b"\r\n")
            assert data.count(b"\n") == data.count(b"\r\n") == len(read_csv_cells(path))
            assert data.endswith(b"\r\n")
            assert {len(row) for row in read_csv_cells(path)} == {len(header.split(";"))}
    summaries = [row["Trích yếu"] for row in log.rows.values()]
    assert any(";" in text and '"' in text for text in summaries)


def test_a_workbook_has_merged_titles_a_header_below_and_a_total(log: Log) -> None:
    for source, header in (("dossiers", SHEET_HEADER), ("dossier_events", EVENT_HEADER)):
        for quarter, (first, last) in enumerate(
            [("01/01", "31/03"), ("01/04", "30/06"), ("01/07", "30/09"), ("01/10", "31/12")], 1
        ):
            (path,) = (log.inbox / source).glob(f"*_huyen_2015_quy{quarter}.xlsx")
            cells = read_sheet_cells(path)
            assert cells[0][0].startswith("SỔ THEO DÕI")
            assert cells[1][0] == f"Từ ngày {first}/2015 Đến ngày {last}/2015"
            assert cells[2][0] == "DỮ LIỆU MÔ PHỎNG – không phải hồ sơ thật"
            assert ";".join(cells[3 if quarter <= 2 else 4]) == header
            assert cells[-1][:2] == ["Tổng cộng", str(len(read_rows(path)))]
            with zipfile.ZipFile(path) as package:
                assert package.read("xl/worksheets/sheet1.xml").count(b"<mergeCell ") == 3
                # Any other time would be the time of writing, which makes two runs differ.
                dates = re.findall(rb"\d{4}-\d\d-\d\dT[^<]+", package.read("docProps/core.xml"))
                assert set(dates) == {b"2016-01-01T00:00:00Z"}
                assert {entry.date_time for entry in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_workbook_mixes_real_dates_and_text(log: Log) -> None:
    path = log.inbox / "dossiers" / "hoso_huyen_2015_quy1.xlsx"
    sheet = fastexcel.read_excel(path).load_sheet(0, header_row=3).to_arrow()
    kinds = {name: str(sheet.schema.field(name).type) for name in sheet.schema.names}
    assert all(kinds[name].startswith("timestamp") for name in ("Ngày tiếp nhận", "Ngày hẹn trả kết quả"))
    assert all("string" in kinds[name] for name in ("Ngày nộp", "Ngày có kết quả", "Số hồ sơ", "Số giấy tờ"))
    assert re.fullmatch(r"\d\d:\d\d \d\d/\d\d/2015", sheet["Ngày có kết quả"].drop_null()[0].as_py())


def test_the_report_counts_match_the_files(log: Log) -> None:
    assert log.report.dossiers == DOSSIERS == len(log.rows)
    assert log.report.events == sum(map(len, log.events.values()))
    assert log.report.as_of == date(2015, 12, 31)
    assert {file.path for file in log.report.files} == set(log.inbox.rglob("*.csv")) | set(log.inbox.rglob("*.xlsx"))
    for file in log.report.files:
        rows = read_rows(file.path)
        assert file.rows == len(rows)
        assert file.total_lines == (file.path.suffix == ".xlsx")
        if file.source == "dossiers":
            deleted = sum(1 for row in rows if row.get("DeletedOn"))
            assert file.rows_deleted == deleted
            assert file.rows_test == sum(1 for row in rows if not is_real(row)) - deleted
    assert sum(file.rows_test for file in log.report.files) > 0
    assert sum(file.rows_deleted for file in log.report.files) > 0


def test_a_file_repeats_exactly_the_declared_rows(log: Log) -> None:
    for file in log.report.files:
        rows = read_rows(file.path)
        copies = Counter(tuple(value for header, value in row.items() if header != "STT") for row in rows)
        keys = Counter(
            (row["Mã hồ sơ"], row["Loại sự kiện"], row["Thời điểm"])
            if file.source == "dossier_events"
            else row.get("Mã hồ sơ", row.get("Số hồ sơ"))
            for row in rows
        )
        assert len(rows) - len(copies) == len(rows) - len(keys) == file.rows_repeated
        assert file.rows_repeated == (3 if file.path.suffix == ".csv" else 0)


def test_a_dossier_open_at_the_end_of_a_period_is_in_the_next_export(log: Log) -> None:
    halves = [
        {row["Mã hồ sơ"]: row for row in read_rows(log.inbox / "dossiers" / f"hoso_{name}.csv") if is_real(row)}
        for name in ("20150101_20150630", "20150701_20151231")
    ]
    unfinished = {code for code, row in halves[0].items() if row["Trạng thái"] in OPEN}
    assert len(unfinished) > 50
    assert unfinished <= set(halves[1])
    assert all(not halves[0][code]["Ngày kết thúc xử lý"] for code in unfinished)
    ended = [code for code in unfinished if halves[1][code]["Ngày kết thúc xử lý"]]
    assert len(ended) > len(unfinished) / 2
    assert min(moment(halves[1][code]["Ngày kết thúc xử lý"]) for code in ended) > datetime(2015, 6, 30, 23, 59)
    same = ("Mã TTHC", "Ngày nộp", "Ngày tiếp nhận", "Ngày hẹn trả", "Số giấy tờ", "Chủ hồ sơ", "Kênh thực hiện")
    assert all(halves[0][code][header] == halves[1][code][header] for code in unfinished for header in same)


def test_no_file_contains_events_after_its_period(log: Log) -> None:
    past = (
        "Ngày nộp",
        "Ngày tiếp nhận",
        "Ngày có kết quả",
        "Ngày kết thúc xử lý",
        "Ngày trả",
        "Thời điểm",
        "DeletedOn",
    )
    for file in log.report.files:
        shown = [moment(row[header]) for row in read_rows(file.path) for header in past if row.get(header)]
        end = datetime.combine(file.last, datetime.max.time())
        assert end - timedelta(days=4) < max(shown) <= end


def test_every_real_row_is_valid(log: Log) -> None:
    known, in_force = agencies_by_alias(), read_registry("procedures")
    code = re.compile(r"(?P<agency>.+)-15(?:\d{4})?-\d{6}")
    for row in log.rows.values():
        received = moment(row["Ngày tiếp nhận"])
        day = received.date().isoformat()
        assert any(
            p["procedure_code"] == row["Mã TTHC"]
            and p["valid_from"] <= day < (p["valid_to"] or "9999")
            and row.get("Tên TTHC", p["procedure_name"]) == p["procedure_name"]
            for p in in_force
        )
        agencies = [known[normalise_name(row[f"Đơn vị {act}"])] for act in ("tiếp nhận", "giải quyết", "trả kết quả")]
        assert code.fullmatch(row["Mã hồ sơ"])["agency"] == agencies[0]  # type: ignore[index]
        ended, returned = row["Ngày kết thúc xử lý"], row["Ngày trả"]
        assert moment(row["Ngày nộp"]) <= received < moment(row["Ngày hẹn trả"])
        assert not ended or moment(ended) > received
        assert not returned or moment(returned) > moment(ended)
        assert bool(ended) == (row["Trạng thái"] not in OPEN)
        assert bool(returned) == (row["Trạng thái"] == "Đã trả kết quả")
        assert row["Kênh thực hiện"] in {"Trực tiếp", "Trực tuyến", "Bưu chính công ích"}
        assert row["Hồ sơ điện tử"] in {"Có", "Không", ""}


def test_code_numbers_follow_the_order_of_receipt_per_agency(log: Log) -> None:
    counts: Counter[str] = Counter()
    latest: dict[str, str] = {}
    listed: dict[str, datetime] = {}
    for file in log.report.files:
        if file.source == "dossiers":
            for row in read_rows(file.path):
                listed[row.get("Mã hồ sơ") or row["Số hồ sơ"]] = moment(row["Ngày tiếp nhận"])
    for code in sorted(listed, key=lambda code: (code.split("-")[0], code[-6:])):
        agency, sequence = code.split("-")[0], int(code[-6:])
        counts[agency] += 1
        assert sequence == counts[agency]
        assert agency not in latest or listed[latest[agency]] <= listed[code]
        latest[agency] = code


def test_events_follow_the_dossier(log: Log) -> None:
    assert set(log.events) <= set(log.rows)
    known = agencies_by_alias()
    for file in log.report.files:
        if file.source == "dossier_events":
            for row in read_rows(file.path):
                assert normalise_name(row["Đơn vị"]) in known
                assert bool(row["Ngày hẹn mới"]) == (row["Loại sự kiện"] == "Xin lỗi và hẹn lại")
    for code, row in ((code, row) for code, row in log.rows.items() if code in log.events):
        events = dict(log.events[code])
        if events.get("Mở lại", datetime.min) > events.get("Kết thúc xử lý", datetime.max):
            del events["Kết thúc xử lý"]
        assert events["Tiếp nhận"] == moment(row["Ngày tiếp nhận"]) == min(events.values())
        for stop, resume in PAUSES.items():
            assert resume not in events or min(events[stop], events.get(stop + BEFORE, events[stop])) < events[resume]
        for event_type, header in (("Kết thúc xử lý", "Ngày kết thúc xử lý"), ("Trả kết quả", "Ngày trả")):
            assert event_type not in events or events[event_type] == moment(row[header])
        assert ("Rút hồ sơ" in events) == (row["Trạng thái"] == "Công dân rút hồ sơ")
        assert ("Kết thúc xử lý" in events) == (
            row["Trạng thái"] in {"Đã xử lý xong", "Đã trả kết quả"} or "Thông báo từ chối" in events
        )
        assert "Thông báo từ chối" not in events or row["Trạng thái"] == "Dừng xử lý"
        ended = moment(row["Ngày kết thúc xử lý"]) if row["Ngày kết thúc xử lý"] else AS_OF
        assert all(
            when <= ended for kind, when in events.items() if kind not in {"Trả kết quả", "Mời nhận kết quả sớm"}
        )


def test_every_person_is_recognisably_synthetic(log: Log) -> None:
    values = personal_values(log.inbox)
    assert len(values) > DOSSIERS
    invented = re.compile(r"mô phỏng|công vụ|@example\.vn$|^99\d{7}$|^999\d{9}$|^0900\d{6}$", re.IGNORECASE)
    assert [value for value in values if not invented.search(value)] == []
    shapes = [r"99\d{7}", r"999\d{9}", r"0900\d{6}", r".+@example\.vn", r"Số \d+ đường Mô Phỏng \d+"]
    assert all(any(re.fullmatch(shape, value) for value in values) for shape in shapes)
    summaries = [row["Trích yếu"] for row in log.rows.values()]
    assert any(row["Số điện thoại"] and row["Số điện thoại"] in row["Trích yếu"] for row in log.rows.values())
    assert any(row["Số giấy tờ"] in row["Trích yếu"] for row in log.rows.values())
    assert all(summaries)
    assert "SYNTHETIC DATA" in (log.inbox / "README.txt").read_text(encoding="utf-8")


def test_a_bench_file_is_one_year_written_in_chunks(tmp_path: Path) -> None:
    write_bench(tmp_path, REGISTRY, 2500, seed=3, chunk=1000)
    dossiers = read_rows(tmp_path / "dossiers" / "hoso_20150101_20151231.csv")
    events = read_rows(tmp_path / "dossier_events" / "sukien_20150101_20151231.csv")
    assert ";".join(dossiers[0]) == DOSSIER_CSV_HEADER
    assert len({row["Mã hồ sơ"] for row in dossiers}) == len(dossiers) == 2500
    received = [moment(row["Ngày tiếp nhận"]) for row in dossiers]
    assert received == sorted(received)
    assert 3.8 < len(events) / len(dossiers) < 4.6
    with_events = {row["Mã hồ sơ"] for row in events}
    assert with_events <= {row["Mã hồ sơ"] for row in dossiers}
    assert len(with_events) > 0.97 * len(dossiers)
    assert len({(row["Mã hồ sơ"], row["Loại sự kiện"], row["Thời điểm"]) for row in events}) == len(events)
    # Chunks are drawn independently: none may be a copy of another.
    assert dossiers[0]["Ngày tiếp nhận"] != dossiers[1000]["Ngày tiếp nhận"]
    people = [[row["Số giấy tờ"] for row in dossiers[first : first + 1000]] for first in (0, 1000)]
    assert people[0] != people[1]


def test_two_years_are_one_log(tmp_path: Path) -> None:
    report = write_demo(tmp_path, REGISTRY, 1001, seed=1, years=(2014, 2015), sources=LOG)
    log = read_log(tmp_path, report)
    assert Counter(code.split("-")[1][:2] for code in log.rows) == {"14": 500, "15": 501}
    assert report.events == sum(map(len, log.events.values()))
    last, first = (
        {row["Mã hồ sơ"]: row for row in read_rows(tmp_path / "dossiers" / f"hoso_{name}.csv") if is_real(row)}
        for name in ("20140701_20141231", "20150101_20150630")
    )
    unfinished = {code for code, row in last.items() if row["Trạng thái"] in OPEN}
    assert len(unfinished) > 10
    assert unfinished <= set(first)
    assert any(first[code]["Ngày kết thúc xử lý"] for code in unfinished)


def test_a_code_with_a_seventh_digit_raises() -> None:
    scene = set_scene(REGISTRY, seed=1, year=2015)
    with pytest.raises(ValueError, match="too many"):
        scene.receipts(500, date(2015, 1, 1), date(2015, 12, 31), first_sequence=999_990)


def test_another_registry_and_year_give_a_different_province(tmp_path: Path) -> None:
    report = write_demo(tmp_path, OTHER_PROVINCE, 200, seed=1, years=(2024,))
    rows = [row for file in report.files if file.source == "dossiers" for row in read_rows(file.path)]
    codes = {row.get("Mã hồ sơ") or row["Số hồ sơ"] for row in rows}
    assert {code[:10] for code in codes} == {"T99.01-24-", "T99.02-24-", "T99.03-24-"}
    assert report.as_of == date(2024, 12, 31)


def test_a_year_without_agencies_raises(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="2015 no agency has both a one-stop and a procedure"):
        write_demo(tmp_path, OTHER_PROVINCE, 10, seed=1, years=(2015,))


def test_every_agency_of_a_small_demo_has_all_measures_of_dossier_criteria() -> None:
    log = draw_log(REGISTRY, 400, seed=1, years=(2014, 2015))
    has_one_stop = {
        row["agency_id"] for row in read_registry("agencies") if row["has_one_stop"] == "1" and row["cchc_group"]
    }
    for year in (2014, 2015):
        measured = measure_year(log, year, date(2015, 12, 31))
        for measure in ("on_time_pct", "e_dossier_pct"):
            assert {agency for agency, name in measured if name == measure} == has_one_stop
