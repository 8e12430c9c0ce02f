"""Vietnamese words for closed lists in the tables of dossiers."""

from __future__ import annotations

from collections.abc import Mapping

from ingest.contract import load_contracts

_UNITS = {"working_day": "ngày làm việc", "calendar_day": "ngày theo lịch", "hour": "giờ làm việc"}


def unit_vi(deadline_unit: str | None) -> str:
    """Returns the unit of a deadline inside a sentence; a dossier without a deadline counts working days."""
    return _UNITS[deadline_unit or "working_day"]


def named(labels: Mapping[tuple[str, str], str], list_name: str, value: str | None) -> str:
    """Returns the label of a value of a closed list; the value itself where the registry names none."""
    return "" if value is None else labels.get((list_name, value), value)


def delivered_words(source: str, column: str) -> dict[str, str]:
    """Returns how senders write each value of a closed list, as the contract of `source` has it first."""
    (found,) = [one for one in load_contracts()[source].columns if one.name == column]
    return {value: words[0] for value, words in found.values.items()}
