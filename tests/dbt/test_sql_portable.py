"""Every model, data test and macro runs on DuckDB and on Spark; only macros/portable.sql differs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.portable_sql import portability_findings
from warehouse.engine import DBT_PROJECT

SQL_FILES = sorted(
    path
    for folder in ("models", "tests", "macros")
    for path in (DBT_PROJECT / folder).rglob("*.sql")
    if path.name != "portable.sql"
)


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda path: path.stem)
def test_a_file_holds_portable_sql_only(path: Path) -> None:
    name = path.relative_to(DBT_PROJECT)
    assert portability_findings(name, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("sql", "finding"),
    [
        ("select a::date from t", "double colon cast"),
        ("select a // 2 from t", "integer division"),
        ("select 100 * a / b from t", "division outside percent()"),
        ('select "a" from t', "double-quoted identifier"),
        ("select string_agg(a, ';') from t", "string_agg()"),
        ("select date_trunc('month', a) from t", "date_trunc()"),
        ("select a + interval 1 day from t", "interval arithmetic"),
        ("select * exclude (a) from t", "exclude or replace in a star"),
        ("select distinct on (a) a from t", "distinct on"),
        ("select a from t union all by name select a from u", "union by name"),
        ("select a from t asof join u using (d)", "asof"),
        ("select current_date", "today is not as_of_date"),
        ("select sum(a) from t", "sum() without a cast to bigint or double"),
        ("select rank() over (order by a) from t", "order by 'a' does not say where NULL goes"),
        ("select a from t order by a nulls last, b", "order by 'b' does not say where NULL goes"),
        ("select * from read_parquet('x')", "read_parquet()"),
        ("{{ dbt.dateadd('day', 1, 'a') }}", "dbt.dateadd is NULL on Spark"),
    ],
)
def test_a_construct_of_one_engine_is_found_with_its_line(sql: str, finding: str) -> None:
    assert f"m.sql:3: {finding}" in portability_findings(Path("m.sql"), f"-- sum(x) :: /\n\n{sql}\n")


@pytest.mark.parametrize(
    "sql",
    [
        "select cast(sum(a) as bigint) from t -- sum(a)::int",
        "select sum_of_a, range_of_a from t {# a // b #}",
        "select lag(a) over (partition by b order by coalesce(c, 0) nulls last, d desc nulls first) from t",
        "select cast(sum(a) over (order by b nulls last rows unbounded preceding) as bigint) from t",
        "select {{ flag_list({'a': \"x = 1\"}) }} as flags from {{ ref('t') }}",
    ],
)
def test_what_both_engines_share_passes(sql: str) -> None:
    assert portability_findings(Path("m.sql"), sql) == []
