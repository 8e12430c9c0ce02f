"""Runs corrupted and generated deliveries through the load steps of a night: each must end in a verdict.

`python -m tests.support.fuzz_readers --seconds 300` runs for that long and prints every fault.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import xlsxwriter

from flows.build.building import check_registry_step
from flows.load.loading import collect, conform, judge, land
from flows.night import Night
from ingest.contract import Contract, load_contracts
from tests.support.binary_workbooks import xls_bytes, xlsb_bytes
from tests.support.night_homes import THREE_AGENCIES
from warehouse.config import Settings
from warehouse.ledger import LoadRecord
from warehouse.staging import sweep_staging

INBOX = Path(__file__).resolve().parents[1] / "nasty" / "inbox"
VERDICTS = {"accepted", "held", "known", "empty", "unreadable"}
COUNTS = ("rows_accepted", "rows_quarantined", "rows_duplicate", "rows_excluded", "rows_held")
_ENDINGS = (".csv", ".xlsx", ".xls", ".xlsb", ".ods", ".json", ".jsonl", ".txt", ".zip", ".gz", ".tsv", ".html", "")
_INSERTED = (b"\0", b"\0" * 64, b"\xff", b'"', b"\n", b"\r", b"\xef\xbb\xbf", b";;;;", b"<table>", b"[{", b"PK\x03\x04")
_REPLACED = ((b";", b","), (b"\n", b"\r\n"), (b";", b"\t"), (b"<", b""), (b"x", b"\0"))
_CELLS = (
    *("", "-", "…", "x", "1", "1,5", "0,727", "01 (0,727)", "5,4 %", "03/01/2024 08:30", "2024-01-03", "45293", "(1)"),
    *("Sở Xây dựng", "Sở Nội vụ", "Đã xử lý xong", "Trực tiếp", "I. CẤP TỈNH", "Tổng cộng", "Trung bình", "Nơi nhận:"),
    *("Ghi chú: tạm tính", "Người lập biểu", "T99.01-240103-0001", "1.000110", "N-001", "PKS", "2", "\u200b", "\u00a0"),
    *("Hoa\u0300", "'", '"', "a\nb", "=1+1", "1e999", "9" * 40, "\u0111" * 300, "31/02/2024", "đ", "TRUE"),
)
_TITLES = ("Từ ngày 01/01/2024 đến ngày 31/03/2024", "Đơn vị: Sở Xây dựng", "BẢNG TỰ CHẤM ĐIỂM CCHC NĂM 2024", "")


@dataclass(frozen=True)
class Case:
    """One delivery and the seed that reproduces it."""

    seed: int
    source: str
    name: str
    content: bytes


def cases(first_seed: int) -> Iterator[Case]:
    """Yields deliveries without end, two of three corrupted files of the nasty folder; a seed gives one case."""
    files = sorted(path for path in INBOX.rglob("*") if path.is_file())
    contracts = load_contracts()
    seed = first_seed
    while True:
        chance = random.Random(seed)
        if chance.random() < 0.67:
            path = chance.choice(files)
            source, content = path.relative_to(INBOX).parts[0], _spoil(chance, path.read_bytes(), files)
            ending = chance.choice(_ENDINGS) if chance.random() < 0.2 else "".join(path.suffixes[-2:])
        else:
            source = chance.choice(sorted(contracts))
            content, ending = _invent(chance, contracts[source])
        period = "_20240101_20240331" if chance.random() < 0.9 else ""
        yield Case(seed, source, f"f{seed}{period}{ending}", content)
        seed += 1


def _spoil(chance: random.Random, content: bytes, files: Sequence[Path]) -> bytes:
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        content = _spoil_once(chance, content, files)
    return content


def _spoil_once(chance: random.Random, content: bytes, files: Sequence[Path]) -> bytes:
    at, end = sorted(chance.randint(0, len(content)) for _ in range(2))
    ways: list[Callable[[], bytes]] = [
        lambda: content[:at],
        lambda: content[at:],
        lambda: content[:at] + content[end:],
        lambda: content[:end] + content[at:],
        lambda: content * chance.randint(2, 4),
        lambda: content[:at] + chance.choice(_INSERTED) + content[at:],
        lambda: content[:at] + chance.choice(files).read_bytes()[-(end - at) :],
        lambda: _flip(chance, content),
        lambda: content.replace(*chance.choice(_REPLACED), 5),
        lambda: gzip.compress(content, mtime=0),
    ]
    return chance.choice(ways)()


def _flip(chance: random.Random, content: bytes) -> bytes:
    flipped = bytearray(content)
    for _ in range(chance.choice((1, 4, 32)) if content else 0):
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
    return bytes(flipped)


def _invent(chance: random.Random, contract: Contract) -> tuple[bytes, str]:
    """Generates a table with headers of the contract and arbitrary cells."""
    headers = [chance.choice(column.headers) for column in contract.columns if column.headers]
    headers = [header for header in headers if chance.random() < 0.9] + ["Cột lạ"] * chance.randint(0, 1)
    if chance.random() < 0.3:
        chance.shuffle(headers)
    rows = [[chance.choice(_TITLES)] for _ in range(chance.randint(0, 3))] + [headers]
    for _ in range(chance.randint(0, 12)):
        width = len(headers) if chance.random() < 0.7 else chance.randint(0, 3)
        rows += [[chance.choice(_CELLS) for _ in range(width)]]
    if chance.random() < 0.1:
        rows.append(list(reversed(headers)))
    return chance.choice((_as_csv, _as_xlsx, _as_xls, _as_xlsb, _as_html))(chance, rows)


def _as_csv(chance: random.Random, rows: list[list[str]]) -> tuple[bytes, str]:
    text = io.StringIO()
    width = max(map(len, rows)) if chance.random() < 0.8 else 0
    csv.writer(text, delimiter=chance.choice(";,\t|")).writerows([*row, *[""] * (width - len(row))] for row in rows)
    return text.getvalue().encode(chance.choice(("utf-8", "utf-8-sig", "utf-16"))), ".csv"


def _as_xlsx(chance: random.Random, rows: list[list[str]]) -> tuple[bytes, str]:
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        for at, row in enumerate(rows):
            for place, cell in enumerate(row):
                sheet.write_string(at, place, cell)
        if chance.random() < 0.1:
            sheet.write_string(1_048_575, chance.choice((3, 16_383)), "xa")
    return packed.getvalue(), ".xlsx"


def _as_xls(_chance: random.Random, rows: list[list[str]]) -> tuple[bytes, str]:
    return xls_bytes([[cell[:200] or None for cell in row] for row in rows]), ".xls"


def _as_xlsb(_chance: random.Random, rows: list[list[str]]) -> tuple[bytes, str]:
    return xlsb_bytes([[cell or None for cell in row] for row in rows]), ".xlsb"


def _as_html(chance: random.Random, rows: list[list[str]]) -> tuple[bytes, str]:
    spans = ("", "", "", " colspan=2", " rowspan=3", " colspan=99999999", " rowspan=x")
    lines = ("".join(f"<td{chance.choice(spans)}>{cell}" for cell in row) for row in rows)
    return f"<html><table>{''.join(f'<tr>{line}' for line in lines)}</table>".encode(), ".xls"


class Fuzz:
    """A night on its own home that loads cases in batches, with the registry of the nasty folder."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings(home=home, registry=THREE_AGENCIES / "registry", settle_seconds=0)
        self.night = Night(self.settings)
        sweep_staging(self.night.home)
        check_registry_step(self.night)

    def run(self, batch: Sequence[Case]) -> list[LoadRecord]:
        """Loads a batch and returns the ledger record of every file. Raises like the load steps of a night."""
        for case in batch:
            folder = self.settings.layout.inbox / case.source
            folder.mkdir(parents=True, exist_ok=True)
            (folder / case.name).write_bytes(case.content)
        records = []
        for source in sorted({case.source for case in batch}):
            prepared = conform(self.night, source, collect(self.night, source))
            records += land(self.night, source, judge(self.night, source, prepared))
        return records


