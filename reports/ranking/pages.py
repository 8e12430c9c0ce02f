"""A page per agency inside a publication: why it stands where it stands in the CCHC ranking."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports.database import open_published
from reports.ranking.standing import list_agencies, read_agency
from reports.ranking.survival import describe_survival
from reports.ranking.words import explain

FOLDER = "agencies"


def write_agency_pages(warehouse_db: Path, publication: Path, *, province: str) -> dict[str, Exception]:
    """Writes `agencies/<agency_id>.html` for every agency of the latest year with an index, and `agencies/index.html`.

    Returns the fault of each page that could not be written, by its name; never raises for what the tables hold.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    folder = publication / FOLDER
    faults: dict[str, Exception] = {}
    with open_published(warehouse_db) as connection:
        try:
            agencies = list_agencies(connection)
            survival = describe_survival(connection)
        except Exception as error:
            return {f"{FOLDER}/index.html": error}
        folder.mkdir(exist_ok=True)
        written = []
        for agency in agencies:
            name = f"{agency['agency_id']}.html"
            try:
                standing = read_agency(connection, agency["agency_id"])
                html = environment.get_template("agency.html.j2").render(
                    standing=standing.ranking, sections=explain(standing), province=province
                )
                (folder / name).write_text(html, encoding="utf-8")
                written.append({**agency, "file": name})
            except Exception as error:
                faults[f"{FOLDER}/{name}"] = error
    index = environment.get_template("agencies.html.j2").render(agencies=written, province=province, survival=survival)
    (folder / "index.html").write_text(index, encoding="utf-8")
    return faults
