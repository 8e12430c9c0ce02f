"""Output of `cchc explain satisfaction`: one index, who was asked, how sure it is, and what pulls it down."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports.dossiers.late import NothingToListError
from reports.format import format_count_vi, format_date_vi, format_decimal_vi, format_percent_vi
from reports.satisfaction import words
from reports.satisfaction.figures import Figures, read_figures
from warehouse.config import Settings
from warehouse.publication.publications import current_publication

_Line = tuple[str, str]


def show_satisfaction(console: Console, settings: Settings, agency: str, year: int | None) -> None:
    """Prints the explanation. Raises NothingToListError when nothing is published, or no index of that year."""
    if current_publication(settings.layout) is None:
        raise NothingToListError("nothing is published yet: run cchc nightly first")
    figures = read_figures(settings.layout, agency, year)
    index = figures.index
    console.print(Text.assemble((f"{index['agency_name']} ({index['agency_id']})", "bold"), f", năm {index['year']}"))
    console.print(f"Số liệu đến {format_date_vi(index['as_of_date'])}.")
    for title, lines in (
        ("Mức độ hài lòng", _number(figures)),
        ("Đã hỏi ai", _asked(figures)),
        ("Chắc chắn đến đâu", _certainty(figures)),
        (f"Câu hỏi thấp hơn cùng nhóm ({figures.peers})", _items(figures)),
        ("So với năm trước", iter([("thay đổi", words.describe_change(index))])),
    ):
        table = Table(box=None, show_header=False, pad_edge=True, padding=(0, 2, 0, 0))
        table.add_column(width=20, overflow="fold")
        table.add_column(overflow="fold")
        for name, text in lines:
            table.add_row(Text(name), Text(text))
        console.print(f"\n{title}")
        console.print(table)


def _number(figures: Figures) -> Iterator[_Line]:
    index = figures.index
    yield "chỉ số", words.describe_number(index)
    yield "xếp hạng", words.describe_rank(index)
    for factor in figures.factors:
        interval = f" ({format_decimal_vi(factor['ci_lo'], 1)}–{format_decimal_vi(factor['ci_hi'], 1)})"
        yield (
            factor["factor_name"],
            format_percent_vi(factor["estimate_pct"], 1) + (interval if factor["ci_lo"] is not None else ""),
        )


def _asked(figures: Figures) -> Iterator[_Line]:
    index = figures.index
    yield "phiếu", words.describe_asked(index)
    if index["bound_lo"] is not None:
        yield "người chưa trả lời", words.describe_bounds(index)
    for form in figures.fieldwork:
        told = f"{form['questionnaire_id']} {form['questionnaire_version']}: hợp lệ {format_count_vi(form['n_valid'])}"
        if form["all_top_pct"] is not None:
            told += f", toàn mức cao nhất {format_percent_vi(form['all_top_pct'], 1)}"
        if form["cronbach_alpha"] is not None:
            told += f", alpha {format_decimal_vi(form['cronbach_alpha'], 2)}"
        if form["investigator_icc"] is not None:
            told += f", tương quan theo điều tra viên {format_decimal_vi(form['investigator_icc'], 2)}"
        yield "mẫu phiếu", told


def _certainty(figures: Figures) -> Iterator[_Line]:
    index = figures.index
    yield "khoảng tin cậy", words.describe_interval(index)
    if index["n_eff"] is not None:
        yield (
            "cỡ mẫu hiệu dụng",
            f"{format_decimal_vi(index['n_eff'], 0)} phiếu (hiệu ứng thiết kế {format_decimal_vi(index['deff'], 2)})",
        )
    if index["estimate_eb_pct"] is not None:
        yield "co về trung bình", f"{format_percent_vi(index['estimate_eb_pct'], 2)} khi tính đến độ chính xác của khối"
    if index["estimate_status"] not in ("ok", None) and index["estimate_words"]:
        yield "lưu ý", str(index["estimate_words"])


def _items(figures: Figures) -> Iterator[_Line]:
    if not figures.items:
        yield "", "không có câu hỏi nào thấp hơn bình quân của nhóm"
    for item in figures.items:
        yield item["item_code"], f"{item['item_text']}: {words.describe_item(item)}"
