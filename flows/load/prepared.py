"""A delivery between the steps of the first half of a night."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from expectations.validate import Judgement
from flows.load.decisions import ReleasedRow
from ingest.deliver import Conformed
from ingest.discover import Delivery
from warehouse.ledger import ColumnChanges, LoadRecord, Verdict


@dataclass(frozen=True)
class Collected:
    """A delivery whose bytes are archived. `same_as` is the earlier load that had the same bytes.

    `refused` is the reason why it must not be opened, `again` the load whose file is judged again, `held_as` the load
    with the same bytes that a decision took out, `released` a row that is accepted although it breaks critical rules.
    """

    delivery: Delivery
    sha256: str
    archived: Path | None
    same_as: LoadRecord | None
    refused: str | None = None
    again: LoadRecord | None = None
    held_as: LoadRecord | None = None
    released: ReleasedRow | None = None

    @property
    def load_id(self) -> str:
        """First 16 hex digits of the content's sha256."""
        return self.sha256[:16]


@dataclass(frozen=True)
class Prepared:
    """A collected delivery after conforming: typed rows, or the verdict and the reason why there are none."""

    collected: Collected
    conformed: Conformed | None
    verdict: Verdict | None = None
    reason: str | None = None
    judgement: Judgement | None = None
    rows_held: int = 0
    changes: ColumnChanges | None = None
