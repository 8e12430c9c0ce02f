"""Detects the encoding of Vietnamese files and the legacy fonts that map Vietnamese onto Western letters.

A file has one encoding, decided over all its letters and never per cell: the declared candidate under which most words
are Vietnamese syllables. General byte detectors do not help: they report TCVN3 and VNI as Western European.
"""

from __future__ import annotations

import codecs
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal

from ingest.vietnamese.legacy_letters import Font, Inner, decode_again, repair, to_unicode
from ingest.vietnamese.syllables import vietnamese_share

Candidate = Literal["utf-8", "utf-16", "windows-1258", "tcvn3", "vni", "viscii"]
Encoding = Literal[
    "utf-8",
    "utf-16-le",
    "utf-16-be",
    "windows-1258",
    "tcvn3",
    "vni",
    "viscii",
    "utf-8+utf-8",
    "utf-8+tcvn3",
    "utf-8+vni",
]
CANDIDATES: tuple[Candidate, ...] = ("utf-8", "utf-16", "windows-1258", "tcvn3", "vni", "viscii")
SAMPLE_BYTES = 4 << 20
# A candidate below this share is rejected; a font must exceed the share of Unicode by the margin.
_LEAST_SHARE, _FONT_MARGIN = 0.5, 0.2
# Readable text is decoded a second time only on stronger evidence than is required of an unreadable file.
_AGAIN_SHARE, _AGAIN_MARGIN, _AGAIN_LINES = 0.8, 0.3, 0.95
_SAMPLE_LINES, _TITLE_LINES = 2_000, 5
_TWICE: dict[Inner, Encoding] = {"utf-8": "utf-8+utf-8", "tcvn3": "utf-8+tcvn3", "vni": "utf-8+vni"}
_INNER = {encoding: inner for inner, encoding in _TWICE.items()}
# Largest share of invalid UTF-8 in a UTF-8 file: of the bytes above 7F, and of all bytes if no candidate fits better.
_MOST_LOST_MARKED, _MOST_LOST = 0.05, 0.01
# Too few words to decide by: one broken byte forms a Vietnamese syllable in some encoding.
_TOO_FEW_WORDS = 2
_BLOCK = 1 << 20
_MOST_NULS = 0.01
_CARRIERS = {"windows-1258": "cp1258", "tcvn3": "latin-1", "vni": "latin-1", "viscii": "latin-1"}
_MARKED_WORD = re.compile(
    rb"[A-Za-z\x02\x05\x06\x14\x19\x1e\x80-\xff]*[\x80-\xff][A-Za-z\x02\x05\x06\x14\x19\x1e\x80-\xff]*"
)
_ASCII = bytes(range(0x80))
_ESCAPED = re.compile("[\udc80-\udcff]")
_LOST = "\ufffd"


class EncodingError(ValueError):
    """No declared encoding turns the bytes into Vietnamese; the message tells the sender what to do."""


def decide_encoding(data: bytes, candidates: Sequence[Candidate] = CANDIDATES) -> Encoding:
    """Returns the encoding of a file, decided from its first bytes; of equal candidates the one declared first.

    Plain ASCII is utf-8, and so are bytes that are UTF-8 with few exceptions. `utf-8+x` is text in x that software
    misread as Western letters and wrote as UTF-8. Raises EncodingError when under no candidate half of the letters
    form Vietnamese syllables.
    """
    if "utf-16" in candidates and (wide := _wide_encoding(data)):
        return wide
    data = data.rstrip(b"\0")
    # Bytes with many zeros are not text; the reader rejects them.
    if data.count(0) > len(data) * _MOST_NULS or data.isascii():
        return "utf-8"
    n_lost = _count_lost(data) if "utf-8" in candidates else len(data)
    if n_lost <= _MOST_LOST_MARKED * len(data.translate(None, _ASCII)):
        inner = encoded_twice(io.StringIO(data.decode("utf-8", "replace"), newline=""), candidates)
        return _TWICE[inner] if inner else "utf-8"
    counted = Counter(_MARKED_WORD.findall(data))
    shares: dict[Encoding, float] = {}
    for candidate in candidates:
        if candidate != "utf-16":
            words: Counter[str] = Counter()
            for word, times in counted.items():
                words[decode(word, candidate)] += times
            shares[candidate] = vietnamese_share(words)
    best = max(shares, key=lambda encoding: shares[encoding], default=None)
    is_utf8_possible = n_lost <= _MOST_LOST * len(data)
    if best is not None and shares[best] >= _LEAST_SHARE and not (is_utf8_possible and len(counted) <= _TOO_FEW_WORDS):
        return best
    if is_utf8_possible:
        return "utf-8"
    raise EncodingError(
        "không đọc được như văn bản tiếng Việt theo các bảng mã đã khai "
        f"({', '.join(candidates)}); đề nghị lưu tệp với bảng mã UTF-8 rồi gửi lại"
    )


