"""Writes the parts of the statement that types a delivery which need no state of the delivery."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ingest.contract import Codes, Exclusion
from warehouse.sql import quote_text


def constant_sql(values: Mapping[int, str]) -> str:
    """Returns SQL of a value that stands above its table: each holds from its line to the next."""
    distinct = dict(sorted(values.items(), reverse=True))
    if len(set(distinct.values())) == 1:
        return quote_text(next(iter(distinct.values())))
    return f"case {' '.join(f'when line >= {line} then {quote_text(text)}' for line, text in distinct.items())} end"


def together_sql(cells: Sequence[str]) -> str:
    """Returns SQL of the texts of several columns as one, numbered where it repeats."""
    together = f"concat_ws(' · ', {', '.join(cells)})"
    at = f"row_number() over (partition by {together} order by line)"
    return f"{together} || case when {at} > 1 then ' #' || {at} else '' end"


def code_join(codes: Codes) -> str:
    """Returns the join that tells criteria from headings by the set in force for a row's year and agency."""
    return (
        f" left join criterion_code as own_code on own_code.code = p.typed_{codes.column}"
        f" and own_code.agency_id = alias_{codes.agency}.agency_id"
        f" and p.typed_{codes.year} between own_code.first_year and own_code.last_year"
    )


def patterns_by_column(rules: Iterable[Exclusion]) -> dict[str, list[str]]:
    """Returns the patterns of the exclusion rules by the column that they look at."""
    patterns: dict[str, list[str]] = {}
    for rule in rules:
        if rule.matches is not None:
            patterns.setdefault(rule.column, []).append(f"(?:{rule.matches})")
    return patterns
