"""A night survives what it can lose, and after what it cannot survive the next night is whole."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from bench.engines import compare_engines
from tests.spark.conftest import REGISTRY
from tests.support.night_homes import LoadedHome
from tests.support.spark_cluster import Cluster, kill, night_log, start_night, wait_for
from warehouse.config import Home

# The folder is made when the query of the model begins.
HEAVIEST = "core/fct_dossier"
NIGHT_SECONDS = 1500


def wait_for_heaviest(home: Home, night: subprocess.Popen[bytes]) -> None:
    folder = home.spark_tables / HEAVIEST
    wait_for(lambda: folder.exists() or night.poll() is not None, "fct_dossier", NIGHT_SECONDS)
    assert night.poll() is None, night_log(home).read_text()
    assert not (folder / "_SUCCESS").exists()


def expect_whole(night: subprocess.Popen[bytes], home: Home, duckdb: Home) -> None:
    assert night.wait(NIGHT_SECONDS) == 0, night_log(home).read_text()
    assert "Warning" not in night_log(home).read_text()
    assert [table for table in compare_engines(duckdb.current, home.current) if not table.is_equal] == []


def test_a_night_on_a_server_survives_the_loss_of_an_executor(
    cluster: Cluster, landed: Callable[[], Home], three_agencies: LoadedHome
) -> None:
    home = landed()
    night = start_night(home, REGISTRY, cluster.connect)
    wait_for_heaviest(home, night)
    before = cluster.executors()
    assert len(before) == 2
    kill(before[0])
    expect_whole(night, home, three_agencies.home)
    assert before[0] not in cluster.executors()


def test_a_night_on_a_cluster_survives_the_loss_of_a_worker(
    cluster: Cluster, landed: Callable[[], Home], three_agencies: LoadedHome
) -> None:
    home = landed()
    night = start_night(home, REGISTRY, cluster.master)
    wait_for_heaviest(home, night)
    kill(cluster.workers[0].pid)
    expect_whole(night, home, three_agencies.home)
    assert cluster.workers[0].poll() is not None


@pytest.mark.parametrize("master", ["local[2]"])
def test_the_night_after_a_killed_driver_is_whole(
    landed: Callable[[], Home], three_agencies: LoadedHome, master: str
) -> None:
    home = landed()
    night = start_night(home, REGISTRY, master)
    wait_for_heaviest(home, night)
    kill(night.pid)
    night.wait()
    assert not home.current.exists(), "nothing is published of a build that did not end"
    assert not home.build_db.exists(), "nothing is shown of a build that did not end"
    expect_whole(start_night(home, REGISTRY, master), home, three_agencies.home)
