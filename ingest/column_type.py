"""The column types of a contract, and the landed type of each."""

from __future__ import annotations

from enum import StrEnum


class ColumnType(StrEnum):
    """Type of a column. `choice` maps labels to a closed list; `agency` resolves a name to an agency id."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    TIMESTAMP = "timestamp"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    AGENCY = "agency"


LANDED_TYPES = {
    ColumnType.TEXT: "VARCHAR",
    ColumnType.INTEGER: "BIGINT",
    ColumnType.DECIMAL: "DECIMAL(18,6)",
    ColumnType.DATE: "DATE",
    ColumnType.TIMESTAMP: "TIMESTAMP",
    ColumnType.BOOLEAN: "BOOLEAN",
    ColumnType.CHOICE: "VARCHAR",
    ColumnType.AGENCY: "VARCHAR",
}
