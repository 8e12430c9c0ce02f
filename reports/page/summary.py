"""Writes the HTML page of a publication: satisfaction, CCHC index, dossiers, missing deliveries, and the night."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports import format as printing
from reports.database import open_published
from reports.page import backlog, charts, comparisons, dots, findings, funnel
from reports.page.backlog import Backlog, read_backlog
from reports.page.deliveries import Deliveries, read_deliveries
from reports.page.funnel import Funnel, read_funnel
from reports.page.night import Night, read_night
from reports.page.ranking import Ranking, read_ranking
from reports.page.satisfaction import Satisfaction, read_satisfaction

# A first night may load hundreds of files; the page lists this many and refers to the ledger for the rest.
LOADS_SHOWN = 40


@dataclass(frozen=True)
class Contents:
    """The contents of the page; a subject without figures is None and gives one sentence."""

    night: Night
    backlog: Backlog
    funnel: Funnel | None
    satisfaction: Satisfaction | None
    ranking: Ranking | None
    deliveries: Deliveries | None


def write_summary(warehouse_db: Path, target: Path, *, province: str, loads: Sequence[int] | None) -> None:
    """Writes the summary of one publication as a single HTML file without scripts or external resources.

    `warehouse_db` is the published (or staged) database, `province` the province's name ("Tỉnh Khánh Hòa"),
    `loads` the load_seq of this night's loads, None for all. Raises duckdb.Error when a mart is missing.
    """
    target.write_text(render_summary(read_contents(warehouse_db, loads), province), encoding="utf-8")


def read_contents(warehouse_db: Path, loads: Sequence[int] | None) -> Contents:
    """Reads the contents of the page. Raises duckdb.Error when a mart is missing."""
    with open_published(warehouse_db) as connection:
        night = read_night(connection, loads)
        return Contents(
            night,
            read_backlog(connection, night),
            read_funnel(connection),
            read_satisfaction(connection),
            read_ranking(connection),
            read_deliveries(connection),
        )


def render_summary(contents: Contents, province: str) -> str:
    """Renders the page as HTML."""
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
        "charts": charts,
        "comparisons": comparisons,
        "dots": dots,
        "findings": findings,
        "funnels": funnel,
    }
    night = contents.night
    return environment.get_template("summary.html.j2").render(
        night=night,
        backlog=contents.backlog,
        funnel=contents.funnel,
        satisfaction=contents.satisfaction,
        ranking=contents.ranking,
        deliveries=contents.deliveries,
        province=province,
        attention=[load for load in night.loads if load.needs_attention],
        n_accepted=sum(load.verdict_status == "accepted" for load in night.loads),
        shown=night.loads[:LOADS_SHOWN],
    )
