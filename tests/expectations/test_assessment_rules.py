"""Tests every rule of the CCHC workbooks on a workbook that keeps it and one that breaks it, all in one run."""

from collections.abc import Callable
from pathlib import Path

import pytest

from expectations.engine import Validator
from expectations.rules import load_rules
from expectations.validate import judge_batches
from tests.support.judged import (
    CRITERION_ROWS,
    Row,
    deliver,
    details,
    findings,
    good_workbook,
    write_assessment_registry,
)

Change = Callable[[list[Row], list[Row]], None]
EXCLUDED = {"is_applicable": False, "exclusion_document": "QĐ 12/QĐ-UBND"}
NOT_EXCLUDED = {"is_applicable": None, "exclusion_reason": None, "exclusion_document": None}


def change(line: int, **values: object) -> Change:
    def apply(rows: list[Row], aside: list[Row]) -> None:
        next(row for row in [*rows, *aside] if row["line"] == line).update(values)

    return apply


def change_all(**values: object) -> Change:
    return lambda rows, _: [row.update(values) for row in rows] and None  # type: ignore[func-returns-value]


def drop(line: int) -> Change:
    def apply(rows: list[Row], _: list[Row]) -> None:
        rows.remove(next(row for row in rows if row["line"] == line))

    return apply


def repeat_as_set_aside(line: int) -> Change:
    """Repeats a criterion above, so that the key sets the earlier row aside as a duplicate."""

    def apply(rows: list[Row], aside: list[Row]) -> None:
        aside.append({**next(row for row in rows if row["line"] == line), "line": 0, "outcome": "duplicate"})

    return apply


def set_aside(line: int) -> Change:
    """Sets aside a row that could not be typed; it still belongs to the workbook."""

    def apply(rows: list[Row], aside: list[Row]) -> None:
        row = next(row for row in rows if row["line"] == line)
        rows.remove(row)
        aside.append({**row, "outcome": "rejected"})

    return apply


def sums_above(rows: list[Row], aside: list[Row]) -> None:
    """Moves the sums into the headings of the areas, over the applicable maximum, and drops the sums below."""
    aside[:] = [
        {**aside[0], "max_points": 5, "appraised_points": 3.8},
        {**aside[2], "max_points": 6, "appraised_points": 2},
    ]
    assert rows


def second_agency(rows: list[Row], aside: list[Row]) -> None:
    """Adds another agency to the file, with sums of its own; it has a website, but is not surveyed."""
    rows += [{**row, "line": row["line"] + 10, "agency_id": "STC"} for row in rows]
    change(17, exclusion_reason="no_case_arose")(rows, aside)
    change(16, **EXCLUDED, exclusion_reason="no_survey")(rows, aside)
    aside += [{**row, "line": row["line"] + 10} for row in aside]
    change(19, max_points=2)(rows, aside)


def three_levels(rows: list[Row], aside: list[Row]) -> None:
    """A workbook of a commune: area A, criterion 1.1 with two components, criterion 1.2; sums at every level."""
    shared = {"year": 2015, "agency_id": "XA1", "workbook": "appraisal"}
    points = {"1.1.1": (5, 4), "1.1.2": (3, 2), "1.2": (2, 1)}
    rows[:] = [
        {**shared, "line": line, "criterion_code": code, "max_points": most, "appraised_points": given}
        for line, (code, (most, given)) in enumerate(points.items(), start=3)
    ]
    headings = [(1, "A", 10, 7, "group"), (2, "1.1", 8, 6, "group"), (6, None, 10, 7, "total")]
    aside[:] = [
        {
            **shared,
            "line": line,
            "criterion_code": code,
            "max_points": most,
            "appraised_points": given,
            "outcome": f"excluded:{outcome}",
        }
        for line, code, most, given, outcome in headings
    ]


def sums(points: float) -> list[Change]:
    """The sums of the area and of the whole workbook of three levels."""
    return [change(1, appraised_points=points), change(6, appraised_points=points)]


def beside(code: str, most: float, points: float) -> Change:
    """Bonus or penalty points below the total of the workbook of three levels."""

    def apply(rows: list[Row], _: list[Row]) -> None:
        line = max(6, *(row["line"] for row in rows)) + 1
        rows.append({**rows[0], "line": line, "criterion_code": code, "max_points": most, "appraised_points": points})

    return apply


