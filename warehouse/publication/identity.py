"""The identity of a publication: its sequence number, its data date and the hash of its inputs."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import date, datetime
from importlib.metadata import version
from pathlib import Path

from warehouse.config import CODE_ROOT


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
    """Returns <sequence, 4 digits>-<as_of yyyymmdd>-<first 8 of the hash>, e.g. 0001-20151231-3f2a9c1b."""
    return f"{seq:04d}-{as_of:%Y%m%d}-{input_hash[:8]}"


def code_version(checkout: Path = CODE_ROOT) -> str:
    """Returns the package version and commit: 0.1.0+g80b906d, with .dirty when a tracked file differs.

    Git is called at run time, because an editable installation keeps the version of its installation day. Without git
    or without a commit the result is the version of the package alone.
    """
    release = version("cchc")
    # With an explicit repository git accepts another owner and ignores GIT_DIR, which hooks set.
    command = ["git", f"--git-dir={checkout / '.git'}", f"--work-tree={checkout}"]
    command += ["describe", "--always", "--exclude=*", "--abbrev=7", "--dirty=.dirty"]
    try:
        answer = subprocess.run(command, cwd=checkout, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return release
    return f"{release}+g{answer.stdout.strip()}"
