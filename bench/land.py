"""Loads one source in its own process, as a night does: `python -m bench.land <source>`; the settings name the home.

Collects, types, judges and lands its deliveries and writes the ledger; builds nothing.
"""

from __future__ import annotations

import sys

from flows.build.building import check_registry_step
from flows.night import Night
from flows.steps import load_source, run_plainly
from warehouse.config import Settings
from warehouse.lock import hold_writer_lock


def land(source: str) -> None:
    """Loads the deliveries of a source from the inbox."""
    night = Night(Settings())
    with hold_writer_lock(night.home, "bench.land"):
        check_registry_step(night)
        load_source(night, source, run_plainly)


if __name__ == "__main__":
    land(sys.argv[1])
