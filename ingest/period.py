"""The time that a delivery says it covers; the end is its data date."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from ingest.contract import Contract
from ingest.vietnamese.text import normalise_header

_CITATION = re.compile(
    r"\(?\b(?:quyết định|qđ|công văn|thông tư|nghị quyết|nghị định|kế hoạch số|văn bản số)\b"
    r".*?(?:năm\s+\d{4}|\d{1,2}/\d{1,2}/\d{4}|/\d{4}/\S+|$)",
    re.IGNORECASE,
)


class PeriodError(ValueError):
    """The file declares no period, or none that can be: the whole delivery, with its `rows`, is held."""

    rows = 0


class DeclaredPeriod(NamedTuple):
    """First and last day that a delivery covers; the first is None where only the last can be read."""

    first: date | None
    last: date


class _Declared(NamedTuple):
    """A period as it is written somewhere: two days, or a whole year."""

    first: date | None
    last: date
    is_year: bool

    def agrees(self, other: _Declared) -> bool:
        """Two pairs of days are the same days; a year holds some of the days beside it."""
        if self.is_year == other.is_year:
            return self.last == other.last and (self.first or other.first) == (other.first or self.first)
        return (self.first or self.last) <= other.last and (other.first or other.last) <= self.last

    def __str__(self) -> str:
        if self.is_year:
            return f"năm {self.last.year}"
        begin = f"từ ngày {self.first:%d/%m/%Y} " if self.first else ""
        return f"{begin}đến ngày {self.last:%d/%m/%Y}"


def declared_period(
    contract: Contract,
    file_name: str,
    titles: Sequence[Sequence[str]],
    delivered: date | None = None,
    beside: Sequence[str] = (),
) -> DeclaredPeriod | None:
    """Returns the declared period, from the title rows of each table or else from the file name; days win over a year.

    `beside` are texts on sheets that are not read, which count where nothing else declares a period. None for a source
    whose contract knows no period. Raises PeriodError when the file declares none, two different ones, or one that
    ends before it begins or after the day on which the file was delivered.
    """
    period = contract.period
    if not period.title and not period.file_name:
        return None
    of_titles = [found for texts in titles if (found := _best(_written(period.title, _folded(texts), "%d/%m/%Y")))]
    of_name = _best(_written(period.file_name, [file_name], "%Y%m%d"))
    if not of_titles and of_name is None:
        of_titles = [found for found in [_best(_written(period.title, _folded(beside), "%d/%m/%Y"))] if found]
    found = _whole(of_titles) or of_name
    if found is None:
        raise PeriodError(_no_period([*period.title, *period.file_name]))
    if of_name is not None and not found.agrees(of_name):
        raise PeriodError(
            f"tên tệp ghi kỳ {of_name}, dòng tiêu đề trên bảng ghi {found}; đề nghị kiểm tra, sửa chỗ sai rồi gửi lại"
        )
    if of_name is not None and found.is_year:
        found = of_name
    if found.first is not None and found.first > found.last:
        raise PeriodError(f"kỳ số liệu {found} kết thúc trước khi bắt đầu; đề nghị sửa rồi gửi lại")
    # A workbook about a year is sent in December.
    end = date(found.last.year, 1, 1) if found.is_year else found.last
    if delivered is not None and end > delivered:
        raise PeriodError(
            f"kỳ số liệu {found} kết thúc sau ngày gửi tệp ({delivered:%d/%m/%Y}); đề nghị sửa kỳ số liệu rồi gửi lại"
        )
    return DeclaredPeriod(found.first, found.last)


def without_citations(text: str) -> str:
    """Returns a title without the documents that it cites: the year of a decision is not the year of the figures."""
    return _CITATION.sub(" ", text)


def _no_period(patterns: Sequence[str]) -> str:
    year_hint = ", hoặc ghi «năm 2015»," if any("(?P<year>" in pattern for pattern in patterns) else ","
    return (
        "tệp không khai kỳ số liệu: đề nghị đặt tên tệp có ngày đầu và ngày cuối kỳ (…_20150101_20150630.csv) "
        f"hoặc ghi dòng «Từ ngày 01/01/2015 đến ngày 30/06/2015» trên bảng{year_hint} rồi gửi lại"
    )


def _folded(titles: Sequence[str]) -> list[str]:
    return [normalise_header(title) for title in titles]


def _written(patterns: Sequence[str], texts: Sequence[str], form: str) -> Iterator[_Declared]:
    """Yields every period that is written in the texts."""
    for pattern in patterns:
        is_year = "(?P<year>" in pattern
        for text in texts:
            found = re.search(pattern, without_citations(text) if is_year else text)
            if found is None:
                continue
            if is_year:
                days = _parse(f"01/01/{found['year']}", "%d/%m/%Y"), _parse(f"31/12/{found['year']}", "%d/%m/%Y")
            else:
                days = _parse(found["from"], form), _parse(found["to"], form)
            if days[1]:
                yield _Declared(days[0], days[1], is_year)


def _best(written: Iterator[_Declared]) -> _Declared | None:
    """Returns the first pair of days, or else the first year."""
    return min(written, key=lambda declared: declared.is_year, default=None)


def _whole(declared: Sequence[_Declared]) -> _Declared | None:
    """Returns the time from the first day to the last of several tables, as of a sheet per quarter."""
    days = [one for one in declared if not one.is_year] or list(declared)
    if not days:
        return None
    firsts = [one.first for one in days]
    first = min((day for day in firsts if day), default=None) if all(firsts) else None
    return _Declared(first, max(one.last for one in days), all(one.is_year for one in days) and len({*days}) == 1)


def _parse(written: str, form: str) -> date | None:
    """A day that does not exist, such as 31/06, declares nothing."""
    try:
        return datetime.strptime(written, form).date()
    except ValueError:
        return None
