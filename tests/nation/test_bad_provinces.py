"""A province that is damaged, outdated, held or broken never stops another, nor the nation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import flows.nation.pinning
from flows.nation.building import _needed
from flows.nation.pinning import pin_provinces
from flows.nation.provinces import list_provinces
from flows.night import Night
from tests.nation.conftest import BuiltNation
from tests.support.nations import (
    OTHER_MEASURES,
    SILENT,
    WHOLE,
    WITHOUT_DISTRICT,
    build,
    copy_nation,
    edit,
    inclusion,
    national,
)
from tests.support.nights import Cchc, copy_home
from warehouse.config import Home, Settings
from warehouse.lock import hold_writer_lock
from warehouse.publication.pointer import move_pointer


@pytest.fixture
def nation(built: BuiltNation, tmp_path: Path) -> Home:
    return copy_nation(built.home, tmp_path / "nation")


def alter(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b" ")


def test_a_damaged_province_is_left_out_with_its_reason(nation: Home, cchc: Cchc) -> None:
    alter(Home(nation.provinces / WHOLE).current / "parquet" / "cchc" / "ranking.parquet")
    outcome = build(cchc, nation)
    assert outcome.exit_code == 3
    assert "01 is left out: parquet/cchc/ranking.parquet was altered" in outcome.text
    assert inclusion(nation) == {
        WHOLE: "damaged",
        WITHOUT_DISTRICT: None,
        OTHER_MEASURES: None,
        SILENT: "never_published",
    }
    included = {WITHOUT_DISTRICT, OTHER_MEASURES}
    assert {code for (code,) in national(nation, "SELECT province_code FROM national.province_agency")} == included


def test_a_nation_keeps_its_publication_when_no_province_can_be_read(nation: Home, cchc: Cchc) -> None:
    before = nation.current.readlink()
    (Home(nation.provinces / WHOLE).current / "parquet" / "core" / "agency.parquet").unlink()
    edit(
        Home(nation.provinces / WITHOUT_DISTRICT).registry / "policy_parameters.csv",
        "province_code,04",
        "province_code,4",
    )
    manifest = Home(nation.provinces / OTHER_MEASURES).current / "manifest.json"
    manifest.chmod(0o644)
    edit(manifest, '"method_version": "', '"method_version": "1999.')
    outcome = build(cchc, nation)
    assert outcome.exit_code == 3
    assert "01 is left out" in outcome.text
    assert "04 is left out: policy_parameters.csv needs province_code 04 on 2024-03-31; it states 4" in outcome.text
    assert "08 is left out: computed by methods 1999." in outcome.text
    assert "0 of 4 provinces; no province has a publication that can be read" in outcome.text
    assert nation.current.readlink() == before


def test_a_table_of_another_shape_is_of_another_version(nation: Home) -> None:
    home = Home(nation.provinces / WHOLE)
    manifest = home.current / "manifest.json"
    manifest.chmod(0o644)
    content = json.loads(manifest.read_text(encoding="utf-8"))
    content["tables"] = [table for table in content["tables"] if table["name"] != "ranking"]
    manifest.write_text(json.dumps(content), encoding="utf-8")
    pins = pin(nation)
    assert (pins[WHOLE].inclusion_reason, pins[WHOLE].detail) == (
        "other_version",
        "cchc.ranking is missing: run a night",
    )
    assert not [*(nation.inputs / "provinces").glob(f"*/province_code={WHOLE}")]


def pin(nation: Home) -> dict[str, flows.nation.pinning.Pin]:
    night = Night(Settings(home=nation.root))
    night.dbt.parse()
    pins = pin_provinces(list_provinces(nation), _needed(night), nation.inputs / "provinces")
    return {one.province_code: one for one in pins}


def test_a_province_that_publishes_meanwhile_is_pinned_whole(nation: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(nation.provinces / WHOLE)
    old, new = home.current.resolve(), home.publications / "0002-20240331-00000000"
    copy_home(Home(old), new)
    link, linked = flows.nation.pinning._link_or_copy, []

    def publish_and_prune(source: Path, target: Path) -> None:
        linked.append(source)
        if len(linked) == 3:
            move_pointer(home, new.name)
            old.rename(old.with_name(old.name + ".tmp"))
        link(source, target)

    monkeypatch.setattr(flows.nation.pinning, "_link_or_copy", publish_and_prune)
    assert pin(nation)[WHOLE].inclusion_reason is None
    places = {file.stat().st_ino for file in (nation.inputs / "provinces").glob(f"*/province_code={WHOLE}/*")}
    assert places <= {file.stat().st_ino for file in new.rglob("*.parquet")}
    assert len(places) == 7


def test_what_is_pinned_stays_when_the_province_prunes_it(nation: Home) -> None:
    pin(nation)
    (pinned,) = (nation.inputs / "provinces").glob(f"agency/province_code={WHOLE}/part-0.parquet")
    content = pinned.read_bytes()
    (Home(nation.provinces / WHOLE).current / "parquet" / "core" / "agency.parquet").unlink()
    assert pinned.read_bytes() == content


def test_nights_that_fail_stop_neither_the_others_nor_the_nation(nation: Home, cchc: Cchc) -> None:
    (nation.provinces / WITHOUT_DISTRICT / "registry" / "agencies.csv").unlink()
    edit(nation.provinces / WHOLE / "registry" / "policy_parameters.csv", "Nghiệm 01", "Nghiệm Một")
    with hold_writer_lock(Home(nation.provinces / OTHER_MEASURES), "a long night"):
        codes = [option for code in (WITHOUT_DISTRICT, OTHER_MEASURES, SILENT) for option in ("--province", code)]
        outcome = cchc(nation.root, "nation", "nightly", "--jobs", "3", *codes)
    assert outcome.exit_code == 3, outcome.stderr
    assert "✗ 04 exit 1" in outcome.text
    assert "✗ 08 exit 5" in outcome.text
    assert "✓ 11 exit 0" in outcome.text
    assert "agencies.csv" in (nation.root / "logs" / "04.log").read_text(encoding="utf-8")
    # What they had published is still in the nation, and the new name of a province as well.
    assert inclusion(nation) == {WHOLE: None, WITHOUT_DISTRICT: None, OTHER_MEASURES: None, SILENT: "never_published"}
    names = dict(national(nation, "SELECT province_code, province_name FROM national.province"))
    assert names[WHOLE] == "Tỉnh Thử Nghiệm Một"


def test_status_is_a_line_for_each_province(nation: Home, cchc: Cchc) -> None:
    outcome = cchc(nation.root, "nation", "status")
    assert outcome.exit_code == 0
    listed = {line.split()[0]: line for line in outcome.stdout.splitlines() if line[:2].isdigit()}
    assert max(map(len, listed.values())) <= 80
    assert [*listed] == [WHOLE, WITHOUT_DISTRICT, OTHER_MEASURES, SILENT]
    assert listed[WHOLE].rstrip().endswith("31/03/2024  yes")
    assert "none" in listed[SILENT]
    assert "never" in listed[SILENT]


def test_an_unknown_province_is_wrong_use(nation: Home, cchc: Cchc, tmp_path: Path) -> None:
    unknown = cchc(nation.root, "nation", "nightly", "--province", "99")
    assert (unknown.exit_code, "there is no province 99" in unknown.text) == (2, True)
    empty = cchc(tmp_path / "empty", "nation", "build")
    assert (empty.exit_code, "begin one with `cchc nation add`" in empty.text) == (2, True)
    bad = cchc(tmp_path / "empty", "nation", "add", "0 1", "--name", "x")
    assert (bad.exit_code, "is not a province code" in bad.text) == (2, True)
