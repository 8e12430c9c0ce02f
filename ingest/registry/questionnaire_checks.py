"""Checks questionnaires and answer scales of a registry (domain §4.2 to §4.4)."""

from __future__ import annotations

from collections.abc import Mapping

from ingest.registry.tables import Row, TableContent, groups
from ingest.vietnamese.text import normalise_name


def check_questionnaires(readable: Mapping[str, TableContent]) -> None:
    """Checks items and scales as far as their files could be read; problems are added to them."""
    if "questionnaire_items" in readable:
        _check_weights(readable["questionnaire_items"])
    if "scale_labels" in readable:
        _check_readings(readable["scale_labels"])
        _check_spellings(readable["scale_labels"])
    if "questionnaire_items" in readable and "scale_labels" in readable:
        _check_scales(readable["questionnaire_items"], readable["scale_labels"])


def _check_weights(items: TableContent) -> None:
    in_index = [row for row in items.rows if row.cells["is_in_index"] == "1"]
    for row in items.rows:
        if row.cells["weight"] and row.cells["is_in_index"] == "0":
            items.report(row, "weight", "is given for an item outside the index", "Leave it empty, or set is_in_index")
    for (name, version), rows in groups(in_index, _version):
        weighted = any(row.cells["weight"] for row in rows)
        for row in rows:
            if weighted and not row.cells["weight"]:
                reason = f"is empty while other items of {name} {version} are weighted"
                items.report(row, "weight", reason, "Give weights to all items of the index, or to none")


def _check_readings(scales: TableContent) -> None:
    for row in scales.rows:
        if bool(row.cells["answer"]) == bool(row.cells["missing_reason"]):
            reason = f"is given together with missing_reason '{row.cells['missing_reason']}'"
            scales.report(row, "answer", reason, "Give exactly one of answer and missing_reason")


def _check_spellings(scales: TableContent) -> None:
    """Reports labels that differ as text and are read alike; a repeated text is reported as a repeated key."""
    for (scale, name), rows in groups(
        scales.rows, lambda row: (row.cells["scale"], normalise_name(row.cells["label"]))
    ):
        for row in rows[1:]:
            if row.cells["label"] != rows[0].cells["label"]:
                reason = f"is read like line {rows[0].line} of scale {scale} (as '{name}')"
                scales.report(row, "label", reason, "Remove one of the two rows")


def _check_scales(items: TableContent, scales: TableContent) -> None:
    readable = {row.cells["scale"] for row in scales.rows if row.cells["answer"]}
    for row in items.rows:
        if row.cells["is_in_index"] == "1" and row.cells["scale"] not in readable:
            reason = "is the scale of an index item and has no answers in scale_labels.csv"
            items.report(row, "scale", reason, "Correct it, or add its labels first")


def _version(row: Row) -> tuple[str, str]:
    return row.cells["questionnaire_id"], row.cells["questionnaire_version"]
