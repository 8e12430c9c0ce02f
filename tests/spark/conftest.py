"""Homes whose deliveries are landed and of which nothing is built, for nights on Spark."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.night_homes import THREE_AGENCIES, LoadedHome
from tests.support.nights import copy_home
from tests.support.spark_cluster import Cluster, start_cluster
from warehouse.config import Home

REGISTRY = THREE_AGENCIES / "registry"


def forget_builds(home: Home, target: Path) -> Home:
    """Copies a home without what its nights built: the next night builds the same loads."""
    copy = copy_home(home, target)
    for folder in (copy.publications, copy.build, copy.runs):
        shutil.rmtree(folder)
    return copy


@pytest.fixture
def landed(three_agencies: LoadedHome, tmp_path: Path) -> Callable[[], Home]:
    """Returns the three-agency province, loaded and not built, in a folder with the same difficult name."""
    home = three_agencies.home
    return lambda: forget_builds(home, tmp_path / home.root.name)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with start_cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running