ALL_LINES = (2, 3, 6, 7, 8)
WORKBOOKS: list[tuple[str, list[Change], dict[int, set[str]]]] = [
    ("appraisal", [], {}),
    ("self_assessment", [], {}),
    ("appraisal", [sums_above], {}),
    ("appraisal", [second_agency], {}),
    ("appraisal", [second_agency, change(20, appraised_points=5.9)], {18: {"ASM-17"}}),
    ("appraisal", [set_aside(6), change(9, max_points=None), change(10, max_points=None)], {}),
    ("appraisal", [change_all(year=2016)], {line: {"ASM-01"} for line in ALL_LINES}),
    ("appraisal", [change_all(year=None)], {line: {"ASM-01"} for line in ALL_LINES}),
    ("appraisal", [change(3, criterion_code="1.1O")], {3: {"ASM-02"}, 2: {"ASM-16"}}),
    ("appraisal", [change(3, criterion_code=None)], {3: {"ASM-02"}, 2: {"ASM-16"}}),
    ("appraisal", [change(8, max_points=3), change(9, max_points=7), change(10, max_points=13)], {8: {"ASM-03"}}),
    ("appraisal", [change(6, max_points=None), change(9, max_points=2), change(10, max_points=7)], {6: {"ASM-03"}}),
    (
        "self_assessment",
        [change(8, self_points=-1), change(9, self_points=-1), change(10, self_points=2.8)],
        {8: {"ASM-04"}},
    ),
    (
        "appraisal",
        [change(8, appraised_points=2.5), change(9, appraised_points=2.5), change(10, appraised_points=6.3)],
        {8: {"ASM-05"}},
    ),
    (
        "appraisal",
        [change(2, appraised_points=2.6), change(4, appraised_points=3.9), change(10, appraised_points=5.9)],
        {2: {"ASM-06"}},
    ),
    (
        "appraisal",
        [change(6, appraised_points=1), change(9, appraised_points=3), change(10, appraised_points=6.8)],
        {6: {"ASM-07"}},
    ),
    (
        "appraisal",
        [change(7, appraised_points=1), change(9, appraised_points=3), change(10, appraised_points=6.8)],
        {7: {"ASM-08"}},
    ),
    ("appraisal", [change(7, exclusion_document=None)], {7: {"ASM-09"}}),
    ("appraisal", [change(7, exclusion_reason=None)], {7: {"ASM-09"}}),
    ("appraisal", [change(7, exclusion_reason="Chưa làm")], {7: {"ASM-10"}}),
    ("appraisal", [change(7, exclusion_reason="no_iso")], {7: {"ASM-11"}}),
    (
        "self_assessment",
        [
            change(8, **EXCLUDED, self_points=None, exclusion_reason="no_one_stop"),
            change(9, self_points=0, max_points=4),
            change(10, self_points=3.8, max_points=9),
        ],
        {8: {"ASM-11"}},
    ),
    (
        "appraisal",
        [
            change(8, **EXCLUDED, appraised_points=None, exclusion_reason="no_case_arose"),
            change(9, appraised_points=None, max_points=4),
            change(10, appraised_points=3.8),
        ],
        {},
    ),
    ("appraisal", [change(7, **NOT_EXCLUDED), change(9, max_points=7)], {7: {"ASM-12"}}),
    ("appraisal", [change_all(agency_id=None)], {line: {"ASM-13"} for line in ALL_LINES}),
    (
        "appraisal",
        [change_all(agency_id="X22366"), change(7, exclusion_reason="no_case_arose")],
        {line: {"ASM-14"} for line in ALL_LINES},
    ),
    ("appraisal", [repeat_as_set_aside(8)], {8: {"ASM-15"}}),
    ("appraisal", [drop(6), change(9, max_points=3), change(10, max_points=8)], {2: {"ASM-16"}}),
    ("appraisal", [change(4, max_points=6)], {3: {"ASM-17"}}),
    ("appraisal", [change(10, appraised_points=5.9)], {8: {"ASM-17"}}),
    ("appraisal", [change(2, evidence_status="missing")], {2: {"ASM-18"}}),
    (
        "appraisal",
        [change(8, appraised_points=None), change(9, appraised_points=None), change(10, appraised_points=3.8)],
        {8: {"ASM-19"}},
    ),
    ("self_assessment", [change(8, self_points=None), change(9, self_points=0), change(10, self_points=3.8)], {}),
    ("appraisal", [change(2, evidence_status="đang bổ sung")], {2: {"ASM-18", "ASM-23"}}),
    ("bản nháp", [], {line: {"ASM-20"} for line in ALL_LINES}),
    ("combined", [change(2, appraised_points=2)], {}),
    ("self_assessment", [change(8, appraised_points_2=1.5)], {8: {"ASM-22"}}),
    ("appraisal", [change(8, appraised_points_1=2.5)], {8: {"ASM-05"}}),
    (
        "appraisal",
        [
            change(8, appraised_points=None, appraised_points_2=2),
            change(9, appraised_points=None),
            change(10, appraised_points=3.8),
        ],
        {},
    ),
    ("appraisal", [three_levels], {}),
    # A heading of an area under another number than the registry's.
    ("appraisal", [three_levels, change(1, criterion_code="I")], {}),
    ("appraisal", [three_levels, change(1, criterion_code="I", appraised_points=6)], {3: {"ASM-17"}}),
    ("appraisal", [three_levels, change(2, appraised_points=7)], {3: {"ASM-17"}}),
    ("appraisal", [three_levels, change(2, max_points=10, appraised_points=7)], {3: {"ASM-17"}}),
    ("appraisal", [three_levels, change(1, appraised_points=6)], {3: {"ASM-17"}}),
    ("appraisal", [three_levels, change(6, appraised_points=6)], {5: {"ASM-17"}}),
    # The second criterion may fall to -2; the third is judged by a survey that others make.
    ("appraisal", [three_levels, change(4, appraised_points=-2), change(2, appraised_points=2), *sums(3)], {}),
    (
        "appraisal",
        [three_levels, change(4, appraised_points=-3), change(2, appraised_points=1), *sums(2)],
        {4: {"ASM-05"}},
    ),
    ("appraisal", [three_levels, change(5, self_points=1)], {5: {"ASM-07"}}),
    ("appraisal", [three_levels, change(5, appraised_points=None), *sums(6)], {5: {"ASM-19"}}),
    # Bonus and penalty points in the printed total, or beside it; the penalty with either sign.
    ("appraisal", [three_levels, beside("T", 2, 1.5), beside("P", 3, 0.5), change(6, appraised_points=8)], {}),
    ("appraisal", [three_levels, beside("T", 2, 1.5), beside("P", 3, -0.5), change(6, appraised_points=8)], {}),
    ("appraisal", [three_levels, beside("T", 2, 1.5), beside("P", 3, 0.5)], {}),
    ("appraisal", [three_levels, beside("T", 2, 1.5), change(6, max_points=12, appraised_points=8.5)], {}),
    ("appraisal", [three_levels, beside("T", 2, 1.5), change(6, appraised_points=8)], {5: {"ASM-17"}}),
    ("appraisal", [three_levels, beside("T", 2, 2.5)], {7: {"ASM-05"}}),
    ("appraisal", [three_levels, beside("P", 3, -3.5)], {7: {"ASM-05"}}),
    (
        "appraisal",
        [three_levels, drop(4), change(2, max_points=5, appraised_points=4)],
        {3: {"ASM-16", "ASM-17"}, 5: {"ASM-17"}},
    ),
    (
        "appraisal",
        [change_all(agency_id="NT"), change(7, exclusion_reason="no_case_arose")],
        {line: {"ASM-21"} for line in ALL_LINES},
    ),
]


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator()


