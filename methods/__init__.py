"""Statistics that SQL should not do: pure functions on aggregated tables. No function here reads or writes a file."""

METHOD_VERSION = "2026.5"
