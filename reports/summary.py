"""The one-page summary of a night, for people: what came in, what was held, how dossiers were answered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports.charts import axis_floor, describe_months, draw_on_time, draw_stock_and_flow
from reports.format import format_count_vi, format_date_vi, format_decimal_vi, format_month_vi
from reports.night import Night, read_night

# A first night may load hundreds of files; the page then names these and points to the ledger for the rest.
LOADS_SHOWN = 40


def write_summary(warehouse_db: Path, target: Path, *, province: str, loads: Sequence[int] | None) -> None:
    """Write the summary of one publication as a single HTML file without scripts or outside resources.

    `warehouse_db` is the published (or staged) database, `province` how the province calls itself ("Tỉnh Khánh Hòa"),
    `loads` the load_seq of this night's loads, None for all. Raises duckdb.Error when a mart is missing.
    """
    target.write_text(render_summary(read_night(warehouse_db, loads), province), encoding="utf-8")


def render_summary(night: Night, province: str) -> str:
    """The page as HTML."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": format_count_vi,
        "decimal": format_decimal_vi,
        "date": format_date_vi,
        "month": format_month_vi,
    }
    attention = [load for load in night.loads if load.needs_attention]
    return environment.get_template("summary.html.j2").render(
        night=night,
        province=province,
        attention=attention,
        n_accepted=sum(load.verdict_status == "accepted" for load in night.loads),
        shown=night.loads[:LOADS_SHOWN],
        axis_floor=axis_floor(night.groups),
        draw_on_time=draw_on_time,
        draw_stock_and_flow=draw_stock_and_flow,
        describe_months=describe_months,
    )
