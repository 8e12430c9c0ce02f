"""The pseudonym key beside a backup: copied to a place of its own, and asked for after a restore."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.failures import UsageError
from ingest.privacy import PseudonymKeyError, load_key
from warehouse.config import Settings
from warehouse.ledger import Ledger


@contextmanager
def copy_key(settings: Settings, target: Path | None) -> Iterator[None]:
    """Copy the key in force to a new file that only its owner reads; taken back when the block fails.

    Does nothing without a target. Raises UsageError when the key cannot be copied there.
    """
    if target is None:
        yield
        return
    if settings.key is not None:
        raise UsageError("the key comes from CCHC_KEY: keep it wherever that is set from")
    source, target = settings.key_file or settings.layout.key_file, target.expanduser()
    if not source.is_file():
        raise UsageError(f"there is no key yet at {source}: it is made on the first night")
    if settings.layout.root in target.resolve().parents:
        raise UsageError(f"{target} is inside the home; name a place of its own")
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    except FileExistsError as error:
        raise UsageError(f"{target} exists already; name another file") from error
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(source.read_bytes())
        handle.flush()
        os.fsync(handle.fileno())
    try:
        yield
    except BaseException:
        target.unlink()
        raise


def describe_key(settings: Settings) -> str:
    """Whether the key that the restored loads need is in its place, and what to do if not."""
    used = [load.key_fingerprint for load in Ledger(settings.layout).loads() if load.key_fingerprint]
    path = settings.key_file or settings.layout.key_file
    if not used:
        return "No load needs a pseudonym key yet."
    if settings.key is None and not path.exists():
        return f"Now put the pseudonym key back, fingerprint {used[-1]}, as {path}"
    try:
        return f"The pseudonym key is in its place, fingerprint {load_key(settings, used[-1]).fingerprint}."
    except PseudonymKeyError as error:
        return f"The pseudonym key in place is the wrong one: {error}"
