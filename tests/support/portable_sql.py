"""Finds SQL that DuckDB and Spark do not share, outside macros/portable.sql."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

# Functions that one engine lacks, or that differ under one name.
FUNCTIONS = (
    r"(?<![\w.])(quantile_cont|string_agg|array_agg|list_agg|group_concat|listagg|list|unnest|struct_pack|range"
    r"|generate_series|strftime|strptime|isodow|dayofweek|regexp_matches|regexp_replace|regexp_extract|strpos|sha256"
    r"|arg_max|arg_min|json_extract|erf|concat|hash|dateadd|date_add|datediff|date_diff|date_trunc|date_part"
    r"|read_parquet|read_csv|split_part|epoch|now|random)\s*\("
)
# Pattern that a model must not have -> the reason or the replacement.
FORBIDDEN = {
    "double colon cast": r"::",
    "integer division": r"//",
    "division outside percent()": r"(?<![/*])/(?![/*])",
    "backslash": r"\\",
    "asof": r"\basof\b",
    "identifier `both`": r"\bboth\b",
    "distinct on": r"\bdistinct\s+on\b",
    "exclude or replace in a star": r"\*\s*(exclude|replace)\b",
    "union by name": r"\bby\s+name\b",
    "create macro": r"\bcreate\s+(or\s+replace\s+)?macro\b",
    "interval arithmetic": r"\binterval\b",
    "today is not as_of_date": r"\bcurrent_(date|timestamp)\b",
    "dbt.dateadd is NULL on Spark": r"\bdbt\.dateadd\b",
    "pivot": r"\b(un)?pivot\b",
}
_COMMENT = re.compile(r"\{#.*?#\}|--[^\n]*|/\*.*?\*/", re.DOTALL)
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_STRING = re.compile(r"'[^'\n]*'")
_ORDER = re.compile(r"\border\s+by\b", re.I)
_ORDER_PART = re.compile(r"[(),]|\b(?:rows|range|limit)\b|\Z", re.I)


def portability_findings(path: Path, text: str) -> list[str]:
    """`file:line: what is not portable` for every finding in the text of a model, test or macro."""
    text = _COMMENT.sub(_blank, text)
    code = _STRING.sub(_blank, text)
    found = [(match.start(), name) for name, pattern in FORBIDDEN.items() for match in re.finditer(pattern, code, re.I)]
    found += [(match.start(), f"{match[1].lower()}()") for match in re.finditer(FUNCTIONS, code, re.I)]
    found += [(match.start(), "double-quoted identifier") for match in re.finditer('"', _JINJA.sub(_blank, text))]
    found += _unordered_nulls(text)
    found += [
        (match.start(), "sum() without a cast to bigint or double")
        for match in re.finditer(r"\bsum\s*\(", text, re.I)
        if not re.search(r"\bcast\s*\(\s*\Z", text[: match.start()], re.I)
    ]
    return [f"{path}:{text.count(chr(10), 0, start) + 1}: {name}" for start, name in sorted(found)]


def _unordered_nulls(text: str) -> Iterator[tuple[int, str]]:
    for match in _ORDER.finditer(text):
        for key in _order_keys(text, match.end()):
            if not re.search(r"\bnulls\s+(first|last)\Z", key, re.I):
                yield match.start(), f"order by {key!r} does not say where NULL goes"


def _order_keys(text: str, start: int) -> Iterator[str]:
    """The keys of an `order by` that ends at `start`: up to its frame, its limit or the parenthesis around it."""
    depth = 0
    for part in _ORDER_PART.finditer(text, start):
        depth += {"(": 1, ")": -1}.get(part[0], 0)
        if depth < 0 or (depth == 0 and part[0] not in "()") or not part[0]:
            yield text[start : part.start()].strip()
            start = part.end()
        if part[0] != "," and (depth < 0 or (depth == 0 and part[0] not in "()")):
            return


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])
