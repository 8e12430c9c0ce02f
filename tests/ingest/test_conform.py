"""Delivered text -> typed rows, with real files of the demo province's formats."""

from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from ingest.contract import Contract, load_contracts
from ingest.deliver import Conformed, Limits, conform_delivery, write_quarantine
from ingest.privacy import MASK, PseudonymKey
from ingest.readers.headers import HeaderError, match_headers
from ingest.readers.read import UnreadableError
from ingest.registry.registry import write_registry
from warehouse.config import CODE_ROOT

HEADERS = (
    "Mã hồ sơ;Mã TTHC;Đơn vị tiếp nhận;Đơn vị giải quyết;Kênh thực hiện;Ngày tiếp nhận;Ngày kết thúc xử lý;"
    "Trạng thái;Chủ hồ sơ;Số giấy tờ;DeletedOn"
)
GOOD = (
    "STP-15-000001;KH-STP-01;Sở Tư pháp;STP;Trực tuyến;02/03/2015 09:00;10/03/2015 08:30;Đã trả kết quả;LÊ MÔ PHỎNG;{};"
)
KEY = PseudonymKey(b"0123456789abcdef", "k1")


@pytest.fixture(scope="module")
def registry(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("registry")
    write_registry(CODE_ROOT / "dbt_project" / "seeds", folder, date(2016, 12, 31))
    return folder


@pytest.fixture
def contract() -> Contract:
    return load_contracts()["dossiers"]


def conform(path: Path, contract: Contract, registry: Path, name: str = "hoso_20150101_20150630.csv") -> Conformed:
    folder = path.parent / "work"
    folder.mkdir(exist_ok=True)
    return conform_delivery(path, name, contract, KEY, registry, folder, Limits(folder, "1GB", 2))


def write_csv(folder: Path, *rows: str, header: str = HEADERS, bom: bool = True) -> Path:
    path = folder / "hoso.csv"
    path.write_text("\r\n".join([header, *rows]) + "\r\n", encoding="utf-8-sig" if bom else "utf-8", newline="")
    return path


def rows_of(conformed: Conformed) -> list[dict]:
    with duckdb.connect() as connection:
        result = connection.execute(f"select * from '{conformed.batch.candidates}' order by line")
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def quarantined(path: Path, contract: Contract, registry: Path, conformed: Conformed, critical: dict) -> list[tuple]:
    target = path.parent / "rows.parquet"
    concerns = {"DOS-02": ["dossier_code", "received_at"], "DOS-05": ["resolving_agency_id", "applicant_key"]}
    write_quarantine(path, contract, KEY, registry, conformed, critical, concerns, target)
    with duckdb.connect() as connection:
        return connection.execute(f"select line, row_key, rule_codes, detail from '{target}' order by line").fetchall()


def test_a_row_of_a_csv_is_typed_and_its_person_keyed(tmp_path, contract, registry):
    conformed = conform(write_csv(tmp_path, GOOD.format("079123456789")), contract, registry)
    (row,) = rows_of(conformed)
    assert (row["dossier_code"], row["receiving_agency_id"], row["resolving_agency_id"]) == (
        "STP-15-000001",
        "STP",
        "STP",
    )
    assert (row["received_at"], row["finished_at"]) == (datetime(2015, 3, 2, 9), datetime(2015, 3, 10, 8, 30))
    assert (row["channel"], row["status"], row["line"]) == ("online", "returned", 2)
    assert row["applicant_key"].startswith("k1:")
    assert "applicant_name" not in row
    assert conformed.data_until == date(2015, 6, 30)


def test_one_person_has_one_pseudonym_however_the_number_is_written(tmp_path, contract, registry):
    rows = [
        GOOD.format(number).replace("000001", f"00000{n}")
        for n, number in enumerate(("079 123 456 789", "079123456789", "079123456780"))
    ]
    keys = [row["applicant_key"] for row in rows_of(conform(write_csv(tmp_path, *rows), contract, registry))]
    assert keys[0] == keys[1] != keys[2]


def test_a_pseudonym_is_the_documented_hmac(tmp_path, contract, registry):
    # printf 'identity|k1|079123456789' | openssl dgst -sha256 -hmac 0123456789abcdef, first 32 digits
    (row,) = rows_of(conform(write_csv(tmp_path, GOOD.format("079123456789")), contract, registry))
    assert row["applicant_key"] == "k1:7fdcf8061d4fd8a151883baa67eb997b"


def test_labels_match_in_any_spacing_case_and_unicode_form(tmp_path, contract, registry):
    row = GOOD.format("1").replace("Trực tuyến", "TRỰC  TUYẾN").replace("Sở Tư pháp", "Sở Tư pháp")
    (found,) = rows_of(conform(write_csv(tmp_path, row), contract, registry))
    assert (found["channel"], found["receiving_agency_id"]) == ("online", "STP")


def test_an_unknown_label_keeps_its_text_and_an_unknown_agency_is_empty(tmp_path, contract, registry):
    row = GOOD.format("1").replace("Trực tuyến", "Fax").replace(";STP;", ";Sở Không Có;")
    (found,) = rows_of(conform(write_csv(tmp_path, row), contract, registry))
    assert (found["channel"], found["resolving_agency_id"], found["marks"]) == ("Fax", None, None)


def test_a_day_that_does_not_exist_sets_the_row_aside_with_line_column_and_value(tmp_path, contract, registry):
    rows = [GOOD.format("1"), GOOD.format("2").replace("000001", "000002").replace("02/03/2015", "31/04/2015")]
    path = write_csv(tmp_path, *rows)
    conformed = conform(path, contract, registry)
    assert conformed.batch.outcomes == {"rejected": 1}
    assert quarantined(path, contract, registry, conformed, {}) == [
        (
            3,
            "STP-15-000002",
            "ING-02",
            "cột «Ngày tiếp nhận» ghi «31/04/2015 09:00», không phải ngày giờ (dd/mm/yyyy hh:mm)",
        )
    ]


def test_of_what_does_not_parse_only_the_length_is_shown(tmp_path, contract, registry):
    row = GOOD.format("1").replace("02/03/2015 09:00", "3/2015 hỏi 0912345678").replace("10/03/2015 08:30", "mười ba")
    path = write_csv(tmp_path, row)
    ((_, _, codes, detail),) = quarantined(path, contract, registry, conform(path, contract, registry), {})
    kind = "không phải ngày giờ (dd/mm/yyyy hh:mm)"
    assert codes == "ING-02"
    assert detail == (
        f"cột «Ngày tiếp nhận» ghi «{MASK} (21 ký tự)», {kind}; "
        f"cột «Ngày kết thúc xử lý» ghi «{MASK} (7 ký tự)», {kind}"
    )


def test_lines_that_cannot_be_split_are_counted_and_later_lines_keep_their_number(tmp_path, contract, registry):
    rows = [
        GOOD.format("1"),
        "STP-15-000002;chỉ có hai ô",
        GOOD.format("3").replace("000001", "000003") + "thừa;ô",
        GOOD.format("4").replace("000001", "000004").replace("02/03/2015", "30/02/2015"),
    ]
    path = write_csv(tmp_path, *rows)
    conformed = conform(path, contract, registry)
    assert conformed.batch.rows_read == 4
    assert [(row["dossier_code"], row["line"]) for row in rows_of(conformed)] == [
        ("STP-15-000001", 2),
        ("STP-15-000004", 5),
    ]
    found = quarantined(path, contract, registry, conformed, {})
    assert [(line, codes) for line, _, codes, _ in found] == [(3, "ING-01"), (4, "ING-01"), (5, "ING-02")]
    assert "bị cắt ngang" in found[0][3]
    assert "30/02/2015" in found[2][3]


def test_a_quarantined_row_shows_no_person(tmp_path, contract, registry):
    row = GOOD.format("079123456789").replace("STP-15-000001", "079123456789")
    path = write_csv(tmp_path, row)
    conformed = conform(path, contract, registry)
    ((line, row_key, codes, detail),) = quarantined(path, contract, registry, conformed, {2: "DOS-02"})
    assert (line, codes) == (2, "DOS-02")
    assert row_key == f"{MASK} (12 ký tự)"
    assert "079123456789" not in detail
    assert "MÔ PHỎNG" not in detail
    assert detail == f"cột «Mã hồ sơ» ghi «{MASK} (12 ký tự)»; cột «Ngày tiếp nhận» ghi «02/03/2015 09:00»"


def test_a_quarantined_row_shows_the_cells_of_its_rule(tmp_path, contract, registry):
    path = write_csv(tmp_path, GOOD.format("079123456789").replace(";STP;", ";;"))
    conformed = conform(path, contract, registry)
    ((_, _, _, detail),) = quarantined(path, contract, registry, conformed, {2: "DOS-05"})
    assert detail == f"cột «Đơn vị giải quyết» để trống; cột «Số giấy tờ» ghi «{MASK}»"


def test_declared_rows_are_excluded_by_reason_and_repeated_ones_counted(tmp_path, contract, registry):
    good = GOOD.format("1")
    rows = [
        good,
        good,
        good.replace("000001", "000002") + "05/03/2015 10:00",
        good.replace("000001", "000003").replace("LÊ MÔ PHỎNG", "nguyễn văn a"),
        "Tổng cộng;;;;;;;;;;",
    ]
    conformed = conform(write_csv(tmp_path, *rows), contract, registry)
    assert conformed.batch.outcomes == {"duplicate": 1, "excluded:deleted": 1, "excluded:test": 1, "excluded:total": 1}
    with duckdb.connect() as connection:
        aside = dict(connection.execute(f"select outcome, line from '{conformed.batch.set_aside}'").fetchall())
    assert aside["duplicate"] == 2, "the last line of a key is the one that stays"


def test_a_missing_required_column_names_the_nearest_header(tmp_path, contract, registry):
    path = write_csv(tmp_path, GOOD.format("1"), header=HEADERS.replace("Ngày tiếp nhận", "Ngày tiep nhan HS"))
    with pytest.raises(HeaderError, match=r"thiếu cột bắt buộc «Ngày tiếp nhận».*«Ngày tiep nhan HS»") as refused:
        conform(path, contract, registry)
    assert refused.value.rows == 1


def test_two_headers_of_one_column_are_refused(contract):
    headers = [*HEADERS.split(";"), "Số hồ sơ"]
    with pytest.raises(HeaderError, match="«Mã hồ sơ» và «Số hồ sơ» cùng là dossier_code"):
        match_headers(headers, contract)


def test_headers_that_differ_by_a_mark_are_two_headers(contract):
    headers = [*HEADERS.split(";"), "Sổ hồ sơ"]
    with pytest.raises(HeaderError, match=r"không khai báo: «Sổ hồ sơ» \(gần nhất: «Số hồ sơ»\)"):
        match_headers(headers, contract)
    tolerant = contract.model_copy(update={"unknown_headers": "note"})
    assert match_headers(headers, tolerant).unknown == ["Sổ hồ sơ"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"%PDF-1.4\n1 0 obj\n", "đây là tệp PDF, không phải bảng tính"),
        (b"ma ho so,ma tthc\n1,2\n", "không tìm thấy dòng tiêu đề"),
        (b"\x00\x01\x02\x00", "không phải bảng tính"),
        (b"PK\x03\x04 cut off", "không mở được như một bảng tính"),
        (b"  \r\n", "tệp rỗng"),
        ("Mã xã;Mã huyện".encode("utf-16"), "không tìm thấy dòng tiêu đề"),
        ("Größe;Straße\n".encode("cp1252"), "không đọc được như văn bản tiếng Việt"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(content, message, tmp_path, contract, registry):
    path = tmp_path / "x.xlsx"
    path.write_bytes(content)
    with pytest.raises(UnreadableError, match=message):
        conform(path, contract, registry)


def test_a_workbook_keeps_codes_finds_its_header_and_its_period(tmp_path, contract, registry):
    path = tmp_path / "hoso.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet()
        moment = workbook.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        sheet.merge_range("A1:H1", "SỔ THEO DÕI HỒ SƠ")
        sheet.write("A2", "Từ ngày 01/01/2015 Đến ngày 31/03/2015")
        sheet.write_row(3, 0, ["STT", *HEADERS.split(";")[:-1]])
        sheet.write_row(4, 0, [1, *GOOD.format("079123456789").split(";")[:-1]])
        sheet.write_datetime("G5", datetime(2015, 3, 2, 9, 0), moment)
        sheet.write_string("B5", "000123")
        sheet.write_row(5, 0, ["Tổng cộng", 1])
    conformed = conform(path, contract, registry, name="quy1.xlsx")
    row = rows_of(conformed)[0]
    assert (row["dossier_code"], row["received_at"], row["line"]) == ("000123", datetime(2015, 3, 2, 9), 5)
    assert conformed.batch.outcomes == {"excluded:total": 1}
    assert conformed.data_until == date(2015, 3, 31)


@pytest.mark.parametrize(
    ("received", "submitted", "agency"),
    [
        ("02/03/2015", "", "OLD"),
        ("02/03/2015", "02/06/2015", "OLD"),
        ("", "02/03/2015", "OLD"),
        ("31/02/2015", "02/03/2015", "OLD"),
        ("", "", "NEW"),
        ("31/02/2015", "", "NEW"),
        ("31/02/2015", "32/02/2015", "NEW"),
        ("", None, "NEW"),
        ("02/03/2010", "02/03/2015", None),
    ],
)
def test_a_name_is_valid_on_the_first_known_day_of_its_row(tmp_path, contract, received, submitted, agency):
    changed = date(2015, 4, 1)
    aliases = [("Sở Tư pháp", "OLD", date(2011, 1, 1), changed), ("Sở Tư pháp", "NEW", changed, None)]
    table = pa.table(
        [list(c) for c in zip(*aliases, strict=True)], names=["alias", "agency_id", "valid_from", "valid_to"]
    )
    pq.write_table(table, tmp_path / "agency_aliases.parquet")
    header = "Mã hồ sơ;Mã TTHC;Đơn vị tiếp nhận;Đơn vị giải quyết;Ngày tiếp nhận;Ngày kết thúc xử lý;Trạng thái"
    row = f"STP-15-000001;KH-STP-01;Sở Tư pháp;Sở Tư pháp;{received};;Đang xử lý"
    if submitted is not None:
        header, row = f"{header};Ngày nộp", f"{row};{submitted}"
    (found,) = rows_of(conform(write_csv(tmp_path, row, header=header), contract, tmp_path))
    assert (found["resolving_agency_id"], found["receiving_agency_id"]) == (agency, agency)
