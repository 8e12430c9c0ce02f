"""Pins the publication of every province that a nation is built from, so that none changes while it is read."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from flows.nation.provinces import Province
from ingest.registry.identity import read_identity
from methods import METHOD_VERSION
from warehouse.clock import local_now
from warehouse.engine import connect
from warehouse.publication.catalog import Catalog, Table
from warehouse.publication.copying import differences, parquet_columns
from warehouse.publication.manifest import Manifest, read_manifest
from warehouse.publication.pointer import read_pointer

# A province may publish and prune while it is pinned; then its new publication is.
_ATTEMPTS = 3


@dataclass(frozen=True)
class Pin:
    """The publication of a province that is read, or why none is: the row of national.province.

    `inclusion_reason` is a value of that list of core.label, `detail` a sentence about it for the operator.
    """

    province_code: str
    province_name: str | None = None
    inclusion_reason: str | None = None
    publication_id: str | None = None
    published_at: datetime | None = None
    data_until_date: date | None = None
    publication_method_version: str | None = None
    detail: str | None = None

    @property
    def needs_attention(self) -> bool:
        """Whether the province has published, and is left out all the same."""
        return self.inclusion_reason not in (None, "never_published")


class _NotUsableError(Exception):
    """The publication cannot be used for `reason`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def pin_provinces(provinces: Sequence[Province], needed: Catalog, folder: Path) -> list[Pin]:
    """Links the `needed` tables of every province's current publication; returns a pin for each, in their order.

    A table is `folder`/<name>/province_code=<code>/part-0.parquet: a hard link, so that the province may prune its
    publication at any time. A province without a usable publication has no file, and a reason. Never raises for the
    content of a province.
    """
    shutil.rmtree(folder, ignore_errors=True)
    with connect() as connection:
        return [_pin(connection, province, needed, folder) for province in provinces]


def _pin(connection: duckdb.DuckDBPyConnection, province: Province, needed: Catalog, folder: Path) -> Pin:
    for attempt in range(_ATTEMPTS):
        publication_id = read_pointer(province.home)
        if publication_id is None:
            name = read_identity(province.home.registry, local_now().date()).name
            return Pin(province.code, name, "never_published", detail="nothing is published yet")
        publication = province.home.publications / publication_id
        manifest = read_manifest(publication)
        try:
            name = _check(province, manifest)
            assert manifest is not None  # checked
            _link(connection, province, publication, manifest, needed, folder)
            return _describe(province, manifest, name)
        except (_NotUsableError, OSError) as error:
            for table in needed.tables:
                shutil.rmtree(_place(folder, table, province), ignore_errors=True)
            has_moved = read_pointer(province.home) != publication_id
            if has_moved and attempt + 1 < _ATTEMPTS:
                continue
            reason = error.reason if isinstance(error, _NotUsableError) else "damaged"
            name = read_identity(province.home.registry, local_now().date()).name
            return _describe(province, manifest, name, publication_id, reason, str(error))
    raise AssertionError("the last attempt returns")


def _check(province: Province, manifest: Manifest | None) -> str | None:
    """Returns the name of the province. Raises _NotUsableError for a publication of another province or version."""
    if manifest is None:
        raise _NotUsableError("damaged", "manifest.json is missing or unreadable")
    identity = read_identity(province.home.registry, manifest.as_of_date)
    if identity.code != province.code:
        stated = f"states {identity.code}" if identity.code else "has none"
        raise _NotUsableError(
            "no_code",
            f"policy_parameters.csv needs province_code {province.code} on {manifest.as_of_date}; it {stated}",
        )
    if manifest.method_version != METHOD_VERSION:
        raise _NotUsableError(
            "other_version", f"computed by methods {manifest.method_version}, not {METHOD_VERSION}: run a night"
        )
    return identity.name


def _link(
    connection: duckdb.DuckDBPyConnection,
    province: Province,
    publication: Path,
    manifest: Manifest,
    needed: Catalog,
    folder: Path,
) -> None:
    published = {entry.full_name: entry for entry in manifest.tables}
    for table in needed.tables:
        if table.full_name not in published:
            raise _NotUsableError("other_version", f"{table.full_name} is missing: run a night")
        path = published[table.full_name].path
        target = _place(folder, table, province) / "part-0.parquet"
        target.parent.mkdir(parents=True)
        _link_or_copy(publication / path, target)
        if path not in manifest.files or manifest.files[path].is_broken(target):
            raise _NotUsableError("damaged", f"{path} was altered")
        if found := differences(table, parquet_columns(connection, target)):
            raise _NotUsableError("other_version", f"{found[0]}: run a night")


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except FileNotFoundError:
        raise
    except OSError:
        # Another file system, or one without hard links.
        shutil.copyfile(source, target)


def _place(folder: Path, table: Table, province: Province) -> Path:
    return folder / table.name / f"province_code={province.code}"


def _describe(
    province: Province,
    manifest: Manifest | None,
    name: str | None,
    publication_id: str | None = None,
    reason: str | None = None,
    detail: str | None = None,
) -> Pin:
    if manifest is None:
        return Pin(province.code, name, reason, publication_id, detail=detail)
    return Pin(
        province_code=province.code,
        province_name=name,
        inclusion_reason=reason,
        publication_id=manifest.publication_id,
        published_at=manifest.built_at,
        data_until_date=manifest.as_of_date,
        publication_method_version=manifest.method_version,
        detail=detail,
    )
