"""The provinces of a nation: below its home a folder per province code, each the whole home of one province."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from dataclasses import dataclass

from flows.failures import UsageError
from warehouse.config import Home, Settings

_CODE = re.compile(r"[0-9A-Za-z]+")
# What differs between the provinces of one machine; every other setting holds for all of them.
_OWN = ("home", "registry", "inbox", "key", "key_file")


@dataclass(frozen=True)
class Province:
    """A province of a nation by its code, which is the name of its folder."""

    code: str
    home: Home

    @property
    def settings(self) -> Settings:
        """The settings of this process, but for those that are the province's own."""
        return settings_of(self.home)


def list_provinces(nation: Home, codes: Collection[str] = ()) -> list[Province]:
    """Returns the provinces of a nation by code; with `codes`, only these. Raises UsageError for an unknown code."""
    folders = sorted(nation.provinces.iterdir()) if nation.provinces.is_dir() else []
    provinces = [
        Province(folder.name, Home(folder.resolve()))
        for folder in folders
        if folder.is_dir() and _CODE.fullmatch(folder.name)
    ]
    if unknown := sorted({*codes} - {province.code for province in provinces}):
        raise UsageError(f"there is no province {', '.join(unknown)} in {nation.provinces}")
    if not provinces:
        raise UsageError(f"there is no province in {nation.provinces}: begin one with `cchc nation add`")
    return [province for province in provinces if not codes or province.code in codes]


def refuse_bad_code(code: str) -> None:
    """Raises UsageError for a code that cannot be the name of a folder, and a value in a path."""
    if not _CODE.fullmatch(code):
        raise UsageError(f"{code!r} is not a province code: write digits or letters, for example 01")


def settings_of(home: Home) -> Settings:
    """Returns the settings of a province: its registry, inbox and key are below its home."""
    return Settings(home=home.root, registry=home.registry, inbox=None, key=None, key_file=None)


def environment_of(home: Home) -> dict[str, str]:
    """Returns the environment of a process that works on a province."""
    own = {f"CCHC_{name.upper()}" for name in _OWN}
    shared = {name: value for name, value in os.environ.items() if name not in own}
    return {**shared, "CCHC_HOME": str(home.root), "CCHC_REGISTRY": str(home.registry)}
