from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pytest

from reports.format import format_count_vi, format_date_vi, format_decimal_vi, format_month_vi
from reports.page.charts import on_time_scale, round_up
from reports.page.night import Group, OnTime
from reports.page.summary import LOADS_SHOWN, write_summary
from tests.support.conference_marts import EMPTY_MARTS

PUBLICATION = "0002-20160131-3f2a9c1b"

MARTS = """
CREATE SCHEMA core; CREATE SCHEMA timeliness; CREATE SCHEMA quality;
CREATE TABLE core.agency AS FROM (VALUES
    ('STP', 'Sở Tư pháp', 'Sở TP', 'so', CAST(NULL AS VARCHAR)), ('SXD', 'Sở Xây dựng', 'Sở XD', 'so', NULL),
    ('H568', 'UBND TP Nha Trang', 'Nha Trang', 'huyen', NULL))
    AS agency(agency_id, agency_name, short_name, unit_kind, parent_agency_id);
CREATE TABLE quality.publications AS FROM (VALUES
    ('0002-20160131-3f2a9c1b', TIMESTAMP '2016-02-01 02:00:00'), ('0001-20151231-00000000', '2016-01-01 02:00:00'))
    AS publication(publication_id, built_at),
    (SELECT '2015.1' AS method_version, DATE '2016-01-31' AS as_of_date);
CREATE TABLE core.label AS FROM (VALUES
    ('unit_kind', 'huyen', 'UBND cấp huyện', 3), ('unit_kind', 'so', 'Sở, ban, ngành', 1),
    ('verdict_status', 'accepted', 'Đã tiếp nhận', 1), ('verdict_status', 'held', 'Tạm giữ, chờ kiểm tra', 2),
    ('severity', 'critical', 'Nghiêm trọng', 1), ('severity', 'warning', 'Cảnh báo', 2))
    AS label(list_name, value, label_vi, sort_order);
CREATE TABLE quality.load_ledger AS FROM (VALUES
    (1, 'dossiers', 'cũ.csv', 50, 50, 0, 0, 0, 0, 'accepted', NULL),
    (2, 'dossiers', 'hồ sơ <tháng 1>.csv', 12455, 12440, 3, 5, 7, 0, 'accepted', NULL),
    (3, 'dossiers', 'thiếu cột.csv', 400, 0, 0, 0, 0, 400, 'held', 'thiếu cột "Ngày tiếp nhận"'))
    AS load(load_seq, source, original_name, rows_read, rows_accepted, rows_quarantined, rows_duplicate, rows_excluded,
        rows_held, verdict_status, reason);
CREATE TABLE quality.rule_results AS FROM (VALUES
    (1, NULL, 'dossiers', 'DOS-99', 'critical', 50, 9, 'Đêm trước.'),
    (2, NULL, 'dossiers', 'DOS-11', 'warning', 12448, 41, 'Ngày hẹn trả hợp lý.'),
    (2, NULL, 'dossiers', 'DOS-07', 'critical', 12448, 3, 'Không trả trước khi nhận.'),
    (3, NULL, 'dossiers', 'DOS-11', 'warning', 400, 4, 'Ngày hẹn trả hợp lý.'),
    (2, NULL, 'dossiers', 'DOS-01', 'critical', 12448, 0, 'Mã hồ sơ là duy nhất.'),
    (NULL, '0001-20151231-00000000', 'timeliness.x', 'MRT-01', 'warning', 36, 36, 'Bản trước.'),
    (NULL, '0002-20160131-3f2a9c1b', 'timeliness.x', 'MRT-02', 'warning', 36, 1, 'Bản này.'))
    AS rule(load_seq, publication_id, source, rule_code, severity, n_evaluated, n_failed, statement);
CREATE TABLE timeliness.on_time_by_agency_month (
    month DATE, agency_id VARCHAR, n_carried_over BIGINT, n_received BIGINT, n_finished BIGINT, n_withdrawn BIGINT,
    n_stopped BIGINT, n_early BIGINT, n_on_time BIGINT, n_late BIGINT, n_open BIGINT, n_open_overdue BIGINT,
    n_due_cohort BIGINT, n_due_on_time BIGINT, on_time_pct DOUBLE, ci_lo DOUBLE, ci_hi DOUBLE, as_of_date DATE
);
CREATE TABLE timeliness.overdue_ageing AS FROM (VALUES
    ('STP', '1-5', 6, 4), ('STP', '21-60', 2, 31), ('SXD', '1-5', 40, 5), ('SXD', 'over 60', 5, 88))
    AS stock(agency_id, age_class, n_open_overdue, oldest_overdue_days);
"""


