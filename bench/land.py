"""Loads one source in a process of its own, as a night does: `python -m bench.land <source>`; settings say where.

Collected, typed, judged by every rule and landed, with its record in the ledger; nothing is built from it.
"""

from __future__ import annotations

import sys

from flows.build.building import check_registry_step
from flows.night import Night
from flows.steps import load_source, run_plainly
from warehouse.config import Settings
from warehouse.lock import hold_writer_lock


def land(source: str) -> None:
    """Load what the inbox holds of a source."""
    night = Night(Settings())
    with hold_writer_lock(night.home, "bench.land"):
        check_registry_step(night)
        load_source(night, source, run_plainly)


if __name__ == "__main__":
    land(sys.argv[1])
