"""Simulates the satisfaction survey of one year: the answers of every unit, with the resulting indices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from demo import conference
from demo.answers import Answers, draw_answers, draw_invalid
from demo.calibrate import close_exactly, count_satisfied
from demo.questionnaires import Unit

# Share of respondents to whom a question does not apply: they gave no feedback, or nothing was late.
_OFTEN_UNUSED = {"A4_4": 0.35, "A5_2": 0.4, "A5_3": 0.4, "C5_2": 0.45, "C5_3": 0.45, "T5_1": 0.25}
_FEWEST_VALID = 12
_LOWEST_RETURN = 0.92
# Communes of tied districts use these numbers of answers, which make a mean with few decimals exact.
_TIED_MULTIPLE, _TIED_UNUSED_ANSWERED = 5, 25


@dataclass(frozen=True)
class SurveyedUnit:
    """The forms of one unit: per index question the valid forms that answer it, and those that are satisfied."""

    unit: Unit
    n_valid: int
    n_invalid: int
    answered: NDArray[np.int64]
    satisfied: NDArray[np.int64]

    @property
    def index_pct(self) -> float:
        """The index in the questionnaire's official form (methods §3.1)."""
        return float(self.satisfied @ self.unit.questionnaire.steps(self.answered))

    def factor_pct(self, factor_code: str) -> float:
        """Returns the index over the questions of one factor, equally weighted."""
        of_factor = self.unit.questionnaire.in_factor(factor_code)
        return float(100 * np.mean(self.satisfied[of_factor] / self.answered[of_factor]))

    def draw_forms(self, rng: np.random.Generator) -> tuple[Answers, Answers]:
        """Draws the valid forms and the incomplete ones."""
        unused = np.array([item.code in _OFTEN_UNUSED for item in self.unit.questionnaire.index_items])
        valid = draw_answers(self.n_valid, self.answered, self.satisfied, unused, rng)
        return valid, draw_invalid(self.n_invalid, len(unused), rng)


def survey(units: Sequence[Unit], rng: np.random.Generator) -> list[SurveyedUnit]:
    """Decides the counts of every unit of one year so that they reproduce the figures of the conference.

    A unit without a conference figure gets an index drawn around 77. Deterministic in the state of `rng`.
    """
    targets = _targets(units, rng)
    surveyed = [_survey(unit, target, rng) for unit, target in zip(units, targets, strict=True)]
    for district in conference.TIED_DISTRICTS:
        places = [at for at, unit in enumerate(units) if _is_commune(unit) and unit.district_code == district]
        mean = conference.DISTRICT_MEANS.get(units[0].year, {}).get(district) if places else None
        if mean is not None:
            _tie([surveyed[at] for at in places], places, surveyed, Fraction(str(mean)))
    return surveyed


def _survey(unit: Unit, target: float, rng: np.random.Generator) -> SurveyedUnit:
    items = unit.questionnaire.index_items
    delivered = max(_FEWEST_VALID, round(unit.n_planned * rng.uniform(_LOWEST_RETURN, 1.0)))
    n_invalid = min(int(rng.binomial(delivered, 0.012)), delivered - _FEWEST_VALID)
    n_valid = delivered - n_invalid
    unused = np.array([_OFTEN_UNUSED.get(item.code, 0.0) for item in items])
    gaps = rng.binomial(n_valid, np.where(unused > 0, unused, rng.uniform(0.005, 0.05, len(items))))
    answered = np.maximum(n_valid - gaps, n_valid // 2)
    if _is_commune(unit) and unit.district_code in conference.TIED_DISTRICTS:
        usual = int(unit.n_planned * _LOWEST_RETURN) // _TIED_MULTIPLE * _TIED_MULTIPLE
        n_valid = max(n_valid, usual)
        n_invalid = delivered - n_valid
        answered = np.where(unused > 0, _TIED_UNUSED_ANSWERED, usual)
    leaning = rng.normal(0.0, 0.28, len(items))
    leaning += np.array([conference.WEAK_ITEMS.get(item.code, 0.0) for item in items])
    leaning += np.array([conference.WEAK_FACTORS.get((unit.agency_id, item.factor_code), 0.0) for item in items])
    satisfied = count_satisfied(answered, unit.questionnaire.steps(answered), target, leaning)
    return SurveyedUnit(unit, n_valid, n_invalid, answered, satisfied)


def _tie(tied: list[SurveyedUnit], places: list[int], surveyed: list[SurveyedUnit], mean: Fraction) -> None:
    weights = []
    for one in tied:
        factors = [item.factor_code for item in one.unit.questionnaire.index_items]
        weights.append([Fraction(1, len(set(factors)) * factors.count(factor)) for factor in factors])
    counts = close_exactly([one.answered for one in tied], [one.satisfied for one in tied], weights, mean)
    for place, one, satisfied in zip(places, tied, counts, strict=True):
        surveyed[place] = replace(one, satisfied=satisfied)


def _targets(units: Sequence[Unit], rng: np.random.Generator) -> list[float]:
    """Returns the target index of each unit; communes differ from their district's mean by amounts that cancel."""
    targets = []
    spread = {unit.agency_id: float(rng.normal(0.0, 3.0)) for unit in units}
    by_district: dict[str, list[float]] = {}
    for unit in units:
        if _is_commune(unit):
            by_district.setdefault(unit.district_code, []).append(spread[unit.agency_id])
    for unit in units:
        own = spread[unit.agency_id]
        published = conference.SATISFACTION.get(unit.year, {}) | conference.HOSPITALS.get(unit.year, {})
        districts = conference.DISTRICT_MEANS.get(unit.year, {})
        if unit.agency_id in published:
            targets.append(published[unit.agency_id])
        elif _is_commune(unit) and unit.district_code in districts:
            targets.append(districts[unit.district_code] + own - float(np.mean(by_district[unit.district_code])))
        elif unit.questionnaire.population == "health_stations":
            targets.append(conference.STATION_MEAN + own)
        else:
            targets.append(77.0 + own)
    return targets


def _is_commune(unit: Unit) -> bool:
    return unit.questionnaire.population == "communes"
