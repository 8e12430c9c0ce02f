"""The questions of the registry, and the values of their answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import pyarrow.parquet as pq

from ingest.values.nothing import NOTHING
from ingest.vietnamese.text import normalise_header, normalise_name

BLANK, INVALID, UNMAPPED = "blank", "invalid", "unmapped"
# Separators of two ticks in one cell; a typed `4,5` may have become the number 4.5.
_BETWEEN_TICKS = (re.compile(r"[,;/+&|]|\bvà\b"), re.compile(r"[,;/+&|.\s-]+"))
# What software writes where a question has no answer.
_NOTHING = frozenset(word.lower() for word in NOTHING.words)
_NO_CODE = re.compile(r"(?!)")

Form = tuple[str, str]


@dataclass(frozen=True)
class Item:
    """One scaled question; without it the index of its form cannot be computed when `is_in_index`."""

    code: str
    scale: str
    is_in_index: bool


@dataclass(frozen=True)
class ItemBook:
    """Items of every questionnaire and version, and the labels of every scale.

    `codes` are all item codes, also of questions that are not read; `forms` holds the scaled items by (questionnaire,
    version); `scales` maps a folded label to the answer (a digit) or the reason why there is none.
    """

    codes: frozenset[str] = frozenset()
    forms: dict[Form, list[Item]] = field(default_factory=dict)
    scales: dict[str, dict[str, str]] = field(default_factory=dict)

    @cached_property
    def _code_by_text(self) -> dict[str, str]:
        return {normalise_header(code): code for code in self.codes}

    def header_pattern(self, prefixes: list[str]) -> re.Pattern[str]:
        """Matches a folded header that begins with an item code, or with one of the prefixes before it."""
        before = "|".join(re.escape(normalise_header(prefix)) for prefix in prefixes)
        codes = "|".join(re.escape(code) for code in sorted(self._code_by_text, key=len, reverse=True))
        return re.compile(rf"(?:(?:{before})\s*)?(?P<code>{codes})(?!\w|[.]\d)") if codes else _NO_CODE

    def code_of(self, header: str, pattern: re.Pattern[str]) -> str | None:
        """Returns the item code with which a folded header begins."""
        found = pattern.match(header)
        return self._code_by_text[found["code"]] if found else None

    def reader(self, scale: str) -> Callable[[str], str]:
        """Returns a function from a cell's text to its answer or to the reason why there is none.

        Two answers in one cell are `invalid`; a text that the scale does not know is `unmapped`.
        """
        labels = self.scales[scale]

        def read(text: str) -> str:
            cell = normalise_name(text)
            if not cell or cell in _NOTHING:
                return BLANK
            if cell in labels:
                return labels[cell]
            for separator in _BETWEEN_TICKS:
                ticks = [tick.strip() for tick in separator.split(cell) if tick.strip()]
                if len(ticks) > 1 and all(labels.get(tick, "").isdigit() for tick in ticks):
                    return INVALID
            return UNMAPPED

        return read


NO_ITEMS = ItemBook()


def load_items(registry: Path) -> ItemBook:
    """Returns the items of a checked registry's Parquet; read again only when a file changed."""
    tables = [registry / "questionnaire_items.parquet", registry / "scale_labels.parquet"]
    return _load_items(*((path, path.stat().st_mtime_ns) for path in tables))


@lru_cache(maxsize=4)
def _load_items(items: tuple[Path, int], labels: tuple[Path, int]) -> ItemBook:
    scales: dict[str, dict[str, str]] = {}
    for row in pq.read_table(labels[0]).to_pylist():
        scales.setdefault(row["scale"], {})[normalise_name(row["label"])] = str(
            row["missing_reason"] if row["answer"] is None else row["answer"]
        )
    rows = pq.read_table(items[0]).to_pylist()
    forms: dict[Form, list[Item]] = {}
    for row in rows:
        if row["scale"] in scales:
            item = Item(row["item_code"], row["scale"], row["is_in_index"])
            forms.setdefault((row["questionnaire_id"], row["questionnaire_version"]), []).append(item)
    return ItemBook(frozenset(row["item_code"] for row in rows), forms, scales)
