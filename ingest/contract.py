"""The contract of a source: the only place where a source is declared.

One YAML file per source in `ingest/sources/`. It determines the reader, the landing schema, dbt's `_landing.yml`, the
JSON Schema for editors and the source's page in the docs (see `ingest/generate.py`).
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from ingest.column import EXCEL_SERIAL, MOMENTS, Column, Strict, check_groups
from ingest.column_type import LANDED_TYPES, ColumnType
from ingest.values.nothing import NOTHING, Nothing
from ingest.vietnamese.legacy_text import CANDIDATES, Candidate
from ingest.vietnamese.text import normalise_header

__all__ = ["EXCEL_SERIAL", "LANDED_TYPES", "Column", "ColumnType", "Contract"]

SOURCES = Path(__file__).resolve().parent / "sources"


class ContractError(ValueError):
    """A contract cannot be used; the message names the file, the location in it and what to do."""


# An item without an answer has a reason: dont_know, not_used, blank or invalid.
ITEM_SCHEMA = [("item_code", "VARCHAR"), ("answer", "BIGINT"), ("missing_reason", "VARCHAR")]


class Items(Strict):
    """The questions of a form: columns whose headers begin with an item code of the registry become rows.

    An item belongs to a questionnaire and its version; a form has the items of its own only. An item whose scale has
    no labels in the registry is not read.
    """

    questionnaire: str = Field("questionnaire_id", description="column that names the form's questionnaire")
    version: str = Field("questionnaire_version", description="column that names its version")
    prefixes: list[str] = Field([], description="words that may stand before an item code in a header")


class Codes(Strict):
    """A column that holds codes of the criteria set in force for the row's year and the group of its agency.

    A row whose code has points in that set is data, also when it looks like a heading. The code of a heading makes one.
    """

    column: str
    year: str = Field(description="column of the year (integer)")
    agency: str = Field(description="column of the agency")

    def types(self) -> dict[str, tuple[ColumnType, ...]]:
        """The types that the named columns have."""
        text, year, agency = ColumnType.TEXT, ColumnType.INTEGER, ColumnType.AGENCY
        return {self.column: (text,), self.year: (year,), self.agency: (agency,)}


class Wide(Strict):
    """A table with a row per agency and a column per criterion of the registry; it is read as a row per criterion."""

    row: str = Field(description="column that names the agency of a row")
    code: str = Field(description="column of the criterion's code")
    maximum: str = Field(description="column of its maximum, which a header, `Thể chế (10)`, or a row of maxima says")
    values: dict[str, str] = Field(
        description="column of the cells -> regular expression in the titles; the first that fits"
    )
    ignored_headers: list[str] = Field([], description="regular expressions of whole headers: totals, ranks")


class Exclusion(Strict):
    """A declared non-data row: counted by reason, never quarantined. Readers exclude the layout rows of any page."""

    reason: Literal["deleted", "test", "title", "group", "number", "mean", "total", "note", "signature"]
    column: str
    matches: str | None = Field(
        None,
        description="regular expression over the trimmed lower-case text; empty: present, or in a date column a day "
        "that the delivery can know of",
    )
    not_before: str | None = Field(None, description="date column: a day before it is none that can be (deleted)")


class Period(Strict):
    """How a delivery declares the time that it covers; its end is the delivery's data date.

    A pattern with a group `year` means until 31/12 of that year; it counts only where no pattern finds two days.
    """

    file_name: list[str] = Field([], description="regexes with groups `from` and `to`, both yyyymmdd, or `year`")
    title: list[str] = Field(
        [], description="regexes over title rows with groups `from` and `to`, both dd/mm/yyyy, or `year`"
    )

    @field_validator("file_name", "title", mode="before", json_schema_input_type=str | list[str])
    @classmethod
    def _as_list(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _is_consistent(self) -> Period:
        for pattern in (*self.file_name, *self.title):
            check_groups(pattern, {"from", "to"}, {"year"})
        return self


class Files(Strict):
    """What the files of a source look like."""

    delimiters: list[str] = Field(
        [";", ",", "\t", "|"], description="possible delimiters of a text file; the best match is used"
    )
    sheets: list[str] = Field([], description="names of the sheets that may contain the table; empty: any sheet")
    encodings: list[Candidate] = Field(
        list(CANDIDATES),
        description="encodings of text files and, for tcvn3 and vni, fonts of spreadsheet cells and of text that was "
        "written as UTF-8 that may occur; one is chosen for a whole file by its letters, between equals the first",
    )
    header_search_rows: int = Field(30, description="the header is one of the first rows")


class Covers(Strict):
    """What a load covers: agencies and days. Expected deliveries are compared with it."""

    agencies: list[str] = Field(
        [], description="agency columns; a row counts for each of them; empty: one office delivers for all"
    )
    day: str = Field(description="the column that dates a row: a date, a timestamp, or a year as an integer")
    only: dict[str, list[str]] = Field({}, description="column -> values: the rows that count")

    def types(self) -> dict[str, tuple[ColumnType, ...]]:
        """Returns the types that the named columns may have."""
        agencies = dict.fromkeys(self.agencies, (ColumnType.AGENCY,))
        return {self.day: (*MOMENTS, ColumnType.INTEGER), **agencies, **dict.fromkeys(self.only, tuple(ColumnType))}


class Tolerance(Strict):
    """A delivery with more bad rows than both bounds is held."""

    max_bad_pct: float = 5.0
    max_bad_rows: int = 10
    max_deleted_pct: float = Field(5.0, description="largest share of an agency's known keys to delete")


class Contract(Strict):
    """A source. Raises ContractError through `load_contract` when it contradicts itself."""

    source: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: str
    title_vi: str
    title_en: str
    owner: str = Field(description="office responsible for the deliveries")
    cadence: str = Field(description="how often a delivery is due, in Vietnamese")
    grain: str = Field(description="meaning of one row")
    load_mode: Literal["upsert", "append", "replace_period"] = Field(
        description="upsert: the delivery of the latest data date wins a key; append: rows are facts, repeated ones "
        "are dropped; replace_period: a full export replaces every earlier delivery whose period it covers"
    )
    key: list[str] = Field(min_length=1)
    files: Files = Files()
    period: Period = Period()
    tolerance: Tolerance = Tolerance()
    nothing: Nothing = NOTHING
    latest: list[str] = Field([], description="date columns: of one file's rows with one key the latest counts")
    subject: list[str] = Field([], description="columns that a key never changes: with another value it is a conflict")
    exclude: list[Exclusion] = Field([])
    codes: Codes | None = Field(None, description="the column that tells criteria from headings, by the registry")
    wide: Wide | None = Field(None, description="how a table is read whose headers are criteria of the registry")
    unknown_headers: Literal["hold", "note"] = Field(
        "hold",
        description="a column that the contract does not know: hold the delivery and name the nearest known header, or "
        "only note it; it is never read",
    )
    ignored_headers: list[str] = Field(
        [],
        description="regular expressions of whole headers, letter case ignored: columns that the software adds; they "
        "are never read and never reported as unknown",
    )
    columns: list[Column] = Field(min_length=1)
    items: Items | None = Field(None, description="the form's questions, for a source whose rows are filled-in forms")
    covers: Covers | None = Field(
        None, description="what a load covers; without it no expected delivery of the source counts as arrived"
    )
    fact: str | None = Field(
        None,
        pattern=r"^[a-z_]+\.[a-z][a-z0-9_]*$",
        description="published table (schema.table) that has rows as soon as the source has any: nothing is published "
        "while it is empty then",
    )

    @model_validator(mode="after")
    def _is_consistent(self) -> Contract:
        names = [column.name for column in self.columns]
        named = [*names, *(column.missing_reason for column in self.columns if column.missing)]
        repeated = {name for name in named if named.count(name) > 1}
        if repeated:
            raise ValueError(f"columns declared twice: {', '.join(sorted(repeated))}")
        for what, wanted in [
            ("key", self.key),
            ("exclude", [name for rule in self.exclude for name in (rule.column, rule.not_before) if name]),
            ("wide", [self.wide.row, self.wide.code, self.wide.maximum, *self.wide.values] if self.wide else []),
            ("latest", self.latest),
            ("subject", self.subject),
            ("built_from", [name for column in self.columns for names_of in column.built_from for name in names_of]),
            ("valid_on", [name for column in self.columns for name in column.valid_on]),
            ("items", [self.items.questionnaire, self.items.version] if self.items else []),
        ]:
            unknown = sorted(set(wanted) - set(names))
            if unknown:
                raise ValueError(f"{what} names unknown columns: {', '.join(unknown)}")
        landed = {column.name: column.type for column in self.landed}
        for what, named_columns in (("covers", self.covers), ("codes", self.codes)):
            wanted_types = named_columns.types() if named_columns else {}
            if unfit := [name for name, types in wanted_types.items() if landed.get(name) not in types]:
                raise ValueError(f"{what} names columns that do not land, or not as such: {', '.join(unfit)}")
        has_period = bool(self.period.file_name or self.period.title)
        undated = [c.name for c in self.columns if c.type is ColumnType.AGENCY and not c.valid_on and not has_period]
        if undated:
            raise ValueError(f"say on which day a name is valid (valid_on, or a period): {', '.join(undated)}")
        if self.load_mode == "replace_period" and not has_period:
            raise ValueError("replace_period needs a period: what a delivery replaces is what its period covers")
        not_landed = sorted(set(self.key) - {column.name for column in self.landed})
        if not_landed:
            raise ValueError(f"key columns must land: {', '.join(not_landed)}")
        return self

    @cached_property
    def landed(self) -> list[Column]:
        """The columns that reach the landing, in contract order."""
        return [column for column in self.columns if column.treatment != "drop"]

    @cached_property
    def personal_columns(self) -> list[str]:
        """Names of the columns that are personal as delivered."""
        return [column.name for column in self.columns if column.personal]

    @cached_property
    def columns_by_header(self) -> dict[str, Column]:
        """The column of every declared header, in the form in which headers are compared; the first that names it."""
        return {
            normalise_header(header): column
            for column in reversed(self.columns)
            for header in [*column.headers, *column.opposite_headers]
        }

    def value_schema(self) -> list[tuple[str, str]]:
        """(name, SQL type) of the landed columns, each followed by the reason why it is missing if it declares any."""
        schema = []
        for column in self.landed:
            schema.append((column.name, "VARCHAR" if column.treatment == "key" else LANDED_TYPES[column.type]))
            if column.missing:
                schema.append((column.missing_reason, "VARCHAR"))
        return schema

    def row_schema(self) -> list[tuple[str, str]]:
        """(name, SQL type) of what one delivered row becomes: the contract's columns, marks and the line.

        `marks` holds the codes of the warning rules that the row fails; `line` is the line or sheet row in the file.
        """
        return [*self.value_schema(), ("marks", "VARCHAR"), ("line", "BIGINT")]

    def landing_schema(self) -> list[tuple[str, str]]:
        """(name, SQL type) of every column of a landed file: `row_schema`, repeated for each item of a form."""
        return [*self.row_schema(), *(ITEM_SCHEMA if self.items else [])]

    def deletion_schema(self) -> list[tuple[str, str]]:
        """(name, SQL type) of what lands of a deleted row, its key and line; empty where rows are never deleted."""
        has_deletions = any(rule.reason == "deleted" for rule in self.exclude)
        if not has_deletions or self.load_mode == "append":
            return []
        return [column for column in self.row_schema() if column[0] in (*self.key, "line")]


def load_contract(path: Path) -> Contract:
    """Reads one contract file; again only when it changed.

    Raises ContractError naming the file and every fault in it.
    """
    return _load_contract(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _load_contract(path: Path, _changed: int) -> Contract:
    try:
        contract = Contract.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise ContractError(f"{path.name} is not valid YAML: {error}") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'contract'}: {e['msg']}" for e in error.errors())
        raise ContractError(f"{path.name}: {faults}") from error
    if contract.source != path.stem:
        raise ContractError(f"{path.name} declares source {contract.source!r}: file and source must have one name")
    return contract


def load_contracts(folder: Path = SOURCES) -> dict[str, Contract]:
    """Returns every contract by source name, in alphabetical order."""
    return {path.stem: load_contract(path) for path in sorted(folder.glob("*.yml"))}
