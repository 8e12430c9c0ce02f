"""The second half of a night: compares the inputs with what is published, builds, audits, publishes."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

from expectations.predicates import value_on
from expectations.rules import RULES
from expectations.validate import read_policy
from flows.build.decision import Decision, compare_with_published
from flows.build.inputs import write_ledger
from flows.load.boundary import concerns_home, log_fault
from flows.night import Night
from ingest.contract import SOURCES
from ingest.registry.completion import CODE_LABELS
from ingest.registry.registry import write_registry
from methods import METHOD_VERSION
from warehouse.config import CODE_ROOT
from warehouse.engine import BuildReport, connect
from warehouse.files import tree_digest
from warehouse.ledger import RUN_FILE, RuleResult, RunRecord
from warehouse.publication.identity import PublicationIdentity
from warehouse.publication.manifest import read_manifest
from warehouse.publication.publications import list_publications, next_seq, prune
from warehouse.publication.publish import PublicationReport, publish
from warehouse.publication.sealing import sha256_of
from warehouse.publication.staged import DATABASE, Audit, StagedPublication
from warehouse.records import read_record, write_record

# The pages cited as basis of rules and columns are part of every publication.
LAW = ("methods.md", "domain.md")
_CALENDAR_YEARS_AHEAD = 2
# Tables that have rows in every province.
_ALWAYS_FILLED = {"core.agency", "core.dim_agency", "core.dim_date", "core.label", "quality.load_ledger"}


def check_registry_step(night: Night) -> None:
    """Checks the key and the registry, and writes the registry as Parquet.

    The calendar reaches two years beyond the last data date. Raises PseudonymKeyError, RegistryError.
    """
    _ = night.key
    last = night.as_of or latest_data_date(night) or night.started_at.date()
    until = date(max(last, night.started_at.date()).year + _CALENDAR_YEARS_AHEAD, 12, 31)
    write_registry(night.settings.registry, night.registry_parquet, until, night.settings.language)


def decide(night: Night) -> Decision:
    """Compares the inputs with what is published; moves the pointer when a killed night did not."""
    adopt_runs(night)
    as_of = night.as_of or latest_data_date(night)
    if as_of is None:
        return Decision(False, "no delivery is accepted yet: deliver files to the inbox, then run again")
    return compare_with_published(night.home, as_of, hash_inputs(night, as_of))


def build_core(night: Night, decision: Decision) -> BuildReport:
    """Writes dbt's inputs and builds all models that need no statistics."""
    night.dbt.parse()
    _write_inputs(night, decision)
    night.dbt.store.begin()
    return night.dbt.build("--exclude", "source:methods+", "tag:audit", "tag:nation")


def run_methods(night: Night, decision: Decision) -> list[str]:
    """Computes the statistics that are not SQL from the built tables; returns the names of the tables written."""
    # scipy takes a second to import, and a night without new inputs does not need it.
    from flows.build.statistics import write_statistics

    assert decision.as_of_date is not None
    alpha = float(value_on(read_policy(night.registry_parquet), "alpha", decision.as_of_date))
    with connect(night.home.build_db, read_only=True) as connection:
        return write_statistics(connection, night.home.inputs / "methods", alpha)


def build_marts(night: Night) -> BuildReport:
    """Builds the models that depend on the statistics."""
    return night.dbt.build("--select", "source:methods+", "--exclude", "tag:audit")


def judge_marts_step(night: Night) -> int:
    """Runs Great Expectations on the marts; returns the number of broken rules."""
    from expectations.marts import judge_marts

    night.mart_rules = judge_marts(night.validator, night.rules, night.home.build_db)
    return sum(not rule.is_passed for rule in night.mart_rules)


def build_quality(night: Night, decision: Decision) -> BuildReport:
    """Builds the tables about the data and this publication, after all rules ran."""
    _write_inputs(night, decision)
    return night.dbt.build("--select", "tag:audit")


