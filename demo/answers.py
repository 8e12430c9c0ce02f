"""Draws survey forms from counts per question; respondents are mostly satisfied or mostly dissatisfied."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Reasons why a question has no answer; 0 means that it has one.
ANSWERED, DONT_KNOW, NOT_USED, BLANK = range(4)

_PERSON_SHARE = 0.75
_OF_UNSATISFIED = (0.08, 0.30)


@dataclass(frozen=True)
class Answers:
    """Forms x index questions: `values` 1..5, or 0 with the reason in `missing`."""

    values: NDArray[np.int8]
    missing: NDArray[np.int8]
    mood: NDArray[np.float64]


def draw_answers(
    forms: int,
    answered: NDArray[np.int64],
    satisfied: NDArray[np.int64],
    often_unused: NDArray[np.bool_],
    rng: np.random.Generator,
) -> Answers:
    """Draws the answers of `forms` valid forms with exactly these counts per question.

    The same respondents skip all `often_unused` questions; other gaps are spread so that every form stays valid.
    """
    questions = len(answered)
    mood = rng.normal(0.0, 1.0, forms)
    noise = rng.normal(0.0, 1.0, (forms, questions))
    feeling = _PERSON_SHARE * mood[:, None] + (1 - _PERSON_SHARE**2) ** 0.5 * noise
    missing = _draw_missing(forms, answered, often_unused, rng)
    # Missing answers rank last, so that the first `satisfied` of each question go to respondents who answered.
    order = np.argsort(np.where(missing == ANSWERED, -feeling, np.inf), axis=0)
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(forms)[:, None].repeat(questions, axis=1), axis=0)
    share = satisfied / answered
    delighted = np.round(satisfied * np.clip(0.9 * share - 0.35 + rng.normal(0, 0.05, questions), 0.05, 0.7))
    unsatisfied = answered - satisfied
    angry, cross = (np.round(unsatisfied * part) for part in _OF_UNSATISFIED)
    values = np.select(
        [missing != ANSWERED, rank < delighted, rank < satisfied, rank >= answered - angry, rank >= answered - cross],
        [0, 5, 4, 1, 2],
        default=3,
    )
    return Answers(values.astype(np.int8), missing, mood)


def draw_invalid(forms: int, questions: int, rng: np.random.Generator) -> Answers:
    """Draws incomplete forms: at most half of the questions are answered."""
    mood = rng.normal(-0.3, 1.0, forms)
    values = np.clip(np.round(3.7 + mood[:, None] + rng.normal(0, 0.6, (forms, questions))), 1, 5).astype(np.int8)
    given_up = rng.integers(2, questions // 2 + 1, forms)
    missing = np.where(np.arange(questions) >= given_up[:, None], BLANK, ANSWERED).astype(np.int8)
    return Answers(np.where(missing == ANSWERED, values, 0).astype(np.int8), missing, mood)


def draw_volunteers(forms: int, questions: int, rng: np.random.Generator) -> Answers:
    """Draws forms of volunteers at a kiosk: very satisfied or very dissatisfied."""
    mood = rng.choice([-1.6, 1.4], forms, p=(0.45, 0.55)) + rng.normal(0, 0.3, forms)
    values = np.clip(np.round(3.3 + 1.2 * mood[:, None] + rng.normal(0, 0.5, (forms, questions))), 1, 5)
    return Answers(values.astype(np.int8), np.zeros((forms, questions), dtype=np.int8), mood)


def overall(answers: Answers, rng: np.random.Generator) -> NDArray[np.int8]:
    """Draws the answer to the overall question, near the mean of the respondent's other answers."""
    given = np.maximum((answers.values > 0).sum(axis=1), 1)
    mean = answers.values.sum(axis=1) / given
    return np.clip(np.round(mean + rng.normal(0, 0.4, len(mean))), 1, 5).astype(np.int8)


def _draw_missing(
    forms: int, answered: NDArray[np.int64], often_unused: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.int8]:
    missing = np.zeros((forms, len(answered)), dtype=np.int8)
    skipping = rng.permutation(forms)
    gaps = np.zeros(forms)
    for at in np.flatnonzero(often_unused):
        left_out = skipping[: forms - int(answered[at])]
        missing[left_out, at] = NOT_USED
        gaps[left_out] += 1
    for at in np.flatnonzero(~often_unused):
        # Forms with the fewest gaps come first; the random number only breaks ties.
        left_out = np.argsort(gaps + rng.random(forms))[: forms - int(answered[at])]
        missing[left_out, at] = rng.choice([DONT_KNOW, NOT_USED, BLANK], len(left_out), p=(0.45, 0.1, 0.45))
        gaps[left_out] += 1
    return missing
