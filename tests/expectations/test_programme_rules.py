"""Tests every rule of the plan's snapshots and of citizen feedback on rows that keep it and one that breaks it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from expectations.engine import Validator
from expectations.rules import load_rules
from expectations.validate import judge_batches
from ingest.contract import load_contracts
from tests.support.judged import Row, deliver, details, findings, write_registry_table

UNTIL = date(2016, 3, 31)
GOOD_TASK: Row = {
    "month": date(2016, 3, 1),
    "objective_no": 10,
    "task_title": "Nhiệm vụ mô phỏng",
    "focus_topic": "procedures",
    "lead_agency_id": "STP",
    "due_date": date(2018, 6, 30),
    "progress_pct": 40,
    "status": "in_progress",
}
# Changes in task 7 of a whole snapshot -> the codes by line.
SNAPSHOTS: list[tuple[Row, dict[int, set[str]]]] = [
    ({}, {}),
    ({"progress_pct": 100, "status": "done"}, {}),
    ({"status": None, "progress_pct": 0}, {}),
    ({"task_no": 54}, {7: {"PLN-01"}, 1: {"PLN-11"}}),
    ({"objective_no": 11}, {7: {"PLN-02"}}),
    ({"objective_no": None}, {7: {"PLN-02"}}),
    ({"lead_agency_id": None}, {7: {"PLN-03"}}),
    ({"focus_topic": "Xây nhà"}, {7: {"PLN-04"}}),
    ({"due_date": None}, {7: {"PLN-05"}}),
    ({"progress_pct": 101}, {7: {"PLN-06"}}),
    ({"progress_pct": None, "status": None}, {7: {"PLN-06"}}),
    ({"status": "done"}, {7: {"PLN-07"}}),
    ({"progress_pct": 100}, {7: {"PLN-07"}}),
    ({"status": "gần xong"}, {7: {"PLN-08"}}),
    ({"month": date(2016, 2, 1)}, {7: {"PLN-09"}}),
    ({"task_no": 8}, {7: {"PLN-10"}, 8: {"PLN-10"}, 1: {"PLN-11"}}),
]
GOOD_FEEDBACK: Row = {
    "feedback_id": "PA-1",
    "channel": "portal",
    "received_at": "2016-03-01 09:00:00",
    "field_name": "Đất đai",
    "agency_id": "STP",
    "forwarded_at": "2016-03-02 09:00:00",
    "due_date": date(2016, 3, 10),
    "answered_at": "2016-03-08 09:00:00",
    "published_at": "2016-03-09 09:00:00",
    "is_satisfied": True,
}
NOTHING_YET = dict.fromkeys(("forwarded_at", "answered_at", "published_at", "is_satisfied"))
FEEDBACK: list[tuple[Row, set[str]]] = [
    ({}, set()),
    ({**NOTHING_YET, "due_date": None}, set()),
    ({"feedback_id": None}, {"FBK-01"}),
    ({"received_at": None}, {"FBK-02"}),
    ({"channel": "chim bồ câu"}, {"FBK-03"}),
    ({"agency_id": None}, {"FBK-04", "FBK-05"}),
    ({**NOTHING_YET, "agency_id": None}, {"FBK-05"}),
    ({"forwarded_at": "2016-02-28 09:00:00"}, {"FBK-06"}),
    ({"answered_at": "2016-02-28 09:00:00"}, {"FBK-07"}),
    ({"published_at": "2016-03-07 09:00:00"}, {"FBK-08"}),
    ({"answered_at": None, "is_satisfied": None}, {"FBK-08"}),
    ({"due_date": date(2016, 5, 31)}, {"FBK-09"}),
    ({"published_at": "2016-04-01 00:00:00"}, {"FBK-10"}),
    ({"answered_at": None, "published_at": None}, {"FBK-11"}),
    ({"field_name": "Chuyện nhà"}, {"FBK-12"}),
]


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator()


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("registry")
    write_registry_table(folder, "labels", [{"list_name": "field_code", "value": "dat_dai", "label_vi": "Đất đai"}])
    parameter = {"parameter": "alpha", "value": "0.05", "valid_from": "2011-01-01", "valid_to": None}
    write_registry_table(folder, "policy_parameters", [parameter])
    return folder


def test_every_rule_of_the_plan_finds_exactly_its_bad_tasks(
    validator: Validator, registry: Path, tmp_path: Path
) -> None:
    rules, schema = load_rules()["plan_tasks"], load_contracts()["plan_tasks"].row_schema()
    expected = [codes for _, codes in SNAPSHOTS]
    assert {code for lines in expected for codes in lines.values() for code in codes} == {r.code for r in rules.rules}
    deliveries = []
    for place, (change, _) in enumerate(SNAPSHOTS):
        rows = [{**GOOD_TASK, "task_no": no, **(change if no == 7 else {})} for no in range(1, 54)]
        deliveries.append(deliver(tmp_path / str(place), schema, rows, data_until=UNTIL))
    judged = judge_batches(validator, rules, deliveries, registry)
    assert dict(enumerate(map(findings, judged))) == dict(enumerate(expected))
    assert details(judged[3]) == {1: "báo cáo thiếu nhiệm vụ số 7"}


def test_every_rule_of_feedback_finds_exactly_its_bad_rows(
    validator: Validator, registry: Path, tmp_path: Path
) -> None:
    rules, schema = load_rules()["citizen_feedback"], load_contracts()["citizen_feedback"].row_schema()
    assert {code for _, codes in FEEDBACK for code in codes} == {rule.code for rule in rules.rules}
    rows = [{**GOOD_FEEDBACK, "feedback_id": f"PA-{line}", **change} for line, (change, _) in enumerate(FEEDBACK, 1)]
    (judged,) = judge_batches(validator, rules, [deliver(tmp_path / "one", schema, rows, data_until=UNTIL)], registry)
    assert findings(judged) == {line: codes for line, (_, codes) in enumerate(FEEDBACK, 1) if codes}
