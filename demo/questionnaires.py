"""Reads questionnaires, items, scales and planned forms from the registry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from demo.province import holds_through, names_in_force, registry_rows, spell

_POOLED = "top2_pooled"


@dataclass(frozen=True)
class Item:
    """One question; `labels[answer]` are the texts of an answer in files, the digit first."""

    code: str
    factor_code: str
    text: str
    scale: str
    is_in_index: bool
    labels: dict[int, list[str]]

    @property
    def header(self) -> str:
        """The header of its column."""
        return f"{self.code}. {self.text}"


@dataclass(frozen=True)
class Questionnaire:
    """A version of a questionnaire with its items in registry order."""

    questionnaire_id: str
    version: str
    population: str
    index_form: str
    items: list[Item]

    @cached_property
    def index_items(self) -> list[Item]:
        """The items that are part of the index."""
        return [item for item in self.items if item.is_in_index]

    def steps(self, answered: NDArray[np.int64]) -> NDArray[np.float64]:
        """Returns the gain in the index, in points, per satisfied answer to each index item (methods §3.1)."""
        if self.index_form == _POOLED:
            return np.full(len(answered), 100 / answered.sum())
        factors = [item.factor_code for item in self.index_items]
        weights = [1 / (len(set(factors)) * factors.count(factor)) for factor in factors]
        return 100 * np.array(weights) / answered

    def in_factor(self, factor_code: str) -> NDArray[np.bool_]:
        """Returns per index item whether it belongs to the factor."""
        return np.array([item.factor_code == factor_code for item in self.index_items])


@dataclass(frozen=True)
class Unit:
    """One agency, commune, hospital or station to be surveyed in a year; `names` are its spellings in files."""

    year: int
    agency_id: str
    questionnaire: Questionnaire
    n_planned: int
    unit_kind: str
    block_code: str
    district_code: str
    names: list[str]


def read_units(registry: Path, year: int) -> list[Unit]:
    """Reads the units of survey_frames of one year, in registry order."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    agencies = {
        row["agency_id"]: row for row in registry_rows(registry / "agencies.csv") if holds_through(row, first, last)
    }
    names = names_in_force(registry, first, last)
    known = _questionnaires(registry)
    units = []
    for row in registry_rows(registry / "survey_frames.csv"):
        agency = agencies.get(row["agency_id"])
        if int(row["year"]) == year and agency:
            units.append(
                Unit(
                    year=year,
                    agency_id=row["agency_id"],
                    questionnaire=known[row["questionnaire_id"], row["questionnaire_version"]],
                    n_planned=int(row["n_planned"]),
                    unit_kind=agency["unit_kind"],
                    block_code=agency["block_code"],
                    district_code=agency["district_code"],
                    names=spell(names.get(row["agency_id"]) or [agency["agency_name"]]),
                )
            )
    return units


def _questionnaires(registry: Path) -> dict[tuple[str, str], Questionnaire]:
    labels: dict[str, dict[int, list[str]]] = {}
    for row in registry_rows(registry / "scale_labels.csv"):
        if row["answer"]:
            labels.setdefault(row["scale"], {}).setdefault(int(row["answer"]), []).append(row["label"])
    items: dict[tuple[str, str], list[Item]] = {}
    for row in registry_rows(registry / "questionnaire_items.csv"):
        items.setdefault((row["questionnaire_id"], row["questionnaire_version"]), []).append(
            Item(
                code=row["item_code"],
                factor_code=row["factor_code"],
                text=row["item_text"],
                scale=row["scale"],
                is_in_index=row["is_in_index"] == "1",
                labels=labels.get(row["scale"], {}),
            )
        )
    return {
        (row["questionnaire_id"], row["questionnaire_version"]): Questionnaire(
            questionnaire_id=row["questionnaire_id"],
            version=row["questionnaire_version"],
            population=row["population"],
            index_form=row["index_form"],
            items=items[row["questionnaire_id"], row["questionnaire_version"]],
        )
        for row in registry_rows(registry / "questionnaires.csv")
    }
