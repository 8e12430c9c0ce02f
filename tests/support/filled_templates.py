"""Fills the open cells of a template as an office program does: values in the sheet's XML, formulas left alone."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

SHEET = "xl/worksheets/sheet1.xml"
_CELL = re.compile(r'<c r="([A-Z]+)(\d+)"([^>]*?)(?:/>|>(.*?)</c>)')


def cells_of(path: Path) -> dict[str, str]:
    """Returns the written cells of the first sheet by their reference: text, number, or =formula."""
    with zipfile.ZipFile(path) as archive:
        shared = re.findall(r"<si><t[^>]*>(.*?)</t></si>", archive.read("xl/sharedStrings.xml").decode(), re.DOTALL)
        sheet = archive.read(SHEET).decode()
    found = {}
    for column, row, attributes, inner in _CELL.findall(sheet):
        formula, value = re.search(r"<f>(.*?)</f>", inner or ""), re.search(r"<v>(.*?)</v>", inner or "")
        if formula:
            found[column + row] = f"={formula[1]}"
        elif value:
            found[column + row] = shared[int(value[1])] if 't="s"' in attributes else value[1]
    return found


def validations_of(path: Path) -> str:
    """Returns the XML of the drop-downs and limits of the first sheet."""
    with zipfile.ZipFile(path) as archive:
        (found,) = re.findall(r"<dataValidations.*?</dataValidations>", archive.read(SHEET).decode(), re.DOTALL)
    return found


def fill(path: Path, target: Path, points: Mapping[str, float], words: Mapping[tuple[str, str], str]) -> None:
    """Writes a filled copy: points (column D) and words (by column letter) by the code of the criterion."""
    place = {value: ref[1:] for ref, value in cells_of(path).items() if ref.startswith("A")}
    wanted = {f"D{place[code]}": f"<v>{value}</v>" for code, value in points.items()}
    wanted |= {
        f"{column}{place[code]}": f'<is><t xml:space="preserve">{text}</t></is>'
        for (code, column), text in words.items()
    }

    def replaced(match: re.Match[str]) -> str:
        ref = match[1] + match[2]
        if ref not in wanted:
            return match[0]
        kind = ' t="inlineStr"' if wanted[ref].startswith("<is>") else ""
        return f'<c r="{ref}"{match[3]}{kind}>{wanted.pop(ref)}</c>'

    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(target, "w") as copy:
        for name in archive.namelist():
            content = archive.read(name)
            copy.writestr(name, _CELL.sub(replaced, content.decode()) if name == SHEET else content)
    assert not wanted, f"no cell for {sorted(wanted)}"
