"""Normalises Vietnamese text for comparison: names of agencies and headers of files."""

from __future__ import annotations

import re
import unicodedata

# Invisible characters that spreadsheets and web pages leave inside words; no visible space depends on them.
_ZERO_WIDTH = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
# How Excel writes a carriage return in the XML of a cell; other software shows it as text.
_RETURN = "_x000D_"
_SPACES = re.compile(r"\s+")
_DASHES = re.compile(r"\s*[-\u2010-\u2015\u2212\ufe58\ufe63\uff0d]\s*")
_COMMAS = re.compile(r"\s*[,\u3001\ufe50\uff0c]\s*")

# The two ways to place a tone mark (hòa, hoà) differ only in oa, oe, uy; the newer way is used.
_TONES = ("\u0300", "\u0301", "\u0309", "\u0303", "\u0323")
_OLD_STYLE = {
    unicodedata.normalize("NFC", first + tone) + second: first + unicodedata.normalize("NFC", second + tone)
    for first, second in ("oa", "oe", "uy")
    for tone in _TONES
}
_TONE_PAIR = re.compile("|".join(_OLD_STYLE))


def normalise_header(text: str) -> str:
    """Returns a column header in the form in which headers are compared.

    Letters are composed (NFC) and case folded, invisible characters removed, every run of white space (line breaks,
    non-breaking spaces) is one space, ends are trimmed. The tone mark of oa, oe, uy is placed on the second vowel, so
    that `Ninh Hòa` equals `Ninh Hoà`. Diacritics are kept: `Số hồ sơ` and `Sổ hồ sơ` are two columns.
    """
    visible = _ZERO_WIDTH.sub("", unicodedata.normalize("NFD", text.replace(_RETURN, " ")))
    return _place_tones(_SPACES.sub(" ", unicodedata.normalize("NFC", visible.casefold())).strip())


def tidy(text: str) -> str:
    """Returns the text as a reader sees it: composed (NFC), no invisible characters, single spaces, ends trimmed."""
    return _SPACES.sub(" ", _ZERO_WIDTH.sub("", unicodedata.normalize("NFC", text.replace(_RETURN, " ")))).strip()


def normalise_name(text: str) -> str:
    """Returns a name in the form in which an agency's aliases are compared.

    Like `normalise_header`, but every dash becomes `-` and every comma `,`, without spaces around them. Prefixes such
    as `UBND` or `TP.` are kept: only an explicit alias may drop them.
    """
    return _place_tones(_COMMAS.sub(",", _DASHES.sub("-", normalise_header(text)))).strip()


def _place_tones(text: str) -> str:
    return unicodedata.normalize("NFC", _TONE_PAIR.sub(lambda pair: _OLD_STYLE[pair[0]], text))
