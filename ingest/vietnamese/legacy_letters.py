"""Letter tables of the encodings before Unicode, and repair of text that software misread as Western letters."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Font = Literal["tcvn3", "vni"]
Inner = Literal["utf-8", "tcvn3", "vni"]

# TCVN 5712:1993 VN3, the letters of the ABC fonts from byte A1. It has no capitals with a tone mark: such cells use
# small letters in a font of capitals (.VnTimeH), so their text becomes lower case. A full stop marks a position that
# is left unchanged.
_TCVN3_FROM_A1 = (
    "ĂÂÊÔƠƯĐăâêôơưđ.\u0300\u0309\u0303\u0301\u0323"
    "àảãáạ.ằẳẵắ.......ặầẩẫấậè.ẻẽéẹềểễếệìỉ...ĩíịò.ỏõóọồổỗốộờởỡớợù.ủũúụừửữứựỳỷỹýỵ"
)
# RFC 1456, which maps six capitals to control characters.
_VISCII_LOW = {0x02: "Ẳ", 0x05: "Ẵ", 0x06: "Ẫ", 0x14: "Ỷ", 0x19: "Ỹ", 0x1E: "Ỵ"}
_VISCII_FROM_80 = (
    "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯ"
    "ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡưàáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ"
)
# VNI fonts write a letter followed by one sign for its marks: the tones alone, then with breve, then with circumflex.
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
    """Maps bytes 80 to 9F read as Latin-1 to the quotes and dashes of the Windows code page."""
    return {at: bytes([at]).decode("cp1252") for at in range(0x80, 0xA0) if at not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}


def _vni_pairs() -> dict[str, str]:
    pairs = dict(_VNI_ALONE)
    bases = {**{base: (base, signs) for base, signs in _VNI_BASES.items()}, "ô": ("ơ", "ùøûõï"), "ö": ("ư", "ùøûõï")}
    for typed, (letter, signs) in bases.items():
        for sign in signs:
            pairs[typed + sign] = unicodedata.normalize("NFC", letter + _VNI_SIGNS[sign])
    # A capital may have a lower-case sign, for example when only the first letter of a word is a capital.
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
# The only characters that a cell typed in a legacy font can contain.
_WESTERN_TEXT = re.compile(f"[\\x00-\\xff{''.join(_western().values())}]*")
# The byte behind each letter when Windows decoded bytes with its Western or its Vietnamese code page.
_BYTES = {
    ord(letter): at
    for page in ("cp1252", "cp1258")
    for at in range(0x80, 0x100)
    if (letter := bytes([at]).decode(page, "ignore"))
}


def to_unicode(text: str, encoding: str) -> str:
    """Converts text decoded as Latin-1 from a legacy encoding to Unicode (NFC); other encodings are only composed."""
    if encoding == "vni":
        text = _VNI_LETTER.sub(lambda found: TABLES["vni"][found[0]], text.translate(_western()))
    elif encoding in _LETTER_MAPS:
        text = text.translate(_LETTER_MAPS[encoding])
    return unicodedata.normalize("NFC", text)


def decode_again(text: str, inner: Inner) -> str | None:
    """Recovers a text that was misread as Western letters and encoded again; None when that is impossible."""
    if inner != "utf-8":
        return to_unicode(text, inner) if _WESTERN_TEXT.fullmatch(text) else None
    try:
        return unicodedata.normalize("NFC", text.translate(_BYTES).encode("latin-1").decode("utf-8"))
    except UnicodeError:
        return None


def repair(text: str, font: Font) -> str:
    """Converts a text typed in a legacy font to Unicode (NFC); a text that the font cannot produce is unchanged."""
    repaired = decode_again(text, font)
    return text if repaired is None else repaired
