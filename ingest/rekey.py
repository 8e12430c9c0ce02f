"""Pseudonyms of one archived delivery under another key, and its landed rows with them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.conform.conform import Conformer
from ingest.contract import Contract
from ingest.deliver import Limits
from ingest.privacy import PseudonymKey
from ingest.readers.headers import match_headers
from ingest.readers.read import open_delivery
from ingest.registry.items import load_book
from warehouse.engine import connect

# By column: each pseudonym under the old key, and at the same place under the new one.
Pairs = dict[str, tuple[pa.Array, pa.Array]]


def keyed_columns(contract: Contract) -> list[str]:
    """Returns the columns that land as pseudonyms."""
    return [column.name for column in contract.landed if column.treatment == "key"]


def pair_pseudonyms(
    path: Path,
    name: str,
    contract: Contract,
    keys: tuple[PseudonymKey, PseudonymKey],
    registry: Path,
    limits: Limits,
) -> Pairs:
    """Reads the keyed values of an archived file and keys each with the old and with the new key.

    Raises UnreadableError and HeaderError when today's contract reads the file no more.
    """
    with connect(memory_limit=limits.memory_limit, threads=limits.threads, temp=limits.spill) as connection:
        book = load_book(registry, contract)
        sheet = open_delivery(connection, path, contract, book)
        matched = match_headers(sheet.headers, contract, book, sheet.parts, sheet.unread, name)
        conformer = Conformer(connection, contract, keys[0], registry, matched, book)
        pairs = {}
        for column in conformer.present():
            if column.treatment == "key":
                cell = column.name
                texts = connection.sql(
                    f"select distinct {cell} as cell from ({conformer.cells_sql()}) "
                    f"where {cell} is not null and not {contract.nothing.word_sql(cell)}"
                ).to_arrow_table()["cell"]
                old, new = (key.keyer(column.personal or column.name)(texts) for key in keys)
                pairs[column.name] = old, new
        return pairs


def rekey_part(part: Path, target: Path, columns: list[str], pairs: Pairs) -> bool:
    """Writes landed rows with the new pseudonyms; False when a row has one that the file does not give."""
    with pq.ParquetFile(part) as source, pq.ParquetWriter(target, source.schema_arrow, compression="zstd") as sink:
        for batch in source.iter_batches():
            rows = pa.Table.from_batches([batch])
            for name in columns:
                nothing = pa.array([], pa.string())
                old, new = pairs.get(name, (nothing, nothing))
                before = rows[name].combine_chunks()
                places = pc.index_in(before, value_set=old)
                if places.null_count != before.null_count:
                    return False
                rows = rows.set_column(rows.schema.get_field_index(name), rows.schema.field(name), new.take(places))
            sink.write_table(rows)
    return True
