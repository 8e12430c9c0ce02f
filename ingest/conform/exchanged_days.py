"""Detects dates whose day and month a spreadsheet exchanged while it opened a text file."""

from __future__ import annotations

import duckdb

from ingest.contract import Contract
from ingest.readers.headers import HeaderError, HeaderMatch

# So many date cells, and so many texts, tell that day and month were exchanged.
_FEWEST_OF_A_KIND, _FEWEST_DATES = 3, 10
# The exchange runs through the whole column.
_SAMPLE_ROWS = 10_000


def refuse_exchanged_days(connection: duckdb.DuckDBPyConnection, contract: Contract, matched: HeaderMatch) -> None:
    """Raises HeaderError when a spreadsheet took the day of one column's dates for the month where it could.

    Then no date cell has a day above 12, and every date that stayed text has: too unlikely in ten cells.
    """
    places = matched.positions
    for column in contract.columns:
        if column.name not in places or not column.formats:
            continue
        cell = f"c{places[column.name]}"
        cells, texts, is_other = connection.execute(
            rf"""
            select
                count(*) filter ({cell} like '____-__-__%'), count(*) filter ({cell} like '%_/_%/____%'),
                coalesce(bool_or(
                    case when {cell} like '____-__-__%' then substr({cell}, 9, 2) > '12'
                    else try_cast(regexp_extract({cell}, '(\d{{1,2}})/\d{{1,2}}/\d{{4}}', 1) as integer) <= 12 end
                ), false)
            from (select {cell} from raw limit {_SAMPLE_ROWS})
            where {cell} like '____-__-__%' or {cell} like '%_/_%/____%'
            """
        ).fetchall()[0]
        if min(cells, texts) >= _FEWEST_OF_A_KIND and cells + texts >= _FEWEST_DATES and not is_other:
            raise HeaderError(
                f"cột «{column.shown_name}»: mọi ô kiểu ngày có ngày không quá 12 ({cells} ô), mọi ô còn là chữ có "
                f"ngày lớn hơn 12 ({texts} ô): Excel đã đổi chỗ ngày và tháng; đề nghị kết xuất lại, mở bằng Excel "
                "theo kiểu ngày Việt Nam (ngày/tháng/năm) hoặc gửi thẳng tệp .csv"
            )
