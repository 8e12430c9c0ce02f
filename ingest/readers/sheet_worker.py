"""The process in which workbooks are read: a program of its own, because a damaged file can end it.

The library under it allocates what a file declares; a cell far outside, or a false number of texts, aborts the
process. It answers one JSON line per request on standard input: `{"open": path}` with the names of the sheets,
`{"sheets": […], "to": path}` with their visibility and unreadable cells, after writing their cells to that file.
"""

from __future__ import annotations

import contextlib
import json
import resource
import sys
from pathlib import Path
from typing import Any

import fastexcel
import pyarrow as pa

# A sheet of the largest extent that is read takes a quarter of this. Minutes of CPU mean that it will never end.
_MOST_BYTES = 8 << 30
_MOST_SECONDS = 900
# After a large workbook the process ends, to return its memory.
_LARGE_BYTES = 16 << 20


def main() -> None:
    """Answers requests until standard input ends."""
    _limit(resource.RLIMIT_AS, _MOST_BYTES)
    _limit(resource.RLIMIT_CORE, 0)
    with contextlib.suppress(OSError):
        # When the machine has no memory left, this process is to end, and not the night.
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    workbook: Any = None
    is_large = False
    for line in sys.stdin:
        request = json.loads(line)
        _limit(resource.RLIMIT_CPU, int(sum(resource.getrusage(resource.RUSAGE_SELF)[:2])) + _MOST_SECONDS)
        try:
            if "open" in request:
                content = Path(request["open"]).read_bytes()
                is_large = len(content) > _LARGE_BYTES
                # Given a path, fastexcel would decide by the file extension.
                workbook = fastexcel.read_excel(content)
                answer: dict[str, Any] = {"names": workbook.sheet_names}
            else:
                answer = {"sheets": [_write_sheet(workbook, name, to) for name, to in request["sheets"]]}
                workbook = None
        except fastexcel.FastExcelError as error:
            workbook, answer = None, {"error": str(error)}
        except OSError as error:
            workbook, answer = None, {"errno": error.errno}
        is_last = is_large and workbook is None
        answer["is_last"] = is_last
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
        if is_last:
            return


def _limit(kind: int, most: int) -> None:
    """Limits this process, which the operator may have limited further."""
    _, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _write_sheet(workbook: Any, name: str, target: str) -> dict[str, Any]:
    # Without skip_rows=0 fastexcel drops empty rows at the top, which makes every line number wrong.
    sheet = workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    batch, errors = sheet.to_arrow_with_errors()
    cells = pa.record_batch(batch)
    with pa.OSFile(target, "wb") as sink, pa.ipc.new_file(sink, cells.schema) as writer:
        writer.write_batch(cells)
    return {
        "is_visible": sheet.visible == "visible",
        "errors": [(error.position, error.detail) for error in errors.errors] if errors else [],
    }


if __name__ == "__main__":
    main()
