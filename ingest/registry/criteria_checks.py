"""What must hold inside the criteria sets and rating bands of a registry (domain §6.2 to §6.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import combinations

from ingest.registry.completion import features_of
from ingest.registry.levels import ancestors, parents_by_set
from ingest.registry.tables import Row, TableContent, are_dates, groups, holds_on, is_number

# Which source each measure is computed from: the `scored_by` of a criterion that names it.
_SOURCE_OF_MEASURE = {
    "satisfaction_index": "survey",
    "factor_index": "survey",
    "satisfaction_change": "survey",
    "on_time_pct": "dossier",
    "online_pct": "dossier",
    "e_dossier_pct": "dossier",
    "notice_compliance_pct": "dossier",
    "apology_compliance_pct": "dossier",
}


_TYPED = "typed"
# Criteria beside the maximum of the set: in the numerator of the index only.
_BESIDE = ("bonus", "penalty")
# What a criterion may require besides a feature.
_REQUIRED = ("none", "survey")
# What says how points are given.
_OF_LEAVES = ("kind", "scored_by", "requires", "rule_type", "rule")


def check_criteria(readable: Mapping[str, TableContent]) -> None:
    """Check sets, criteria, links and bands as far as their files could be read; problems are added to them."""
    if "criteria_sets" in readable:
        _check_years(readable["criteria_sets"])
    if "decisions" in readable:
        _check_decisions(readable["decisions"])
    if "criteria" in readable:
        _check_areas(readable["criteria"])
        _check_headings(readable["criteria"])
        _check_scoring(readable["criteria"])
    if "agencies" in readable:
        _check_features(readable)
    if "criteria_sets" in readable and "criteria" in readable:
        _check_totals(readable["criteria_sets"], readable["criteria"])
    if "criteria" in readable and "questionnaire_items" in readable:
        _check_factors(readable["criteria"], readable["questionnaire_items"])
    if "criteria_links" in readable:
        _check_links(readable["criteria_links"])
    if "rating_bands" in readable:
        _check_bands(readable["rating_bands"])
    if "rating_bands" in readable and "policy_parameters" in readable:
        _check_scheme(readable["policy_parameters"], readable["rating_bands"])


def _check_years(sets: TableContent) -> None:
    usable: list[tuple[int, int, Row]] = []
    for row in sets.rows:
        first, last = row.cells["first_year"], row.cells["last_year"] or "9999"
        if not (is_number(first) and is_number(last)):
            continue
        if Decimal(last) < Decimal(first):
            sets.report(row, "last_year", "set_ends_before_begin", first=first)
        else:
            usable.append((int(Decimal(first)), int(Decimal(last)), row))
    for (first_year, last_year, row), (first_other, last_other, other) in combinations(usable, 2):
        groups_of = sets.table.columns["cchc_groups"].values_of
        shared = sorted(set(groups_of(row.cells["cchc_groups"])) & set(groups_of(other.cells["cchc_groups"])))
        if shared and first_year <= last_other and first_other <= last_year:
            set_id = row.cells["set_id"]
            sets.report(other, "first_year", "sets_share_a_year", set=set_id, other=row.line, group=shared[0])


def _check_decisions(decisions: TableContent) -> None:
    for row in decisions.rows:
        if bool(row.cells["cchc_groups"]) != (row.cells["decision_kind"] == "ranking"):
            decisions.report(row, "cchc_groups", "groups_of_decision", kind=row.cells["decision_kind"])


def _check_areas(criteria: TableContent) -> None:
    for (_, area), rows in groups(criteria.rows, lambda row: (row.cells["set_id"], row.cells["area_code"])):
        for row in rows[1:]:
            if row.cells["area_name"] != rows[0].cells["area_name"]:
                name = rows[0].cells["area_name"]
                criteria.report(row, "area_name", "area_name", area=area, other=rows[0].line, name=name)


def _check_headings(criteria: TableContent) -> None:
    """Under a heading stand rows of its area, whose maxima add up to its own; on leaves stands how points are given."""
    parents = parents_by_set(row.cells for row in criteria.rows)
    by_code = {(row.cells["set_id"], row.cells["criterion_code"]): row for row in criteria.rows}
    below: dict[tuple[str, str], list[Row]] = {}
    for row in criteria.rows:
        set_id = row.cells["set_id"]
        above = by_code.get((set_id, row.cells["parent_code"]))
        if above is None:
            continue
        try:
            ancestors(row.cells["criterion_code"], parents[set_id])
        except ValueError as error:
            criteria.report(row, "parent_code", "below_itself", error=error)
        below.setdefault((set_id, row.cells["parent_code"]), []).append(row)
        if row.cells["area_code"] != above.cells["area_code"]:
            criteria.report(row, "area_code", "area_of_parent", area=above.cells["area_code"], other=above.line)
    for key, heading in by_code.items():
        for name in _OF_LEAVES:
            if bool(heading.cells[name]) == (key in below):
                criteria.report(heading, name, "given_on_heading" if key in below else "empty_on_leaf")
        _check_sum(criteria, heading, below.get(key, []), "sum_of_rows")


def _check_sum(content: TableContent, row: Row, parts: Sequence[Row], cause: str) -> None:
    maxima = [part.cells["max_points"] for part in parts]
    if not maxima or not all(map(is_number, (row.cells["max_points"], *maxima))):
        return
    total = sum(map(Decimal, maxima), Decimal(0))
    if Decimal(row.cells["max_points"]) != total:
        content.report(row, "max_points", cause, total=f"{total:f}")


def _check_totals(sets: TableContent, criteria: TableContent) -> None:
    """The maxima of a set add up to its own, and it limits the bonus and penalty points that it has."""
    leaves = dict(groups((row for row in criteria.rows if row.cells["scored_by"]), lambda row: row.cells["set_id"]))
    for row in sets.rows:
        own = leaves.get(row.cells["set_id"], [])
        _check_sum(sets, row, [leaf for leaf in own if leaf.cells["kind"] not in _BESIDE], "sum_of_criteria")
        kinds = {leaf.cells["kind"] for leaf in own}
        for kind in _BESIDE:
            if bool(row.cells[f"max_{kind}"]) != (kind in kinds):
                cause = "most_without_criterion" if row.cells[f"max_{kind}"] else "most_missing"
                sets.report(row, f"max_{kind}", cause, kind=kind)


def _check_scoring(criteria: TableContent) -> None:
    for row in (row for row in criteria.rows if row.cells["scored_by"]):
        scored_by, measure = row.cells["scored_by"], row.cells["measure"]
        fitting = [name for name, source in _SOURCE_OF_MEASURE.items() if source == scored_by]
        if fitting:
            fitting.append(_TYPED)
        if bool(measure) != bool(fitting) or (measure in (*_SOURCE_OF_MEASURE, _TYPED) and measure not in fitting):
            cause = "measure_and_source" if fitting else "measure_of_appraisal"
            criteria.report(row, "measure", cause, scored_by=scored_by, fitting=", ".join(fitting))
        if bool(row.cells["factor_code"]) != (measure == "factor_index"):
            criteria.report(row, "factor_code", "factor_and_measure", measure=measure)
        # A survey that others make may ask about agencies that ours leaves out.
        is_elsewhere = scored_by == "survey" and measure == _TYPED
        if (row.cells["requires"] == "survey") != (scored_by == "survey") and not is_elsewhere:
            criteria.report(row, "requires", "requires_survey", scored_by=scored_by)
        for name in ("full_from", "zero_below", "when_none"):
            if row.cells[name] and measure in ("", _TYPED):
                criteria.report(row, name, "without_measure")
        if row.cells["min_points"] and row.cells["kind"] in _BESIDE:
            criteria.report(row, "min_points", "least_of_kind", kind=row.cells["kind"])
        _check_thresholds(criteria, row)


def _check_features(readable: Mapping[str, TableContent]) -> None:
    """What a criterion requires is a column of the agencies, and so is what an exclusion says is lacking."""
    features = features_of(readable["agencies"])
    for table, cause, others in (
        ("criteria", "requires_no_feature", _REQUIRED),
        ("exclusions", "excludes_no_feature", _REQUIRED[1:]),
    ):
        for row in readable[table].rows if table in readable else ():
            required = row.cells["requires"]
            if required and required not in (*others, *features):
                details = {"feature": required, "allowed": ", ".join((*features, *others))}
                readable[table].report(row, "requires", cause, **details)


def _check_thresholds(criteria: TableContent, row: Row) -> None:
    full, zero = row.cells["full_from"], row.cells["zero_below"]
    if is_number(full) and is_number(zero) and Decimal(zero) > Decimal(full):
        criteria.report(row, "zero_below", "thresholds_crossed", full=full)


def _check_factors(criteria: TableContent, items: TableContent) -> None:
    asked = {row.cells["factor_code"] for row in items.rows if row.cells["is_in_index"] == "1"}
    for row in criteria.rows:
        if row.cells["factor_code"] and row.cells["factor_code"] not in asked:
            criteria.report(row, "factor_code", "factor_not_asked")


def _check_links(links: TableContent) -> None:
    for row in links.rows:
        for column, relation in (("from_criterion_code", "new"), ("to_criterion_code", "dropped")):
            if bool(row.cells[column]) == (row.cells["relation"] == relation):
                links.report(row, column, "link_and_relation", relation=row.cells["relation"], exactly=relation)


def _check_bands(bands: TableContent) -> None:
    usable = [
        row
        for row in bands.rows
        if is_number(row.cells["floor_inclusive"]) and are_dates(row.cells["valid_from"], row.cells["valid_to"])
    ]
    for (scheme, group), rows in groups(usable, lambda row: (row.cells["rating_scheme"], row.cells["cchc_group"])):
        reported: set[int] = set()
        for day in sorted({row.cells[end] for row in rows for end in ("valid_from", "valid_to")} - {""}):
            held = [row for row in rows if holds_on(row, day)]
            _check_floors(
                bands, [row for row in held if row.line not in reported], held, f"{scheme} {group}".strip(), reported
            )


def _check_floors(bands: TableContent, new: list[Row], held: list[Row], scheme: str, reported: set[int]) -> None:
    """Reports each row once, although it may hold on several of the days that are checked."""
    floors: dict[Decimal, Row] = {}
    for row in held:
        first = floors.setdefault(Decimal(row.cells["floor_inclusive"]), row)
        if first is not row and row in new:
            reported.add(row.line)
            bands.report(row, "floor_inclusive", "floor_repeated", other=first.line, scheme=scheme)
    if new and Decimal(0) not in floors:
        lowest = floors[min(floors)]
        reported.update(row.line for row in held)
        bands.report(lowest, "floor_inclusive", "floor_above_zero", scheme=scheme)


def _check_scheme(parameters: TableContent, bands: TableContent) -> None:
    schemes = sorted({row.cells["rating_scheme"] for row in bands.rows})
    for row in parameters.rows:
        # A province without ratings has no bands.
        if row.cells["parameter"] == "rating_scheme" and schemes and row.cells["value"] not in schemes:
            parameters.report(row, "value", "scheme_without_bands", allowed=", ".join(schemes))
