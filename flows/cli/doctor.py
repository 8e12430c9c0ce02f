"""`cchc doctor`: checks whether this installation can run a night. Every finding names what to do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

from rich.console import Console

from warehouse.config import Settings


def examine(console: Console, settings: Settings) -> int:
    """Runs every check and prints one line each; returns the number of failed checks."""
    checks: list[tuple[str, Callable[[Settings], str]]] = [
        ("settings", _settings),
        ("home folder", _home),
        ("records of the home", _records),
        ("inbox", _inbox),
        ("registry", _registry),
        ("contracts and rules", _contracts),
        ("pseudonym key", _key),
        ("publications", _publications),
        ("Great Expectations on DuckDB", _validation),
        ("dbt project", _dbt),
        ("engine of the build", _engine),
    ]
    faults = 0
    for name, check in checks:
        try:
            console.print(f"  ✓ {name:<30} {check(settings)}", soft_wrap=True)
        except Exception as error:
            faults += 1
            console.print(f"  ✗ {name:<30} {error}", soft_wrap=True)
    console.print("Everything is in order." if not faults else f"{faults} of {len(checks)} checks failed.")
    return faults


def _settings(settings: Settings) -> str:
    shown = settings.model_dump(exclude={"key"}, exclude_none=True)
    return ", ".join(f"{name}={value}" for name, value in shown.items() if name not in ("home", "registry", "inbox"))


def _home(settings: Settings) -> str:
    root = settings.layout.root
    existing = next(folder for folder in (root, *root.parents) if folder.exists())
    if not os.access(existing, os.W_OK):
        raise PermissionError(f"{existing} cannot be written; run as its owner or set CCHC_HOME")
    free = shutil.disk_usage(existing).free / 1e9
    if free < 5:
        raise OSError(f"{root}: only {free:.1f} GB free; a night needs about ten times the size of a delivery")
    return f"{root} ({free:.0f} GB free)"


def _records(settings: Settings) -> str:
    from flows.load.decisions import ReleasedRow
    from flows.watch.alerts import Alert
    from warehouse.ledger import LOAD_REMEDY, RUN_REMEDY, LoadRecord, Rotation, RunRecord
    from warehouse.nights import NightRecord
    from warehouse.publication.pointer import standing_rollback
    from warehouse.records import RecordError, find_damage
    from warehouse.transaction import decided_transactions

    home = settings.layout
    faults = [
        *find_damage(LoadRecord, home.loads, LOAD_REMEDY),
        *find_damage(RunRecord, home.runs, RUN_REMEDY),
        *find_damage(ReleasedRow, home.released_rows),
        *find_damage(Rotation, home.rotations),
        *find_damage(NightRecord, home.nights, "a note that nothing needs: delete it"),
        *find_damage(Alert, home.alerts, "a note that nothing needs: delete it"),
    ]
    standing_rollback(home)
    if faults:
        raise RecordError("; ".join(faults))
    unfinished = decided_transactions(home)
    return f"whole{f', {len(unfinished)} changes of a killed run wait for the next night' if unfinished else ''}"


def _inbox(settings: Settings) -> str:
    from ingest.contract import load_contracts
    from ingest.discover import list_deliveries

    count = sum(len(list_deliveries(settings.inbox_url, source)) for source in load_contracts())
    return f"{settings.inbox_url}: {count} files"


def _registry(settings: Settings) -> str:
    from ingest.registry.registry import RegistryError, check_registry

    # The check of a night, which refuses a registry for nothing else.
    if problems := check_registry(settings.registry):
        raise RegistryError(settings.registry, problems, settings.language)
    return f"{settings.registry}: no problem"


def _contracts(_settings: Settings) -> str:
    from expectations.rules import load_rules
    from ingest.contract import load_contracts

    contracts, rules = load_contracts(), load_rules()
    if missing := sorted(set(contracts) - set(rules)):
        raise LookupError(f"sources without rules: {', '.join(missing)}; write expectations/rules/<source>.yml")
    return f"{len(contracts)} sources, {sum(len(file.rules) for file in rules.values())} rules"


def _key(settings: Settings) -> str:
    from ingest.privacy import load_key
    from warehouse.ledger import Ledger

    used = Ledger(settings.layout).key_in_use()
    path = settings.key_file or settings.layout.key_file
    if settings.key is None and not path.exists() and used is None:
        return f"the first night creates it: {path}; keep a copy of it"
    key = load_key(settings, used)
    return f"version {key.version}, fingerprint {key.fingerprint}"


def _publications(settings: Settings) -> str:
    from warehouse.publication.publications import current_publication, list_publications, refuse_damaged

    current = current_publication(settings.layout)
    if current is None:
        return "none yet"
    refuse_damaged(settings.layout.publications / current.publication_id)
    return f"{len(list_publications(settings.layout))} kept, current {current.publication_id} is whole"


def _validation(_settings: Settings) -> str:
    from expectations.engine import Validator, prove

    prove(Validator())
    return "detects a planted fault"


def _dbt(settings: Settings) -> str:
    from warehouse.engine import DbtProject

    project = DbtProject(settings)
    project.parse()
    return "parses"


def _engine(settings: Settings) -> str:
    from warehouse.build_store import build_store

    return build_store(settings).check()
