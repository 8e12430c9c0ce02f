"""Whether a build may be an increment: what the former build was made of, and what of it still holds.

`build/state.json` says what the row-level tables of the build database hold. It is taken away before they change and
written when they have, so a build that was killed is followed by a full one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING

from warehouse.files import write_json
from warehouse.publication.sealing import sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from warehouse.config import Home
    from warehouse.ledger import LoadRecord

_LOG = ("dossiers", "dossier_events")
# The dates have rules of their own; rules judge and methods count what is built; the calendar is compared as it is
# used, with how far it reaches.
_NOT_IN_ROWS = {"as_of_date", "rules", "methods", "holidays", "registry/calendar_overrides.csv"}
_WORDS = {"contracts": "the contracts", "models": "the models", "method_version": "the method version"}


@dataclass(frozen=True)
class BuildState:
    """What row-level tables are made of: the counting loads of the log by load_seq, everything else by its digest."""

    as_of_date: date
    loads: list[int]
    inputs: dict[str, str]


@dataclass(frozen=True)
class BuildPlan:
    """What to build: increments to `before`, or everything (None) for a `reason`."""

    before: BuildState | None
    reason: str


def describe_state(loads: Sequence[LoadRecord], inputs: Mapping[str, str], calendar: Path, as_of: date) -> BuildState:
    """The state that a build of these loads and inputs leaves; `calendar` is the file that the models read."""
    log = [load for load in loads if load.source in _LOG]
    # Events make dossiers as long as nobody has sent any.
    sent = {load.source for load in log if load.verdict_status in ("accepted", "held")}
    shaping = {name: value for name, value in inputs.items() if name not in _NOT_IN_ROWS}
    shaping |= {"the calendar": sha256_of(calendar), "what the log consists of": str("dossiers" in sent)}
    return BuildState(as_of, [load.load_seq for load in log if load.counts], shaping)


def plan_build(home: Home, now: BuildState) -> BuildPlan:
    """Compare with the former build. Only its loads may have become more, and its date may not have gone back."""
    before = _read_state(home)
    if before is None:
        return BuildPlan(None, "no finished build is there to add to")
    names = sorted(set(before.inputs) | set(now.inputs))
    changed = [_WORDS.get(name, name) for name in names if before.inputs.get(name) != now.inputs.get(name)]
    if changed:
        return BuildPlan(None, f"{', '.join(changed)} changed")
    if now.as_of_date < before.as_of_date:
        return BuildPlan(None, f"the data date went back from {before.as_of_date} to {now.as_of_date}")
    if gone := sorted(set(before.loads) - set(now.loads)):
        return BuildPlan(None, f"load {gone[0]} was judged again")
    return BuildPlan(before, "")


@contextmanager
def changing_state(home: Home, after: BuildState) -> Iterator[None]:
    """Around a build: without a state while it runs and when it fails, with the new one after it."""
    path = _path(home)
    path.unlink(missing_ok=True)
    yield
    write_json(path, {**asdict(after), "as_of_date": after.as_of_date.isoformat()})


def _read_state(home: Home) -> BuildState | None:
    path = _path(home)
    if not path.exists() or not home.build_db.exists():
        return None
    content = json.loads(path.read_text(encoding="utf-8"))
    return BuildState(**{**content, "as_of_date": date.fromisoformat(content["as_of_date"])})


def _path(home: Home) -> Path:
    return home.build / "state.json"
