"""Text -> the contract's types, in one DuckDB statement per delivery.

Every cell was read as text. A cell that holds something but does not parse sets its row aside; nothing is guessed and
nothing is dropped without being counted.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from duckdb.func import PythonUDFType

from ingest.arrow import as_text, over_distinct, text_array
from ingest.contract import LANDED_TYPES, Column, ColumnType, Contract
from ingest.privacy import MASK, PseudonymKey, scrub
from ingest.read import Sheet, count_broken_lines
from ingest.text import normalise_name
from warehouse.sql import quote_text

# Spaces that spreadsheets and web exports leave around a value, seen and unseen.
_BLANKS = " \t\r\n\u00a0\u200b\ufeff"
_ASCII_BLANKS = (9, 10, 32)
# So many rows tell which of the declared date formats a file uses most, and which names of agencies.
_SAMPLE_ROWS = 50_000
REJECTED, DUPLICATE, EXCLUDED = "rejected", "duplicate", "excluded:"
_FAR_PAST, _FAR_FUTURE = "0001-01-01", "9999-12-31"


@dataclass(frozen=True)
class Batch:
    """A conformed delivery on disk, before any rule judged it.

    `candidates`: one row per readable line, in the landing's schema; `marks` holds what sets a row aside. `set_aside`:
    (line, outcome) of the rows that no rule judges, `outcome` being rejected, duplicate or excluded:<reason>.
    `broken_lines` could not even be split into cells.
    """

    candidates: Path
    set_aside: Path
    rows_read: int
    outcomes: dict[str, int]
    broken_lines: dict[int, str]


class Conformer:
    """Types one delivery's `raw` table by its contract.

    `registry` is the folder of the checked registry's Parquet; agency names are resolved against its dated aliases.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, contract: Contract, key: PseudonymKey, registry: Path
    ) -> None:
        self.connection = connection
        self.contract = contract
        # DuckDB expects few rows of a CSV and would build its join tables from the delivery instead of the registry:
        # two gigabytes for a million rows, and a third more time.
        connection.execute("set disabled_optimizers = 'build_side_probe_side,join_order'").fetchall()
        self._define("fold_name", over_distinct(_name_key))
        for column in contract.landed:
            if column.treatment == "key":
                self._define(f"pseudonym_{column.name}", _pseudonyms(key, column.personal or column.name))
            elif column.values:
                self._define(f"value_of_{column.name}", over_distinct(_value_of(column)))
        self._load_aliases(registry)

    def conform(self, sheet: Sheet, positions: dict[str, int], folder: Path) -> Batch:
        """Write the candidates and what is set aside below `folder`."""
        candidates, set_aside = folder / "candidates.parquet", folder / "set_aside.parquet"
        self.connection.execute(
            f"copy ({self._typed_sql(positions)}) to '{candidates}' (format parquet, compression zstd)"
        ).fetchall()
        broken = count_broken_lines(self.connection, sheet)
        if broken:
            self._renumber(candidates, broken)
        self._set_aside(candidates, set_aside)
        counts = self.connection.execute(
            f"select outcome, count(*) from '{set_aside}' group by outcome order by outcome"
        ).fetchall()
        read = self.connection.execute(f"select count(*) from '{candidates}'").fetchall()[0][0]
        return Batch(candidates, set_aside, int(read) + len(broken), {o: int(n) for o, n in counts}, broken)

    def explain(
        self, positions: dict[str, int], lines: list[int], broken: Collection[int]
    ) -> dict[int, dict[str, str]]:
        """The delivered text of some lines: column -> value, personal columns masked, the rest scrubbed.

        `broken` are the lines that could not be split, which `raw` does not count.
        """
        numbered = {line - sum(1 for lost in broken if lost < line): line for line in lines}
        wanted = [c for c in self.contract.columns if c.name in positions]
        selected = ", ".join(f"c{positions[c.name]} as {c.name}" for c in wanted)
        self.connection.register("wanted_lines", pa.table({"line": pa.array(list(numbered), pa.int64())}))
        rows = self.connection.execute(
            f"select line, {selected} from raw where line in (select line from wanted_lines)"
        ).fetchall()
        return {
            numbered[line]: {
                column.name: MASK if column.personal else scrub(value)
                for column, value in zip(wanted, values, strict=True)
                if value is not None
            }
            for line, *values in rows
        }

    def unparsed(self, row: dict[str, str]) -> list[Column]:
        """The columns of an explained row whose text is not of the declared type."""
        typed = [c for c in self.contract.landed if c.name in row and _can_fail(c)]
        if not typed:
            return []
        checks = ", ".join(f"{_parse_sql(c, '$' + c.name)} is null" for c in typed)
        values = {c.name: row[c.name].strip(_BLANKS) for c in typed}
        failed = self.connection.execute(f"select {checks}", values).fetchall()[0]
        return [column for column, is_failed in zip(typed, failed, strict=True) if is_failed]

    def _typed_sql(self, positions: dict[str, int]) -> str:
        """One pass over `raw`: parse, resolve agencies, decide what sets a row aside."""
        present = [self._with_likely_formats(c, positions) for c in self.contract.columns if c.name in positions]
        cells = [f"c{positions[c.name]} as {c.name}" for c in present]
        agencies = [c for c in present if c.type is ColumnType.AGENCY]
        self._fold_frequent_names([positions[c.name] for c in agencies])
        folds = " ".join(f"left join folded_name as fold_{c.name} on fold_{c.name}.name = {c.name}" for c in agencies)
        names = {c.name for c in present}
        parsed = [f"{_parse_sql(c, c.name)} as typed_{c.name}" for c in present if c.treatment != "drop"]
        cases = [
            f"when {_exclusion_sql(rule.column, rule.matches)} then '{EXCLUDED}{rule.reason}'"
            for rule in self.contract.exclude
            if rule.column in names
        ]
        failures = [f"case when typed_{c.name} is null then {_is_filled(c.name)} end" for c in present if _can_fail(c)]
        if failures:
            cases.append(f"when {' or '.join(failures)} then '{REJECTED}'")
        marks = f"case {' '.join(cases)} end" if cases else "null"
        joins = " ".join(
            f"left join agency_alias as alias_{c.name} on alias_{c.name}.alias_key = p.typed_{c.name}"
            f" and coalesce(cast(p.typed_{c.valid_on} as date), date '{_FAR_PAST}') >= alias_{c.name}.valid_from"
            f" and coalesce(cast(p.typed_{c.valid_on} as date), date '{_FAR_PAST}') < alias_{c.name}.valid_to"
            for c in agencies
        )
        landed = [_landed_sql(c, c.name in names) for c in self.contract.landed]
        return f"""
            with cells as (select {", ".join(cells)}, line from raw),
            parsed as (select cells.*, {", ".join(parsed)} from cells {folds})
            select {", ".join(landed)}, cast({marks} as varchar) as marks, p.line from parsed as p {joins}
            """

    def _fold_frequent_names(self, places: list[int]) -> None:
        """Fold the names at the top of the file once; a join finds them again in a tenth of a function's time."""
        cells = ", ".join(f"c{place}" for place in places) or "null"
        names = self.connection.execute(
            f"select distinct unnest([{cells}]) from (select * from raw limit {_SAMPLE_ROWS})"
        ).fetchall()
        known = [(name, _name_key(name)) for (name,) in names if name]
        table = {"name": text_array(name for name, _ in known), "alias_key": text_array(key for _, key in known)}
        self.connection.register("folded_name", pa.table(table))

    def _with_likely_formats(self, column: Column, positions: dict[str, int]) -> Column:
        """The column with its date formats in the order in which this file uses them: a missed format is dear."""
        if len(column.formats) < 2:
            return column
        cell = f"c{positions[column.name]}"
        counts = ", ".join(f"count(try_strptime(trim({cell}), '{form}'))" for form in column.formats)
        sample = f"(select {cell} from raw limit {_SAMPLE_ROWS})"
        hits = self.connection.execute(f"select {counts} from {sample}").fetchall()[0]
        ranked = sorted(zip(hits, column.formats, strict=True), key=lambda pair: -pair[0])
        return column.model_copy(update={"formats": [form for _, form in ranked]})

    def _set_aside(self, candidates: Path, target: Path) -> None:
        """Write (line, outcome) of marked rows and of all but the last row of each key."""
        key = ", ".join(self.contract.key)
        # Sorting the hashes of millions of keys takes half as long as grouping by them; the keys themselves are
        # compared only where two hashes meet.
        hashes = self.connection.sql(f"select hash({key}) as row_hash from '{candidates}' where marks is null")
        ordered = np.sort(hashes.to_arrow_table()["row_hash"].to_numpy())
        repeated = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
        self.connection.register("repeated", pa.table({"row_hash": repeated}))
        ranked = f"""
            select line, row_number() over (partition by {key} order by line desc) as place from '{candidates}'
            where marks is null and hash({key}) in (select row_hash from repeated)
            """
        again = f"union all select line, '{DUPLICATE}' from ({ranked}) where place > 1" if len(repeated) else ""
        self.connection.execute(
            f"""
            copy (select line, marks as outcome from '{candidates}' where marks is not null {again})
            to '{target}' (format parquet)
            """
        ).fetchall()

    def _renumber(self, candidates: Path, broken: dict[int, str]) -> None:
        """Give the lines after a broken line their true number: the parser does not count what it could not split."""
        # With i broken lines before it, the k-th good line stands on line k + i; broken line b has b - i good before.
        steps = [line - place for place, line in enumerate(sorted(broken))]
        self.connection.register("broken", pa.table({"step": pa.array(steps, pa.int64())}))
        moved = candidates.with_suffix(".moved")
        self.connection.execute(
            f"""
            copy (
                select * replace (line + (select count(*) from broken where step <= c.line) as line)
                from '{candidates}' as c
            ) to '{moved}' (format parquet, compression zstd)
            """
        ).fetchall()
        moved.replace(candidates)

    def _load_aliases(self, registry: Path) -> None:
        rows = self.connection.execute(
            f"""
            select alias, agency_id, valid_from, coalesce(valid_to, '{_FAR_FUTURE}')
            from '{registry / "agency_aliases.parquet"}'
            """
        ).fetchall()
        known = {(normalise_name(alias), agency, first, last) for alias, agency, first, last in rows}
        keys, agencies, firsts, lasts = zip(*sorted(known), strict=True) if known else ((), (), (), ())
        table = pa.table(
            {
                "alias_key": pa.array(keys, pa.string()),
                "agency_id": pa.array(agencies, pa.string()),
                "valid_from": pa.array(firsts, pa.string()),
                "valid_to": pa.array(lasts, pa.string()),
            }
        )
        self.connection.register("agency_alias_text", table)
        self.connection.execute(
            """
            create or replace table agency_alias as
            select alias_key, agency_id, cast(valid_from as date) as valid_from, cast(valid_to as date) as valid_to
            from agency_alias_text
            """
        ).fetchall()

    def _define(self, name: str, function: Callable[[pa.Array], pa.Array]) -> None:
        self.connection.create_function(name, function, ["VARCHAR"], "VARCHAR", type=PythonUDFType.ARROW)


