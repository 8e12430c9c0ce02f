"""The bench measures what it says: its table tells what was missed, and its counts are those of the landing."""

import duckdb
import pytest

from bench.csv_floor import write_parquet
from bench.homes import DifferentResultError, expect_landed, inbox_of
from bench.measure import Cost
from bench.sheet_floor import read_sheet
from bench.table import Findings
from ingest.synthetic import write_bench, write_bench_files, write_bench_workbook
from warehouse.config import CODE_ROOT

REGISTRY = CODE_ROOT / "dbt_project" / "seeds"


def test_a_ratio_is_of_what_is_above_the_start_and_a_missed_target_is_said():
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
    # The title, two lines below it and the total stand beside the rows; the first line is taken for a header.
    assert read_sheet(write_bench_workbook(tmp_path, REGISTRY, 60, seed=1)) == 60 + 4


def test_small_files_share_no_dossier(tmp_path):
    write_bench_files(tmp_path, REGISTRY, 4, 5, seed=1)
    files = sorted((tmp_path / "dossiers").iterdir())
    assert [path.suffix for path in files] == [".csv", ".xlsx", ".csv", ".xlsx"]
    codes = duckdb.sql(
        f"select \"Mã hồ sơ\" from read_csv({[str(files[0]), str(files[2])]}, delim = ';', all_varchar = true)"
    )
    assert len(set(codes.fetchall())) == 10


def test_what_was_not_landed_is_not_measured(tmp_path):
    inbox_of(tmp_path).mkdir()
    with pytest.raises(DifferentResultError, match="1 files with 20 rows were written; 0 loads accepted 0 rows"):
        expect_landed(tmp_path, 1, 20)
