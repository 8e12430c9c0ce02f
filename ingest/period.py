"""The time that a delivery says it covers; the end is its data date."""

from __future__ import annotations

import re
from datetime import date, datetime

from ingest.contract import Contract
from ingest.text import normalise_header


def declared_until(contract: Contract, file_name: str, titles: list[str]) -> date | None:
    """Last day of the declared period, from the title rows or else from the file name; None when neither says."""
    if contract.period.title:
        pattern = re.compile(contract.period.title)
        for title in titles:
            if found := pattern.search(normalise_header(title)):
                return datetime.strptime(found["to"], "%d/%m/%Y").date()
    if contract.period.file_name and (found := re.search(contract.period.file_name, file_name)):
        return datetime.strptime(found["to"], "%Y%m%d").date()
    return None
