"""`cchc dbt`: the last build for people who know dbt."""

from __future__ import annotations

import click

from flows.cli.console import OUT
from flows.failures import UsageError
from warehouse.config import Settings


@click.command()
def dbt() -> None:
    """Copy the last build for work with plain dbt.

    Then `dbt build -s MODEL`, `dbt test`, `dbt show`, `dbt docs generate` work in dbt_project/ without any setting.
    They change the copy only; run this command again for a fresh one.
    """
    from warehouse.dbt_copy import copy_build
    from warehouse.engine import DBT_PROJECT
    from warehouse.lock import hold_writer_lock

    home = Settings().layout
    try:
        with hold_writer_lock(home, "dbt"):
            copy = copy_build(home)
    except FileNotFoundError as error:
        raise UsageError(str(error)) from error
    OUT.print(f"Copied to {copy}. Now: cd {DBT_PROJECT} && dbt build -s MODEL", soft_wrap=True)
