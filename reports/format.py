"""How numbers and dates are printed for Vietnamese readers. Every printed decimal goes through `format_decimal_vi`."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

# METHODS 2.2, display: ".." is a figure that is not available; zero is printed as 0.
NOT_AVAILABLE = ".."


def format_decimal_vi(value: float | Decimal | None, digits: int) -> str:
    """`value` with `digits` decimals, rounded half up (away from zero), decimal comma, dots between thousands.

    A float is rounded by its shortest decimal form, the one a reader of the table sees: 2.675 gives 2,68.
    None and NaN give "..".
    """
    if value is None or value != value:
        return NOT_AVAILABLE
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    rounded = exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    printed = f"{abs(rounded):,f}".translate(str.maketrans(",.", ".,"))
    return f"−{printed}" if rounded < 0 else printed


def format_count_vi(value: int | None) -> str:
    """A whole number with dots between thousands; None gives ".."."""
    return NOT_AVAILABLE if value is None else format_decimal_vi(Decimal(value), 0)


def format_date_vi(day: date) -> str:
    """dd/mm/yyyy."""
    return f"{day:%d/%m/%Y}"


def format_month_vi(month: date) -> str:
    """mm/yyyy."""
    return f"{month:%m/%Y}"
