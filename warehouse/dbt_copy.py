"""Copies the last build into the dbt project, so that plain dbt never changes the files of a night."""

from __future__ import annotations

import shutil
from pathlib import Path

from warehouse.config import Home
from warehouse.engine import DBT_PROJECT

# The default location in dbt_project/profiles.yml and macros/inputs.sql.
COPY = DBT_PROJECT / "target" / "copy"


def copy_build(home: Home, target: Path = COPY) -> Path:
    """Copies the build database and its inputs to `target` and link the landing; returns `target`.

    Replaces an earlier copy. Only under the writer lock. Raises FileNotFoundError before the first build.
    """
    if not home.build_db.exists():
        raise FileNotFoundError(f"no build in {home.root}: run `cchc nightly` or `cchc demo` first")
    shutil.rmtree(target, ignore_errors=True)
    (target / "temp").mkdir(parents=True)
    # The file keeps its name, because views refer to the database by name.
    shutil.copy2(home.build_db, target / home.build_db.name)
    shutil.copytree(home.inputs, target / "inputs")
    # Linked, because dbt only reads the landing and it may be a hundred times as large.
    (target / "landing").symlink_to(home.landing.resolve(), target_is_directory=True)
    return target
