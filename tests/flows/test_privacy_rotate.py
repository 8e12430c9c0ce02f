"""`cchc privacy rotate`: landed pseudonyms under a new key, whole or not at all."""

from __future__ import annotations

import hmac
import shutil
import stat
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import warehouse.transaction
from flows.failures import UsageError
from flows.load.loading import collect, conform, judge, land
from flows.night import Night
from flows.privacy.rotate import next_version, rotate_key
from ingest.privacy import PseudonymKeyError
from tests.flows.test_leaks import GOOD, HEADERS, PERIOD, csv_of, load_all
from warehouse.config import Settings
from warehouse.ledger import Ledger, LoadRecord
from warehouse.lock import hold_writer_lock

NUMBER, OTHER = "079123456789", "079123456780"


def deliver(folder: Path, name: str, place: int, *numbers: str) -> None:
    rows = [
        GOOD.replace("-0001", f"-{place}{at:03}").replace(";A;1", f";Tô Mô Phỏng;{number}")
        for at, number in enumerate(numbers)
    ]
    (folder / f"{name}{PERIOD}.csv").write_bytes(csv_of(HEADERS, *rows))


@pytest.fixture
def loaded(tmp_path: Path) -> tuple[Settings, list[LoadRecord]]:
    def two(folder: Path) -> None:
        deliver(folder, "a1", 1, NUMBER, OTHER, "")
        deliver(folder, "b2", 2, "079 123 456 789")

    return load_all(tmp_path, two)


def landed(settings: Settings, load: LoadRecord) -> list[dict[str, Any]]:
    folder = settings.layout.landing / "dossiers" / f"load_id={load.load_id}"
    return pq.ParquetFile(folder / "part-0.parquet").read().to_pylist()


def pseudonym(settings: Settings, version: str) -> str:
    key = settings.layout.key_file.read_bytes()
    return f"{version}:{hmac.digest(key, f'identity|{version}|{NUMBER}'.encode(), 'sha256').hex()[:32]}"


def test_every_archived_load_is_keyed_again_and_nothing_else_changes(
    loaded: tuple[Settings, list[LoadRecord]],
) -> None:
    settings, loads = loaded
    before = {load.load_id: landed(settings, load) for load in loads}
    assert {row["applicant_key"] for row in before[loads[1].load_id]} == {pseudonym(settings, "k1")}
    old_key = settings.layout.key_file.read_bytes()
    rotation = rotate_key(settings)
    assert (rotation.before, rotation.version, rotation.kept) == ("k1", "k2", [])
    assert sorted(rotation.rekeyed) == sorted(f"dossiers/{load.load_id}" for load in loads)
    first, second = (landed(settings, load) for load in loads)
    assert [row["applicant_key"] for row in second] == [pseudonym(settings, "k2")]
    assert [str(row["applicant_key"])[:3] for row in first] == ["k2:", "k2:", "Non"]
    assert first[0]["applicant_key"] == second[0]["applicant_key"] != first[1]["applicant_key"]
    for load in loads:
        after = landed(settings, load)
        assert [row | {"applicant_key": 0} for row in after] == [
            row | {"applicant_key": 0} for row in before[load.load_id]
        ]
    key = settings.layout.key_file
    assert key.read_bytes() != old_key
    assert [path.name for path in key.parent.iterdir()] == ["pseudonym.key"]
    assert (stat.S_IMODE(key.stat().st_mode), stat.S_IMODE(key.parent.stat().st_mode)) == (0o400, 0o700)
    assert Ledger(settings.layout).loads() == loads, "the records of loads stay as they are"


def test_the_next_delivery_is_keyed_by_the_new_key_and_the_old_one_is_refused(
    loaded: tuple[Settings, list[LoadRecord]],
) -> None:
    settings, _ = loaded
    old_key = settings.layout.key_file.read_bytes()
    rotate_key(settings)
    deliver(settings.layout.inbox / "dossiers", "c3", 3, NUMBER)
    night, source = Night(settings), "dossiers"
    (load,) = land(night, source, judge(night, source, conform(night, source, collect(night, source))))
    assert [row["applicant_key"] for row in landed(settings, load)] == [pseudonym(settings, "k2")]
    assert rotate_key(settings).version == "k3"
    settings.layout.key_file.chmod(0o600)
    settings.layout.key_file.write_bytes(old_key)
    with pytest.raises(PseudonymKeyError, match="is not the one that earlier loads used"):
        rotate_key(settings)


def test_a_load_whose_archive_has_expired_keeps_its_pseudonyms_and_is_named(
    loaded: tuple[Settings, list[LoadRecord]],
) -> None:
    settings, (expired, living) = loaded
    before, old_key = landed(settings, expired), settings.layout.key_file.read_bytes()
    shutil.rmtree(settings.layout.archive / expired.load_id)
    rotation = rotate_key(settings)
    assert rotation.kept == [f"dossiers/{expired.load_id}"]
    assert landed(settings, expired) == before
    assert [row["applicant_key"] for row in landed(settings, living)] == [pseudonym(settings, "k2")]
    kept = settings.layout.key_file.with_name("pseudonym-k1.key")
    assert (kept.read_bytes(), stat.S_IMODE(kept.stat().st_mode)) == (old_key, 0o400)


@pytest.mark.parametrize("is_decided", [False, True])
def test_a_killed_change_is_whole_or_did_not_happen(
    loaded: tuple[Settings, list[LoadRecord]], monkeypatch: pytest.MonkeyPatch, *, is_decided: bool
) -> None:
    settings, loads = loaded
    moved = []

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    def dies_after_one(staged: Path, target: Path) -> None:
        if moved:
            raise KeyboardInterrupt
        moved.append(target)
        move(staged, target)

    with monkeypatch.context() as patched:
        # Of a killed process nobody sweeps the staging folder.
        patched.setattr("warehouse.lock.sweep_staging", lambda _: None)
        if is_decided:
            move = warehouse.transaction._move
            patched.setattr("warehouse.transaction._move", dies_after_one)
        else:
            patched.setattr("flows.privacy.rotate._place_keys", dies)
        with pytest.raises(KeyboardInterrupt):
            rotate_key(settings)
    with hold_writer_lock(settings.layout, "cchc nightly"):
        pass
    version = "k2" if is_decided else "k1"
    assert [row["applicant_key"] for row in landed(settings, loads[1])] == [pseudonym(settings, version)]
    assert Night(settings).key.version == version


def test_a_home_without_pseudonyms_or_with_a_key_from_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no load needs a pseudonym key yet"):
        rotate_key(Settings(home=tmp_path))
    with pytest.raises(UsageError, match="only that in secret/ is changed"):
        rotate_key(Settings(home=tmp_path, key_file=tmp_path / "key"))


def test_versions_are_counted() -> None:
    assert [next_version(version) for version in ("k1", "k9", "2026", "key")] == ["k2", "k10", "2027", "key2"]
