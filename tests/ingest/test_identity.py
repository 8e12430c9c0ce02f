"""Which province a registry is of: its code and name, dated, and what a broken registry says."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from ingest.registry.identity import ProvinceIdentity, read_identity
from ingest.registry.new import new_registry
from ingest.registry.registry import check_registry
from warehouse.config import CODE_ROOT, Settings

FROM = date(2024, 1, 1)
DEMO = CODE_ROOT / "dbt_project" / "seeds"


def test_a_new_registry_states_its_code_with_the_leading_zero(tmp_path: Path) -> None:
    new_registry(tmp_path / "registry", "Tỉnh Cao Bằng", FROM, "04")
    assert check_registry(tmp_path / "registry") == []
    assert read_identity(tmp_path / "registry", FROM) == ProvinceIdentity("04", "Tỉnh Cao Bằng")


def test_a_registry_without_a_code_needs_none(tmp_path: Path) -> None:
    new_registry(tmp_path / "registry", "Tỉnh Cao Bằng", FROM)
    assert check_registry(tmp_path / "registry") == []
    assert read_identity(tmp_path / "registry", FROM) == ProvinceIdentity(None, "Tỉnh Cao Bằng")


def test_the_name_is_that_of_the_day(tmp_path: Path) -> None:
    (tmp_path / "policy_parameters.csv").write_text(
        "parameter,value,valid_from,valid_to,basis\n"
        "province_name,Tỉnh Hà Tây,2000-01-01,2008-08-01,x\n"
        "province_name,Thành phố Hà Nội,2008-08-01,,NQ 15/2008/QH12\n",
        encoding="utf-8",
    )
    assert read_identity(tmp_path, date(2008, 7, 31)).name == "Tỉnh Hà Tây"
    assert read_identity(tmp_path, date(2008, 8, 1)).name == "Thành phố Hà Nội"


def test_a_registry_that_cannot_be_read_states_nothing(tmp_path: Path) -> None:
    nothing = ProvinceIdentity(None, None)
    assert read_identity(tmp_path / "none", FROM) == nothing
    (tmp_path / "policy_parameters.csv").write_bytes(b"\xff\xfe\x00 no,csv")
    assert read_identity(tmp_path, FROM) == nothing


def test_a_home_that_holds_its_registry_needs_no_setting_for_it(tmp_path: Path) -> None:
    assert Settings(home=tmp_path).registry == DEMO
    (tmp_path / "registry").mkdir()
    assert Settings(home=tmp_path).registry == tmp_path / "registry"
    assert Settings(home=tmp_path, registry=DEMO).registry == DEMO
