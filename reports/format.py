"""Formats numbers and dates for Vietnamese readers. Every printed decimal goes through `format_decimal_vi`."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

# methods §2.2, display: ".." marks a figure that is not available; zero is printed as 0.
NOT_AVAILABLE = ".."


def round_half_up(value: float | Decimal, digits: int) -> Decimal:
    """Rounds `value` to `digits` decimals, half away from zero; a float is taken by its shortest decimal form."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    return exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def format_decimal_vi(value: float | Decimal | None, digits: int) -> str:
    """Formats `value` with `digits` decimals, rounded half away from zero, decimal comma, dots between thousands.

    A float is rounded by its shortest decimal form, the one a reader of the table sees: 2.675 gives 2,68.
    None and NaN give "..".
    """
    if value is None or value != value:
        return NOT_AVAILABLE
    rounded = round_half_up(value, digits)
    printed = f"{abs(rounded):,f}".translate(str.maketrans(",.", ".,"))
    return f"−{printed}" if rounded < 0 else printed


def format_signed_vi(value: float | Decimal | None, digits: int) -> str:
    """Formats a difference with its sign: "+0,64", "−1,20"; a value that rounds to zero has none; None gives ".."."""
    if value is None or value != value:
        return NOT_AVAILABLE
    # Nine decimals remove the error of subtracting two floats: 91.005 - 70.0 becomes 21.005 instead of 21.00499….
    settled = round_half_up(value, 9)
    printed = format_decimal_vi(settled, digits)
    return f"+{printed}" if round_half_up(settled, digits) > 0 else printed


def format_below_vi(value: float | None, floor: float | None, digits: int) -> str:
    """Formats `value` with `digits` decimals, or with more (up to 9) until it shows below `floor` (domain §6.4).

    89,996 under a floor of 90 is printed 89,996 and not 90,00.
    """
    if value is None or floor is None or value >= floor:
        return format_decimal_vi(value, digits)
    limit = round_half_up(floor, 9)
    deciding = (more for more in range(digits, 10) if round_half_up(value, more) < limit)
    return format_decimal_vi(value, next(deciding, digits))


def format_percent_vi(value: float | None, digits: int) -> str:
    """Formats a percentage with the percent sign; None gives ".." alone."""
    return format_decimal_vi(value, digits) + ("" if value is None else "%")


def format_points_vi(value: float | Decimal | None) -> str:
    """Formats points with at most two decimals and no trailing zeros: 95, 0,5, 81,25."""
    printed = format_decimal_vi(value, 2)
    return printed.rstrip("0").rstrip(",") if "," in printed else printed


def format_count_vi(value: int | None) -> str:
    """Formats a whole number with dots between thousands; None gives ".."."""
    return NOT_AVAILABLE if value is None else format_decimal_vi(Decimal(value), 0)


def format_date_vi(day: date) -> str:
    """Formats a date as dd/mm/yyyy."""
    return f"{day:%d/%m/%Y}"


def format_month_vi(month: date) -> str:
    """Formats a month as mm/yyyy."""
    return f"{month:%m/%Y}"
