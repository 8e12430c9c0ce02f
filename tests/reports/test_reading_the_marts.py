"""Every query of the page for BI authors runs on what a night publishes."""

from __future__ import annotations

import re

import duckdb
import pytest

from tests.support.night_homes import FirstNight
from tests.support.nights import ROOT

PAGE = (ROOT / "docs" / "reading-the-marts.md").read_text(encoding="utf-8")
QUERIES = {
    " ".join(title.split()): query
    for title, query in re.findall(r"([^\n]+(?:\n[^\n]+)*)\n\n```sql\n(.*?)```", PAGE, re.DOTALL)
}


def test_every_query_of_the_page_has_a_title_of_its_own() -> None:
    assert len(QUERIES) == PAGE.count("```sql\n") > 0


@pytest.mark.parametrize("title", QUERIES)
def test_a_query_of_the_page_runs_on_the_publication(conference_night: FirstNight, title: str) -> None:
    with duckdb.connect(str(conference_night.home.current / "warehouse.duckdb"), read_only=True) as connection:
        described = connection.execute(QUERIES[title]).description
    # A column without a name of its own would be named after its formula.
    assert all(re.fullmatch(r"\w+", column) for column, *_ in described)
