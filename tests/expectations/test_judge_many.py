"""Many deliveries of a source in one run of Great Expectations: each gets the same findings as alone."""

from datetime import date
from pathlib import Path

import pytest

from expectations import delivered as module
from expectations.delivered import Delivered
from expectations.engine import Validator
from expectations.rules import Rule, RuleFile, load_rules
from expectations.validate import Judgement, JudgementError, judge_batches
from tests.support.judged import (
    CRITERION_ROWS,
    FORMS,
    GOOD_FORM,
    answer_form,
    deliver,
    details,
    findings,
    good_workbook,
    write_assessment_registry,
    write_survey_registry,
)


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator()


def survey_night(folder: Path) -> tuple[list[Delivered], list[dict[int, set[str]]]]:
    """Writes three files that could interfere: the same form numbers and investigator, different data dates."""
    shared = {**GOOD_FORM, "investigator_key": "k"}
    rows = [{**shared, "form_id": f"P-{line}"} for line in (1, 2, 3)]
    answers = [item for line in (1, 2, 3) for item in answer_form(line, "555555")]
    again = {**rows[0], "line": 9, "outcome": "duplicate"}
    late = [{**shared, "form_id": "P-4", "interviewed_date": date(2015, 11, 1)}]
    deliveries = [
        deliver(folder / "a", FORMS, rows, [again], answers),
        deliver(folder / "b", FORMS, rows, (), answers),
        deliver(folder / "c", FORMS, late, (), answer_form(1, "4?4444"), date(2015, 10, 31)),
        deliver(folder / "all-aside", FORMS, [], [again], ()),
    ]
    return deliveries, [{1: {"SUR-02"}}, {}, {1: {"SUR-07", "SUR-14"}}, {}]


def assessment_night(folder: Path) -> tuple[list[Delivered], list[dict[int, set[str]]]]:
    """Writes one agency's workbook three times: correct, without a criterion, and with a wrong sum."""
    rows, aside = good_workbook()
    deliveries = [
        deliver(folder / "right", CRITERION_ROWS, rows, aside),
        deliver(folder / "short", CRITERION_ROWS, rows[1:], aside[:1]),
        deliver(folder / "wrong", CRITERION_ROWS, rows, [*aside[:4], {**aside[4], "appraised_points": 6}]),
    ]
    return deliveries, [{}, {3: {"ASM-16"}}, {8: {"ASM-17"}}]


def contents(judgement: Judgement) -> tuple[object, ...]:
    return judgement.rules, findings(judgement), details(judgement), judgement.n_critical


@pytest.mark.parametrize(
    ("source", "write_registry", "write_night"),
    [
        ("survey_responses", write_survey_registry, survey_night),
        ("assessments", write_assessment_registry, assessment_night),
    ],
)
def test_a_delivery_gets_the_same_findings_alone_and_with_others(
    source, write_registry, write_night, validator, tmp_path
):
    rules, registry = load_rules()[source], write_registry(tmp_path)
    deliveries, expected = write_night(tmp_path)

    together = [contents(judgement) for judgement in judge_batches(validator, rules, deliveries, registry)]

    assert [found for _, found, _, _ in together] == expected
    alone = [contents(judge_batches(validator, rules, [one], registry)[0]) for one in deliveries]
    assert together == alone


COUNTED = RuleFile(
    source="survey_responses",
    rules=[Rule(code="ABC-01", says="x", severity="critical", basis="y", row="form_id <> 'bad'")],
)


def many_small(folder: Path, n: int) -> list[Delivered]:
    return [
        deliver(folder / str(place), FORMS, [{"form_id": "good"}, {"form_id": "bad" if place % 2 else "good"}])
        for place in range(n)
    ]


@pytest.mark.parametrize(("bound", "value"), [("_MOST_DELIVERIES", 2), ("_MOST_BYTES", 1)])
def test_a_run_is_bounded_in_number_and_size_of_deliveries(bound, value, validator, tmp_path, monkeypatch):
    registry = write_assessment_registry(tmp_path)
    deliveries = many_small(tmp_path, 3)
    monkeypatch.setattr(module, bound, value)
    runs = validator._runs

    judged = judge_batches(validator, COUNTED, deliveries, registry)

    assert validator._runs - runs == (2 if bound == "_MOST_DELIVERIES" else 3)
    assert [judgement.n_critical for judgement in judged] == [0, 1, 0]
    assert [(r.n_evaluated, r.n_failed) for judgement in judged for r in judgement.rules] == [(2, 0), (2, 1), (2, 0)]


def test_an_expectation_and_a_predicate_that_disagree_raise(validator, tmp_path, monkeypatch):
    registry = write_assessment_registry(tmp_path)
    monkeypatch.setattr("expectations.validate.predicate", lambda *_: "(form_id = 'bad')")
    with pytest.raises(JudgementError, match="survey_responses: ABC-01 fails on 1 rows, its predicate on 3"):
        judge_batches(validator, COUNTED, many_small(tmp_path, 2), registry)
