"""Tests every rule of the survey forms on a form that keeps it and one that breaks it."""

from datetime import date
from pathlib import Path

import pytest

from expectations.engine import Validator
from expectations.rules import load_rules
from expectations.validate import judge_batches
from tests.support.judged import FORMS, GOOD_FORM, answer_form, deliver, findings, write_survey_registry

GOOD = "345345"
# Changes of the good form, its answers, and the codes of exactly the rules that each change breaks.
FORMS_AND_FAULTS: list[tuple[dict, str, set[str]]] = [
    ({}, GOOD, set()),
    ({"agency_id": "SNV", "channel": "kiosk", "sampling_basis": "volunteer"}, GOOD, set()),
    ({}, "3453bb", set()),
    ({"form_id": None}, GOOD, {"SUR-01"}),
    ({"form_id": "P-TWICE"}, GOOD, {"SUR-02"}),
    ({"agency_id": None}, GOOD, {"SUR-03"}),
    ({"questionnaire_version": "v9"}, GOOD, {"SUR-04"}),
    ({"agency_id": "X22366"}, GOOD, {"SUR-05"}),
    ({"interviewed_date": None}, GOOD, {"SUR-06"}),
    ({"interviewed_date": date(2016, 1, 1)}, GOOD, {"SUR-07"}),
    ({"interviewed_date": date(2014, 8, 11)}, GOOD, {"SUR-08"}),
    ({"channel": "Bồ câu"}, GOOD, {"SUR-09"}),
    ({"channel": None}, GOOD, {"SUR-10"}),
    ({"sampling_basis": "Quen biết"}, GOOD, {"SUR-11"}),
    ({"sampling_basis": None}, GOOD, {"SUR-12"}),
    ({"channel": "kiosk"}, GOOD, {"SUR-13"}),
    ({"channel": "kiosk", "sampling_basis": None}, GOOD, {"SUR-12", "SUR-13"}),
    ({}, "34?3?5", {"SUR-14"}),
    ({}, "bbbbbb", {"SUR-15", "SUR-16"}),
    ({}, "", {"SUR-15", "SUR-16"}),
    ({}, "345bbb", {"SUR-16"}),
    ({"agency_id": "TTT"}, GOOD, {"SUR-17"}),
    ({"form_weight": None}, GOOD, {"SUR-19"}),
    ({"form_weight": 0}, GOOD, {"SUR-19"}),
    *[({"investigator_key": "k5"}, "555555", {"SUR-18"})] * 5,
    *[({"investigator_key": "k4"}, "555555", set())] * 4,
    ({"investigator_key": "k4"}, "555554", set()),
    ({"investigator_key": "k4", "interviewed_date": date(2015, 9, 16)}, "555555", set()),
]


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator()


def test_every_rule_finds_exactly_its_bad_forms(validator: Validator, tmp_path: Path) -> None:
    rules = load_rules()["survey_responses"]
    assert set().union(*(codes for _, _, codes in FORMS_AND_FAULTS)) == {rule.code for rule in rules.rules}
    rows = [
        {**GOOD_FORM, "form_id": f"P-{line}", "investigator_key": f"only-{line}", **change}
        for line, (change, _, _) in enumerate(FORMS_AND_FAULTS, start=1)
    ]
    items = [
        item for line, (_, answers, _) in enumerate(FORMS_AND_FAULTS, start=1) for item in answer_form(line, answers)
    ]
    # The earlier of two forms with one number is set aside before any rule.
    earlier = {**GOOD_FORM, "line": 900, "form_id": "P-TWICE", "outcome": "duplicate"}
    delivered = deliver(tmp_path / "load", FORMS, rows, [earlier], items)

    (judged,) = judge_batches(validator, rules, [delivered], write_survey_registry(tmp_path))

    expected = {line: codes for line, (_, _, codes) in enumerate(FORMS_AND_FAULTS, start=1) if codes}
    assert findings(judged) == expected
    assert {r.rule_code: r.n_failed for r in judged.rules} == {
        rule.code: sum(rule.code in codes for codes in expected.values()) for rule in rules.rules
    }
    assert all(result.n_evaluated == len(rows) for result in judged.rules)
