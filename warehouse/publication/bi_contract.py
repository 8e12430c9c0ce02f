"""The BI contract as files: the lock of the published tables, and dbt's exposures.

`python -m warehouse.publication.bi_contract` (`make lock-marts`) writes both from dbt's declarations, `--check` prints
the differences. A new table needs this command; a dropped or changed column shows in the diff which charts break.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from warehouse.config import CODE_ROOT, Settings
from warehouse.engine import DBT_PROJECT, DbtProject
from warehouse.publication.catalog import NATION, PROVINCE, Catalog, Table, read_catalog

LOCK = DBT_PROJECT / "published.lock"
EXPOSURES = DBT_PROJECT / "models" / "exposures.yml"
_BY_HAND = "# Written by `make lock-marts`; do not edit."
_NAMED = re.compile(r"\b([a-z]+\.[a-z_]+)\b")


def describe_tables(catalog: Catalog) -> str:
    """Returns every published table with its profile and key, and its columns in their order with their types."""
    lines = [_BY_HAND]
    for table in catalog.tables:
        lines += ["", f"{table.full_name} ({table.profile}), key {', '.join(table.key)}"]
        lines += [
            f"  {c.name} {c.data_type}{' not null' if c.not_null else ''}{' (internal)' if c.is_internal else ''}"
            for c in table.columns
        ]
        lines += [f"  open: {table.open_where}"] if table.open_where else []
    return "\n".join(lines) + "\n"


def describe_exposures(catalog: Catalog) -> str:
    """The exposures: uses of the published tables outside dbt (page, `cchc dossier`, the exports)."""
    nation = Catalog(tuple(table for table in catalog.tables if table.schema in NATION))
    own = Catalog(tuple(table for table in catalog.tables if table.schema not in NATION))
    return "\n".join(
        [
            _BY_HAND,
            "version: 2",
            "",
            "exposures:",
            *_exposure("summary_page", "dashboard", "The night on one page.", _named_in(catalog, "page")),
            *_exposure(
                "dossier_answers", "application", "`cchc dossier show` and `late`.", _named_in(catalog, "dossiers")
            ),
            *_exposure("internal_export", "analysis", "DuckDB and Parquet of the department.", own.tables),
            *_exposure("open_export", "analysis", "DuckDB and Parquet for the public.", own.of_profile("open").tables),
            *_exposure("nation_export", "analysis", "DuckDB and Parquet of the nation.", nation.tables),
            "",
        ]
    )


def differences(catalog: Catalog) -> list[str]:
    """Returns a readable difference per file that differs from dbt's declarations."""
    found = []
    for path, wanted in _files(catalog).items():
        present = path.read_text(encoding="utf-8") if path.exists() else ""
        if present != wanted:
            lines = difflib.unified_diff(present.splitlines(), wanted.splitlines(), path.name, "declared", n=1)
            found.append("\n".join([*list(lines)[:30], "If this is meant: make lock-marts"]))
    return found


def main() -> int:
    """Writes the files, or with --check prints the differences; returns the exit code."""
    with TemporaryDirectory() as folder:
        project = DbtProject(Settings(home=Path(folder)))
        project.parse()
        catalog = read_catalog(project.manifest, (*PROVINCE, *NATION))
    if "--check" in sys.argv[1:]:
        found = differences(catalog)
        print(*found, sep="\n")
        return int(bool(found))
    for path, content in _files(catalog).items():
        path.write_text(content, encoding="utf-8")
    return 0


def _files(catalog: Catalog) -> dict[Path, str]:
    return {LOCK: describe_tables(catalog), EXPOSURES: describe_exposures(catalog)}


def _named_in(catalog: Catalog, folder: str) -> list[Table]:
    """Returns the published tables that the code of a folder of reports/ names."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((CODE_ROOT / "reports" / folder).rglob("*.py"))]
    named = {name for text in texts for name in _NAMED.findall(text)}
    return [table for table in catalog.tables if table.full_name in named]


def _exposure(name: str, kind: str, description: str, tables: Iterable[Table]) -> list[str]:
    return [
        f"  - name: {name}",
        f"    type: {kind}",
        f'    description: "{description}"',
        "    owner: {name: Sở Nội vụ}",
        "    depends_on:",
        *[f"      - ref('{table.name}')" for table in tables],
    ]


if __name__ == "__main__":
    sys.exit(main())