def _can_fail(column: Column) -> bool:
    """A label that is not in the closed list is judged by a rule, an unknown agency too; both keep their text."""
    return column.treatment == "land" and column.type in (
        ColumnType.INTEGER,
        ColumnType.DECIMAL,
        ColumnType.DATE,
        ColumnType.TIMESTAMP,
        ColumnType.BOOLEAN,
    )


def _parse_sql(column: Column, cell: str) -> str:
    """SQL that turns a cell's text into the declared type, NULL when it is blank or does not parse.

    Almost every cell has no blanks around it, and trimming all of them would cost more than reading the file: what
    parses as it stands is taken, only the rest is trimmed.
    """
    trimmed = f"trim({cell}, '{_BLANKS}')"
    if column.treatment == "key":
        return f"pseudonym_{column.name}({cell})"
    if column.type in (ColumnType.DATE, ColumnType.TIMESTAMP):
        formats = ", ".join(f"'{form}'" for form in column.formats)
        moment = f"coalesce(try_strptime({cell}, [{formats}]), try_strptime({trimmed}, [{formats}]))"
        return f"cast({moment} as {LANDED_TYPES[column.type]})"
    if column.type is ColumnType.BOOLEAN:
        return f"try_cast({_choice_sql(column, cell)} as boolean)"
    if column.type is ColumnType.CHOICE:
        return _choice_sql(column, cell)
    if column.type is ColumnType.AGENCY:
        return f"coalesce(fold_{column.name}.alias_key, fold_name({cell}))"
    if column.type is ColumnType.TEXT:
        clean = f"nullif(nfc_normalize({trimmed}), '')"
        blanks = " or ".join(f"contains({cell}, chr({code}))" for code in _ASCII_BLANKS)
        # As many bytes as letters: plain ASCII, which has one Unicode form.
        return f"case when strlen({cell}) = length({cell}) and not ({blanks}) then {cell} else {clean} end"
    kind = LANDED_TYPES[column.type]
    return f"coalesce(try_cast({cell} as {kind}), try_cast({trimmed} as {kind}))"


