"""A random log of dossiers in which everything odd happens: ends without a day, reopenings, stops in any order."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from tests.support.day_by_day import DAY, RESUMES, STOPS


def random_log(
    seed: int, n: int, *, first_day: date, procedures: Sequence[str], agencies: Sequence[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Returns `n` dossiers received within 226 days, and their events."""
    draw = random.Random(seed)
    start = datetime.combine(first_day, datetime.min.time())
    dossiers, events = [], []
    for number in range(n):
        code = f"STP-25-{number:06d}"
        received = start + timedelta(minutes=draw.randrange(226 * 24 * 60))
        finished = (
            received + timedelta(minutes=draw.randrange(-2 * 24 * 60, 30 * 24 * 60)) if draw.random() < 0.8 else None
        )
        if draw.random() < 0.05:
            # Known by their days only.
            received = datetime.combine(received, time())
            finished = finished and datetime.combine(received + draw.randrange(3) * DAY, time())
        ended = draw.choice(["finished", "finished", "finished", "returned", "withdrawn", "stopped"])
        going = draw.choice(["processing", "processing", "supplement_requested"])
        dossier = {
            "dossier_code": code,
            "procedure_code": draw.choice(procedures),
            "resolving_agency_id": draw.choice(agencies),
            "received_at": received,
            "finished_at": finished,
            "returned_at": None,
            "status": ended if finished else going,
        }
        dossiers.append(dossier)
        life = [{"dossier_code": code, "event_type": "received", "occurred_at": received}]
        if draw.random() < 0.5:
            moments = sorted(received + timedelta(minutes=draw.randrange(-900, 25 * 24 * 60)) for _ in range(6))
            kinds = draw.sample([*STOPS, *RESUMES], 6)
            life += [
                {"dossier_code": code, "event_type": kind, "occurred_at": moment}
                for kind, moment in zip(kinds[: draw.randint(1, 6)], moments, strict=False)
            ]
        if finished and draw.random() < 0.3:
            life += _random_end(draw, dossier)
        events += life
    return dossiers, events


def _random_end(draw: random.Random, dossier: dict[str, Any]) -> list[dict[str, Any]]:
    """Events of an ended dossier: of its end, of a reopening; and the log leaves the day of the end blank, or not."""
    at = dossier["finished_at"]
    ends = {"withdrawn": "withdrawn", "stopped": "refusal_notice"}
    life = [(draw.choice(["finished", ends.get(dossier["status"], "finished")]), at)] if draw.random() < 0.6 else []
    for _ in range(draw.randrange(3)):
        at += timedelta(minutes=draw.randrange(10 * 24 * 60))
        life.append(("reopened", at))
        if draw.random() < 0.5:
            at += timedelta(minutes=draw.randrange(10 * 24 * 60))
            life.append((draw.choice(["finished", "withdrawn", "refusal_notice"]), at))
    if draw.random() < 0.3:
        life.append(("apology_reschedule_notice", at - timedelta(minutes=draw.randrange(10 * 24 * 60))))
    if draw.random() < 0.5:
        dossier["finished_at"] = None
    if draw.random() < 0.5:
        dossier["returned_at"] = at + timedelta(minutes=draw.randrange(-3 * 24 * 60, 5 * 24 * 60))
    if draw.random() < 0.2:
        dossier["status"] = "processing"
    return [
        {"dossier_code": dossier["dossier_code"], "event_type": kind, "occurred_at": moment} for kind, moment in life
    ]
