"""Encodes Vietnamese text in legacy encodings: with glibc's iconv, Python and, for VNI, a hand-written table."""

from __future__ import annotations

import subprocess
import unicodedata

VOWELS = "aăâeêioôơuưy"
TONES = ("", "\u0300", "\u0301", "\u0309", "\u0303", "\u0323")
SMALL = [unicodedata.normalize("NFC", vowel + tone) for vowel in VOWELS for tone in TONES] + ["đ"]
LETTERS = SMALL + [letter.upper() for letter in SMALL]
# The VNI letters for SMALL, in the same order.
_TYPED = (
    "a aø aù aû aõ aï aê aè aé aú aü aë aâ aà aá aå aã aä e eø eù eû eõ eï eâ eà eá eå eã eä i ì í æ ó ò "
    "o oø où oû oõ oï oâ oà oá oå oã oä ô ôø ôù ôû ôõ ôï u uø uù uû uõ uï ö öø öù öû öõ öï y yø yù yû yõ î ñ"
)
_VNI = _TYPED.split()
VNI = dict(zip(SMALL, _VNI, strict=True)) | dict(zip(LETTERS[len(SMALL) :], map(str.upper, _VNI), strict=True))
_ICONV = {"tcvn3": "TCVN5712-1", "viscii": "VISCII"}


def independently_decode(data: bytes, encoding: str) -> str:
    """Decodes bytes in TCVN 5712 or VISCII with glibc."""
    command = ["iconv", "-f", _ICONV[encoding], "-t", "UTF-8"]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout.decode()


def encode(text: str, encoding: str) -> bytes:
    """Encodes a text. TCVN3 has no capitals with a tone mark; they are encoded as in the older standard."""
    composed = unicodedata.normalize("NFC", text)
    if encoding == "vni":
        return "".join(VNI.get(letter, letter) for letter in composed).encode("cp1252")
    if encoding == "windows-1258":
        return "".join(_loose_tone(letter) for letter in composed).encode("cp1258")
    if encoding in _ICONV:
        command = ["iconv", "-f", "UTF-8", "-t", _ICONV[encoding]]
        return subprocess.run(command, input=composed.encode(), capture_output=True, check=True).stdout
    return composed.encode(encoding)


def _loose_tone(letter: str) -> str:
    """Splits the tone off a letter as Windows does, which keeps ă, â, ê, ô, ơ, ư composed."""
    split = unicodedata.normalize("NFD", letter)
    if len(split) > 1 and split[-1] in TONES[1:]:
        return unicodedata.normalize("NFC", split[:-1]) + split[-1]
    dotted = [mark for mark in split if mark == "\u0323"]
    if dotted:
        return unicodedata.normalize("NFC", split.replace("\u0323", "")) + "\u0323"
    return letter
