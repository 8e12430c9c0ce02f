"""A log that grows delivery by delivery, with all that makes a dossier change: nothing in it follows any sense."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

Row = dict[str, Any]

PROCEDURES = ("1.000110", "2.000220", "1.000330", "1.000440", "9.999999")
AGENCIES = ("T99.01", "T99.02", "T99.03")
GOING = ("processing", "received", "registered", "supplement_requested")
ENDED = ("finished", "returned", "withdrawn", "withdrawn", "stopped")
EVENTS = (
    *("submitted", "received", "guidance_slip", "transferred", "supplement_notice", "supplement_received"),
    *("tax_notice", "tax_paid", "pause", "resume", "apology_reschedule_notice", "finished", "reopened"),
    *("early_result_invitation", "returned", "refusal_notice", "withdrawn"),
)


@dataclass(frozen=True)
class Delivery:
    """One file: its rows, the dossiers that it calls deleted, and the last day that it tells of."""

    source: str
    until: date
    rows: Sequence[Row]
    deleted: Sequence[str] = ()


class GrowingLog:
    """Deliveries about dossiers whose state is drawn anew each time they are told of."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)
        self._dossiers: dict[str, Row] = {}
        self._number = 0

    def deliver(self, day: date, new: int) -> Iterator[Delivery]:
        """What comes on a day: new and corrected rows, deleted ones, events; at times a late file about older days."""
        draw = self._draw
        older = sorted(self._dossiers)
        codes = [self._register(day) for _ in range(new)]
        # A landed file has a dossier once.
        codes += draw.sample(older, min(len(older), new))
        for code in codes[new:]:
            self._change(self._dossiers[code], day)
        deleted = draw.sample(sorted(set(self._dossiers) - set(codes)), min(1, len(self._dossiers) - len(codes)))
        is_late = draw.random() < 0.25
        yield Delivery(
            "dossiers", day - timedelta(days=9 * is_late), [dict(self._dossiers[code]) for code in codes], deleted
        )
        yield Delivery("dossier_events", day, [self._event(day) for _ in range(2 * new)])

    def _register(self, day: date) -> str:
        self._number += 1
        code = f"T99.01-24-{self._number:04d}"
        self._dossiers[code] = {
            "dossier_code": code,
            "procedure_code": self._draw.choice(PROCEDURES),
            "receiving_agency_id": self._draw.choice(AGENCIES),
            "resolving_agency_id": self._draw.choice(AGENCIES),
            "channel": self._draw.choice(("online", "direct", "post")),
            "is_e_dossier": self._draw.random() < 0.5,
            "received_at": self._moment(day, -6, 3),
            "due_at": self._moment(day, -2, 15),
            "status": self._draw.choice(GOING),
            "applicant_key": f"applicant {self._draw.randrange(8)}",
        }
        return code

    def _change(self, row: Row, day: date) -> None:
        """A new state, or a corrected column."""
        kind = self._draw.random()
        if kind < 0.6:
            row["status"] = self._draw.choice(ENDED)
            row["finished_at"] = self._moment(day, -5, 6)
            row["returned_at"] = self._moment(day, -5, 9)
        elif kind < 0.7:
            row |= {"status": self._draw.choice(GOING), "finished_at": None, "returned_at": None}
        elif kind < 0.8:
            row["procedure_code"] = self._draw.choice(PROCEDURES)
        elif kind < 0.9:
            row["applicant_key"] = f"applicant {self._draw.randrange(8)}"
        else:
            row["received_at"] = self._moment(day, -20, 5)

    def _event(self, day: date) -> Row:
        """Also of dossiers that no file has told of yet."""
        return {
            "dossier_code": f"T99.01-24-{self._draw.randrange(1, self._number + 8):04d}",
            "event_type": self._draw.choice(EVENTS),
            "occurred_at": self._moment(day, -12, 6),
            "document_no": self._draw.choice((None, "12/TB")),
            "new_due_at": self._draw.choice((None, self._moment(day, 1, 20))),
        }

    def _moment(self, day: date, first: int, last: int) -> datetime:
        hours = timedelta(minutes=self._draw.randrange(24 * 60 * first, 24 * 60 * last))
        return datetime.combine(day, time(12)) + hours
