from __future__ import annotations

import re
import shutil
import unicodedata
from collections import defaultdict
from datetime import date
from pathlib import Path
from string import Formatter

import pyarrow.parquet as pq
import pytest

from ingest.contract import load_contracts
from ingest.registry import registry as registry_module
from ingest.registry.aliases import load_aliases
from ingest.registry.completion import code_labels
from ingest.registry.declaration import declaration
from ingest.registry.levels import levels_of
from ingest.registry.messages import messages
from ingest.registry.problems import RegistryProblem, describe_problems
from ingest.registry.registry import RegistryError, check_registry, write_registry
from ingest.vietnamese.text import normalise_name
from tests.support.registries import DEMO, THREE_AGENCIES, append, demo_rows, edit


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    return Path(shutil.copytree(THREE_AGENCIES, tmp_path / "registry"))


def _only_problem(registry: Path) -> RegistryProblem:
    problems = check_registry(registry)
    assert len(problems) == 1, [str(problem) for problem in problems]
    return problems[0]


@pytest.mark.parametrize("folder", [DEMO, THREE_AGENCIES], ids=["demo", "three_agencies"])
def test_the_registries_of_this_repository_are_sound(folder: Path) -> None:
    assert check_registry(folder) == []


# Every case: file, what stands there once, what replaces it, and the beginning and a later part of the message.
CELL_CASES = {
    "integer": (
        "procedures.csv", ",10,working_day,", ",mười,working_day,",
        "procedures.csv, line 2, column deadline_length: 'mười' ", "like 5",
    ),
    "too small": (
        "procedures.csv", ",10,working_day,", ",0,working_day,",
        "procedures.csv, line 2, column deadline_length: '0' ", "The least is 1",
    ),
    "too large": (
        "procedures.csv", ",3,T99.01,", ",5,T99.01,",
        "procedures.csv, line 2, column online_level: '5' ", "The most is 4",
    ),
    "date": (
        "calendar_overrides.csv", "2024-03-13,", "13/03/2024,",
        "calendar_overrides.csv, line 2, column calendar_date: '13/03/2024' ", "like 2015-07-01",
    ),
    "date that does not exist": (
        "calendar_overrides.csv", "2024-03-13,", "2024-02-30,",
        "calendar_overrides.csv, line 2, column calendar_date: '2024-02-30' ", "is not a date",
    ),
    "boolean": (
        "calendar_overrides.csv", "2024-03-16,1,", "2024-03-16,có,",
        "calendar_overrides.csv, line 3, column is_working_day: 'có' ", "1 (yes) or 0 (no)",
    ),
    "parameter's own type": (
        "policy_parameters.csv", "receipt_cutoff,16:00,", "receipt_cutoff,16h,",
        "policy_parameters.csv, line 3, column value: '16h' ", "like 15:00",
    ),
    "office hours": (
        "policy_parameters.csv", "office_hours,07:00-11:30;13:00-16:30,", "office_hours,07:00-11:30,",
        "policy_parameters.csv, line 20, column value: '07:00-11:30' ", "like 07:30-11:30;13:30-17:00",
    ),
    "parameter's own list": (
        "policy_parameters.csv", ",leaves_cohort,", ",stays,",
        "policy_parameters.csv, line 5, column value: 'stays' ", "Use leaves_cohort",
    ),
    "decimal comma": (
        "policy_parameters.csv", "alpha,0.05,", 'alpha,"0,05",',
        "policy_parameters.csv, line 2, column value: '0,05' ", "decimal point",
    ),
    "bound that is not allowed itself": (
        "policy_parameters.csv", "alpha,0.05,", "alpha,1,",
        "policy_parameters.csv, line 2, column value: '1' ", "less than 1",
    ),
    "empty but required": (
        "labels.csv", "\nfield_code,tu_phap,Tư pháp,", "\nfield_code,tu_phap,,",
        "labels.csv, line 7, column label_vi: '' is empty", "required",
    ),
    "stray space": (
        "agencies.csv", ",Hòa Thử,", ",Hòa Thử ,",
        "agencies.csv, line 4, column short_name: 'Hòa Thử ' ", "Remove the space",
    ),
    "decomposed letters": (
        "agencies.csv", ",Hòa Thử,", f",{unicodedata.normalize('NFD', 'Hòa Thử')},",
        "agencies.csv, line 4, column short_name: ", "NFC",
    ),
    "closed list": (
        "procedures.csv", "10,working_day,", "10,week,",
        "procedures.csv, line 2, column deadline_unit: 'week' ", "Use one of: working_day, calendar_day, hour",
    ),
    "interval that ends where it begins": (
        "procedures.csv", "2021-07-01,2024-02-15,", "2021-07-01,2021-07-01,",
        "procedures.csv, line 2, column valid_to: '2021-07-01' ", "valid_from 2021-07-01",
    ),
    "dangling reference": (
        "procedures.csv", ",3,T99.01,", ",3,T99.09,",
        "procedures.csv, line 2, column owner_agency_id: 'T99.09' ", "agencies.csv",
    ),
    "dangling parent": (
        "agencies.csv", ",huyen,huyen,huyen,,", ",huyen,huyen,huyen,SNV,",
        "agencies.csv, line 4, column parent_agency_id: 'SNV' ", "agencies.csv",
    ),
    "overlapping validity": (
        "procedures.csv", "1.000110,2024-02-15,", "1.000110,2024-02-14,",
        "procedures.csv, line 3, column valid_from: '2024-02-14' ", "validity of line 2",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "place", "hint"), CELL_CASES.values(), ids=CELL_CASES.keys())
