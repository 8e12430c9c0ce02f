"""`cchc source check`: dry-runs a file before it is sent.

The file goes through the steps of a night in a temporary home: nothing is loaded, and the province's ledger is only
read. Sentences are Vietnamese, because clerks read them.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from rich.console import Console

from expectations.rules import Rule, RuleFile
from flows.build import building
from flows.failures import UsageError
from flows.load import loading
from flows.load.resent import is_replaced, landed_since, landed_version
from flows.night import Night
from ingest.contract import ColumnType, Contract
from ingest.deliver import BROKEN_LINE, NOT_PARSED, STATEMENTS
from ingest.disclosure import shown_to_sender
from ingest.readers.headers import HeaderError, Vocabulary
from ingest.readers.read import UnreadableError, open_delivery
from ingest.registry.items import load_book
from warehouse.config import Settings
from warehouse.engine import connect
from warehouse.landing import quarantine_folder
from warehouse.ledger import Ledger, LoadRecord

_VERDICTS = {
    "accepted": "sẽ được nhận",
    "held": "cả tệp sẽ bị giữ lại",
    "unreadable": "không đọc được",
    "empty": "không có dữ liệu",
    "known": "không nạp thêm gì",
}
# Fields of a record that describe the file itself.
_IDENTITY = (
    "load_seq",
    "load_id",
    "source",
    "original_name",
    "sha256",
    "size_bytes",
    "delivered_at",
    "loaded_at",
    "contract_version",
)
_EXCLUDED = {
    "deleted": "đã xóa",
    "test": "thử nghiệm",
    "title": "tiêu đề",
    "group": "tên nhóm",
    "number": "số thứ tự cột",
    "mean": "trung bình",
    "total": "tổng cộng",
    "note": "ghi chú",
    "signature": "chữ ký, nơi nhận",
}


# The label of a line, up to two spaces; the following lines are indented by its length.
_LABEL, _INDENT = re.compile(r"\n?\s*\S[^:]{0,9}?\s{2,}"), 4


@dataclass(frozen=True)
class BadRow:
    """A row that would be quarantined: its line, the rules that it breaks and its cells."""

    line: int
    row_key: str
    rule_codes: list[str]
    detail: str
    place: str = ""


@dataclass(frozen=True)
class Checked:
    """The ledger record that a night would write for the file, and the first rows that it would quarantine."""

    record: LoadRecord
    rows: list[BadRow]


def check_file(
    settings: Settings,
    path: Path,
    source: str | None = None,
    contracts: Mapping[str, Contract] | None = None,
    rules: Mapping[str, RuleFile] | None = None,
    most_rows: int = 20,
) -> list[Checked]:
    """Runs the first half of a night on one file; one entry per delivery that the file holds.

    `contracts` and `rules` are those of the project unless others are given. Without `source` it is the nearest folder
    with a source's name, or else the source whose headers fit best. Raises UsageError when there is no such file or
    source or the file fits none or several, RegistryError when the registry cannot be used.
    """
    if not path.is_file():
        raise UsageError(f"không có tệp {path}")
    with tempfile.TemporaryDirectory(prefix="cchc-check-") as folder:
        # The key exists in this temporary home only, so a pseudonym of a check matches no other.
        changes = {"home": Path(folder), "inbox": None, "key": None, "key_file": None, "settle_seconds": 0}
        night = Night(settings.model_copy(update=changes))
        if contracts is not None:
            night.contracts = dict(contracts)
        if rules is not None:
            night.rules = dict(rules)
        night.history = Ledger(settings.layout).loads()
        building.check_registry_step(night)
        name = source or _source_of_folder(path, night.contracts) or _source_of_headers(night, path)
        if name not in night.contracts:
            raise UsageError(f"không có nguồn {name!r}; các nguồn là: {', '.join(night.contracts)}")
        delivered = night.home.inbox / name / _below_source(path, name)
        delivered.parent.mkdir(parents=True)
        shutil.copy2(path, delivered)
        # The reader of the check has the file; a night shows less of it.
        with shown_to_sender():
            conformed = loading.conform(night, name, loading.collect(night, name))
            records = loading.land(night, name, loading.judge(night, name, conformed))
        checked = [Checked(record, _bad_rows(night, record, most_rows)) for record in records]
    return _known_already(settings, path, checked, night.contracts)


def show_check(
    console: Console, checked: Sequence[Checked], contracts: Mapping[str, Contract], rules: Mapping[str, RuleFile]
) -> None:
    """Prints the verdict, the counts and, per row, the fault and what to do."""
    for one in checked:
        record = one.record
        contract = contracts[record.source]
        for line in [*_summary(record, contract), *_warned(record), *_described(one, contract, rules[record.source])]:
            shown = _wrapped(line, console.width) if console.is_terminal else line
            console.print(shown, soft_wrap=True)


def _wrapped(line: str, width: int) -> str:
    """Wraps the line to the width of the terminal between words; the following lines are indented."""
    label = _LABEL.match(line)
    below = " " * (len(label[0].lstrip("\n")) if label else _INDENT)
    parts = textwrap.wrap(line.lstrip("\n"), width, subsequent_indent=below, break_on_hyphens=False)
    return "\n" * line.startswith("\n") + "\n".join(parts)


def _summary(record: LoadRecord, contract: Contract) -> list[str]:
    verdict = _VERDICTS[record.verdict_status]
    if record.verdict_status == "accepted" and record.rows_quarantined:
        verdict += f", trừ {_count(record.rows_quarantined)} dòng để riêng"
    lines = [f"{record.original_name}: {verdict}", f"Nguồn      {contract.source} ({contract.title_vi})"]
    if record.reason:
        lines.append(f"{'Ghi chú ' if record.verdict_status == 'accepted' else 'Lý do   '}   {record.reason}")
    lines += [f"Bảng đọc   {table.name}: {_count(table.rows)} dòng" for table in record.tables if table.reason is None]
    if record.encoding not in (None, "utf-8"):
        lines.append(f"Bảng mã    {record.encoding}; chữ được chuyển sang Unicode khi nạp")
    if record.data_until:
        lines.append(f"Số liệu    đến ngày {record.data_until:%d/%m/%Y}")
    if record.rows_read:
        counts = [
            (record.rows_read, "dòng đọc được"),
            (record.rows_accepted, "nhận"),
            (record.rows_quarantined, "để riêng"),
            (record.rows_held, "giữ lại"),
            (record.rows_duplicate, "trùng khóa (chỉ dòng sau cùng được nhận)"),
            *((n, f"không phải số liệu: {_EXCLUDED[reason]}") for reason, n in record.excluded.items()),
        ]
        lines.append(f"Số dòng    {'; '.join(f'{_count(n)} {what}' for n, what in counts if n)}")
    return lines


def _warned(record: LoadRecord) -> list[str]:
    return [
        f"Lưu ý      {_count(rule.n_failed)} dòng vẫn nhận, có đánh dấu: {rule.statement} ({rule.rule_code})"
        for rule in record.rules
        if rule.severity == "warning" and rule.n_failed
    ]


def _described(checked: Checked, contract: Contract, rules: RuleFile) -> list[str]:
    by_code = {rule.code: rule for rule in rules.rules}
    lines = []
    for row in checked.rows:
        lines.append(f"\n{_capital(row.place or f'dòng {row.line}')}{f'  {row.row_key}' if row.row_key else ''}")
        statements = {code: by_code[code].says if code in by_code else STATEMENTS[code] for code in row.rule_codes}
        lines += [f"  {code}  {sentence}" for code, sentence in statements.items()]
        if row.detail:
            lines.append(f"  Trong tệp: {row.detail}")
        advice = dict.fromkeys(_advice(code, by_code.get(code), contract) for code in row.rule_codes)
        lines += [f"  Việc cần làm: {sentence}" for sentence in advice]
    n_bad = sum(rule.n_failed for rule in checked.record.rules if rule.severity == "critical")
    if checked.rows and len(checked.rows) < n_bad:
        lines.append("\nCòn dòng sai khác; sửa những dòng trên rồi kiểm tra lại.")
    return lines


def _advice(code: str, rule: Rule | None, contract: Contract) -> str:
    """Returns what the clerk can do about a broken rule; the rules of the readers have no `rule`."""
    if code == BROKEN_LINE:
        return "mở tệp tại dòng này, sửa lỗi đã nêu rồi gửi lại; chữ bị hỏng thì kết xuất lại với bảng mã UTF-8"
    if rule is None or code == NOT_PARSED:
        return "ghi lại ô đó theo đúng kiểu đã nêu rồi gửi lại"
    agencies = [column.name for column in contract.columns if column.type is ColumnType.AGENCY]
    if rule.expect == "ExpectColumnValuesToNotBeNull" and rule.columns_among(agencies):
        return f"ghi tên cơ quan như trong sổ đăng ký; nếu tên đó đúng, đề nghị {rule.owner} bổ sung tên gọi"
    return f"sửa ô đó trong tệp rồi gửi lại; chưa rõ thì hỏi {rule.owner}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _count(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def _source_of_folder(path: Path, contracts: Mapping[str, Contract]) -> str | None:
    return next((folder.name for folder in path.resolve().parents if folder.name in contracts), None)


def _source_of_headers(night: Night, path: Path) -> str:
    """Returns the source that declares most of the file's headers. Raises UsageError for none or several."""
    known: dict[str, int] = {}
    refused: dict[str, str] = {}
    for name, contract in night.contracts.items():
        book = load_book(night.registry_parquet, contract)
        try:
            with connect() as connection:
                headers = open_delivery(connection, path, contract, book).headers
        except UnreadableError as error:
            refused[name] = str(error)
            continue
        except HeaderError:
            # A table of this source that cannot be taken as it is.
            known[name] = 1
            continue
        vocabulary = Vocabulary(contract, book)
        known[name] = len({vocabulary.meaning(header) for header in headers if header} - {None})
    if not known and len(set(refused.values())) == 1:
        raise UsageError(f"{path.name}: {next(iter(refused.values()))}")
    best = [name for name, count in known.items() if count == max(known.values())]
    if len(best) != 1:
        fits = f"hợp như nhau với các nguồn: {', '.join(best)}" if best else "không có dòng tiêu đề của nguồn nào"
        raise UsageError(
            f"{path.name}: tệp {fits}; ghi rõ nguồn bằng --source, các nguồn là: {', '.join(night.contracts)}"
        )
    return best[0]


