"""Files that come from the source contracts, and the check that nobody changed one by hand.

`python -m ingest.generate` writes them, `--check` compares. They are: dbt's declaration of the landing, the JSON Schema
of a contract for editors, and one page per source in docs/sources.
"""

from __future__ import annotations

import difflib
import json
import sys
from pathlib import Path

from ingest.conform.layout_rows import LAYOUT_REASONS
from ingest.contract import SOURCES, Column, Contract, Covers, Items, load_contracts
from warehouse.config import CODE_ROOT
from warehouse.landing import deletions_of

_BY_HAND = "Generated from ingest/sources by `make generate`; do not edit."


def generated_files(root: Path = CODE_ROOT) -> dict[Path, str]:
    """Every generated file and what it must hold; `root` is laid out as this repository."""
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
    """A readable difference per generated file that is not what its contract says."""
    found = []
    for path, wanted in generated_files().items():
        present = path.read_text(encoding="utf-8") if path.exists() else ""
        if present != wanted:
            name = str(path.relative_to(CODE_ROOT))
            lines = difflib.unified_diff(present.splitlines(), wanted.splitlines(), name, "from the contract", n=1)
            found.append("\n".join(list(lines)[:20]))
    return found


def main() -> int:
    """Write the files, or with --check say what differs; returns the exit code."""
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
    """Write every generated file anew."""
    for path, content in generated_files(root).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def _landing_yaml(contracts: list[Contract]) -> str:
    lines = [f"# {_BY_HAND}", "version: 2", "", "sources:", "  - name: landing", "    tables:"]
    for contract in contracts:
        grain = f"{contract.title_en}: {contract.grain}"
        lines += _landing_table(contract, contract.source, grain, contract.landing_schema())
        if deleted := contract.deletion_schema():
            grain = f"{contract.title_en}: keys of the rows that a delivery calls deleted"
            lines += _landing_table(contract, deletions_of(contract.source), grain, deleted)
    lines += [
        "      - name: coverage",
        '        description: "What each load covers, of every source: covers in its contract"',
    ]
    return "\n".join(lines) + "\n"


def _landing_table(contract: Contract, name: str, grain: str, schema: list[tuple[str, str]]) -> list[str]:
    lines = [f"      - name: {name}", f"        description: {_yaml(grain)}", "        columns:"]
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
    }
    for column, kind in [*schema, ("load_id", "VARCHAR")]:
        lines.append(f"          - name: {column}")
        if text := described.get(column, "First 16 hex digits of the sha256 of the delivered bytes"):
            lines.append(f"            description: {_yaml(text)}")
        lines.append(f"            data_type: {kind.lower()}")
    return lines


def _schema_json() -> str:
    return json.dumps(Contract.model_json_schema(), ensure_ascii=False, indent=2) + "\n"


def _page(contract: Contract) -> str:
    lines = [
        f"<!-- {_BY_HAND} -->",
        f"# `{contract.source}`: {contract.title_vi}",
        "",
        f"{contract.title_en}. Contract version {contract.version}: `ingest/sources/{contract.source}.yml`.",
        "",
        f"- Grain: {contract.grain}",
        f"- Key: {', '.join(f'`{name}`' for name in contract.key)}; load mode `{contract.load_mode}`",
        *([f"- Covers: {_coverage(contract.covers)}"] if contract.covers else []),
        *(
            [f"- Codes: `{contract.codes.column}`; what has points in the set is data, however it looks"]
            if contract.codes
            else []
        ),
        f"- Delivered by: {contract.owner}; {contract.cadence}",
        f"- Held whole above {contract.tolerance.max_bad_pct:g} % and {contract.tolerance.max_bad_rows} bad rows",
        "",
        "| column | type | headers in files | meaning |",
        "|---|---|---|---|",
        *[_row(column) for column in contract.columns],
        "",
        "\\* has to be there. Personal columns never land: they are dropped, or keyed where it says so.",
        "",
        *_exclusions(contract),
        *(_items(contract.items) if contract.items else []),
    ]
    return "\n".join(lines)


def _coverage(covers: Covers) -> str:
    whom = " and ".join(f"`{name}`" for name in covers.agencies) or "all agencies"
    only = "".join(f" where `{name}` is `{'` or `'.join(values)}`" for name, values in covers.only.items())
    return f"rows count for {whom}, by `{covers.day}`{only}"


def _exclusions(contract: Contract) -> list[str]:
    """The rows of any file of the source that are no data, by the reason that the ledger counts."""
    lines = ["Rows that are no data are excluded and counted by reason:", ""]
    for reason in dict.fromkeys(rule.reason for rule in contract.exclude):
        rules = [rule for rule in contract.exclude if rule.reason == reason]
        told = [f"`{rule.column}` {f'is like `{rule.matches}`' if rule.matches else 'is filled'}" for rule in rules]
        lines.append(f"- `{reason}`: {', or '.join(told)}")
    return [*lines, *(f"- `{reason}`: {said}" for reason, said in LAYOUT_REASONS.items()), ""]


def _items(items: Items) -> list[str]:
    before = ", ".join(f"`{prefix}`" for prefix in items.prefixes)
    return [
        "A column whose header begins with an item code of the registry's `questionnaire_items`"
        + (f" ({before} may stand before it)" if before else "")
        + " is a question. Each form lands",
        "once per question of its own questionnaire and version, as `item_code`, `answer`, `missing_reason`. An answer",
        "means what `scale_labels` says; a question whose scale has no labels there is not read.",
        "",
    ]


def _row(column: Column) -> str:
    personal = f"personal ({column.personal}): {column.treatment}" if column.personal else ""
    meaning = column.description_vi or personal or "read for exclusion only"
    if column.description_vi and personal:
        meaning = f"{column.description_vi} ({personal})"
    mark = " \\*" if column.required else ""
    headers = [*column.headers, *(f"{header} (ngược lại)" for header in column.opposite_headers)]
    headers += ["dòng tiêu đề trên bảng"] if column.title else []
    if column.fill_down:
        meaning += " (ô trống lấy giá trị của ô trên)"
    return f"| `{column.name}`{mark} | {column.type.value} | {'; '.join(headers)} | {meaning} |"


def _yaml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
