"""The working calendar: public holidays, compensation days and make-up Saturdays, overlaid by dated decisions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

import pyarrow as pa

from ingest.values.arrow import text_array

COUNTRY = "VN"
LANGUAGE = "vi"

CALENDAR_SCHEMA = pa.schema(
    [
        pa.field("calendar_date", pa.date32(), nullable=False),
        pa.field("is_working_day", pa.bool_(), nullable=False),
        pa.field("holiday_name", pa.string()),
        pa.field("source_document", pa.string(), nullable=False),
    ]
)


class CalendarOverride(NamedTuple):
    """One day on which a decision overrides the rules; holiday_name is None on a worked day."""

    calendar_date: date
    is_working_day: bool
    holiday_name: str | None
    source_document: str


def working_calendar(first: date, last: date, overrides: Iterable[CalendarOverride]) -> pa.Table:
    """Returns one row per day from `first` to `last`, both included, in order, with `CALENDAR_SCHEMA`.

    Columns: calendar_date; is_working_day (a make-up Saturday is worked); holiday_name (Vietnamese, None when the day
    is no holiday); source_document (the holiday rules and their version, or the override's document). An override
    outside the range has no effect. Raises ValueError when `last` is before `first`.
    """
    if last < first:
        raise ValueError(f"the calendar would end on {last}, before it begins on {first}")
    # Imported here, because the rules of every country are slow to import and the schema does not need them.
    import holidays

    # The make-up day belongs to the year of its day off: 27/12/2014 was worked for 02/01/2015.
    years = range(first.year, last.year + 2)
    rules = holidays.country_holidays(COUNTRY, years=years, language=LANGUAGE)
    rules_version = f"holidays {holidays.__version__}"
    decided = {override.calendar_date: override for override in overrides}
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    rows = [
        decided.get(day) or CalendarOverride(day, rules.is_working_day(day), rules.get(day), rules_version)
        for day in days
    ]
    texts: list[list[str | None]] = [
        [row.calendar_date.isoformat() for row in rows],
        ["true" if row.is_working_day else "false" for row in rows],
        [row.holiday_name for row in rows],
        [row.source_document for row in rows],
    ]
    arrays = [text_array(text).cast(column.type) for text, column in zip(texts, CALENDAR_SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=CALENDAR_SCHEMA)
