"""The satisfaction marts against the formulas of methods §3 on the forms themselves, which agree with svy (1e-8).

A province of generated surveys, one design per agency: strata of known size, clusters, weights of the file, a census,
a stratum with one form, two questionnaires of different scales; a fifth of the answers is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pytest

from methods.design import estimate_variance, stratum_of
from methods.linearise import INDEX_FORMS, index
from tests.support.dbt_home import build_all, make_inputs, read_rows
from tests.support.dbt_registry import registry_tables
from warehouse.config import Home, Settings
from warehouse.engine import DbtProject

ITEMS = ("a1", "a2", "b1", "b2")
FACTORS = {"F1": ITEMS[:2], "F2": ITEMS[2:]}
WEIGHTS = np.array([0.4, 0.2, 0.3, 0.1])
FRAMES = {"north": 400, "south": 90, "east": 31}
CLUSTERS = {"north": 25, "south": 12}
AGENCIES = ("SRS", "STRATA", "CLUSTER", "WEIGHTED", "CENSUS", "LONELY", "TWICE")


def respondents(agency: str, seed: int) -> list[dict[str, Any]]:
    """The forms of one agency: stratum, cluster, weight, basis, questionnaire, and the answers (NaN where missing)."""
    rng = np.random.default_rng(seed)
    n = 90
    answers = np.clip(np.round(rng.normal(3.8, 1.1, (n, 1)) + rng.normal(0, 0.8, (n, len(ITEMS)))), 1, 5)
    answers[rng.random(answers.shape) < 0.2] = np.nan
    answers[np.isnan(answers).sum(axis=1) > 2] = 4
    strata = np.array(list(FRAMES))[rng.integers(0, 3, n)]
    if agency == "CLUSTER":
        strata = np.array(list(CLUSTERS))[rng.integers(0, 2, n)]
    if agency == "LONELY":
        strata = np.where(np.arange(n) == 0, "alone", "north")
    return [
        {
            "stratum": str(strata[i]) if agency in ("STRATA", "CLUSTER", "LONELY") else None,
            "psu": f"{strata[i]}{rng.integers(0, 6)}" if agency == "CLUSTER" else None,
            "form_weight": float(np.round(rng.uniform(0.5, 3), 2)) if agency == "WEIGHTED" else None,
            "sampling_basis": "census" if agency == "CENSUS" else None,
            "questionnaire_id": "QB" if agency == "TWICE" and i >= 50 else "QA",
            "answers": answers[i],
        }
        for i in range(n)
    ]


SURVEY = {agency: respondents(agency, seed) for seed, agency in enumerate(AGENCIES, start=11)}


def landed() -> list[dict[str, Any]]:
    return [
        {
            **{name: value for name, value in form.items() if name != "answers"},
            "form_id": f"{agency}-{number}",
            "agency_id": agency,
            "questionnaire_version": "v1",
            "interviewed_date": "2025-09-15",
            "item_code": item,
            "answer": None if np.isnan(answer) else int(answer),
            "missing_reason": "dont_know" if np.isnan(answer) else None,
        }
        for agency, forms in SURVEY.items()
        for number, form in enumerate(forms)
        for item, answer in zip(ITEMS, form["answers"], strict=True)
    ]


def registry() -> Mapping[str, Any]:
    tables = registry_tables()
    agency, questionnaire = tables["agencies"][0], tables["questionnaires"][0]
    item, frame = tables["questionnaire_items"][0], tables["survey_frames"][0]
    changed = {"min_answered_pct": "50"}
    return {
        "agencies": [{**agency, "agency_id": name} for name in AGENCIES],
        "agency_links": [],
        "policy_parameters": [
            {**row, "value": changed.get(str(row["parameter"]), row["value"])} for row in tables["policy_parameters"]
        ],
        "questionnaires": [{**questionnaire, "questionnaire_id": name} for name in ("QA", "QB")],
        "questionnaire_items": [
            {
                **item,
                "questionnaire_id": name,
                "item_code": code,
                "factor_code": next(factor for factor, codes in FACTORS.items() if code in codes),
                "weight": str(weight),
            }
            for name in ("QA", "QB")
            for code, weight in zip(ITEMS, WEIGHTS, strict=True)
        ],
        "survey_frames": [
            {**frame, "agency_id": name, "questionnaire_id": questionnaire_id, "n_planned": "120"}
            for name in AGENCIES
            for questionnaire_id in ("QA", "QB")[: 2 if name == "TWICE" else 1]
        ],
        "survey_strata": [
            *(
                {"year": "2025", "agency_id": "STRATA", "stratum": stratum, "frame_count": str(size)}
                for stratum, size in FRAMES.items()
            ),
            *(
                {
                    "year": "2025",
                    "agency_id": "CLUSTER",
                    "stratum": stratum,
                    "frame_count": str(40 * size),
                    "psu_count": str(size),
                }
                for stratum, size in CLUSTERS.items()
            ),
            *(
                {"year": "2025", "agency_id": "LONELY", "stratum": stratum, "frame_count": size}
                for stratum, size in (("alone", "30"), ("north", "500"))
            ),
        ],
        "criteria": [
            {**tables["criteria"][2], "measure": "satisfaction_index"},
            {**tables["criteria"][2], "criterion_code": "2.3", "measure": "factor_index", "factor_code": "F1"},
        ],
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    root = tmp_path_factory.mktemp("designs")
    home = make_inputs(root, survey=landed(), registry=registry(), as_of=date(2025, 11, 30))
    build_all(DbtProject(Settings(home=root)), home)
    return home


def linearised(agency: str, forms: list[dict[str, Any]], form: str, items: tuple[str, ...]):
    """Estimate, linearised values, stratum, PSU and population of the PSUs: the design as a textbook has it."""
    chosen = [ITEMS.index(item) for item in items]
    answers = np.array([one["answers"][chosen] for one in forms])
    strata, of_form = np.unique([one["stratum"] or "" for one in forms], return_inverse=True)
    counts = np.bincount(of_form)
    size = np.array([FRAMES.get(s, np.nan) for s in strata]) if agency == "STRATA" else np.full(len(strata), np.nan)
    if agency == "LONELY":
        size = np.array([{"alone": 30.0, "north": 500.0}[s] for s in strata])
    weights = np.array([one["form_weight"] or 1.0 for one in forms])
    if agency in ("STRATA", "LONELY"):
        weights = (size / counts)[of_form]
    if agency == "CLUSTER":
        weights = (np.array([40.0 * CLUSTERS[s] for s in strata]) / counts)[of_form]
        size = np.array([float(CLUSTERS[s]) for s in strata])
    if agency == "CENSUS":
        size = np.array([120.0])
    psu = np.unique([one["psu"] or str(i) for i, one in enumerate(forms)], return_inverse=True)[1]
    estimate, u = index(form, answers, WEIGHTS[chosen], weights)
    in_domain = ~np.isnan(answers).all(axis=1)
    return estimate, u, of_form, psu, in_domain, size[of_form]


def expected(agency: str, form: str, items: tuple[str, ...]) -> tuple[float, float, int]:
    """Estimate, standard error and df over the questionnaires of an agency, weighted by the forms that answer."""
    parts = []
    for name in ("QA", "QB"):
        forms = [one for one in SURVEY[agency] if one["questionnaire_id"] == name]
        if forms:
            estimate, u, stratum, psu, in_domain, size = linearised(agency, forms, form, items)
            design = estimate_variance(stratum_of(np.zeros(len(u), dtype=int), stratum, psu, u, in_domain, size), 1)
            parts.append((in_domain.sum(), estimate, design.variance[0], design.df[0]))
    n, estimates, variances, df = (np.array(values) for values in zip(*parts, strict=True))
    share = n / n.sum()
    return float(share @ estimates), float(np.sqrt(share**2 @ variances)), int(df.sum())


@pytest.mark.parametrize("agency", AGENCIES)
def test_every_index_has_the_standard_error_of_its_design(home: Home, agency: str) -> None:
    query = f"select index_form, estimate_pct, se, df from satisfaction.index_by_agency where agency_id = '{agency}'"
    rows = {row["index_form"]: (row["estimate_pct"], row["se"], row["df"]) for row in read_rows(home, query)}
    assert set(rows) == set(INDEX_FORMS)
    for form, found in rows.items():
        assert found == pytest.approx(expected(agency, form, ITEMS), rel=1e-9), form


@pytest.mark.parametrize("agency", AGENCIES)
def test_every_factor_has_the_standard_error_of_its_domain(home: Home, agency: str) -> None:
    columns = "factor_code, index_form, estimate_pct, se"
    rows = read_rows(home, f"select {columns} from satisfaction.index_by_factor where agency_id = '{agency}'")
    assert len(rows) == 2 * len(INDEX_FORMS)
    for row in rows:
        estimate, se, _ = expected(agency, row["index_form"], FACTORS[row["factor_code"]])
        assert (row["estimate_pct"], row["se"]) == pytest.approx((estimate, se), rel=1e-9), row


def test_a_stratum_with_one_form_weakens_the_variance_and_a_census_has_its_correction(home: Home) -> None:
    query = (
        "select agency_id, estimate_status from satisfaction.index_by_agency "
        "where is_official_form and agency_id in ('CENSUS', 'LONELY', 'STRATA') order by 1"
    )
    assert [tuple(row.values()) for row in read_rows(home, query)] == [
        ("CENSUS", "ok"),
        ("LONELY", "variance_weak"),
        ("STRATA", "ok"),
    ]


@pytest.mark.parametrize("agency", [agency for agency in AGENCIES if agency != "TWICE"])
def test_the_covariance_of_two_indexes_is_that_of_their_sum(home: Home, agency: str) -> None:
    rows = read_rows(
        home,
        "select factor_code, other_factor_code, covariance "
        f"from read_parquet('{home.inputs}/methods/survey_covariance.parquet') where agency_id = '{agency}'",
    )
    found = {(row["factor_code"], row["other_factor_code"]): row["covariance"] for row in rows}
    assert set(found) == {(a, b) for a in ("", "F1") for b in ("", "F1")}
    forms = SURVEY[agency]
    _, whole, stratum, psu, _, size = linearised(agency, forms, "top2_weighted", ITEMS)
    first = linearised(agency, forms, "top2_weighted", FACTORS["F1"])[1]

    def variance(u: np.ndarray) -> float:
        return float(
            estimate_variance(stratum_of(np.zeros(len(u), dtype=int), stratum, psu, u, None, size), 1).variance[0]
        )

    assert found["", ""] == pytest.approx(variance(whole), rel=1e-9)
    assert found["F1", "F1"] == pytest.approx(variance(first), rel=1e-9)
    total = found["", ""] + found["F1", "F1"] + found["", "F1"] + found["F1", ""]
    assert total == pytest.approx(variance(whole + first), rel=1e-9)