def fault_of(record: LoadRecord) -> str | None:
    """Returns the fault of a record: an unknown verdict, a reason that is not for clerks, or a lost row."""
    reason = record.reason or ""
    if record.verdict_status not in VERDICTS:
        return f"verdict {record.verdict_status}"
    if record.verdict_status != "accepted" and (len(reason) < 20 or reason.isascii()):
        return f"no reason in Vietnamese: {reason!r}"
    if any(word in reason for word in ("Error", "Traceback", "Exception", "ingest.", "/tmp")):
        return f"a reason for programmers: {reason}"
    if record.rows_read != sum(getattr(record, name) for name in COUNTS):
        return f"counts do not add up: {record}"
    return None


def run_for(seconds: float, first_seed: int, size: int = 40) -> int:
    """Runs batches until the time is over, prints each fault with its seed, and returns the number of faults."""
    stop, faults, seen = time.monotonic() + seconds, 0, Counter[str]()
    source = cases(first_seed)
    while time.monotonic() < stop:
        batch = [next(source) for _ in range(size)]
        faults += _run_batch(batch, seen)
    print(f"{seen.total()} deliveries, {faults} faults: {dict(seen)}")
    return faults


def _run_batch(batch: Sequence[Case], seen: Counter[str]) -> int:
    home = Path(tempfile.mkdtemp(prefix="cchc-fuzz-"))
    try:
        records = Fuzz(home / "home").run(batch)
    except Exception as error:
        if len(batch) > 1:
            return sum(_run_batch([case], seen) for case in batch)
        print(f"seed {batch[0].seed} ({batch[0].source}/{batch[0].name}): {type(error).__name__}: {error}")
        return 1
    finally:
        shutil.rmtree(home)
    seen.update(record.verdict_status for record in records)
    found = {record.original_name: fault for record in records if (fault := fault_of(record))}
    for name, fault in found.items():
        print(f"{name}: {fault}")
    return len(found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    return min(run_for(options.seconds, options.seed), 1)


if __name__ == "__main__":
    raise SystemExit(main())
