"""The naming rules of published columns, as a lint over the catalog that dbt's manifest declares."""

from __future__ import annotations

import re
from collections.abc import Iterator

from warehouse.publication.catalog import Catalog, Column, Table

TEXT, WHOLE = {"VARCHAR"}, {"BIGINT", "INTEGER"}
TYPES = {*TEXT, *WHOLE, "DATE", "TIMESTAMP", "DOUBLE", "BOOLEAN", "DECIMAL(11,6)"}
# Prefix or suffix of a name -> its types. The first match decides.
PROMISES: tuple[tuple[str, set[str]], ...] = (
    (r"is_.+|has_.+", {"BOOLEAN"}),
    (r"n_expected_.+|n_eff", {"DOUBLE"}),
    (r"n_.+|rows_.+", {"BIGINT"}),
    (r"p\d\d_rank", {"DOUBLE"}),
    (r"p_.+", {"DOUBLE"}),
    (r".+_(id|code|name|status|reason|kind|unit)", TEXT),
    (r".+_date|valid_from|valid_to", {"DATE"}),
    (r".+_year", {"INTEGER"}),
    (r".+_at", {"TIMESTAMP"}),
    (r".+_pct|.+_ratio", {"DOUBLE"}),
    (r".+_points|max_bonus|max_penalty", {"DECIMAL(11,6)", "DOUBLE"}),
    (r".+_days", {*WHOLE, "DOUBLE"}),
    (r".+_rank|(.+_)?rank_(lo|hi)", WHOLE),
    (r".+_lo|.+_hi", {"DOUBLE"}),
)
# Names of the BI contract without a type of their own.
PLAIN_NAMES = {
    "INTEGER": {
        *("rank_lo_marginal", "rank_hi_marginal"),
        *("year", "month", "quarter", "online_level", "sort_order", "tier", "answer"),
        *("task_no", "objective_no", "pause_no", "level", "round_no"),
    },
    "BIGINT": {"working_day_index", "deadline_length", "load_seq", "size_bytes", "score_no", "n", "largest_rank_shift"},
    "DATE": {"month"},
    "DOUBLE": {
        "se",
        "df",
        "deff",
        "tau2",
        "rmst_se",
        "cif_finished",
        "cif_ended_otherwise",
        "surv",
        "estimate",
        "z",
        "z_adj",
        "phi",
        "weight",
        "index_value",
        "numerator",
        "denominator",
        "share",
        *("se_eb", "mean", "cronbach_alpha", "investigator_icc"),
        "se_excl",
        "mean_rank_shift",
        "concordance",
        "group_tau_b",
    },
}
NUMBERS = {*WHOLE, "DOUBLE", "DECIMAL(11,6)"}


def naming_problems(catalog: Catalog) -> list[str]:
    """One sentence per breach, each beginning with schema.table or schema.table.column."""
    return [problem for table in catalog.tables for problem in _table_problems(table)]


def _table_problems(table: Table) -> Iterator[str]:
    if not table.grain:
        yield f"{table.full_name}: the description has no line 'grain: …'"
    types = {column.name: column for column in table.columns}
    for name, data_type in (("method_version", "VARCHAR"), ("as_of_date", "DATE")):
        if name not in types or types[name].data_type != data_type or not types[name].not_null:
            yield f"{table.full_name}: needs {name} {data_type}, not null"
    for column in table.columns:
        for problem in _column_problems(column):
            yield f"{table.full_name}.{column.name}: {problem}"


def _column_problems(column: Column) -> Iterator[str]:
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", column.name):
        yield "is not a name in snake_case"
    if column.data_type not in TYPES:
        yield f"type {column.data_type} is not in the BI contract"
    promised = next((types for pattern, types in PROMISES if re.fullmatch(pattern, column.name)), None)
    if promised is not None and column.data_type not in promised:
        yield f"the name promises {' or '.join(sorted(promised))}, the type is {column.data_type}"
    if promised is None and column.data_type not in TEXT and column.name not in PLAIN_NAMES.get(column.data_type, ()):
        yield f"a {column.data_type} needs a name that says so"
    if column.name.endswith("_status") and not column.values:
        yield "a status is a closed list: the description needs 'values: …'"
    if column.data_type in NUMBERS and not (column.unit and column.additive):
        yield "a number needs 'unit: …' and 'additive: …'"
    if column.name.endswith("_pct") and column.unit != "%":
        yield "a percentage has 'unit: %'"
