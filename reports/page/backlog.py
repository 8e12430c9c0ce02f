"""Where overdue dossiers lie: how far that makes R2 flatter than R1, and how old the stock is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

from reports.database import fetch
from reports.format import format_count_vi, format_date_vi, format_decimal_vi, format_percent_vi
from reports.page.night import Night, OnTime

AGE_CLASSES = {"1-5": "1–5", "6-10": "6–10", "11-20": "11–20", "21-60": "21–60", "over 60": "trên 60"}
# Below a point R1 and R2 differ by the dossiers of the window's two ends, and not by a backlog.
_POINTS_TOLD = 1.0
_AGENCIES_TOLD, _AGENCIES_LISTED = 5, 15


@dataclass(frozen=True)
class Stock:
    """Open overdue dossiers of one agency on the data date, by `AGE_CLASSES`; the oldest in working days past due."""

    agency_name: str
    by_class: tuple[int, ...]
    oldest_days: int

    @property
    def n_overdue(self) -> int:
        """All classes together."""
        return sum(self.by_class)


@dataclass(frozen=True)
class Backlog:
    """`flattered`: agencies with overdue stock whose R2 is above R1, furthest first. `stocks`: largest first.

    `rest` are the agencies beyond those listed, as one; `total` is the province; both None without any.
    """

    as_of_date: date
    n_agencies: int
    flattered: tuple[OnTime, ...]
    stocks: tuple[Stock, ...]
    rest: Stock | None
    total: Stock | None


def read_backlog(connection: duckdb.DuckDBPyConnection, night: Night) -> Backlog:
    """Read the overdue stock from a published database, beside the rates of `night`. Raises duckdb.Error."""
    stocks = [
        Stock(row["agency_name"], tuple(row[f"n_{place}"] for place in range(len(AGE_CLASSES))), row["oldest_days"])
        for row in fetch(connection, _STOCKS)
    ]
    return Backlog(
        as_of_date=night.as_of_date,
        n_agencies=len(stocks),
        flattered=find_flattered([agency for group in night.groups for agency in group.agencies]),
        stocks=tuple(stocks[:_AGENCIES_LISTED]),
        rest=_pool(f"{len(stocks) - _AGENCIES_LISTED} cơ quan khác", stocks[_AGENCIES_LISTED:]),
        total=_pool("Toàn tỉnh", stocks),
    )


def find_flattered(agencies: list[OnTime]) -> tuple[OnTime, ...]:
    """Agencies with overdue stock and R2 above R1 by a point or more, furthest first."""
    found = [agency for agency in agencies if agency.n_open_overdue and _gap(agency) >= _POINTS_TOLD]
    return tuple(sorted(found, key=lambda agency: (-_gap(agency), agency.agency_name))[:_AGENCIES_TOLD])


def say_why(backlog: Backlog) -> str:
    """Why the two rates part, in plain words, or that they do not."""
    if not backlog.flattered:
        return "Không có cơ quan nào mà hồ sơ quá hạn còn treo làm R2 cao hơn R1 từ 1 điểm phần trăm trở lên."
    return (
        "R2 chỉ nhìn hồ sơ đã giải quyết xong, nên hồ sơ quá hạn còn treo không kéo R2 xuống; R1 tính chúng là trễ "
        "ngay khi quá ngày đến hạn. Càng để hồ sơ trễ nằm lại, R2 càng cao hơn R1."
    )


def say_agency(agency: OnTime) -> str:
    """One agency: both rates, what each of them counts, and what R2 leaves out."""
    r1, r2 = (format_percent_vi(rate, 1) for rate in (agency.on_time_pct, agency.completed_only_pct))
    return (
        f"{agency.agency_name}: R1 là {r1} trên {format_count_vi(agency.n_due)} hồ sơ đến hạn, R2 là {r2} trên "
        f"{format_count_vi(agency.n_completed)} hồ sơ đã giải quyết, cao hơn {format_decimal_vi(_gap(agency), 1)} điểm "
        f"phần trăm; R2 bỏ ngoài {format_count_vi(agency.n_open_overdue)} hồ sơ quá hạn còn treo."
    )


def say_stock(backlog: Backlog) -> str:
    """How much lies overdue on the data date."""
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
