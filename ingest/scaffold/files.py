"""The five files of a new source, from its draft: contract, rules, staging model with its YAML, and a fixture.

What a person has to decide is marked `xem lại`. The fixture's rows are invented: the sample may name people.
"""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date, datetime, timedelta
from itertools import combinations
from pathlib import Path

from ingest.contract import ColumnType
from ingest.scaffold.draft import PERIOD, TOTALS, Draft, ScaffoldError, SourceDraft

_REVIEW = "# xem lại"
_FIXTURE_ROWS = 3
FIXTURE_PERIOD = (date(2015, 1, 1), date(2015, 6, 30))
_DATED = (ColumnType.DATE, ColumnType.TIMESTAMP)
_COUNTED = (ColumnType.INTEGER, ColumnType.DECIMAL)
# Such days lie ahead of the data.
_AHEAD = re.compile(r"hạn|hẹn|dự kiến|kế hoạch")


def write_source(draft: SourceDraft, root: Path, registry_aliases: list[str]) -> list[Path]:
    """Write the source's five files below `root`, laid out as this repository; returns their paths.

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
    """The contract, with a comment wherever a person has to decide."""
    lines = [
        "# yaml-language-server: $schema=contract.schema.json",
        f"# Proposed from a sample of {draft.n_rows} rows. `xem lại` marks what a sample cannot tell.",
        f"source: {draft.name}",
        'version: "1"',
        f"title_vi: {_quoted(draft.title)}",
        f"title_en: {draft.name.replace('_', ' ').capitalize()}  {_REVIEW}",
        f"owner: Sở Nội vụ  {_REVIEW}",
        f"cadence: mỗi kỳ báo cáo một tệp  {_REVIEW}",
        f"grain: one row = one {' and '.join(draft.key)}  {_REVIEW}",
        "load_mode: upsert",
    ]
    if draft.other_keys:
        lines.append(f"# Also filled and unique in the sample: {', '.join(draft.other_keys)}.")
    if draft.repeated_keys:
        lines.append(f"{_REVIEW}: rows of the sample that repeat the key of another: {draft.repeated_keys}")
    lines.append(f"key: [{', '.join(draft.key)}]")
    if day := next((c.name for c in draft.landed if c.type in _DATED and not _AHEAD.search(c.header.lower())), None):
        agencies = [column.name for column in draft.landed if column.type is ColumnType.AGENCY]
        lines.append(f"covers: {{agencies: [{', '.join(agencies)}], day: {day}}}  {_REVIEW}")
    if draft.encoding not in (None, "utf-8"):
        lines += ["files:", f"  encodings: [utf-8, {draft.encoding.removesuffix('-le').removesuffix('-be')}]"]
    lines.append("")
    if not draft.declares_period:
        lines.append(
            f"# The sample declares none: name files {draft.name}_20150101_20150630.xlsx, or add the title row."
        )
    lines += ["period:", f"  file_name: '{PERIOD.file_name[0]}'", f"  title: '{PERIOD.title[0]}'", ""]
    if draft.has_totals:
        lines.append("exclude:")
        lines += [f"  - {{reason: total, column: {name}, matches: '{TOTALS}'}}" for name in draft.has_totals]
        lines.append("")
    lines.append("columns:")
    for column in draft.columns:
        lines += _column_yaml(column, is_required=column.name in draft.key or column.type is ColumnType.AGENCY)
    return "\n".join(lines) + "\n"


def _column_yaml(column: Draft, *, is_required: bool) -> list[str]:
    lines = [f"  - name: {column.name}"]
    if column.type is not ColumnType.TEXT:
        lines.append(f"    type: {column.type.value}")
    lines.append(f"    headers: [{_quoted(column.header)}]")
    if is_required:
        lines.append("    required: true")
    if column.formats:
        lines.append(f"    formats: [{', '.join(map(_quoted, column.formats))}]")
    if column.values:
        lines.append(f"    values:  {_REVIEW}: these labels are all that the sample has")
        for value, labels in column.values.items():
            lines.append(f"      {_quoted(value)}: [{', '.join(map(_quoted, labels))}]")
    if column.unknown_agencies:
        lines.append(f"    {_REVIEW}: {column.unknown_agencies} cells are no known agency")
    if column.personal:
        lines.append(f"    personal: {column.personal}  {_REVIEW}")
    if column.treatment != "land":
        lines.append(f"    treatment: {column.treatment}")
    lines.append(f"    description_vi: {_quoted(column.header)}")
    if column.lands:
        lines.append(f"    description_en: {_quoted(column.name.replace('_', ' ').capitalize())}  {_REVIEW}")
    return lines


def rules_yaml(draft: SourceDraft, prefix: str) -> str:
    """The obvious rules: keys are filled, agencies known, days past, labels and numbers in their range."""
    rules = [_rule(f"Mỗi dòng phải có «{_header(draft, name)}».", "critical", *_not_null(name)) for name in draft.key]
    for column in draft.landed:
        named = f"«{column.header}»"
        if column.type is ColumnType.AGENCY:
            is_sure = column.is_always_filled and not column.unknown_agencies
            said = f"Cơ quan ở cột {named} có trong sổ đăng ký cơ quan vào ngày cuối kỳ."
            rules.append(_rule(said, "critical" if is_sure else "warning", *_not_null(column.name)))
        elif column.type is ColumnType.CHOICE:
            values = ", ".join(map(_quoted, column.values))
            lines = ["expect: ExpectColumnValuesToBeInSet", f"with: {{column: {column.name}, value_set: [{values}]}}"]
            rules.append(_rule(f"Giá trị ở cột {named} thuộc danh mục.", "critical", *lines))
        elif column.type in _COUNTED and not any(cell.startswith("-") for cell in column.cells):
            rules.append(_rule(f"Số ở cột {named} không âm.", "warning", f"row: {column.name} >= 0"))
    past = [c for c in draft.landed if c.type in _DATED and not _AHEAD.search(c.header.lower())]
    if past:
        named = ", ".join(f"«{column.header}»" for column in past)
        latest = past[0].name if len(past) == 1 else f"greatest({', '.join(column.name for column in past)})"
        row = f"row: {latest} < data_until + interval 1 day"
        rules.append(_rule(f"Ngày ở cột {named} không sau ngày số liệu của tệp.", "warning", row))
    filled = [c for c in draft.landed if c.is_always_filled and c.name not in draft.key]
    for column in filled:
        if len(rules) < 3 and column.type is not ColumnType.AGENCY:
            rules.append(_rule(f"Cột «{column.header}» không để trống.", "warning", *_not_null(column.name)))
    lines = [
        "# Proposed with the source. `critical` sets the row aside, `warning` keeps and marks it; codes never change.",
        f"source: {draft.name}",
        "rules:",
    ]
    for number, rule in enumerate(rules, 1):
        lines += [f"  - code: {prefix}-{number:02d}", *(f"    {line}" for line in rule)]
    return "\n".join(lines) + "\n"


def staging_sql(draft: SourceDraft) -> str:
    """The landed columns of accepted loads."""
    names = ",\n".join(f"    d.{name}" for name in [*(column.name for column in draft.landed), "line"])
    return (
        f"select\n{names},\n    l.load_seq,\n    l.load_rank\nfrom {{{{ landing('{draft.name}') }}}} as d\n"
        "inner join {{ ref('stg_current_loads') }} as l\n"
        f"    on d.load_id = l.load_id and l.source = '{draft.name}'\n"
    )


def staging_yaml(draft: SourceDraft) -> str:
    """The staging model's description."""
    said = f"Rows of {draft.name} in accepted loads; a key may stand in several."
    return f"version: 2\n\nmodels:\n  - name: stg_{draft.name}\n    description: {said}\n"


