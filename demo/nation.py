"""A synthetic nation: the 34 provinces of 2025, each with a registry and deliveries of its own.

Codes and names are those of QĐ 19/2025/QĐ-TTg; everything else is invented and says nothing about any province.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from demo.demo import write_demo
from demo.nation_registry import YEAR, write_registry_of

PROVINCES = {
    "01": "Thành phố Hà Nội",
    "04": "Tỉnh Cao Bằng",
    "08": "Tỉnh Tuyên Quang",
    "11": "Tỉnh Điện Biên",
    "12": "Tỉnh Lai Châu",
    "14": "Tỉnh Sơn La",
    "15": "Tỉnh Lào Cai",
    "19": "Tỉnh Thái Nguyên",
    "20": "Tỉnh Lạng Sơn",
    "22": "Tỉnh Quảng Ninh",
    "24": "Tỉnh Bắc Ninh",
    "25": "Tỉnh Phú Thọ",
    "31": "Thành phố Hải Phòng",
    "33": "Tỉnh Hưng Yên",
    "37": "Tỉnh Ninh Bình",
    "38": "Tỉnh Thanh Hóa",
    "40": "Tỉnh Nghệ An",
    "42": "Tỉnh Hà Tĩnh",
    "44": "Tỉnh Quảng Trị",
    "46": "Thành phố Huế",
    "48": "Thành phố Đà Nẵng",
    "51": "Tỉnh Quảng Ngãi",
    "52": "Tỉnh Gia Lai",
    "56": "Tỉnh Khánh Hòa",
    "66": "Tỉnh Đắk Lắk",
    "68": "Tỉnh Lâm Đồng",
    "75": "Tỉnh Đồng Nai",
    "79": "Thành phố Hồ Chí Minh",
    "80": "Tỉnh Tây Ninh",
    "82": "Tỉnh Đồng Tháp",
    "86": "Tỉnh Vĩnh Long",
    "91": "Tỉnh An Giang",
    "92": "Thành phố Cần Thơ",
    "96": "Tỉnh Cà Mau",
}
SOURCES = ("dossiers", "dossier_events", "survey_responses", "assessments")
# By place in the nation: what a province does not send.
_WITHOUT = {2: ("survey_responses",), 3: ("dossiers", "dossier_events")}


@dataclass(frozen=True)
class SyntheticProvince:
    """A province of the nation as it was written; `dossiers` is 0 for one that sends no dossiers."""

    code: str
    name: str
    dossiers: int
    sources: Sequence[str]


def write_nation(folder: Path, n_provinces: int = len(PROVINCES), seed: int = 1) -> list[SyntheticProvince]:
    """Writes the homes of the first provinces below `folder`/provinces, each with registry/ and inbox/.

    The third sends no survey forms, the fourth no dossiers, and the last of five or more nothing yet. The others send a
    year of 200 to 500 dossiers, survey forms and workbooks. The same arguments give byte-identical files. Raises
    FileExistsError when a province is there already.
    """
    written = []
    for place, (code, name) in enumerate([*PROVINCES.items()][:n_provinces]):
        home = folder / "provinces" / code
        home.mkdir(parents=True)
        write_registry_of(home / "registry", code, name, place)
        is_silent = n_provinces >= len(_WITHOUT) + 3 and place == n_provinces - 1
        sources = () if is_silent else tuple(one for one in SOURCES if one not in _WITHOUT.get(place, ()))
        dossiers = 200 + 47 * place % 301
        if sources:
            write_demo(home / "inbox", home / "registry", dossiers, seed + place, [YEAR], sources=sources)
        else:
            (home / "inbox").mkdir()
        written.append(SyntheticProvince(code, name, dossiers if "dossiers" in sources else 0, sources))
    return written
