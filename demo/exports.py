"""The rows of a one-stop export as Arrow columns, and the SQL that writes them as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from demo import people
from demo.events import DOCUMENT_SUFFIXES, EVENT_COLUMN, EVENT_LABELS, RECEIVING_ACTS, RETURNING_ACTS
from demo.lives import CHANNEL_LABELS, E_FILE_LABELS, STATUS_LABELS, Lives, Mark
from demo.province import SPELLINGS, Province
from demo.workdays import DAY, NEVER, Minutes, Workdays

Rows = NDArray[np.int64]

_PERSON = f"""
    select *, {people.IDENTITY_NUMBER} as identity_number, {people.PHONE} as phone, {people.EMAIL} as email,
        {people.ADDRESS} as address
    from exported
"""


@dataclass(frozen=True)
class Export:
    """The state of all dossiers at one moment, in the spelling of one software system.

    `spelling` (one number per dossier) decides the spelling of agencies in its row. It is constant within one export,
    so that a row exported twice is identical.
    """

    lives: Lives
    province: Province
    calendar: Workdays
    moment: int
    spelling: NDArray[np.int64]

    def received(self) -> Rows:
        """Returns the indexes of the dossiers received by the export's moment."""
        return np.flatnonzero(self.lives.receipts.received <= self.moment)

    def dossiers(self, rows: Rows) -> pa.Table:
        """Returns the columns from which a dossier's row is written; `rows` are indexes in lives, in file order."""
        lives, receipts, province = self.lives, self.lives.receipts, self.province
        receiving = receipts.receiving[rows]
        mark, person = lives.mark[rows], lives.person[rows]
        is_test = (mark == Mark.TEST_PERSON) | (mark == Mark.TEST_WORD)
        named = len(people.TEST_NAMES) + person % len(people.APPLICANT_NAMES)
        applicant = np.where(is_test, mark - Mark.TEST_PERSON, named)
        deleted_at = np.minimum(receipts.received[rows] + DAY, self.moment).astype(np.int32)
        columns = {
            "code_prefix": self._code_prefix(rows),
            "sequence": pa.array(receipts.sequence[rows]),
            "procedure_code": _pick(province.procedure_codes, lives.version[rows]),
            "procedure_name": _pick(province.procedure_names, lives.version[rows]),
            "receiving_agency": self._agency(receiving, rows),
            "resolving_agency": self._agency(receipts.resolving[rows], rows + 1),
            "returning_agency": self._agency(lives.returning[rows], rows + 2),
            "channel": _pick(CHANNEL_LABELS, lives.channel[rows]),
            "e_file": _pick(E_FILE_LABELS, lives.e_file[rows]),
            "submitted_at": self._moments(lives.submitted[rows]),
            "received_at": self._moments(receipts.received[rows]),
            "due_at": self._dates(lives.due[rows]),
            "finished_at": self._moments(lives.ended_by(self.moment)[rows]),
            "returned_at": self._moments(lives.time_of("returned")[rows]),
            "status": _pick(STATUS_LABELS, lives.status_on(self.moment)[rows]),
            "person": pa.array(person),
            "applicant_name": _pick([*people.TEST_NAMES, *people.APPLICANT_NAMES], applicant),
            "official": self._official(receiving, rows),
            "deleted_at": self._dates(deleted_at, mark == Mark.DELETED),
            "row_number": pa.array(np.arange(1, len(rows) + 1)),
        }
        return pa.table(columns)

    def events(self, rows: Rows) -> pa.Table:
        """Returns the events of these dossiers until the export's moment, dossier by dossier."""
        lives, receipts = self.lives, self.lives.receipts
        rows = rows[lives.has_events[rows]]
        times = lives.course.times[rows]
        place, kind = np.nonzero(times <= self.moment)
        dossier = rows[place]
        # Agencies by event type: the receiving, resolving or returning agency does the act.
        actors = np.stack([receipts.receiving[dossier], receipts.resolving[dossier], lives.returning[dossier]])
        agency = actors[_ACTOR[kind], np.arange(len(kind))]
        columns = {
            "code_prefix": self._code_prefix(dossier),
            "sequence": pa.array(receipts.sequence[dossier]),
            "event": _pick(list(EVENT_LABELS.values()), kind),
            "occurred_at": self._moments(times[place, kind]),
            "agency": self._agency(agency, dossier + kind),
            "document_suffix": _pick(_SUFFIXES, kind),
            "new_due_at": self._dates(lives.new_due[dossier], kind == EVENT_COLUMN["apology_reschedule_notice"]),
            "official": self._official(agency, dossier + kind),
        }
        return pa.table(columns)

    def _code_prefix(self, rows: Rows) -> pa.DictionaryArray:
        agencies, entered = self.province.agency_ids, self.lives.entered[rows]
        prefix = self.lives.receipts.receiving[rows].astype(np.int64)
        prefixes = [f"{agency}-{self.province.year % 100:02d}-" for agency in agencies]
        bears_day = entered < NEVER
        dated, place = np.unique(entered[bears_day] // DAY * len(agencies) + prefix[bears_day], return_inverse=True)
        prefix[bears_day] = len(prefixes) + place
        origin = self.calendar.origin
        for day, agency in ((int(one) // len(agencies), int(one) % len(agencies)) for one in dated):
            prefixes.append(f"{agencies[agency]}-{origin + timedelta(day):%y%m%d}-")
        return _pick(prefixes, prefix)

    def _agency(self, agency: NDArray[np.int16], salt: Rows) -> pa.DictionaryArray:
        spelled = self.spelling[salt % len(self.spelling)]
        return _pick(self.province.spellings, agency.astype(np.int64) * SPELLINGS + spelled)

    def _official(self, agency: NDArray[np.int16], salt: Rows) -> pa.DictionaryArray:
        number = agency.astype(np.int64) * people.OFFICIALS_PER_AGENCY + salt % people.OFFICIALS_PER_AGENCY
        return _pick(people.OFFICIAL_NAMES, number % len(people.OFFICIAL_NAMES))

    def _moments(self, minutes: Minutes) -> pa.Array:
        return self._dates(minutes, minutes <= self.moment)

    def _dates(self, minutes: Minutes, is_shown: NDArray[np.bool_] | None = None) -> pa.Array:
        return pa.array(self.calendar.moments(minutes), mask=None if is_shown is None else ~is_shown)


_ACTOR = np.array([0 if kind in RECEIVING_ACTS else 2 if kind in RETURNING_ACTS else 1 for kind in EVENT_LABELS])
_SUFFIXES = [DOCUMENT_SUFFIXES.get(kind) for kind in EVENT_LABELS]


def dossier_text(connection: duckdb.DuckDBPyConnection, exported: pa.Table, columns: dict[str, str]) -> str:
    """Registers the rows of Export.dossiers; returns the SELECT of `columns` (header -> SQL) over them."""
    connection.register("exported", exported)
    # The summary contains the person's identity number and phone, hence the second level.
    return _select(columns, f"(select *, {people.SUMMARY} as summary from ({_PERSON}))")


def event_text(connection: duckdb.DuckDBPyConnection, exported: pa.Table, columns: dict[str, str]) -> str:
    """Registers the rows of Export.events; returns the SELECT of `columns` (header -> SQL) over them."""
    connection.register("exported", exported)
    return _select(columns, "exported")


def _select(columns: dict[str, str], source: str) -> str:
    named = ", ".join(f'{sql} as "{header}"' for header, sql in columns.items())
    return f"select {named} from {source}"


def _pick(values: Sequence[str | None], index: NDArray[np.integer]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(index, type=pa.int32()), pa.array(values, type=pa.string()))
