"""What names a publication: its place in the sequence, its data date and the hash of everything that went in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class PublicationIdentity:
    """Identity of one publication. `built_at` is local time without zone; `input_hash` is hexadecimal."""

    seq: int
    as_of_date: date
    input_hash: str
    code_version: str
    method_version: str
    built_at: datetime

    @property
    def publication_id(self) -> str:
        """The folder name of the publication."""
        return publication_id(self.seq, self.as_of_date, self.input_hash)


def publication_id(seq: int, as_of: date, input_hash: str) -> str:
    """<sequence, 4 digits>-<as_of yyyymmdd>-<first 8 of the hash>, e.g. 0001-20151231-3f2a9c1b."""
    return f"{seq:04d}-{as_of:%Y%m%d}-{input_hash[:8]}"