def test_a_wrong_cell_is_named_by_file_line_and_column(
    registry: Path, file: str, old: str, new: str, place: str, hint: str
) -> None:
    edit(registry, file, old, new)
    message = str(check_registry(registry)[0])
    assert message.startswith(place)
    assert hint in message


def test_a_missing_file_is_named(registry: Path) -> None:
    (registry / "labels.csv").unlink()
    assert str(_only_problem(registry)).startswith("labels.csv: the file is missing")


def test_a_missing_agency_file_does_not_make_every_reference_a_problem(registry: Path) -> None:
    (registry / "agencies.csv").unlink()
    assert _only_problem(registry).file == "agencies.csv"


def test_a_missing_column_is_named(registry: Path) -> None:
    path = registry / "calendar_overrides.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line.rsplit(",", 1)[0] for line in lines), encoding="utf-8")
    message = str(_only_problem(registry))
    assert message.startswith("calendar_overrides.csv, line 1, column source_document: the column is missing")


def test_an_unknown_column_is_named_with_the_nearest_known_one(registry: Path) -> None:
    edit(registry, "procedures.csv", "deadline_unit", "deadline_units")
    messages = [str(problem) for problem in check_registry(registry)]
    assert messages[0].startswith("procedures.csv, line 1, column deadline_unit: the column is missing")
    assert messages[1].startswith("procedures.csv, line 1, column deadline_units: the column is not known")
    assert messages[1].endswith("Perhaps deadline_unit is meant.")


def test_a_column_given_twice_is_named(registry: Path) -> None:
    edit(registry, "agencies.csv", "basis,note", "basis,basis")
    messages = [str(problem) for problem in check_registry(registry)]
    assert any(text.startswith("agencies.csv, line 1, column basis: the column appears more") for text in messages)


def test_a_file_that_is_not_utf_8_is_named_with_the_line_of_the_first_bad_byte(registry: Path) -> None:
    path = registry / "procedures.csv"
    path.write_bytes(path.read_bytes().replace("Xác minh".encode(), "Xác minh".encode("latin-1")))
    message = str(_only_problem(registry))
    assert message.startswith("procedures.csv, line 5: byte ")
    assert "is not UTF-8" in message


def test_a_byte_order_mark_is_no_problem(registry: Path) -> None:
    path = registry / "labels.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert check_registry(registry) == []