def month_row(month: date, agency: str, due: int, on_time: int, **others: Any) -> tuple[Any, ...]:
    """Returns a month of an agency that finished `on_time` dossiers in time and left the rest open."""
    row = {
        "month": month,
        "agency_id": agency,
        "n_carried_over": 5,
        "n_received": due + 1,
        "n_finished": on_time,
        "n_withdrawn": 1,
        "n_stopped": 0,
        "n_early": on_time // 2,
        "n_on_time": on_time - on_time // 2,
        "n_late": 0,
        "n_open": 6 + due - on_time,
        "n_open_overdue": due - on_time,
        "n_due_cohort": due,
        "n_due_on_time": on_time,
        "on_time_pct": 100 * on_time / due if due else None,
        "ci_lo": None,
        "ci_hi": None,
        "as_of_date": date(2016, 1, 31),
    }
    return tuple((row | others).values())


WINDOW = [date(2015, month, 1) for month in range(2, 13)] + [date(2016, 1, 1)]


def month_rows() -> list[tuple[Any, ...]]:
    """Returns twelve months of three agencies, plus an older and a future month that must not count."""
    rows = [month_row(month, "STP", 100, 90) for month in WINDOW[:-1]]
    rows.append(month_row(WINDOW[-1], "STP", 107, 99, n_late=8, n_finished=107, ci_lo=85.949, ci_hi=96.25))
    rows += [month_row(month, "SXD", 1000, 955) for month in WINDOW]
    rows += [month_row(month, "H568", 0, 0) for month in WINDOW]
    return [*rows, month_row(date(2015, 1, 1), "STP", 900, 0), month_row(date(2016, 2, 1), "STP", 900, 0)]


