"""A contract that contradicts itself is refused with the location."""

from pathlib import Path

import pytest
import yaml

from ingest.contract import SOURCES, ContractError, load_contract, load_contracts
from ingest.generate import differences, generated_files

MINIMAL = {
    "source": "sample",
    "version": "1",
    "title_vi": "Mẫu",
    "title_en": "Sample",
    "owner": "Sở Nội vụ",
    "cadence": "hằng tháng",
    "grain": "one row = one thing",
    "load_mode": "append",
    "key": ["code"],
    "columns": [{"name": "code", "headers": ["Mã"]}],
}


def write(folder: Path, **changes: object) -> Path:
    path = folder / "sample.yml"
    path.write_text(yaml.safe_dump({**MINIMAL, **changes}, allow_unicode=True), encoding="utf-8")
    return path


def column(**changes: object) -> dict:
    return {"name": "more", "headers": ["Thêm"], **changes}


def test_a_minimal_contract_is_read(tmp_path):
    contract = load_contract(write(tmp_path))
    assert contract.landing_schema() == [("code", "VARCHAR"), ("marks", "VARCHAR"), ("line", "BIGINT")]


def test_a_source_of_forms_lands_items_and_a_row_of_it_does_not(tmp_path):
    names = [{"name": name, "headers": [name]} for name in ("code", "questionnaire_id", "questionnaire_version")]
    contract = load_contract(write(tmp_path, columns=names, items={}))
    rows = [("code", "VARCHAR"), ("questionnaire_id", "VARCHAR"), ("questionnaire_version", "VARCHAR")]
    rows += [("marks", "VARCHAR"), ("line", "BIGINT")]
    assert contract.row_schema() == rows
    items = [("item_code", "VARCHAR"), ("answer", "BIGINT"), ("missing_reason", "VARCHAR")]
    assert contract.landing_schema() == [*rows, *items]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (column(personal="phone"), "column more is personal.*drop or key"),
        (column(type="date"), "column more is a date: list its formats"),
        (column(type="choice"), "values belong to choice and boolean"),
        (column(values={"a": ["A"]}), "values belong to choice and boolean"),
        (column(type="boolean", values={"yes": ["Có"], "no": ["Không"]}), 'labels of "true" and "false"'),
        (column(type="agency", valid_on="received_at"), "valid_on names unknown columns: received_at"),
        (column(name="code"), "columns declared twice: code"),
        (column(typ="text"), "columns.1.typ: Extra inputs"),
        ({"name": "more"}, "column more needs headers, a title or both"),
        (column(title=r"đơn vị: (.+)"), "needs the groups `value`"),
        (column(title="("), "is no regular expression"),
        ({"name": "more", "title": "(?P<value>.+)"}, "column more has no headers: senders need its description_vi"),
        (column(opposite_headers=["Không"]), "only a boolean has opposite headers"),
        (column(type="agency"), r"on which day a name is valid \(valid_on, or a period\): more"),
        (column(name="Mã"), "columns.1.name"),
    ],
)
def test_a_faulty_column_is_named(tmp_path, more, message):
    with pytest.raises(ContractError, match=rf"sample.yml: .*{message}"):
        load_contract(write(tmp_path, columns=[*MINIMAL["columns"], more]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"key": ["nothing"]}, "key names unknown columns: nothing"),
        ({"exclude": [{"reason": "test", "column": "nothing"}]}, "exclude names unknown columns: nothing"),
        ({"period": {"file_name": r"_(\d{8})"}}, "needs the groups `from` and `to` or `year`"),
        ({"items": {"prefixes": ["Câu"]}}, "items names unknown columns: questionnaire_id, questionnaire_version"),
        ({"source": "other"}, "declares source 'other'"),
        ({"columns": [{"name": "code", "headers": ["Mã"], "treatment": "drop"}]}, "key columns must land: code"),
    ],
)
def test_a_contract_that_contradicts_itself_is_refused(tmp_path, changes, message):
    with pytest.raises(ContractError, match=message):
        load_contract(write(tmp_path, **changes))


def test_text_that_is_not_yaml_is_refused(tmp_path):
    path = tmp_path / "sample.yml"
    path.write_text("source: [", encoding="utf-8")
    with pytest.raises(ContractError, match=r"sample.yml is not valid YAML"):
        load_contract(path)


def test_no_personal_column_of_any_source_lands_as_delivered():
    for contract in load_contracts().values():
        landed = {name for name, _ in contract.landing_schema()}
        keyed = {c.name for c in contract.columns if c.treatment == "key"}
        assert not landed & (set(contract.personal_columns) - keyed)


def test_generated_files_match_their_contracts():
    assert differences() == []


def test_a_generated_file_changed_by_hand_is_shown(tmp_path, monkeypatch):
    path = tmp_path / "page.md"
    path.write_text("changed by hand\n", encoding="utf-8")
    monkeypatch.setattr("ingest.generate.CODE_ROOT", tmp_path)
    monkeypatch.setattr("ingest.generate.generated_files", lambda: {path: "from the contract\n"})
    assert "-changed by hand" in differences()[0]


def test_every_source_has_a_page_and_a_place_in_the_landing():
    names = {path.name for path in generated_files()}
    assert {f"{path.stem}.md" for path in SOURCES.glob("*.yml")} | {"_landing.yml", "contract.schema.json"} == names
