"""Checks questionnaires and answer scales of a registry (domain §4.2 to §4.4)."""

from __future__ import annotations

from collections.abc import Mapping

from ingest.registry.scales import FIVE, read_scales
from ingest.registry.tables import Row, TableContent, groups, is_number
from ingest.vietnamese.text import normalise_name

# Forms that need a scale from 1 to 5, and those that need to know which answers count as satisfied.
FORMS_OF_FIVE = ("mean_of_five",)
FORMS_OF_SATISFIED = ("top2_weighted", "top2_pooled", "all_satisfied")


def check_questionnaires(readable: Mapping[str, TableContent]) -> None:
    """Checks items and scales as far as their files could be read; problems are added to them."""
    if "questionnaire_items" in readable:
        _check_weights(readable["questionnaire_items"])
    if "scale_labels" in readable:
        _check_readings(readable["scale_labels"])
        _check_spellings(readable["scale_labels"])
        _check_satisfied(readable["scale_labels"])
    if "questionnaire_items" in readable and "scale_labels" in readable:
        _check_scales(readable["questionnaire_items"], readable["scale_labels"])
        if "questionnaires" in readable:
            _check_forms(*(readable[name] for name in ("questionnaires", "questionnaire_items", "scale_labels")))
    if "survey_frames" in readable:
        _check_frame_weights(readable["survey_frames"])


def _check_weights(items: TableContent) -> None:
    in_index = [row for row in items.rows if row.cells["is_in_index"] == "1"]
    for row in items.rows:
        if row.cells["weight"] and row.cells["is_in_index"] == "0":
            items.report(row, "weight", "weight_outside_index")
    for (name, version), rows in groups(in_index, _version):
        weighted = any(row.cells["weight"] for row in rows)
        for row in rows:
            if weighted and not row.cells["weight"]:
                items.report(row, "weight", "weight_missing", form=f"{name} {version}")


def _check_readings(scales: TableContent) -> None:
    for row in scales.rows:
        if bool(row.cells["answer"]) == bool(row.cells["missing_reason"]):
            scales.report(row, "answer", "answer_or_reason", missing_reason=row.cells["missing_reason"])


def _check_spellings(scales: TableContent) -> None:
    """Reports labels that differ as text and are read alike; a repeated text is reported as a repeated key."""
    for (scale, name), rows in groups(
        scales.rows, lambda row: (row.cells["scale"], normalise_name(row.cells["label"]))
    ):
        for row in rows[1:]:
            if row.cells["label"] != rows[0].cells["label"]:
                scales.report(row, "label", "label_read_alike", other=rows[0].line, scale=scale, name=name)


def _check_scales(items: TableContent, scales: TableContent) -> None:
    readable = read_scales(row.cells for row in scales.rows)
    for row in items.rows:
        if row.cells["is_in_index"] == "1" and row.cells["scale"] not in readable:
            items.report(row, "scale", "scale_without_answers")


def _check_satisfied(scales: TableContent) -> None:
    """A scale has at least two answers; those that count as satisfied are its highest."""
    known = read_scales(row.cells for row in scales.rows)
    for name, rows in groups(scales.rows, lambda row: row.cells["scale"]):
        answered = [row for row in rows if is_number(row.cells["answer"])]
        if name not in known or not answered:
            continue
        scale = known[name]
        if scale.lowest == scale.highest:
            scales.report(answered[0], "answer", "scale_of_one_answer", scale=name)
        stated = [row for row in answered if row.cells["is_satisfied"]]
        above = sorted(int(row.cells["answer"]) for row in answered if row.cells["is_satisfied"] != "1")
        for row in stated:
            if row.cells["is_satisfied"] == "1" and above and above[-1] > int(row.cells["answer"]):
                scales.report(row, "is_satisfied", "satisfied_below_unsatisfied", scale=name, other=above[-1])


def _check_forms(questionnaires: TableContent, items: TableContent, scales: TableContent) -> None:
    """The official form of the index can be computed from the scale of every item (methods §3.1)."""
    known = read_scales(row.cells for row in scales.rows)
    asked = dict(groups((row for row in items.rows if row.cells["is_in_index"] == "1"), _version))
    for row in questionnaires.rows:
        used = [
            (item, known[item.cells["scale"]]) for item in asked.get(_version(row), []) if item.cells["scale"] in known
        ]
        form = row.cells["index_form"]
        for item, scale in used:
            if form in FORMS_OF_FIVE and (scale.lowest, scale.highest) != FIVE:
                cause = "form_needs_five"
            elif form in FORMS_OF_SATISFIED and scale.satisfied_from is None:
                cause = "form_needs_satisfied"
            else:
                continue
            details = {"item": item.cells["item_code"], "scale": scale.name}
            questionnaires.report(row, "index_form", cause, lowest=scale.lowest, highest=scale.highest, **details)
            break


def _check_frame_weights(frames: TableContent) -> None:
    for (year, agency), rows in groups(frames.rows, lambda row: (row.cells["year"], row.cells["agency_id"])):
        weighted = any(row.cells["weight"] for row in rows)
        for row in rows:
            if weighted and not row.cells["weight"]:
                frames.report(row, "weight", "frame_weight_missing", agency=agency, year=year)


def _version(row: Row) -> tuple[str, str]:
    return row.cells["questionnaire_id"], row.cells["questionnaire_version"]
