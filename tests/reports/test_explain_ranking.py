"""The explanation of an agency's place: the check table of methods §5.1 put into words, and its pages."""

from __future__ import annotations

import io
from pathlib import Path

import duckdb
import pytest

from flows.cli.console import PlainConsole
from reports.ranking.pages import write_agency_pages
from reports.ranking.standing import NothingToExplainError, read_standing
from reports.ranking.survival import describe_survival
from reports.ranking.view import print_standing, show_ranking
from reports.ranking.words import explain
from tests.dbt.test_cchc import built, home  # noqa: F401
from warehouse.config import Home, Settings


@pytest.fixture(scope="module")
def published(home: Home) -> Home:  # noqa: F811
    """The build database of the marts where a reader looks for the published one."""
    folder = home.publications / "0001"
    folder.mkdir(parents=True)
    (folder / "warehouse.duckdb").write_bytes(home.build_db.read_bytes())
    home.current.symlink_to(folder)
    return home


def lines(home: Home, agency: str, year: int) -> dict[str, dict[str, str]]:  # noqa: F811
    return {section.title: dict(section.lines) for section in explain(read_standing(home, agency, year))}


def test_the_place_of_an_agency_with_an_exclusion(published: Home) -> None:
    found = lines(published, "u1", 2024)
    # methods §5.1: U1 has 58 of 70, 81.02 on the full set, and places 1 to 4 over the rules.
    assert found["Kết quả"]["Chỉ số"] == "82,86% = 58/70 điểm"
    assert found["Kết quả"]["Hạng"] == "1/4 trong nhóm so; 1/4 toàn tỉnh"
    assert found["Kết quả"]["Phạm vi chấm"] == "70,0% điểm tối đa của bộ tiêu chí"
    assert list(found["Tiêu chí không áp dụng"].values()) == ["30 điểm (3); theo 1/TB"]
    # 9 of the 40 points of criterion 4 are lost: 9 of 70.
    assert found["Muốn lên hạng, lên mức"]["4"].startswith("đủ điểm thì chỉ số +12,86; công sức ")
    assert found["Nếu tính theo quy tắc khác"]["Điều chỉnh"] == (
        "82,86 chính thức, −1,84 do độ khó của tiêu chí áp dụng = 81,02% (±6,48)"
    )
    assert found["Nếu tính theo quy tắc khác"]["Khoảng hạng"] == "1 đến 4 qua các quy tắc"
    assert "Tự chấm và thẩm định" not in found


def test_an_agency_that_waits_for_points_has_bounds_and_what_is_missing(published: Home) -> None:
    found = lines(published, "H1", 2025)
    assert found["Kết quả"]["Chỉ số"] == "chưa có (Chờ số liệu); có thể nằm trong khoảng 40,00% đến 65,00%"
    assert "Chờ điểm 1.1" in found["Được điểm và mất điểm ở đâu"]
    assert "Chắc chắn đến đâu" not in found


def test_the_explanation_is_printed(published: Home) -> None:
    out = io.StringIO()
    print_standing(PlainConsole(file=out, width=80), read_standing(published, "STP", 2025))
    printed = out.getvalue()
    assert "80,05%" in printed
    assert "tự chấm 90,00%, thẩm định 75,00%: +15,00" in printed
    with pytest.raises(NothingToExplainError, match="XYZ in 2025"):
        read_standing(published, "XYZ", 2025)


def test_nothing_is_explained_before_the_first_night(tmp_path: Path) -> None:
    with pytest.raises(NothingToExplainError, match="nothing is published"):
        show_ranking(PlainConsole(file=io.StringIO()), Settings(home=tmp_path), "STP", 2025)


def test_how_much_of_the_ranking_survives(published: Home) -> None:
    with duckdb.connect(str(published.build_db)) as connection:
        connection.execute("begin")
        # By the columns of the check table of methods §5.1, which is of 2024, U2 and U4 only of its six pairs are in
        # one order under every rule: under zero_fill U1 is last and U3 below U4, under common_only U3 is above U2.
        # U2 may be 1st to 3rd and U4 3rd or 4th: U1 is significantly above U4 only, U3 in between is above none.
        connection.execute("delete from cchc.ranking where year = 2025")
        sentence = describe_survival(connection)
        assert sentence is not None
        assert "trong 6 cặp cơ quan" in sentence
        assert "1 cặp (17%) giữ nguyên thứ tự" in sentence
        assert "; 0 cặp (0%) vừa" in sentence
        connection.execute("delete from cchc.ranking where agency_id <> 'U1'")
        assert describe_survival(connection) is None
        connection.execute("rollback")


def test_every_agency_of_the_latest_year_has_a_page(published: Home, tmp_path: Path) -> None:
    assert write_agency_pages(published.build_db, tmp_path, province="Tỉnh <Thử>") == {}
    written = {path.name for path in (tmp_path / "agencies").iterdir()}
    assert written == {"index.html", "STP.html", "NT.html", "H1.html"}
    page = (tmp_path / "agencies" / "STP.html").read_text(encoding="utf-8")
    assert "Tỉnh &lt;Thử&gt;" in page
    assert "Nếu tính theo quy tắc khác" in page
