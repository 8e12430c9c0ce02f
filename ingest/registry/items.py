"""The questions of the registry, and the values of their answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import pyarrow.parquet as pq

from ingest.contract import Contract
from ingest.values.nothing import NOTHING
from ingest.vietnamese.text import normalise_header, normalise_name

BLANK, INVALID, UNMAPPED = "blank", "invalid", "unmapped"
# Separators of two ticks in one cell; a typed `4,5` may have become the number 4.5.
_BETWEEN_TICKS = (re.compile(r"[,;/+&|]|\bvà\b"), re.compile(r"[,;/+&|.\s-]+"))
# What software writes where a question has no answer.
_NOTHING = frozenset(word.lower() for word in NOTHING.words)
_NO_CODE = re.compile(r"(?!)")
# An answer as survey tools export it: `5 - Rất hài lòng`.
_NUMBERED = re.compile(r"(\d+)\s*[-–—.:)=]\s*(.+)")

# `Câu 3: …`, `2.1. …` before a question.
_NUMBER = re.compile(r"^(?:câu (?:hỏi )?)?\d+(?:\.\d+)*\s*[.):]\s*")
_BRACKET = re.compile(r"\[([^\]]+)\]$")

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
    version); `scales` maps a folded label to the answer (a digit) or the reason why there is none. `texts` has, by
    folded question text, the item code in each form that asks it. `criteria` has, by folded code, name or area, the
    code of the criterion that is meant, empty for an area of several.
    """

    codes: frozenset[str] = frozenset()
    forms: dict[Form, list[Item]] = field(default_factory=dict)
    scales: dict[str, dict[str, str]] = field(default_factory=dict)
    texts: dict[str, dict[Form, str]] = field(default_factory=dict)
    criteria: dict[str, str] = field(default_factory=dict)

    @cached_property
    def read_codes(self) -> frozenset[str]:
        """Codes of the items that some form reads."""
        return frozenset(item.code for items in self.forms.values() for item in items)

    @cached_property
    def _code_by_text(self) -> dict[str, str]:
        return {normalise_header(code): code for code in self.codes}

    def header_pattern(self, prefixes: list[str]) -> re.Pattern[str]:
        """Matches a folded header that begins with an item code, or with one of the prefixes before it."""
        before = "|".join(re.escape(normalise_header(prefix)) for prefix in prefixes)
        codes = "|".join(re.escape(code) for code in sorted(self._code_by_text, key=len, reverse=True))
        return re.compile(rf"(?:(?:{before})\s*)?(?P<code>{codes})(?!\w|[.]\d)") if codes else _NO_CODE

    def codes_of(self, header: str, pattern: re.Pattern[str], form: Form | None = None) -> list[str]:
        """Returns the code with which a folded header begins, or those of the question that it asks.

        Forms may ask one question under different codes; `form` is the only form of the file, where it is known.
        """
        if found := pattern.match(header):
            return [self._code_by_text[found["code"]]]
        for text in _asked(header):
            if asked := self.texts.get(text):
                return [asked[form]] if form in asked else sorted(set(asked.values()))
            if found := pattern.match(text):
                return [self._code_by_text[found["code"]]]
        return []

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
            if numbered := _NUMBERED.fullmatch(cell):
                answers = {labels.get(normalise_name(part)) for part in numbered.groups()}
                if len(answers) == 1 and (answer := answers.pop()):
                    return answer
            for separator in _BETWEEN_TICKS:
                ticks = [tick.strip() for tick in separator.split(cell) if tick.strip()]
                if len(ticks) > 1 and all(labels.get(tick, "").isdigit() for tick in ticks):
                    return INVALID
            return UNMAPPED

        return read


NO_ITEMS = ItemBook()


def _asked(header: str) -> Iterator[str]:
    """Yields the parts of a header that may be the question: `group/question` (KoboToolbox), `grid [question]`."""
    yield header
    question = header.rpartition("/")[2].strip()
    if bracket := _BRACKET.search(question):
        yield bracket[1].strip()
    yield question
    yield _NUMBER.sub("", question)


def load_book(registry: Path, contract: Contract) -> ItemBook:
    """Returns what headers of the contract's deliveries may name beside its columns: items, or criteria."""
    if contract.items:
        return load_items(registry)
    path = registry / "criteria.parquet"
    return _load_criteria(path, path.stat().st_mtime_ns) if contract.wide else NO_ITEMS


@lru_cache(maxsize=4)
def _load_criteria(path: Path, _: int) -> ItemBook:
    rows = [row for row in pq.read_table(path).to_pylist() if row["scored_by"] is not None]
    named: dict[str, set[str]] = {}
    for row in rows:
        for name in ("criterion_code", "criterion_name", "area_code", "area_name"):
            if text := normalise_header(row.get(name) or ""):
                named.setdefault(text, set()).add(row["criterion_code"])
    return ItemBook(criteria={text: codes.pop() if len(codes) == 1 else "" for text, codes in named.items()})


def load_items(registry: Path) -> ItemBook:
    """Returns the items of a checked registry's Parquet; read again only when a file changed."""
    names = ("questionnaire_items", "scale_labels", "question_texts")
    tables = [path for name in names if (path := registry / f"{name}.parquet").exists()]
    return _load_items(*((path, path.stat().st_mtime_ns) for path in tables))


@lru_cache(maxsize=4)
def _load_items(*files: tuple[Path, int]) -> ItemBook:
    tables = {path.stem: pq.read_table(path).to_pylist() for path, _ in files}
    scales: dict[str, dict[str, str]] = {}
    for row in tables["scale_labels"]:
        answer = row["answer"] if row["answer"] is not None else row["missing_reason"]
        scales.setdefault(row["scale"], {})[normalise_name(row["label"])] = str(answer)
    rows = tables["questionnaire_items"]
    forms: dict[Form, list[Item]] = {}
    texts: dict[str, dict[Form, str]] = {}
    asked: dict[tuple[str, Form], set[str]] = {}
    for row in [*rows, *tables.get("question_texts", [])]:
        form = row["questionnaire_id"], row["questionnaire_version"]
        if row.get("scale") in scales:
            forms.setdefault(form, []).append(Item(row["item_code"], row["scale"], row["is_in_index"]))
        if text := normalise_header(row.get("question_text") or row.get("item_text") or ""):
            asked.setdefault((text, form), set()).add(row["item_code"])
    # A text that one form asks twice names neither item.
    for (text, form), codes in asked.items():
        if len(codes) == 1:
            texts.setdefault(text, {})[form] = codes.pop()
    return ItemBook(frozenset(row["item_code"] for row in rows), forms, scales, texts)
