"""Removes personal data: keyed pseudonyms for the landing, masks for messages.

The key comes from a file or the environment, never from SQL, a Prefect block or the repository. A pseudonym is
HMAC-SHA-256 over the domain, the key version and the normalised value, cut to 128 bits (ADR 0007): without the key a
twelve-digit number cannot be found by exhaustive search.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ingest.values.arrow import as_text, text_array
from ingest.vietnamese.text import normalise_name
from warehouse.config import Settings
from warehouse.files import flush
from warehouse.ledger import KeyInUse

# domain §8: citizen numbers of 12 and 9 digits, mobile phones, e-mail addresses. A word may stand at both sides of an
# underscore, as in names of files; digits may stand in groups.
_GROUPED = r"\d{3}(?:[ .]\d{3}){2,3}"
_PERSONAL_PATTERNS = re.compile(
    rf"(?<![^\W_])(?<!\d[ .])(?:\d{{12}}|\d{{9}}|{_GROUPED}|(?:\+?84|0)[35789](?:[ .-]?\d){{8}})(?![^\W_])"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
)
# The same where they stand alone, in texts that a program wrote: no part of a fraction, a code or an address.
_ALONE = {
    "identity": re.compile(r"(?<![\w.,:/-])(?:\d{12}|\d{9})(?![\w/-]|[.,:]\d)"),
    "phone": re.compile(r"(?<![\w.,:/-])(?:\+84|0)[35789]\d{8}(?![\w/-]|[.,:]\d)"),
    "email": re.compile(r"(?<![\w.+:/-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
}
_NOT_A_DIGIT = re.compile(r"\D")
MASK = "•••"
# How the folded name of an office begins; no surname is among the words.
_OFFICE = re.compile(
    r"(?:ban|bảo hiểm|bảo vệ|bệnh viện|bộ|chi (?:cục|nhánh)|cơ quan|cục|công (?:an|đoàn|thương|ty)|đài|đảng|đội|huyện"
    r"|hội|kho bạc|phòng|phường|quận|sở|tòa|thanh tra|thành (?:phố|ủy)|thị|thuế|tỉnh|tp|trạm|trung tâm|trường|ubnd|ủy"
    r"|uỷ|văn (?:hóa|phòng)|viện|xã)\b"
)
_NUMBERS = ("identity", "phone")
MIN_KEY_BYTES = 32
_BLOCK_BYTES = 64


class PseudonymKeyError(RuntimeError):
    """The pseudonym key is missing or is not the one that earlier loads used."""


@dataclass(frozen=True)
class PseudonymKey:
    """A versioned key. `fingerprint` identifies it in the ledger without revealing it."""

    secret: bytes
    version: str

    @property
    def fingerprint(self) -> str:
        """Eight hex digits derived from the key and its version."""
        return hmac.digest(self.secret, f"fingerprint|{self.version}".encode(), "sha256")[:4].hex()

    def keyer(self, domain: str) -> Callable[[pa.Array], pa.Array]:
        """A function from text values to pseudonyms `<version>:<32 hex>`, NULL for NULL and for empty text.

        `domain` separates pseudonyms of different kinds of value. Of identity and phone numbers only the digits count;
        other values count as folded text, because two officials may be No. 7 of two teams.
        """
        inner, outer = _begin_hmac_sha256(self.secret, f"{domain}|{self.version}|".encode())
        prefix = f"{self.version}:"
        canonical = _digits if domain in _NUMBERS else normalise_name

        def canonical_text(text: str) -> str:
            return text if text.isascii() and text.isdigit() else canonical(text)

        def pseudonyms(messages: Iterable[bytes]) -> Iterator[str]:
            # One loop without function calls, which would take a fifth of the time for millions of numbers.
            copy_inner, copy_outer = inner.copy, outer.copy
            for message in messages:
                within, around = copy_inner(), copy_outer()
                within.update(message)
                around.update(within.digest())
                yield prefix + around.hexdigest()[:32]

        def over_batch(values: pa.Array | pa.ChunkedArray) -> pa.Array:
            texts = as_text(values)
            # Numbers are keyed row by row, because finding the few repeated ones costs more.
            if texts.null_count == 0 and pc.all(pc.ascii_is_decimal(texts)).as_py():
                return text_array(pseudonyms(texts.cast(pa.binary()).to_pylist()))
            distinct = texts.dictionary_encode()
            texts = [text and canonical_text(text) for text in distinct.dictionary.to_pylist()]
            keyed = pseudonyms(text.encode() for text in texts if text)
            return text_array(next(keyed) if text else None for text in texts).take(distinct.indices)

        return over_batch


def load_key(settings: Settings, used: KeyInUse | None) -> PseudonymKey:
    """Returns the key in force; created on a province's first night, when nothing was ever loaded.

    `used` is the key of the newest pseudonyms, as the ledger knows it. Raises PseudonymKeyError when the key is missing
    although loads exist, or when it is another key, because pseudonyms would no longer match.
    """
    path = settings.key_file or settings.layout.key_file
    version = (used and used.version) or settings.key_version
    if settings.key is not None:
        key = PseudonymKey(settings.key.get_secret_value().encode(), version)
    elif path.exists():
        key = PseudonymKey(path.read_bytes().strip(), version)
    elif used is None:
        key = PseudonymKey(_create_key(path), version)
    else:
        raise PseudonymKeyError(f"the pseudonym key {path} is missing; restore it from the backup (docs/operations.md)")
    if len(key.secret) < MIN_KEY_BYTES:
        raise PseudonymKeyError(
            f"the pseudonym key has {len(key.secret)} bytes; it needs {MIN_KEY_BYTES}, "
            "because a shorter key can be found by exhaustive search"
        )
    if used is not None and used.fingerprint != key.fingerprint:
        raise PseudonymKeyError(
            f"the pseudonym key is not the one that earlier loads used (fingerprint {key.fingerprint}, "
            f"ledger {used.fingerprint}); restore the right key, or rotate it as described in docs/privacy.md"
        )
    return key


def looks_like_person(text: str) -> bool:
    """Returns whether a cell is two or more capitalised words of letters, like a name, and does not begin as an office.

    A number that `scrub` has masked counts as a word: names stand beside telephone numbers.
    """
    words = unicodedata.normalize("NFC", text).split()
    return (
        len(words) > 1
        and all(word == MASK or (word.isalpha() and word[0].isupper()) for word in words)
        and not begins_as_office(text)
    )


def begins_as_office(text: str) -> bool:
    """Returns whether a text begins as the name of an office does, in any spelling that aliases are compared in."""
    return _OFFICE.match(normalise_name(text)) is not None


def scrub(text: str) -> str:
    """Returns the text with a mask in place of identity numbers, phone numbers and e-mail addresses."""
    return _PERSONAL_PATTERNS.sub(MASK, text)


def personal_kinds(text: str) -> list[str]:
    """Returns the classes of numbers and addresses of persons that stand alone in a text: identity, phone, email."""
    return [kind for kind, pattern in _ALONE.items() if pattern.search(text)]


def _begin_hmac_sha256(secret: bytes, beginning: bytes) -> tuple[hashlib._Hash, hashlib._Hash]:
    """Returns the inner and the outer hash of HMAC-SHA-256 (RFC 2104), the inner one after `beginning`.

    Both are copied for every message, which takes half the time of copying an HMAC object.
    """
    padded = (hashlib.sha256(secret).digest() if len(secret) > _BLOCK_BYTES else secret).ljust(_BLOCK_BYTES, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + beginning)
    return inner, hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))


def _digits(value: str) -> str:
    return _NOT_A_DIGIT.sub("", value) or normalise_name(value)


def _create_key(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    secret = secrets.token_hex(32).encode()
    # Written atomically and never readable by others, because a half-written key would be used as the key.
    unfinished = path.with_name(f".{path.name}.tmp")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as handle:
        handle.write(secret)
        handle.flush()
        os.fsync(handle.fileno())
    unfinished.replace(path)
    # On disk before the first row is keyed: rows keyed by a key that a power cut took away match nothing.
    flush(path.parent)
    return secret
