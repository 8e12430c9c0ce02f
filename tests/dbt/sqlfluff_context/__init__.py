"""What dbt's adapter puts into Jinja, for sqlfluff to render the models without dbt (`library_path` in pyproject)."""

from __future__ import annotations


class _Dbt:
    """The cross-database macros that macros/portable.sql builds on, as DuckDB writes them."""

    @staticmethod
    def date_trunc(part: str, day: str) -> str:
        """SQL that cuts a date off at a part."""
        return f"date_trunc('{part}', {day})"

    @staticmethod
    def datediff(from_day: str, to_day: str, part: str) -> str:
        """SQL that counts the parts from one day to another."""
        return f"date_diff('{part}', {from_day}, {to_day})"


dbt = _Dbt()
