"""The floor of one workbook: `python -m bench.sheet_floor <workbook>` has fastexcel make an Arrow table of it."""

from __future__ import annotations

import sys
from pathlib import Path

import fastexcel


def read_sheet(path: Path) -> int:
    """Read the first sheet to Arrow and return how many rows it has."""
    return int(fastexcel.read_excel(path).load_sheet(0).to_arrow().num_rows)


if __name__ == "__main__":
    sys.stdout.write(str(read_sheet(Path(sys.argv[1]))))
