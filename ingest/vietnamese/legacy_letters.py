"""The letters of the encodings before Unicode, and what they were when software took them for Western letters."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Font = Literal["tcvn3", "vni"]
Inner = Literal["utf-8", "tcvn3", "vni"]

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
# What a cell typed in a legacy font can hold at all.
_WESTERN_TEXT = re.compile(f"[\\x00-\\xff{''.join(_western().values())}]*")
# The byte for which a letter stands when Windows read bytes as text, in its Western or in its Vietnamese code page.
_BYTES = {
    ord(letter): at
    for page in ("cp1252", "cp1258")
    for at in range(0x80, 0x100)
    if (letter := bytes([at]).decode(page, "ignore"))
}


def to_unicode(text: str, encoding: str) -> str:
    """Composed text (NFC) of bytes in a legacy encoding that were read as Latin-1; others are only composed."""
    if encoding == "vni":
        text = _VNI_LETTER.sub(lambda found: TABLES["vni"][found[0]], text.translate(_western()))
    elif encoding in _LETTER_MAPS:
        text = text.translate(_LETTER_MAPS[encoding])
    return unicodedata.normalize("NFC", text)


def decode_again(text: str, inner: Inner) -> str | None:
    """What a text was before it was taken for Western letters and encoded again; None when it cannot have been that."""
    if inner != "utf-8":
        return to_unicode(text, inner) if _WESTERN_TEXT.fullmatch(text) else None
    try:
        return unicodedata.normalize("NFC", text.translate(_BYTES).encode("latin-1").decode("utf-8"))
    except UnicodeError:
        return None


def repair(text: str, font: Font) -> str:
    """The Unicode text (NFC) of what was typed in a legacy font; a text that no such font can hold stays as it is."""
    repaired = decode_again(text, font)
    return text if repaired is None else repaired