def encoded_twice(lines: Iterable[str], candidates: Sequence[Candidate] = CANDIDATES) -> Inner | None:
    """Recovers lines that software misread as Western letters; None unless the evidence is clear.

    A few titles and a header that the software added itself may precede such lines in Unicode; no Unicode line may
    follow.
    """
    whole = (line for line in lines if not line.isascii() and _LOST not in line)
    marked = [line.removeprefix("\ufeff") for line in islice(whole, _SAMPLE_LINES)]
    if vietnamese_share(Counter(marked)) > _AGAIN_SHARE:
        return None
    best: Inner | None = None
    best_share = _AGAIN_SHARE
    for inner in _TWICE:
        if inner not in candidates:
            continue
        again = [decode_again(line, inner) for line in marked]
        first = next((at for at, text in enumerate(again) if text is not None), len(again))
        pairs = [(line, text) for line, text in zip(marked[first:], again[first:], strict=True) if text is not None]
        share = vietnamese_share(Counter(text for _, text in pairs))
        plain = vietnamese_share(Counter(line for line, _ in pairs))
        is_whole = first <= _TITLE_LINES and len(pairs) >= _AGAIN_LINES * (len(again) - first)
        is_clear = is_whole and share >= plain + _AGAIN_MARGIN
        if is_clear and share > best_share:
            best, best_share = inner, share
    return best


def decode(data: bytes, encoding: Encoding) -> str:
    """Decodes bytes to composed text (NFC) without a byte order mark; an invalid byte becomes U+FFFD."""
    text = data.decode(_CARRIERS.get(encoding, encoding), "replace").removeprefix("\ufeff")
    return to_unicode(text, encoding)


def transcode(path: Path, target: Path, candidates: Sequence[Candidate] = CANDIDATES) -> Encoding:
    """Writes a copy of a text file in UTF-8 (NFC) unless it is UTF-8 already; returns the encoding of the file.

    The encoding is decided over the first 4 MB; the copy is made line by line. In a text that was encoded twice, a line
    that was not is unchanged. Raises EncodingError as `decide_encoding`.
    """
    with path.open("rb") as handle:
        encoding = decide_encoding(handle.read(SAMPLE_BYTES), candidates)
        if encoding == "utf-8":
            return encoding
        handle.seek(0)
        inner = _INNER.get(encoding)
        # Invalid UTF-8 invalidates only its own row, so it must remain visible in the copy.
        carrier, lost = ("utf-8", "surrogateescape") if inner else (_CARRIERS.get(encoding, encoding), "replace")
        source = io.TextIOWrapper(handle, carrier, lost, newline="")
        with target.open("w", encoding="utf-8", errors=lost, newline="") as copy:
            at_start = True
            while lines := source.readlines(_BLOCK):
                if at_start:
                    lines[0], at_start = lines[0].removeprefix("\ufeff"), False
                if inner is None:
                    copy.write(to_unicode("".join(lines), encoding))
                else:
                    again = ((line, decode_again(line, inner)) for line in lines)
                    copy.writelines(line if text is None else text for line, text in again)
    return encoding


def legacy_font_of(texts: Iterable[str], candidates: Sequence[Candidate] = CANDIDATES) -> Font | None:
    """Returns the font in which the texts of a spreadsheet were typed; None when they are Unicode already."""
    counted = Counter(text for text in texts if not text.isascii())
    plain = vietnamese_share(counted)
    best: Font | None = None
    share = max(plain + _FONT_MARGIN, _LEAST_SHARE)
    fonts: tuple[Font, ...] = ("tcvn3", "vni")
    for font in sorted((font for font in fonts if font in candidates), key=candidates.index):
        repaired: Counter[str] = Counter()
        for text, times in counted.items():
            repaired[repair(text, font)] += times
        found = vietnamese_share(repaired)
        if found > share:
            best, share = font, found
    return best


def _count_lost(data: bytes) -> int:
    """Counts the bytes that are not UTF-8; the sample may end inside a letter."""
    return len(_ESCAPED.findall(codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(data, final=False)))


def _wide_encoding(data: bytes) -> Encoding | None:
    """Detects UTF-16 by its byte order mark, or by the zeros in every second byte of Western letters."""
    if data.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if data.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    first, second = data[0::2].count(0), data[1::2].count(0)
    if max(first, second) * 6 < len(data) or min(first, second) * 10 > max(first, second):
        return None
    return "utf-16-le" if second > first else "utf-16-be"
