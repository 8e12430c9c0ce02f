"""Writes the HTML page of a publication: satisfaction, CCHC index, dossiers, missing deliveries, and the night."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from reports import format as printing
from reports.database import open_published
from reports.page import backlog, certainty, charts, comparisons, dots, findings, funnel, likert
from reports.page.backlog import Backlog, read_backlog
from reports.page.certainty import Certainty, read_certainty
from reports.page.deliveries import Deliveries, read_deliveries
from reports.page.funnel import Funnel, read_funnel
from reports.page.night import Night, read_night
from reports.page.ranking import Ranking, read_ranking
from reports.page.satisfaction import Satisfaction, read_satisfaction

# A first night may load hundreds of files; the page lists this many and refers to the ledger for the rest.
LOADS_SHOWN = 40
# The parts of the page by their template, each drawn or not by itself.
PARTS = {
    "headline.html.j2": "Những điểm chính",
    "satisfaction.html.j2": "Mức độ hài lòng",
    "certainty.html.j2": "Kết quả khảo sát chắc chắn đến đâu",
    "ranking.html.j2": "Chỉ số CCHC",
    "dossiers.html.j2": "Giải quyết thủ tục hành chính",
    "deliveries.html.j2": "Số liệu còn thiếu",
    "technical.html.j2": "Phần kỹ thuật",
}
T = TypeVar("T")


@dataclass(frozen=True)
class Contents:
    """The contents of the page; a subject without figures is None and gives one sentence.

    `faults` are the parts that could not be read, by the name of their template.
    """

    night: Night
    backlog: Backlog | None
    funnel: Funnel | None
    satisfaction: Satisfaction | None
    certainty: Certainty | None
    ranking: Ranking | None
    deliveries: Deliveries | None
    faults: Mapping[str, Exception] = field(default_factory=dict)


def write_summary(
    warehouse_db: Path, target: Path, *, province: str, loads: Sequence[int] | None
) -> dict[str, Exception]:
    """Writes the summary of one publication as a single HTML file without scripts or external resources.

    `warehouse_db` is the published (or staged) database, `province` the province's name ("Tỉnh Khánh Hòa"),
    `loads` the load_seq of this night's loads, None for all. A part that cannot be drawn is one sentence on the page;
    returns the fault of each, by the part's title. Never raises for what the tables hold.
    """
    try:
        html, faults = render_summary(read_contents(warehouse_db, loads), province)
    except Exception as error:
        html, faults = _render_nothing(province), {"Trang tóm tắt": error}
    target.write_text(html, encoding="utf-8")
    return faults


def read_contents(warehouse_db: Path, loads: Sequence[int] | None) -> Contents:
    """Reads the contents of the page. Raises duckdb.Error when the tables of the night are missing."""
    faults: dict[str, Exception] = {}

    def read(template: str, reader: Callable[[], T]) -> T | None:
        try:
            return reader()
        except Exception as error:
            faults[template] = error
            return None

    with open_published(warehouse_db) as connection:
        night = read_night(connection, loads)
        return Contents(
            night,
            read("dossiers.html.j2", lambda: read_backlog(connection, night)),
            read("dossiers.html.j2", lambda: read_funnel(connection)),
            read("satisfaction.html.j2", lambda: read_satisfaction(connection)),
            read("certainty.html.j2", lambda: read_certainty(connection)),
            read("ranking.html.j2", lambda: read_ranking(connection)),
            read("deliveries.html.j2", lambda: read_deliveries(connection)),
            faults,
        )


def render_summary(contents: Contents, province: str) -> tuple[str, dict[str, Exception]]:
    """Renders the page as HTML; returns it with the fault of each part that could not be drawn, by the part's title."""
    faults: dict[str, Exception] = {}

    @pass_context
    def part(context: Context, template: str) -> Markup:
        """Returns a part of the page, or the sentence that it could not be drawn."""
        try:
            if template in contents.faults:
                raise contents.faults[template]
            return Markup(environment.get_template(template).render(context.get_all()))
        except Exception as error:
            faults[PARTS[template]] = error
            return Markup(environment.get_template("undrawn.html.j2").render(title=PARTS[template]))

    environment = _environment()
    night = contents.night
    html = environment.get_template("summary.html.j2").render(
        part=part,
        night=night,
        backlog=contents.backlog,
        funnel=contents.funnel,
        satisfaction=contents.satisfaction,
        certainty=contents.certainty,
        ranking=contents.ranking,
        deliveries=contents.deliveries,
        province=province,
        attention=[load for load in night.loads if load.needs_attention],
        n_accepted=sum(load.verdict_status == "accepted" for load in night.loads),
        shown=night.loads[:LOADS_SHOWN],
    )
    return html, faults


def _render_nothing(province: str) -> str:
    title = "Trang tóm tắt"
    return _environment().get_template("undrawn_page.html.j2").render(province=province, title=title)


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": printing.format_count_vi,
        "decimal": printing.format_decimal_vi,
        "percent": printing.format_percent_vi,
        "points": printing.format_points_vi,
        "signed": printing.format_signed_vi,
        "date": printing.format_date_vi,
        "month": printing.format_month_vi,
    }
    # Templates call these by module name, so that each sentence and chart can be traced to its function.
    environment.globals |= {
        "backlogs": backlog,
        "certainties": certainty,
        "charts": charts,
        "comparisons": comparisons,
        "dots": dots,
        "findings": findings,
        "funnels": funnel,
        "likerts": likert,
    }
    return environment
