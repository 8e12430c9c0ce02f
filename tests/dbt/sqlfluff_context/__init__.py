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

# macros/touched.sql asks dbt what it is doing; the SQL of an increment is the longer one, so that one is linted.
execute = True


def is_increment() -> bool:
    """Whether a build is an increment."""
    return True


def dossier_rows() -> str:
    """The rows of touched dossiers."""
    return "int_dossier_rows_touched"


def event_rows() -> str:
    """The events of touched dossiers."""
    return "int_event_rows_touched"


def touched_only(word: str, dossier_code: str) -> str:
    """The condition that a dossier is touched."""
    return f"{word} {dossier_code} in (select t.dossier_code from int_dossiers_touched as t)"


def kept_by_dossier() -> str:
    """The materialization of a row-level table."""
    return "incremental"


def changed_rows(kept: str) -> str:
    """The rows that a kept table lost and got."""
    return f"intermediate.{kept}__changes"


def count_changed() -> str:
    """How many more rows there are."""
    return "cast(sum(change) as bigint)"


def after_former_day() -> str:
    """The moment from which on the former build knew nothing."""
    return "cast('2015-12-31' as timestamp)"


def former(schema: str, name: str) -> str:
    """A table as the former build left it."""
    return f"{schema}.{name}"
