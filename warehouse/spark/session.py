"""Opens and stops the Spark session of one build. No other module imports pyspark.

dbt-spark's session method takes the session that is open in the process, so every setting of Spark is here.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from warehouse.build_store import EngineMissingError
from warehouse.config import Home, Settings

# Spark 4.3 is compiled for it.
OLDEST_JAVA = 17
_CONNECT = "sc://"

# What the SQL of the models means, on every Spark.
_MEANING = {
    "spark.sql.session.timeZone": "Asia/Ho_Chi_Minh",
    # Local time without a zone: as an instant every time of day would move by seven hours.
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",
    # A load_id or code of digits stays text.
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    # The loads of a source are found in its folder, not in the catalog.
    "spark.sql.hive.manageFilesourcePartitions": "false",
    # Thousands of loads are listed here faster than by a job.
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "100000",
}
# Up to a few million rows: compiling a plan costs more than it saves, and a shuffle needs few parts.
_SMALL = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
# With one tier the JVM reserves 48 MB for compiled code, which a build fills; then it compiles no more.
_SMALL_JVM = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=240m"


def check_spark(settings: Settings) -> str:
    """Returns what will build. Raises EngineMissingError when packages or Java are missing."""
    if find_spec("pyspark") is None or find_spec("dbt.adapters.spark") is None:
        raise EngineMissingError(
            "the engine spark is not installed in this environment: run `make spark-install`, "
            "then use .venv-spark/bin/cchc"
        )
    if settings.spark_master.startswith(_CONNECT):
        return f"Spark Connect, {settings.spark_master}"
    java = java_version()
    if java is None or java < OLDEST_JAVA:
        found = "no Java was found" if java is None else f"Java {java} was found"
        raise EngineMissingError(
            f"the engine spark needs Java {OLDEST_JAVA} or newer, {found}: install openjdk-17-jre-headless "
            "or set JAVA_HOME, or let CCHC_SPARK_MASTER name a Connect server (sc://host:15002), which needs none here"
        )
    return f"Spark, {settings.spark_master}, Java {java}"


def java_version() -> int | None:
    """Returns the major version of the Java that Spark would start, None when there is none."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin") if home else None)
    if java is None:
        return None
    # It prints to standard error: openjdk version "17.0.15" 2025-04-15
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', told)
    return int(found[1]) if found else None


def open_session(settings: Settings) -> Any:
    """Opens the session of a build: in this process, as driver of a cluster, or on a Connect server."""
    from pyspark.sql import SparkSession

    for name in ("pyspark", "py4j"):
        logging.getLogger(name).setLevel(logging.ERROR)
    builder = SparkSession.builder.appName(f"cchc {settings.layout.root.name}")
    for name, value in _session_settings(settings).items():
        builder = builder.config(name, value)
    if settings.spark_master.startswith(_CONNECT):
        # For dbt-spark too, which asks for a session by itself.
        os.environ["SPARK_REMOTE"] = settings.spark_master
        # dbt-spark asks for Hive with every query, and the client warns as often that a server cannot change to it.
        warnings.filterwarnings("ignore", message="Failed to set spark.sql.catalogImplementation")
        return builder.getOrCreate()
    for name, value in _process_settings(settings, settings.layout).items():
        builder = builder.config(name, value)
    # Otherwise Java cannot name a file with Vietnamese letters.
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    with _output_to(settings.layout.build / "spark.log"):
        session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def stop_session(session: Any) -> None:
    """Stops the session, so that the next home of this process gets its own."""
    session.stop()
    # The second is set by pyspark, which then opens no other kind of session.
    for name in ("SPARK_REMOTE", "SPARK_CONNECT_MODE_ENABLED"):
        os.environ.pop(name, None)


def _session_settings(settings: Settings) -> dict[str, str]:
    if settings.spark_data == "large":
        return _MEANING
    return {**_MEANING, **_SMALL, "spark.sql.shuffle.partitions": str(settings.threads)}


def _process_settings(settings: Settings, home: Home) -> dict[str, str]:
    """Settings that hold for the whole process of the driver; a Connect server has its own."""
    return {
        "spark.master": settings.spark_master,
        "spark.driver.memory": settings.spark_memory,
        "spark.executor.memory": settings.spark_memory,
        "spark.driver.extraJavaOptions": _SMALL_JVM if settings.spark_data == "small" else "",
        # What a killed night leaves there, the next one sweeps away.
        "spark.local.dir": str(home.staging / "spark"),
        "spark.sql.warehouse.dir": str(home.spark_tables),
        # The catalog lives as long as the session: one build.
        "spark.sql.catalogImplementation": "in-memory",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }


@contextmanager
def _output_to(path: Path) -> Iterator[None]:
    """Lets a process that starts meanwhile write its messages to a file, not to the terminal of the night."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    kept = [os.dup(descriptor) for descriptor in (1, 2)]
    with path.open("ab") as log:
        for descriptor in (1, 2):
            os.dup2(log.fileno(), descriptor)
    try:
        yield
    finally:
        for descriptor, former in zip((1, 2), kept, strict=True):
            os.dup2(former, descriptor)
            os.close(former)
