"""The dbt project, parsed once for all tests of its structure."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from dbt.cli.main import dbtRunner

from warehouse.engine import DBT_PROJECT


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manifest of a parse in which every warning is an error, deprecations of dbt's dialect above all."""
    folder = tmp_path_factory.mktemp("parse")
    where = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT), "--target-path", str(folder)]
    strict = ["--no-partial-parse", "--warn-error-options", '{"error": "all"}', "--log-level-file", "none"]
    with pytest.MonkeyPatch.context() as environment:
        # As somebody who knows dbt runs it: without any setting.
        for name in [name for name in os.environ if name.startswith("CCHC_")]:
            environment.delenv(name)
        parsed = dbtRunner().invoke(["--quiet", "parse", *where, *strict, "--log-path", str(folder)])
    assert parsed.success, parsed.exception
    return folder / "manifest.json"


@pytest.fixture(scope="session")
def nodes(manifest: Path) -> list[dict[str, Any]]:
    return list(json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values())
