"""Opens the published file repeatedly until it reads `stop`, then prints what it read.

Arguments: the file and, if its tables do not name their publication, queries whose values are equal in one publication
and different in the next.
"""

from __future__ import annotations

import json
import sys
import threading

import duckdb

TABLES = ("core.agency", "core.fct_dossier", "quality.load_ledger", "timeliness.standing")


def main(database: str, *given: str) -> None:
    queries = given or [f"SELECT DISTINCT publication_id FROM {name}" for name in TABLES]
    told_to_stop = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.readline(), told_to_stop.set()), daemon=True).start()
    seen: dict[str, list[object]] = {"errors": [], "mixtures": [], "publications": []}
    reads = 0
    print("reading", flush=True)
    while not told_to_stop.is_set():
        try:
            with duckdb.connect(database, read_only=True) as connection:
                ids = {row[0] for query in queries for row in connection.execute(query).fetchall()}
        except duckdb.Error as error:
            seen["errors"].append(str(error))
            continue
        reads += 1
        if len(ids) != 1:
            seen["mixtures"].append(sorted(ids))
        seen["publications"] = sorted({*seen["publications"], *ids})  # type: ignore[type-var]
    print(json.dumps({**seen, "reads": reads}))


main(*sys.argv[1:])