def publish_step(night: Night, decision: Decision) -> PublicationReport:
    """Stages, audits and publishes; records the run; prunes old publications. Raises AuditFailedError."""
    from warehouse.publication.audits import standard_audits
    from warehouse.publication.catalog import read_catalog

    run = _run_record(night, decision)
    personal = {name for contract in night.contracts.values() for name in contract.personal_columns}
    report = publish(
        night.home,
        night.home.build_db,
        read_catalog(night.dbt.manifest),
        identity_of(night, decision),
        [
            Audit("rules of the marts", lambda _: _broken_rules(night)),
            *standard_audits(
                personal_columns=personal,
                may_be_empty=may_be_empty(night, run.as_of_date),
            ),
        ],
        [
            lambda staged: _summarise(night, staged),
            copy_law,
            lambda staged: write_record(staged.folder / RUN_FILE, run),
        ],
        memory_limit=night.settings.memory_limit,
        threads=night.settings.threads,
    )
    adopt_runs(night)
    prune(night.home, night.settings.keep_publications)
    return report


def build_docs(night: Night) -> Path:
    """Writes Data Docs of every suite that ran this night."""
    from expectations.sites import build_data_docs

    folder = night.home.docs / "data_docs"
    try:
        return build_data_docs(night.validator, folder)
    except Exception as error:
        # The night is published by now; only a full disk concerns what follows.
        if concerns_home(error, night.settings):
            raise
        log_fault(error, "Data Docs")
        night.warnings.append("Data Docs could not be written; the rules are in quality.rule_results")
        return folder


def adopt_runs(night: Night) -> None:
    """Writes missing run records into the ledger; a run may be killed between publication and record."""
    known = {run.publication_id for run in night.ledger.runs()}
    for publication in list_publications(night.home):
        if publication.publication_id not in known:
            path = night.home.publications / publication.publication_id / RUN_FILE
            night.ledger.append_run(read_record(RunRecord, path))


def latest_data_date(night: Night) -> date | None:
    """Returns the latest data date that an accepted delivery declares; never today's date."""
    dates = [load.data_until for load in night.ledger.loads() if load.counts]
    return max((day for day in dates if day is not None), default=None)


