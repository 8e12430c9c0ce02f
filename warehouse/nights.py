"""The record of nights: when each began, which process ran it, how it ended.

The record of a killed night stays unfinished.
"""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from pydantic.dataclasses import dataclass

from warehouse.clock import ZONE, local_now
from warehouse.config import Home
from warehouse.lock import is_held, read_holder
from warehouse.records import RECORD, read_notes, write_record

KEPT = 400
LOCKED_OUT = 5
# Prefect needs some time before the night takes the lock; until then a night without the lock is running.
_START_UP = timedelta(minutes=5)


@dataclass(frozen=True, config=RECORD)
class NightRecord:
    """One night. Times are local; `exit_code` and `finished_at` are None until it ends; they stay None when it is
    killed.

    `night_id` is its start time to the microsecond. `flow_run_id` is set when a Prefect worker ran it.
    """

    night_id: str
    started_at: datetime
    command: str
    pid: int
    host: str
    flow_run_id: str | None = None
    finished_at: datetime | None = None
    exit_code: int | None = None
    reason: str | None = None
    publication_id: str | None = None

    @property
    def is_finished(self) -> bool:
        """Whether it ended by itself, with success or failure."""
        return self.finished_at is not None

    @property
    def is_done(self) -> bool:
        """Whether it published, or had nothing new to publish."""
        return self.exit_code in (0, 3)

    def end(self, exit_code: int, reason: str, publication_id: str | None) -> NightRecord:
        """Returns the record of this night, now that it has ended."""
        return replace(self, finished_at=local_now(), exit_code=exit_code, reason=reason, publication_id=publication_id)


def begin_night(command: str, flow_run_id: str | None = None) -> NightRecord:
    """Returns the record of a night that begins now in this process."""
    now = datetime.now(ZONE)
    started_at = now.replace(microsecond=0, tzinfo=None)
    return NightRecord(f"{now:%Y%m%dT%H%M%S.%f}", started_at, command, os.getpid(), socket.gethostname(), flow_run_id)


def keep_night(home: Home, record: NightRecord) -> None:
    """Writes the record and deletes the oldest ones. Needs no lock, because every night has its own file."""
    write_record(home.nights / f"{record.night_id}.json", record)
    for path in sorted(home.nights.glob("*.json"))[:-KEPT]:
        path.unlink(missing_ok=True)


def list_nights(home: Home) -> list[NightRecord]:
    """Returns every night on record, oldest first."""
    return read_notes(NightRecord, home.nights)


def last_night(home: Home) -> NightRecord | None:
    """Returns the latest night that did not find the home locked."""
    return next((night for night in reversed(list_nights(home)) if night.exit_code != LOCKED_OUT), None)


def is_running(home: Home, night: NightRecord) -> bool:
    """Returns whether an unfinished night is still running: its process exists, and has the lock or just started."""
    if night.is_finished or (night.host == socket.gethostname() and not _is_alive(night.pid)):
        return False
    # After a restart of the machine another process may have the number.
    return _holds_lock(home, night) or local_now() - night.started_at < _START_UP


def _holds_lock(home: Home, night: NightRecord) -> bool:
    holder = read_holder(home)
    return holder is not None and (holder.pid, holder.host) == (night.pid, night.host) and is_held(home)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    # A zombie process has ended too; where there is no /proc, the lock decides.
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True
