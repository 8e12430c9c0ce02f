"""Starts the process that reads workbooks, once for many, and asks it for the cells of their sheets."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

import pyarrow as pa

from ingest.readers.sheet import UnreadableError, refuse_broken
from ingest.readers.sheet_extent import refuse_far_cells

_WORKER = Path(__file__).with_name("sheet_worker.py")
_ENDED = (
    "tệp làm trình đọc bảng tính dừng hẳn: có ô ghi ở rất xa bảng số liệu, hoặc tệp hỏng; đề nghị mở bằng Excel, xóa "
    "các dòng, cột thừa bên ngoài bảng, lưu lại dạng .xlsx rồi gửi lại"
)


class EndedError(Exception):
    """The process ended while it read a workbook."""


class WorkbookError(Exception):
    """The reader does not accept the bytes as a workbook; the message is its own."""


@dataclass(frozen=True)
class Cells:
    """The cells of one sheet as text, and the cells that the reader could not give as text."""

    name: str
    table: pa.Table
    is_visible: bool
    errors: list[tuple[tuple[int, int], str]]


class _Process:
    """The reading process; one that has ended is started again by the next workbook."""

    def __init__(self) -> None:
        self._running: subprocess.Popen[str] | None = None
        self._lock = Lock()
        atexit.register(self.stop)

    def read(self, path: Path, choose: Callable[[list[str]], list[str]], folder: Path) -> list[Cells]:
        with self._lock:
            names = choose(self._ask({"open": str(path)})["names"])
            # The files may be removed while they are mapped.
            targets = [str(folder / f"{at}.arrow") for at in range(len(names))]
            found = self._ask({"sheets": list(zip(names, targets, strict=True))})["sheets"]
        return [
            Cells(name, pa.ipc.open_file(pa.memory_map(target)).read_all(), one["is_visible"], _places(one["errors"]))
            for name, target, one in zip(names, targets, found, strict=True)
        ]

    def stop(self) -> None:
        """Ends the process, which has answered or does not answer any more."""
        if self._running is not None:
            self._running.kill()
            self._running.communicate()
            self._running = None

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        if self._running is None:
            self._running = _start()
        assert self._running.stdin is not None
        assert self._running.stdout is not None
        line = ""
        try:
            with contextlib.suppress(BrokenPipeError):
                self._running.stdin.write(json.dumps(request) + "\n")
                self._running.stdin.flush()
                line = self._running.stdout.readline()
        finally:
            # After an interruption the answer would be taken for that to the next request.
            if not line:
                self.stop()
        if not line:
            raise EndedError
        answer: dict[str, Any] = json.loads(line)
        if answer["is_last"]:
            self.stop()
        if number := answer.get("errno"):
            raise OSError(number, os.strerror(number))
        if "error" in answer:
            raise WorkbookError(answer["error"])
        return answer


def _start() -> subprocess.Popen[str]:
    # What it prints when it is aborted tells nothing that the sender or the operator can use.
    return subprocess.Popen(
        [sys.executable, "-P", str(_WORKER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        env={**os.environ, "RUST_BACKTRACE": "0"},
    )


def _places(errors: Sequence[Any]) -> list[tuple[tuple[int, int], str]]:
    return [((row, column), detail) for (row, column), detail in errors]


_PROCESS = _Process()


def read_cells(path: Path, choose: Callable[[list[str]], list[str]], spill: Path | None) -> list[Cells]:
    """Returns the cells of the sheets that `choose` names, of all that a workbook has.

    `spill` is the folder for what does not fit into memory. Raises WorkbookError, and UnreadableError when the reading
    process ended.
    """
    with TemporaryDirectory(dir=spill) as folder:
        try:
            return _PROCESS.read(path, choose, Path(folder))
        except EndedError as error:
            if zipfile.is_zipfile(path):
                with refuse_broken(_ENDED):
                    refuse_far_cells(path, is_declaration_enough=False)
            raise UnreadableError(_ENDED) from error
