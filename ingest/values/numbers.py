"""Writes SQL for numbers in Vietnamese notation: decimal comma, thousands dot, percent sign."""

from __future__ import annotations

from ingest.contract import LANDED_TYPES, Column, ColumnType
from warehouse.sql import quote_text

_SPACES = " \u00a0\u202f"
_GROUPS = r"(\d+|\d{1,3}(([{mark}]\d{3})+|([" + _SPACES + r"]\d{3})+))"


def number_sql(column: Column, text: str) -> str:
    """Returns SQL from a trimmed text to the column's number, NULL for any other text.

    In an integer a point separates thousands, as in 659.245. In a decimal it does so only where the contract declares
    `thousands`; otherwise 1.234 is slightly more than one. A percentage lands in per cent in either notation.
    """
    kind = LANDED_TYPES[column.type]
    if column.type is ColumnType.INTEGER and column.unit is None:
        return f"try_cast({_digits_sql(column, text)} as {kind})"
    if column.unit != "percent":
        return _exact_sql(_digits_sql(column, text), kind)
    bare = f"regexp_replace({text}, '[{_SPACES}]*%$', '')"
    # A share has two more decimals than the percentage that it becomes.
    value = f"try_cast({_digits_sql(column, bare)} as decimal(24,6))"
    is_share = f"not ends_with({text}, '%') and abs({value})"
    if column.ratio:
        return f"try_cast(case when {is_share} <= 1 then {value} * 100 else {value} end as {kind})"
    # A bare 0,8454 is ambiguous: a share of one, or less than one per cent.
    return f"try_cast(case when {is_share} between 0.000001 and 0.999999 then null else {value} end as {kind})"


def _exact_sql(digits: str, kind: str) -> str:
    """Returns SQL for a number with no more decimals than the landing keeps: points are not rounded unseen.

    Digits that a spreadsheet adds in computing (0.1 + 0.2 = 0.30000000000000004) are not decimals of the sender.
    """
    landed = f"try_cast({digits} as {kind})"
    return f"case when abs(try_cast({digits} as decimal(38,18)) - {landed}) < 0.0000000001 then {landed} end"


def _digits_sql(column: Column, text: str) -> str:
    """Returns SQL for the number with a decimal point and no other characters."""
    if column.type is ColumnType.INTEGER and column.unit is None:
        whole = quote_text(r"[+-]?" + _GROUPS.replace("{mark}", "."))
        # A spreadsheet may write a whole number with zero decimals.
        return (
            f"case when regexp_full_match({text}, {whole}) then translate({text}, '.{_SPACES}', '') "
            rf"when regexp_full_match({text}, '[+-]?\d+[.,]00?') then regexp_extract({text}, '^[+-]?\d+') end"
        )
    mark = column.decimal_mark or ".,"
    if not column.thousands:
        shape = quote_text(rf"[+-]?\d+([{mark}]\d+)?")
        return f"case when regexp_full_match({text}, {shape}) then replace({text}, ',', '.') end"
    separator = "." if mark == "," else ","
    shape = quote_text(r"[+-]?" + _GROUPS.replace("{mark}", separator) + rf"([{mark}]\d+)?")
    joined = f"replace(translate({text}, '{separator}{_SPACES}', ''), ',', '.')"
    return f"case when regexp_full_match({text}, {shape}) then {joined} end"
