"""Runs `cchc` in forked children that a test kills, stops or limits (run by nights.py).

A child has its own lock and exit code. Its parent has imported everything and parsed the dbt project, which saves
fifteen seconds per child.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import itertools
import json
import os
import pickle
import pkgutil
import resource
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from tests.support.kill_at_change import kill_at_change
from tests.support.once import do_once

_HEAVY = (
    "dbt.adapters.duckdb",
    "dbt.cli.main",
    "dbt.task.build",
    "expectations.marts",
    "expectations.sites",
    "fastexcel",
    "flows.build.building",
    "flows.cli.main",
    "flows.failures",
    "flows.watch.report",
    "flows.steps",
    "flows.cli.views",
    "great_expectations",
    "holidays",
    "demo",
    "reports.page.summary",
    "warehouse.publication.audits",
)
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 1, 2


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def wait(fifo: str) -> None:
    """Waits until the named pipe was opened for writing and closed again."""
    Path(fifo).read_bytes()


def act_at(call: str, nth: int, act: Callable[[], None]) -> None:
    """Calls `act` before the nth call of a function, named as in its caller's module."""
    owner_name, name = call.rsplit(".", 1)
    owner = pkgutil.resolve_name(owner_name)
    original, calls = getattr(owner, name), itertools.count(1)

    def called(*arguments: Any, **keywords: Any) -> Any:
        if next(calls) == nth:
            act()
        return original(*arguments, **keywords)

    setattr(owner, name, called)


def use_rules(folder: Path) -> None:
    import flows.build.building
    import flows.night

    flows.night.load_rules = partial(flows.night.load_rules, folder)  # type: ignore[assignment]
    flows.build.building.RULES = folder


def obey_permissions() -> None:
    """Drops the capabilities by which root ignores permission bits."""
    libc = ctypes.CDLL(None)
    header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    libc.capget(header, sets)
    sets[0] &= ~(1 << _CAP_DAC_OVERRIDE | 1 << _CAP_DAC_READ_SEARCH)
    libc.capset(header, sets)


def run(job: dict[str, Any]) -> NoReturn:
    """Runs one command to the end of the process, like its entry point."""
    from flows.cli.main import main as run_cchc

    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(f"{job['output']}.{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
    os.environ.update(job["environment"])
    if job["kill_at"]:
        act_at(*job["kill_at"], kill)
    if job["kill_at_change"] is not None:
        kill_at_change(job["kill_at_change"], Path(job["home"]))
    if job["wait_at"]:
        call, fifo = job["wait_at"]
        act_at(call, 1, partial(wait, fifo))
    if job["rules"]:
        use_rules(Path(job["rules"]))
    if job["largest_file"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (job["largest_file"], job["largest_file"]))
    if job["obeys_permissions"]:
        obey_permissions()
    sys.argv = ["cchc", *job["arguments"]]
    run_cchc()


def parse_project(folder: Path) -> bytes:
    """Returns the dbt project, parsed by a child, because dbt leaves semaphores and a process in its caller."""
    from warehouse.config import Settings
    from warehouse.engine import DbtProject

    parsed = folder / "parsed_project"
    child = os.fork()
    if child == 0:
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            DbtProject(Settings(home=folder / "parsed")).parse()
            parsed.write_bytes(pickle.dumps(DbtProject.parsed))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    return parsed.read_bytes()


def main(shared: Path) -> None:
    """Serves the jobs of standard input; `shared` is the folder of all processes of this test run."""
    from warehouse.engine import DbtProject

    for name in _HEAVY:
        importlib.import_module(name)
    DbtProject.parsed = pickle.loads(do_once(shared, "dbt", partial(parse_project, shared)))
    # Objects shared with the parent need no garbage collection in a child.
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            run(json.loads(line))
        _, status = os.waitpid(child, 0)
        print(json.dumps([child, os.waitstatus_to_exitcode(status)]), flush=True)
    # An orderly shutdown would take seconds and is not needed.
    os._exit(0)


main(Path(sys.argv[1]))
