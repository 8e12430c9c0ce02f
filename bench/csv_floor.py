"""Runs the floor of one CSV delivery: `python -m bench.csv_floor <csv> <parquet>`.

DuckDB reads the landed columns as text, casts them and writes them as zstd Parquet. It does not validate, does not
pseudonymise, does not resolve agency names and sets no rows aside.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

_QUERY = """
copy (
    select
        "Mã hồ sơ" as dossier_code,
        "Mã TTHC" as procedure_code,
        "Đơn vị tiếp nhận" as receiving_name,
        "Đơn vị giải quyết" as resolving_name,
        "Đơn vị trả kết quả" as returning_name,
        "Kênh thực hiện" as channel,
        case "Hồ sơ điện tử" when 'Có' then true when 'Không' then false end as is_e_dossier,
        try_strptime("Ngày nộp", '%d/%m/%Y %H:%M') as submitted_at,
        try_strptime("Ngày tiếp nhận", '%d/%m/%Y %H:%M') as received_at,
        try_strptime("Ngày hẹn trả", '%d/%m/%Y %H:%M') as due_at,
        try_strptime("Ngày kết thúc xử lý", '%d/%m/%Y %H:%M') as finished_at,
        try_strptime("Ngày trả", '%d/%m/%Y %H:%M') as returned_at,
        "Trạng thái" as status,
        "Số giấy tờ" as applicant
    from read_csv($source, delim = ';', header = true, all_varchar = true)
) to $target (format parquet, compression zstd)
"""


def write_parquet(source: Path, target: Path) -> int:
    """Writes the rows of the file with the engine settings of a night; returns their number."""
    target.parent.mkdir(parents=True, exist_ok=True)
    config: dict[str, str | bool | int | float | list[str]] = {"threads": 2, "memory_limit": "2GB"}
    with duckdb.connect(config=config) as connection:
        files = {"source": str(source), "target": str(target)}
        return int(connection.execute(_QUERY, files).fetchall()[0][0])


if __name__ == "__main__":
    sys.stdout.write(str(write_parquet(Path(sys.argv[1]), Path(sys.argv[2]))))
