"""What commands print of deliveries is shown as it is, and moves no terminal."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path

import pytest
from rich.table import Table
from rich.text import Text

from flows.cli.console import PlainConsole
from flows.cli.views import show_quarantine, show_status
from ingest.vietnamese.shown import visible, visible_name
from warehouse.config import Settings
from warehouse.ledger import Ledger, LoadRecord, RuleResult
from warehouse.templates import render_text

NAMES = ["x[/b].csv", "[bold]x.csv", "a:smile:.csv", "\x1b[31mb.csv", "\u202egnp.csv", "x\udcf4.csv"]


def printed(*what: object) -> str:
    out = io.StringIO()
    console = PlainConsole(file=out, width=200, force_terminal=True, color_system=None)
    for one in what:
        console.print(one)
    return out.getvalue()


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_printed_without_effect(name: str) -> None:
    table = Table("file")
    table.add_row(name)
    for shown in (printed(f"load 1  {name}"), printed(table), printed(Text(name))):
        assert visible(name) in shown
        shown.encode()
        assert not {"\x1b", "\u202e"} & set(shown)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("hồ sơ.csv", "hồ sơ.csv"),
        ("x\ny.csv", "x\\ny.csv"),
        ("h\udcf4.csv", "h\\xf4.csv"),
        ("x\ud83d.csv", "x\\ud83d.csv"),
        ("\x1b[2J.csv", "\\x1b[2J.csv"),
    ],
)
def test_a_stored_name_is_one_line_of_text(name: str, shown: str) -> None:
    assert visible_name(name) == shown


def record(name: str) -> LoadRecord:
    now = datetime(2016, 1, 1)
    rule = RuleResult("dossiers", "DOS-01", "critical", 1, 1, "Mỗi dòng [phải] có mã.", "domain")
    return LoadRecord(
        1, "0" * 16, "dossiers", name, "0" * 64, 1, now, now, "1", "accepted", f"lý do: {name}", 1, 0, 1, rules=[rule]
    )


@pytest.mark.parametrize("name", NAMES[:-1])
def test_status_and_quarantine_survive_a_name(name: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    Ledger(settings.layout).append_load(record(name))
    out = io.StringIO()
    show_status(PlainConsole(file=out, width=300), settings)
    show_quarantine(PlainConsole(file=out, width=300), settings)
    assert out.getvalue().count(visible(name)) >= 3
    assert "Mỗi dòng [phải] có mã." in out.getvalue()


def test_a_name_is_no_markup_in_the_artifact_of_a_night(tmp_path: Path) -> None:
    template = tmp_path / "name.md.j2"
    template.write_text("{{ name | plain }}", encoding="utf-8")
    shown = render_text(template, name="[x](http://example.org)|<img src=x>`b`\n# h.csv")
    assert shown == r"\[x\](http://example.org)\|&lt;img src=x>\`b\` # h.csv"
