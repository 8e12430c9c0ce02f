"""Decides whether a build has anything new to publish."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from warehouse.config import Home
from warehouse.publication.pointer import standing_rollback
from warehouse.publication.publications import find_by_input_hash, show


@dataclass(frozen=True)
class Decision:
    """What is built. `publication_id` is set when nothing needs to be built."""

    is_new: bool
    reason: str
    as_of_date: date | None = None
    input_hash: str = ""
    publication_id: str | None = None


def compare_with_published(home: Home, as_of: date, input_hash: str) -> Decision:
    """Compares inputs with the publications of a home; moves the pointer when a killed run did not."""
    existing = find_by_input_hash(home, input_hash)
    if existing is None:
        return Decision(True, "the inputs changed", as_of, input_hash)
    rollback = standing_rollback(home)
    if existing.is_current:
        reason = "nothing new: the same inputs are published"
    elif rollback is not None and rollback.from_id == existing.publication_id:
        reason = f"nothing new: {existing.publication_id} was rolled back and stays so until the inputs change"
    else:
        show(home, existing.publication_id)
        reason = "nothing new to build: a finished publication of these inputs is shown again"
    return Decision(False, reason, as_of, input_hash, existing.publication_id)
