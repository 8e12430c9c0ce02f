"""Generates files from the source contracts, and checks that none was changed by hand.

`python -m ingest.generate` writes them, `--check` compares. They are: dbt's declaration of the landing, the JSON Schema
of a contract for editors, and one page per source in docs/sources.
"""

from __future__ import annotations

import difflib
import json
import sys
from pathlib import Path
from typing import Any

from ingest.conform.layout_rows import LAYOUT_REASONS
from ingest.contract import SOURCES, Column, Contract, Exclusion, load_contracts
from warehouse.config import CODE_ROOT
from warehouse.landing import deletions_of
from warehouse.templates import render_text

TEMPLATES = Path(__file__).parent / "templates"

_BY_HAND = "Generated from ingest/sources by `make generate`; do not edit."


def generated_files(root: Path = CODE_ROOT) -> dict[Path, str]:
    """Returns every generated file and its content; `root` has the layout of this repository."""
    sources = root / SOURCES.relative_to(CODE_ROOT)
    contracts = load_contracts(sources)
    files = {
        root / "dbt_project" / "models" / "staging" / "landing" / "_landing.yml": _landing_yaml(
            list(contracts.values())
        ),
        sources / "contract.schema.json": _schema_json(),
    }
    for contract in contracts.values():
        files[root / "docs" / "sources" / f"{contract.source}.md"] = _page(contract)
    return files


def differences() -> list[str]:
    """Returns a readable difference per generated file that differs from its contract."""
    found = []
    for path, wanted in generated_files().items():
        present = path.read_text(encoding="utf-8") if path.exists() else ""
        if present != wanted:
            name = str(path.relative_to(CODE_ROOT))
            lines = difflib.unified_diff(present.splitlines(), wanted.splitlines(), name, "from the contract", n=1)
            found.append("\n".join(list(lines)[:20]))
    return found


def main() -> int:
    """Writes the files, or with --check prints the differences; returns the exit code."""
    if "--check" in sys.argv[1:]:
        found = differences()
        for difference in found:
            print(difference)
        if found:
            print("run `make generate`")
        return int(bool(found))
    write_generated()
    return 0


def write_generated(root: Path = CODE_ROOT) -> None:
    """Writes every generated file anew."""
    for path, content in generated_files(root).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def _landing_yaml(contracts: list[Contract]) -> str:
    tables = []
    for contract in contracts:
        tables.append(_landing_table(contract, contract.source, contract.grain, contract.landing_schema()))
        if deleted := contract.deletion_schema():
            grain = "keys of the rows that a delivery calls deleted"
            tables.append(_landing_table(contract, deletions_of(contract.source), grain, deleted))
    return render_text(TEMPLATES / "landing.yml.j2", by_hand=_BY_HAND, tables=tables)


def _landing_table(contract: Contract, name: str, grain: str, schema: list[tuple[str, str]]) -> dict[str, Any]:
    described = {column.name: column.description_en for column in contract.landed}
    described |= {
        c.missing_reason: f"Why {c.name} is empty: {', '.join(c.missing)}" for c in contract.landed if c.missing
    }
    described |= {
        "marks": "Codes of the warning rules that the row breaks",
        "line": "Line or sheet row in the file",
        "item_code": "Question; one row per scaled item of the form",
        "answer": "Answer by the scale's labels; empty when there is none",
        "missing_reason": "Why there is no answer: dont_know, not_used, blank, invalid",
        "load_id": "First 16 hex digits of the sha256 of the delivered bytes",
    }
    columns = [
        {"name": column, "description": described[column], "data_type": kind.lower()}
        for column, kind in [*schema, ("load_id", "VARCHAR")]
    ]
    return {"name": name, "description": f"{contract.title_en}: {grain}", "columns": columns}


def _schema_json() -> str:
    return json.dumps(Contract.model_json_schema(), ensure_ascii=False, indent=2) + "\n"


def _page(contract: Contract) -> str:
    exclusions: dict[str, list[Exclusion]] = {}
    for rule in contract.exclude:
        exclusions.setdefault(rule.reason, []).append(rule)
    return render_text(
        TEMPLATES / "source.md.j2",
        by_hand=_BY_HAND,
        contract=contract,
        exclusions=exclusions,
        layout_reasons=LAYOUT_REASONS,
        headers=_headers,
        meaning=_meaning,
    )


def _headers(column: Column) -> list[str]:
    headers = [*column.headers, *(f"{header} (ngược lại)" for header in column.opposite_headers)]
    places = [("dòng tiêu đề trên bảng", column.title), ("tên tệp hoặc thư mục", column.path)]
    return [*headers, *(place for place, pattern in places if pattern)]


def _meaning(column: Column) -> str:
    personal = f"personal ({column.personal}): {column.treatment}" if column.personal else ""
    meaning = column.description_vi or personal or "read for exclusion only"
    if column.description_vi and personal:
        meaning = f"{column.description_vi} ({personal})"
    return f"{meaning} (ô trống lấy giá trị của ô trên)" if column.fill_down else meaning


if __name__ == "__main__":
    sys.exit(main())
