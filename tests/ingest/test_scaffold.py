"""`cchc source new` and `cchc source check` on a workbook of an unknown source."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from expectations.rules import RuleFile, load_rules
from flows.load.source_check import Checked, check_file
from ingest.contract import Contract, load_contract, load_contracts
from ingest.generate import write_generated
from ingest.scaffold.draft import ScaffoldError, SourceDraft, agency_names, ascii_name, draft_source, published_columns
from ingest.scaffold.files import FIXTURE_PERIOD, choose_prefix, contract_yaml, write_source
from ingest.scaffold.personal_guess import guess_personal
from warehouse.config import CODE_ROOT, Settings

NAME = "bridge_inspections"
REGISTRY = CODE_ROOT / "dbt_project" / "seeds"
HEADERS = [
    "STT",
    "Mã cầu",
    "Đơn vị quản lý",
    "Ngày kiểm tra",
    "Hạn khắc phục",
    "Tải trọng (tấn)",
    "Số nhịp",
    "Tình trạng",
    "Có biển báo",
    "Người liên hệ",
    "Đầu mối",
    "Ghi chú",
]
AGENCIES = ["Sở Tư pháp", "Sở Nội vụ", "Sở Tài chính"]
CONTACTS = ("LÊ MÔ PHỎNG", "0905123456")


def rows_of(count: int) -> list[list[str]]:
    return [
        [
            str(n),
            f"CAU-{n:03d}",
            AGENCIES[n % 3],
            f"{n % 28 + 1:02d}/03/2015",
            f"{n % 28 + 1:02d}/11/2015",
            f"{n},5",
            str(n % 4 + 1),
            ["Tốt", "Cần sửa", "Hư hỏng"][n % 3],
            ["Có", "Không"][n % 2],
            *CONTACTS,
            f"xem biên bản {n}",
        ]
        for n in range(1, count + 1)
    ]


def write_workbook(path: Path, rows: list[list[str]], *titles: str) -> Path:
    with xlsxwriter.Workbook(str(path)) as workbook:
        sheet = workbook.add_worksheet("Biểu 1")
        sheet.merge_range(0, 0, 0, len(HEADERS) - 1, "TỔNG HỢP KIỂM TRA CẦU ĐƯỜNG")
        for at, title in enumerate(titles, 1):
            sheet.merge_range(at, 0, at, len(HEADERS) - 1, title)
        below = len(titles) + 2
        for at, row in enumerate([HEADERS, *rows, ["", "Tổng cộng", "", "", "", "99"]]):
            sheet.write_row(below + at, 0, row)
    return path


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    return write_workbook(folder / "kiem tra.xlsx", rows_of(40), "(Từ ngày 01/01/2015 đến ngày 30/06/2015)")


@pytest.fixture(scope="module")
def draft(sample: Path) -> SourceDraft:
    return draft_source(NAME, sample, REGISTRY)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, draft: SourceDraft) -> Path:
    """A copy of what the scaffold writes into, with the new source in it."""
    root = tmp_path_factory.mktemp("project")
    for folder in ("ingest/sources", "expectations/rules"):
        shutil.copytree(CODE_ROOT / folder, root / folder)
    written = write_source(draft, root, agency_names(REGISTRY, FIXTURE_PERIOD[1]))
    assert len(written) == 5
    write_generated(root)
    return root


@pytest.fixture(scope="module")
def contract(project: Path) -> Contract:
    return load_contract(project / "ingest" / "sources" / f"{NAME}.yml")


def check(project: Path, path: Path, source: str | None = NAME) -> Checked:
    contracts = load_contracts(project / "ingest" / "sources")
    rules = load_rules(project / "expectations" / "rules")
    settings = Settings(home=project / "home", registry=REGISTRY)
    (checked,) = check_file(settings, path, source, contracts, rules)
    assert not (project / "home").exists()
    return checked


def test_types_are_read_from_the_cells(contract: Contract) -> None:
    types = {column.name: column.type.value for column in contract.columns}
    assert types | {"stt": "text"} == {
        "stt": "text",
        "ma_cau": "text",
        "don_vi_quan_ly": "agency",
        "ngay_kiem_tra": "date",
        "han_khac_phuc": "date",
        "tai_trong": "decimal",
        "so_nhip": "integer",
        "tinh_trang": "choice",
        "co_bien_bao": "boolean",
        "nguoi_lien_he": "text",
        "dau_moi": "text",
        "ghi_chu": "text",
    }
    assert contract.title_vi == "TỔNG HỢP KIỂM TRA CẦU ĐƯỜNG"
    assert contract.key == ["ma_cau"]


def test_personal_columns_never_land(contract: Contract) -> None:
    personal = {column.name: column.personal for column in contract.columns if column.personal}
    assert personal == {"nguoi_lien_he": "name", "dau_moi": "phone", "ghi_chu": "free_text"}
    assert not set(personal) & {name for name, _ in contract.landing_schema()}


def test_nothing_personal_of_the_sample_is_written(project: Path) -> None:
    texts = [path.read_text(encoding="utf-8") for path in project.rglob("*") if path.is_file()]
    assert not [text for text in texts if any(value in text for value in (*CONTACTS, "biên bản", "CAU-001"))]


def test_the_rules_are_coded_and_free(project: Path) -> None:
    rules: RuleFile = load_rules(project / "expectations" / "rules")[NAME]
    assert len(rules.rules) >= 3
    assert {rule.code[:3] for rule in rules.rules} == {"BRI"}


def test_the_sample_loads_by_the_generated_contract(project: Path, sample: Path) -> None:
    record = check(project, sample).record
    assert (record.verdict_status, record.rows_accepted, record.rows_quarantined) == ("accepted", 40, 0)
    assert (record.excluded, record.data_until) == ({"total": 1}, date(2015, 6, 30))


def test_the_source_is_recognised_by_its_headers(project: Path, sample: Path) -> None:
    assert check(project, sample, source=None).record.source == NAME


def test_the_fixture_loads(project: Path) -> None:
    (fixture,) = (project / "tests" / "sources" / NAME).iterdir()
    assert (check(project, fixture).record.verdict_status, check(project, fixture).record.rows_accepted) == (
        "accepted",
        3,
    )


def test_a_bad_row_is_shown_with_its_line_and_its_cell(project: Path, tmp_path: Path) -> None:
    rows = rows_of(40)
    rows[1][2] = "Sở Tư Phap"
    rows[2][3] = "31/02/2015"
    checked = check(project, write_workbook(tmp_path / "a_20150101_20150630.xlsx", rows))
    assert (checked.record.verdict_status, checked.record.rows_quarantined) == ("accepted", 2)
    assert [(row.line, row.detail) for row in checked.rows] == [
        (5, "cột «Đơn vị quản lý» ghi «Sở Tư Phap»"),
        (6, "cột «Ngày kiểm tra» ghi «31/02/2015», không phải ngày (dd/mm/yyyy)"),
    ]


def test_a_file_without_period_is_held(project: Path, tmp_path: Path) -> None:
    record = check(project, write_workbook(tmp_path / "a.xlsx", rows_of(3))).record
    assert (record.verdict_status, record.needs_attention) == ("held", True)
    assert record.reason is not None
    assert record.reason.startswith("tệp không khai kỳ số liệu")


def test_a_source_is_never_overwritten(project: Path, draft: SourceDraft) -> None:
    with pytest.raises(ScaffoldError, match="exists already"):
        write_source(draft, project, AGENCIES)


@pytest.mark.parametrize("name", ["Feedback", "2015", "../rules", "a-b"])
def test_a_name_that_cannot_be_a_source_is_refused(name: str, sample: Path) -> None:
    with pytest.raises(ScaffoldError, match="cannot name a source"):
        draft_source(name, sample, REGISTRY)


@pytest.mark.parametrize(
    ("header", "name"),
    [("Số hồ sơ", "so_ho_so"), ("Đơn vị (65)", "don_vi"), ("Năm\n2015", "nam_2015"), ("2015", "cot_2015")],
)
def test_a_header_becomes_a_name(header: str, name: str) -> None:
    assert ascii_name(header) == name


def test_a_repeated_row_does_not_hide_the_key(tmp_path: Path) -> None:
    draft = draft_source(NAME, write_workbook(tmp_path / "a.xlsx", [*rows_of(99), rows_of(1)[0]]), REGISTRY)
    assert (draft.key, draft.repeated_keys, draft.declares_period) == (["ma_cau"], 1, False)
    assert "rows of the sample that repeat the key of another: 1" in contract_yaml(draft)


def test_a_prefix_is_not_used_twice() -> None:
    assert choose_prefix("citizen_feedback_log", set()) == "CFL"
    assert choose_prefix("citizen_feedback_log", {"CFL"}) == "CIT"


@pytest.mark.parametrize(
    ("header", "cells", "kind"),
    [
        ("Số người dân", ["120", "95"], None),
        ("Phụ trách", ["A"], "official"),
        ("Mã số", ["056123456789"], "identity"),
        ("Liên hệ", ["a.b@example.vn"], "email"),
        ("Chủ trì", ["Trần Thị Mô Phỏng"], "name"),
        ("Tiến độ", ["Đúng hạn"], None),
    ],
)
def test_personal_data_is_guessed(header: str, cells: list[str], kind: str | None) -> None:
    assert guess_personal(header, cells) == kind


def test_a_personal_column_never_has_the_name_of_a_published_one(sample: Path) -> None:
    assert {"agency_id", "official_pct", "load_seq"} <= published_columns(CODE_ROOT)
    taken = {"stt", "ghi_chu", "dau_moi", "ma_cau"}
    draft = draft_source(NAME, sample, REGISTRY, taken)
    names = {column.header: column.name for column in draft.columns}
    assert (names["STT"], names["Đầu mối"]) == ("stt_goc", "dau_moi_goc")
    assert (names["Mã cầu"], draft.key) == ("ma_cau", ["ma_cau"])
