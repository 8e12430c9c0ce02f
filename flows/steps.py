"""The steps of a night in their order, with names, retries and time limits.

`run_night` calls every step through `run`, which the caller chooses: a plain call, a line on the terminal, or a Prefect
task (`flows/nightly.py`). The result of a night does not depend on the runner.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flows.build import building
from flows.failures import ExitCode
from flows.load import corrections, loading
from flows.night import Night
from warehouse.landing import expire_archive
from warehouse.lock import hold_writer_lock
from warehouse.publication.publish import PublicationReport
from warehouse.rebuilding import rebuild_records

# A build of a hundred million dossiers takes longer than any other step.
_BUILD_SECONDS = 3 * 3600


@dataclass(frozen=True)
class Step:
    """One step as people see it. Only steps that read the inbox are retried; a verdict never is."""

    name: str
    title: str
    retries: int = 0
    timeout_seconds: int = 1800


# Runs one step's work and returns its result.
Runner = Callable[[Step, Callable[[], Any]], Any]


@dataclass(frozen=True)
class NightReport:
    """The result of a night. `publication` is None when nothing was built."""

    night: Night
    decision: building.Decision
    publication: PublicationReport | None
    warnings: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0: published, or nothing to do. 3: a delivery of this night needs attention."""
        return ExitCode.HELD if any(load.needs_attention for load in self.night.loads) else ExitCode.DONE


def run_plainly(_step: Step, work: Callable[[], Any]) -> Any:
    """Runs a step without retries or output."""
    return work()


def run_night(night: Night, run: Runner = run_plainly) -> NightReport:
    """Loads new deliveries, builds when the inputs changed, publishes when every audit passes.

    Called by `cchc nightly`, the Prefect flow and tests. Needs the inbox and the registry. Writes landing, quarantine,
    ledger, build, publications and docs of one home, alone: raises LockHeldError when another process writes it.
    """
    with hold_writer_lock(night.home, "cchc nightly"):
        for path in rebuild_records(night.home):
            night.warnings.append(f"{path} was damaged and is written again from its copy")
        # Before hours of loading that nothing could build.
        night.dbt.store.check()
        run(Step("registry", "check the registry and the key"), partial(building.check_registry_step, night))
        for source in night.contracts:
            load_source(night, source, run)
        if due := corrections.sources_to_correct(night):
            run(Step("correct", "judge corrected files again"), partial(corrections.correct_landed, night, due))
        if night.loads:
            # A later data date may be beyond the end of the calendar written at the start of the night.
            run(Step("calendar", "extend the calendar"), partial(building.check_registry_step, night))
        decision = run(Step("decide", "compare with what is published"), partial(building.decide, night))
        publication: PublicationReport | None = None
        warnings: list[str] = []
        if decision.is_new:
            publication, warnings = _build(night, decision, run)
        if night.is_validated:
            run(Step("data-docs", "write Data Docs"), partial(building.build_docs, night))
        expire_archive(night.home, night.settings.archive_days)
    return NightReport(night, decision, publication, [*warnings, *night.warnings])


def load_source(night: Night, source: str, run: Runner) -> None:
    """Collects, types, judges and lands the deliveries of a source; the caller holds the writer lock."""
    title = in_sentence(night.contracts[source].title_en)
    collected = run(Step(f"collect-{source}", f"collect {title}", retries=2), partial(loading.collect, night, source))
    if not collected:
        return
    conformed = run(Step(f"conform-{source}", f"conform {title}"), partial(loading.conform, night, source, collected))
    judged = run(Step(f"judge-{source}", f"judge {title}"), partial(loading.judge, night, source, conformed))
    run(Step(f"land-{source}", f"land {title}"), partial(loading.land, night, source, judged))


def in_sentence(title: str) -> str:
    """Returns the title for use inside a sentence: in lower case, unless it begins with an abbreviation."""
    return title if title[:2].isupper() else title[:1].lower() + title[1:]


def _build(night: Night, decision: building.Decision, run: Runner) -> tuple[PublicationReport, list[str]]:
    try:
        core = run(
            Step("build-core", "build core tables", timeout_seconds=_BUILD_SECONDS),
            partial(building.build_core, night, decision),
        )
        run(Step("methods", "compute statistics"), partial(building.run_methods, night, decision))
        marts = run(
            Step("build-marts", "build marts", timeout_seconds=_BUILD_SECONDS), partial(building.build_marts, night)
        )
        run(Step("judge-marts", "judge marts"), partial(building.judge_marts_step, night))
        quality = run(Step("build-quality", "build quality tables"), partial(building.build_quality, night, decision))
    finally:
        night.dbt.store.close()
    publication = run(Step("publish", "audit and publish"), partial(building.publish_step, night, decision))
    return publication, [*core.warned, *marts.warned, *quality.warned]
