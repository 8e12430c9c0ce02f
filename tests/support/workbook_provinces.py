"""Small provinces that send workbooks alone: a registry from a few rows, files as delivered, and the CCHC marts."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from flows.build.building import _write_inputs, check_registry_step, decide
from flows.night import Night
from flows.steps import load_source, run_plainly
from ingest.registry.declaration import declaration
from tests.support.dbt_home import build_cchc
from tests.support.registries import THREE_AGENCIES
from warehouse.config import Home, Settings

Rows = Sequence[Mapping[str, str]]

_KEPT = ("policy_parameters", "labels", "blocks", "districts")
_SAME = {"valid_from": "2011-01-01", "basis": "published"}
_SCORED = {"kind": "output", "requires": "none", "rule_type": "ratio", "rule": "as published"}


def agency(agency_id: str, name: str, group: str) -> dict[str, str]:
    """An agency that is ranked in `group`."""
    features = dict.fromkeys(("has_one_stop", "has_website", "has_iso", "has_subordinate_units"), "1")
    named = {"agency_id": agency_id, "agency_name": name, "short_name": name, "cchc_group": group}
    return {**_SAME, **named, "unit_kind": "so", **features, "is_survey_eligible": "0"}


def criterion(
    set_id: str, code: str, most: str, *, area: str = "A", scored_by: str = "appraisal", **other: str
) -> dict[str, str]:
    """A criterion by appraisal, unless it says otherwise; without `scored_by` a heading."""
    scored = {**_SCORED, "scored_by": scored_by} if scored_by else {}
    named = {"set_id": set_id, "area_code": area, "area_name": f"Lĩnh vực {area}", "criterion_code": code}
    return {**named, "criterion_name": f"Tiêu chí {code}", "max_points": most, **scored, **other}


def criteria_set(set_id: str, groups: str, year: str, most: str, **other: str) -> dict[str, str]:
    """A set for some groups from a year on; the index stays between 0 and 100."""
    named = {"set_id": set_id, "set_name": set_id, "cchc_groups": groups, "first_year": year, "max_points": most}
    return {**named, "may_exceed_100": "0", "may_be_negative": "0", "basis_document": f"QĐ {set_id}", **_SAME, **other}


def write_registry(folder: Path, tables: Mapping[str, Rows]) -> Path:
    """A registry of the given tables, with the parameters and labels of the three agencies; it has no rating bands."""
    folder.mkdir()
    names = [{**_SAME, "alias": row["agency_name"], "agency_id": row["agency_id"]} for row in tables["agencies"]]
    given: dict[str, Rows] = {"agency_aliases": names, **tables}
    for name, table in declaration().tables.items():
        kept = _read(name) if name in _KEPT else []
        if name == "policy_parameters":
            kept = [{**row, "valid_from": "2011-01-01"} for row in kept if row["parameter"] != "rating_scheme"]
        if name == "labels":
            groups = {row["cchc_group"] for row in tables["agencies"]}
            kept = [row for row in kept if row["list_name"] != "cchc_group"]
            kept += [
                {"list_name": "cchc_group", "value": group, "label_vi": group, "label_en": group, "sort_order": "1"}
                for group in sorted(groups)
            ]
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            features = [key for row in given.get(name, [])[:1] for key in row if key.startswith("has_")]
            columns = [*table.columns, *(features if table.has_features else [])]
            writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore")
            writer.writeheader()
            writer.writerows([*kept, *given.get(name, [])])
    return folder


def _read(table: str) -> list[dict[str, str]]:
    with (THREE_AGENCIES / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_appraisal(path: Path, title: str, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A text file as a province sends it: a title, the header, and a line per row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([title, *(";".join(row) for row in [headers, *rows])]) + "\n", encoding="utf-8")


def build_ranking(root: Path, registry: Path) -> tuple[Night, Home]:
    """Load the workbooks in the inbox of `root` and build the CCHC marts, with every dbt test of theirs."""
    night = Night(Settings(home=root, registry=registry, settle_seconds=0))
    check_registry_step(night)
    for source in night.contracts:
        load_source(night, source, run_plainly)
    check_registry_step(night)
    night.dbt.parse()
    _write_inputs(night, decide(night))
    build_cchc(night.dbt, night.home, "+criteria_set", "+dim_criterion", "+fct_criterion_round")
    return night, night.home
