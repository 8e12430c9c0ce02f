"""The contract of a source: the only place where a source is declared.

One YAML file per source in `ingest/sources/`. From it come the reader, the landing schema, dbt's `_landing.yml`, the
JSON Schema that editors use and the source's page in the docs (see `ingest/generate.py`).
"""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

SOURCES = Path(__file__).resolve().parent / "sources"


class ContractError(ValueError):
    """A contract that cannot be used; the message names the file, the place in it and what to do."""


class ColumnType(StrEnum):
    """What a column's text becomes. `choice` maps labels to a closed list; `agency` resolves a name to an agency id."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    TIMESTAMP = "timestamp"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    AGENCY = "agency"


LANDED_TYPES = {
    ColumnType.TEXT: "VARCHAR",
    ColumnType.INTEGER: "BIGINT",
    ColumnType.DECIMAL: "DECIMAL(18,4)",
    ColumnType.DATE: "DATE",
    ColumnType.TIMESTAMP: "TIMESTAMP",
    ColumnType.BOOLEAN: "BOOLEAN",
    ColumnType.CHOICE: "VARCHAR",
    ColumnType.AGENCY: "VARCHAR",
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Strict):
    """One column of a delivery and of the landing."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="name in the landing, snake_case English")
    type: ColumnType = ColumnType.TEXT
    headers: list[str] = Field(min_length=1, description="every header text under which senders deliver the column")
    required: bool = Field(False, description="the header must be there; a delivery without it is held")
    formats: list[str] = Field([], description="strptime formats, tried in this order (date and timestamp only)")
    values: dict[str, list[str]] = Field({}, description="closed list: value -> labels in files (choice, boolean)")
    valid_on: str | None = Field(None, description="date column on which an agency name must be valid (agency only)")
    personal: Literal["name", "identity", "phone", "email", "address", "free_text", "official"] | None = Field(
        None, description="class of personal data (DOMAIN 8); such a column never lands as delivered"
    )
    treatment: Literal["land", "drop", "key"] = Field(
        "land", description="land: as typed; drop: read for exclusion rules only; key: replaced by a keyed pseudonym"
    )
    description_vi: str = Field("", description="what the column means, for the docs")
    description_en: str = Field("", description="the same in English")

    @model_validator(mode="after")
    def _is_consistent(self) -> Column:
        if self.personal and self.treatment == "land":
            raise ValueError(f"column {self.name} is personal ({self.personal}): its treatment must be drop or key")
        if self.type in (ColumnType.DATE, ColumnType.TIMESTAMP) and not self.formats:
            raise ValueError(f"column {self.name} is a {self.type.value}: list its formats")
        if (self.type in (ColumnType.CHOICE, ColumnType.BOOLEAN)) != bool(self.values):
            raise ValueError(f"column {self.name}: values belong to choice and boolean columns, and only there")
        if self.type is ColumnType.BOOLEAN and set(self.values) != {"true", "false"}:
            raise ValueError(f'column {self.name}: a boolean lists the labels of "true" and "false"')
        return self


class Exclusion(_Strict):
    """A declared non-data row: counted by reason, never quarantined."""

    reason: Literal["deleted", "test", "title", "group", "mean", "total"]
    column: str
    matches: str | None = Field(None, description="regular expression over the trimmed lower-case text; empty: present")


class Period(_Strict):
    """How a delivery declares the time that it covers; its end is the delivery's data date."""

    file_name: str | None = Field(None, description="regex with groups `from` and `to`, both yyyymmdd")
    title: str | None = Field(None, description="regex over title rows with groups `from` and `to`, both dd/mm/yyyy")


class Files(_Strict):
    """What the files of a source look like."""

    delimiters: list[str] = [";"]
    encodings: list[str] = ["utf-8"]
    header_search_rows: int = Field(30, description="the header stands in one of the first rows")


class Tolerance(_Strict):
    """A delivery with more bad rows than both bounds is held whole."""

    max_bad_pct: float = 5.0
    max_bad_rows: int = 10


class Contract(_Strict):
    """A source. Raises ContractError through `load_contract` when it contradicts itself."""

    source: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: str
    title_vi: str
    title_en: str
    owner: str = Field(description="who answers for the deliveries")
    cadence: str = Field(description="how often a delivery is due, in words")
    grain: str = Field(description="what one row is")
    load_mode: Literal["upsert", "append"] = Field(
        description="upsert: the latest delivery of a key wins; append: rows are facts, repeated ones are dropped"
    )
    key: list[str] = Field(min_length=1)
    files: Files = Files()
    period: Period = Period()
    tolerance: Tolerance = Tolerance()
    exclude: list[Exclusion] = []
    columns: list[Column] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_consistent(self) -> Contract:
        names = [column.name for column in self.columns]
        repeated = {name for name in names if names.count(name) > 1}
        if repeated:
            raise ValueError(f"columns declared twice: {', '.join(sorted(repeated))}")
        for what, wanted in [
            ("key", self.key),
            ("exclude", [rule.column for rule in self.exclude]),
            ("valid_on", [column.valid_on for column in self.columns if column.valid_on]),
        ]:
            unknown = sorted(set(wanted) - set(names))
            if unknown:
                raise ValueError(f"{what} names unknown columns: {', '.join(unknown)}")
        not_landed = sorted(set(self.key) - {column.name for column in self.landed})
        if not_landed:
            raise ValueError(f"key columns must land: {', '.join(not_landed)}")
        for pattern in (self.period.file_name, self.period.title):
            if pattern and not {"from", "to"} <= set(re.compile(pattern).groupindex):
                raise ValueError(f"the period pattern {pattern!r} needs the groups `from` and `to`")
        return self

    @cached_property
    def landed(self) -> list[Column]:
        """The columns that reach the landing, in contract order."""
        return [column for column in self.columns if column.treatment != "drop"]

    @cached_property
    def personal_columns(self) -> list[str]:
        """Names of the columns that are personal as delivered."""
        return [column.name for column in self.columns if column.personal]

    def landing_schema(self) -> list[tuple[str, str]]:
        """(name, SQL type) of every column of a landed file: the contract's columns, marks and the line.

        `marks` holds the codes of the warning rules that the row fails; `line` is the line or sheet row in the file.
        """
        typed = [(c.name, "VARCHAR" if c.treatment == "key" else LANDED_TYPES[c.type]) for c in self.landed]
        return [*typed, ("marks", "VARCHAR"), ("line", "BIGINT")]


def load_contract(path: Path) -> Contract:
    """Read one contract file.

    Raises ContractError naming the file and every fault in it.
    """
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
    """Every source by name, in alphabetical order."""
    return {path.stem: load_contract(path) for path in sorted(folder.glob("*.yml"))}


def contracts_digest(folder: Path = SOURCES) -> str:
    """sha256 over the contract files: part of what decides whether a night publishes."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.yml")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
