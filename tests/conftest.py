"""Set-up of every test run: no telemetry, no setting of the user's, and pytest's summary as the last line."""

import os
from pathlib import Path

import pytest

from flows.cli.teardown import silence_teardown

silence_teardown()

for name in [name for name in os.environ if name.startswith(("CCHC_", "PREFECT_"))]:
    del os.environ[name]
os.environ.update(
    DO_NOT_TRACK="1",
    GX_ANALYTICS_ENABLED="false",
    PREFECT_SERVER_ANALYTICS_ENABLED="false",
    PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS="120",
)

pytest_plugins = ["tests.support.night_homes"]

# Files with whole nights run first, so that no single process runs them at the end.
LONGEST = (
    "test_faults",
    "test_thirty_deliveries",
    "test_server",
    "test_night_poison",
    "test_blank_cells",
    "test_conference",
    "test_night_refusals",
    "test_night_redelivery",
    "test_alerts",
    "test_flow",
    "test_bad_provinces",
    "test_nation",
    "test_models",
    "test_corrections",
    "test_privacy_scan",
)


NIGHTS = Path(__file__).parent / "nights"
# Needs Java and the packages of requirements/spark.lock: `make spark-test` names this folder.
SPARK = Path(__file__).parent / "spark"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Collect the tests of Spark only where they are asked for, so that none of them is ever skipped."""
    named = [Path(argument.split("::")[0]).resolve() for argument in config.args]
    return True if collection_path == SPARK and not any(SPARK in (path, *path.parents) for path in named) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that run whole nights, and put the longest files first."""
    for item in items:
        if NIGHTS in item.path.parents or "cchc" in getattr(item, "fixturenames", ()):
            item.add_marker("night")
    rank = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(Path(item.path).stem, len(rank)))
