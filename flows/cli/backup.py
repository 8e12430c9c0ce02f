"""`cchc backup` and `cchc restore`, and the pseudonym key, which a backup never holds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from flows.cli.console import OUT
from flows.failures import UsageError
from warehouse.config import Settings


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--key-to", type=click.Path(path_type=Path), help="Copy the pseudonym key to this file, elsewhere.")
@click.option("--without-deliveries", is_flag=True, help="Leave out inbox and archive, which name people.")
def backup(file: Path, key_to: Path | None, without_deliveries: bool) -> None:
    """Back up what cannot be rebuilt to FILE (.tar.gz).

    With the hash of every file. The pseudonym key is never inside; keep it in another place.
    """
    from warehouse.backup import write_backup

    settings = Settings()
    key_file = settings.key_file or settings.layout.key_file
    with copy_key(settings, key_to):
        report = write_backup(settings.layout, file, key_file, deliveries=not without_deliveries)
    OUT.print(f"{report.files:,} files, {report.size_bytes / 1e6:,.1f} MB, publication {report.current_id}")
    if key_to is None:
        OUT.print("The backup does not contain the pseudonym key. Keep a copy of it in another place (--key-to).")
    else:
        OUT.print("Keep the copy of the pseudonym key in another place than the backup.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def restore(file: Path) -> None:
    """Unpack a backup into an empty home.

    The hash of every file is checked first.
    """
    from warehouse.backup import restore_backup

    settings = Settings()
    report = restore_backup(settings.layout, file)
    OUT.print(f"{report.files:,} files, {report.size_bytes / 1e6:,.1f} MB, publication {report.current_id}")
    OUT.print(describe_key(settings), soft_wrap=True)


@contextmanager
def copy_key(settings: Settings, target: Path | None) -> Iterator[None]:
    """Copies the key in force to a new file that only its owner reads; deletes it when the block fails.

    Does nothing without a target. Raises UsageError when the key cannot be copied there.
    """
    if target is None:
        yield
        return
    if settings.key is not None:
        raise UsageError("the key comes from CCHC_KEY: keep it where that variable is set")
    source, target = settings.key_file or settings.layout.key_file, target.expanduser()
    if not source.is_file():
        raise UsageError(f"there is no key yet at {source}: it is made by the first night")
    if settings.layout.root in target.resolve().parents:
        raise UsageError(f"{target} is inside the home; choose a folder outside the home")
    if target.exists() and target.read_bytes() == source.read_bytes():
        # The copy of a backup that was killed.
        yield
        return
    draft = target.with_name(f".{target.name}.tmp")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as handle:
        handle.write(source.read_bytes())
        handle.flush()
        os.fsync(handle.fileno())
    try:
        # Unlike a rename, a link never replaces a file.
        target.hardlink_to(draft)
    except FileExistsError as error:
        raise UsageError(f"{target} exists already; name another file") from error
    finally:
        draft.unlink()
    try:
        yield
    except BaseException:
        target.unlink()
        raise


def describe_key(settings: Settings) -> str:
    """Returns a sentence: whether the key that the restored loads need is in its place, and what to do if not."""
    from ingest.privacy import PseudonymKeyError, load_key
    from warehouse.ledger import Ledger

    used = Ledger(settings.layout).key_in_use()
    path = settings.key_file or settings.layout.key_file
    if used is None:
        return "No load needs a pseudonym key yet."
    if settings.key is None and not path.exists():
        return f"Now put the pseudonym key back, fingerprint {used.fingerprint}, as {path}"
    try:
        return f"The pseudonym key is in its place, fingerprint {load_key(settings, used).fingerprint}."
    except PseudonymKeyError as error:
        return f"The pseudonym key in place is the wrong one: {error}"