def _choice_sql(column: Column, cell: str) -> str:
    """Labels as the contract writes them are compared in SQL; any other spelling is left to the function."""
    known = " ".join(
        f"when {quote_text(label)} then {quote_text(value)}"
        for value, labels in column.values.items()
        for label in labels
    )
    return f"case {cell} {known} else value_of_{column.name}({cell}) end"


def _is_filled(cell: str) -> str:
    return f"trim({cell}, '{_BLANKS}') <> ''"


def _value_of(column: Column) -> Callable[[str], str | None]:
    """Label -> value of a closed list; a label that is not in it keeps its text, for a rule to judge."""
    values = {normalise_name(label): value for value, labels in column.values.items() for label in [value, *labels]}
    return lambda text: values.get(normalise_name(text), unicodedata.normalize("NFC", text).strip(_BLANKS)) or None


def _name_key(text: str) -> str | None:
    return normalise_name(text) or None


def _exclusion_sql(column: str, pattern: str | None) -> str:
    """Whatever its case and Unicode form: both forms stand in the expression, which costs less than normalising."""
    if pattern is None:
        return f"case when {column} is not null then {_is_filled(column)} end"
    forms = "|".join(unicodedata.normalize(form, pattern) for form in ("NFC", "NFD"))
    expression = rf"(?i)\s*(?:{forms})\s*"
    return f"regexp_full_match({column}, {quote_text(expression)})"


def _landed_sql(column: Column, is_present: bool) -> str:
    kind = "VARCHAR" if column.treatment == "key" else LANDED_TYPES[column.type]
    if not is_present:
        return f"cast(null as {kind}) as {column.name}"
    if column.type is ColumnType.AGENCY:
        return f"alias_{column.name}.agency_id as {column.name}"
    return f"p.typed_{column.name} as {column.name}"


def _pseudonyms(key: PseudonymKey, domain: str) -> Callable[[pa.Array], pa.Array]:
    def over_chunk(values: pa.ChunkedArray | pa.Array) -> pa.Array:
        return key.pseudonyms(as_text(values), domain)

    return over_chunk
