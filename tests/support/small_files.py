"""Small delivered files through the ingest room, with a registry of three tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from expectations.validate import Judgement
from flows.load.loading import _write_part
from flows.load.prepared import Collected, Prepared
from ingest.contract import Contract
from ingest.deliver import Conformed, Limits, conform_delivery
from ingest.privacy import PseudonymKey
from ingest.registry.declaration import declaration

KEY = PseudonymKey(b"0123456789abcdef", "k1")
_ALIASES = [
    ("Sở Nội vụ", "SNV", "2011-01-01", None),
    ("Sở Tư pháp", "STP", "2011-01-01", None),
    ("Ban Dân tộc", "BDT", "2011-01-01", "2015-12-31"),
]
_AGENCIES = [
    ("SNV", "Sở Nội vụ", "so", "2011-01-01", None),
    ("BDT", "Ban Dân tộc", None, "2011-01-01", "2015-12-31"),
    ("SDTTG", "Sở Dân tộc và Tôn giáo", "so", "2015-12-31", None),
]
_LINKS = [("BDT", "SDTTG", "merge", "2015-12-31")]
_ITEMS = [
    ("QADM", "v1", "A1_1", "sat5", "1"),
    ("QADM", "v1", "A1_2", "sat5", "1"),
    ("QADM", "v1", "A0_1", "sat5", "0"),
    ("QADM", "v1", "A0_2", "count", "0"),
    ("QADM", "v1", "A0_5", "text", "0"),
    ("QADM", "v2", "A1_1", "reversed", "1"),
    ("QHOS", "v1", "HA1", "sat5", "1"),
]
_LABELS = [
    *(("sat5", str(n), str(n), None) for n in range(1, 6)),
    ("sat5", "Hài lòng", "4", None),
    ("sat5", "Rất hài lòng", "5", None),
    ("sat5", "Không biết", None, "dont_know"),
    ("sat5", "0", None, "not_used"),
    *(("reversed", str(n), str(6 - n), None) for n in range(1, 6)),
]


# One set of three levels for SNV from 2017 on, with codes that look like headings, totals and notes.
_CODES = [
    *(("I", None), ("I.1", "appraisal"), ("C01", "appraisal"), ("3.1", None), ("3.1.1", "appraisal")),
    *(("IV", "appraisal"), ("A", "appraisal")),
]


def write_small_registry(folder: Path) -> Path:
    """Returns the tables that conforming needs, as the checked registry has them."""
    tables: list[tuple[str, list[str], Sequence[tuple]]] = [
        ("agency_aliases", ["alias", "agency_id", "valid_from", "valid_to"], _ALIASES),
        (
            "questionnaire_items",
            ["questionnaire_id", "questionnaire_version", "item_code", "scale", "is_in_index"],
            _ITEMS,
        ),
        ("scale_labels", ["scale", "label", "answer", "missing_reason"], _LABELS),
        ("agencies", ["agency_id", "agency_name", "cchc_group", "valid_from", "valid_to"], _AGENCIES),
        ("agency_links", ["predecessor_id", "successor_id", "link_kind", "effective_date"], _LINKS),
        ("criteria_sets", ["set_id", "cchc_groups", "first_year", "last_year"], [("S", "so", "2017", "2020")]),
        ("criteria", ["set_id", "criterion_code", "scored_by"], [("S", *code) for code in _CODES]),
    ]
    for name, columns, rows in tables:
        declared = declaration().tables[name].columns
        cells = zip(*rows, strict=True)
        arrays = [
            pa.array(values, pa.string()).cast(declared[column].value_type.arrow)
            for column, values in zip(columns, cells, strict=True)
        ]
        pq.write_table(pa.table(arrays, names=columns), folder / f"{name}.parquet")
    return folder


def write_workbook(path: Path, *sheets: Sequence[Sequence[Any]], names: Sequence[str] = ()) -> Path:
    """Returns an .xlsx with one sheet per list of rows; None leaves a cell empty."""
    with xlsxwriter.Workbook(path) as workbook:
        for place, rows in enumerate(sheets):
            sheet = workbook.add_worksheet(names[place] if names else None)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
    return path


def conform_file(path: Path, contract: Contract, registry: Path, name: str | None = None) -> Conformed:
    folder = path.parent / "work"
    folder.mkdir(exist_ok=True)
    return conform_delivery(path, name or path.name, contract, KEY, registry, folder, Limits(folder, "1GB", 2))


def select(query: str) -> list[dict[str, Any]]:
    with duckdb.connect() as connection:
        result = connection.execute(query)
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def candidates_of(conformed: Conformed) -> list[dict[str, Any]]:
    """Rows that no reader set aside, by line."""
    batch = conformed.batch
    aside = f"select line from '{batch.set_aside}'"
    return select(f"select * from '{batch.candidates}' where line not in ({aside}) order by line")


def land(conformed: Conformed, contract: Contract, critical: dict[int, str] | None = None) -> tuple[Path, int]:
    """The landed file of a delivery in which the given lines break critical rules, and the count of the ledger."""
    folder = conformed.batch.candidates.parent
    findings, target = folder / "findings.parquet", folder / "part-0.parquet"
    rows = [{"line": line, "critical_codes": code, "warning_codes": None} for line, code in (critical or {}).items()]
    schema = pa.schema([("line", pa.int64()), ("critical_codes", pa.string()), ("warning_codes", pa.string())])
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), findings)
    judgement = Judgement(rules=[], findings=findings, n_critical=len(rows))
    collected = Collected(None, "", folder, None)  # type: ignore[arg-type]
    night: Any = SimpleNamespace(
        settings=SimpleNamespace(memory_limit="1GB", threads=2), home=SimpleNamespace(staging=folder)
    )
    return target, _write_part(contract, Prepared(collected, conformed, judgement=judgement), target, night)
