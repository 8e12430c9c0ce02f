"""The overdue backlog: how far it makes R2 higher than R1, and how old the stock is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

from reports.database import fetch
from reports.format import format_count_vi, format_date_vi, format_decimal_vi, format_percent_vi
from reports.page.night import Night, OnTime

AGE_CLASSES = {"1-5": "1–5", "6-10": "6–10", "11-20": "11–20", "21-60": "21–60", "over 60": "trên 60"}
# A gap below one point comes from dossiers at the two ends of the window, not from a backlog.
_LEAST_GAP_POINTS = 1.0
_FLATTERED_LISTED, _STOCKS_LISTED = 5, 15


@dataclass(frozen=True)
class Stock:
    """Open overdue dossiers of one agency on the data date, by `AGE_CLASSES`; the oldest in working days past due."""

    agency_name: str
    by_class: tuple[int, ...]
    oldest_days: int

    @property
    def n_overdue(self) -> int:
        """The sum over all classes."""
        return sum(self.by_class)


@dataclass(frozen=True)
class Backlog:
    """`flattered`: agencies with overdue stock whose R2 is above R1, largest gap first. `stocks`: largest first.

    `rest` sums the agencies that are not listed; `total` is the province; both are None when there are none.
    """

    as_of_date: date
    n_agencies: int
    flattered: tuple[OnTime, ...]
    stocks: tuple[Stock, ...]
    rest: Stock | None
    total: Stock | None


def read_backlog(connection: duckdb.DuckDBPyConnection, night: Night) -> Backlog:
    """Reads the overdue stock from a published database and adds the rates of `night`. Raises duckdb.Error."""
    stocks = [
        Stock(row["agency_name"], tuple(row[f"n_{place}"] for place in range(len(AGE_CLASSES))), row["oldest_days"])
        for row in fetch(connection, _STOCKS)
    ]
    return Backlog(
        as_of_date=night.as_of_date,
        n_agencies=len(stocks),
        flattered=find_flattered([agency for group in night.groups for agency in group.agencies]),
        stocks=tuple(stocks[:_STOCKS_LISTED]),
        rest=_pool(f"{len(stocks) - _STOCKS_LISTED} cơ quan khác", stocks[_STOCKS_LISTED:]),
        total=_pool("Toàn tỉnh", stocks),
    )


def find_flattered(agencies: list[OnTime]) -> tuple[OnTime, ...]:
    """Selects agencies with overdue stock and R2 above R1 by a point or more, largest gap first."""
    found = [agency for agency in agencies if agency.n_open_overdue and _gap(agency) >= _LEAST_GAP_POINTS]
    return tuple(sorted(found, key=lambda agency: (-_gap(agency), agency.agency_name))[:_FLATTERED_LISTED])


def explain_rate_gap(backlog: Backlog) -> str:
    """Explains why the two rates differ, or states that they do not."""
    if not backlog.flattered:
        return "Không có cơ quan nào mà hồ sơ quá hạn còn treo làm R2 cao hơn R1 từ 1 điểm phần trăm trở lên."
    return (
        "R2 chỉ nhìn hồ sơ đã giải quyết xong, nên hồ sơ quá hạn còn treo không kéo R2 xuống; R1 tính chúng là trễ "
        "ngay khi quá ngày đến hạn. Càng để hồ sơ trễ nằm lại, R2 càng cao hơn R1."
    )


def describe_agency(agency: OnTime) -> str:
    """Describes one agency: both rates, their denominators, and the dossiers that R2 leaves out."""
    r1, r2 = (format_percent_vi(rate, 1) for rate in (agency.on_time_pct, agency.completed_only_pct))
    return (
        f"{agency.agency_name}: R1 là {r1} trên {format_count_vi(agency.n_due)} hồ sơ đến hạn, R2 là {r2} trên "
        f"{format_count_vi(agency.n_completed)} hồ sơ đã giải quyết, cao hơn {format_decimal_vi(_gap(agency), 1)} điểm "
        f"phần trăm; R2 bỏ ngoài {format_count_vi(agency.n_open_overdue)} hồ sơ quá hạn còn treo."
    )


def describe_stock(backlog: Backlog) -> str:
    """States the size and age of the overdue stock on the data date."""
    day = format_date_vi(backlog.as_of_date)
    if backlog.total is None:
        return f"Đến {day} không có hồ sơ quá hạn nào còn treo."
    n_overdue, oldest = (format_count_vi(number) for number in (backlog.total.n_overdue, backlog.total.oldest_days))
    return (
        f"Đến {day} còn {n_overdue} hồ sơ quá hạn ở {format_count_vi(backlog.n_agencies)} cơ quan; "
        f"hồ sơ lâu nhất đã quá hạn {oldest} ngày làm việc."
    )


def _gap(agency: OnTime) -> float:
    if agency.on_time_pct is None or agency.completed_only_pct is None:
        return 0.0
    return agency.completed_only_pct - agency.on_time_pct


def _pool(name: str, stocks: list[Stock]) -> Stock | None:
    if not stocks:
        return None
    by_class = tuple(sum(counts) for counts in zip(*(stock.by_class for stock in stocks), strict=True))
    return Stock(name, by_class, max(stock.oldest_days for stock in stocks))


_BY_CLASS = ", ".join(
    f"CAST(coalesce(sum(o.n_open_overdue) FILTER (WHERE o.age_class = '{value}'), 0) AS BIGINT) AS n_{place}"
    for place, value in enumerate(AGE_CLASSES)
)
_STOCKS = f"""
SELECT coalesce(any_value(a.agency_name), o.agency_id) AS agency_name, {_BY_CLASS},
    max(o.oldest_overdue_days) AS oldest_days
FROM timeliness.overdue_ageing AS o
LEFT JOIN core.agency AS a ON a.agency_id = o.agency_id
GROUP BY o.agency_id
ORDER BY sum(o.n_open_overdue) DESC, oldest_days DESC, o.agency_id
"""
