"""The encodings in which Vietnamese files come, and the fonts that hid Vietnamese in Western letters before Unicode.

A file has one encoding, decided over all its letters and never cell by cell: the declared candidate under which most
words are Vietnamese syllables. Detectors of bytes are no help: they call TCVN3 and VNI Western European.
"""

from __future__ import annotations

import codecs
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from ingest.syllables import vietnamese_share

Candidate = Literal["utf-8", "utf-16", "windows-1258", "tcvn3", "vni", "viscii"]
Encoding = Literal["utf-8", "utf-16-le", "utf-16-be", "windows-1258", "tcvn3", "vni", "viscii"]
Font = Literal["tcvn3", "vni"]
CANDIDATES: tuple[Candidate, ...] = ("utf-8", "utf-16", "windows-1258", "tcvn3", "vni", "viscii")
SAMPLE_BYTES = 4 << 20
# Below this share no candidate explains the letters; a font has to explain so many more than Unicode does.
_LEAST_SHARE, _FONT_MARGIN = 0.5, 0.2
_BLOCK = 1 << 20
_MOST_NULS = 0.01

# TCVN 5712:1993 VN3, the letters of the ABC fonts from byte A1. It has no capitals with a tone mark: they are small
# letters in a font of capitals (.VnTimeH), and what comes out of such a cell is written small. A full stop leaves a
# position as it is.
_TCVN3_FROM_A1 = (
    "ĂÂÊÔƠƯĐăâêôơưđ.\u0300\u0309\u0303\u0301\u0323"
    "àảãáạ.ằẳẵắ.......ặầẩẫấậè.ẻẽéẹềểễếệìỉ...ĩíịò.ỏõóọồổỗốộờởỡớợù.ủũúụừửữứựỳỷỹýỵ"
)
# RFC 1456; it puts six capitals on control characters.
_VISCII_LOW = {0x02: "Ẳ", 0x05: "Ẵ", 0x06: "Ẫ", 0x14: "Ỷ", 0x19: "Ỹ", 0x1E: "Ỵ"}
_VISCII_FROM_80 = (
    "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯ"
    "ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡưàáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ"
)
# The VNI fonts write a letter and, after it, its marks in one sign: tones in one order, then with breve, circumflex.
_VNI_ALONE = {"ñ": "đ", "ó": "ĩ", "ò": "ị", "æ": "ỉ", "î": "ỵ", "ô": "ơ", "ö": "ư"}
_TONES = "\u0301\u0300\u0309\u0303\u0323"
_VNI_SIGNS = {
    **dict(zip("ùøûõï", _TONES, strict=True)),
    "ê": "\u0306",
    **dict(zip("éèúüë", ("\u0306" + tone for tone in _TONES), strict=True)),
    "â": "\u0302",
    **dict(zip("áàåãä", ("\u0302" + tone for tone in _TONES), strict=True)),
}
_VNI_BASES = {"a": "ùøûõïêéèúüëâáàåãä", "e": "ùøûõïâáàåãä", "o": "ùøûõïâáàåãä", "u": "ùøûõï", "y": "ùøûõ"}


class EncodingError(ValueError):
    """No declared encoding makes Vietnamese of the bytes; the message tells the sender what to do."""


def _western() -> dict[int, str]:
    """Bytes 80 to 9F read as Latin-1 -> the quotes and dashes that Windows has there."""
    return {at: bytes([at]).decode("cp1252") for at in range(0x80, 0xA0) if at not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}


def _vni_pairs() -> dict[str, str]:
    pairs = dict(_VNI_ALONE)
    bases = {**{base: (base, signs) for base, signs in _VNI_BASES.items()}, "ô": ("ơ", "ùøûõï"), "ö": ("ư", "ùøûõï")}
    for typed, (letter, signs) in bases.items():
        for sign in signs:
            pairs[typed + sign] = unicodedata.normalize("NFC", letter + _VNI_SIGNS[sign])
    # A capital may carry a small sign, as when only the first letter of a word was typed large.
    capitals = {first + second: letter.upper() for pair, letter in pairs.items() for first, second in _capitals(pair)}
    return pairs | capitals


def _capitals(pair: str) -> set[tuple[str, str]]:
    return {(pair[0].upper(), pair[1:]), (pair[0].upper(), pair[1:].upper())}