def hash_inputs(night: Night, as_of: date) -> str:
    """sha256 over all inputs of a published number: the loads and `describe_inputs`."""
    # The same bytes under another name do not change the publication.
    loads = [
        (load.load_seq, load.source, load.load_id, load.verdict_status)
        for load in night.ledger.loads()
        if load.verdict_status != "known"
    ]
    parts = [repr(loads), *(f"{name} {value}" for name, value in describe_inputs(night, as_of).items())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def describe_inputs(night: Night, as_of: date) -> dict[str, str]:
    """Returns the inputs of a publication besides the loads: name -> short value or digest; registry per table."""
    tables = sorted(night.settings.registry.glob("*.csv"))
    return {
        "as_of_date": as_of.isoformat(),
        **{f"registry/{path.name}": sha256_of(path) for path in tables},
        **({"pseudonyms": key.version} if (key := night.ledger.key_in_use()) and key.version else {}),
        "labels": sha256_of(CODE_LABELS),
        "contracts": tree_digest(SOURCES),
        "rules": tree_digest(RULES),
        "models": digest_models(),
        "methods": tree_digest(CODE_ROOT / "methods"),
        "holidays": version("holidays"),
        "method_version": METHOD_VERSION,
    }


def digest_models() -> str:
    """sha256 over everything of the dbt project that decides on a number."""
    return tree_digest(CODE_ROOT / "dbt_project", "models", "macros", "tests", "dbt_project.yml")


def identity_of(night: Night, decision: Decision) -> PublicationIdentity:
    """Returns the identity of the publication that is being built."""
    assert decision.as_of_date is not None
    return PublicationIdentity(
        seq=next_seq(night.home),
        as_of_date=decision.as_of_date,
        input_hash=decision.input_hash,
        code_version=night.code_version,
        method_version=METHOD_VERSION,
        built_at=night.started_at,
    )


def record_of(
    identity: PublicationIdentity,
    *,
    n_tables: int,
    inputs: dict[str, str],
    engine: str,
    loads: Sequence[int] = (),
    rules: Sequence[RuleResult] = (),
) -> RunRecord:
    """Returns the record of the run that makes a publication."""
    return RunRecord(
        publication_id=identity.publication_id,
        built_at=identity.built_at,
        as_of_date=identity.as_of_date,
        input_hash=identity.input_hash,
        code_version=identity.code_version,
        method_version=identity.method_version,
        n_tables=n_tables,
        loads=[*loads],
        rules=[*rules],
        inputs=inputs,
        engine=engine,
    )


def _run_record(night: Night, decision: Decision) -> RunRecord:
    from warehouse.publication.catalog import read_catalog

    assert decision.as_of_date is not None
    return record_of(
        identity_of(night, decision),
        n_tables=len(read_catalog(night.dbt.manifest).tables),
        loads=_new_loads(night),
        rules=night.mart_rules,
        inputs=describe_inputs(night, decision.as_of_date),
        engine=night.settings.engine,
    )


def _new_loads(night: Night) -> list[int]:
    """Returns loads that no publication contains yet, of this night and of earlier nights that did not publish."""
    published = {load_seq for run in night.ledger.runs() for load_seq in run.loads}
    return [load.load_seq for load in night.ledger.loads() if load.load_seq not in published]


def _write_inputs(night: Night, decision: Decision) -> None:
    assert decision.as_of_date is not None
    write_ledger(
        night.home.inputs / "ledger",
        night.ledger.loads(),
        night.ledger.runs(),
        _run_record(night, decision),
        decision.as_of_date,
    )


def _broken_rules(night: Night) -> list[str]:
    return [
        f"{rule.rule_code} {rule.source}: {rule.statement} ({rule.n_failed} of {rule.n_evaluated} rows)"
        for rule in night.mart_rules
        if rule.severity == "critical" and not rule.is_passed
    ]


def may_be_empty(night: Night, as_of: date) -> set[str]:
    """Returns the tables that may be empty on a day, because a source may have no delivery, or none yet.

    A table with rows in the last publication must have rows, unless the new data date is earlier.
    """
    from warehouse.publication.catalog import read_catalog

    published = read_manifest(night.home.current)
    is_earlier = published is not None and published.as_of_date <= as_of
    filled = {table.full_name for table in published.tables if table.rows} if published and is_earlier else set()
    sent = {
        load.source
        for load in night.ledger.loads()
        if load.counts and load.rows_accepted and (load.data_from or as_of) <= as_of
    }
    facts = {contract.fact for source, contract in night.contracts.items() if source in sent and contract.fact}
    return {table.full_name for table in read_catalog(night.dbt.manifest).tables} - filled - facts - _ALWAYS_FILLED


def _summarise(night: Night, staged: StagedPublication) -> None:
    from reports.page.summary import write_summary
    from reports.ranking.pages import write_agency_pages

    province = value_on(read_policy(night.registry_parquet), "province_name", staged.identity.as_of_date)
    faults = write_summary(
        staged.folder / DATABASE,
        staged.folder / "summary.html",
        province=province,
        loads=_new_loads(night),
    )
    for title, fault in faults.items():
        log_fault(fault, f"summary.html, {title}")
        night.warnings.append(f"summary.html: không vẽ được phần «{title}»; bản công bố vẫn đủ các bảng")
    for page, fault in write_agency_pages(staged.folder / DATABASE, staged.folder, province=province).items():
        log_fault(fault, page)
        night.warnings.append(f"{page}: không viết được trang này; bản công bố vẫn đủ các bảng")


def copy_law(staged: StagedPublication) -> None:
    """Copies the pages that descriptions cite into both profiles."""
    for profile in ("internal", "open"):
        folder = staged.folder_of(profile) / "docs"
        folder.mkdir()
        for page in LAW:
            shutil.copyfile(CODE_ROOT / "docs" / page, folder / page)
