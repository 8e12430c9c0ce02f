"""One column of a contract: under which headers it is delivered, what its cells mean and what lands of it."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ingest.column_type import ColumnType

# A name beside strptime formats: Excel stores a date as days since 30/12/1899.
EXCEL_SERIAL = "excel_serial"
_NUMBERS = (ColumnType.INTEGER, ColumnType.DECIMAL)
MOMENTS = (ColumnType.DATE, ColumnType.TIMESTAMP)


class Strict(BaseModel):
    """A part of a contract: no unknown settings, and none is changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Elsewhere(Strict):
    """Headers of another column in whose cells a value stands too, as the code before the name of a criterion."""

    headers: list[str] = Field(min_length=1)
    pattern: str = Field(description="regular expression over the whole cell with a group `value`, letter case ignored")

    @field_validator("pattern")
    @classmethod
    def _has_value(cls, pattern: str) -> str:
        check_groups(pattern, {"value"})
        return pattern


class Column(Strict):
    """One column of a delivery and of the landing."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="name in the landing, snake_case English")
    type: ColumnType = ColumnType.TEXT
    headers: list[str] = Field([], description="header texts of the column in delivered files")
    title: str | None = Field(
        None,
        description="regular expression with a group `value` over the cells and rows above the table, letter case "
        "ignored; the whole delivery has that value, unless it has the column as well",
    )
    elsewhere: list[Elsewhere] = Field(
        [],
        description="where no header and no title names the column: parts of other columns' cells, the first that fits",
    )
    path: str | None = Field(
        None,
        description="regular expression with a group `value` over the path of the file below the source's folder, "
        "letter case ignored: the value of every row where neither a header nor a title says one",
    )
    constant: str | None = Field(
        None, description="the value of every row where no header, title or path says one, as a file would write it"
    )
    built_from: list[list[str]] = Field(
        [],
        description="where no header names the column: its text is that of these columns together, from the first list "
        "whose columns all occur; repeated texts are numbered (text)",
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
        for pattern in filter(None, (self.title, self.path)):
            check_groups(pattern, {"value"})
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
            ("pattern", self.pattern, self.type in (*_NUMBERS, *MOMENTS)),
            ("formats", self.formats, self.type in MOMENTS),
            ("elsewhere", self.elsewhere, self.type in (ColumnType.TEXT, *MOMENTS)),
            ("built_from", self.built_from, self.type is ColumnType.TEXT and self.treatment == "land"),
            ("cut", self.cut, self.type is ColumnType.TEXT),
            ("by_minute", self.by_minute, self.type is ColumnType.TIMESTAMP),
            ("missing", self.missing, self.treatment == "land" and self.type is not ColumnType.AGENCY),
        ):
            if is_set and not fits:
                raise ValueError(f"column {self.name}: {option} does not go with the column's other settings")
        if self.pattern is not None:
            check_groups(self.pattern, {"value"})

    @property
    def missing_reason(self) -> str:
        """Name of the landed column with the reason of a missing value; None when the column declares no reasons."""
        return f"{self.name}_missing_reason"

    @property
    def shown_name(self) -> str:
        """Name of the column in messages to senders."""
        return self.headers[0] if self.headers else self.description_vi


def check_groups(pattern: str, *alternatives: set[str]) -> None:
    """Raises ValueError unless the regular expression compiles and has one of the sets of groups."""
    try:
        groups = set(re.compile(pattern).groupindex)
    except re.error as error:
        raise ValueError(f"the pattern {pattern!r} is no regular expression: {error}") from error
    if not any(wanted <= groups for wanted in alternatives):
        named = " or ".join(" and ".join(f"`{name}`" for name in sorted(wanted)) for wanted in alternatives)
        raise ValueError(f"the pattern {pattern!r} needs the groups {named}")