def test_a_row_with_a_comma_too_many_is_named(registry: Path) -> None:
    edit(registry, "agencies.csv", "Sở Tư pháp tỉnh Thử Nghiệm", "Sở Tư pháp, tỉnh Thử Nghiệm")
    problems = check_registry(registry)
    assert str(problems[0]).startswith("agencies.csv, line 3: the row has 18 cells, the header 17")


def test_an_unclosed_quotation_mark_is_named(registry: Path) -> None:
    edit(registry, "calendar_overrides.csv", "Ngày hội", '"Ngày hội')
    assert str(_only_problem(registry)).startswith("calendar_overrides.csv, line ")


def test_lines_are_counted_over_cells_with_line_breaks(registry: Path) -> None:
    edit(registry, "agencies.csv", "illustrative,district level ends", 'illustrative,"district level\nends')
    edit(registry, "agencies.csv", "ends 01/07/2025", 'ends"')
    append(registry, "agencies.csv", "T99.04,2021-7-1,,Sở Y tế,Sở Y tế,so,so,so,,,1,1,1,1,1,illustrative,")
    message = str(_only_problem(registry))
    assert message.startswith("agencies.csv, line 6, column valid_from: '2021-7-1' ")


def test_a_key_given_twice_is_named_with_both_lines(registry: Path) -> None:
    append(registry, "calendar_overrides.csv", "2024-03-13,1,,QĐ khác")
    message = str(_only_problem(registry))
    assert message.startswith("calendar_overrides.csv, line 4, column calendar_date: '2024-03-13' ")
    assert "line 2 again" in message


def test_a_dated_key_given_twice_from_one_day_is_one_problem(registry: Path) -> None:
    append(registry, "policy_parameters.csv", "alpha,0.10,2021-07-01,,methods §2.3")
    message = str(_only_problem(registry))
    assert message.startswith("policy_parameters.csv, line 25, column parameter: 'alpha' ")


@pytest.mark.parametrize("spelling", ["H. Hòa Thử", "h. hoà  thử", "H.\u00a0HÒA THỬ"])
def test_an_alias_that_leads_to_two_agencies_on_one_day_is_named(registry: Path, spelling: str) -> None:
    append(registry, "agency_aliases.csv", f"{spelling},T99.01,2024-01-01,,illustrative")
    message = str(_only_problem(registry))
    assert message.startswith(f"agency_aliases.csv, line 16, column alias: '{spelling}' leads to T99.01")
    assert "on line 11 to T99.03" in message


def test_an_alias_may_lead_to_another_agency_from_the_next_day(registry: Path) -> None:
    append(registry, "agency_aliases.csv", "H. Hòa Thử,T99.01,2025-07-01,,illustrative")
    assert check_registry(registry) == []


def test_labels_of_the_code_need_no_row_and_a_row_rewords_them(registry: Path, tmp_path: Path) -> None:
    append(registry, "labels.csv", "severity,critical,Rất nặng,Grave,7")
    write_registry(registry, tmp_path / "inputs", date(2026, 12, 31))
    labels = pq.read_table(tmp_path / "inputs" / "labels.parquet").to_pylist()
    severity = {row["value"]: (row["label_vi"], row["sort_order"]) for row in labels if row["list_name"] == "severity"}
    assert severity == {"critical": ("Rất nặng", 7), "warning": ("Cảnh báo", 2)}


def test_a_label_makes_no_value_of_a_list_that_is_the_codes(registry: Path) -> None:
    append(registry, "labels.csv", "deadline_unit,week,Tuần,Week,4")
    assert check_registry(registry) == []
    edit(registry, "procedures.csv", "10,working_day,", "10,week,")
    assert "'week' is not in the list deadline_unit" in str(_only_problem(registry))


