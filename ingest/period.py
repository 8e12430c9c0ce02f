"""The time that a delivery says it covers; the end is its data date."""

from __future__ import annotations

import re
from datetime import date, datetime

from ingest.contract import Contract
from ingest.text import normalise_header


class PeriodError(ValueError):
    """The contract asks for a declared period and the file has none: the whole delivery, with its `rows`, is held."""

    rows = 0


def declared_until(contract: Contract, file_name: str, titles: list[str]) -> date | None:
    """Last day of the declared period, from the title rows or else from the file name.

    None for a source whose contract knows no period. Raises PeriodError when the contract does and the file does not:
    without a data date nobody could say what is late.
    """
    if contract.period.title:
        pattern = re.compile(contract.period.title)
        for title in titles:
            if found := pattern.search(normalise_header(title)):
                return datetime.strptime(found["to"], "%d/%m/%Y").date()
    if contract.period.file_name and (found := re.search(contract.period.file_name, file_name)):
        return datetime.strptime(found["to"], "%Y%m%d").date()
    if contract.period.title or contract.period.file_name:
        raise PeriodError(
            "tệp không khai kỳ số liệu: đề nghị đặt tên tệp có ngày đầu và ngày cuối kỳ (…_20150101_20150630.csv) "
            "hoặc ghi dòng «Từ ngày 01/01/2015 đến ngày 30/06/2015» trên bảng, rồi gửi lại"
        )
    return None
