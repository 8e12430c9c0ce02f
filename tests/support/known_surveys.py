"""The survey data sets of the check values of methods §3, as arrays."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parents[1] / "oracles" / "survey"
SCHOOL_TYPES = ("E", "M", "H")
WEIGHTS = {"E": 44.2099990844727, "M": 20.3600006103516, "H": 15.1000003814697}
SCHOOLS = {"E": 4421.0, "M": 1018.0, "H": 755.0}
CLUSTER_WEIGHT = 33.846996307373
DISTRICTS = 757.0


def read_columns(name: str) -> Mapping[str, list[str]]:
    """Returns the columns of a file of tests/oracles/survey as text."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {column: [row[column] for row in rows] for column in rows[0]}


def numbers(column: list[str]) -> np.ndarray:
    return np.array(column, dtype=float)


def coded(column: list[str]) -> np.ndarray:
    """Codes of the distinct texts of a column, in the order of the alphabet."""
    return np.unique(column, return_inverse=True)[1]
