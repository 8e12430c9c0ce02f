"""The bench measures what it reports: ratios, missed targets, floors and counts of landed rows."""

import duckdb
import pytest

from bench.csv_floor import write_parquet
from bench.engines import compare_table
from bench.homes import DifferentResultError, expect_landed, inbox_of
from bench.measure import Cost
from bench.same_tables import expect_same
from bench.sheet_floor import read_sheet
from bench.table import Findings
from demo import write_bench, write_bench_files, write_bench_workbook
from warehouse.config import CODE_ROOT

REGISTRY = CODE_ROOT / "dbt_project" / "seeds"


def test_the_ratio_uses_the_given_cpu_and_missed_targets_are_listed():
    findings = Findings()
    assert findings.add("case", Cost(5.0, 7.0, 1.5), cpu=3.0, floor=2.0) == 1.5
    findings.expect("case", 1.5, 1.5, "times the floor")
    assert findings.missed == []
    findings.expect("case", 1.5, 1.4, "GB")
    assert findings.missed == ["case: 1.50 GB, at most 1.4"]
    assert findings.lines == [("case", "3.0", "2.0", "1.50", "7.0", "1.50")]


def test_both_floors_read_every_row_and_cast_every_moment(tmp_path):
    write_bench(tmp_path, REGISTRY, 60, seed=1, with_events=False)
    assert [path.name for path in tmp_path.iterdir()] == ["dossiers"]
    (source,) = (tmp_path / "dossiers").iterdir()
    target = tmp_path / "floor.parquet"
    assert write_parquet(source, target) == 60
    counted = duckdb.sql(f"select count(received_at), count(distinct dossier_code) from '{target}'")
    assert counted.fetchall() == [(60, 60)]
    # Title, two lines below it and total add 4 rows; fastexcel takes the first line for a header.
    assert read_sheet(write_bench_workbook(tmp_path, REGISTRY, 60, seed=1)) == 60 + 4


def test_small_files_share_no_dossier(tmp_path):
    write_bench_files(tmp_path, REGISTRY, 4, 5, seed=1)
    files = sorted((tmp_path / "dossiers").iterdir())
    assert [path.suffix for path in files] == [".csv", ".xlsx", ".csv", ".xlsx"]
    codes = duckdb.sql(
        f"select \"Mã hồ sơ\" from read_csv({[str(files[0]), str(files[2])]}, delim = ';', all_varchar = true)"
    )
    assert len(set(codes.fetchall())) == 10


def test_rows_that_were_not_landed_raise(tmp_path):
    inbox_of(tmp_path).mkdir()
    with pytest.raises(DifferentResultError, match="1 files with 20 rows were written; 0 loads accepted 0 rows"):
        expect_landed(tmp_path, 1, 20)


def test_a_log_of_several_years_has_the_same_number_of_dossiers_in_each(tmp_path):
    write_bench(tmp_path, REGISTRY, 60, seed=1, chunk=20, years=(2013, 2014))
    (source,) = (tmp_path / "dossiers").iterdir()
    assert source.name == "hoso_20130101_20141231.csv"
    received = duckdb.sql(
        'select right("Ngày tiếp nhận"[:10], 4) as year, count(distinct "Mã hồ sơ") '
        f"from read_csv('{source}', delim = ';', all_varchar = true) group by year order by year"
    )
    assert received.fetchall() == [("2013", 30), ("2014", 30)]


def test_a_difference_of_two_databases_is_named(tmp_path):
    for name, on_time_pct in (("floor", 80.0), ("built", 80.0 + 1e-6)):
        with duckdb.connect(str(tmp_path / f"{name}.duckdb")) as connection:
            connection.execute("create schema timeliness")
            connection.execute(
                "create table timeliness.overdue_ageing as "
                f"select 'A' as agency_id, '1-5' as age_class, 3::bigint as n, {on_time_pct}::double as pct"
            )
    keys = {"timeliness.overdue_ageing": ["agency_id", "age_class"]}
    with pytest.raises(DifferentResultError, match=r"overdue_ageing, agency_id A, age_class 1-5, pct: 80\.0 in the"):
        expect_same(tmp_path / "floor.duckdb", tmp_path / "built.duckdb", keys)
    expect_same(tmp_path / "built.duckdb", tmp_path / "built.duckdb", keys)


@pytest.mark.parametrize(
    ("other", "n_alone", "n_other", "largest", "is_equal"),
    [
        ("('a', 1, 0.3), ('b', 2, null)", 0, 0, 0.0, True),
        # 0.1 + 0.2 in doubles is one unit in the last place more than 0.3: 2^-54 of 0.3, as IEEE 754 rounds it.
        ("('a', 1, 0.30000000000000004), ('b', 2, null)", 0, 0, 1.85e-16, True),
        ("('a', 1, 0.3000000001), ('b', 2, null)", 0, 0, 3.333333e-10, False),
        ("('a', 1, 0.3), ('b', 3, null)", 0, 1, 0.0, False),
        ("('a', 1, 0.3), ('b', 2, 0.0)", 0, 1, 0.0, False),
        ("('a', 1, 0.3), ('c', 2, null)", 2, 0, 0.0, False),
    ],
)
def test_a_difference_of_two_engines_is_counted(tmp_path, other, n_alone, n_other, largest, is_equal):
    files = [tmp_path / name for name in ("first.parquet", "second.parquet")]
    with duckdb.connect() as session:
        for file, rows in zip(files, ("('a', 1, 0.3), ('b', 2, null)", other), strict=True):
            session.execute(
                f"copy (select k, n::bigint as n, d::double as d from (values {rows}) as t(k, n, d)) to '{file}'"
            )
        found = compare_table(session, "t", ("k",), *files)
    assert (found.n_alone, found.n_other, found.is_equal) == (n_alone, n_other, is_equal)
    assert found.largest == pytest.approx(largest, rel=1e-2)
