"""Text -> the contract's types, in one DuckDB statement per delivery.

Every cell was read as text. A cell that holds something but does not parse sets its row aside; nothing is guessed and
nothing is dropped without being counted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from duckdb.func import FunctionNullHandling, PythonUDFType

from ingest.conform.items_sql import item_columns, items_sql
from ingest.conform.layout_rows import GROUP, find_layout_rows
from ingest.contract import Codes, Column, ColumnType, Contract, Exclusion
from ingest.privacy import MASK, PseudonymKey, scrub
from ingest.readers.headers import HeaderMatch
from ingest.readers.read import Sheet, count_broken_lines
from ingest.registry.aliases import load_aliases
from ingest.registry.codes import load_codes
from ingest.registry.corrections import Correction, Overrides, compare_with_file, corrected_cell
from ingest.registry.items import NO_ITEMS, ItemBook
from ingest.values.arrow import over_distinct, text_array
from ingest.values.cell_sql import BLANKS, can_fail, exclusion_sql, failed_sql, landed_sql, parse_sql, value_of
from ingest.values.dates import plain_formats
from ingest.vietnamese.text import normalise_name
from warehouse.ledger import CorrectionResult
from warehouse.sql import quote_text

# So many rows tell which of the declared date formats a file uses most; a smaller file is read sooner than asked.
_RANKED_ROWS = 5_000
# So many rows tell which names of agencies it uses.
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
    `corrections`: what became of each correction whose key the delivery has.
    """

    candidates: Path
    set_aside: Path
    rows_read: int
    outcomes: dict[str, int]
    broken_lines: dict[int, str]
    items: Path | None = None
    corrections: list[CorrectionResult] = field(default_factory=list)


