"""Variances of generated surveys against the package svy: strata, clusters, weights, non-response, domains."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest
from svy import Design, Sample, col

from methods.design import estimate_variance, stratum_of
from methods.linearise import index, mean, ratio

N_ITEMS = 4
V = np.array([0.4, 0.3, 0.2, 0.1])
DESIGNS = {
    "clusters in strata": {"stratum": "stratum", "psu": "psu"},
    "strata": {"stratum": "stratum"},
    "clusters": {"psu": "psu"},
    "persons": {},
    "clusters in strata of known size": {"stratum": "stratum", "psu": "psu", "pop_size": "size"},
}


def generate(seed: int) -> pl.DataFrame:
    """Returns forms of a survey: answers 1 to 5 that depend on the cluster, a sixth of them missing."""
    rng = np.random.default_rng(seed)
    stratum = np.repeat(np.arange(5), rng.integers(30, 60, 5))
    n = len(stratum)
    psu = stratum * 100 + rng.integers(0, 7, n)
    mood = rng.normal(0, 0.8, 600)[psu] + rng.normal(0, 1, n)
    answers = np.clip(np.round(3.6 + mood[:, None] + rng.normal(0, 0.8, (n, N_ITEMS))), 1, 5)
    answers[rng.random((n, N_ITEMS)) < 1 / 6] = np.nan
    return pl.DataFrame(
        {
            "stratum": stratum,
            "psu": psu,
            "size": 20.0 + 5 * stratum,
            "weight": np.round(rng.uniform(0.5, 4, n), 3),
            "group": rng.integers(0, 3, n),
            **{f"q{item}": answers[:, item] for item in range(N_ITEMS)},
        }
    )


@pytest.fixture(scope="module", params=range(3))
def forms(request: pytest.FixtureRequest) -> pl.DataFrame:
    return generate(request.param)


def ours(forms: pl.DataFrame, design: dict[str, str], u: np.ndarray, in_domain: np.ndarray | None = None):
    zero, everyone = np.zeros(len(forms), dtype=int), np.arange(len(forms))
    stratum = forms["stratum"].to_numpy() if "stratum" in design else zero
    psu = forms["psu"].to_numpy() if "psu" in design else everyone
    size = forms["size"].to_numpy() if "pop_size" in design else None
    found = estimate_variance(stratum_of(zero, stratum, psu, u, in_domain, size), 1)
    return np.sqrt(found.variance[0]), found.df[0]


@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_a_mean_with_its_degrees_of_freedom(forms: pl.DataFrame, design: dict[str, str]):
    answered = forms.filter(pl.col("q0").is_not_nan())
    theirs = Sample(answered, Design(wgt="weight", **design)).estimation.mean("q0").estimates[0]
    estimate, u = mean(answered["q0"].to_numpy(), answered["weight"].to_numpy())
    se, df = ours(answered, design, u)
    assert (estimate, se, df) == pytest.approx((theirs.est, theirs.se, theirs.df), rel=1e-8)


@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_domains_keep_the_design(forms: pl.DataFrame, design: dict[str, str]):
    answered = forms.filter(pl.col("q1").is_not_nan())
    sample = Sample(answered, Design(wgt="weight", **design))
    for theirs in sample.estimation.mean("q1", by="group").estimates:
        in_domain = (answered["group"] == theirs.by_level[0]).to_numpy()
        estimate, u = mean(answered["q1"].to_numpy(), answered["weight"].to_numpy(), in_domain)
        se, df = ours(answered, design, u, in_domain)
        assert (estimate, se, df) == pytest.approx((theirs.est, theirs.se, theirs.df), rel=1e-8)


@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_a_ratio_is_the_pooled_share_of_satisfied_answers(forms: pl.DataFrame, design: dict[str, str]):
    answers = forms.select(f"q{item}" for item in range(N_ITEMS)).to_numpy()
    known = ~np.isnan(answers)
    counted = forms.with_columns(
        pl.Series("satisfied", (np.nan_to_num(answers) >= 4).sum(axis=1).astype(float)),
        pl.Series("answered", known.sum(axis=1).astype(float)),
    )
    theirs = Sample(counted, Design(wgt="weight", **design)).estimation.ratio("satisfied", "answered").estimates[0]
    w = forms["weight"].to_numpy()
    estimate, u = ratio(counted["satisfied"].to_numpy(), counted["answered"].to_numpy(), w)
    se, _ = ours(forms, design, u)
    assert (estimate, se) == pytest.approx((theirs.est, theirs.se), rel=1e-8)
    pooled, u = index("top2_pooled", answers, V, w)
    assert (pooled, ours(forms, design, u)[0]) == pytest.approx((100 * theirs.est, 100 * theirs.se), rel=1e-8)


def linear_forms() -> Iterator[tuple[str, int, int, bool]]:
    """The forms that are sums over items: name, scale, shift, and whether an answer counts as satisfied or not."""
    yield from (("mean_minmax", 25, 1, False), ("mean_of_five", 20, 0, False), ("top2_weighted", 100, 0, True))


@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_an_index_has_the_covariances_of_its_items(forms: pl.DataFrame, design: dict[str, str]):
    """A weighted sum of item means: its variance from the covariances that the package estimates of domain means."""
    answers = forms.select(f"q{item}" for item in range(N_ITEMS)).to_numpy()
    n, w = len(forms), forms["weight"].to_numpy()
    for form, scale, shift, is_share in linear_forms():
        # Each answer is a row of its person's PSU; the item is the domain: the means of domains have covariances.
        item = np.tile(np.arange(N_ITEMS), n)
        value = (answers >= 4).astype(float).ravel() if is_share else answers.ravel()
        rows = pl.DataFrame(
            {
                "value": np.nan_to_num(value),
                "item": item,
                "weight": np.repeat(w, N_ITEMS) * ~np.isnan(answers.ravel()),
                "psu": np.repeat(forms["psu"].to_numpy() if "psu" in design else np.arange(n), N_ITEMS),
                "stratum": np.repeat(forms["stratum"].to_numpy(), N_ITEMS),
                "size": np.repeat(forms["size"].to_numpy(), N_ITEMS),
            }
        ).with_columns(pl.col("psu").cast(pl.Utf8))
        theirs = Sample(rows, Design(wgt="weight", **{**design, "psu": "psu"})).estimation.mean("value", by="item")
        covariance = np.asarray(theirs.covariance)
        means = np.array([one.est for one in theirs.estimates])
        order = [one.by_level[0] for one in theirs.estimates]
        v = V[order]
        estimate, u = index(form, answers, V, w)
        se, _ = ours(forms, design, u)
        expected = (scale * (v @ means - shift), scale * np.sqrt(v @ covariance @ v))
        assert (estimate, se) == pytest.approx(expected, rel=1e-8)


def test_the_where_of_the_package_is_our_domain(forms: pl.DataFrame):
    sample = Sample(forms.filter(pl.col("q2").is_not_nan()), Design(wgt="weight", stratum="stratum", psu="psu"))
    answered = forms.filter(pl.col("q2").is_not_nan())
    theirs = sample.estimation.mean("q2", where=col("group") == 1).estimates[0]
    in_domain = (answered["group"] == 1).to_numpy()
    estimate, u = mean(answered["q2"].to_numpy(), answered["weight"].to_numpy(), in_domain)
    se, _ = ours(answered, {"stratum": "stratum", "psu": "psu"}, u, in_domain)
    assert (estimate, se) == pytest.approx((theirs.est, theirs.se), rel=1e-8)