def test_every_rule_finds_exactly_its_bad_rows(validator: Validator, tmp_path: Path) -> None:
    rules = load_rules()["assessments"]
    expected = [codes for _, _, codes in WORKBOOKS]
    assert {code for lines in expected for codes in lines.values() for code in codes} == {r.code for r in rules.rules}
    deliveries = []
    for place, (workbook, changes, _) in enumerate(WORKBOOKS):
        rows, aside = good_workbook(workbook)
        for apply in changes:
            apply(rows, aside)
        deliveries.append(deliver(tmp_path / str(place), CRITERION_ROWS, rows, aside))

    judged = judge_batches(validator, rules, deliveries, write_assessment_registry(tmp_path))

    assert dict(enumerate(map(findings, judged))) == dict(enumerate(expected))
    for judgement, lines in zip(judged, expected, strict=True):
        assert {r.rule_code: r.n_failed for r in judgement.rules} == {
            rule.code: sum(rule.code in codes for codes in lines.values()) for rule in rules.rules
        }
    missing = expected.index({2: {"ASM-16"}})
    assert details(judged[missing]) == {2: "bảng chấm điểm thiếu tiêu chí 2.1"}
    wrong = expected.index({3: {"ASM-17"}})
    assert details(judged[wrong]) == {3: "dòng 4 ghi tổng không bằng tổng các dòng của nó"}
