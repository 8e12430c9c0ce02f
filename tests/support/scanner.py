"""The scanner of `cchc privacy audit`, with what it found by file."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from warehouse import scanner
from warehouse.scanner import Needles

__all__ = ["Needles", "scan"]


def scan(root: Path, needles: Needles) -> dict[str, set[str]]:
    """File below `root` -> the needles found in it."""
    hits = defaultdict(set)
    for hit in scanner.scan(root, needles):
        hits[hit.file].add(hit.text)
    return dict(hits)