def test_a_label_makes_a_value_of_an_open_list(registry: Path) -> None:
    append(registry, "labels.csv", "unit_kind,dac_khu,Đặc khu,Special zone,8")
    edit(registry, "agencies.csv", ",Hòa Thử,huyen,", ",Hòa Thử,dac_khu,")
    assert check_registry(registry) == []


def test_a_list_of_the_province_without_any_label_is_one_line(registry: Path) -> None:
    path = registry / "labels.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("field_code,")), encoding="utf-8")
    (line,) = describe_problems(check_registry(registry), "en")
    assert "is in the list field_code, of which labels.csv has no row" in line


def test_a_missing_parameter_is_named_unless_it_has_a_default(registry: Path) -> None:
    edit(registry, "policy_parameters.csv", "reregister_days,3,2021-07-01,,methods §2.3\n", "")
    assert check_registry(registry) == []
    edit(registry, "policy_parameters.csv", "calendar_from,", "#calendar_from,")
    messages = [str(problem) for problem in check_registry(registry)]
    assert messages[0].startswith("policy_parameters.csv, column parameter: the parameter calendar_from is missing")


def test_a_parameter_with_a_default_need_not_stand_in_the_registry(registry: Path) -> None:
    optional = {name for name, parameter in declaration().parameters.items() if parameter.optional}
    assert optional == {"calendar_due_moves", "province_code"}
    stated = (registry / "policy_parameters.csv").read_text(encoding="utf-8")
    assert not any(name in stated for name in optional)
    assert check_registry(registry) == []


def test_a_misspelt_parameter_is_named(registry: Path) -> None:
    append(registry, "policy_parameters.csv", "reciept_cutoff,15:00,2021-07-01,,methods §2.3")
    message = str(_only_problem(registry))
    assert message.startswith("policy_parameters.csv, line 25, column parameter: 'reciept_cutoff' ")


def test_a_broken_registry_is_not_written_and_every_problem_is_listed(registry: Path, tmp_path: Path) -> None:
    edit(registry, "procedures.csv", "10,working_day,", "ten,working_day,")
    append(registry, "calendar_overrides.csv", "2024-13-01,1,,QĐ khác")
    target = tmp_path / "inputs"
    with pytest.raises(RegistryError) as raised:
        write_registry(registry, target, date(2026, 12, 31))
    assert len(raised.value.problems) == 2
    text = str(raised.value)
    assert text.startswith(f"The registry in {registry} has 2 problems:\n  calendar_overrides.csv, line 4, column ")
    assert "\n  procedures.csv, line 2, column deadline_length: 'ten' " in text
    assert not target.exists()


def test_what_is_written_has_the_declared_types_and_empty_is_null(registry: Path, tmp_path: Path) -> None:
    target = tmp_path / "inputs"
    write_registry(registry, target, date(2026, 12, 31))
    assert {path.name for path in target.iterdir()} == {
        f"{name}.parquet"
        for name in (*declaration().tables, "agency_features", "calendar", "criteria_levels", "scales")
    }
    procedures = pq.read_table(target / "procedures.parquet")
    types = {field.name: str(field.type) for field in procedures.schema}
    assert (types["procedure_code"], types["valid_from"], types["deadline_length"]) == (
        "string",
        "date32[day]",
        "int64",
    )
    assert procedures.column_names == (registry / "procedures.csv").read_text(encoding="utf-8").split("\n")[0].split(
        ","
    )
    first, last = procedures.to_pylist()[0], procedures.to_pylist()[-1]
    assert (first["procedure_code"], first["valid_to"], first["deadline_length"]) == ("1.000110", date(2024, 2, 15), 10)
    assert (last["valid_to"], last["owner_agency_id"]) == (None, None)


def test_the_levels_say_of_a_criterion_all_that_it_stands_under() -> None:
    rows = [
        {"set_id": "S", "criterion_code": code, "parent_code": parent}
        for code, parent in (("1.1.a", "1.1"), ("1", ""), ("1.1", "1"), ("2", ""))
    ]
    assert [(row.criterion_code, row.ancestor_code, row.level) for row in levels_of(rows)] == [
        *(("1.1.a", "1.1.a", 4), ("1.1.a", "1.1", 4), ("1.1.a", "1", 4)),
        *(("1", "1", 2), ("1.1", "1.1", 3), ("1.1", "1", 3), ("2", "2", 2)),
    ]


