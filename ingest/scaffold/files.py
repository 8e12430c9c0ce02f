"""Writes the five files of a new source from its draft: contract, rules, staging model and its YAML, a fixture.

`xem lại` marks what a person has to decide. The fixture's rows are generated, because the sample may name people.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import combinations
from pathlib import Path

from ingest.contract import ColumnType
from ingest.scaffold.draft import PERIOD, TOTALS, Draft, ScaffoldError, SourceDraft
from warehouse.templates import render_text

TEMPLATES = Path(__file__).parent / "templates"
_FIXTURE_ROWS = 3
FIXTURE_PERIOD = (date(2015, 1, 1), date(2015, 6, 30))
_DATED = (ColumnType.DATE, ColumnType.TIMESTAMP)
_COUNTED = (ColumnType.INTEGER, ColumnType.DECIMAL)
# Columns with these words have days after the data date.
_AHEAD = re.compile(r"hạn|hẹn|dự kiến|kế hoạch")


@dataclass(frozen=True)
class ProposedRule:
    """A rule of the draft: an expectation on a column, or a condition on each row."""

    says: str
    severity: str
    expect: str = ""
    column: str = ""
    values: tuple[str, ...] = ()
    row: str = ""


def write_source(draft: SourceDraft, root: Path, registry_aliases: list[str]) -> list[Path]:
    """Writes the source's five files below `root`, which has the layout of this repository; returns their paths.

    `registry_aliases` are names of agencies for the fixture. Raises ScaffoldError when the source exists, and then
    writes nothing.
    """
    rules_folder = root / "expectations" / "rules"
    staging = root / "dbt_project" / "models" / "staging" / "landing"
    first, last = FIXTURE_PERIOD
    files = {
        root / "ingest" / "sources" / f"{draft.name}.yml": contract_yaml(draft),
        rules_folder / f"{draft.name}.yml": rules_yaml(draft, choose_prefix(draft.name, _used_prefixes(rules_folder))),
        staging / f"stg_{draft.name}.sql": staging_sql(draft),
        staging / f"stg_{draft.name}.yml": staging_yaml(draft),
        root / "tests" / "sources" / draft.name / f"{draft.name}_{first:%Y%m%d}_{last:%Y%m%d}.csv": fixture_csv(
            draft, registry_aliases
        ),
    }
    if present := [str(path.relative_to(root)) for path in files if path.exists()]:
        raise ScaffoldError(f"the source {draft.name} exists already: {', '.join(present)}")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(files)


def contract_yaml(draft: SourceDraft) -> str:
    """Returns the contract, with a comment wherever a person has to decide."""
    encoding = draft.encoding if draft.encoding != "utf-8" else None
    return render_text(
        TEMPLATES / "contract.yml.j2",
        draft=draft,
        covered_day=next((column.name for column in draft.landed if _is_past(column)), None),
        agencies=[column.name for column in draft.landed if column.type is ColumnType.AGENCY],
        encoding=encoding and encoding.removesuffix("-le").removesuffix("-be"),
        period=PERIOD,
        totals=TOTALS,
    )


def rules_yaml(draft: SourceDraft, prefix: str) -> str:
    """Returns the obvious rules: keys are filled, agencies known, days past, labels and numbers in their range."""
    rules = [_filled(f"Mỗi dòng phải có «{_header(draft, name)}».", "critical", name) for name in draft.key]
    for column in draft.landed:
        named = f"«{column.header}»"
        if column.type is ColumnType.AGENCY:
            is_sure = column.is_always_filled and not column.unknown_agencies
            statement = f"Cơ quan ở cột {named} có trong sổ đăng ký cơ quan vào ngày cuối kỳ."
            rules.append(_filled(statement, "critical" if is_sure else "warning", column.name))
        elif column.type is ColumnType.CHOICE:
            statement = f"Giá trị ở cột {named} thuộc danh mục."
            values = tuple(column.values)
            rules.append(ProposedRule(statement, "critical", "ExpectColumnValuesToBeInSet", column.name, values))
        elif column.type in _COUNTED and not any(cell.startswith("-") for cell in column.cells):
            rules.append(ProposedRule(f"Số ở cột {named} không âm.", "warning", row=f"{column.name} >= 0"))
    if past := [column for column in draft.landed if _is_past(column)]:
        named = ", ".join(f"«{column.header}»" for column in past)
        latest = past[0].name if len(past) == 1 else f"greatest({', '.join(column.name for column in past)})"
        statement = f"Ngày ở cột {named} không sau ngày số liệu của tệp."
        rules.append(ProposedRule(statement, "warning", row=f"{latest} < data_until + interval 1 day"))
    filled = [c for c in draft.landed if c.is_always_filled and c.name not in draft.key]
    for column in filled:
        if len(rules) < 3 and column.type is not ColumnType.AGENCY:
            rules.append(_filled(f"Cột «{column.header}» không để trống.", "warning", column.name))
    return render_text(TEMPLATES / "rules.yml.j2", draft=draft, prefix=prefix, rules=rules)


def staging_sql(draft: SourceDraft) -> str:
    """Returns the landed columns of accepted loads."""
    return render_text(TEMPLATES / "staging.sql.j2", draft=draft)


def staging_yaml(draft: SourceDraft) -> str:
    """Returns the staging model's description."""
    return render_text(TEMPLATES / "staging.yml.j2", draft=draft)


def fixture_csv(draft: SourceDraft, agencies: list[str]) -> str:
    """Returns generated rows in the sample's layout; all pass the proposed rules."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(column.header for column in draft.columns)
    for number in range(1, _FIXTURE_ROWS + 1):
        writer.writerow(_invented(column, number, agencies) for column in draft.columns)
    return text.getvalue()


def choose_prefix(name: str, used: set[str]) -> str:
    """Returns three letters of the name that no rule file uses. Raises ScaffoldError when all are used."""
    letters = "".join(letter for letter in name.upper() if letter.isascii() and letter.isalpha())
    initials = "".join(word[0] for word in name.upper().split("_") if word[:1].isalpha())
    wanted = [initials[:3], letters[:3], *map("".join, combinations(letters, 3))]
    free = next((prefix for prefix in wanted if len(prefix) == 3 and prefix not in used), None)
    if free is None:
        raise ScaffoldError(f"no three letters of {name} are free as a prefix of rule codes; choose another name")
    return free


def _used_prefixes(folder: Path) -> set[str]:
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("*.yml")]
    # ING is the prefix of the two rules of the readers.
    return {"ING", *(prefix for text in texts for prefix in re.findall(r"code: ([A-Z]{3})-", text))}


def _filled(says: str, severity: str, column: str) -> ProposedRule:
    return ProposedRule(says, severity, "ExpectColumnValuesToNotBeNull", column)


def _is_past(column: Draft) -> bool:
    return column.type in _DATED and not _AHEAD.search(column.header.lower())


def _header(draft: SourceDraft, name: str) -> str:
    return next(column.header for column in draft.columns if column.name == name)


def _invented(column: Draft, number: int, agencies: list[str]) -> str:
    if column.type in _DATED:
        day = datetime.combine(FIXTURE_PERIOD[0], datetime.min.time()) + timedelta(days=number)
        return day.strftime(column.formats[0])
    if column.type in (ColumnType.CHOICE, ColumnType.BOOLEAN):
        labels = [label for listed in column.values.values() for label in listed]
        return labels[number % len(labels)]
    if column.type is ColumnType.AGENCY:
        return agencies[number % len(agencies)]
    if column.type is ColumnType.DECIMAL:
        return f"{number},5"
    return str(number) if column.type is ColumnType.INTEGER else f"mẫu {number}"
