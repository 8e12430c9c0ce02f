"""Measures the simulated log: shares per agency and year, close to those that the marts compute."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from demo.courses import Ending
from demo.lives import Mark
from demo.log import YearOfDossiers
from demo.workdays import DAY, NEVER

_OFFERED_ONLINE = 3

Measures = dict[tuple[str, str], float]


def measure_year(log: Sequence[YearOfDossiers], year: int, last: date) -> Measures:
    """Returns per cent by (agency, measure) of one year, as known at the end of `last`, without empty measures.

    The measures are on_time_pct, online_pct, e_dossier_pct and notice_compliance_pct.
    """
    counted: dict[tuple[str, str], tuple[int, int]] = {}
    for part in log:
        for key, (good, cases) in _count(part, year, last).items():
            before = counted.get(key, (0, 0))
            counted[key] = before[0] + good, before[1] + cases
    shares = {key: 100 * good / cases for key, (good, cases) in counted.items() if cases}
    measures = {key: share for key, share in shares.items() if not key[1].startswith("notice:")}
    for agency in {agency for agency, _ in measures}:
        kinds = [share for (owner, name), share in shares.items() if owner == agency and name.startswith("notice:")]
        # A kind of notice that was never required counts in full.
        measures[agency, "notice_compliance_pct"] = (sum(kinds) + 100 * (5 - len(kinds))) / 5
    return measures


def _count(part: YearOfDossiers, year: int, last: date) -> dict[tuple[str, str], tuple[int, int]]:
    scene, lives = part.scene, part.lives
    official, course = scene.official, lives.course
    first_day, last_day = official.day(date(year, 1, 1)), official.day(date(year, 12, 31))
    now = official.end_of(last)

    def is_in_year(moment: NDArray[np.integer]) -> NDArray[np.bool_]:
        return (moment // DAY >= first_day) & (moment // DAY <= last_day)

    is_real = lives.mark == Mark.REAL
    received = is_real & is_in_year(lives.receipts.received)
    is_offered = received & (scene.province.online_level[lives.version] >= _OFFERED_ONLINE)
    due = official.at(course.due_index, 0)
    is_due = is_real & is_in_year(due) & (due <= now)
    ended_index = official.index[np.minimum(course.ended // DAY, len(official.index) - 1)]
    is_in_time = (course.ended <= now) & (ended_index <= course.due_index)
    is_dropped = (course.ending == Ending.WITHDRAWN) | (course.ending == Ending.STOPPED)
    is_in_cohort = is_due & ~(is_dropped & is_in_time)
    is_late = is_in_cohort & ~is_in_time
    is_refused = is_real & (course.ending == Ending.REFUSED) & is_in_year(course.ended)
    is_early = is_due & (course.ending == Ending.FINISHED) & (course.ended // DAY < due // DAY)
    has_events = is_real & lives.has_events
    guided, asked = lives.time_of("guidance_slip"), lives.time_of("supplement_notice")
    apologised, invited = lives.time_of("apology_reschedule_notice"), lives.time_of("early_result_invitation")
    is_collected_at_once = lives.time_of("returned") // DAY == course.ended // DAY
    is_asked_once = lives.time_of("second_supplement_notice") > now
    everyone = np.ones(len(lives), dtype=bool)
    cases = {
        "on_time_pct": (is_in_cohort, is_in_time & ~is_dropped),
        "online_pct": (is_offered, lives.channel == 1),
        "e_dossier_pct": (received, lives.e_file == 1),
        "notice:guidance": (has_events & (guided < NEVER) & is_in_year(guided), everyone),
        "notice:supplement": (has_events & (asked < NEVER) & is_in_year(asked), is_asked_once),
        "notice:apology": (has_events & is_late, apologised // DAY < due // DAY),
        "notice:refusal": (has_events & is_refused, everyone),
        "notice:invitation": (has_events & is_early & ~is_collected_at_once, invited // DAY < due // DAY),
    }
    agencies = scene.province.agency_ids
    counted: dict[tuple[str, str], tuple[int, int]] = {}
    for name, (of, is_good) in cases.items():
        total = np.bincount(lives.receipts.resolving[of], minlength=len(agencies))
        good = np.bincount(lives.receipts.resolving[of & is_good], minlength=len(agencies))
        for at in np.flatnonzero(total):
            counted[agencies[at], name] = int(good[at]), int(total[at])
    return counted