class Page(HTMLParser):
    """The page's tables by id, its pictures, and all its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.tables: dict[str, list[list[str]]] = {}
        self.pictures: list[dict[str, str]] = []
        self.words: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self._rows: list[list[str]] | None = None
        self._inside: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self.attributes += named.items()
        if tag in ("meta", "br"):
            return
        self._inside.append(tag)
        if tag == "table":
            self._rows = self.tables.setdefault(named["id"], [])
        elif tag == "tr" and self._rows is not None:
            self._rows.append([])
        elif tag in ("th", "td") and self._rows is not None:
            self._rows[-1].append("")
        elif tag == "svg" and named.get("role") == "img":
            self.pictures.append({})

    def handle_endtag(self, tag: str) -> None:
        assert self._inside.pop() == tag
        if tag in ("th", "td") and self._rows:
            self._rows[-1][-1] = " ".join(self._rows[-1][-1].split())
        if tag == "table":
            self._rows = None

    def handle_data(self, data: str) -> None:
        inside = self._inside[-1] if self._inside else ""
        if inside == "style":
            return
        self.words.append(data)
        if self._rows and {"th", "td"} & set(self._inside):
            self._rows[-1][-1] += data
        if inside in ("title", "desc") and "svg" in self._inside:
            self.pictures[-1][inside] = data

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def page_of(
    folder: Path, *, loads: Sequence[int] | None = (2, 3), statement: str = "SELECT 1", undrawn: Sequence[str] = ()
) -> Page:
    """Returns the page after `statement` changed the marts; `undrawn` are the parts that cannot be drawn then."""
    database, target = folder / "warehouse.duckdb", folder / "summary.html"
    with duckdb.connect(str(database)) as connection:
        connection.execute(MARTS)
        connection.execute(EMPTY_MARTS)
        rows = month_rows()
        places = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO timeliness.on_time_by_agency_month VALUES ({places})", rows)
        connection.execute(statement)
    faults = write_summary(database, target, province="Tỉnh Thử & Nghiệm", loads=loads)
    assert list(faults) == list(undrawn)
    return Page(target.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    return page_of(tmp_path_factory.mktemp("summary"))


def test_the_header_names_province_data_date_and_method_version(page: Page) -> None:
    for text in ("Tỉnh Thử & Nghiệm", "31/01/2016", PUBLICATION, "2015.1"):
        assert text in page.text
    assert '<html lang="vi">' in page.html


def test_twelve_months_are_pooled_by_counts(page: Page) -> None:
    rows = {row[0]: row[1:] for row in page.tables["on-time-table"]}
    # 11 x 90 + 99 of 11 x 100 + 107; completed 11 x 90 + 107, in time 11 x 90 + 99.
    assert rows["Sở Tư pháp"] == ["1.207", "90,2%", "1.097", "99,3%", "8", "107", "92,5%", "85,9–96,3"]
    assert rows["Sở Xây dựng"] == ["12.000", "95,5%", "11.460", "100,0%", "45", "1.000", "95,5%", "–"]
    assert rows["Toàn tỉnh"] == ["13.207", "95,0%", "12.557", "99,9%", "53", "1.107", "95,2%", "–"]


def test_an_agency_without_dossiers_due_has_no_rate(page: Page) -> None:
    rows = {row[0]: row[1:] for row in page.tables["on-time-table"]}
    assert rows["UBND TP Nha Trang"] == ["0", "..", "0", "..", "0", "0", "..", "–"]
    assert "không có hồ sơ đến hạn" in page.text


def test_agencies_are_grouped_and_sorted_by_rate(page: Page) -> None:
    names = [row[0] for row in page.tables["on-time-table"][2:]]
    assert names == ["Toàn tỉnh", "Sở, ban, ngành", "Sở Xây dựng", "Sở Tư pháp", "UBND cấp huyện", "UBND TP Nha Trang"]
    assert "đây không phải xếp hạng" in page.text


def test_stock_and_flow_equal_the_mart(page: Page) -> None:
    _, first, *_, last = page.tables["stock-flow-table"]
    assert first == ["02/2015", "15", "1.103", "1.045", "3", "73", "55"]
    assert last == ["01/2016", "15", "1.110", "1.062", "3", "71", "53"]
    assert len(page.tables["stock-flow-table"]) == 1 + len(WINDOW)


def test_the_files_of_the_night_are_listed_with_their_verdicts(page: Page) -> None:
    assert page.tables["loads-table"][1:] == [
        ["dossiers-2", "dossiers", "Đã tiếp nhận", "12.455", "12.440", "3", "5", "7", "0"],
        ["dossiers-3", "dossiers", "Tạm giữ, chờ kiểm tra", "400", "0", "0", "0", "0", "400"],
    ]
    assert "1 tệp chưa được tính vào số liệu" in page.text
    assert 'thiếu cột "Ngày tiếp nhận"' in page.text
    assert "hồ sơ <tháng" not in page.html


def test_failed_rules_are_summed_over_the_files_of_the_night(page: Page) -> None:
    assert page.tables["rules-table"][1:] == [
        ["DOS-07", "Không trả trước khi nhận.", "dossiers", "Nghiêm trọng", "3", "12.448", "0,02%"],
        ["DOS-11", "Ngày hẹn trả hợp lý.", "dossiers", "Cảnh báo", "45", "12.848", "0,35%"],
        ["MRT-02", "Bản này.", "timeliness.x", "Cảnh báo", "1", "36", "2,78%"],
    ]
    assert "3 trong 4 quy tắc" in page.text


def test_all_loads_are_shown_when_none_are_given(tmp_path: Path) -> None:
    names = [row[0] for row in page_of(tmp_path, loads=None).tables["loads-table"][1:]]
    assert names == ["dossiers-1", "dossiers-2", "dossiers-3"]


def test_a_night_without_files_has_a_sentence(tmp_path: Path) -> None:
    page = page_of(tmp_path, loads=[], statement="DELETE FROM quality.rule_results")
    assert "Đêm nay không có tệp mới." in page.text
    assert "Đêm nay không có quy tắc nào được kiểm tra." in page.text
    assert "chưa được tính" not in page.text


def test_a_night_without_failures_states_the_number_of_rules(tmp_path: Path) -> None:
    assert (
        "Cả 4 quy tắc đã kiểm tra đều đạt."
        in page_of(tmp_path, statement="UPDATE quality.rule_results SET n_failed = 0").text
    )


def test_a_long_list_of_files_is_cut_with_a_note(tmp_path: Path) -> None:
    page = page_of(
        tmp_path,
        loads=None,
        statement="INSERT INTO quality.load_ledger "
        "SELECT 10 + i, 'dossiers', i || '.csv', 1, 1, 0, 0, 0, 0, 'accepted', NULL FROM range(97) AS numbered(i)",
    )
    assert len(page.tables["loads-table"]) == 1 + LOADS_SHOWN
    assert f"Bảng nêu {LOADS_SHOWN} trong 100 tệp" in page.text


def test_a_warehouse_without_dossiers_has_a_page(tmp_path: Path) -> None:
    page = page_of(tmp_path, statement="DELETE FROM timeliness.on_time_by_agency_month")
    assert "Bản công bố này chưa có số liệu hồ sơ giải quyết thủ tục hành chính." in page.text
    assert "R1" not in page.text
    assert page.pictures == []


def test_a_part_that_cannot_be_drawn_says_so_and_the_others_are_drawn(tmp_path: Path) -> None:
    page = page_of(tmp_path, statement="DROP TABLE cchc.ranking", undrawn=["Chỉ số CCHC"])
    assert "Không vẽ được phần «Chỉ số CCHC»" in page.text
    assert {"stock-flow-table", "on-time-table", "loads-table"} <= set(page.tables)


def test_a_page_that_cannot_be_drawn_at_all_is_still_a_page(tmp_path: Path) -> None:
    page = page_of(tmp_path, statement="DROP TABLE quality.load_ledger", undrawn=["Trang tóm tắt"])
    assert "Tỉnh Thử & Nghiệm" in page.text
    assert "Không vẽ được phần «Trang tóm tắt»" in page.text


def test_every_chart_has_a_title_a_description_and_a_table(page: Page) -> None:
    assert len(page.pictures) == 3
    assert all(picture["title"] and picture["desc"] for picture in page.pictures)
    assert {"on-time-table", "stock-flow-table"} <= set(page.tables)


def test_the_page_has_no_external_resources(page: Page) -> None:
    for outside in ("http:", "https:", "//", "@import", "url(", "<script", "<link", "<img"):
        assert outside not in page.html
    assert not [name for name, _ in page.attributes if name == "src" or name.startswith("on")]


def test_every_link_points_to_a_heading_of_the_page(page: Page) -> None:
    links = {value for name, value in page.attributes if name == "href"}
    assert links == {"#dossiers-heading", "#technical-heading"}
    assert links <= {f"#{value}" for name, value in page.attributes if name == "id"}


def test_with_dossiers_only_the_page_names_the_missing_subjects(page: Page) -> None:
    for text in (
        "Kết quả giải quyết thủ tục hành chính",
        "chưa có số liệu khảo sát mức độ hài lòng",
        "chưa có kết quả chấm điểm Chỉ số CCHC",
        "phải gửi chưa được khai báo",
    ):
        assert text in page.text
    assert "Những điểm chính" not in page.text


def test_dots_are_placed_at_their_rates(page: Page) -> None:
    # The lowest rate is 90,2 %, so the axis runs from 90 to 100 and 95,5 % is at 55 per cent of it.
    assert "Trục bắt đầu từ 90%" in page.text
    assert '<circle cx="55.000%" cy="38.0" r="5" class="solid">' in page.html


def on_time(rate: float | None, flattering: float | None) -> OnTime:
    return OnTime("A", "A", 1, rate, 1, flattering, 0, 1, rate, None, None)


@pytest.mark.parametrize(
    ("rates", "floor"), [([99.9, 100.0], 90), ([89.99, 95.0], 80), ([None, 3.0], 0), ([None, None], 90)]
)
def test_the_axis_starts_at_the_ten_below_the_lowest_rate_and_ends_at_100(
    rates: list[float | None], floor: int
) -> None:
    for agencies in ([on_time(rate, None) for rate in rates], [on_time(None, rate) for rate in rates]):
        scale = on_time_scale([Group("Sở", tuple(agencies))])
        assert (scale.lo, scale.hi) == (floor, 100)


@pytest.mark.parametrize(("value", "limit"), [(0, 10), (10, 10), (11, 20), (201, 300), (5889, 6000), (81000, 100000)])
def test_an_axis_from_zero_ends_at_a_round_number(value: int, limit: int) -> None:
    assert round_up(value) == limit


@pytest.mark.parametrize(
    ("value", "digits", "printed"),
    [
        (89.95, 1, "90,0"),
        (2.675, 2, "2,68"),
        (0.5, 0, "1"),
        (2.5, 0, "3"),
        (-2.5, 0, "−3"),
        (-0.04, 1, "0,0"),
        (89.94999, 1, "89,9"),
        (1234567.891, 1, "1.234.567,9"),
        (Decimal("72.12345"), 4, "72,1235"),
        (1e-7, 2, "0,00"),
        (None, 1, ".."),
        (float("nan"), 1, ".."),
    ],
)
def test_decimals_are_rounded_half_up_and_printed_with_a_comma(
    value: float | Decimal | None, digits: int, printed: str
) -> None:
    assert format_decimal_vi(value, digits) == printed


def test_counts_and_dates_have_the_vietnamese_format() -> None:
    assert [format_count_vi(number) for number in (0, 999, 12345, None)] == ["0", "999", "12.345", ".."]
    assert (format_date_vi(date(2015, 3, 9)), format_month_vi(date(2015, 3, 1))) == ("09/03/2015", "03/2015")
