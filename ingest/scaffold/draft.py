"""Drafts a new source from a sample file: columns, types, key and personal data, all to be reviewed.

Types are proposed from the cells of the sample. A night uses the contract only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from itertools import combinations
from pathlib import Path

import yaml

from ingest.conform.layout_rows import find_layout_rows
from ingest.contract import Column, ColumnType, Contract, Files, Period
from ingest.privacy import scrub
from ingest.readers.headers import HeaderMatch
from ingest.readers.read import open_delivery
from ingest.registry.completion import known_names
from ingest.scaffold.personal_guess import guess_personal
from ingest.vietnamese.text import normalise_header, normalise_name, tidy
from warehouse.engine import connect

PERIOD = Period(
    file_name=[r"_(?P<from>\d{8})_(?P<to>\d{8})\."],
    title=[r"từ ngày\s+(?P<from>\d{2}/\d{2}/\d{4})\s+đến ngày\s+(?P<to>\d{2}/\d{2}/\d{4})"],
)
TOTALS = r"^(tổng cộng|tổng số|cộng)\b.*"
_SAMPLE_ROWS = 5000
_MOST_LABELS, _LONGEST_LABEL = 12, 60
_MOSTLY, _AGENCIES, _ALMOST_UNIQUE = 0.95, 0.8, 0.98
_DAYS = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d")
_MOMENTS = (
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%H:%M %d/%m/%Y",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
)
_YES = ("có", "x", "đúng", "đạt", "rồi")
_NO = ("không", "sai", "không đạt", "chưa")
_SERIAL = ("stt", "tt", "số tt", "số thứ tự")
_IS_CODE = re.compile(r"(mã|số)\b")
_INTEGER = re.compile(r"[+-]?(0|[1-9]\d{0,14})")
_DECIMAL = re.compile(r"[+-]?\d+([.,]\d+)?")
_NUMBER_OR_DAY = re.compile(r"[\d\s.,:/%+-]*")
_LETTERHEAD = ("cộng hòa", "cộng hoà", "độc lập", "ủy ban", "uỷ ban", "ubnd", "từ ngày", "kỳ", "(")


class ScaffoldError(ValueError):
    """The sample cannot become a source; the message names what to do."""


@dataclass(frozen=True)
class Draft:
    """One proposed column. `cells` are the sample's filled cells; they are never written to a file."""

    name: str
    header: str
    type: ColumnType
    cells: list[str]
    is_always_filled: bool
    is_unique: bool
    formats: list[str] = field(default_factory=list)
    values: Mapping[str, list[str]] = field(default_factory=dict)
    personal: str | None = None
    treatment: str = "land"
    unknown_agencies: int = 0

    @property
    def lands(self) -> bool:
        """Whether the column reaches the landing."""
        return self.treatment != "drop"


@dataclass(frozen=True)
class SourceDraft:
    """The proposed source. `declares_period` is false when the sample declares no period."""

    name: str
    title: str
    columns: list[Draft]
    key: list[str]
    other_keys: list[str]
    has_totals: list[str]
    declares_period: bool
    n_rows: int
    encoding: str | None

    @property
    def repeated_keys(self) -> int:
        """Number of rows of the sample with the key of another row."""
        cells = {column.name: column.cells for column in self.columns}
        return self.n_rows - len(set(zip(*(cells[name] for name in self.key), strict=True)))

    @cached_property
    def landed(self) -> list[Draft]:
        """The columns that reach the landing."""
        return [column for column in self.columns if column.lands]


class _AnyHeader(dict[str, Column]):
    """Accepts every cell that could be a header; the header row has the most of them."""

    def get(self, header: str, _default: object = None) -> Column | None:  # type: ignore[override]
        if not header or len(header) > 120 or _NUMBER_OR_DAY.fullmatch(header):
            return None
        return Column.model_construct(name=header, headers=[header], opposite_headers=[])


class _Probe(Contract):
    """A contract without columns, to open a file of an unknown source."""

    @cached_property
    def columns_by_header(self) -> dict[str, Column]:
        """Accepts any text as header."""
        return _AnyHeader()


