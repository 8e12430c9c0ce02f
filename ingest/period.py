"""The time that a delivery says it covers; the end is its data date."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from ingest.contract import Contract
from ingest.vietnamese.text import normalise_header


class PeriodError(ValueError):
    """The contract asks for a declared period and the file has none: the whole delivery, with its `rows`, is held."""

    rows = 0


class DeclaredPeriod(NamedTuple):
    """First and last day that a delivery covers; the first is None where only the last can be read."""

    first: date | None
    last: date


def declared_period(contract: Contract, file_name: str, titles: list[str]) -> DeclaredPeriod | None:
    """The declared period, from the title rows or else from the file name; two days win over a year.

    None for a source whose contract knows no period. Raises PeriodError when the contract does and the file does not:
    without a data date nobody could say what is late.
    """
    period = contract.period
    if not period.title and not period.file_name:
        return None
    found = list(_declarations(contract, file_name, titles))
    of_days = [(_parse(written["from"], form), _parse(written["to"], form)) for written, form in found if form]
    of_years = [
        (_parse(f"01/01/{written['year']}", "%d/%m/%Y"), _parse(f"31/12/{written['year']}", "%d/%m/%Y"))
        for written, form in found
        if not form
    ]
    for first, last in [*of_days, *of_years]:
        if last:
            return DeclaredPeriod(first, last)
    names_year = any("(?P<year>" in pattern for pattern in [*period.title, *period.file_name])
    year_hint = ", hoặc ghi «năm 2015»," if names_year else ","
    raise PeriodError(
        "tệp không khai kỳ số liệu: đề nghị đặt tên tệp có ngày đầu và ngày cuối kỳ (…_20150101_20150630.csv) "
        f"hoặc ghi dòng «Từ ngày 01/01/2015 đến ngày 30/06/2015» trên bảng{year_hint} rồi gửi lại"
    )


def _declarations(contract: Contract, file_name: str, titles: list[str]) -> Iterator[tuple[dict[str, str], str]]:
    """(groups, strptime format) of each pair of days that is written somewhere, and (groups, '') of each year."""
    places = [(contract.period.title, [normalise_header(title) for title in titles], "%d/%m/%Y")]
    places.append((contract.period.file_name, [file_name], "%Y%m%d"))
    for patterns, texts, form in places:
        for pattern in patterns:
            for text in texts:
                if found := re.search(pattern, text):
                    groups = found.groupdict()
                    yield groups, form if groups.get("to") else ""


def _parse(written: str, form: str) -> date | None:
    """A day that does not exist, such as 31/06, declares nothing."""
    try:
        return datetime.strptime(written, form).date()
    except ValueError:
        return None
