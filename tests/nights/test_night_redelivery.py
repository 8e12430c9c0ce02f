"""Repeated files, damaged files and rollbacks: what readers see and what does not change."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.deliveries import read_rows
from tests.support.night_homes import PLAIN, Begun, FirstNight, Redelivery, TroubleNight
from tests.support.nights import Cchc, Outcome, copy_home, query, read_records, select
from tests.support.redeliveries import deliver_over_tolerance, resend_held, resend_same_bytes
from warehouse.config import Home


@dataclass(frozen=True)
class Story:
    """A publication rolled back, a night without anything new, then one with new deliveries of all kinds."""

    home: Home
    rollback: Outcome
    unchanged: Outcome
    shown_meanwhile: str
    renewed: Outcome

    def load(self, name: str) -> dict[str, Any]:
        (load,) = [load for load in read_records(self.home.loads) if load["original_name"] == name]
        return load


@pytest.fixture(scope="module")
def midsummer_begun(cchc: Cchc, first_night: FirstNight, tmp_path_factory: pytest.TempPathFactory) -> Begun:
    home = copy_home(first_night.home, tmp_path_factory.mktemp("midsummer") / "home")
    return Begun(home, cchc.start(home.root, *PLAIN, "--as-of", "2015-06-30"))


@pytest.fixture(scope="module")
def story(
    cchc: Cchc,
    trouble_night: TroubleNight,
    redelivery: Redelivery,
    midsummer_begun: Begun,
    tmp_path_factory: pytest.TempPathFactory,
) -> Story:
    # The night of midsummer is requested here so that it runs in parallel.
    assert midsummer_begun.home.inbox.is_dir()
    home = copy_home(trouble_night.home, tmp_path_factory.mktemp("redelivered") / "home")
    rollback = cchc(home.root, "rollback")
    unchanged = cchc(home.root, *PLAIN)
    shown = home.current.readlink().name
    shutil.copytree(redelivery.inbox, home.inbox, dirs_exist_ok=True)
    resend_same_bytes(home.inbox, home.inbox)
    deliver_over_tolerance(home.inbox, home.inbox)
    resend_held(home.inbox, home.inbox)
    return Story(home, rollback, unchanged, shown, cchc(home.root, *PLAIN))


def test_a_rollback_shows_the_previous_publication(
    story: Story, first_night: FirstNight, trouble_night: TroubleNight
) -> None:
    assert (story.rollback.exit_code, story.rollback.stderr) == (0, "")
    assert story.rollback.text == (
        f"Readers now see {first_night.publication_id} (before: {trouble_night.publication_id})."
    )


def test_a_rollback_stays_when_the_inputs_are_the_same(
    story: Story, first_night: FirstNight, trouble_night: TroubleNight
) -> None:
    assert (story.unchanged.exit_code, story.unchanged.stderr) == (0, "")
    assert f"nothing new: {trouble_night.publication_id} was rolled back and stays so" in story.unchanged.text
    assert story.shown_meanwhile == first_night.publication_id


def test_new_inputs_end_a_rollback(story: Story) -> None:
    assert (story.renewed.exit_code, story.renewed.stderr) == (3, "")
    assert story.home.current.readlink().name.startswith("0003-20151231-")
    ids = "SELECT left(publication_id, 4) FROM quality.publications ORDER BY 1"
    assert select(story.home, ids) == [("0001",), ("0002",), ("0003",)]


def test_the_same_bytes_under_another_name_are_known(story: Story) -> None:
    copy, original = story.load("hoso_ban_sao_20150101_20150630.csv"), story.load("hoso_20150101_20150630.csv")
    assert (copy["verdict_status"], copy["rows_read"], copy["rows_accepted"]) == ("known", 0, 0)
    assert f"dossiers-{original['load_seq']}" in copy["reason"]
    assert copy["load_id"] == original["load_id"]
    taken = f"SELECT count(*) FROM core.fct_dossier WHERE load_seq = {copy['load_seq']}"
    assert select(story.home, taken) == [(0,)]


def test_the_same_bytes_alone_are_nothing_new(cchc: Cchc, first_night: FirstNight, tmp_path: Path) -> None:
    home = copy_home(first_night.home, tmp_path / "home")
    resend_same_bytes(home.inbox, home.inbox)
    outcome = cchc(home.root, *PLAIN)
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert "nothing new: the same inputs are published" in outcome.stdout
    assert read_records(home.loads)[-1]["verdict_status"] == "known"
    assert home.current.readlink().name == first_night.publication_id


def test_a_held_file_sent_again_is_judged_again(story: Story) -> None:
    first = story.load("hoso_thieu_cot_20151201_20151231.csv")
    again = story.load("hoso_thieu_cot_lan_2_20151201_20151231.csv")
    assert again["load_id"] == first["load_id"]
    assert (again["verdict_status"], again["reason"]) == ("held", first["reason"])
    assert again["rows_read"] == again["rows_held"] == first["rows_held"]


def test_a_dossier_sent_again_replaces_the_older_state_in_every_mart(
    story: Story, trouble_night: TroubleNight, redelivery: Redelivery
) -> None:
    code = redelivery.dossier_code
    dossier = (
        "SELECT resolving_agency_id, CAST(date_trunc('month', due_adjusted_date) AS DATE), finished_at, is_on_time, "
        f"deadline_status FROM core.fct_dossier WHERE dossier_code = '{code}'"
    )
    ((agency, month, _, was_on_time, _),) = select(trouble_night.home, dossier)
    ((_, month_again, finished_at, is_on_time, status),) = select(story.home, dossier)
    assert (was_on_time, is_on_time, status) == (True, False, "late")
    assert finished_at == datetime(2015, 12, 30, 16)
    assert month_again == month
    counts = "SELECT month, agency_id, n_due_cohort, n_due_on_time FROM timeliness.on_time_by_agency_month"
    before, after = (
        {(m, a): (cohort, on_time) for m, a, cohort, on_time in select(home, counts)}
        for home in (trouble_night.home, story.home)
    )
    moved = {key: after[key] for key in before if after[key] != before[key]}
    assert moved == {(month, agency): (before[month, agency][0], before[month, agency][1] - 1)}


def test_everything_else_in_a_file_sent_again_stays_as_it_was(
    story: Story, trouble_night: TroubleNight, redelivery: Redelivery
) -> None:
    unchanged = (
        "SELECT * EXCLUDE (load_seq) FROM core.fct_dossier "
        f"WHERE dossier_code <> '{redelivery.dossier_code}' ORDER BY dossier_code"
    )
    assert select(story.home, unchanged) == select(trouble_night.home, unchanged)


def test_a_delivery_over_its_tolerance_is_held_and_nothing_of_it_is_published(story: Story) -> None:
    held = story.load("hoso_nhieu_loi_20151201_20151231.csv")
    assert held["verdict_status"] == "held"
    assert (held["rows_read"], held["rows_held"], held["rows_accepted"], held["rows_quarantined"]) == (40, 40, 0, 0)
    assert held["reason"].startswith("15 trên 40 dòng sai, quá mức cho phép (5 % và 10 dòng)")
    assert held["reason"] in story.renewed.text
    codes = {row["Mã hồ sơ"] for row in read_rows(story.home.inbox / "dossiers" / held["original_name"])}
    published = {code for (code,) in select(story.home, "SELECT dossier_code FROM core.fct_dossier")}
    assert len(codes) == 40
    assert not codes & published
    assert not (story.home.landing / "dossiers" / f"load_id={held['load_id']}").exists()


def test_every_bad_row_of_a_held_delivery_can_be_shown(cchc: Cchc, story: Story) -> None:
    held = story.load("hoso_nhieu_loi_20151201_20151231.csv")
    path = story.home.quarantine / "dossiers" / f"load_id={held['load_id']}" / "rows.parquet"
    rows = query(None, "SELECT line, rule_codes FROM read_parquet(?) ORDER BY line", str(path))
    assert rows == [(line, "DOS-05") for line in range(2, 17)]
    assert "line 16" in cchc(story.home.root, "quarantine", "show", str(held["load_seq"])).stdout


# Another day


@pytest.fixture(scope="module")
def midsummer(midsummer_begun: Begun) -> tuple[Home, Outcome]:
    return midsummer_begun.home, midsummer_begun.running.result()


def test_a_night_for_an_earlier_day_publishes_the_state_of_that_day(midsummer: tuple[Home, Outcome]) -> None:
    home, outcome = midsummer
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert home.current.readlink().name.startswith("0002-20150630-")
    assert select(home, "SELECT DISTINCT as_of_date FROM core.fct_dossier") == [(date(2015, 6, 30),)]
    ((last_month, last_end),) = select(
        home,
        "SELECT max(month), (SELECT max(finished_at) FROM core.fct_dossier WHERE end_reason IS NOT NULL) "
        "FROM timeliness.on_time_by_agency_month",
    )
    assert last_month == date(2015, 6, 1)
    assert last_end < datetime(2015, 7, 1)


def test_the_next_usual_night_shows_the_usual_day_again(
    cchc: Cchc, midsummer: tuple[Home, Outcome], first_night: FirstNight
) -> None:
    home, _ = midsummer
    outcome = cchc(home.root, *PLAIN)
    assert (outcome.exit_code, outcome.stderr) == (0, "")
    assert "a finished publication of these inputs is shown again" in outcome.text
    assert home.current.readlink().name == first_night.publication_id
