"""`cchc privacy rotate`: a new key, and the landed pseudonyms of every archived delivery under it."""

from __future__ import annotations

import json
import re
import secrets
from pathlib import Path

from rich.console import Console

from flows.build.building import check_registry_step
from flows.failures import UsageError
from flows.load.boundary import concerns_home
from flows.night import Night
from ingest.contract import Contract
from ingest.deliver import Limits
from ingest.privacy import PseudonymKey
from ingest.rekey import keyed_columns, pair_pseudonyms, rekey_part
from warehouse.clock import local_now
from warehouse.config import Home, Settings
from warehouse.landing import EMPTY_LOAD, PART, archive_folder, archived_file
from warehouse.ledger import Rotation
from warehouse.lock import hold_writer_lock
from warehouse.records import write_record
from warehouse.transaction import Transaction


def rotate_key(settings: Settings) -> Rotation:
    """Keys the landed rows again and puts the new key in place, in one transaction; returns its record.

    The rows stay as they are but for their pseudonyms: nothing is judged again. A load whose archive has expired, or
    whose file gives other pseudonyms than it landed, keeps its old ones. Raises UsageError when no load needs a key or
    the key is not in the home, PseudonymKeyError when it is not the one that the landing was keyed by, LockHeldError.
    """
    home = settings.layout
    if settings.key is not None or settings.key_file is not None:
        raise UsageError("the key of CCHC_KEY or CCHC_KEY_FILE is not the home's own: only that in secret/ is changed")
    with hold_writer_lock(home, "cchc privacy rotate"):
        night = Night(settings)
        if night.ledger.key_in_use() is None:
            raise UsageError("no load needs a pseudonym key yet: there is nothing to change")
        check_registry_step(night)
        old = night.key
        new = PseudonymKey(secrets.token_hex(32).encode(), next_version(old.version))
        transaction = Transaction(home, f"rotate-{new.version}")
        rekeyed: list[str] = []
        kept: list[str] = []
        for contract in night.contracts.values():
            for part in _parts(home, contract) if keyed_columns(contract) else []:
                done = _rekey(night, contract, part, (old, new), transaction)
                (rekeyed if done else kept).append(f"{contract.source}/{part.parent.name.removeprefix('load_id=')}")
        _place_keys(transaction, home, old, new, keeps_old=bool(kept))
        last = night.ledger.next_load_seq() - 1
        rotation = Rotation(old.version, new.version, new.fingerprint, local_now(), last, rekeyed, kept)
        write_record(transaction.place(home.rotations / f"{last:06d}-{new.version}.json"), rotation)
        transaction.commit()
    return rotation


def next_version(version: str) -> str:
    """Returns the name of the next key: k2 after k1."""
    found = re.fullmatch(r"(.*?)(\d+)", version)
    return f"{found[1]}{int(found[2]) + 1}" if found else f"{version}2"


def show_rotation(console: Console, rotation: Rotation) -> None:
    """Prints what was keyed again, and what keeps its old pseudonyms."""
    console.print(f"The key is now {rotation.version} (before: {rotation.before}), fingerprint {rotation.fingerprint}.")
    console.print(f"{len(rotation.rekeyed):,} loads were keyed again; the next night publishes without the old key.")
    if rotation.kept:
        console.print(
            f"{len(rotation.kept):,} loads keep pseudonyms of {rotation.before}, because their archive has expired or "
            "their file is read otherwise today; a person in them is not linked with the same person in other loads:",
            soft_wrap=True,
        )
    for load in rotation.kept:
        console.print(f"  {load}")
    console.print("Put a copy of the new key where the copy of the old one is.")


def _parts(home: Home, contract: Contract) -> list[Path]:
    found = sorted((home.landing / contract.source).glob(f"load_id=*/{PART}"))
    return [part for part in found if part.parent.name != f"load_id={EMPTY_LOAD}"]


def _rekey(
    night: Night,
    contract: Contract,
    part: Path,
    keys: tuple[PseudonymKey, PseudonymKey],
    transaction: Transaction,
) -> bool:
    """Writes the rows of a load under the new key into the transaction; False when that cannot be done."""
    load_id = part.parent.name.removeprefix("load_id=")
    archived = archived_file(night.home, load_id)
    if archived is None:
        return False
    settings = night.settings
    limits = Limits(night.home.staging / "spill", settings.memory_limit, settings.threads)
    sidecar = json.loads((archive_folder(night.home, load_id) / "sidecar.json").read_text(encoding="utf-8"))
    staged = transaction.place(part)
    try:
        pairs = pair_pseudonyms(archived, sidecar["original_name"], contract, keys, night.registry_parquet, limits)
        if rekey_part(part, staged, keyed_columns(contract), pairs):
            return True
    except BaseException as error:
        if concerns_home(error, settings):
            raise
    staged.unlink(missing_ok=True)
    return False


def _place_keys(transaction: Transaction, home: Home, old: PseudonymKey, new: PseudonymKey, *, keeps_old: bool) -> None:
    """Puts the new key in place; the old one stays beside it as long as a landed row has its pseudonyms."""
    kept = {home.key_file: new}
    if keeps_old:
        kept[home.key_file.with_name(f"pseudonym-{old.version}.key")] = old
    for path, key in kept.items():
        staged = transaction.place(path)
        staged.touch(mode=0o600)
        staged.write_bytes(key.secret)
        staged.chmod(0o400)
        staged.parent.chmod(0o700)
