"""The state of one night while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from expectations.rules import RuleFile, load_rules
from ingest.contract import Contract, load_contracts
from ingest.privacy import PseudonymKey, load_key
from warehouse.clock import local_now
from warehouse.config import Home, Settings
from warehouse.ledger import Ledger, LoadRecord, RuleResult
from warehouse.publication.identity import code_version

if TYPE_CHECKING:
    from expectations.engine import Validator
    from warehouse.engine import DbtProject


@dataclass
class Night:
    """State of one run, in one process. Heavy libraries are imported on first use."""

    settings: Settings
    as_of: date | None = None
    started_at: datetime = field(default_factory=local_now)
    # Read once at the start, so that a change of the checkout during the run has no effect.
    code_version: str = field(default_factory=code_version)
    loads: list[LoadRecord] = field(default_factory=list)
    mart_rules: list[RuleResult] = field(default_factory=list)
    is_validated: bool = False
    # What the summary of the night has to say beside its deliveries.
    warnings: list[str] = field(default_factory=list)

    @cached_property
    def home(self) -> Home:
        """The province's home folder."""
        return self.settings.layout

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger of this home."""
        return Ledger(self.home)

    @cached_property
    def history(self) -> list[LoadRecord]:
        """The loads before this night."""
        return self.ledger.loads()

    @cached_property
    def contracts(self) -> dict[str, Contract]:
        """Every source's contract."""
        return load_contracts()

    @cached_property
    def rules(self) -> dict[str, RuleFile]:
        """Every rule file, by source or mart."""
        return load_rules()

    @cached_property
    def key(self) -> PseudonymKey:
        """The pseudonym key, checked against the one that earlier loads used."""
        return load_key(self.settings, self.ledger.key_in_use())

    @cached_property
    def validator(self) -> Validator:
        """Great Expectations, opened once a night."""
        from expectations.engine import Validator

        self.is_validated = True
        return Validator(self.settings.memory_limit, self.settings.threads)

    @cached_property
    def dbt(self) -> DbtProject:
        """The dbt project, parsed once a night."""
        from warehouse.engine import DbtProject

        return DbtProject(self.settings)

    @property
    def registry_parquet(self) -> Path:
        """The checked registry, as ingest and dbt read it."""
        return self.home.inputs / "registry"