def fixture_csv(draft: SourceDraft, agencies: list[str]) -> str:
    """Invented rows in the sample's shape, all good by the proposed rules."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(column.header for column in draft.columns)
    for number in range(1, _FIXTURE_ROWS + 1):
        writer.writerow(_invented(column, number, agencies) for column in draft.columns)
    return text.getvalue()


def choose_prefix(name: str, used: set[str]) -> str:
    """Three letters of the name that no rule file uses. Raises ScaffoldError when every choice is taken."""
    letters = "".join(letter for letter in name.upper() if letter.isascii() and letter.isalpha())
    initials = "".join(word[0] for word in name.upper().split("_") if word[:1].isalpha())
    wanted = [initials[:3], letters[:3], *map("".join, combinations(letters, 3))]
    free = next((prefix for prefix in wanted if len(prefix) == 3 and prefix not in used), None)
    if free is None:
        raise ScaffoldError(f"no three letters of {name} are free as a prefix of rule codes; choose another name")
    return free


def _used_prefixes(folder: Path) -> set[str]:
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("*.yml")]
    # ING are the readers' own two rules.
    return {"ING", *(prefix for text in texts for prefix in re.findall(r"code: ([A-Z]{3})-", text))}


def _rule(says: str, severity: str, *lines: str) -> list[str]:
    return [f"says: {_quoted(says)}", f"severity: {severity}", f"basis: đề xuất từ tệp mẫu  {_REVIEW}", *lines]


def _not_null(name: str) -> tuple[str, str]:
    return "expect: ExpectColumnValuesToNotBeNull", f"with: {{column: {name}}}"


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


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
