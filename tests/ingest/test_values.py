"""Numbers, dates and missing values as senders write them, and the values that land."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ingest.contract import Column, Contract, load_contracts
from ingest.readers.headers import match_headers
from ingest.registry.items import ItemBook
from ingest.values.cell_sql import failed_sql, landed_sql, parse_sql
from ingest.vietnamese.text import normalise_header, normalise_name
from warehouse.config import CODE_ROOT

patient = settings(deadline=None, max_examples=60)
REJECTED = "rejected"


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def column(**options) -> Column:
    return Column.model_validate({"name": "x", "headers": ["X"], **options})


def read(connection, declared: Column, text: str | None):
    """Returns the landed value of one cell, or REJECTED."""
    typed = parse_sql(declared, "cell")
    query = f"select {typed}, {failed_sql(declared, typed, 'cell')} from (select $cell::varchar as cell)"
    value, is_rejected = connection.execute(query, {"cell": text}).fetchall()[0]
    return REJECTED if is_rejected else value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("659.245", 659245),
        ("1 234 567", 1234567),
        ("1\u00a0234", 1234),
        ("-12.000", -12000),
        ("'0123", 123),
        (" 007 ", 7),
        ("3,0", 3),
        (None, None),
        ("  ", None),
        ("1.5", REJECTED),
        ("12.34.567", REJECTED),
        ("1.234 567", REJECTED),
        ("1e3", REJECTED),
        ("1_000", REJECTED),
        ("12 34", REJECTED),
        ("99999999999999999999", REJECTED),
    ],
)
def test_an_integer(connection, text, value):
    assert read(connection, column(type="integer"), text) == value


COMMA = {"type": "decimal", "decimal_mark": ","}
PERCENT = {"type": "decimal", "unit": "percent"}


@pytest.mark.parametrize(
    ("options", "text", "value"),
    [
        ({"type": "decimal"}, "75,47", "75.47"),
        ({"type": "decimal"}, "81.20", "81.2"),
        ({"type": "decimal"}, "1.234", "1.234"),
        ({"type": "decimal"}, "'4,5", "4.5"),
        ({"type": "decimal"}, "1.234,5", REJECTED),
        ({"type": "decimal"}, "2/3", REJECTED),
        # Six decimals are kept, more are never rounded unseen; the seventeenth digit of a computed sum is nobody's.
        ({"type": "decimal"}, "1.264113", "1.264113"),
        ({"type": "decimal"}, "-0,000001", "-0.000001"),
        ({"type": "decimal"}, "2.5000000000", "2.5"),
        ({"type": "decimal"}, "2.6666667", REJECTED),
        ({"type": "decimal"}, "2.6296296296296298", REJECTED),
        ({"type": "decimal"}, "0.30000000000000004", "0.3"),
        ({"type": "decimal"}, "29.999999999999996", "30"),
        ({"type": "decimal"}, "1.00000000000000000000000000000000000001", "1"),
        (COMMA, "1,5", "1.5"),
        (COMMA, "1.5", REJECTED),
        (COMMA | {"thousands": True}, "1.234,5", "1234.5"),
        (COMMA | {"thousands": True}, "1 234,5", "1234.5"),
        (COMMA | {"thousands": True}, "1234", "1234"),
        (COMMA | {"thousands": True}, "12.34", REJECTED),
        (COMMA | {"decimal_mark": ".", "thousands": True}, "1,234.5", "1234.5"),
        (PERCENT, "84,54 %", "84.54"),
        (PERCENT, "84.54%", "84.54"),
        (PERCENT, "84,54", "84.54"),
        (PERCENT, "0", "0"),
        (PERCENT, "0,5 %", "0.5"),
        (PERCENT, "0,8454", REJECTED),
        (PERCENT, "-0,8454", REJECTED),
        (PERCENT, "84,54 % %", REJECTED),
        (PERCENT | {"ratio": True}, "0,8454", "84.54"),
        (PERCENT | {"ratio": True}, "0.846153", "84.6153"),
        (PERCENT | {"ratio": True}, "1", "100"),
        (PERCENT | {"ratio": True}, "0,5 %", "0.5"),
        (PERCENT | {"ratio": True}, "84,54", "84.54"),
    ],
)
def test_a_decimal(connection, options, text, value):
    found = read(connection, column(**options), text)
    assert found == (value if value == REJECTED else Decimal(value))


@patient
@given(st.integers(-(10**15), 10**15), st.sampled_from([".", " ", "\u00a0", ""]))
def test_any_integer_written_in_groups_is_read(connection, number, separator):
    assert read(connection, column(type="integer"), f"{number:,}".replace(",", separator)) == number


@patient
@given(st.decimals(-(10**9), 10**9, places=4), st.booleans())
def test_any_vietnamese_decimal_is_read(connection, number, is_grouped):
    written = f"{number:,.4f}".translate(str.maketrans(",.", ".,"))
    declared = column(**COMMA, thousands=is_grouped)
    assert read(connection, declared, written if is_grouped else written.replace(".", "")) == number


@patient
@given(st.decimals(-1000, 1000, places=2))
def test_any_percentage_with_its_sign_is_read(connection, number):
    assert read(connection, column(**PERCENT), f"{number:.2f}".replace(".", ",") + " %") == number


TWO = r"(?P<count>\d+) \((?P<value>[\d,]+)\)"


@pytest.mark.parametrize(
    ("options", "text", "value"),
    [
        ({"type": "decimal", "pattern": TWO}, "01 (0,727)", Decimal("0.727")),
        ({"type": "integer", "pattern": r"(?P<value>\d+) \(.*\)"}, " 01 (0,727) ", 1),
        ({"type": "decimal", "pattern": TWO}, "01", REJECTED),
        ({"type": "decimal", "pattern": TWO}, "01 (0,727) x", REJECTED),
        ({"type": "integer", "pattern": "(?P<value>[0-9]+) ĐƠN VỊ"}, "12 đơn vị", 12),
    ],
)
def test_two_values_in_one_cell(connection, options, text, value):
    assert read(connection, column(**options), text) == value


MOMENTS = {"type": "timestamp", "formats": ["%d/%m/%Y %H:%M", "%H:%M %d/%m/%Y", "%d/%m/%Y", "ngày %d tháng %m năm %Y"]}


IN_WORDS = {
    "type": "timestamp",
    "formats": [
        "%H giờ %M phút, ngày %d tháng %m năm %Y",
        "ngày %d tháng %m năm %Y %H:%M",
        "%Hh%M %d/%m/%Y",
    ],
}


@pytest.mark.parametrize(
    ("options", "text", "value"),
    [
        (MOMENTS, "13/03/2026 10:56", datetime(2026, 3, 13, 10, 56)),
        (MOMENTS, "10:56 13/03/2026", datetime(2026, 3, 13, 10, 56)),
        (MOMENTS, "Ngày 15 tháng 8  năm 2025", datetime(2025, 8, 15)),
        (MOMENTS, "nga\u0300y 15 tha\u0301ng 8 na\u0306m 2025", datetime(2025, 8, 15)),
        (MOMENTS, "'15/08/2025", datetime(2025, 8, 15)),
        (MOMENTS, "ngày 31 tháng 4 năm 2025", REJECTED),
        (MOMENTS, "31/04/2025", REJECTED),
        (MOMENTS, "08/15/2025", REJECTED),
        (MOMENTS, "01/02/2025 03/02/2025", REJECTED),
        (MOMENTS, "01/02/2025, 03/02/2025", REJECTED),
        (MOMENTS, "25/2/16", REJECTED),
        (MOMENTS, "42005", REJECTED),
        (MOMENTS, "01/01/0001", None),
        (MOMENTS, "1900-01-01 00:00:00", None),
        (MOMENTS, "(null)", None),
        (MOMENTS, "05/03/2015\u00a009:00", datetime(2015, 3, 5, 9)),
        (MOMENTS, "#N/A", REJECTED),
        ({"type": "date", "formats": ["%d/%m/%Y", "%d/%m/%y"]}, "25/2/16", date(2016, 2, 25)),
        ({"type": "date", "formats": ["%d/%m/%Y", "%d/%m/%y"]}, "25/2/2016", date(2016, 2, 25)),
        ({"type": "date", "formats": ["%d/%m/%Y", "excel_serial"]}, "42005", date(2015, 1, 1)),
        ({"type": "timestamp", "formats": ["excel_serial"]}, "42005.375", datetime(2015, 1, 1, 9)),
        ({"type": "timestamp", "formats": ["excel_serial"]}, "42005,375", datetime(2015, 1, 1, 9)),
        ({"type": "date", "formats": ["excel_serial"]}, "2015", REJECTED),
        ({"type": "date", "formats": ["excel_serial"]}, "01/01/2015", REJECTED),
        (IN_WORDS, "10 giờ 56 phút, ngày 15 tháng 8 năm 2025", datetime(2025, 8, 15, 10, 56)),
        (IN_WORDS, "NGÀY 15 THÁNG 8 NĂM 2025 10:56", datetime(2025, 8, 15, 10, 56)),
        (IN_WORDS, "10h56 15/08/2025", datetime(2025, 8, 15, 10, 56)),
        (IN_WORDS, "25 giờ 00 phút, ngày 15 tháng 8 năm 2025", REJECTED),
        (IN_WORDS, "15/08/2025", REJECTED),
    ],
)
def test_a_moment(connection, options, text, value):
    assert read(connection, column(**options), text) == value


@patient
@given(st.datetimes(datetime(1930, 1, 1), datetime(2170, 1, 1)).map(lambda moment: moment.replace(microsecond=0)))
def test_any_moment_is_read_in_every_notation(connection, moment):
    minute = moment.replace(second=0)
    declared = column(**{**MOMENTS, "formats": [*MOMENTS["formats"], "excel_serial"]})
    assert read(connection, declared, f"{minute:%d/%m/%Y %H:%M}") == minute
    assert read(connection, declared, f"{minute:%H:%M %d/%m/%Y}") == minute
    words = f"Ngày {moment.day} tháng {moment.month} năm {moment.year}"
    assert read(connection, declared, words) == datetime(moment.year, moment.month, moment.day)
    serial = (moment - datetime(1899, 12, 30)) / timedelta(days=1)
    assert read(connection, declared, f"{serial:.10f}") == moment


DECLARED = [column for contract in load_contracts().values() for column in contract.columns]
DATED = [(column, form) for column in DECLARED for form in column.formats]
NUMBERS = [column for column in DECLARED if column.type in ("integer", "decimal") and not column.pattern]


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(DATED),
    st.datetimes(datetime(1931, 1, 1), datetime(2170, 1, 1)),
    st.sampled_from(["{}", "'{}", " {}\u00a0"]),
)
def test_a_moment_in_a_declared_format_is_read(connection, dated, moment, around):
    declared, form = dated
    written = moment.strftime(form)
    # A format without seconds or time of day cannot carry them.
    meant = datetime.strptime(written, form)
    meant = meant.replace(second=0) if declared.by_minute else meant
    value = meant.date() if declared.type == "date" else meant
    assert read(connection, declared, around.format(written)) == value


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(NUMBERS), st.integers(0, 10**10), st.integers(0, 4), st.sampled_from(",."), st.booleans())
def test_a_number_in_a_declared_notation_is_read(connection, declared, digits, places, mark, signed):
    is_whole = declared.type == "integer"
    number = Decimal(digits).scaleb(0 if is_whole else -places)
    sign = " %" if declared.unit == "percent" and signed else ""
    if declared.unit == "percent" and 0 < number < 1 and not sign:
        number += 1
    grouped = f"{number:,}".replace(",", ".") if is_whole else f"{number:f}".replace(".", declared.decimal_mark or mark)
    assert read(connection, declared, grouped + sign) == number


@pytest.mark.parametrize("declared", NUMBERS, ids=lambda declared: declared.name)
def test_a_word_is_not_a_number_in_any_contract(connection, declared):
    assert read(connection, declared, "mười hai") == REJECTED


def province_scales() -> ItemBook:
    scales: dict[str, dict[str, str]] = {}
    with (CODE_ROOT / "dbt_project" / "seeds" / "scale_labels.csv").open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            scales.setdefault(row["scale"], {})[normalise_name(row["label"])] = row["answer"] or row["missing_reason"]
    return ItemBook(scales=scales)


@pytest.mark.parametrize(
    ("cells", "straight", "turned"),
    [
        (["4", " 4 ", "4\u00a0"], "4", "2"),
        (["1"], "1", "5"),
        (["Hài lòng", "HÀI  LÒNG", "hài lo\u0300ng", "HL", "hl"], "4", "4"),
        (["Rất không hài lòng", "RKHL"], "1", "1"),
        (["Không biết", "9"], "dont_know", "dont_know"),
        (["Không sử dụng", "0"], "not_used", "not_used"),
        (["", " ", "99"], "blank", "blank"),
        (["4,5", "4 và 5", "HL; RHL", "4.5"], "invalid", "invalid"),
        (["Tạm được", "6", "-1"], "unmapped", "unmapped"),
    ],
)
def test_an_answer_is_a_digit_a_label_or_initials_and_a_reversed_scale_turns_digits(cells, straight, turned):
    book = province_scales()
    for cell in cells:
        assert (book.reader("sat5")(cell), book.reader("sat5_reversed")(cell)) == (straight, turned), cell


MISSING = {"missing": {"not_applicable": ["KAD", "x"], "unknown": ["Không biết"], "blank": [""]}}


@pytest.mark.parametrize(
    ("text", "value", "reason"),
    [
        ("kad", None, "not_applicable"),
        (" X ", None, "not_applicable"),
        ("KHÔNG BIẾT", None, "unknown"),
        ("Kho\u0302ng bie\u0302\u0301t", None, "unknown"),
        (None, None, "blank"),
        ("0", 0, None),
        ("không có", REJECTED, None),
    ],
)
def test_a_missing_value_keeps_its_reason(connection, text, value, reason):
    declared = column(type="integer", **MISSING)
    assert read(connection, declared, text) == value
    landed = landed_sql(declared, is_present=True, is_opposite=False)
    row = connection.execute(
        f"select {landed} from (select $cell::varchar as x, {parse_sql(declared, '$cell::varchar')} as typed_x) as p",
        {"cell": text},
    ).fetchall()[0]
    assert row == (None if value == REJECTED else value, reason)


@pytest.mark.parametrize(
    ("text", "value"), [("'022366", "022366"), ("'1.10", "1.10"), ("'tên'", "'tên'"), ("2.002092", "2.002092")]
)
def test_a_code_loses_only_the_apostrophe_of_the_spreadsheet(connection, text, value):
    assert read(connection, column(), text) == value


@pytest.mark.parametrize(
    "options",
    [
        {"type": "integer", "decimal_mark": ","},
        {"type": "decimal", "thousands": True},
        {"type": "text", "unit": "percent"},
        {"type": "decimal", "ratio": True},
        {"type": "text", "pattern": "(?P<value>.)"},
        {"type": "decimal", "pattern": "(.)"},
        {"type": "text", "formats": ["%Y"]},
        {"type": "text", "missing": {"unknown": ["?"]}, "personal": "name", "treatment": "key"},
    ],
)
def test_an_option_unknown_to_the_type_raises(options):
    with pytest.raises(ValidationError):
        column(**options)


def contract(*columns: dict) -> Contract:
    about = dict.fromkeys(("title_vi", "title_en", "owner", "cadence", "grain"), "-")
    return Contract.model_validate(
        {"source": "s", "version": "1", **about, "load_mode": "append", "key": ["code"], "columns": list(columns)}
    )


CODE = {"name": "code", "headers": ["Số hồ sơ"], "required": True}


def test_two_columns_read_one_cell_by_pattern_and_land_with_missing_reasons():
    one = {"name": "total", "type": "integer", "headers": ["Kết quả"], "pattern": r"(?P<value>\d+) \(.*\)", **MISSING}
    other = {"name": "score", "type": "decimal", "headers": ["Kết quả"], "pattern": TWO}
    declared = contract(CODE, one, other)
    assert match_headers(["Kết quả", "Số hồ sơ"], declared).positions == {"total": 0, "score": 0, "code": 1}
    assert [name for name, _ in declared.value_schema()] == ["code", "total", "total_missing_reason", "score"]


def test_headers_match_for_any_tone_mark_position_but_not_without_the_mark():
    assert normalise_header("Văn hoá") == normalise_header("VĂN HÓA")
    assert normalise_header("Uỷ ban") == normalise_header("Ủy ban")
    assert normalise_header("Số hồ sơ") != normalise_header("Sổ hồ sơ")
    declared = contract(CODE, {"name": "h", "headers": ["Hoà giải"]}).model_copy(update={"unknown_headers": "note"})
    found = match_headers(["Sổ hồ sơ", "SỐ HỒ SƠ", "Hòa giải"], declared)
    assert (found.positions, found.unknown) == ({"code": 1, "h": 2}, ["Sổ hồ sơ"])
