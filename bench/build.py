"""Builds the landed data in its own process: `python -m bench.build`; the settings name the home.

Runs the statistics and every mart except those about data quality, with dbt's tests, as a night does; publishes
nothing.
"""

from __future__ import annotations

from flows.build.building import build_core, build_marts, check_registry_step, decide, run_methods
from flows.night import Night
from warehouse.config import Settings
from warehouse.lock import hold_writer_lock


def build() -> None:
    """Builds as a night does."""
    night = Night(Settings())
    with hold_writer_lock(night.home, "bench.build"):
        check_registry_step(night)
        decision = decide(night)
        build_core(night, decision)
        run_methods(night, decision)
        build_marts(night)


if __name__ == "__main__":
    build()