def _bad_rows(night: Night, record: LoadRecord, most_rows: int) -> list[BadRow]:
    path = quarantine_folder(night.home, record.source, record.load_id) / "rows.parquet"
    if not path.exists():
        return []
    with connect() as connection:
        rows = connection.execute(
            "select line, row_key, rule_codes, detail, place from read_parquet(?) order by line limit ?",
            [str(path), most_rows],
        ).fetchall()
    return [BadRow(line, key or "", codes.split(";"), detail or "", place) for line, key, codes, detail, place in rows]


def _below_source(path: Path, source: str) -> Path:
    """Returns the file's path below the nearest folder that is called like its source, or its name alone."""
    parts = path.absolute().parts
    at = max((at for at, part in enumerate(parts[:-1]) if part == source), default=len(parts) - 2)
    return Path(*parts[at + 1 :])


def _known_already(
    settings: Settings, path: Path, checked: list[Checked], contracts: Mapping[str, Contract]
) -> list[Checked]:
    """Returns the record as a repetition when the province has the same bytes, and no later version of them."""
    with path.open("rb") as handle:
        sha256 = file_digest(handle, "sha256").hexdigest()
    loads = Ledger(settings.layout).loads()
    original = next((load for load in loads if load.counts and load.sha256 == sha256), None)
    if original is None:
        return checked
    later = landed_since(settings.layout, original, loads)
    if is_replaced(contracts[original.source], landed_version(settings.layout, original), later):
        return checked
    reason = f"cùng nội dung với {original.original_name}, đã nạp trước đây"
    nothing = LoadRecord(
        **{name: getattr(checked[0].record, name) for name in _IDENTITY}, verdict_status="known", reason=reason
    )
    return [Checked(nothing, [])]
