"""The pauses of one dossier, out of its events: which stop ends with which event, and what they take off the clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from reports.dossiers.landed import Event

_STOPS = {"supplement_notice": "supplement", "tax_notice": "tax", "pause": "other"}
_RESUMES = {"supplement_received": "supplement", "tax_paid": "tax", "resume": "other"}


@dataclass(frozen=True)
class Clock:
    """The clock of a dossier: `index` numbers a day in the deadline's unit (methods §4.1).

    It runs from received_index to end_index; `end_date` is the day of the end, or the data date while it is open.
    """

    received_date: date
    end_date: date
    is_ended: bool
    received_index: int
    end_index: int
    index: Callable[[date], int]


@dataclass(frozen=True)
class Pause:
    """One pause inside the life of its dossier, half-open; `days` are those of the deadline's unit.

    `kind` is supplement, tax, other or reopened, and all of them joined by ";" for pauses that are one.
    """

    kind: str
    stop_date: date
    resume_date: date
    stop_index: int
    resume_index: int
    is_open: bool

    @property
    def days(self) -> int:
        """Days taken off the clock."""
        return self.resume_index - self.stop_index


def find_pauses(events: Sequence[Event], clock: Clock) -> list[Pause]:
    """The pauses of a dossier in order, clipped to its life. `events` are its own, in order (methods §4.2).

    A stop lasts until the next event of its kind; stops the wrong way round and those outside its life are left out.
    """
    pauses = []
    for kind, stopped_at, resumed_at in [*_pair(events), *_reopenings(events)]:
        stop, resume = stopped_at.date(), resumed_at.date() if resumed_at else clock.end_date
        if resume < clock.received_date or stop > clock.end_date:
            continue
        stop_index = max(clock.index(stop), clock.received_index)
        pauses.append(
            Pause(
                kind,
                max(stop, clock.received_date),
                min(resume, clock.end_date),
                stop_index,
                max(min(clock.index(resume), clock.end_index), stop_index),
                resumed_at is None and not clock.is_ended,
            )
        )
    return sorted(pauses, key=_place)


def merge_pauses(pauses: Sequence[Pause]) -> list[Pause]:
    """Overlapping and touching pauses as one, so that no day is taken off twice."""
    merged: list[Pause] = []
    for pause in sorted(pauses, key=_place):
        last = merged[-1] if merged else None
        if last is None or pause.stop_date > last.resume_date or pause.stop_index > last.resume_index:
            merged.append(pause)
        else:
            merged[-1] = Pause(
                ";".join(sorted({*last.kind.split(";"), pause.kind})),
                last.stop_date,
                max(last.resume_date, pause.resume_date),
                last.stop_index,
                max(last.resume_index, pause.resume_index),
                last.is_open or pause.is_open,
            )
    return merged


def _place(pause: Pause) -> tuple[date, int, date, int]:
    return pause.stop_date, pause.stop_index, pause.resume_date, pause.resume_index


def _pair(events: Sequence[Event]) -> list[tuple[str, datetime, datetime | None]]:
    found: list[tuple[str, datetime, datetime | None]] = []
    for kind in ("supplement", "tax", "other"):
        own = [event for event in events if kind in (_STOPS.get(event.event_type), _RESUMES.get(event.event_type))]
        stops = [event.event_type in _STOPS for event in own]
        for place, event in enumerate(own):
            is_last = place + 1 == len(own)
            # Resume, then a stop that nothing follows: the two dates are the wrong way round.
            is_reversed = is_last and place > 0 and not stops[place - 1] and not (place > 1 and stops[place - 2])
            if stops[place] and not is_reversed:
                found.append((kind, event.occurred_at, None if is_last else own[place + 1].occurred_at))
    return found


def _reopenings(events: Sequence[Event]) -> list[tuple[str, datetime, datetime | None]]:
    """From its first end until it was reopened a dossier lies with nobody, each time."""
    found: list[tuple[str, datetime, datetime | None]] = []
    ended_at: datetime | None = None
    for event in events:
        if event.event_type == "finished":
            ended_at = ended_at or event.occurred_at
        elif event.event_type == "reopened":
            if ended_at is not None and ended_at < event.occurred_at:
                found.append(("reopened", ended_at, event.occurred_at))
            ended_at = None
    return found
