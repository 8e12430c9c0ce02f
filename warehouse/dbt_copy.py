"""A copy of the last build inside the dbt project, so that plain dbt works there and never on a night's own files."""

from __future__ import annotations

import shutil
from pathlib import Path

from warehouse.config import Home
from warehouse.engine import DBT_PROJECT

# Where dbt_project/profiles.yml and macros/inputs.sql look when the environment names nothing else.
COPY = DBT_PROJECT / "target" / "copy"


def copy_build(home: Home, target: Path = COPY) -> Path:
    """Copy the build database and its inputs to `target` and link the landing; returns `target`.

    Whatever stood there goes. Only under the writer lock. Raises FileNotFoundError before the first build.
    """
    if not home.build_db.exists():
        raise FileNotFoundError(f"no build in {home.root}: run `cchc nightly` or `cchc demo` first")
    shutil.rmtree(target, ignore_errors=True)
    (target / "temp").mkdir(parents=True)
    # The name stays: views name the database that they are of.
    shutil.copy2(home.build_db, target / home.build_db.name)
    shutil.copytree(home.inputs, target / "inputs")
    # dbt only reads it, and it may be a hundred times as large.
    (target / "landing").symlink_to(home.landing.resolve(), target_is_directory=True)
    return target