class Conformer:
    """Types one delivery's `raw` table by its contract.

    `registry` is the folder of the checked registry's Parquet; agency names are resolved against its dated aliases.
    `matched` says where the delivery has which column, `book` what the answers of its items mean, `until` is the last
    day of its period, `corrections` what the registry says of cells of this source.
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
        corrections: Sequence[Correction] = (),
    ) -> None:
        self.connection = connection
        self.contract = contract
        self.matched = matched
        self.book = book
        self.until = until
        self.corrections = corrections
        self.overrides: Overrides = {}
        # DuckDB expects few rows of a CSV and would build its join tables from the delivery instead of the registry:
        # two gigabytes for a million rows, and a third more time.
        connection.execute("set disabled_optimizers = 'build_side_probe_side,join_order'").fetchall()
        self._define("fold_name", over_distinct(_name_key))
        for column in contract.landed:
            if column.treatment == "key":
                self._define(f"pseudonym_{column.name}", key.keyer(column.personal or column.name))
            elif column.values:
                self._define(f"value_of_{column.name}", over_distinct(value_of(column)))
        connection.register("agency_alias", load_aliases(registry))
        if contract.codes:
            connection.register("criterion_code", load_codes(registry))

    def conform(self, sheet: Sheet, folder: Path) -> Batch:
        """Write the candidates, what is set aside and the items of forms below `folder`.

        Raises HeaderError when a form's questionnaire has an item of the index for which the file has no column, and
        when a second table has other columns than the first.
        """
        candidates, set_aside = folder / "candidates.parquet", folder / "set_aside.parquet"
        layout = find_layout_rows(self.connection, sheet, self.matched, self.contract, self.book)
        self._copy(self._typed_sql(layout), candidates)
        corrected = self._correct(candidates, layout) if self.corrections else []
        broken = count_broken_lines(self.connection, sheet)
        if broken:
            self._renumber(candidates, broken)
            corrected = [replace(one, lines=[_true_line(line, broken) for line in one.lines]) for one in corrected]
        items = self._part_items(candidates, folder / "items.parquet") if self.contract.items else None
        self._set_aside(candidates, set_aside)
        counts = self.connection.execute(
            "select outcome, count(*) from read_parquet(?) group by outcome order by outcome", [str(set_aside)]
        ).fetchall()
        read = self.connection.execute("select count(*) from read_parquet(?)", [str(candidates)]).fetchall()[0][0]
        return Batch(
            candidates, set_aside, int(read) + len(broken), {o: int(n) for o, n in counts}, broken, items, corrected
        )

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
            cells.append(f"{self._corrected(column.name, cell)} as {column.name}")
        items = item_columns(self.matched)
        cells += [f"{self._corrected(name, f'c{place}')} as {name}" for name, place in items.items()]
        return f"select {', '.join(cells)}, line from raw"

    def _corrected(self, name: str, cell: str) -> str:
        return corrected_cell(cell, self.overrides[name]) if name in self.overrides else cell

    def _correct(self, candidates: Path, layout: Mapping[int, str]) -> list[CorrectionResult]:
        """Hold the registry's corrections against the file; when one applies, type the file again with it."""
        item_names = {place: name for name, place in item_columns(self.matched).items()}
        cells = {column.name: column.name for column in self._present()}
        cells |= {code: item_names[place] for code, place in self.matched.items.items()}
        results, self.overrides = compare_with_file(
            self.connection, self.contract, candidates, self._cells_sql(), cells, self.corrections
        )
        if self.overrides:
            self._copy(self._typed_sql(layout), candidates)
        return results

    def _typed_sql(self, layout: Mapping[int, str]) -> str:
        """One pass over `raw`: parse, resolve agencies, decide what sets a row aside.

        `layout` are the lines that are no data although no column tells.
        """
        present = self._with_likely_formats(self._present())
        agencies = [c for c in present if c.type is ColumnType.AGENCY]
        self._fold_frequent_names([c.name for c in agencies])
        folds = " ".join(f"left join folded_name as fold_{c.name} on fold_{c.name}.name = {c.name}" for c in agencies)
        names = {c.name for c in present}
        parsed = [f"{parse_sql(c, c.name)} as typed_{c.name}" for c in present if c.treatment != "drop"]
        # What stands in a filled cell was excluded where the sender wrote it.
        filled = {c.name for c in present if c.fill_down and c.name in self.matched.positions}
        own = {c.name: f"p.own_{c.name}" if c.name in filled else f"p.{c.name}" for c in present}
        rules = [rule for rule in self.contract.exclude if rule.column in names]
        reasons = [
            f"when {exclusion_sql(own[rule.column], rule.matches)} then '{EXCLUDED}{rule.reason}'" for rule in rules
        ]
        # One look at a column tells of almost every row that no rule is about it.
        looks = [exclusion_sql(own[rule.column], None) for rule in rules if rule.matches is None]
        looks += [exclusion_sql(own[name], "|".join(patterns)) for name, patterns in _patterns_by_column(rules).items()]
        codes = self.contract.codes if self.contract.codes and names >= self.contract.codes.types().keys() else None
        unless_data = "own_code.is_leaf is distinct from true and " if codes else ""
        cases = [f"when {unless_data}({' or '.join(looks)}) then case {' '.join(reasons)} end"] if rules else []
        if layout:
            self.connection.register("layout", pa.table({"line": list(layout), "reason": list(layout.values())}))
            cases.append(f"when {unless_data}layout.reason is not null then '{EXCLUDED}' || layout.reason")
        if codes:
            cases.append(f"when not own_code.is_leaf then '{EXCLUDED}{GROUP}'")
        failures = [failed_sql(c, f"typed_{c.name}", f"p.{c.name}") for c in present if can_fail(c)]
        if failures:
            cases.append(f"when {' or '.join(failures)} then '{REJECTED}'")
        marks = f"case {' '.join(cases)} end" if cases else "null"
        joins = " ".join(
            f"left join agency_alias as alias_{c.name} on alias_{c.name}.alias_key = p.typed_{c.name}"
            f" and {day} >= alias_{c.name}.valid_from and {day} < alias_{c.name}.valid_to"
            for c, day in ((c, self._name_day(c, names)) for c in agencies)
        )
        if layout:
            joins += " left join layout on layout.line = p.line"
        if codes:
            joins += _code_join(codes)
        landed = [landed_sql(c, c.name in names, c.name in self.matched.opposite) for c in self.contract.landed]
        return f"""
            with cells as ({self._cells_sql()}),
            parsed as (select cells.*, {", ".join(parsed)} from cells {folds})
            select {", ".join([*landed, *item_columns(self.matched)])}, cast({marks} as varchar) as marks, p.line
            from parsed as p {joins}
            """

    def _name_day(self, column: Column, names: Collection[str]) -> str:
        """The day on which an agency's name must be valid; a date that is empty or does not parse tells nothing."""
        days = [f"cast(p.typed_{name} as date)" for name in column.valid_on if name in names]
        days.append(f"date '{self.until or _FAR_PAST}'")
        return f"coalesce({', '.join(days)})"

    def _part_items(self, candidates: Path, target: Path) -> Path:
        """Take the items' cells out of the candidates: judged rows become one row per item in `target`."""
        whole = candidates.rename(candidates.with_name("forms.parquet"))
        for scale in self.book.scales:
            self._define(f"read_{scale}", over_distinct(self.book.reader(scale)))
        self._define("scrubbed", over_distinct(scrub))
        items = self.contract.items
        assert items is not None
        forms = self.connection.execute(
            f"""
            select distinct {items.questionnaire}, {items.version} from read_parquet(?)
            where marks is null order by all
            """,
            [str(whole)],
        ).fetchall()
        present = [(name, version) for name, version in forms]
        self._copy(items_sql("read_parquet($forms)", items, present, self.matched, self.book), target, forms=whole)
        row = ", ".join(name for name, _ in self.contract.row_schema())
        self._copy(f"select {row} from read_parquet($forms)", candidates, forms=whole)
        whole.unlink()
        return target

    def _copy(self, query: str, target: Path, **files: Path) -> None:
        """Write the rows of a query, which may name `files` as parameters."""
        self.connection.execute(
            f"copy ({query}) to $target (format parquet, compression zstd)",
            {"target": str(target), **{name: str(path) for name, path in files.items()}},
        ).fetchall()

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

    def _with_likely_formats(self, columns: list[Column]) -> list[Column]:
        """The columns, date formats in the order in which this file uses them: in a large file a missed one is dear."""
        places = self.matched.positions
        dated = {c.name: formats for c in columns if c.name in places and len(formats := plain_formats(c)) > 1}
        if not dated:
            return columns
        cells = ", ".join(f"trim(c{places[name]}) as {name}" for name in dated)
        sample = self.connection.sql(f"select {cells} from raw limit {_RANKED_ROWS}").to_arrow_table()
        if len(sample) < _RANKED_ROWS:
            return columns
        self.connection.register("dates", sample)
        tries = [(name, form) for name, formats in dated.items() for form in formats]
        counts = ", ".join(f"count(try_strptime({name}, '{form}'))" for name, form in tries)
        hits = dict(zip(tries, self.connection.execute(f"select {counts} from dates").fetchall()[0], strict=True))
        self.connection.unregister("dates")
        return [
            column.model_copy(
                update={
                    "formats": [
                        *sorted(dated[column.name], key=lambda form: -hits[column.name, form]),
                        *(form for form in column.formats if form not in dated[column.name]),
                    ]
                }
            )
            if column.name in dated
            else column
            for column in columns
        ]

    def _set_aside(self, candidates: Path, target: Path) -> None:
        """Write (line, outcome) of marked rows and of all but the last row of each key.

        Rows that lack a part of the key repeat nothing: a rule judges each of them.
        """
        key = ", ".join(self.contract.key)
        judged = " and ".join(["marks is null", *(f"{name} is not null" for name in self.contract.key)])
        # Sorting the hashes of millions of keys takes half as long as grouping by them; the keys themselves are
        # compared only where two hashes meet.
        hashes = self.connection.sql(
            f"select hash({key}) as row_hash from read_parquet(?) where {judged}", params=[str(candidates)]
        )
        ordered = np.sort(hashes.to_arrow_table()["row_hash"].to_numpy())
        repeated = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
        self.connection.register("repeated", pa.table({"row_hash": repeated}))
        ranked = f"""
            select line, row_number() over (partition by {key} order by line desc) as place
            from read_parquet($candidates) where {judged} and hash({key}) in (select row_hash from repeated)
            """
        again = f"union all select line, '{DUPLICATE}' from ({ranked}) where place > 1" if len(repeated) else ""
        marked = "select line, marks as outcome from read_parquet($candidates) where marks is not null"
        self._copy(f"{marked} {again}", target, candidates=candidates)

    def _renumber(self, candidates: Path, broken: dict[int, str]) -> None:
        """Give the lines after a broken line their true number: the parser does not count what it could not split."""
        # With i broken lines before it, the k-th good line stands on line k + i; broken line b has b - i good before.
        steps = [line - place for place, line in enumerate(sorted(broken))]
        self.connection.register("broken", pa.table({"step": pa.array(steps, pa.int64())}))
        moved = candidates.with_suffix(".moved")
        true_line = "line + (select count(*) from broken where step <= c.line)"
        counted = f"select * replace ({true_line} as line) from read_parquet($candidates) as c"
        self._copy(counted, moved, candidates=candidates)
        moved.replace(candidates)

    def _define(self, name: str, function: Callable[[pa.Array], pa.Array]) -> None:
        """A function over texts that answers NULL for a text that says nothing."""
        self.connection.create_function(
            name,
            function,
            ["VARCHAR"],
            "VARCHAR",
            type=PythonUDFType.ARROW,
            null_handling=FunctionNullHandling.SPECIAL,
        )


def _code_join(codes: Codes) -> str:
    return (
        f" left join criterion_code as own_code on own_code.code = p.typed_{codes.column}"
        f" and own_code.agency_id = alias_{codes.agency}.agency_id"
        f" and p.typed_{codes.year} between own_code.first_year and own_code.last_year"
    )


def _patterns_by_column(rules: Iterable[Exclusion]) -> dict[str, list[str]]:
    patterns: dict[str, list[str]] = {}
    for rule in rules:
        if rule.matches is not None:
            patterns.setdefault(rule.column, []).append(f"(?:{rule.matches})")
    return patterns


def _true_line(line: int, broken: Collection[int]) -> int:
    """The line in the file of a line of `raw`, which does not count those that could not be split."""
    return line + sum(lost - place <= line for place, lost in enumerate(sorted(broken)))


def _name_key(text: str) -> str | None:
    return normalise_name(text) or None