def test_the_written_calendar_follows_the_overrides_and_both_ends(registry: Path, tmp_path: Path) -> None:
    write_registry(registry, tmp_path, date(2026, 12, 31))
    calendar = {row["calendar_date"]: row for row in pq.read_table(tmp_path / "calendar.parquet").to_pylist()}
    assert (min(calendar), max(calendar)) == (date(2023, 1, 1), date(2026, 12, 31))
    assert calendar[date(2024, 3, 13)] == {
        "calendar_date": date(2024, 3, 13),
        "is_working_day": False,
        "holiday_name": "Ngày hội tỉnh Thử Nghiệm (thay cho ngày 16/03/2024)",
        "source_document": "QĐ thử nghiệm 01/2024",
    }
    assert calendar[date(2024, 3, 16)]["is_working_day"]
    assert calendar[date(2024, 3, 16)]["holiday_name"] is None


def test_the_demo_calendar_has_tet_2014_as_decided_where_the_holiday_rules_are_wrong(tmp_path: Path) -> None:
    # Official letter 10525/VPCP-KGVX: off from Tue 28/01 to Wed 05/02/2014, worked on Sat 25/01 and Sat 08/02.
    write_registry(DEMO, tmp_path, date(2017, 12, 31))
    calendar = pq.read_table(tmp_path / "calendar.parquet").to_pylist()
    worked = [
        row["calendar_date"].strftime("%d/%m")
        for row in calendar
        if date(2014, 1, 24) <= row["calendar_date"] <= date(2014, 2, 9) and row["is_working_day"]
    ]
    assert worked == ["24/01", "25/01", "27/01", "06/02", "07/02", "08/02"]


def test_writing_again_replaces_the_files_and_leaves_nothing_else(registry: Path, tmp_path: Path) -> None:
    target = tmp_path / "inputs"
    write_registry(registry, target, date(2026, 12, 31))
    edit(registry, "policy_parameters.csv", ",16:00,", ",15:30,")
    write_registry(registry, target, date(2026, 12, 31))
    values = pq.read_table(target / "policy_parameters.parquet").column("value").to_pylist()
    assert "15:30" in values
    assert [path.name for path in target.iterdir() if path.suffix != ".parquet"] == []


def test_the_demo_has_the_42_agencies_and_a_procedure_for_each_one_stop() -> None:
    agencies, procedures = demo_rows("agencies"), demo_rows("procedures")
    assert len({row["agency_id"] for row in agencies if row["cchc_group"]}) == 42
    owners = {row["owner_agency_id"] for row in procedures}
    without = [
        row["agency_id"]
        for row in agencies
        if row["cchc_group"] not in ("", "huyen") and row["has_one_stop"] == "1" and row["agency_id"] not in owners
    ]
    assert without == []
    assert "" in owners


def test_the_demo_has_deadlines_that_changed_inside_2015() -> None:
    deadlines: dict[str, list[str]] = defaultdict(list)
    for row in demo_rows("procedures"):
        if row["valid_to"].startswith("2015-") or row["valid_from"].startswith("2015-"):
            deadlines[row["procedure_code"]].append(row["deadline_length"])
    assert len(deadlines) >= 2
    assert all(len(set(lengths)) == 2 for lengths in deadlines.values())


