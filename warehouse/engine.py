"""The one place that opens DuckDB and runs dbt."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import duckdb

from warehouse.config import CODE_ROOT, Settings

if TYPE_CHECKING:
    from warehouse.build_store import BuildStore

DBT_PROJECT = CODE_ROOT / "dbt_project"
_PARTIAL_PARSE = "partial_parse.msgpack"
# Written by `make install`, apart from what plain dbt and sqlfluff parse with other settings.
INSTALLED_PARSE = DBT_PROJECT / "target" / "installed" / _PARTIAL_PARSE


class BuildFailedError(RuntimeError):
    """dbt could not build or a test failed; the message names each node and its error.

    `is_refusal` is true when every model was built and only tests failed.
    """

    def __init__(self, message: str, *, is_refusal: bool = False) -> None:
        super().__init__(message)
        self.is_refusal = is_refusal


@contextmanager
def connect(
    path: Path | None = None,
    *,
    read_only: bool = False,
    memory_limit: str = "2GB",
    threads: int = 2,
    temp: Path | None = None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Opens a DuckDB database (in memory without `path`) that never downloads an extension; closes it on exit."""
    config: dict[str, Any] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "memory_limit": memory_limit,
        "threads": threads,
    }
    if temp is not None:
        config["temp_directory"] = str(temp)
    connection = duckdb.connect(str(path) if path else ":memory:", read_only=read_only, config=config)
    try:
        yield connection
    finally:
        connection.close()


@dataclass(frozen=True)
class BuildReport:
    """Result of one dbt invocation: nodes by kind of result, slowest first in `seconds`."""

    selection: str
    passed: int
    warned: list[str] = field(default_factory=list)
    seconds: list[tuple[str, float]] = field(default_factory=list)


@dataclass(frozen=True)
class ParsedProject:
    """The parsed project: for which engine, the files it was read from, and the manifest as pickle and JSON."""

    # The target: relations and types are named as its engine names them.
    engine: str
    # Path, modification time and size.
    files: frozenset[tuple[str, int, int]]
    # Each home needs its own manifest, because a build writes compiled SQL into it.
    manifest: bytes
    json: bytes


