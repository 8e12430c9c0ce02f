"""Data Docs show rules and counts: no value of a row, and nothing in them runs."""

from __future__ import annotations

from pathlib import Path

from lxml import html

from expectations.engine import Validator
from expectations.rules import RuleFile
from expectations.sites import build_data_docs
from expectations.suites import build_suite

SCRIPT = "<script>alert('marked')</script>"
ROW = (f"Tô Thị Mô Phỏng {SCRIPT}", 99123456, "079123456789")
SHARED = {"severity": "critical", "basis": "domain §8"}
RULES = RuleFile.model_validate(
    {
        "source": "planted",
        "rules": [
            {
                "code": "PLT-01",
                "says": f"Danh mục {SCRIPT}.",
                "expect": "ExpectColumnValuesToBeInSet",
                "with": {"column": "name", "value_set": ["a"]},
                **SHARED,
            },
            {
                "code": "PLT-02",
                "says": "Số nhỏ.",
                "expect": "ExpectColumnValuesToBeBetween",
                "with": {"column": "number", "max_value": 1},
                **SHARED,
            },
            {"code": "PLT-03", "says": "Một dòng.", "row": "name = 'a'", **SHARED},
            {"code": "PLT-04", "says": "Nhiều dòng.", "rows": "select * from {batch} where name <> 'a'", **SHARED},
        ],
    }
)


def test_data_docs_show_no_value_and_no_script_of_a_delivery(tmp_path: Path) -> None:
    validator = Validator()
    name, number, identity = ROW
    row = f"({name!r}, {number}, '{identity}')".replace('"', "'").replace("alert('marked')", "alert(''marked'')")
    setup = [f"create view d as select * from (values {row}, ('a', 1, '1')) as t(name, number, identity)"]
    found = validator.validate(RULES, build_suite(RULES, []), "d", setup)
    assert [result.n_failed for result in found] == [1, 1, 1, 1]
    assert found[0].statement == f"Danh mục {SCRIPT}."
    build_data_docs(validator, tmp_path / "docs")
    pages = list((tmp_path / "docs").rglob("*.html"))
    assert len(pages) >= 3
    texts = []
    for page in pages:
        root = html.parse(page).getroot()
        assert not [node for node in root.iter("script") if "marked" in (node.text or "")]
        texts.append(page.read_text(encoding="utf-8"))
        assert not [value for value in ("Mô Phỏng", "99123456", "079123456789") if value in texts[-1]]
    assert any("PLT-01: Danh mục &lt;script&gt;" in text for text in texts), "the statement is shown as it is written"
