"""A night from the shell, with Prefect but without a server: Prefect starts its own on loopback and stops it again."""

from __future__ import annotations

import os
from contextlib import ExitStack

from flows.cli.terminal import Terminal
from flows.night import Night
from flows.steps import NightReport

_QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_CLI_PROMPT": "false",
}


def run_in_prefect(night: Night, terminal: Terminal) -> NightReport:
    """Run the nightly flow in this process. With PREFECT_API_URL set, that server records it.

    Without one, Prefect's own files stay in the province's home, not in the user's.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    if "PREFECT_API_URL" not in os.environ:
        os.environ.setdefault("PREFECT_HOME", str(night.home.root / "prefect"))
    reports: list[NightReport] = []
    with ExitStack() as starting:
        starting.enter_context(terminal.waiting("start Prefect"))
        from prefect import flow

        from flows.nightly import run_as_tasks

        @flow(name="nightly", flow_run_name="nightly-shell", persist_result=False)
        def nightly_shell() -> None:
            # Prefect's server is up when the flow begins; most of the waiting is for it.
            starting.close()
            reports.append(run_as_tasks(night, terminal.tell))

        nightly_shell()
    return reports[0]