class DbtProject:
    """The dbt project, parsed once per process and built selection by selection.

    The parsed project contains no path of a home, so all homes of a process share it until a project file changes.
    dbt's adapter is shared by a whole process, so one invocation runs at a time.
    """

    parsed: ClassVar[ParsedProject | None] = None

    def __init__(self, settings: Settings) -> None:
        from warehouse.build_store import build_store

        home = settings.layout
        self.store: BuildStore = build_store(settings)
        self.target = home.dbt_target
        self._scratch = home.staging / "dbt"
        self._environment = {
            "CCHC_LANDING": str(home.landing),
            "CCHC_INPUTS": str(home.inputs),
            "DO_NOT_TRACK": "1",
            **self.store.environment,
        }
        self._manifest: Any = None

    @property
    def manifest(self) -> Path:
        """dbt's manifest.json, from which the catalog is read."""
        return self.target / "manifest.json"

    def parse(self) -> None:
        """Reads the project and writes its manifest. Raises BuildFailedError with the message of dbt."""
        files = _project_files()
        parsed, engine = DbtProject.parsed, self.store.engine
        if parsed is None or (parsed.engine, parsed.files) != (engine, files):
            result = self._invoke(["parse", *_parsed_before(self.target)], dict.fromkeys(self._environment))
            if not result.success:
                raise BuildFailedError(f"dbt could not read the project: {result.exception}")
            parsed = ParsedProject(engine, files, pickle.dumps(result.result), self.manifest.read_bytes())
            DbtProject.parsed = parsed
        else:
            self.target.mkdir(parents=True, exist_ok=True)
            self.manifest.write_bytes(parsed.json)
        self._manifest = pickle.loads(parsed.manifest)

    def build(self, *selection: str) -> BuildReport:
        """Builds models, runs their tests and shows the tables. Raises BuildFailedError naming every failed node."""
        # Unit tests check the code, not the night's data: `make test` runs them.
        report = self._report(["build", "--no-write-json", "--exclude-resource-type", "unit_test"], selection)
        self.store.show()
        return report

    def run_unit_tests(self) -> BuildReport:
        """Runs every unit test of the models, which must be built. Raises BuildFailedError naming each failure."""
        return self._report(["test", "--no-write-json"], ("--select", "test_type:unit"))

    def _report(self, verb: Sequence[str], selection: Sequence[str]) -> BuildReport:
        if self._manifest is None:
            self.parse()
        result = self._invoke([*verb, *selection])
        results = list(result.result or [])
        failed = [r for r in results if str(r.status) in ("error", "fail", "runtime error")]
        if failed or not result.success:
            faults = [self._explain(r) for r in failed] or [str(result.exception)]
            raise BuildFailedError(
                "the build stopped:\n" + "\n".join(f"  - {fault}" for fault in faults),
                is_refusal=bool(failed) and all(str(r.status) == "fail" for r in failed),
            )
        # The hook before the first node (macros/inputs.sql) is not a node.
        nodes = [r for r in results if str(r.node.resource_type) != "operation"]
        timed = [(r.node.name, float(r.execution_time)) for r in nodes]
        return BuildReport(
            selection=" ".join(selection),
            passed=len(nodes),
            warned=[self._explain(r) for r in results if str(r.status) == "warn"],
            seconds=sorted(timed, key=lambda pair: -pair[1]),
        )

    def _explain(self, result: Any) -> str:
        """The node and dbt's message; of a test of a table (macros/tests/sound.sql), the rules that it breaks."""
        message = str(result.message)
        if getattr(result.node, "test_metadata", None) and result.node.test_metadata.name == "sound":
            broken = self.store.rows(result.node.compiled_code)
            message = "; ".join(f"{rule} ({n_rows:,})" for rule, n_rows in broken) or message
        return f"{_title(result.node)}: {message}"

    def _invoke(self, arguments: Sequence[str], environment: Mapping[str, str | None] | None = None) -> Any:
        """Run dbt with the variables of this home, or with those of `environment`, in which None takes one away."""
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        before = {name: os.environ.get(name) for name in self._environment}
        _set_environment(environment or self._environment)
        self.target.mkdir(parents=True, exist_ok=True)
        self._scratch.mkdir(parents=True, exist_ok=True)
        where = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT), "--target", self.store.engine]
        # BuildFailedError reports the failures, so dbt does not print them.
        quiet = ["--quiet", "--log-level", "none", "--log-level-file", "none", "--log-path", str(self.target)]
        verb, *rest = arguments
        command = [*quiet, verb, *rest, *where, "--target-path", str(self.target)]
        try:
            return dbtRunner(manifest=self._manifest).invoke(command)
        finally:
            # The profile keeps the database open between nodes; it is closed here for other readers.
            DuckDBConnectionManager.close_all_connections()
            # These variables are also settings of cchc; the next home in this process has its own values.
            _set_environment(before)


def _set_environment(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


def _parsed_before(target: Path) -> list[str]:
    """Returns the option for the last parse: that of this home, or that of the installation. dbt parses changes only.

    It does so only while the profile renders to the same values, so parsing never names a home.
    """
    if (target / _PARTIAL_PARSE).exists() or not INSTALLED_PARSE.exists():
        return []
    return ["--partial-parse-file-path", str(INSTALLED_PARSE)]


def _project_files() -> frozenset[tuple[str, int, int]]:
    """Returns every file that dbt reads of the project, with modification time and size."""
    tops = [DBT_PROJECT / name for name in ("models", "macros", "tests", "dbt_project.yml", "profiles.yml")]
    stats = ((str(path), path.stat()) for top in tops for path in (top, *top.rglob("*")))
    return frozenset((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)


def _title(node: Any) -> str:
    """Returns the sentence that describes a test, or the model's name."""
    return f"{node.name} ({node.original_file_path})"
