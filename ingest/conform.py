"""Text -> the contract's types, in one DuckDB statement per delivery.

Every cell was read as text. A cell that holds something but does not parse sets its row aside; nothing is guessed and
nothing is dropped without being counted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from duckdb.func import PythonUDFType

from ingest.aliases import load_aliases
from ingest.arrow import as_text, over_distinct, text_array
from ingest.cell_sql import BLANKS, can_fail, exclusion_sql, failed_sql, landed_sql, match_sql, parse_sql, value_of
from ingest.contract import Column, ColumnType, Contract
from ingest.dates import plain_formats
from ingest.headers import HeaderMatch
from ingest.items import NO_ITEMS, ItemBook
from ingest.items_sql import item_columns, items_sql
from ingest.privacy import MASK, PseudonymKey, scrub
from ingest.read import Sheet, count_broken_lines
from ingest.text import normalise_name
from warehouse.sql import quote_text

# So many rows tell which of the declared date formats a file uses most, and which names of agencies.
_SAMPLE_ROWS = 50_000
REJECTED, DUPLICATE, EXCLUDED = "rejected", "duplicate", "excluded:"
DELETED = f"{EXCLUDED}deleted"
_FAR_PAST = "0001-01-01"


@dataclass(frozen=True)
class Batch:
    """A conformed delivery on disk, before any rule judged it.

    `candidates`: one row per readable line, in the contract's row schema; `marks` holds what sets a row aside, and an
    excluded row keeps its cells. `set_aside`: (line, outcome) of the rows that no rule judges, `outcome` being
    rejected, duplicate or excluded:<reason>. `broken_lines` could not even be split into cells.
    `items`, of a source with forms: line, item_code, answer, missing_reason, cell. An answer that its scale does not
    know has the missing_reason `unmapped` and its text in `cell`, scrubbed; a rule has to set such a form aside.
    """

    candidates: Path
    set_aside: Path
    rows_read: int
    outcomes: dict[str, int]
    broken_lines: dict[int, str]
    items: Path | None = None


class Conformer:
    """Types one delivery's `raw` table by its contract.

    `registry` is the folder of the checked registry's Parquet; agency names are resolved against its dated aliases.
    `matched` says where the delivery has which column, `book` what the answers of its items mean, `until` is the last
    day of its period.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        contract: Contract,
        key: PseudonymKey,
        registry: Path,
        matched: HeaderMatch,
        book: ItemBook = NO_ITEMS,
        until: date | None = None,
    ) -> None:
        self.connection = connection
        self.contract = contract
        self.matched = matched
        self.book = book
        self.until = until
        # DuckDB expects few rows of a CSV and would build its join tables from the delivery instead of the registry:
        # two gigabytes for a million rows, and a third more time.
        connection.execute("set disabled_optimizers = 'build_side_probe_side,join_order'").fetchall()
        self._define("fold_name", over_distinct(_name_key))
        for column in contract.landed:
            if column.treatment == "key":
                self._define(f"pseudonym_{column.name}", _pseudonyms(key, column.personal or column.name))
            elif column.values:
                self._define(f"value_of_{column.name}", over_distinct(value_of(column)))
        connection.register("agency_alias", load_aliases(registry))

    def conform(self, sheet: Sheet, folder: Path) -> Batch:
        """Write the candidates, what is set aside and the items of forms below `folder`.

        Raises HeaderError when a form's questionnaire has an item of the index for which the file has no column.
        """
        candidates, set_aside = folder / "candidates.parquet", folder / "set_aside.parquet"
        self._copy(self._typed_sql(), candidates)
        broken = count_broken_lines(self.connection, sheet)
        if broken:
            self._renumber(candidates, broken)
        items = self._part_items(candidates, folder / "items.parquet") if self.contract.items else None
        self._set_aside(candidates, set_aside)
        counts = self.connection.execute(
            f"select outcome, count(*) from '{set_aside}' group by outcome order by outcome"
        ).fetchall()
        read = self.connection.execute(f"select count(*) from '{candidates}'").fetchall()[0][0]
        return Batch(candidates, set_aside, int(read) + len(broken), {o: int(n) for o, n in counts}, broken, items)

    def explain(self, lines: list[int], broken: Collection[int]) -> dict[int, dict[str, str]]:
        """The delivered text of some lines: column -> value, personal columns masked, the rest scrubbed.

        `broken` are the lines that could not be split, which `raw` does not count.
        """
        numbered = {line - sum(1 for lost in broken if lost < line): line for line in lines}
        wanted = self._present()
        selected = ", ".join(c.name for c in wanted)
        self.connection.register("wanted_lines", pa.table({"line": pa.array(list(numbered), pa.int64())}))
        rows = self.connection.execute(
            f"select line, {selected} from ({self._cells_sql()}) where line in (select line from wanted_lines)"
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
        typed = [c for c in self.contract.landed if c.name in row and can_fail(c)]
        if not typed:
            return []
        checks = ", ".join(failed_sql(c, parse_sql(c, "$" + c.name), "$" + c.name) for c in typed)
        values = {c.name: row[c.name].strip(BLANKS) for c in typed}
        failed = self.connection.execute(f"select {checks}", values).fetchall()[0]
        return [column for column, is_failed in zip(typed, failed, strict=True) if is_failed]

    def _present(self) -> list[Column]:
        """The contract's columns that the delivery has, below its header or above its table."""
        return [
            c for c in self.contract.columns if c.name in self.matched.positions or c.name in self.matched.constants
        ]

    def _cells_sql(self) -> str:
        """The delivered text by column name and line: merged cells filled down, a title's value in every row."""
        cells = []
        for column in self._present():
            if column.name not in self.matched.positions:
                cell = quote_text(self.matched.constants[column.name])
            elif column.fill_down:
                filled = f"nullif(trim(c{self.matched.positions[column.name]}, '{BLANKS}'), '')"
                cell = f"last_value({filled} ignore nulls) over (order by line rows unbounded preceding)"
                cells.append(f"c{self.matched.positions[column.name]} as own_{column.name}")
            else:
                cell = f"c{self.matched.positions[column.name]}"
            cells.append(f"{cell} as {column.name}")
        cells += [f"c{place} as {name}" for name, place in item_columns(self.matched).items()]
        return f"select {', '.join(cells)}, line from raw"

    def _typed_sql(self) -> str:
        """One pass over `raw`: parse, resolve agencies, decide what sets a row aside."""
        present = [self._with_likely_formats(c) for c in self._present()]
        agencies = [c for c in present if c.type is ColumnType.AGENCY]
        self._fold_frequent_names([c.name for c in agencies])
        folds = " ".join(f"left join folded_name as fold_{c.name} on fold_{c.name}.name = {c.name}" for c in agencies)
        names = {c.name for c in present}
        parsed = [f"{parse_sql(c, c.name)} as typed_{c.name}" for c in present if c.treatment != "drop"]
        # What stands in a filled cell was excluded where the sender wrote it.
        filled = {c.name for c in present if c.fill_down and c.name in self.matched.positions}
        own = {c.name: f"p.own_{c.name}" if c.name in filled else f"p.{c.name}" for c in present}
        last = self._last_line()
        cases = [f"when p.line > {last} then '{EXCLUDED}title'"] if last is not None else []
        cases += [
            f"when {exclusion_sql(own[rule.column], rule.matches)} then '{EXCLUDED}{rule.reason}'"
            for rule in self.contract.exclude
            if rule.column in names
        ]
        failures = [failed_sql(c, f"typed_{c.name}", f"p.{c.name}") for c in present if can_fail(c)]
        if failures:
            cases.append(f"when {' or '.join(failures)} then '{REJECTED}'")
        marks = f"case {' '.join(cases)} end" if cases else "null"
        joins = " ".join(
            f"left join agency_alias as alias_{c.name} on alias_{c.name}.alias_key = p.typed_{c.name}"
            f" and {self._name_day(c)} >= alias_{c.name}.valid_from and {self._name_day(c)} < alias_{c.name}.valid_to"
            for c in agencies
        )
        landed = [landed_sql(c, c.name in names, c.name in self.matched.opposite) for c in self.contract.landed]
        return f"""
            with cells as ({self._cells_sql()}),
            parsed as (select cells.*, {", ".join(parsed)} from cells {folds})
            select {", ".join([*landed, *item_columns(self.matched)])}, cast({marks} as varchar) as marks, p.line
            from parsed as p {joins}
            """

    def _name_day(self, column: Column) -> str:
        """The day on which an agency's name must be valid."""
        day = f"cast(p.typed_{column.valid_on} as date)" if column.valid_on else f"date '{self.until or _FAR_PAST}'"
        return f"coalesce({day}, date '{_FAR_PAST}')"

    def _last_line(self) -> int | None:
        """The line before the signatures."""
        pattern = self.contract.files.ends_at
        if pattern is None:
            return None
        cells = self.connection.execute("select * exclude (line) from raw limit 0").description
        listed = f"select line, unnest([{', '.join(name for name, *_ in cells)}]) as cell from raw"
        found = self.connection.execute(
            f"select min(line) - 1 from ({listed}) where {match_sql('cell', pattern)}"
        ).fetchall()[0][0]
        return None if found is None else int(found)

    def _part_items(self, candidates: Path, target: Path) -> Path:
        """Take the items' cells out of the candidates: judged rows become one row per item in `target`."""
        whole = candidates.rename(candidates.with_name("forms.parquet"))
        for scale in self.book.scales:
            self._define(f"read_{scale}", over_distinct(self.book.reader(scale)))
        self._define("scrubbed", over_distinct(scrub))
        items = self.contract.items
        assert items is not None
        forms = self.connection.execute(
            f"select distinct {items.questionnaire}, {items.version} from '{whole}' where marks is null order by all"
        ).fetchall()
        self._copy(
            items_sql(whole, items, [(name, version) for name, version in forms], self.matched, self.book), target
        )
        self._copy(f"select {', '.join(name for name, _ in self.contract.row_schema())} from '{whole}'", candidates)
        whole.unlink()
        return target

    def _copy(self, query: str, target: Path) -> None:
        self.connection.execute(f"copy ({query}) to '{target}' (format parquet, compression zstd)").fetchall()

    def _fold_frequent_names(self, columns: list[str]) -> None:
        """Fold the names at the top of the file once; a join finds them again in a tenth of a function's time."""
        positions, constants = self.matched.positions, self.matched.constants
        cells = ", ".join(f"c{positions[name]}" for name in columns if name in positions) or "null"
        sampled = self.connection.execute(
            f"select distinct unnest([{cells}]) from (select * from raw limit {_SAMPLE_ROWS})"
        ).fetchall()
        names = {name for (name,) in sampled if name} | {constants[name] for name in columns if name in constants}
        known = [(name, _name_key(name)) for name in sorted(names)]
        table = {"name": text_array(name for name, _ in known), "alias_key": text_array(key for _, key in known)}
        self.connection.register("folded_name", pa.table(table))

    def _with_likely_formats(self, column: Column) -> Column:
        """The column with its date formats in the order in which this file uses them: a missed format is dear."""
        formats = plain_formats(column)
        if len(formats) < 2 or column.name not in self.matched.positions:
            return column
        cell = f"c{self.matched.positions[column.name]}"
        counts = ", ".join(f"count(try_strptime(trim({cell}), '{form}'))" for form in formats)
        sample = f"(select {cell} from raw limit {_SAMPLE_ROWS})"
        hits = self.connection.execute(f"select {counts} from {sample}").fetchall()[0]
        ranked = [form for _, form in sorted(zip(hits, formats, strict=True), key=lambda pair: -pair[0])]
        others = [form for form in column.formats if form not in formats]
        return column.model_copy(update={"formats": [*ranked, *others]})

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
        true_line = "line + (select count(*) from broken where step <= c.line)"
        self._copy(f"select * replace ({true_line} as line) from '{candidates}' as c", moved)
        moved.replace(candidates)

    def _define(self, name: str, function: Callable[[pa.Array], pa.Array]) -> None:
        self.connection.create_function(name, function, ["VARCHAR"], "VARCHAR", type=PythonUDFType.ARROW)


def _name_key(text: str) -> str | None:
    return normalise_name(text) or None


def _pseudonyms(key: PseudonymKey, domain: str) -> Callable[[pa.Array], pa.Array]:
    def over_chunk(values: pa.ChunkedArray | pa.Array) -> pa.Array:
        return key.pseudonyms(as_text(values), domain)

    return over_chunk
