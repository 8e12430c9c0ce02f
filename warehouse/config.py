"""Settings of one province's run, and the layout of its home folder.

Every setting is an environment variable `CCHC_<NAME>`; nothing else configures the pipeline.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from warehouse.addresses import is_known, split_addresses

CODE_ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """What differs between two installations. Read once at start; see `cchc doctor` for the values in force."""

    model_config = SettingsConfigDict(env_prefix="CCHC_", extra="ignore", hide_input_in_errors=True)

    home: Path = Field(Path("data"), description="the province's home folder; everything a run writes is below it")
    registry: Path = Field(
        CODE_ROOT / "dbt_project" / "seeds",
        description="folder with the registry's CSV files; default: <home>/registry, without one the demo province's",
    )
    language: Literal["vi", "en"] = Field("en", description="language of what is wrong with the registry: vi or en")
    inbox: str | None = Field(None, description="fsspec URL of the deliveries; default: <home>/inbox")
    key_file: Path | None = Field(None, description="file with the pseudonym key; default: <home>/secret/pseudonym.key")
    key: SecretStr | None = Field(None, description="the pseudonym key itself, instead of a file")
    key_version: str = Field("k1", description="name of the key in force; part of every pseudonym")
    keep_publications: int = Field(10, ge=2, description="publications kept; official releases are always kept")
    archive_days: int = Field(90, ge=1, description="days the delivered bytes are kept")
    settle_seconds: float = Field(
        2.0, ge=0, description="seconds after which a file younger than a minute is checked again"
    )
    max_file_mb: int = Field(8192, ge=1, description="largest size of a delivery, as sent and after unpacking, in MiB")
    max_members: int = Field(1000, ge=1, description="largest number of files in a delivered archive")
    max_ratio: int = Field(200, ge=2, description="largest ratio of unpacked to packed size of a file in an archive")
    memory_limit: str = Field("2GB", description="memory DuckDB may use before it spills to disk")
    threads: int = Field(2, ge=1, description="threads of DuckDB")
    engine: Literal["duckdb", "spark"] = Field("duckdb", description="engine of the build: duckdb or spark")
    spark_master: str = Field(
        "local[2]",
        pattern=r"^(local\[(\d+|\*)\]|spark://.+|sc://.+)$",
        description="where Spark runs: local[THREADS], spark://HOST:7077 (a cluster) or sc://HOST:15002 (a server)",
    )
    spark_memory: str = Field("3g", description="memory of Spark's driver, and of each executor of a cluster")
    spark_data: Literal["small", "large"] = Field(
        "small", description="how Spark plans: small (up to a few million rows) or large"
    )
    alert_url: SecretStr | None = Field(None, description="addresses that receive every alert: http(s) or Apprise URLs")

    @field_validator("alert_url")
    @classmethod
    def _refuse_unknown_addresses(cls, url: SecretStr | None) -> SecretStr | None:
        addresses = split_addresses(url.get_secret_value()) if url is not None else []
        unknown = [str(place) for place, address in enumerate(addresses, 1) if not is_known(address)]
        if unknown:
            raise ValueError(
                f"address {', '.join(unknown)} must begin with http:// or https://, "
                "or be one of a service that Apprise knows (mailto://, tgram://, …)"
            )
        return url

    @model_validator(mode="after")
    def _take_the_registry_of_the_home(self) -> Self:
        if "registry" not in self.model_fields_set and self.layout.registry.is_dir():
            self.registry = self.layout.registry
        return self

    @property
    def layout(self) -> Home:
        """The home folder with absolute paths."""
        return Home(self.home.expanduser().resolve())

    @property
    def inbox_url(self) -> str:
        """The inbox, with one folder per source."""
        return self.inbox or str(self.layout.inbox)


@dataclass(frozen=True)
class Home:
    """Paths of one province's home. `staging` is outside every root that a reader globs."""

    root: Path

    @property
    def inbox(self) -> Path:
        """Deliveries as sent, one folder per source."""
        return self.root / "inbox"

    @property
    def registry(self) -> Path:
        """The registry's CSV files, where no setting names another folder."""
        return self.root / "registry"

    @property
    def provinces(self) -> Path:
        """Of a nation: a home per province, named by its code."""
        return self.root / "provinces"

    @property
    def archive(self) -> Path:
        """The delivered bytes, by load id; mode 0700."""
        return self.root / "archive"

    @property
    def landing(self) -> Path:
        """Accepted rows: landing/<source>/load_id=<id>/part-0.parquet."""
        return self.root / "landing"

    @property
    def quarantine(self) -> Path:
        """Rejected rows with their reasons: quarantine/<source>/load_id=<id>/rows.parquet."""
        return self.root / "quarantine"

    @property
    def loads(self) -> Path:
        """One JSON record per load, named by its sequence number."""
        return self.root / "ledger" / "loads"

    @property
    def released_rows(self) -> Path:
        """One JSON record per row released despite a critical rule."""
        return self.root / "ledger" / "releases"

    @property
    def corrections_state(self) -> Path:
        """The corrections applied to all loads, by source, as JSON."""
        return self.root / "ledger" / "corrections.json"

    @property
    def rotations(self) -> Path:
        """One JSON record per change of the pseudonym key."""
        return self.root / "ledger" / "rotations"

    @property
    def runs(self) -> Path:
        """One JSON record per night that built something."""
        return self.root / "ledger" / "runs"

    @property
    def nights(self) -> Path:
        """One JSON record per night, finished or not."""
        return self.root / "ledger" / "nights"

    @property
    def alerts(self) -> Path:
        """Alerts as text and as JSON."""
        return self.root / "alerts"

    @property
    def staging(self) -> Path:
        """Half-written files; emptied at the start of a night."""
        return self.root / "staging"

    @property
    def build(self) -> Path:
        """dbt's private working folder."""
        return self.root / "build"

    @property
    def build_db(self) -> Path:
        """dbt's private database; after a build on Spark, views of its tables."""
        return self.build / "warehouse.duckdb"

    @property
    def spark_tables(self) -> Path:
        """Tables that Spark built: spark/<schema>/<table>/*.parquet; `build_db` has views of them."""
        return self.build / "spark"

    @property
    def inputs(self) -> Path:
        """Registry, ledger and methods as Parquet, for dbt to read."""
        return self.build / "inputs"

    @property
    def dbt_target(self) -> Path:
        """dbt's manifest and compiled SQL."""
        return self.build / "target"

    @property
    def publications(self) -> Path:
        """Immutable publication folders."""
        return self.root / "publications"

    @property
    def current(self) -> Path:
        """The pointer that readers follow."""
        return self.publications / "current"

    @property
    def docs(self) -> Path:
        """Data Docs of the last night."""
        return self.root / "docs"

    @property
    def lock_file(self) -> Path:
        """The lock file of the process that may write."""
        return self.root / "writer.lock"

    @property
    def key_file(self) -> Path:
        """Default place of the pseudonym key; mode 0400."""
        return self.root / "secret" / "pseudonym.key"
