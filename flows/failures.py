"""Maps an exception to the sentence that a person reads and the exit code that a scheduler sees."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from enum import IntEnum

from warehouse.nights import LOCKED_OUT


class ExitCode(IntEnum):
    """How `cchc` ends, for schedulers and people."""

    DONE = 0
    # A fault; of `morning`: the night failed, was killed or did not start.
    FAULT = 1
    USAGE = 2
    # Done, but a delivery was held, or rows of it were set aside.
    HELD = 3
    # Not published: an audit failed on the build.
    REFUSED = 4
    # Another run holds the writer lock of the home.
    LOCKED = LOCKED_OUT
    INTERRUPTED = 130


class UsageError(ValueError):
    """The command names something that does not exist."""


@dataclass(frozen=True)
class Failure:
    """`is_ours`: a defect of this program, so the traceback is shown too."""

    sentence: str
    exit_code: ExitCode
    is_ours: bool = False


def is_full_disk(error: Exception) -> bool:
    """Returns whether the file system is full; DuckDB reports it in its message only."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return type(error).__module__.startswith("_duckdb") and any(
        os.strerror(number) in str(error) for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    )


def classify(error: Exception) -> Failure:
    """Returns the failure behind an exception; an unknown exception is a fault of ours."""
    from pydantic import ValidationError

    from expectations.engine import SuiteError
    from expectations.rules import RuleError
    from ingest.contract import ContractError
    from ingest.privacy import PseudonymKeyError
    from ingest.registry.new import RegistryExistsError
    from ingest.registry.registry import RegistryError
    from ingest.templates.assessment import NothingToWriteError
    from reports.dossiers.late import NothingToListError
    from warehouse.backup import BackupError
    from warehouse.build_store import EngineMissingError
    from warehouse.engine import BuildFailedError
    from warehouse.lock import LockHeldError
    from warehouse.publication.catalog import CatalogError
    from warehouse.publication.publications import PublicationError
    from warehouse.publication.publish import AuditFailedError
    from warehouse.records import RecordError

    if isinstance(error, (UsageError, NothingToListError, NothingToWriteError, RegistryExistsError)):
        return Failure(str(error), ExitCode.USAGE)
    if isinstance(error, ValidationError) and error.title == "Settings":
        faults = "; ".join(f"CCHC_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        return Failure(f"a setting cannot be used: {faults}", ExitCode.USAGE)
    if isinstance(error, LockHeldError):
        return Failure(str(error), ExitCode.LOCKED)
    if isinstance(error, AuditFailedError) or (isinstance(error, BuildFailedError) and error.is_refusal):
        return Failure(f"{error}\nReaders keep what they had.", ExitCode.REFUSED)
    known = (
        BackupError,
        CatalogError,
        RegistryError,
        ContractError,
        RuleError,
        SuiteError,
        PseudonymKeyError,
        PublicationError,
        RecordError,
        BuildFailedError,
        EngineMissingError,
    )
    if isinstance(error, known):
        return Failure(str(error), ExitCode.FAULT)
    if isinstance(error, ImportError) and str(error).startswith("Install "):
        # The message of fsspec for a file system whose package is missing.
        return Failure(f"the inbox cannot be opened: {error}", ExitCode.FAULT)
    if isinstance(error, PermissionError):
        return Failure(f"no permission: {error.filename}; run as the user that owns the home folder", ExitCode.FAULT)
    if is_full_disk(error):
        return Failure(
            f"the home cannot be written: {error}; free some space, then run again: nothing is half-done",
            ExitCode.FAULT,
        )
    return Failure(f"a fault in the pipeline: {type(error).__name__}: {error}", ExitCode.FAULT, is_ours=True)
