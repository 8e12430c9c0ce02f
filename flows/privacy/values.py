"""Reads the personal values of the archived deliveries, through the personal columns of their contracts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from flows.build.building import check_registry_step
from flows.load.boundary import concerns_home
from flows.night import Night
from ingest.contract import Column, Contract
from ingest.readers.headers import Vocabulary
from ingest.readers.read import open_delivery
from ingest.registry.items import load_book
from ingest.vietnamese.text import normalise_name, tidy
from warehouse.config import CODE_ROOT
from warehouse.engine import connect
from warehouse.landing import archived_file
from warehouse.scanner import Needles

# Texts of the project that anybody may read: a value that stands in them tells nothing of a person.
_PUBLIC = ("ingest", "expectations", "dbt_project", "reports")
_TEXTS = {".yml", ".sql", ".md", ".csv", ".j2", ".py"}
_NUMBERS = ("identity", "phone")
_NOT_A_DIGIT = re.compile(r"\D")


@dataclass
class PersonalValues:
    """The values, each with its class (domain §8); `unread` are the loads whose archived file cannot be read."""

    kinds: dict[str, str] = field(default_factory=dict)
    n_files: int = 0
    unread: list[str] = field(default_factory=list)


def read_personal_values(night: Night) -> PersonalValues:
    """Returns every personal value of the archive that can be told from public texts.

    Left out are names of test rows, and texts that stand in the registry, the contracts, the rules or the models.
    """
    found = PersonalValues()
    if not night.registry_parquet.is_dir():
        check_registry_step(night)
    for folder in sorted(path for path in night.home.archive.glob("*") if path.is_dir()):
        archived = archived_file(night.home, folder.name)
        contract = night.contracts.get(_source_of(folder))
        if archived is None or contract is None:
            continue
        found.n_files += 1
        try:
            found.kinds |= dict(_values_of(night, archived, contract))
        except BaseException as error:
            if concerns_home(error, night.settings):
                raise
            found.unread.append(folder.name)
    for text in _public_among(night, Needles(found.kinds)):
        del found.kinds[text]
    return found


def _source_of(folder: Path) -> str:
    try:
        return str(json.loads((folder / "sidecar.json").read_text(encoding="utf-8"))["source"])
    except (OSError, ValueError, KeyError):
        return ""


def _values_of(night: Night, archived: Path, contract: Contract) -> Iterator[tuple[str, str]]:
    book = load_book(night.registry_parquet, contract)
    limits = {"memory_limit": night.settings.memory_limit, "threads": night.settings.threads}
    with connect(**limits, temp=night.home.staging / "spill") as connection:  # type: ignore[arg-type]
        sheet = open_delivery(connection, archived, contract, book)
        vocabulary = Vocabulary(contract, book)
        for place, header in enumerate(sheet.headers):
            column = vocabulary.column(header) if header else None
            kind = column.personal if column else _kind_of_item(vocabulary, header)
            if kind:
                for text in _texts_of(connection, place):
                    yield from _looked_for(text, kind, contract, column)


def _kind_of_item(vocabulary: Vocabulary, header: str) -> str | None:
    """Returns the class of a question without a scale: its answers are remarks."""
    codes = vocabulary.items(header) if header else []
    return "free_text" if codes and not any(map(vocabulary.is_read, codes)) else None


def _texts_of(connection: duckdb.DuckDBPyConnection, place: int) -> Iterator[str]:
    texts = connection.sql(f"select distinct c{place} as c from raw where c{place} is not null").to_arrow_table()
    yield from texts["c"].to_pylist()


def _looked_for(text: str, kind: str, contract: Contract, column: Column | None) -> Iterator[tuple[str, str]]:
    plain = tidy(text)
    rules = [rule for rule in contract.exclude if column and rule.column == column.name and rule.reason == "test"]
    if any(rule.matches and re.fullmatch(rule.matches, normalise_name(plain)) for rule in rules):
        return
    if kind in _NUMBERS:
        # A number may stand elsewhere without the points and blanks of its cell.
        yield _NOT_A_DIGIT.sub("", plain), kind
    yield plain, kind


def _public_among(night: Night, needles: Needles) -> set[str]:
    folders = [*(CODE_ROOT / name for name in _PUBLIC), night.settings.registry]
    files = (path for folder in folders for path in folder.rglob("*") if path.suffix in _TEXTS and path.is_file())
    return {text for path in files if "target" not in path.parts for text in needles.find_in(path.read_bytes())}
