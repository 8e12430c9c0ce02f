"""From an exception to what a person reads and the exit code that a scheduler sees."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass


class UsageError(ValueError):
    """What was asked for does not exist."""


@dataclass(frozen=True)
class Failure:
    """`is_ours`: nobody outside can mend it, so the traceback is shown too."""

    sentence: str
    exit_code: int
    is_ours: bool = False


def _is_full_disk(error: Exception) -> bool:
    """The file system refused to take more; DuckDB tells it in words only."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return type(error).__module__.startswith("_duckdb") and any(
        os.strerror(number) in str(error) for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    )


def classify(error: Exception) -> Failure:
    """The failure behind an exception; an unknown one is a fault of ours."""
    from pydantic import ValidationError

    from expectations.engine import SuiteError
    from expectations.rules import RuleError
    from ingest.contract import ContractError
    from ingest.privacy import PseudonymKeyError
    from ingest.registry import RegistryError
    from warehouse.backup import BackupError
    from warehouse.catalog import CatalogError
    from warehouse.engine import BuildFailedError
    from warehouse.lock import LockHeldError
    from warehouse.publications import PublicationError
    from warehouse.publish import AuditFailedError

    if isinstance(error, UsageError):
        return Failure(str(error), 2)
    if isinstance(error, ValidationError) and error.title == "Settings":
        faults = "; ".join(f"CCHC_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        return Failure(f"a setting cannot be used: {faults}", 2)
    if isinstance(error, LockHeldError):
        return Failure(str(error), 5)
    if isinstance(error, AuditFailedError) or (isinstance(error, BuildFailedError) and error.is_refusal):
        return Failure(f"{error}\nReaders keep what they had.", 4)
    known = (
        BackupError,
        CatalogError,
        RegistryError,
        ContractError,
        RuleError,
        SuiteError,
        PseudonymKeyError,
        PublicationError,
        BuildFailedError,
    )
    if isinstance(error, known):
        return Failure(str(error), 1)
    if isinstance(error, ImportError) and str(error).startswith("Install "):
        # fsspec's own words for a file system whose package is missing.
        return Failure(f"the inbox cannot be opened: {error}", 1)
    if isinstance(error, PermissionError):
        return Failure(f"no permission: {error.filename}; run as the user that owns the home folder", 1)
    if _is_full_disk(error):
        return Failure(f"the home cannot be written: {error}; free some space, then run again: nothing is half-done", 1)
    return Failure(f"a fault in the pipeline: {type(error).__name__}: {error}", 1, is_ours=True)
