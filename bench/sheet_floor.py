"""Runs the floor of one workbook: `python -m bench.sheet_floor <workbook>` reads it into Arrow with fastexcel."""

from __future__ import annotations

import sys
from pathlib import Path

import fastexcel


def read_sheet(path: Path) -> int:
    """Reads the first sheet into Arrow and returns its number of rows."""
    return int(fastexcel.read_excel(path).load_sheet(0).to_arrow().num_rows)


if __name__ == "__main__":
    sys.stdout.write(str(read_sheet(Path(sys.argv[1]))))