@pytest.mark.parametrize(
    ("written", "agency_id"),
    [
        ("UBND TP. Nha Trang", "H568"),
        ("UBND thành phố Nha Trang", "H568"),
        ("Ninh Hoà", "H572"),
        ("UBND TX. NINH HÒA", "H572"),
        ("Uỷ ban nhân dân huyện Vạn Ninh", "H571"),
        ("Sở Lao động - Thương binh và Xã hội", "SLDTBXH"),
        ("Lao động, Thương binh và Xã hội", "SLDTBXH"),
        ("LĐTBXH", "SLDTBXH"),
        ("Sở Công thương", "SCT"),
        ("Công Thương", "SCT"),
        ("NHNN Chi nhánh tỉnh", "NHNN"),
        ("STNMT", "STNMT"),
        ("Phường Vạn Thắng, TP. Nha Trang", "X22345"),
        ("UBND xã Vạn Thắng, huyện Vạn Ninh", "X22516"),
        ("Trạm Y tế xã Vạn Thắng, huyện Vạn Ninh", "T22516"),
        ("UBND phường Vĩnh Hoà", "X22327"),
        ("Diên Khánh", "H574"),
        ("BV Da liễu", "BV08"),
    ],
)
def test_names_as_files_write_them_lead_to_one_agency_of_the_demo(written: str, agency_id: str) -> None:
    leads_to = {
        row["agency_id"]
        for row in demo_rows("agency_aliases")
        if normalise_name(row["alias"]) == normalise_name(written)
    }
    assert leads_to == {agency_id}


def test_the_labels_of_sources_are_the_titles_of_their_contracts(registry: Path, tmp_path: Path) -> None:
    write_registry(registry, tmp_path / "inputs", date(2026, 12, 31))
    labels = pq.read_table(tmp_path / "inputs" / "labels.parquet").to_pylist()
    assert {row["value"]: (row["label_vi"], row["label_en"]) for row in labels if row["list_name"] == "source"} == {
        name: (contract.title_vi, contract.title_en) for name, contract in load_contracts().items()
    }
    append(registry, "labels.csv", "source,dossiers,Hồ sơ,Dossiers,1")
    assert "column list_name: 'source' is filled from the source contracts" in str(_only_problem(registry))


def test_the_official_name_of_an_agency_needs_no_alias(registry: Path, tmp_path: Path) -> None:
    path = registry / "agency_aliases.csv"
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    assert check_registry(registry) == []
    write_registry(registry, tmp_path, date(2026, 12, 31))
    leads = {row["alias_key"]: row["agency_id"] for row in load_aliases(tmp_path).to_pylist()}
    assert leads == {
        normalise_name(name): key
        for name, key in (
            ("Sở Xây dựng tỉnh Thử Nghiệm", "T99.01"),
            ("Sở Tư pháp tỉnh Thử Nghiệm", "T99.02"),
            ("UBND huyện Hòa Thử", "T99.03"),
        )
    }


def test_an_alias_that_is_the_official_name_of_another_agency_is_named(registry: Path) -> None:
    append(registry, "agency_aliases.csv", "Sở Tư pháp tỉnh thử nghiệm,T99.01,2024-01-01,,illustrative")
    messages = [str(problem) for problem in check_registry(registry)]
    assert any("line 16, column alias" in text and "T99.02" in text for text in messages)
    edit(registry, "agency_aliases.csv", "Sở Tư pháp tỉnh Thử Nghiệm,T99.02,", "Sở TP,T99.02,")
    message = str(_only_problem(registry))
    assert message.startswith("agency_aliases.csv, line 16, column alias: 'Sở Tư pháp tỉnh thử nghiệm' leads to T99.01")
    assert "the official name of T99.02" in message


def test_a_name_that_two_agencies_bear_on_one_day_leads_nowhere(registry: Path, tmp_path: Path) -> None:
    append(registry, "agencies.csv", "T99.04,2021-07-01,,UBND xã Thử,Thử,commune,,,,,1,1,1,1,1,illustrative,")
    append(registry, "agencies.csv", "T99.05,2021-07-01,,UBND xã Thử,Thử,commune,,,,,1,1,1,1,1,illustrative,")
    assert check_registry(registry) == []
    write_registry(registry, tmp_path, date(2026, 12, 31))
    assert normalise_name("UBND xã Thử") not in load_aliases(tmp_path)["alias_key"].to_pylist()