def draft_source(name: str, sample: Path, registry: Path, published: Collection[str] = ()) -> SourceDraft:
    """Reads a sample in any format that a night reads, and proposes its source.

    `registry` is the folder of the registry's CSV files: agencies are recognised by their aliases. A personal or
    dropped column gets a name that is not in `published`. Raises UnreadableError when the sample is no table,
    ScaffoldError when it has no row.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ScaffoldError(f"{name!r} cannot name a source: write small letters, digits and _, as citizen_feedback")
    contract = _probe(name)
    with connect() as connection:
        sheet = open_delivery(connection, sample, contract)
        places = [place for place, header in enumerate(sheet.headers) if tidy(header)]
        headers = [tidy(sheet.headers[place]) for place in places]
        names = _names(headers)
        matched = HeaderMatch(dict(zip(names, places, strict=True)), [])
        layout, _ = find_layout_rows(connection, sheet, matched, _of_texts(name, names, headers))
        selected = ", ".join(f"c{place}" for place in places)
        fetched = connection.execute(f"select line, {selected} from raw order by line limit {_SAMPLE_ROWS}").fetchall()
    rows = [[tidy(cell or "") for cell in row] for line, *row in fetched if line not in layout]
    has_totals = [place for place in range(len(places)) if any(re.match(TOTALS, row[place].lower()) for row in rows)]
    rows = [row for row in rows if not any(re.match(TOTALS, row[place].lower()) for place in has_totals)]
    if not rows:
        raise ScaffoldError(f"{sample.name} has a header and no row; take a sample with at least one filled row")
    aliases = _read_aliases(registry)
    columns = [
        _draft(name, header, [row[at] for row in rows], aliases)
        for at, (name, header) in enumerate(zip(names, headers, strict=True))
    ]
    columns = [_unlike(column, {*published}, names) for column in columns]
    key, others = _choose_key(columns, rows)
    # A key column that is personal lands as its pseudonym.
    columns = [replace(c, treatment="key") if c.name in key and c.personal else c for c in columns]
    return SourceDraft(
        name=name,
        title=_title(sheet.titles, name),
        columns=columns,
        key=key,
        other_keys=others,
        has_totals=[columns[place].name for place in has_totals],
        declares_period=_declares_period(sample.name, sheet.titles),
        n_rows=len(rows),
        encoding=sheet.encoding,
    )


def ascii_name(text: str) -> str:
    """Returns a snake_case ASCII name from Vietnamese words: `Số hồ sơ (65)` -> so_ho_so."""
    plain = unicodedata.normalize("NFD", re.sub(r"\([^)]*\)", " ", text).replace("đ", "d").replace("Đ", "D"))
    words = re.findall(r"[a-z0-9]+", "".join(letter for letter in plain if not unicodedata.combining(letter)).lower())
    name = "_".join(words)[:40].strip("_")
    return name if name[:1].isalpha() else f"cot_{name}".rstrip("_")


def _probe(name: str) -> Contract:
    return _Probe.model_validate(_contract_of(name, ["any"], ["any"]))


def _of_texts(name: str, names: Sequence[str], headers: Sequence[str]) -> Contract:
    """Returns the contract with text columns only, which is enough to find the layout rows of the file."""
    codes = [column for column, header in zip(names, headers, strict=True) if _IS_CODE.match(header.lower())]
    return Contract.model_validate(_contract_of(name, names, headers, codes))


def _contract_of(name: str, names: Sequence[str], headers: Sequence[str], key: Sequence[str] = ()) -> dict[str, object]:
    texts = {"version": "1", "title_vi": "mẫu", "title_en": name, "owner": "-", "cadence": "-", "grain": "-"}
    return {
        **texts,
        "source": name,
        "load_mode": "upsert",
        "key": [*key] or [*names[:1]],
        "columns": [{"name": column, "headers": [header]} for column, header in zip(names, headers, strict=True)],
        "files": Files(delimiters=[";", ",", "\t", "|"]),
        "period": PERIOD,
    }


def _names(headers: Sequence[str]) -> list[str]:
    names: list[str] = []
    for header in headers:
        name = wanted = ascii_name(header)
        number = 2
        # `marks`, `line` and `load_id` are the landing's own.
        while name in names or name in ("marks", "line", "load_id", "load_seq"):
            name, number = f"{wanted}_{number}", number + 1
        names.append(name)
    return names


def _unlike(column: Draft, published: Collection[str], names: Collection[str]) -> Draft:
    """Returns the column; renamed when it is dropped or personal and its name is published or used.

    The audit compares names, so it would fail on a published column with the name of a personal one.
    """
    name = column.name
    while (column.personal or not column.lands) and (name in published or (name != column.name and name in names)):
        name += "_goc"
    return replace(column, name=name)


def published_columns(root: Path) -> set[str]:
    """Names of the columns that the marts below `root` publish."""
    documents = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in _marts(root)]
    models = [model for document in documents for model in document.get("models", ())]
    return {column["name"] for model in models for column in model.get("columns", ())}


def _marts(root: Path) -> list[Path]:
    models = root / "dbt_project" / "models"
    return sorted([*(models / "core").glob("*.yml"), *(models / "marts").glob("*/*.yml")])


def _draft(name: str, header: str, cells: Sequence[str], aliases: set[str]) -> Draft:
    filled = [cell for cell in cells if cell]
    always = len(filled) == len(cells)
    is_unique = always and len(set(filled)) == len(filled)
    draft = Draft(name, header, ColumnType.TEXT, filled, always, is_unique)
    if normalise_header(header) in _SERIAL:
        return replace(draft, treatment="drop")
    known = sum(normalise_name(cell) in aliases for cell in filled)
    if filled and known >= _AGENCIES * len(filled):
        return replace(draft, type=ColumnType.AGENCY, unknown_agencies=len(filled) - known)
    if personal := guess_personal(header, filled):
        return replace(draft, personal=personal, treatment="key" if personal == "identity" else "drop")
    return _typed(draft) if filled else draft


def _typed(draft: Draft) -> Draft:
    """Returns the draft with the narrowest type that fits almost all of its cells."""
    cells = draft.cells
    for kind, formats in [(ColumnType.DATE, _DAYS), (ColumnType.TIMESTAMP, _MOMENTS)]:
        seen = [form for form in formats if any(_parses(cell, [form]) for cell in cells)]
        if seen and sum(_parses(cell, seen) for cell in cells) >= _MOSTLY * len(cells):
            # A spreadsheet stores a day as its midnight, unless it was typed as text.
            if all(cell.endswith("00:00:00") for cell in cells):
                return replace(draft, type=ColumnType.DATE, formats=[*seen, _DAYS[0]])
            return replace(draft, type=kind, formats=seen)
    labels = list(dict.fromkeys(cells))
    folded = {label.casefold() for label in labels}
    if folded & {*_YES, *_NO} and folded <= {*_YES, *_NO}:
        yes, no = ([label for label in labels if label.casefold() in words] for words in (_YES, _NO))
        return replace(draft, type=ColumnType.BOOLEAN, values={"true": yes or ["Có"], "false": no or ["Không"]})
    is_code = re.match(r"(mã|số hiệu|số hồ sơ|số văn bản)\b", draft.header.lower()) is not None
    if not is_code and all(_INTEGER.fullmatch(cell) for cell in cells):
        return replace(draft, type=ColumnType.INTEGER)
    if not is_code and all(_DECIMAL.fullmatch(cell) for cell in cells) and not any(re.match(r"0\d", c) for c in cells):
        return replace(draft, type=ColumnType.DECIMAL)
    is_short = len(labels) <= _MOST_LABELS and max(map(len, labels)) <= _LONGEST_LABEL
    if not is_code and is_short and len(cells) >= 3 * len(labels) and not all(map(_NUMBER_OR_DAY.fullmatch, labels)):
        values: dict[str, list[str]] = {}
        for label in labels:
            values.setdefault(ascii_name(label), []).append(label)
        return replace(draft, type=ColumnType.CHOICE, values=values)
    return draft


def _parses(cell: str, formats: Sequence[str]) -> bool:
    for form in formats:
        try:
            datetime.strptime(cell, form)
        except ValueError:
            continue
        return True
    return False


def _choose_key(columns: Sequence[Draft], rows: Sequence[Sequence[str]]) -> tuple[list[str], list[str]]:
    """Returns the key and the other candidates: codes before other text, left before right."""
    able = [c for c in columns if c.is_unique and (c.lands or c.personal) and c.type not in _MEASURES]
    ranked = sorted(able, key=lambda c: (c.personal is not None, not _IS_CODE.match(c.header.lower())))
    if ranked:
        return [ranked[0].name], [column.name for column in ranked[1:] if column.lands]
    filled = [at for at, column in enumerate(columns) if column.lands and column.is_always_filled]
    # A few repeated rows do not disqualify a key.
    codes = [at for at in filled if _IS_CODE.match(columns[at].header.lower())]
    for places in [*((at,) for at in codes), *combinations(filled, 2)]:
        if len({tuple(row[at] for at in places) for row in rows}) >= _ALMOST_UNIQUE * len(rows):
            return [columns[at].name for at in places], []
    if not filled:
        raise ScaffoldError(
            "no column of the sample is filled in every row, so nothing can be its key; remove the rows that are not "
            "data (areas, signatures) and try again"
        )
    return [columns[at].name for at in filled], []


_MEASURES = (ColumnType.DECIMAL, ColumnType.DATE, ColumnType.TIMESTAMP, ColumnType.BOOLEAN)


def agency_names(registry: Path, day: date) -> list[str]:
    """Returns one name of each agency that is valid in a registry's CSV files on a day, in file order."""
    names: dict[str, str] = {}
    for row in known_names(registry):
        if row["valid_from"] <= day.isoformat() and not (row["valid_to"] and row["valid_to"] <= day.isoformat()):
            names.setdefault(row["agency_id"], row["alias"])
    return list(names.values())


def _read_aliases(registry: Path) -> set[str]:
    return {normalise_name(row["alias"]) for row in known_names(registry)}


def _title(titles: Sequence[str], name: str) -> str:
    """Returns the first line above the table that is neither the letterhead nor the period."""
    fitting = [t for t in titles if len(t) >= 10 and not t.lower().startswith(_LETTERHEAD)]
    return scrub(tidy(fitting[0])) if fitting else name.replace("_", " ").capitalize()


def _declares_period(file_name: str, titles: Sequence[str]) -> bool:
    in_titles = any(re.search(pattern, normalise_header(title)) for pattern in PERIOD.title for title in titles)
    return in_titles or any(re.search(pattern, file_name) for pattern in PERIOD.file_name)
