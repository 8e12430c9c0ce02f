"""The page names agencies outside the funnel together with the rule, and states when none can be named."""

from __future__ import annotations

from pathlib import Path

from tests.reports.test_summary import Page, page_of

Unit = tuple[str, float | None, float | None]


def page_with(
    folder: Path, *units: Unit, target: float = 95.4026, flags: str | None = None, until: str = "2015-12-31"
) -> Page:
    """Renders the page of a year with 1,435 dossiers due at every agency; `units` are id, z, z_adj."""
    rows = [("EARLIER", -9.0, -9.0, 2014), *((*unit, 2015) for unit in units)]
    values = ", ".join(
        f"({year}, '{agency}', 1435, 68.5714, {target}, {_sql(z)}, {_sql(z_adj)}, {_sql(flags)}, DATE '{until}')"
        for agency, z, z_adj, year in rows
    )
    return page_of(
        folder,
        statement=f"INSERT INTO timeliness.on_time_by_agency_year VALUES {values};"
        "INSERT INTO core.label VALUES ('funnel_flag', 'too_few_units', 'Dưới 5 cơ quan, không ước lượng được độ "
        "phân tán', 1)",
    )


def _sql(value: float | str | None) -> str:
    return "NULL" if value is None else f"'{value}'"


def test_agencies_outside_by_adjusted_distance_are_named_with_the_rule(tmp_path: Path) -> None:
    page = page_with(tmp_path, ("STP", -28.7, -9.263), ("SXD", 13.75, 4.239), ("A", 8.1, 3.09), ("B", -6.0, -1.9))
    assert "Cơ quan khác mức đúng hạn chung của tỉnh, năm 2015" in page.text
    assert "được so với R1 chung của tỉnh (95,4%)" in page.text
    assert "(z_adj) lớn hơn 3,09 hoặc nhỏ hơn −3,09." in page.text
    assert "Nằm ngoài giới hạn có nghĩa là cần tìm nguyên nhân" in page.text
    assert (
        "Năm 2015 có 2 trong 4 cơ quan nằm ngoài giới hạn 99,8% (nếu chỉ tính dao động ngẫu nhiên, không hiệu chỉnh, "
        "thì có 4)." in page.text
    )
    low, high = (
        f"{name}: {side} mức chung, R1 là 68,6% trên 1.435 hồ sơ đến hạn (z_adj = {distance})."
        for name, side, distance in [("Sở Tư pháp", "thấp hơn", "−9,26"), ("Sở Xây dựng", "cao hơn", "4,24")]
    )
    assert page.text.index(low) < page.text.index(high)
    assert "A: cao hơn" not in page.text


def test_the_page_states_that_no_agency_is_outside_and_the_data_date(tmp_path: Path) -> None:
    page = page_with(tmp_path, ("STP", -3.5, -1.0), ("SXD", 1.0, 0.4), until="2015-06-30")
    assert (
        "Năm 2015 (đến 30/06/2015) không có cơ quan nào trong 2 cơ quan nằm ngoài giới hạn 99,8% (nếu chỉ tính dao "
        "động ngẫu nhiên, không hiệu chỉnh, thì có 1)." in page.text
    )
    assert "mức chung, R1 là" not in page.text


def test_with_too_few_agencies_the_page_gives_the_reason_and_names_none(tmp_path: Path) -> None:
    page = page_with(tmp_path, ("STP", -28.7, None), ("SXD", 3.2, None), flags="too_few_units")
    assert (
        "Năm 2015 chưa thể kết luận cơ quan nào nằm ngoài giới hạn (dưới 5 cơ quan, không ước lượng được độ phân tán)."
        in page.text
    )
    assert "mức chung, R1 là" not in page.text


def test_with_all_dossiers_on_time_there_is_no_difference(tmp_path: Path) -> None:
    page = page_with(tmp_path, ("STP", None, None), target=100)
    assert "Năm 2015 không có chênh lệch để so sánh: R1 chung là 100%." in page.text


def test_without_dossiers_due_there_is_no_funnel_chapter(tmp_path: Path) -> None:
    assert "mức đúng hạn chung của tỉnh" not in page_of(tmp_path).text