def test_on_no_day_do_two_rows_lead_a_name_to_its_agency(registry: Path, tmp_path: Path) -> None:
    append(registry, "agency_aliases.csv", "h. hoà thử,T99.03,2022-01-01,2023-01-01,illustrative")
    write_registry(registry, tmp_path, date(2026, 12, 31))
    rows = [row for row in load_aliases(tmp_path).to_pylist() if row["alias_key"] == normalise_name("H. Hòa Thử")]
    assert len(rows) == 1


def test_problems_of_one_cause_are_one_line_with_a_count_and_examples(registry: Path) -> None:
    # Without its agencies every other table refers to nothing: 622 lines where the demo's are missing.
    demo = Path(shutil.copytree(DEMO, registry.parent / "demo"))
    path = demo / "agencies.csv"
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    problems = [problem for problem in check_registry(demo) if problem.cause == "dangling"]
    assert len(problems) > 600
    (line,) = describe_problems(problems, "en")
    assert line.startswith("agency_aliases.csv, line 2, column agency_id: 'SNV' is not a agency_id of agencies.csv.")
    assert f"[{len(problems)} of this kind: agency_aliases.csv " in line
    assert "survey_frames.csv 348 (line 2, 3, 4, …)" in line


def test_problems_are_said_in_vietnamese_by_setting(registry: Path) -> None:
    edit(registry, "procedures.csv", ",10,working_day,", ",mười,working_day,")
    with pytest.raises(RegistryError) as raised:
        write_registry(registry, registry.parent / "inputs", date(2026, 12, 31), "vi")
    assert str(raised.value).split("\n  ") == [
        f"Sổ đăng ký trong {registry} có 1 lỗi:",
        "procedures.csv, dòng 2, cột deadline_length: 'mười' không phải số nguyên. Ghi theo mẫu 5.",
    ]


def test_every_message_says_the_same_details_in_both_languages() -> None:
    def details(text: str | list[str]) -> set[str]:
        parts = [text] if isinstance(text, str) else text
        return {name for part in parts for _, name, _, _ in Formatter().parse(part) if name}

    assert [name for name, said in messages().items() if details(said["vi"]) != details(said["en"])] == []


def test_every_cause_that_a_check_reports_has_a_message() -> None:
    checks = Path(registry_module.__file__).parent
    reported = {
        cause
        for path in checks.glob("*.py")
        for cause in re.findall(r'\.report(?:_file)?\([^()]*?, "([a-z_0-9]+)"[,)]', path.read_text(encoding="utf-8"))
    }
    assert len(reported) > 30
    assert (
        reported - messages().keys() - {column for t in declaration().tables.values() for column in t.columns} == set()
    )


def test_the_labels_of_the_code_are_written_once() -> None:
    keys = [(label["list_name"], label["value"]) for label in code_labels()]
    assert len(keys) == len(set(keys))


def test_a_default_holds_wherever_no_row_does(registry: Path, tmp_path: Path) -> None:
    edit(registry, "policy_parameters.csv", "alpha,0.05,2021-07-01,,", "alpha,0.1,2021-07-01,2022-01-01,")
    append(registry, "policy_parameters.csv", "alpha,0.2,2023-01-01,2024-01-01,methods §2.3")
    write_registry(registry, tmp_path, date(2026, 12, 31))
    rows = pq.read_table(tmp_path / "policy_parameters.parquet").to_pylist()
    found = sorted((row["valid_from"], row["valid_to"], row["value"]) for row in rows if row["parameter"] == "alpha")
    assert found == [
        (date(1900, 1, 1), date(2021, 7, 1), "0.05"),
        (date(2021, 7, 1), date(2022, 1, 1), "0.1"),
        (date(2022, 1, 1), date(2023, 1, 1), "0.05"),
        (date(2023, 1, 1), date(2024, 1, 1), "0.2"),
        (date(2024, 1, 1), None, "0.05"),
    ]
