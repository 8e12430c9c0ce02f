"""Unpacks archives (gzip of one file, zip of one or several) within size limits that it checks while unpacking.

A workbook is a zip as well; it is recognised by its contents and is not unpacked.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ingest.disclosure import disclose_file
from ingest.privacy import scrub
from ingest.readers.sheet import UnreadableError, refuse_broken
from ingest.readers.workbooks import ZIP, is_workbook
from ingest.vietnamese.shown import distinct_names, visible_name
from warehouse.config import Settings

_GZIP = b"\x1f\x8b"
# The second signature is that of an empty zip.
_ZIP_BEGINS = (ZIP, b"PK\x05\x06")
# Largest compression ratio of the format.
_DEFLATE_MOST = 1032
_OTHERS = {b"Rar!": "RAR", b"7z\xbc\xaf\x27\x1c": "7z", b"BZh": "bzip2", b"\xfd7zXZ": "xz"}
_CHUNK_BYTES = 1 << 20
# Below this size any ratio is harmless: a form with only a header compresses well.
_SMALL_BYTES = 1 << 20
# In bytes: file systems refuse more than 255, and a letter may have four.
_LONGEST_NAME = 120
_NOT_IN_A_NAME = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')
# Files that operating systems and office programs add by themselves.
_UNWANTED = re.compile(r"(?:^|/)(?:__MACOSX/|\.|~\$|thumbs\.db$|desktop\.ini$)", re.I)
_BEGINS_A_WORKBOOK = (b"[Content_Types]", b"_rels/", b"docProps/", b"xl/", b"mimetype")
_LOCAL_HEADER = struct.Struct("<26x2H")
_CUT = "tệp nén bị cắt ngang hoặc hỏng, không giải nén được hết; đề nghị nén và gửi lại cả tệp"
_NESTED = "trong tệp nén lại có tệp nén khác («{name}»); đề nghị nén các bảng tính một lần rồi gửi lại"
_LOCKED = "tệp nén có mật khẩu; đề nghị nén lại không đặt mật khẩu rồi gửi lại"
_BOMB = "giải nén ra lớn gấp hơn {ratio} lần, không giống bảng số liệu; tệp bị từ chối để bảo vệ máy chủ"
_LARGE = "lớn hơn mức cho phép ({megabytes:,} MB, cả sau khi giải nén); đề nghị chia nhỏ rồi gửi lại"


@dataclass(frozen=True)
class FileLimits:
    """Limits of one delivery: bytes as delivered and unpacked, number of files, compression ratio."""

    max_bytes: int
    max_members: int
    max_ratio: int

    @classmethod
    def of(cls, settings: Settings) -> FileLimits:
        """Takes the limits from the settings."""
        return cls(settings.max_file_mb << 20, settings.max_members, settings.max_ratio)


@dataclass(frozen=True)
class Member:
    """One unpacked file of an archive. `name` is its path inside the archive, with numbers of persons masked."""

    name: str
    path: Path
    sha256: str
    size_bytes: int


def unpack(path: Path, folder: Path, limits: FileLimits) -> list[Member]:
    """Unpacks an archive below `folder` and returns its files; a delivery that is no archive gives none.

    Raises UnreadableError when the delivery must be refused whole: too large, locked, truncated, empty, too many files,
    a nested archive, a compression bomb. A workbook is checked for a compression bomb too, but not unpacked.
    """
    if path.stat().st_size > limits.max_bytes:
        raise too_large(limits)
    with path.open("rb") as handle:
        head = handle.read(512)
    for magic, kind in _OTHERS.items():
        if head.startswith(magic):
            raise UnreadableError(f"tệp nén {kind} không đọc được; đề nghị nén lại dạng .zip hoặc gửi thẳng bảng tính")
    with refuse_broken(_CUT):
        if head.startswith(_GZIP):
            return [_gunzip(path, folder, limits)]
        if head.startswith(_ZIP_BEGINS):
            return _unzip(path, head, folder, limits)
    return []


def _gunzip(path: Path, folder: Path, limits: FileLimits) -> Member:
    name = scrub(path.name[:-3] if path.name.lower().endswith(".gz") else path.name)
    with gzip.open(path) as source:
        return _write_out(source, name, folder, path.stat().st_size, limits.max_bytes, limits)


def _unzip(path: Path, head: bytes, folder: Path, limits: FileLimits) -> list[Member]:
    if not zipfile.is_zipfile(path):
        (length, _) = _LOCAL_HEADER.unpack_from(head)
        if head[_LOCAL_HEADER.size :][:length].startswith(_BEGINS_A_WORKBOOK):
            # The workbook reader refuses it with a message about workbooks.
            return []
        raise UnreadableError(_CUT)
    with zipfile.ZipFile(path) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        if is_workbook(archive):
            _refuse_workbook_bomb(path, infos, limits)
            return []
        named = {info: name for info in infos if (name := _name_of(info)) and not _UNWANTED.search(name)}
        _refuse_contents(named, limits)
        members: list[Member] = []
        shown = distinct_names([scrub(name) for name in named.values()])
        for number, (info, name) in enumerate(zip(named, shown, strict=True)):
            place = folder / str(number)
            left = limits.max_bytes - sum(member.size_bytes for member in members)
            with archive.open(info) as source:
                members.append(_write_out(source, name, place, info.compress_size, left, limits))
    return members


def _refuse_contents(named: dict[zipfile.ZipInfo, str], limits: FileLimits) -> None:
    if not named:
        raise UnreadableError("tệp nén không có tệp nào; đề nghị kiểm tra rồi gửi lại")
    if len(named) > limits.max_members:
        raise UnreadableError(
            f"tệp nén có {len(named):,} tệp, quá {limits.max_members:,}; đề nghị chia nhỏ rồi gửi lại"
        )
    if any(info.flag_bits & 1 for info in named):
        raise UnreadableError(_LOCKED)
    if len(set(named.values())) < len(named):
        raise UnreadableError("tệp nén có hai tệp trùng tên; đề nghị đổi tên rồi gửi lại")
    _refuse_bomb(named, limits)


def _refuse_bomb(infos: Iterable[zipfile.ZipInfo], limits: FileLimits) -> None:
    """Refuses a compression bomb by the declared sizes; the real sizes are counted while unpacking."""
    sizes = [(info.file_size, info.compress_size) for info in infos]
    if any(_is_bomb(size, packed, limits) for size, packed in sizes):
        raise UnreadableError(_BOMB.format(ratio=limits.max_ratio))
    if sum(size for size, _ in sizes) > limits.max_bytes:
        raise too_large(limits)


def _is_bomb(size: int, packed: int, limits: FileLimits) -> bool:
    return size > _SMALL_BYTES and size > packed * limits.max_ratio


def _write_out(
    source: IO[bytes] | gzip.GzipFile, name: str, folder: Path, packed: int, most_bytes: int, limits: FileLimits
) -> Member:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / _file_name(name)
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as handle:
        while chunk := source.read(_CHUNK_BYTES):
            size += len(chunk)
            if size > most_bytes:
                raise too_large(limits)
            if _is_bomb(size, packed, limits):
                raise UnreadableError(_BOMB.format(ratio=limits.max_ratio))
            digest.update(chunk)
            handle.write(chunk)
    _refuse_archive(target, name, limits)
    return Member(name, target, digest.hexdigest(), size)


def _refuse_archive(path: Path, name: str, limits: FileLimits) -> None:
    with path.open("rb") as handle:
        head = handle.read(8)
    if head.startswith((_GZIP, *_OTHERS)):
        raise UnreadableError(_NESTED.format(name=disclose_file(name)))
    if head.startswith(_ZIP_BEGINS) and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if not is_workbook(archive):
                raise UnreadableError(_NESTED.format(name=disclose_file(name)))
            _refuse_workbook_bomb(path, archive.infolist(), limits)


def _refuse_workbook_bomb(path: Path, infos: Sequence[zipfile.ZipInfo], limits: FileLimits) -> None:
    """Counts the real unpacked size of a workbook: declared sizes cannot be trusted, and its reader ignores them."""
    _refuse_bomb(infos, limits)
    left = limits.max_bytes
    with path.open("rb") as handle:
        for info in infos:
            # Deflate cannot exceed this ratio, so a member this small stays within the limit.
            if info.compress_size * _DEFLATE_MOST <= left // len(infos):
                continue
            handle.seek(info.header_offset)
            name_bytes, extra_bytes = _LOCAL_HEADER.unpack(handle.read(_LOCAL_HEADER.size))
            handle.seek(name_bytes + extra_bytes, 1)
            left -= _inflated_size(handle, info, limits)
            if left < 0:
                raise too_large(limits)


def _inflated_size(handle: IO[bytes], info: zipfile.ZipInfo, limits: FileLimits) -> int:
    if info.compress_type != zipfile.ZIP_DEFLATED:
        return info.compress_size
    stream, size, unread = zlib.decompressobj(-zlib.MAX_WBITS), 0, info.compress_size
    while unread > 0 and not stream.eof:
        pending = handle.read(min(unread, _CHUNK_BYTES))
        if not pending:
            raise EOFError
        unread -= len(pending)
        while pending and not stream.eof:
            size += len(stream.decompress(pending, _CHUNK_BYTES))
            pending = stream.unconsumed_tail
            if _is_bomb(size, info.compress_size, limits):
                raise UnreadableError(_BOMB.format(ratio=limits.max_ratio))
    return size


def _name_of(info: zipfile.ZipInfo) -> str:
    """Returns the path inside the archive without parts that lead out of the target folder."""
    name = info.filename
    if not info.flag_bits & 0x800:
        try:
            # Some archivers write UTF-8 without setting the flag; zipfile then decodes it as code page 437.
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = info.filename
    parts = re.split(r"[\\/]+", unicodedata.normalize("NFC", name))
    return "/".join(
        visible_name(part) for part in parts if part not in ("", ".", "..") and not re.fullmatch(r"[A-Za-z]:", part)
    )


def _file_name(name: str) -> str:
    """Returns the end of a path inside an archive as the name of a file on any file system."""
    last = _NOT_IN_A_NAME.sub("_", name.rpartition("/")[2])
    return last.encode("utf-8", "replace")[-_LONGEST_NAME:].decode("utf-8", "ignore")


def too_large(limits: FileLimits) -> UnreadableError:
    """Returns the error for a delivery that is larger than the limit, packed or unpacked."""
    return UnreadableError(_LARGE.format(megabytes=limits.max_bytes >> 20))