TABLES: dict[str, dict[str, str]] = {
    "tcvn3": {chr(0xA1 + at): letter for at, letter in enumerate(_TCVN3_FROM_A1) if letter != "."},
    "vni": _vni_pairs(),
    "viscii": {chr(at): letter for at, letter in _VISCII_LOW.items()}
    | {chr(0x80 + at): letter for at, letter in enumerate(_VISCII_FROM_80)},
}
_LETTER_MAPS = {
    "tcvn3": str.maketrans(TABLES["tcvn3"] | {chr(at): sign for at, sign in _western().items()}),
    "viscii": str.maketrans(TABLES["viscii"]),
}
_VNI_LETTER = re.compile("|".join(sorted(map(re.escape, TABLES["vni"]), key=len, reverse=True)))
_CARRIERS = {"windows-1258": "cp1258", "tcvn3": "latin-1", "vni": "latin-1", "viscii": "latin-1"}
# What a cell typed in a legacy font can hold at all.
_WESTERN_TEXT = re.compile(f"[\\x00-\\xff{''.join(_western().values())}]*")
_MARKED_WORD = re.compile(
    rb"[A-Za-z\x02\x05\x06\x14\x19\x1e\x80-\xff]*[\x80-\xff][A-Za-z\x02\x05\x06\x14\x19\x1e\x80-\xff]*"
)


def decide_encoding(data: bytes, candidates: Sequence[Candidate] = CANDIDATES) -> Encoding:
    """The encoding of a file from its first bytes; between equals the one declared first.

    Plain ASCII is utf-8, and so are bytes that are UTF-8 throughout. Raises EncodingError when under no candidate half
    of the letters make Vietnamese syllables.
    """
    if "utf-16" in candidates and (wide := _wide_encoding(data)):
        return wide
    data = data.rstrip(b"\0")
    # With more than a few zeros it is no text; the reader says so.
    if data.count(0) > len(data) * _MOST_NULS:
        return "utf-8"
    if data.isascii() or ("utf-8" in candidates and _is_utf8(data)):
        return "utf-8"
    counted = Counter(_MARKED_WORD.findall(data))
    shares: dict[Encoding, float] = {}
    for candidate in candidates:
        if candidate != "utf-16":
            words: Counter[str] = Counter()
            for word, times in counted.items():
                words[decode(word, candidate)] += times
            shares[candidate] = vietnamese_share(words)
    best = max(shares, key=lambda encoding: shares[encoding], default=None)
    if best is None or shares[best] < _LEAST_SHARE:
        raise EncodingError(
            "không đọc được như văn bản tiếng Việt theo các bảng mã đã khai "
            f"({', '.join(candidates)}); đề nghị lưu tệp với bảng mã UTF-8 rồi gửi lại"
        )
    return best


def decode(data: bytes, encoding: Encoding) -> str:
    """The text of the bytes, composed (NFC), without a byte order mark; a byte that means nothing becomes U+FFFD."""
    text = data.decode(_CARRIERS.get(encoding, encoding), "replace").removeprefix("\ufeff")
    return _to_unicode(text, encoding)


def transcode(path: Path, target: Path, candidates: Sequence[Candidate] = CANDIDATES) -> Encoding:
    """Write a copy of a text file in UTF-8 (NFC) unless it is UTF-8 already; returns the encoding of the file.

    Decided over the first 4 MB, read line by line. Raises EncodingError as `decide_encoding`.
    """
    with path.open("rb") as handle:
        encoding = decide_encoding(handle.read(SAMPLE_BYTES), candidates)
        if encoding == "utf-8":
            return encoding
        handle.seek(0)
        source = io.TextIOWrapper(handle, _CARRIERS.get(encoding, encoding), "replace", newline="")
        with target.open("w", encoding="utf-8", newline="") as copy:
            at_start = True
            while lines := source.readlines(_BLOCK):
                text = "".join(lines)
                copy.write(_to_unicode(text.removeprefix("\ufeff") if at_start else text, encoding))
                at_start = False
    return encoding


def legacy_font_of(texts: Iterable[str], candidates: Sequence[Candidate] = CANDIDATES) -> Font | None:
    """The font in which the texts of a spreadsheet were typed, by its letters; None when they are Unicode already."""
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


def repair(text: str, font: Font) -> str:
    """The Unicode text (NFC) of what was typed in a legacy font; a text that no such font can hold stays as it is."""
    return _to_unicode(text, font) if _WESTERN_TEXT.fullmatch(text) else text


def _to_unicode(text: str, encoding: Encoding) -> str:
    if encoding == "vni":
        text = _VNI_LETTER.sub(lambda found: TABLES["vni"][found[0]], text.translate(_western()))
    elif encoding in _LETTER_MAPS:
        text = text.translate(_LETTER_MAPS[encoding])
    return unicodedata.normalize("NFC", text)


def _is_utf8(data: bytes) -> bool:
    """True also when the sample ends inside a letter."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _wide_encoding(data: bytes) -> Encoding | None:
    """UTF-16 by its byte order mark, or by the zeros that stand in every second byte of Western letters."""
    if data.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if data.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    first, second = data[0::2].count(0), data[1::2].count(0)
    if max(first, second) * 6 < len(data) or min(first, second) * 10 > max(first, second):
        return None
    return "utf-16-le" if second > first else "utf-16-be"
