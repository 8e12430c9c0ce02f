"""Turns the text of a delivery into the contract's types, in one DuckDB statement per delivery.

Every cell was read as text. A cell that holds something but does not parse sets its row aside; nothing is guessed and
nothing is dropped without being counted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path

import duckdb
import pyarrow as pa
from duckdb.func import FunctionNullHandling, PythonUDFType

from ingest.conform.date_formats import with_likely_formats
from ingest.conform.exchanged_days import refuse_exchanged_days
from ingest.conform.explained import Cell, known_sql
from ingest.conform.items_sql import item_columns, items_sql
from ingest.conform.layout_rows import GROUP, find_layout_rows
from ingest.conform.row_sql import code_join, constant_sql, patterns_by_column, together_sql
from ingest.conform.set_aside import copy_query, write_set_aside
from ingest.contract import Column, ColumnType, Contract, Exclusion
from ingest.disclosure import disclose
from ingest.privacy import MASK, PseudonymKey
from ingest.readers.headers import HeaderMatch
from ingest.readers.read import Sheet, count_broken_lines
from ingest.readers.sheet import LINES_PER_TABLE
from ingest.registry.aliases import load_aliases
from ingest.registry.codes import load_codes
from ingest.registry.corrections import Correction, Overrides, compare_with_file, corrected_cell
from ingest.registry.items import NO_ITEMS, ItemBook
from ingest.values.arrow import over_distinct, text_array
from ingest.values.cell_sql import (
    BLANKS,
    can_fail,
    exclusion_sql,
    failed_sql,
    landed_sql,
    parse_sql,
    part_sql,
    value_of,
)
from ingest.vietnamese.text import normalise_name
from warehouse.ledger import CorrectionResult

# So many rows tell which names of agencies it uses.
_SAMPLE_ROWS = 50_000
REJECTED, EXCLUDED = "rejected", "excluded:"
DELETED = f"{EXCLUDED}deleted"
_FAR_PAST = "0001-01-01"
_TABLE = f"line // {LINES_PER_TABLE}"


@dataclass(frozen=True)
class Batch:
    """A conformed delivery on disk, before any rule judged it.

    `candidates`: one row per readable line, in the contract's row schema; `marks` holds what sets a row aside, and an
    excluded row keeps its cells. `set_aside`: (line, outcome) of the rows that no rule judges, `outcome` being
    rejected, duplicate or excluded:<reason>. `broken_lines` could not even be split into cells.
    `items`, of a source with forms: line, item_code, answer, missing_reason, cell. An answer that its scale does not
    know has the missing_reason `unmapped` and its text in `cell`; a rule has to set such a form aside.
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
        self._define("fold_name", over_distinct(contract.nothing.reader(_name_key)))
        for column in contract.landed:
            if column.treatment == "key":
                self._define(f"pseudonym_{column.name}", key.keyer(column.personal or column.name))
            elif column.values:
                self._define(f"value_of_{column.name}", over_distinct(value_of(column, contract.nothing)))
        connection.register("agency_alias", load_aliases(registry))
        if contract.codes:
            connection.register("criterion_code", load_codes(registry))

    def conform(self, sheet: Sheet, folder: Path) -> Batch:
        """Writes the candidates, what is set aside and the items of forms below `folder`.

        Raises HeaderError when a form's questionnaire has an item of the index for which the file has no column, and
        when a second table has other columns than the first.
        """
        candidates, set_aside = folder / "candidates.parquet", folder / "set_aside.parquet"
        if not sheet.text:
            refuse_exchanged_days(self.connection, self.contract, self.matched)
        layout, constants = find_layout_rows(self.connection, sheet, self.matched, self.contract, self.book)
        self.matched = replace(self.matched, constants=constants)
        copy_query(self.connection, self._typed_sql(layout), candidates)
        corrected = self._correct(candidates, layout) if self.corrections else []
        broken = count_broken_lines(self.connection, sheet)
        if broken:
            self._renumber(candidates, broken)
            corrected = [replace(one, lines=[_true_line(line, broken) for line in one.lines]) for one in corrected]
        items = self._part_items(candidates, folder / "items.parquet") if self.contract.items else None
        write_set_aside(self.connection, self.contract, candidates, set_aside)
        counts = self.connection.execute(
            "select outcome, count(*) from read_parquet(?) group by outcome order by outcome", [str(set_aside)]
        ).fetchall()
        read = self.connection.execute("select count(*) from read_parquet(?)", [str(candidates)]).fetchall()[0][0]
        return Batch(
            candidates, set_aside, int(read) + len(broken), {o: int(n) for o, n in counts}, broken, items, corrected
        )

    def explain(self, lines: list[int], broken: Collection[int]) -> dict[int, dict[str, Cell]]:
        """Returns the delivered text of some lines: column -> cell; those of personal columns have no text at all.

        `broken` are the lines that could not be split, which `raw` does not count.
        """
        numbered = {line - sum(1 for lost in broken if lost < line): line for line in lines}
        wanted = self.present()
        selected = ", ".join(f"{c.name}, {self._known_sql(c)}" for c in wanted)
        self.connection.register("wanted_lines", pa.table({"line": pa.array(list(numbered), pa.int64())}))
        rows = self.connection.execute(
            f"select line, {selected} from ({self.cells_sql()}) where line in (select line from wanted_lines)"
        ).fetchall()
        return {
            numbered[line]: {
                column.name: Cell(MASK, MASK) if column.personal else Cell(text, self._shown(column, text, is_known))
                for column, text, is_known in zip(wanted, values[::2], values[1::2], strict=True)
                if text is not None
            }
            for line, *values in rows
        }

    def _known_sql(self, column: Column) -> str:
        """Returns SQL that is true for a text that may be shown: a value of its type, or of a closed list."""
        is_code = self.contract.codes is not None and self.contract.codes.column == column.name
        return known_sql(column, self._parse, self.contract.landed, is_code=is_code)

    def _shown(self, column: Column, text: str, is_known: bool) -> str:
        return disclose(text, is_known=is_known, is_agency=column.type is ColumnType.AGENCY)

    def unparsed(self, row: Mapping[str, Cell]) -> list[Column]:
        """Returns the columns of an explained row whose text is not of the declared type."""
        typed = [c for c in self.contract.landed if c.name in row and can_fail(c)]
        if not typed:
            return self._deletions_in(row)
        checks = ", ".join(self._failed(c, self._parse(c, f"${c.name}"), f"${c.name}") for c in typed)
        values = {c.name: row[c.name].text.strip(BLANKS) for c in typed}
        failed = self.connection.execute(f"select {checks}", values).fetchall()[0]
        return [column for column, is_failed in zip(typed, failed, strict=True) if is_failed] or self._deletions_in(row)

    def _deletions_in(self, row: Mapping[str, Cell]) -> list[Column]:
        """Returns the columns in which a row says that it was deleted."""
        named = {rule.column for rule in self.deletions}
        return [column for column in self.contract.columns if column.name in named and column.name in row]

    def present(self) -> list[Column]:
        """Returns the contract's columns that the delivery has, below its header or above its table."""
        matched = self.matched
        names = {*matched.positions, *matched.constants, *matched.elsewhere, *matched.built}
        return [column for column in self.contract.columns if column.name in names]

    def cells_sql(self) -> str:
        """Returns SQL of the delivered text by column and line: merged cells filled down, titles in every row."""
        present = self.present()
        written = {column.name: self._cell_sql(column) for column in present if column.name not in self.matched.built}
        cells = []
        for column in present:
            if column.name in self.matched.built:
                cell = together_sql([written[name] for name in self.matched.built[column.name]])
            else:
                cell = written[column.name]
            if column.fill_down and column.name in self.matched.positions:
                cells.append(f"c{self.matched.positions[column.name]} as own_{column.name}")
            cells.append(f"{self._corrected(column.name, cell)} as {column.name}")
        items = item_columns(self.matched)
        cells += [f"{self._corrected(name, f'c{place}')} as {name}" for name, place in items.items()]
        return f"select {', '.join(cells)}, line from raw"

    def _cell_sql(self, column: Column) -> str:
        """Returns SQL of a column's text: from its own cells, from those of other columns, or from above the table."""
        if found := self.matched.elsewhere.get(column.name):
            parts = [part_sql(f"c{place}", pattern) for place, pattern in found]
            # A date that no pattern knows is no date, even where a format would read it: its row is set aside.
            parts += [f"nullif(trim(c{place}), '') || ' (?)'" for place, _ in found] if column.formats else []
            return f"coalesce({', '.join(parts)})"
        if column.name not in self.matched.positions:
            return constant_sql(self.matched.constants[column.name])
        cell = f"c{self.matched.positions[column.name]}"
        if not column.fill_down:
            return cell
        window = f"partition by {_TABLE} order by line rows unbounded preceding"
        return f"last_value(nullif(trim({cell}, '{BLANKS}'), '') ignore nulls) over ({window})"

    def _corrected(self, name: str, cell: str) -> str:
        return corrected_cell(cell, self.overrides[name]) if name in self.overrides else cell

    def _correct(self, candidates: Path, layout: Mapping[int, str]) -> list[CorrectionResult]:
        """Compares the registry's corrections with the file; when one applies, types the file again with it."""
        item_names = {place: name for name, place in item_columns(self.matched).items()}
        cells = {column.name: column.name for column in self.present()}
        cells |= {code: item_names[place] for code, place in self.matched.items.items()}
        results, self.overrides = compare_with_file(
            self.connection, self.contract, candidates, self.cells_sql(), cells, self.corrections
        )
        if self.overrides:
            copy_query(self.connection, self._typed_sql(layout), candidates)
        return results

    def _typed_sql(self, layout: Mapping[int, str]) -> str:
        """Returns the SQL of one pass over `raw`: parse, resolve agencies, decide what sets a row aside.

        `layout` are the lines that are no data although no column tells.
        """
        present = with_likely_formats(self.connection, self.present(), self.matched)
        agencies = [c for c in present if c.type is ColumnType.AGENCY]
        self._fold_frequent_names([c.name for c in agencies])
        folds = " ".join(f"left join folded_name as fold_{c.name} on fold_{c.name}.name = {c.name}" for c in agencies)
        names = {c.name for c in present}
        dated = {rule.column for rule in self.deletions}
        parsed = [
            f"{self._parse(c, c.name)} as typed_{c.name}" for c in present if c.treatment != "drop" or c.name in dated
        ]
        # What stands in a filled cell was excluded where the sender wrote it.
        filled = {c.name for c in present if c.fill_down and c.name in self.matched.positions}
        own = {c.name: f"p.own_{c.name}" if c.name in filled else f"p.{c.name}" for c in present}
        rules = [rule for rule in self.contract.exclude if rule.column in names and rule not in self.deletions]
        reasons = [
            f"when {exclusion_sql(own[rule.column], rule.matches)} then '{EXCLUDED}{rule.reason}'" for rule in rules
        ]
        # One look at a column tells of almost every row that no rule is about it.
        looks = [exclusion_sql(own[rule.column], None) for rule in rules if rule.matches is None]
        looks += [exclusion_sql(own[name], "|".join(patterns)) for name, patterns in patterns_by_column(rules).items()]
        days = {rule.column: self._day_sql(rule, names) for rule in self.deletions if rule.column in names}
        cases = [f"when {is_day} then '{DELETED}'" for is_day in days.values()]
        codes = self.contract.codes if self.contract.codes and names >= self.contract.codes.types().keys() else None
        unless_data = "own_code.is_leaf is distinct from true and " if codes else ""
        cases += [f"when {unless_data}({' or '.join(looks)}) then case {' '.join(reasons)} end"] if rules else []
        if layout:
            self.connection.register("layout", pa.table({"line": list(layout), "reason": list(layout.values())}))
            cases.append(f"when {unless_data}layout.reason is not null then '{EXCLUDED}' || layout.reason")
        if codes:
            cases.append(f"when not own_code.is_leaf then '{EXCLUDED}{GROUP}'")
        failures = [self._failed(c, f"typed_{c.name}", f"p.{c.name}") for c in present if can_fail(c)]
        failures += [
            self._failed(c, f"case when {days[c.name]} then 1 end", f"p.{c.name}") for c in present if c.name in days
        ]
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
            joins += code_join(codes)
        landed = [landed_sql(c, c.name in names, c.name in self.matched.opposite) for c in self.contract.landed]
        return f"""
            with cells as ({self.cells_sql()}),
            parsed as (select cells.*, {", ".join(parsed)} from cells {folds})
            select {", ".join([*landed, *item_columns(self.matched)])}, cast({marks} as varchar) as marks, p.line
            from parsed as p {joins}
            """

    @cached_property
    def deletions(self) -> list[Exclusion]:
        """Returns the rules by which a day in a column says that the row was deleted."""
        dated = {column.name for column in self.contract.columns if column.formats}
        return [rule for rule in self.contract.exclude if rule.matches is None and rule.column in dated]

    def _day_sql(self, rule: Exclusion, names: Collection[str]) -> str:
        """Returns SQL that is true for a possible day: not before the row began, not after the data date."""
        day = f"cast(p.typed_{rule.column} as date)"
        is_day = f"{day} is not null"
        if rule.not_before in names:
            is_day += f" and coalesce({day} >= cast(p.typed_{rule.not_before} as date), true)"
        return f"{is_day} and {day} <= date '{self.until}'" if self.until else is_day

    def _parse(self, column: Column, cell: str) -> str:
        return parse_sql(column, cell, self.contract.nothing, column.name in self.contract.key)

    def _failed(self, column: Column, typed: str, cell: str) -> str:
        return failed_sql(column, typed, cell, self.contract.nothing)

    def _name_day(self, column: Column, names: Collection[str]) -> str:
        """Returns SQL of the day on which an agency's name must be valid: the first of its dates that parses."""
        days = [f"cast(p.typed_{name} as date)" for name in column.valid_on if name in names]
        days.append(f"date '{self.until or _FAR_PAST}'")
        return f"coalesce({', '.join(days)})"

    def _part_items(self, candidates: Path, target: Path) -> Path:
        """Moves the items' cells out of the candidates: each judged row becomes one row per item in `target`."""
        whole = candidates.rename(candidates.with_name("forms.parquet"))
        for scale in self.book.scales:
            self._define(f"read_{scale}", over_distinct(self.book.reader(scale)))
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
        copy_query(
            self.connection,
            items_sql("read_parquet($forms)", items, present, self.matched, self.book),
            target,
            forms=whole,
        )
        row = ", ".join(name for name, _ in self.contract.row_schema())
        copy_query(self.connection, f"select {row} from read_parquet($forms)", candidates, forms=whole)
        whole.unlink()
        return target

    def _fold_frequent_names(self, columns: list[str]) -> None:
        """Folds the names at the top of the file once; a join finds them again in a tenth of a function's time."""
        positions, constants = self.matched.positions, self.matched.constants
        cells = ", ".join(f"c{positions[name]}" for name in columns if name in positions) or "null"
        sampled = self.connection.execute(
            f"select distinct unnest([{cells}]) from (select * from raw limit {_SAMPLE_ROWS})"
        ).fetchall()
        names = {name for (name,) in sampled if name}
        names |= {value for name in columns if name in constants for value in constants[name].values()}
        key = self.contract.nothing.reader(_name_key)
        known = [(name, key(name)) for name in sorted(names)]
        table = {"name": text_array(name for name, _ in known), "alias_key": text_array(key for _, key in known)}
        self.connection.register("folded_name", pa.table(table))

    def _renumber(self, candidates: Path, broken: dict[int, str]) -> None:
        """Gives the lines after a broken line their true number: the parser does not count what it could not split."""
        # With i broken lines before it, the k-th good line stands on line k + i; broken line b has b - i good before.
        steps = [line - place for place, line in enumerate(sorted(broken))]
        self.connection.register("broken", pa.table({"step": pa.array(steps, pa.int64())}))
        moved = candidates.with_suffix(".moved")
        true_line = "line + (select count(*) from broken where step <= c.line)"
        counted = f"select * replace ({true_line} as line) from read_parquet($candidates) as c"
        copy_query(self.connection, counted, moved, candidates=candidates)
        moved.replace(candidates)

    def _define(self, name: str, function: Callable[[pa.Array], pa.Array]) -> None:
        """Defines a function over texts that returns NULL for a text without a value."""
        self.connection.create_function(
            name,
            function,
            ["VARCHAR"],
            "VARCHAR",
            type=PythonUDFType.ARROW,
            null_handling=FunctionNullHandling.SPECIAL,
        )


def _true_line(line: int, broken: Collection[int]) -> int:
    """Returns the line in the file of a line of `raw`, which does not count those that could not be split."""
    return line + sum(lost - place <= line for place, lost in enumerate(sorted(broken)))


def _name_key(text: str) -> str | None:
    return normalise_name(text) or None
