"""From an agency's R1 to its late dossiers, and from one dossier to its verdict: nothing but what was published."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from rich.cells import cell_len

from flows.cli.console import PlainConsole
from reports.dossiers.late import NothingToListError, read_late
from reports.dossiers.late_view import show_late
from reports.dossiers.set_aside import SetAside
from reports.dossiers.trace import Pause, read_trace
from reports.dossiers.view import show_dossier
from tests.support.night_homes import FirstNight, LoadedHome
from tests.support.nights import Cchc, select
from warehouse.config import Home, Settings


@pytest.fixture(scope="module")
def home(three_agencies: LoadedHome) -> Home:
    assert three_agencies.outcome.exit_code == 0
    return three_agencies.home


def said_by(show: Callable[[PlainConsole], None]) -> str:
    """What a view prints on a terminal of 80 columns, on one line."""
    console = PlainConsole(file=io.StringIO(), width=80)
    show(console)
    assert isinstance(console.file, io.StringIO)
    printed = console.file.getvalue()
    assert max(map(cell_len, printed.splitlines())) <= 80
    return " ".join(printed.split())


def late_of(home: Home, agency: str, period: str, rows: int = 20, file: Path | None = None) -> str:
    return said_by(lambda console: show_late(console, Settings(home=home.root), agency, period, rows, file))


def trace_of(home: Home, code: str) -> str:
    return said_by(lambda console: show_dossier(console, Settings(home=home.root), code))


# The list


def test_the_late_dossiers_of_a_month_are_told_with_dates_pauses_and_notices(home: Home) -> None:
    text = late_of(home, "t99.01", "2024-03")
    assert (
        "T99.01-240304-0001 1.000110 Cấp giấy phép xây dựng (thử nghiệm) tiếp nhận 04/03/2024 08:00, hạn 14/03/2024, "
        "sau tạm dừng 20/03/2024 kết thúc 22/03/2024 09:00: đã xử lý xong 9 trên 7 ngày làm việc: quá 2; tạm dừng 5 "
        "thông báo: không có"
    ) in text
    assert text.endswith("Đến hạn 1, đúng hạn 0 (R1 0,0%): không đúng hạn 1, bằng số hồ sơ liệt kê (1).")


def test_an_apology_is_told_with_its_day_and_cures_nothing(home: Home) -> None:
    text = late_of(home, "T99.01", "2024-02")
    assert "hạn 27/02/2024, hẹn lại 29/02/2024" in text
    assert "thông báo: xin lỗi và hẹn lại 26/02/2024 (trước hạn)" in text


def test_the_worst_comes_first_and_the_rest_is_counted(cchc: Cchc, home: Home, tmp_path: Path) -> None:
    file = tmp_path / "trễ.csv"
    outcome = cchc(home.root, "late", "T99.03", "2024", "--rows", "1", "--csv", str(file))
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    text = outcome.text
    assert "T99.03-240321-0001" in text
    assert "chưa xong đến 31/03/2024" in text
    assert "… và 1 hồ sơ nữa" in text
    rows = list(csv.DictReader(file.open(encoding="utf-8-sig", newline=""), delimiter=";"))
    assert [(row["Mã hồ sơ"], row["Quá hạn"]) for row in rows] == [
        ("T99.03-240321-0001", "3"),
        ("T99.03-240302-0001", "1"),
    ]


def test_an_agency_without_anything_due_has_an_empty_list(home: Home) -> None:
    text = late_of(home, "T99.02", "2023-01")
    assert text.endswith("Đến hạn 0, đúng hạn 0 (R1 không có): không đúng hạn 0, bằng số hồ sơ liệt kê (0).")


@pytest.mark.parametrize(
    ("show", "sentence"),
    [
        (lambda home: late_of(home, "T99.09", "2024-03"), "không có cơ quan nào mang mã 'T99.09'"),
        (lambda home: late_of(home, "T99.01", "2024-13"), "không có kỳ '2024-13'; viết 2015-03, 2015 hoặc mã kỳ"),
        (lambda home: trace_of(home, "T99.01-000000-0000"), "không có hồ sơ 'T99.01-000000-0000'"),
    ],
)
def test_what_the_publication_does_not_know_is_wrong_use(
    home: Home, show: Callable[[Home], str], sentence: str
) -> None:
    with pytest.raises(NothingToListError, match=re.escape(sentence)):
        show(home)


def test_nothing_is_listed_before_the_first_night(cchc: Cchc, tmp_path: Path) -> None:
    outcome = cchc(tmp_path, "late", "STP", "2015")
    assert (outcome.exit_code, "nothing is published yet" in outcome.text) == (2, True)
    with pytest.raises(NothingToListError, match="nothing is published yet"):
        trace_of(Home(tmp_path), "X")


@pytest.mark.night
@pytest.mark.parametrize("night", ["three_agencies", "first_night"])
def test_every_agency_month_year_and_period_lists_what_its_mart_counts(
    night: str, request: pytest.FixtureRequest
) -> None:
    begun: LoadedHome | FirstNight = request.getfixturevalue(night)
    n_late = 0
    for table, key in (
        ("month", "strftime(month, '%Y-%m')"),
        ("year", "CAST(year AS VARCHAR)"),
        ("period", "period_id"),
    ):
        query = (
            f"SELECT agency_id, {key}, n_due_cohort - n_due_on_time FROM timeliness.on_time_by_agency_{table} "
            "WHERE n_due_cohort > n_due_on_time ORDER BY ALL LIMIT 12"
        )
        for agency_id, period, n_expected in select(begun.home, query):
            found = read_late(begun.home, agency_id, period)
            assert (found.is_complete, len(found.dossiers)) == (True, n_expected)
            days_late = [late.late_days for late in found.dossiers if late.late_days is not None]
            assert days_late == sorted(days_late, reverse=True)
            assert len(days_late) == n_expected
            n_late += n_expected
    assert n_late > 10


def test_a_list_that_differs_from_the_mart_is_a_fault(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    found = read_late(home, "T99.01", "2024")
    monkeypatch.setattr(
        "reports.dossiers.late_view.read_late", lambda *_: replace(found, n_due_cohort=found.n_due_cohort + 1)
    )
    with pytest.raises(RuntimeError, match="2 dossiers are listed, but the mart has 6 - 3"):
        late_of(home, "T99.01", "2024")


# One dossier


def test_a_dossier_is_traced_from_its_line_to_its_cohort(cchc: Cchc, home: Home) -> None:
    text = cchc(home.root, "dossier", "T99.01-240304-0001").text
    for message in (
        "hoso_20240101_20240331.csv, dòng 6",
        "11/03/2024 08:00 Thông báo thuế, số 07/TB",
        "06/03/24–12/03/24 Lý do khác: 4 ngày làm việc",
        "11/03/24–14/03/24 Nghĩa vụ tài chính: 1 ngày làm việc, phần trùng chỉ tính một lần",
        "một lần cộng 5 ngày làm việc",
        "7 ngày làm việc, hiệu lực từ 15/02/2024",
        "13/03 Ngày hội tỉnh Thử Nghiệm",
        "20/03/2024 = thêm 5 ngày làm việc tạm dừng",
        "ngày làm bù 16/03",
        "so với thời hạn 9 > 7",
        "tính lại Trễ hạn phần mềm một cửa Trễ hạn theo ngày hẹn in",
        "R1 tính vào tháng 03/2024: không đúng hạn",
    ):
        assert message in text


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("T99.03-240307-0001", "sau 16:00: coi như nhận ngày 08/03/2024"),
        ("T99.03-240302-0001", "ngày nghỉ: coi như nhận ngày làm việc trước đó"),
        ("T99.03-240319-0001", "sau tạm dừng chưa có: đang tạm dừng"),
        ("T99.03-240110-0001", "tính lại Ngày không hợp lệ"),
        ("000.00.02.T99-240131-0001", "không có sự kiện nào: không biết có tạm dừng hay không"),
        ("000.00.02.T99-240131-0001", "15 ngày theo lịch"),
        ("000.00.02.T99-240131-0001", "Tạm dừng cộng không rõ, coi như không có"),
        ("000.00.02.T99-240119-0001", "tiếp nhận UBND huyện Hòa Thử trả kết quả UBND huyện Hòa Thử"),
        ("T99.01-240311-0001", "không tính: rút hoặc dừng khi còn trong hạn"),
        ("T99.01-240325-0001", "chưa tính: đến hạn 03/04/2024, chưa qua vào ngày số liệu"),
    ],
)
def test_special_facts_of_a_dossier_are_shown(home: Home, code: str, message: str) -> None:
    assert message in trace_of(home, code)


def test_a_limit_in_hours_is_told_in_hours_and_without_numbers_of_days(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = read_trace(home, "T99.01-240304-0001")
    assert trace.procedure is not None
    fact = {**trace.fact, "deadline_unit": "hour", "deadline_length": 4, "net_days": 3, "margin_days": 1}
    started, ended = datetime(2024, 3, 6, 9), datetime(2024, 3, 6, 14, 30)
    pause = Pause(started, ended, "supplement", None, 270, is_open=False, is_lawful=False)
    monkeypatch.setattr("reports.dossiers.view.read_trace", lambda *_: replace(trace, fact=fact, pauses=(pause,)))
    text = trace_of(home, "T99.01-240304-0001")
    assert "Bổ sung hồ sơ: 4 giờ làm việc 30 phút, chỉ được yêu cầu một lần cộng 5 giờ làm việc" in text
    assert "thời hạn 4 giờ làm việc" in text
    assert "4 giờ làm việc sau đó ngày nghỉ ở giữa" in text


@pytest.mark.parametrize(
    ("code", "changed", "message"),
    [
        # Overdue since 06/03, the day of its first stop: of its pauses none began in time.
        (
            "T99.01-240304-0001",
            {"overdue_from_date": date(2024, 3, 6), "due_adjusted_date": date(2024, 3, 14)},
            "14/03/2024, không tạm dừng; 5 ngày làm việc tạm dừng bắt đầu sau hạn, không lùi hạn nữa",
        ),
        # Fifteen calendar days from 31/01 end on 15/02.
        (
            "000.00.02.T99-240131-0001",
            {"due_original_date": date(2024, 2, 16)},
            "16/02/2024 = 15 ngày theo lịch sau đó; ngày cuối là ngày nghỉ nên lùi sang ngày làm việc tiếp theo",
        ),
        (
            "T99.01-240304-0001",
            {"finished_at": None, "elapsed_days": None, "net_days": None, "margin_days": None},
            "thời gian không rõ ngày kết thúc",
        ),
        # A calendar-day limit that was moved by two days: 9 of 7 + 2.
        ("T99.01-240304-0001", {"margin_days": 0}, "so với thời hạn 9 = 9"),
    ],
)
def test_what_the_law_makes_of_a_dossier_is_told(
    home: Home, monkeypatch: pytest.MonkeyPatch, code: str, changed: dict[str, object], message: str
) -> None:
    trace = read_trace(home, code)
    changed_trace = replace(trace, fact={**trace.fact, **changed})
    monkeypatch.setattr("reports.dossiers.view.read_trace", lambda *_: changed_trace)
    assert message in trace_of(home, code)


def test_of_an_end_on_an_unknown_day_only_the_lateness_is_listed(
    home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = read_late(home, "T99.01", "2024-03")
    (late,) = found.dossiers
    undated = replace(late, finished_at=None, net_days=None, margin_days=None)
    monkeypatch.setattr("reports.dossiers.late_view.read_late", lambda *_: replace(found, dossiers=(undated,)))
    text = late_of(home, "T99.01", "2024-03", file=tmp_path / "late.csv")
    assert "kết thúc ngày không rõ: đã xử lý xong trên 7 ngày làm việc: chắc chắn quá hạn" in text
    (row,) = csv.DictReader((tmp_path / "late.csv").open(encoding="utf-8-sig", newline=""), delimiter=";")
    assert (row["Kết thúc xử lý"], row["Thời gian tính"], row["Quá hạn"]) == ("", "", "")


def test_a_dossier_whose_every_row_was_set_aside_says_so(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [SetAside("hoso.csv", 7, 12, True, (("DOS-05", "Cơ quan có trong danh mục."),), "cột «Đơn vị» ghi «Zzz»")]
    monkeypatch.setattr("reports.dossiers.view.read_set_aside", lambda *_: rows)
    told = (
        "tệp hoso.csv, dòng 12 (lần nạp 7, tệp đang giữ lại) quy tắc DOS-05 Cơ quan có trong danh mục. "
        "đã nộp cột «Đơn vị» ghi «Zzz»"
    )
    text = trace_of(home, "T99.01-000000-0000")
    assert f"Không có trong bản công bố: mọi dòng đã nộp bị để riêng {told}" in text
    known = trace_of(home, "T99.01-240304-0001")
    assert "R1 tính vào tháng 03/2024" in known
    assert f"Dòng bị để riêng, không tính vào đâu {told}" in known


def test_a_dossier_that_is_no_longer_in_the_log_is_told_from_the_publication(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = read_trace(home, "T99.01-240304-0001")
    monkeypatch.setattr("reports.dossiers.view.read_trace", lambda *_: replace(trace, log_row=None))
    text = trace_of(home, "T99.01-240304-0001")
    assert "không có trong sổ đã nạp" in text
    assert "cộng 5 ngày làm việc" in text


def test_nothing_of_a_person_is_shown(home: Home) -> None:
    text = trace_of(home, "T99.01-240304-0001") + late_of(home, "T99.01", "2024")
    pattern = f"{home.landing}/dossiers/load_id=*/part-0.parquet"
    keys = "SELECT DISTINCT applicant_key FROM read_parquet(?) WHERE applicant_key IS NOT NULL"
    for (key,) in select(home, keys, pattern):
        assert key not in text
    assert "THỬ NGHIỆM" not in text


@pytest.mark.night
@pytest.mark.parametrize("night", ["three_agencies", "first_night"])
def test_the_pauses_told_of_a_dossier_are_the_days_that_were_taken_off(
    night: str, request: pytest.FixtureRequest
) -> None:
    begun: LoadedHome | FirstNight = request.getfixturevalue(night)
    query = (
        "SELECT dossier_code, paused_days FROM core.fct_dossier WHERE elapsed_days IS NOT NULL "
        "AND deadline_unit <> 'hour' ORDER BY paused_days DESC, dossier_code LIMIT 60"
    )
    published = select(begun.home, query)
    summed = [(code, sum(pause.n_days or 0 for pause in read_trace(begun.home, code).pauses)) for code, _ in published]
    assert summed == published
    assert published[0][1] > 0
