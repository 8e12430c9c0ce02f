"""The contract of a source: the only place where a source is declared.

One YAML file per source in `ingest/sources/`. It determines the reader, the landing schema, dbt's `_landing.yml`, the
JSON Schema for editors and the source's page in the docs (see `ingest/generate.py`).
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ingest.column_type import LANDED_TYPES, ColumnType
from ingest.values.nothing import NOTHING, Nothing
from ingest.vietnamese.legacy_text import CANDIDATES, Candidate
from ingest.vietnamese.text import normalise_header

SOURCES = Path(__file__).resolve().parent / "sources"


class ContractError(ValueError):
    """A contract cannot be used; the message names the file, the location in it and what to do."""


# A name beside strptime formats: Excel stores a date as days since 30/12/1899.
EXCEL_SERIAL = "excel_serial"
_NUMBERS = (ColumnType.INTEGER, ColumnType.DECIMAL)
_MOMENTS = (ColumnType.DATE, ColumnType.TIMESTAMP)

# An item without an answer has a reason: dont_know, not_used, blank or invalid.
ITEM_SCHEMA = [("item_code", "VARCHAR"), ("answer", "BIGINT"), ("missing_reason", "VARCHAR")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Strict):
    """One column of a delivery and of the landing."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="name in the landing, snake_case English")
    type: ColumnType = ColumnType.TEXT
    headers: list[str] = Field([], description="header texts of the column in delivered files")
    title: str | None = Field(
        None,
        description="regular expression with a group `value` over the cells and rows above the table, letter case "
        "ignored; the whole delivery has that value, unless it has the column as well",
    )
    required: bool = Field(False, description="the header or title must be present; a delivery without it is held")
    fill_down: bool = Field(False, description="an empty cell takes the value above: the sender merges equal cells")
    opposite_headers: list[str] = Field(
        [], description="headers under which a value means the opposite, as `Không áp dụng` (boolean only)"
    )
    formats: list[str] = Field(
        [],
        description="strptime formats, tried in this order, also with words as `ngày %d tháng %m năm %Y`; %y only if "
        "senders write years of two digits; excel_serial: the number that Excel keeps for a date (date, timestamp)",
    )
    decimal_mark: Literal[",", "."] | None = Field(None, description="mark before decimals; empty: either (decimal)")
    thousands: bool = Field(
        False,
        description="the other mark, or a space, stands between thousands; for text files only, because a number cell "
        "of a workbook always has a decimal point (decimal; an integer takes points and spaces anyway)",
    )
    unit: Literal["percent"] | None = Field(
        None,
        description="percent: lands as 84.54 what is written 84,54 or 84,54 %; a bare 0,8454 is rejected (decimal)",
    )
    ratio: bool = Field(False, description="a bare number up to 1 is a share of one: 0,8454 lands as 84.54 (percent)")
    pattern: str | None = Field(
        None,
        description="regular expression over the whole cell with a group `value`, as the count in `01 (0,727)`; "
        "several columns with a pattern may name one header (numbers and dates)",
    )
    missing: dict[str, list[str]] = Field(
        {},
        description="reason -> texts that stand for a missing value, letter case ignored, an empty text for an empty "
        "cell; the reason lands in `<name>_missing_reason`",
    )
    values: dict[str, list[str]] = Field({}, description="closed list: value -> labels in files (choice, boolean)")
    valid_on: list[str] = Field(
        [],
        description="date columns; the first that a row fills is the day on which the agency name must be valid, and "
        "where none is, the last day of the period (agency)",
    )
    cut: str | None = Field(None, description="regular expression of a tail to cut, letter case ignored (text)")
    by_minute: bool = Field(
        False, description="seconds are dropped: one event is often written with and without them (timestamp)"
    )
    personal: Literal["name", "identity", "phone", "email", "address", "free_text", "official"] | None = Field(
        None, description="class of personal data (domain §8); such a column never lands as delivered"
    )
    treatment: Literal["land", "drop", "key"] = Field(
        "land", description="land: as typed; drop: read for exclusion rules only; key: replaced by a keyed pseudonym"
    )
    description_vi: str = Field("", description="description of the column in Vietnamese, for the docs")
    description_en: str = Field("", description="description of the column in English")

    @field_validator("valid_on", mode="before", json_schema_input_type=str | list[str])
    @classmethod
    def _as_list(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _is_consistent(self) -> Column:
        if not self.headers and self.title is None:
            raise ValueError(f"column {self.name} needs headers, a title or both")
        if self.title is not None:
            _check_groups(self.title, {"value"})
            if not self.headers and not self.description_vi:
                raise ValueError(f"column {self.name} has no headers: senders need its description_vi")
        if self.opposite_headers and self.type is not ColumnType.BOOLEAN:
            raise ValueError(f"column {self.name}: only a boolean has opposite headers")
        if self.personal and self.treatment == "land":
            raise ValueError(f"column {self.name} is personal ({self.personal}): its treatment must be drop or key")
        if self.type in (ColumnType.DATE, ColumnType.TIMESTAMP) and not self.formats:
            raise ValueError(f"column {self.name} is a {self.type.value}: list its formats")
        if (self.type in (ColumnType.CHOICE, ColumnType.BOOLEAN)) != bool(self.values):
            raise ValueError(f"column {self.name}: values belong to choice and boolean columns, and only there")
        if self.type is ColumnType.BOOLEAN and set(self.values) != {"true", "false"}:
            raise ValueError(f'column {self.name}: a boolean lists the labels of "true" and "false"')
        self._check_value_options()
        return self

    def _check_value_options(self) -> None:
        """Raises ValueError for an option that does not belong to the column's type."""
        for option, is_set, fits in (
            ("decimal_mark", self.decimal_mark, self.type is ColumnType.DECIMAL),
            ("thousands", self.thousands, self.decimal_mark),
            ("unit", self.unit, self.type is ColumnType.DECIMAL),
            ("ratio", self.ratio, self.unit == "percent"),
            ("pattern", self.pattern, self.type in (*_NUMBERS, *_MOMENTS)),
            ("formats", self.formats, self.type in _MOMENTS),
            ("cut", self.cut, self.type is ColumnType.TEXT),
            ("by_minute", self.by_minute, self.type is ColumnType.TIMESTAMP),
            ("missing", self.missing, self.treatment == "land" and self.type is not ColumnType.AGENCY),
        ):
            if is_set and not fits:
                raise ValueError(f"column {self.name}: {option} does not go with the column's other settings")
        if self.pattern is not None:
            _check_groups(self.pattern, {"value"})

    @property
    def missing_reason(self) -> str:
        """Name of the landed column with the reason of a missing value; None when the column declares no reasons."""
        return f"{self.name}_missing_reason"

    @property
    def shown_name(self) -> str:
        """Name of the column in messages to senders."""
        return self.headers[0] if self.headers else self.description_vi


class Items(_Strict):
    """The questions of a form: columns whose headers begin with an item code of the registry become rows.

    An item belongs to a questionnaire and its version; a form has the items of its own only. An item whose scale has
    no labels in the registry is not read.
    """

    questionnaire: str = Field("questionnaire_id", description="column that names the form's questionnaire")
    version: str = Field("questionnaire_version", description="column that names its version")
    prefixes: list[str] = Field([], description="words that may stand before an item code in a header")


class Exclusion(_Strict):
    """A declared non-data row: counted by reason, never quarantined. Readers exclude the layout rows of any page."""

    reason: Literal["deleted", "test", "title", "group", "number", "mean", "total", "note", "signature"]
    column: str
    matches: str | None = Field(
        None,
        description="regular expression over the trimmed lower-case text; empty: present, or in a date column a day "
        "that the delivery can know of",
    )
    not_before: str | None = Field(None, description="date column: a day before it is none that can be (deleted)")


class Period(_Strict):
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
            _check_groups(pattern, {"from", "to"}, {"year"})
        return self


class Files(_Strict):
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


class Covers(_Strict):
    """What a load covers: agencies and days. Expected deliveries are compared with it."""

    agencies: list[str] = Field(
        [], description="agency columns; a row counts for each of them; empty: one office delivers for all"
    )
    day: str = Field(description="the column that dates a row: a date, a timestamp, or a year as an integer")
    only: dict[str, str] = Field({}, description="column -> value: the rows that count")

    def types(self) -> dict[str, tuple[ColumnType, ...]]:
        """Returns the types that the named columns may have."""
        agencies = dict.fromkeys(self.agencies, (ColumnType.AGENCY,))
        return {self.day: (*_MOMENTS, ColumnType.INTEGER), **agencies, **dict.fromkeys(self.only, tuple(ColumnType))}


class Tolerance(_Strict):
    """A delivery with more bad rows than both bounds is held."""

    max_bad_pct: float = 5.0
    max_bad_rows: int = 10
    max_deleted_pct: float = Field(5.0, description="largest share of an agency's known keys to delete")


class Contract(_Strict):
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
    exclude: list[Exclusion] = []
    unknown_headers: Literal["hold", "note"] = Field(
        "hold",
        description="a column that the contract does not know: hold the delivery and name the nearest known header, or "
        "only note it; it is never read",
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
            ("latest", self.latest),
            ("subject", self.subject),
            ("valid_on", [name for column in self.columns for name in column.valid_on]),
            ("items", [self.items.questionnaire, self.items.version] if self.items else []),
        ]:
            unknown = sorted(set(wanted) - set(names))
            if unknown:
                raise ValueError(f"{what} names unknown columns: {', '.join(unknown)}")
        landed = {column.name: column.type for column in self.landed}
        if self.covers and (
            unfit := [name for name, types in self.covers.types().items() if landed.get(name) not in types]
        ):
            raise ValueError(f"covers names columns that do not land, or not as such: {', '.join(unfit)}")
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


def _check_groups(pattern: str, *alternatives: set[str]) -> None:
    """Raises ValueError unless the regular expression compiles and has one of the sets of groups."""
    try:
        groups = set(re.compile(pattern).groupindex)
    except re.error as error:
        raise ValueError(f"the pattern {pattern!r} is no regular expression: {error}") from error
    if not any(wanted <= groups for wanted in alternatives):
        named = " or ".join(" and ".join(f"`{name}`" for name in sorted(wanted)) for wanted in alternatives)
        raise ValueError(f"the pattern {pattern!r} needs the groups {named}")


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
