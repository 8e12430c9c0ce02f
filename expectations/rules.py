"""Coded rules, from `expectations/rules/*.yml`: one declaration gives the expectation and the quarantine predicate.

A row rule is written in one of three ways:

* `expect` + `with`: a Great Expectations expectation by its own name and arguments;
* `row`: a SQL predicate that is true for a good row, where Great Expectations has no expectation for it;
* `pattern`: {column, parameter, valid_on}: the column must match the regular expression that the dated policy
  parameter held on that day.

`shows` adds detail about a row that breaks the rule, for the clerk who corrects it; `about` names the columns to quote
from the file where the predicate does not name them. `setup` statements and predicates query the relations of
expectations/delivered.py; a statement that compares rows of one file partitions by `delivery`.

A mart rule may also be a `rows` query that returns the offending rows. A missing value passes every rule except
ExpectColumnValuesToNotBeNull.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

RULES = Path(__file__).resolve().parent / "rules"
_PLACEHOLDER = "{batch}"


class RuleError(ValueError):
    """A rule file is invalid; the message names the file and the rule."""


class DatedPattern(BaseModel):
    """A regular expression kept in the registry's dated policy parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str
    parameter: str
    valid_on: str = Field(description="the date column that decides which pattern holds")


class Rule(BaseModel):
    """One coded rule. Codes never change meaning."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    code: str = Field(pattern=r"^[A-Z]{3}-\d{2}$")
    says: str = Field(description="the rule as a sentence that a clerk understands, in Vietnamese")
    severity: Literal["critical", "warning"]
    basis: str = Field(description="legal or methodological ground")
    owner: str = Field("Sở Nội vụ", description="who answers questions about the rule")
    expect: str | None = None
    arguments: dict[str, Any] = Field({}, alias="with")
    row: str | None = None
    rows: str | None = None
    pattern: DatedPattern | None = None
    about: list[str] = Field([], description="columns to quote from the file, where the predicate does not name them")
    shows: str | None = Field(None, description="SQL text about a row that breaks the rule, over its columns")
    moved: list[dict[str, Any]] = Field([], description="history of a moved bound: date, from, to, why")

    @model_validator(mode="after")
    def _has_one_form(self) -> Rule:
        forms = [form for form in (self.expect, self.row, self.rows, self.pattern) if form is not None]
        if len(forms) != 1:
            raise ValueError(f"{self.code}: write exactly one of expect, row, rows, pattern")
        if self.rows is not None and _PLACEHOLDER not in self.rows:
            raise ValueError(f"{self.code}: a rows query selects from {_PLACEHOLDER}")
        return self

    def columns_among(self, names: Iterable[str]) -> list[str]:
        """Returns the names that occur anywhere in the rule."""
        declared = [
            self.row or "",
            self.pattern.model_dump_json() if self.pattern else "",
            str(self.arguments),
            *self.about,
        ]
        words = set(re.findall(r"\w+", " ".join(declared)))
        return [name for name in names if name in words]


class RuleFile(BaseModel):
    """The rules of one source or of one mart (`table` = schema.table)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str | None = None
    table: str | None = None
    setup: list[str] = Field([], description="statements that define tables for the rules; {registry} is its folder")
    rules: list[Rule] = Field(min_length=1)

    @property
    def subject(self) -> str:
        """The subject of the rules: the source's name or schema.table."""
        return self.source or self.table or ""


def load_rules(folder: Path = RULES) -> dict[str, RuleFile]:
    """Loads every rule file, keyed by subject.

    Raises RuleError when a file is invalid or a code is used twice.
    """
    found: dict[str, RuleFile] = {}
    codes: dict[str, str] = {}
    for path in sorted(folder.glob("*.yml")):
        try:
            rules = RuleFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        except (yaml.YAMLError, ValidationError) as error:
            raise RuleError(f"{path.name}: {error}") from error
        for rule in rules.rules:
            if rule.code in codes:
                raise RuleError(f"{path.name}: {rule.code} is already used in {codes[rule.code]}")
            codes[rule.code] = path.name
        found[rules.subject] = rules
    return found
